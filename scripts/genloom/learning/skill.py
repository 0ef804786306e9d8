"""How well one value a gene was predicted: skill against the mean of the training genes, r², and what differs from baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..formats.results import MEAN
from . import sites
from .metrics import LEVELS, Metric

DRAWS = 1000


def measure(
    truth: np.ndarray, predicted: Mapping[str, np.ndarray], genes: Sequence[str], seed: int = 1, draws: int = DRAWS
) -> list[Metric]:
    """Skill against the mean of the training part, r² and mean absolute error of every model, the chosen one first; and
    its skill and r² less those of each other in the same draws.

    r² is the squared correlation, and 0 where that is negative or, as of the mean, not defined. Intervals are percentiles
    of the bootstrap over genes, each with all its promoters.
    """
    unit = np.unique(sites.units(genes), return_inverse=True)[1]
    count = int(unit.max()) + 1
    random = np.random.default_rng(seed)
    weights = np.vstack([np.ones(count), random.multinomial(count, np.full(count, 1 / count), draws)]).astype(float)
    total = np.bincount(unit, minlength=count) @ weights.T
    y, mean = truth - truth.mean(), predicted[MEAN]

    def sums(each: np.ndarray) -> np.ndarray:
        """(1 + draws,) the sum over the promoters of the genes drawn."""
        return np.asarray(weights @ np.bincount(unit, each, count))

    reference, sum_y, sum_yy = sums((truth - mean) ** 2), sums(y), sums(y * y)
    values: dict[str, dict[str, np.ndarray]] = {"skill": {}, "r2": {}, "mae": {}}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, own in predicted.items():
            x = own - own.mean()
            spread = (sums(x * x) - sums(x) ** 2 / total) * (sum_yy - sum_y**2 / total)
            r = (sums(x * y) - sums(x) * sum_y / total) / np.sqrt(spread)
            values["skill"][name] = 1 - sums((truth - own) ** 2) / reference
            values["r2"][name] = np.where(np.ptp(own) > 0, np.nan_to_num(np.clip(r, 0, 1)) ** 2, 0.0)
            values["mae"][name] = sums(np.abs(truth - own)) / total
    chosen = next(iter(predicted))
    found = []
    for metric in values:
        found += [_metric(metric, name, each, count) for name, each in values[metric].items()]
        if metric != "mae":
            found += [
                _metric(f"{metric}_difference", name, values[metric][chosen] - each, count)
                for name, each in values[metric].items()
                if name != chosen
            ]
    return found


def _metric(name: str, model: str, values: np.ndarray, count: int) -> Metric:
    known = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
    return Metric(name, model, float(values[0]), float(low), float(high), count)


def verdict(metrics: Sequence[Metric]) -> str:
    """Whether the network is better than the mean of the training genes, and than each other model, in words."""
    value = {(m.metric, m.model): m for m in metrics}
    skill = value["skill", metrics[0].model]
    if not skill.value > 0 or skill.low <= 0:
        return "no better than the mean of the training genes"
    beaten = [m.model for m in metrics if m.metric == "skill_difference" and m.low > 0 and m.model != MEAN]
    words = "better than the mean of the training genes"
    return words + (f" and than {', '.join(beaten)}" if beaten else "")
