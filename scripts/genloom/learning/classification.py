"""How well classes of held-out samples were told: balanced accuracy first, since it does not reward calling the largest class.

A sample that repeated folds hold out several times counts once: each of its predictions weighs so much less. Intervals are
percentiles of the bootstrap over samples, or whole groups of them, drawn within each class so that no draw lacks one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..formats import tables
from ..formats.results import Classified
from .calibration import Reliability, reliability
from .metrics import CHUNK, LEVELS, Metric, find, p_value

MEASURES = ("balanced_accuracy", "macro_f1", "mcc", "log_loss", "brier", "auc")
LEAST = 1e-12  # of a probability whose logarithm is taken


@dataclass(frozen=True)
class Evaluation:
    """All measures of a table of predictions, the chosen model first.

    Attributes
    ----------
    metrics : in the order a reader should meet them
    unit, units : what the bootstrap draws, `sample` or `group`, and how many there are
    group : group of each sample, empty where unknown
    confusion : (classes, classes) samples of each class (rows) by the class that the chosen model calls (columns)
    right, abstained : (samples,) share of a sample's predictions by the chosen model that are right, or too far to call
    probability : (samples, classes) by the chosen model, the mean of a sample's predictions
    truth : (samples,) the class of each
    lines : class → its ROC (false and true positive rates) and its recall and precision, of the chosen model
    reliability : of the probability of the class that is called
    """

    classified: Classified
    metrics: list[Metric]
    unit: str
    units: int
    group: list[str]
    confusion: np.ndarray
    right: np.ndarray
    abstained: np.ndarray
    probability: np.ndarray
    truth: np.ndarray
    lines: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]
    reliability: Reliability

    @property
    def models(self) -> list[str]:
        return self.classified.models

    def get(self, metric: str, model: str | None = None) -> Metric | None:
        """A metric of a model, by default of the chosen one; None where it was not computed."""
        model = self.models[0] if model is None else model
        return find(self.metrics, metric, model)

    @property
    def chance(self) -> float:
        """Balanced accuracy of whatever does not look at the sample."""
        return 1 / len(self.classified.classes)

    @property
    def beats_chance(self) -> bool:
        """Better than chance with the whole interval, and than labels at random where these were tried."""
        found, p = self.get("balanced_accuracy"), self.get("balanced_accuracy_p")
        assert found is not None
        equalled = p is not None and p.value > max(0.05, 1.5 / (1 + p.n))  # of few permutations not one may reach it
        return found.value > self.chance and not found.low <= self.chance and not equalled


def wilson(right: float, count: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953): of 64 right of 64, 0.943 to 1."""
    z = 1.959964
    share, wide = right / count, z * z / count
    middle = (share + wide / 2) / (1 + wide)
    half = z / (1 + wide) * np.sqrt(share * (1 - share) / count + wide / count / 4)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def of_confusion(table: np.ndarray) -> dict[str, np.ndarray]:
    """(…, classes, classes) observed by called → balanced accuracy, macro-F1 and Matthews' correlation (…)."""
    right = np.diagonal(table, axis1=-2, axis2=-1)
    observed, called, total = table.sum(-1), table.sum(-2), table.sum((-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of draws without any class
        spread = (total**2 - (called**2).sum(-1)) * (total**2 - (observed**2).sum(-1))
        covariance = right.sum(-1) * total - (called * observed).sum(-1)
        return {
            "balanced_accuracy": np.nanmean(right / observed, axis=-1),
            "macro_f1": np.nanmean(2 * right / (observed + called), axis=-1),
            "mcc": np.where(spread > 1e-9, covariance / np.sqrt(np.maximum(spread, 1e-300)), 0.0),
        }


def ranking(score: np.ndarray, truth: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """(rows) scores and which are true → a function from (draws, rows) weights to the area under the ROC curve (draws)."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) > 0]))
    true = truth[order]

    def area(weight: np.ndarray) -> np.ndarray:
        weight = weight[:, order]
        positive = np.add.reduceat(weight * true, starts, axis=1)
        negative = np.add.reduceat(weight * ~true, starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            return (positive * below).sum(1) / (positive.sum(1) * negative.sum(1))

    return area


def evaluate(
    c: Classified,
    groups: Mapping[str, str] | None = None,
    bootstrap: int = 1000,
    seed: int = 1,
    permutations: Mapping[str, np.ndarray] | None = None,
) -> Evaluation:
    """Judge the chosen model and those beside it.

    Parameters
    ----------
    groups : sample → group, of `metrics.groups_of`; a sample whose group is empty is a unit of its own
    bootstrap : number of draws; 0 gives no intervals
    permutations : of `formats.results.read_permutations`
    """
    models, samples, classes = len(c.models), len(c.samples), len(c.classes)
    weight = 1.0 / np.bincount(c.sample, minlength=samples)[c.sample]
    group = [""] * samples if groups is None else [groups[s] for s in c.samples]
    keys = [("group", g) if g else ("sample", s) for s, g in zip(c.samples, group, strict=True)]
    place = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    unit, units = np.array([place[key] for key in keys]), len(place)
    truth = np.zeros(samples, np.int64)
    truth[c.sample] = c.truth
    stratum = np.zeros(units, np.int64)
    stratum[unit[::-1]] = truth[::-1]  # the class of its first sample
    row_unit, rows = unit[c.sample], np.arange(len(c.sample))
    called = c.probability.argmax(2)
    hit = called == c.truth

    def summed(values: np.ndarray, by: np.ndarray = row_unit, size: int = units) -> np.ndarray:
        return np.bincount(by, weight * values, size)

    cell = (row_unit * classes + c.truth) * classes
    tables_of = np.stack([summed(np.ones(len(rows)), cell + each, units * classes**2) for each in called])
    tables_of = tables_of.reshape(models, units, classes**2)
    given = np.maximum(c.probability[:, rows, c.truth], LEAST)
    off = ((c.probability - np.eye(classes)[c.truth]) ** 2).sum(2)
    losses = {
        "log_loss": np.stack([summed(-np.log(each)) for each in given]),
        "brier": np.stack([summed(each) for each in off]),
    }
    size = summed(np.ones(len(rows)))
    areas = [[ranking(p[:, k], c.truth == k) for k in range(classes)] for p in c.probability]

    def measure(draws: np.ndarray) -> dict[str, np.ndarray]:
        """(draws, units) weights → measure → (draws, models); `auc.<class>` and `recall.<class>` among them."""
        table = np.stack([(draws @ each).reshape(-1, classes, classes) for each in tables_of], axis=1)
        found = of_confusion(table)
        found |= {name: draws @ values.T / (draws @ size)[:, None] for name, values in losses.items()}
        row_weight = draws[:, row_unit] * weight
        area = np.stack([np.stack([one(row_weight) for one in each], -1) for each in areas], 1)
        with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            recall = np.diagonal(table, axis1=-2, axis2=-1) / table.sum(-1)
            found["auc"] = np.nanmean(area, axis=-1)
        for k, name in enumerate(c.classes):
            found |= {f"auc.{name}": area[..., k], f"recall.{name}": recall[..., k]}
        return found

    value = {name: values[0] for name, values in measure(np.ones((1, units))).items()}
    drawn: dict[str, np.ndarray] = {}
    if bootstrap and units > 1:
        parts = [measure(draws) for draws in _draws(stratum, bootstrap, seed)]
        drawn = {name: np.concatenate([part[name] for part in parts]) for name in value}

    metrics: list[Metric] = []
    right = np.stack([np.bincount(c.sample, weight * each, samples) for each in hit])
    all_right = right.sum(1) > samples - 1e-9

    def metric(name: str, model: int, values: float, draws: np.ndarray | None, n: int = samples) -> Metric:
        known = np.zeros(0) if draws is None else draws[np.isfinite(draws)]
        low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
        shares = name.startswith("recall.") or (all_right[model] and name in ("balanced_accuracy", "macro_f1"))
        if len(known) and values == 1 and shares:
            low, high = wilson(n, n)  # draws of samples that are all right are all the same
        return Metric(name, c.models[model], float(values), float(low), float(high), n)

    for name in MEASURES:
        for m in range(models):
            metrics.append(metric(name, m, value[name][m], drawn[name][:, m] if drawn else None))
        if name == "balanced_accuracy":
            for m in range(1, models):
                draws = drawn[name][:, 0] - drawn[name][:, m] if drawn else None
                low, high = np.percentile(draws, LEVELS) if draws is not None else (np.nan, np.nan)
                difference = float(value[name][0] - value[name][m])
                metrics.append(Metric(f"{name}_difference", c.models[m], difference, float(low), float(high), samples))
            metrics += _permuted(c.models[0], permutations)
            for m in range(models):
                share = float(right[m].sum() / samples)
                metrics.append(Metric("accuracy", c.models[m], share, *wilson(right[m].sum(), samples), samples))
    count = np.bincount(truth, minlength=classes)
    for k, name in enumerate(c.classes):
        for kind in ("recall", "auc"):
            key = f"{kind}.{name}"
            for m in range(models):
                metrics.append(metric(key, m, value[key][m], drawn[key][:, m] if drawn else None, int(count[k])))
    lines = {name: _lines(c.probability[0, :, k], c.truth == k, weight) for k, name in enumerate(c.classes)}
    for name, (_, _, recall, precision) in lines.items():
        area = float(-np.sum(np.diff(recall) * precision[:-1]))
        of_class = int(count[c.classes.index(name)])
        metrics.append(Metric(f"average_precision.{name}", c.models[0], area, np.nan, np.nan, of_class))
    far = np.bincount(c.sample, weight * c.abstained, samples)
    metrics.append(Metric("abstained", c.models[0], float(far.mean()), *wilson(far.sum(), samples), samples))
    kept = ~c.abstained
    if kept.any():
        table = np.zeros((classes, classes))
        np.add.at(table, (c.truth[kept], called[0][kept]), weight[kept])
        found = float(of_confusion(table)["balanced_accuracy"])
        left = len(np.unique(c.sample[kept]))
        metrics.append(Metric("balanced_accuracy_called", c.models[0], found, np.nan, np.nan, left))
    sure = c.probability[0].max(1)
    bins = reliability(sure, hit[0], row_unit, 0.0, bootstrap, seed)
    metrics.append(Metric("calibration_error", c.models[0], *bins.error, samples))
    probability = np.stack([np.bincount(c.sample, weight * p, samples) for p in c.probability[0].T], axis=1)
    confusion = tables_of[0].sum(0).reshape(classes, classes)
    kind = "sample" if units == samples else "group"
    return Evaluation(c, metrics, kind, units, group, confusion, right[0], far, probability, truth, lines, bins)


def _permuted(model: str, permutations: Mapping[str, np.ndarray] | None) -> list[Metric]:
    found = []
    for name, values in (permutations or {}).items():
        true, null = values[0], values[1:]
        low, high = np.percentile(null, LEVELS)
        better = p_value(-true, -null) if name == "log_loss" else p_value(true, null)
        found.append(Metric(f"{name}_permuted", model, float(np.median(null)), float(low), float(high), len(null)))
        found.append(Metric(f"{name}_p", model, better, np.nan, np.nan, len(null)))
    return found


def _draws(stratum: np.ndarray, count: int, seed: int) -> Iterator[np.ndarray]:
    """(some, units) how often each unit is drawn, with replacement among those of its class."""
    random = np.random.default_rng(seed)
    for start in range(0, count, CHUNK):
        some = min(CHUNK, count - start)
        draws = np.zeros((some, len(stratum)))
        for each in np.unique(stratum):
            members = np.flatnonzero(stratum == each)
            draws[:, members] = random.multinomial(len(members), np.full(len(members), 1 / len(members)), some)
        yield draws


def _lines(
    score: np.ndarray, truth: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.metrics import precision_recall_curve, roc_curve

    wrong, found, _ = roc_curve(truth, score, sample_weight=weight)
    precision, recall, _ = precision_recall_curve(truth, score, sample_weight=weight)
    return wrong, found, recall, precision


def write_confusion(e: Evaluation, path: str | Path) -> None:
    """Write how many samples of each class were called which: observed, called, n, share of the class."""
    observed, called = (each.ravel() for each in np.indices(e.confusion.shape))
    names, total = np.array(e.classified.classes), e.confusion.sum(1)
    columns = {
        "observed": names[observed],
        "called": names[called],
        "n": e.confusion.ravel(),
        "share": (e.confusion / total[:, None]).ravel(),
    }
    tables.write(pl.DataFrame(columns), path)


def write_samples(e: Evaluation, path: str | Path) -> None:
    """Write for each sample its class, the class called most probable on average, how often it was right, and how sure."""
    names, best = np.array(e.classified.classes), e.probability.argmax(1)
    columns = {
        "id": e.classified.samples,
        "group": e.group,
        "observed": names[e.truth],
        "called": names[best],
        "right": e.right,
        "probability": e.probability.max(1),
        "abstained": e.abstained,
    }
    tables.write(pl.DataFrame(columns), path)


def write_reliability(e: Evaluation, path: str | Path) -> None:
    """Write the bins of the probability of the called class, and the share that is right."""
    r = e.reliability
    columns = {"from": r.lower, "to": r.upper, "n": r.count, "predicted": r.predicted, "observed": r.observed}
    columns |= {"low": r.low, "high": r.high}
    table = pl.DataFrame(columns).select(pl.lit("called").alias("target"), pl.lit(e.models[0]).alias("model"), pl.all())
    tables.write(table, path)
