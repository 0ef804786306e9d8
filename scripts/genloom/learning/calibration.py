"""Whether a probability means what it says: of the bases given 0.7, seven in ten are to be sites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from . import sites
from .metrics import CHUNK, LEVELS

EDGES = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class Reliability:
    """Predicted probabilities in bins, and what was observed.

    Attributes
    ----------
    lower, upper : (bins,) edges; an upper edge belongs to the next bin, 1 to the last
    count : (bins,) how many there are
    predicted, observed : (bins,) mean probability, and share of true ones; NaN in an empty bin
    low, high : (bins,) 95% interval of `observed`
    error : expected calibration error with its interval: the mean distance of the two, each bin by its count
    """

    lower: np.ndarray
    upper: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: tuple[float, float, float]


def reliability(
    score: np.ndarray, truth: np.ndarray, unit: np.ndarray, least: float = 0.0, draws: int = 1000, seed: int = 1
) -> Reliability:
    """Bins of a tenth each, and the expected calibration error (Naeini et al. 2015, AAAI).

    Parameters
    ----------
    score, truth : (n,) probabilities, and what they are of
    unit : (n,) what the bootstrap draws whole, from `units`
    least : scores below are left out, since not all of them are known
    """
    known = score >= least
    score, truth, unit = score[known], truth[known], np.unique(unit[known], return_inverse=True)[1]
    bins = len(EDGES) - 1
    bin_ = np.minimum(np.searchsorted(EDGES, score, "right") - 1, bins - 1)
    size = int(unit.max(initial=-1)) + 1
    table = np.stack(
        [np.bincount(unit * bins + bin_, weight, size * bins) for weight in (np.ones(len(score)), score, truth)]
    ).reshape(3, size, bins)
    count, predicted, observed = table.sum(1)
    random = drawn(table.transpose(1, 0, 2), draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = interval(random[:, 2] / random[:, 0])
        error, errors = _error(table.sum(1)), _error(random.transpose(1, 0, 2))
        # a draw holds some units twice, which puts it farther off than the data: draws give the spread alone
        errors = np.maximum(errors - np.nanmean(errors) + error, 0) if len(errors) else errors
        around = interval(errors[:, None])
        return Reliability(
            np.maximum(EDGES[:-1], least),
            EDGES[1:],
            count.astype(np.int64),
            predicted / count,
            observed / count,
            low,
            high,
            (float(error), float(around[0][0]), float(around[1][0])),
        )


def _error(table: np.ndarray) -> np.ndarray:
    """(3, …, bins) sums of ones, probabilities and true ones → (…) expected calibration error."""
    count, predicted, observed = table
    return np.abs(predicted - observed).sum(-1) / count.sum(-1)


def units(windows: np.ndarray, genes: np.ndarray) -> np.ndarray:
    """(n,) the unit of each place, from its window and that window's genes: windows that share a gene are one unit."""
    _, first, back = np.unique(windows.astype(str), return_index=True, return_inverse=True)
    return sites.units(genes[first].tolist())[back]


def drawn(table: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """(units, …) what each unit contributes → (draws, …) its sum over as many units drawn with replacement."""
    size, flat = len(table), table.reshape(len(table), math.prod(table.shape[1:]))
    random = np.random.default_rng(seed)
    parts = [
        random.multinomial(size, np.full(size, 1 / size), min(CHUNK, draws - start)) @ flat
        for start in range(0, draws if size > 1 else 0, CHUNK)
    ]
    return np.concatenate([np.zeros((0, flat.shape[1])), *parts]).reshape(sum(map(len, parts)), *table.shape[1:])


def interval(values: np.ndarray) -> np.ndarray:
    """(draws, k) → (2, k) low and high ends of the 95% interval of each column; NaN where less than two are known."""
    out = np.full((2, values.shape[1]), np.nan)
    for column, some in enumerate(values.T):
        known = some[np.isfinite(some)]
        if len(known) > 1:
            out[:, column] = np.percentile(known, LEVELS)
    return out
