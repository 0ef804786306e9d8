"""Profiles of samples made comparable, learned from training samples alone: one distribution of values, the features that
tell classes apart, their standard deviations, and how far from its class a sample usually lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NORMALISATIONS = ("quantile", "none")


@dataclass
class Profiles:
    """Values of samples as they enter: (n, features) float32, and with `quantile` the rank of each value in its sample.

    Ranks are from 0, those of equal values averaged; `ordered` holds the values of each sample in ascending order.
    """

    values: np.ndarray
    normalise: str
    ranks: np.ndarray | None = None
    ordered: np.ndarray | None = None

    @classmethod
    def of(cls, values: np.ndarray, normalise: str) -> Profiles:
        """The profiles of (n, features) values."""
        if normalise == "none":
            return cls(values, normalise)
        from scipy.stats import rankdata

        return cls(values, normalise, (rankdata(values, axis=1) - 1).astype(np.float32), np.sort(values, axis=1))

    def reference(self, rows: np.ndarray) -> np.ndarray:
        """(features) float32: the mean distribution of values of these samples; empty where nothing is normalised."""
        return np.zeros(0, np.float32) if self.ordered is None else self.ordered[rows].mean(0, dtype=np.float32)

    def at(self, rows: np.ndarray, reference: np.ndarray, columns: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Values of these samples with the distribution of the reference: (rows, columns) float32."""
        if self.ranks is None:
            return self.values[rows][:, columns]
        ranks = self.ranks[rows][:, columns]
        low = ranks.astype(np.int64)
        part = ranks - low
        return reference[low] * (1 - part) + reference[np.minimum(low + 1, len(reference) - 1)] * part


def variance_ratio(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(features) F of a one-way analysis of variance; 0 where a feature does not vary, infinite where only classes do."""
    count = np.bincount(y)
    x = x - x.mean(0, dtype=np.float64)
    means = np.stack([x[y == c].mean(0) for c in range(len(count))])
    between = (count[:, None] * means**2).sum(0)
    within = np.einsum("ij,ij->j", x, x) - between
    tiny = 1e-9 * (between + within)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = between / np.where(within > tiny, within, 0) * (len(y) - len(count)) / max(len(count) - 1, 1)
    return np.nan_to_num(f, nan=0.0, posinf=np.inf)


@dataclass
class Preparation:
    """From profiles to what classifiers see.

    Attributes
    ----------
    reference : distribution of values, of `Profiles.reference`
    chosen : (features) int64 columns of the matrix, the one that tells classes apart best first
    mean, scale : (features) of the training samples
    centres : (classes, features) mean of each class, in standard deviations
    """

    reference: np.ndarray
    chosen: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    centres: np.ndarray

    @classmethod
    def learn(
        cls, profiles: Profiles, rows: np.ndarray, y: np.ndarray, most: int | None, variable: float
    ) -> Preparation:
        """Learn from these samples and their classes `y`, in 0 … classes - 1.

        most : features to choose: by the analysis of variance, of the share `variable` that varies most. None for all in
            their own order and on one scale, as the pixels of an image are
        """
        reference = profiles.reference(rows)
        x = profiles.at(rows, reference)
        spread = x.std(0, dtype=np.float64)
        if most is None:
            every, scale = np.arange(x.shape[1]), float(x.std(dtype=np.float64)) or 1.0
            x = (x - x.mean(dtype=np.float64)) / scale
            centres = np.stack([x[y == c].mean(0) for c in range(int(y.max()) + 1)])
            mean = profiles.at(rows, reference).mean(dtype=np.float64)
            return cls(reference, every, np.full(len(every), mean), np.full(len(every), scale), centres)
        kept = min(int(np.ceil(variable * (spread > 0).sum())), x.shape[1])
        lively = np.sort(np.argsort(-spread, kind="stable")[: max(kept, 1)])
        order = np.argsort(-variance_ratio(x[:, lively], y), kind="stable")
        chosen = lively[order][:most]
        x = x[:, chosen]
        mean, scale = x.mean(0, dtype=np.float64), spread[chosen]
        scale[scale == 0] = 1
        x = (x - mean) / scale
        centres = np.stack([x[y == c].mean(0) for c in range(int(y.max()) + 1)])
        return cls(reference, chosen, mean, scale, centres)

    def apply(self, profiles: Profiles, rows: np.ndarray) -> np.ndarray:
        """(rows, chosen) float32 in standard deviations of the training samples."""
        return ((profiles.at(rows, self.reference, self.chosen) - self.mean) / self.scale).astype(np.float32)

    def distance(self, x: np.ndarray) -> np.ndarray:
        """(n) how far from the mean of the nearest class: the root mean square over the chosen features, in standard
        deviations."""
        return np.sqrt(((x[:, None, :] - self.centres[None]) ** 2).mean(2).min(1))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """For a model file."""
        return {
            "profile.reference": self.reference,
            "profile.chosen": self.chosen.astype(np.int64),
            "profile.mean": self.mean,
            "profile.scale": self.scale,
            "profile.centres": self.centres,
        }

    @classmethod
    def restore(cls, arrays: dict[str, np.ndarray]) -> Preparation:
        """From the arrays of a model file."""
        return cls(*(arrays[f"profile.{name}"] for name in ("reference", "chosen", "mean", "scale", "centres")))
