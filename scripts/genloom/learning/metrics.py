"""How well held-out values were predicted: skill against the training mean first, across-gene r last.

A sample's error is always held beside the error of the mean of *its* training part, since across genes that mean alone
correlates above 0.9 with any sample. Where repeated folds predict a sample and target several times, each of these
predictions weighs so much less: their squared errors are averaged, never the predictions. Intervals are percentiles of
the bootstrap over samples, or over groups of samples where groups are given, since samples of one group are not
independent. All draws are sums over units of what each unit contributes, so that nothing is computed twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError
from ..formats import tables
from ..formats.results import MEAN, Classified, Predictions
from ..formats.split import Split

COLUMNS = ("metric", "model", "value", "low", "high", "n")
LEVELS = (2.5, 97.5)  # percent
CHUNK = 32  # bootstrap draws held in memory at a time


@dataclass(frozen=True)
class Metric:
    """One number of a model and its 95% interval; NaN where there is none. `n`: samples, genes or permutations."""

    metric: str
    model: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Evaluation:
    """All measures of a table of predictions, the chosen model first.

    Attributes
    ----------
    metrics : in the order a reader should meet them
    unit : what the bootstrap draws: `sample` or `group`
    units : how many there are
    group : group of each sample, empty where unknown
    sample : measure → (models, samples): skill, mae, across_gene_r
    target : measure → (models, targets): skill, r, mae; skill is NaN where the mean of the training part has no error
    counts : (targets,) int64, samples in which each target was observed
    """

    predictions: Predictions
    metrics: list[Metric]
    unit: str
    units: int
    group: list[str]
    sample: dict[str, np.ndarray]
    target: dict[str, np.ndarray]
    counts: np.ndarray

    @property
    def models(self) -> list[str]:
        return self.predictions.models

    def get(self, metric: str, model: str | None = None) -> Metric | None:
        """A metric of a model, by default of the chosen one; None where it was not computed."""
        model = self.models[0] if model is None else model
        return find(self.metrics, metric, model)

    @property
    def beats_mean(self) -> bool:
        """Skill above 0 with its whole interval; without an interval, skill above 0."""
        skill = self.get("skill")
        assert skill is not None
        return skill.value > 0 and not skill.low <= 0


def find(metrics: Iterable[Metric], metric: str, model: str) -> Metric | None:
    """A metric of a model; None where it was not computed."""
    return next((m for m in metrics if (m.metric, m.model) == (metric, model)), None)


def scores(observed: np.ndarray, predicted: np.ndarray, mean: np.ndarray) -> dict[str, float]:
    """`skill`, `share_positive` (of targets) and `delta_r` of (samples, targets) arrays, all of one weight.

    `mean` is the mean of the training part for each sample. Repeated folds may be stacked as further rows, as long as
    every sample is repeated equally often. delta_r is NaN where the model predicts the mean itself.
    """
    error, reference = np.square(observed - predicted, dtype=np.float64), np.square(observed - mean, dtype=np.float64)
    total = reference.sum()
    by_target, reference_by_target = error.sum(0), reference.sum(0)
    known = reference_by_target > 0
    positive = by_target[known] < reference_by_target[known]
    x, y = (predicted - mean).astype(np.float64), (observed - mean).astype(np.float64)
    moments = np.array([x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()])
    return {
        "skill": float(1 - error.sum() / total) if total else float("nan"),
        "share_positive": float(positive.mean()) if len(positive) else float("nan"),
        "delta_r": float(_correlation(moments, np.array(x.size))),
    }


def p_value(true: float, permuted: np.ndarray) -> float:
    """(1 + number of permuted scores that reach the true one) / (1 + number of permutations).

    Phipson & Smyth 2010, doi:10.2202/1544-6115.1585. A permuted score is not defined where the model fell back to the mean:
    it counts as 0, no relation.
    """
    return float((1 + np.sum(~(np.nan_to_num(permuted) < true))) / (1 + len(permuted)))


def groups_of(predictions: Predictions | Classified, split: Split) -> dict[str, str]:
    """sample → group, once it is sure that the split held out each sample in the fold that predicts it.

    Raises
    ------
    InputError : another split, or a sample of a training or validation part among the predictions
    """
    p = predictions
    folds = {fold.name: fold for fold in split.outer}
    for fold, sample in np.unique(np.stack([p.fold, p.sample], axis=1), axis=0).tolist():
        name, held = p.samples[sample], folds.get(p.folds[fold])
        if held is None or name not in held.ids:
            raise InputError(
                f"does not hold sample {name!r} in fold {p.folds[fold]!r}, as the predictions do",
                split.where,
                "give the split they were made with",
            )
        if name not in held.part("test"):
            raise InputError(
                f"sample {name!r} is not in the test part of fold {held.name}, and yet among its predictions",
                split.where,
                "give the split they were made with, or judge the model again",
            )
    return {name: group for fold in split.outer for name, group in fold.group_of().items()}


def evaluate(
    predictions: Predictions,
    groups: Mapping[str, str] | None = None,
    bootstrap: int = 1000,
    seed: int = 1,
    permutations: Mapping[str, np.ndarray] | None = None,
) -> Evaluation:
    """Judge the chosen model and its baselines.

    Parameters
    ----------
    groups : sample → group, of `groups_of`; a sample whose group is empty is a unit of its own
    bootstrap : number of draws; 0 gives no intervals
    permutations : of `formats.results.read_permutations`

    Raises
    ------
    InputError : the mean of the training part is right everywhere, so that no skill is defined
    """
    p = predictions
    models, samples, targets = len(p.models), len(p.samples), len(p.targets)
    group = [""] * samples
    if groups is not None:
        group = [groups[s] for s in p.samples]
    unit_of, units = _units(p.samples, group)
    chosen, mean = 0, p.models.index(MEAN)

    cell = p.sample * targets + p.target
    times = np.bincount(cell, minlength=samples * targets)
    weight = 1.0 / times[cell]

    def summed(value: Callable[[np.ndarray], np.ndarray], by: np.ndarray, size: int) -> np.ndarray:
        """(models, size): what `value` makes of the predictions of a model, one after the other for the memory's sake."""
        return np.stack([np.bincount(by, weight * value(row), size) for row in p.predicted])

    def square(row: np.ndarray) -> np.ndarray:
        return (row - p.observed) ** 2

    def absolute(row: np.ndarray) -> np.ndarray:
        return np.abs(row - p.observed)

    by_sample, by_target = summed(square, p.sample, samples), summed(square, p.target, targets)
    absolute_by_sample, absolute_by_target = summed(absolute, p.sample, samples), summed(absolute, p.target, targets)
    cells_of_sample, cells_of_target = ((times > 0).reshape(samples, targets).sum(axis) for axis in (1, 0))
    if not by_sample[mean].sum() > 0:
        raise InputError(
            "observed equals predicted_mean in every row, so no skill is defined",
            cure="judge samples whose values differ from the mean of the training part",
        )
    across = _across(p)

    # What each unit contributes: a draw of units is then a sum with whole-number weights.
    row_unit, y = unit_of[p.sample], p.observed - p.predicted[mean]
    moments = _moments((row - p.predicted[mean] for row in p.predicted), y, weight, row_unit, units)
    square_of_unit = summed(square, row_unit * targets + p.target, units * targets).reshape(models, units, targets)
    count_of_unit = np.bincount(unit_of, cells_of_sample, units)
    absolute_of_unit = np.stack([np.bincount(unit_of, row, units) for row in absolute_by_sample])
    across_of_unit = np.stack([np.bincount(unit_of, np.nan_to_num(row), units) for row in across])
    defined_of_unit = np.stack([np.bincount(unit_of, np.isfinite(row), units) for row in across])

    def measure(draws: np.ndarray) -> dict[str, np.ndarray]:
        """(draws, units) weights → measure → (draws, models)."""
        total = draws @ square_of_unit.sum(-1).T
        cells = (draws @ count_of_unit)[:, None]
        median, positive = np.empty_like(total), np.empty_like(total)
        reference = draws @ square_of_unit[mean]
        with np.errstate(divide="ignore", invalid="ignore"):
            for m, rows in enumerate(square_of_unit):
                skill_of_target = _skill(draws @ rows, reference)
                median[:, m] = _median(skill_of_target)
                positive[:, m] = (skill_of_target > 0).sum(-1) / (reference > 0).sum(-1)
            return {
                "skill": 1 - total / total[:, mean, None],
                "skill_median": median,
                "delta_r": np.stack([_correlation(draws @ rows, cells[:, 0]) for rows in moments], axis=1),
                "share_positive": positive,
                "mae": draws @ absolute_of_unit.T / cells,
                "across_gene_r": (draws @ across_of_unit.T) / (draws @ defined_of_unit.T),
            }

    value = {name: values[0] for name, values in measure(np.ones((1, units))).items()}
    drawn: dict[str, np.ndarray] = {}
    if bootstrap and units > 1:
        random = np.random.default_rng(seed)
        parts = [
            measure(random.multinomial(units, [1 / units] * units, min(CHUNK, bootstrap - start)).astype(float))
            for start in range(0, bootstrap, CHUNK)
        ]
        drawn = {name: np.concatenate([part[name] for part in parts]) for name in value}
        # With samples drawn twice, what is counted gene by gene is noisier than in the data: its draws give the
        # spread alone and are moved onto the value.
        for name in ("skill_median", "share_positive"):
            drawn[name] += value[name] - np.nanmean(drawn[name], axis=0)
        np.clip(drawn["share_positive"], 0, 1, out=drawn["share_positive"])

    with np.errstate(divide="ignore", invalid="ignore"):
        sample = {
            "skill": _skill(by_sample, by_sample[mean]),
            "mae": absolute_by_sample / cells_of_sample,
            "across_gene_r": across,
        }
        target = {
            "skill": _skill(by_target, by_target[mean]),
            "mae": absolute_by_target / cells_of_target,
            "r": _grouped_r(p.predicted, p.observed, weight, p.target, targets),
        }
    genes = int(np.isfinite(target["skill"][chosen]).sum())
    metrics: list[Metric] = []

    def add(name: str, n: int, difference: str = "") -> None:
        """Rows of a measure for all models, then of the chosen one less each baseline in the same draws."""
        for m, model in enumerate(p.models):
            metrics.append(_metric(name, model, value[name][m], drawn[name][:, m] if drawn else None, n))
        for m, model in enumerate(p.models):
            if difference and m != chosen:
                metrics.append(
                    _metric(
                        difference,
                        model,
                        value[name][chosen] - value[name][m],
                        drawn[name][:, chosen] - drawn[name][:, m] if drawn else None,
                        n,
                    )
                )

    def add_permuted(name: str) -> None:
        if permutations is not None:
            true, null = permutations[name][0], permutations[name][1:]
            metrics.append(_metric(f"{name}_permuted", p.models[chosen], float(np.median(null)), null, len(null)))
            metrics.append(Metric(f"{name}_p", p.models[chosen], p_value(true, null), np.nan, np.nan, len(null)))

    add("skill", samples, "skill_difference")
    add_permuted("skill")
    add("skill_median", genes)
    add("delta_r", samples)
    add_permuted("delta_r")
    add("share_positive", genes)
    add_permuted("share_positive")
    add("mae", samples, "mae_difference")
    add("across_gene_r", samples)
    unit = "sample" if units == samples else "group"
    return Evaluation(p, metrics, unit, units, group, sample, target, cells_of_target)


