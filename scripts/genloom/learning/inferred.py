"""How well genes were inferred in held-out samples: absolute error in z-scores of the training part, beside linear regression.

Each error is divided by the deviation of the gene in *its* training part. Intervals are percentiles of the bootstrap over
samples, the same draws for all models, so that differences are paired. Predictions are read in blocks of samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..console import blaming
from ..errors import InputError, named
from ..formats import tables
from ..formats.blocks import Reader
from ..formats.facts import wrong
from .metrics import LEVELS, Metric

MEAN, LINEAR = "mean", "linear"
LOTS = 1000  # more samples are drawn in so many lots
CHUNK = 50  # draws at a time
EDGES = np.linspace(-4, 4, 81)  # of errors, in z-scores
POINTS = 200_000  # predictions that stand for all in a figure


@dataclass(frozen=True)
class Evaluation:
    """All measures of a file of predictions, the chosen model first.

    Attributes
    ----------
    genes, symbols : of the targets; samples, groups : of what was held out
    metrics : in the order a reader should meet them
    drawn : what the bootstrap draws: `sample` or `lot of samples`
    gene : model → (genes,) mean absolute error, NaN for genes that do not vary in any training part
    r : (genes,) correlation of predicted and observed z-scores, of the chosen model
    sample : model → (samples,) mean absolute error
    folds : a row a fold: name, groups, samples, and the error of each model
    errors : model → (bins,) counts of errors between `EDGES`, the outer bins with all beyond
    points : observed and predicted z-scores of the chosen model, some that stand for all
    """

    models: list[str]
    genes: list[str]
    symbols: list[str]
    samples: list[str]
    groups: list[str]
    unit: str
    metrics: list[Metric]
    drawn: str
    gene: dict[str, np.ndarray]
    r: np.ndarray
    counts: np.ndarray
    sample: dict[str, np.ndarray]
    folds: list[tuple[str, str, int, dict[str, float]]]
    errors: dict[str, np.ndarray]
    points: tuple[np.ndarray, np.ndarray]

    def get(self, metric: str, model: str | None = None) -> Metric:
        """A metric of a model, by default of the chosen one."""
        wanted = (metric, self.models[0] if model is None else model)
        return next(m for m in self.metrics if (m.metric, m.model) == wanted)

    @property
    def constant(self) -> int:
        """Genes that are not judged, since they do not vary where the model was trained."""
        return int(np.isnan(self.gene[MEAN]).sum())


class Predictions:
    """The file of `train_model --task targets`, in blocks."""

    def __init__(self, path: str | Path):
        self.path = path
        self.reader = Reader(path, "genes", held=False)
        data, settings = self.reader.data, self.reader.about["settings"]
        if settings.get("task") != "targets" or "observed" not in data.layers:
            raise InputError(
                "holds no predictions of targets", path, "give those that train_model --task targets writes"
            )
        others = [name.removeprefix("predicted_") for name in data.layers if name.startswith("predicted_")]
        if bad := wrong(settings, {"model": str, "folds": [str]}):
            raise InputError(f"has a damaged record: {bad}", path, "train again")
        self.models = [settings["model"], *others]
        if lost := {MEAN, LINEAR} - set(self.models):
            raise InputError(f"lacks the predictions of {' and '.join(sorted(lost))}", path, "train again")
        self.folds: list[str] = settings["folds"]
        if lost := {"id", "fold", "group"} - {*data.obs.columns}:
            raise InputError(f"lacks the column {named(sorted(lost))} of its samples", path, "train again")
        places = {name: place for place, name in enumerate(self.folds)}
        self.fold = np.array([places.get(name, -1) for name in data.obs["fold"].astype(str)])
        if (self.fold < 0).any():
            raise InputError("has samples of a fold that its record does not name", path, "train again")
        self.mean, self.sd = (self._scale(name) for name in ("mean", "sd"))

    def _scale(self, name: str) -> np.ndarray:
        """(folds, genes) mean or deviation of the genes in each training part."""
        data = self.reader.data
        values = np.asarray(data.varm.get(name, []))
        if values.shape != (data.n_vars, len(self.folds)) or values.dtype.kind != "f" or not np.isfinite(values).all():
            raise InputError(f"has no {name} of each gene in each fold", self.path, "train again")
        return values.T

    def blocks(self) -> Iterator[tuple[slice, np.ndarray, dict[str, np.ndarray], np.ndarray]]:
        """(rows, observed z, model → predicted z, where the gene varied in the training part), each (rows, genes)."""
        data = self.reader.data
        size = max(1, 2**22 // data.n_vars)
        for start in range(0, data.n_obs, size):
            rows = slice(start, min(start + size, data.n_obs))
            mean, sd = self.mean[self.fold[rows]], self.sd[self.fold[rows]]
            varies = sd > 0
            scale = np.where(varies, sd, 1)

            def z(stored: Any, rows=rows, mean=mean, scale=scale, varies=varies) -> np.ndarray:
                with blaming(self.path, "it may be cut off: copy it again"):
                    values = np.asarray(stored[rows])
                if values.shape != mean.shape or values.dtype.kind != "f" or not np.isfinite(values).all():
                    raise InputError("lacks a finite number for each sample and gene", self.path, "train again")
                return np.where(varies, (values - mean) / scale, 0).astype(np.float32)

            predicted = {
                name: z(data.X if i == 0 else data.layers[f"predicted_{name}"]) for i, name in enumerate(self.models)
            }
            yield rows, z(data.layers["observed"]), predicted, varies


def evaluate(path: str | Path, bootstrap: int = 1000, seed: int = 1) -> Evaluation:
    """Judge the predictions of a file.

    Raises
    ------
    InputError : no such predictions, or none that can be judged
    """
    p = Predictions(path)
    models, obs = p.models, p.reader.obs
    chosen, count = models[0], len(p.reader.var)
    ids = obs["id"].astype(str).to_list()
    samples = list(dict.fromkeys(ids))
    place = {name: i for i, name in enumerate(samples)}
    sample = np.array([place[name] for name in ids])
    weight = (1 / np.bincount(sample))[sample].astype(np.float32)  # a sample held out twice counts once
    lots = len(samples) > LOTS
    unit, units = (sample % LOTS, LOTS) if lots else (sample, len(samples))

    full = list(dict.fromkeys([chosen, LINEAR, MEAN]))
    of_unit = {name: np.zeros((units, count), np.float32) for name in full}
    seen = np.zeros((units, count), np.float32)
    total = {name: np.zeros((units, 2)) for name in models}
    of_gene = {name: np.zeros(count) for name in models}
    of_sample = {name: np.zeros(len(samples)) for name in models}
    cells = np.zeros(len(samples))
    of_fold = {name: np.zeros((len(p.folds), 2)) for name in models}
    errors = {name: np.zeros(len(EDGES) - 1) for name in full}
    moments = np.zeros((6, count))
    points: list[np.ndarray] = []
    step = max(len(ids) * count // POINTS, 1)
    for rows, observed, predicted, varies in p.blocks():
        w = weight[rows, None] * varies
        np.add.at(seen, unit[rows], w)
        known = w.sum(1)
        np.add.at(cells, sample[rows], known)
        for name, values in predicted.items():
            error = np.abs(values - observed) * w
            by_row = error.sum(1, dtype=np.float64)
            np.add.at(total[name], unit[rows], np.stack([by_row, known], axis=1))
            np.add.at(of_sample[name], sample[rows], by_row)
            np.add.at(of_fold[name], p.fold[rows], np.stack([by_row, known], axis=1))
            of_gene[name] += error.sum(0, dtype=np.float64)
            if name in of_unit:
                np.add.at(of_unit[name], unit[rows], error)
                off = np.clip((values - observed)[varies], EDGES[0], EDGES[-1])
                errors[name] += np.histogram(off, EDGES)[0]
        x, y = predicted[chosen].astype(np.float64), observed.astype(np.float64)
        moments += [(w * each).sum(0) for each in (np.ones_like(x), x, y, x * x, y * y, x * y)]
        flat = np.arange(-(rows.start * count) % step, x.size, step)
        flat = flat[varies.ravel()[flat]]
        points.append(np.stack([observed.ravel()[flat], predicted[chosen].ravel()[flat]]))
    counts = moments[0]
    if not counts.any():
        raise InputError("holds no gene that varies in its training part", path)

    random = np.random.default_rng(seed)
    draws = bootstrap if units > 1 else 0
    weights = random.multinomial(units, [1 / units] * units, draws).astype(np.float32)
    metrics: list[Metric] = []

    def add(metric: str, model: str, value: float, drawn: np.ndarray, n: int) -> None:
        low, high = np.percentile(drawn, LEVELS) if len(drawn) > 1 else (np.nan, np.nan)
        metrics.append(Metric(metric, model, float(value), float(low), float(high), n))

    mae, drawn = {}, {}
    for name, sums in total.items():
        mae[name] = sums[:, 0].sum() / sums[:, 1].sum()
        drawn[name] = (weights @ sums[:, 0]) / np.maximum(weights @ sums[:, 1], 1e-12)
    for name in models:
        add("mae", name, mae[name], drawn[name], len(samples))
    for name in models:
        ratio = drawn[name] / np.maximum(drawn[LINEAR], 1e-12)
        add("mae_reduction", name, 1 - mae[name] / mae[LINEAR], 1 - ratio, len(samples))
    for name in models[1:]:
        add("mae_difference", name, mae[chosen] - mae[name], drawn[chosen] - drawn[name], len(samples))
    judged = counts > 0
    genes = int(judged.sum())
    for name in (LINEAR, MEAN):
        if name == chosen:
            continue
        less = of_unit[name] - of_unit[chosen]
        value = float((less.sum(0, dtype=np.float64)[judged] > 0).mean())
        share = np.concatenate(
            [((weights[i : i + CHUNK] @ less)[:, judged] > 0).mean(1) for i in range(0, draws, CHUNK)] or [np.zeros(0)]
        )
        # Draws with samples twice are noisier gene by gene than the data: they give the spread around the value.
        share = np.clip(share + value - share.mean(), 0, 1) if len(share) else share
        add("genes_improved", name, value, share, genes)
    with np.errstate(divide="ignore", invalid="ignore"):
        gene = {name: np.where(judged, each / counts, np.nan) for name, each in of_gene.items()}
        n, x, y, xx, yy, xy = moments
        r = (xy - x * y / n) / np.sqrt((xx - x * x / n) * (yy - y * y / n))
    groups = dict(zip(ids, obs["group"].astype(str), strict=True))
    folds = []
    for number, name in enumerate(p.folds):
        inside = np.flatnonzero(p.fold == number)
        held = ", ".join(dict.fromkeys(g for g in obs["group"].astype(str).iloc[inside] if g))
        each = {model: float(sums[number, 0] / max(sums[number, 1], 1e-12)) for model, sums in of_fold.items()}
        folds.append((name, held, len(inside), each))
    symbols = p.reader.var["symbol"].astype(str).to_list() if "symbol" in p.reader.var else [""] * count
    return Evaluation(
        models,
        list(p.reader.var.index),
        symbols,
        samples,
        [groups[name] for name in samples],
        p.reader.about["settings"].get("unit", ""),
        metrics,
        "lot of samples" if lots else "sample",
        gene,
        np.where(np.isfinite(r), r, np.nan),
        counts,
        {name: each / np.maximum(cells, 1e-12) for name, each in of_sample.items()},
        folds,
        errors,
        tuple(np.concatenate(points, axis=1)),  # type: ignore[arg-type]
    )


def write_genes(e: Evaluation, path: str | Path) -> None:
    """Write the error of the chosen model, of linear regression and of the mean for each gene."""
    columns: dict[str, Any] = {
        "target": e.genes,
        "symbol": e.symbols,
        "mae": e.gene[e.models[0]],
        "mae_linear": e.gene[LINEAR],
        "mae_mean": e.gene[MEAN],
        "reduction": 1 - e.gene[e.models[0]] / e.gene[LINEAR],
        "r": e.r,
    }
    tables.write(pl.DataFrame(columns).fill_nan(None), path)


def write_samples(e: Evaluation, path: str | Path) -> None:
    """Write the error of the chosen model, of linear regression and of the mean for each held-out sample."""
    columns: dict[str, Any] = {
        "id": e.samples,
        "group": e.groups,
        "mae": e.sample[e.models[0]],
        "mae_linear": e.sample[LINEAR],
        "mae_mean": e.sample[MEAN],
    }
    tables.write(pl.DataFrame(columns).fill_nan(None), path)
