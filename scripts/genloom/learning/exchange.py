"""What a model loses on held-out samples when the values of features are exchanged for those of other samples.

Where there are more features than anyone can try, groups of those that go together are exchanged together, the most important
ones are divided, and so on down to single features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..console import progress
from .metrics import LEVELS

GROUPS = 128  # that features are divided into at first
SORTED = 5_000  # features, up to which they are put beside those that they go with
_PARTS = 4  # that a group is divided into
_SEARCH = 3  # exchanges of a group while looking for the features


@dataclass(frozen=True)
class Held:
    """Held-out samples, n of them, and a way to judge them.

    Attributes
    ----------
    losses : (places, features) → (n, measures): the losses where these features have the values of the samples at `places`,
        (n,) numbers of held-out samples; of the samples as they are without both. The first measure ranks features
    order : the features to try, those that go together beside each other
    groups : (n,) the unit of the bootstrap that a sample belongs to
    whole : (n,) what a loss is a share of, 1 for a plain mean
    strata : (n,) classes that weigh alike; all 0 for none. Samples below 0 lend their values alone
    """

    losses: Callable[[np.ndarray | None, np.ndarray | None], np.ndarray]
    order: np.ndarray
    groups: Sequence[str]
    whole: np.ndarray
    strata: np.ndarray

    def mean(self, losses: np.ndarray) -> np.ndarray:
        """(n, measures) losses → (measures,)."""
        return self._means(losses, np.ones((1, len(losses))))[0]

    def interval(self, losses: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
        """Of the mean of the first measure, over (draws, n) numbers of times that a sample was drawn; NaN without draws."""
        if not len(draws):
            return np.nan, np.nan
        low, high = np.nanpercentile(self._means(losses[:, :1], draws), LEVELS)
        return float(low), float(high)

    def _means(self, losses: np.ndarray, draws: np.ndarray) -> np.ndarray:
        found = []
        for stratum in np.unique(self.strata[self.strata >= 0]):
            own = self.strata == stratum
            whole = draws[:, own] @ self.whole[own]
            found.append(draws[:, own] @ losses[own] / np.where(whole > 0, whole, np.nan)[:, None])
        return np.mean(found, axis=0) if len(draws) == 1 else np.nanmean(found, axis=0)


@dataclass(frozen=True)
class Worth:
    """What a feature is worth: the first measure with its 95% interval, and the others."""

    feature: int
    value: float
    low: float
    high: float
    others: tuple[float, ...]


def worth(held: Held, top: int, repeats: int, bootstrap: int, seed: int) -> tuple[list[Worth], np.ndarray, int]:
    """The features worth most, the greatest first; the (measures,) mean losses of the samples as they are; and how many groups
    of features were exchanged."""
    random = np.random.default_rng(seed)
    intact = held.losses(None, None)
    tried = 0

    def lost(features: np.ndarray, times: int) -> np.ndarray:
        nonlocal tried
        tried += 1
        return sum(held.losses(others(len(intact), random), features) - intact for _ in range(times)) / times

    singles = narrowed(held.order, lambda features: float(held.mean(lost(features, _SEARCH))[0]), top)
    unit = np.unique(list(held.groups), return_inverse=True)[1]
    count = int(unit.max()) + 1
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), bootstrap)[:, unit]
    found = []
    for feature in progress(singles, len(singles), "features"):
        more = lost(np.array([feature]), repeats)
        value, *rest = held.mean(more).tolist()
        found.append(Worth(feature, value, *held.interval(more, draws), tuple(rest)))
    return sorted(found, key=lambda each: -each.value)[:top], held.mean(intact), tried


def others(count: int, random: np.random.Generator) -> np.ndarray:
    """For each of so many another one, at random: a rotation of a random order."""
    order = random.permutation(count)
    out = np.empty_like(order)
    out[order] = np.roll(order, 1)
    return out


def narrowed(order: np.ndarray, worth: Callable[[np.ndarray], float], top: int) -> list[int]:
    """The features worth most, by dividing groups of neighbours in this order."""
    groups = [part for part in np.array_split(order, min(GROUPS, len(order))) if len(part)]
    while True:
        found = sorted(groups, key=lambda part: -worth(part))[:top]
        if all(len(part) == 1 for part in found):
            return [int(part[0]) for part in found]
        groups = [piece for part in found for piece in np.array_split(part, min(_PARTS, len(part)))]


def alike(x: np.ndarray) -> np.ndarray:
    """The order of the features of (n, features) in which those that go together, up or down, are beside each other, where
    there are so many that groups of them are tried."""
    count = x.shape[1]
    if not GROUPS < count <= SORTED:
        return np.arange(count)
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    z = x - x.mean(0, dtype=np.float64)
    z /= np.maximum(np.sqrt((z**2).sum(0)), 1e-12)
    apart = 1 - np.abs(z.T @ z)
    np.fill_diagonal(apart, 0)
    return leaves_list(linkage(squareform(np.clip(apart, 0, 1), checks=False), "average"))