def write_table(found: Sequence[Metric], path: str | Path) -> None:
    """Write metrics as a table of `COLUMNS`."""
    _write(path, {name: [getattr(m, name) for m in found] for name in COLUMNS})


def _write(path: str | Path, columns: Mapping[str, Sequence]) -> None:
    tables.write(pl.DataFrame(columns).fill_nan(None), path)


def write_json(found: Sequence[Metric], path: str | Path) -> None:
    """Write metrics as a list of objects with the keys `COLUMNS`, rounded as in the table; null for none."""

    def plain(value: float | str) -> float | str | None:
        return value if not isinstance(value, float) else float(f"{value:.6g}") if np.isfinite(value) else None

    rows = [{name: plain(getattr(m, name)) for name in COLUMNS} for m in found]
    Path(path).write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8", newline="")


def write_genes(evaluation: Evaluation, path: str | Path) -> None:
    """Write skill, r and mae of the chosen model for each target; `n`: samples, `mae_mean`: of the training mean."""
    e, mean = evaluation, evaluation.models.index(MEAN)
    _write(
        path,
        {
            "target": e.predictions.targets,
            "n": e.counts.tolist(),
            "skill": e.target["skill"][0],
            "r": e.target["r"][0],
            "mae": e.target["mae"][0],
            "mae_mean": e.target["mae"][mean],
        },
    )


def write_samples(evaluation: Evaluation, path: str | Path) -> None:
    """Write skill, mae and across-gene r of the chosen model for each sample; `mae_mean`: of the training mean."""
    e, mean = evaluation, evaluation.models.index(MEAN)
    _write(
        path,
        {
            "id": e.predictions.samples,
            "group": e.group,
            "skill": e.sample["skill"][0],
            "mae": e.sample["mae"][0],
            "mae_mean": e.sample["mae"][mean],
            "across_gene_r": e.sample["across_gene_r"][0],
        },
    )


def _units(samples: Sequence[str], group: Sequence[str]) -> tuple[np.ndarray, int]:
    """The unit each sample belongs to, and their number: its group, or itself where it has none."""
    keys = [("group", g) if g else ("sample", s) for s, g in zip(samples, group, strict=True)]
    place = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([place[key] for key in keys]), len(place)


def _skill(error: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """1 - error / reference, NaN where the reference has no error."""
    return np.where(reference > 0, 1 - error / reference, np.nan)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the last axis without NaN, all-NaN giving NaN."""
    if np.isfinite(values).all():
        return np.median(values, axis=-1)
    known = np.isfinite(values)
    ordered, count = np.sort(values, axis=-1), known.sum(-1)  # NaN sort last
    low, high = (
        np.take_along_axis(ordered, np.maximum(place, 0)[..., None], -1)[..., 0]
        for place in ((count - 1) // 2, count // 2)
    )
    return np.where(count > 0, (low + high) / 2, np.nan)


def _correlation(moments: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Pearson's r from sums (…, 5) of x, y, x², y², xy with a total weight (…); NaN where one does not vary."""
    x, y, xx, yy, xy = np.moveaxis(moments, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread_x, spread_y = xx - x * x / count, yy - y * y / count
        varies = (spread_x > 1e-12 * xx) & (spread_y > 1e-12 * yy)
        return np.where(varies, (xy - x * y / count) / np.sqrt(spread_x * spread_y), np.nan)


def _grouped_r(x: np.ndarray, y: np.ndarray, weight: np.ndarray, by: np.ndarray, size: int) -> np.ndarray:
    """(models, size): weighted correlation of each row of `x` with `y` within each group of columns."""
    moments = _moments((row - row.mean() for row in x), y - y.mean(), weight, by, size)
    return _correlation(moments, np.bincount(by, weight, size))


def _moments(x: Iterable[np.ndarray], y: np.ndarray, weight: np.ndarray, by: np.ndarray, size: int) -> np.ndarray:
    """(models, size, 5): weighted sums of x, y, x², y² and xy of each row of `x` within each group of columns."""
    sums = [[np.bincount(by, weight * v, size) for v in (row, y, row * row, y * y, row * y)] for row in x]
    return np.moveaxis(np.array(sums), 1, -1)


def _across(p: Predictions) -> np.ndarray:
    """(models, samples): correlation over the targets of a sample, averaged over the folds that predict it."""
    pairs, by = np.unique(p.sample * len(p.folds) + p.fold, return_inverse=True)
    r = _grouped_r(p.predicted, p.observed, np.ones(len(by)), by, len(pairs))
    sample, size = pairs // len(p.folds), len(p.samples)
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                np.bincount(sample[known], row[known], size) / np.bincount(sample[known], minlength=size)
                for row, known in zip(r, np.isfinite(r), strict=True)
            ]
        )


def _metric(name: str, model: str, value: float, draws: np.ndarray | None, n: int) -> Metric:
    known = draws[np.isfinite(draws)] if draws is not None else np.empty(0)
    low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
    return Metric(name, model, float(value), float(low), float(high), n)
