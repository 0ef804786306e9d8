"""What the reports on windows of sequence share: reading, measures beside the baselines, curves, and reliability."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import InputError, named
from ..formats import modelfile
from ..formats import results as formats
from ..formats import tables as files
from ..formats.results import Calls
from ..learning import calibration, metrics, sites
from ..learning.calibration import Reliability
from ..learning.metrics import Metric
from . import figures
from .page import Block, Cell, Table, number
from .parts import History, Made, Plot, data, given, interval, left_out, span

RECALLS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
THREE: Callable[[float], str] = partial(number, digits=3)
NO_BASELINE = "no baseline was measured beside it"
NONE = Metric("", "", np.nan, np.nan, np.nan, 0)


@dataclass(frozen=True)
class Results:
    """All that a report on windows is made of.

    Attributes
    ----------
    calls : what was predicted, the chosen model first
    unit : (rows,) what the bootstrap draws whole: windows that share a gene
    scores : the measures as they were given
    limits : class → probability from which on it is called, where there is one
    least : probability below which the table of predictions is not whole
    judged : models whose predictions are whole from there on, the chosen one first
    reliability : (model, class) → its bins
    confusion : of learning.confusion, for sites
    """

    made: Made
    card: Mapping[str, Any]
    calls: Calls
    unit: np.ndarray
    scores: list[Metric]
    limits: Mapping[str, float]
    least: float
    judged: Sequence[str]
    reliability: Mapping[tuple[str, str], Reliability]
    history: History
    confusion: pl.DataFrame | None = None

    @property
    def chosen(self) -> str:
        return self.calls.models[0]

    @cached_property
    def models(self) -> list[str]:
        """Those that were measured, in their order."""
        return list(dict.fromkeys(metric.model for metric in self.scores))

    @cached_property
    def _places(self) -> dict[tuple[str, str], Metric]:
        return {(metric.metric, metric.model): metric for metric in self.scores}

    def score(self, name: str, model: str | None = None) -> Metric:
        """A measure of a model, by default of the chosen one; NaN where it was not taken."""
        return self._places.get((name, model or self.chosen), NONE)

    def of(self, target: str, model: str) -> tuple[np.ndarray, np.ndarray]:
        """What a model gives the places of a class, and whether they are of it."""
        own = self.calls.target == self.calls.targets.index(target)
        return self.calls.predicted[self.calls.models.index(model), own], self.calls.observed[own]

    @property
    def metrics(self) -> list[Metric]:
        """The measures as given, and the expected calibration errors."""
        errors = [
            Metric(f"ece.{target}", model, *bins.error, int(bins.count.sum()))
            for (model, target), bins in self.reliability.items()
        ]
        return [*self.scores, *errors]


def read(
    args: Namespace,
    title: str,
    targets: Sequence[str],
    wanted: Sequence[str],
    counted: Mapping[str, str],
    limits: Callable[[Mapping[str, Any]], Mapping[str, float]],
    least: float = 0.0,
    bases: bool = False,
) -> Results:
    """Read what the arguments name, and see how far probabilities can be believed.

    Parameters
    ----------
    targets : the classes; wanted : measures that must be there; counted : measure → class it counts true ones of
    limits : class → threshold, from the card
    least : probability below which the table lacks places
    bases : whether predictions are of bases, rather than of windows

    Raises
    ------
    InputError : files that are not what they should be, or not of one run
    """
    card = modelfile.read(args.model, args.task)[0]
    scores = [Metric(**row) for row in formats.read_scores(args.scores)]
    chosen = scores[0].model
    own = {metric.metric: metric for metric in scores if metric.model == chosen}
    if lacking := [name for name in wanted if name not in own]:
        raise InputError(
            f"lacks {named(lacking)} of {chosen}; it has {named(own)}", args.scores, "choose the --task of the model"
        )
    calls = formats.read_calls(args.predictions, chosen, targets, bases)
    for name, target in counted.items():
        there = int(calls.observed[calls.target == targets.index(target)].sum())
        if there != own[name].n:
            raise InputError(
                f"{name} is of {own[name].n:,}, the predictions hold {there:,} true of class {target}",
                args.scores,
                "give the metrics and the predictions of one run",
            )
    try:
        found = limits(card)
    except (KeyError, TypeError, ValueError):
        raise InputError("has a card without thresholds", args.model, "train it again") from None
    unit = calibration.units(calls.window, calls.gene)
    judged = calls.models[:1] if least else calls.models
    bins = {}
    for model in judged:
        for place, target in enumerate(targets):
            here = calls.target == place
            score = calls.predicted[calls.models.index(model), here]
            bins[model, target] = calibration.reliability(
                score, calls.observed[here], unit[here], least, args.bootstrap, args.seed
            )
    made = Made.of(args, title)
    history = given(formats.read_history, args.history) or {}
    return Results(made, card, calls, unit, scores, found, least, judged, bins, history)


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    rows = [
        {
            "target": target,
            "model": model,
            "from": float(bins.lower[i]),
            "to": float(bins.upper[i]),
            "n": int(bins.count[i]),
            **{name: float(getattr(bins, name)[i]) for name in ("predicted", "observed", "low", "high")},
        }
        for (model, target), bins in results.reliability.items()
        for i in range(len(bins.count))
    ]
    return {
        "metrics": partial(metrics.write_table, results.metrics),
        "metrics_json": partial(metrics.write_json, results.metrics),
        "reliability": partial(files.write, pl.DataFrame(rows)),
    }


def beats(one: Metric, other: Metric) -> bool:
    """Whether a measure is above another one with its whole interval; without intervals, above it."""
    least = one.low if np.isfinite(one.low) else one.value
    most = other.high if np.isfinite(other.high) else other.value
    return bool(least > most)


def measured(
    results: Results,
    caption: str,
    columns: Mapping[str, str],
    note: str = "",
    show: Callable[[float], str] = THREE,
) -> Table:
    """Models by measures. `columns`: measure → heading."""

    def cell(metric: Metric) -> Cell:
        return show(metric.value), interval(metric, show)

    rows: list[list[Cell]] = [
        [model, *(cell(results.score(name, model)) for name in columns)] for model in results.models
    ]
    return Table(caption, ["Model", *columns.values()], rows, note, results.models.index(results.chosen))


def precision_recall(results: Results, target: str, points: Mapping[str, tuple[float, float]]) -> Plot:
    """Precision by recall of the models whose predictions are whole, and where thresholds lie: model → both."""
    curves = {model: sites.curve(*results.of(target, model), results.least) for model in results.judged}
    area = results.score(f"pr_auc.{target}")
    known = {model: point for model, point in points.items() if np.isfinite(point).all()}
    at = "; ".join(f"{model}: recall {number(r)}, precision {number(p)}" for model, (r, p) in known.items())
    return Plot(
        f"precision-recall-{target}",
        f"Precision and recall: {target}",
        partial(figures.precision_recall, {model: curve[1:] for model, curve in curves.items()}, known, results.chosen),
        f"A line: every threshold{f' from {results.least:g} on' if results.least else ''}."
        + (" Marks: the thresholds chosen on the validation part." if known else ""),
        f"Precision by recall of {target}; area under the line of {results.chosen} {span(area)}."
        + (f" At the thresholds: {at}." if at else ""),
    )


def recall_table(results: Results) -> Table:
    """Precision where a recall is reached, read from the curves."""
    header = ["Recall"]
    columns: list[list[Cell]] = []
    for target in results.calls.targets:
        for model in results.judged:
            score, recall, precision = sites.curve(*results.of(target, model), results.least)
            places = np.searchsorted(recall, RECALLS)
            header.append(target.capitalize() + (f", {model}" if len(results.judged) > 1 else ""))
            columns.append(
                [
                    (number(precision[i], 3), f"from {score[i]:.3g} on")
                    if i < len(score)
                    else ("\N{EN DASH}", "not reached")
                    for i in places.tolist()
                ]
            )
    rows = [[number(recall, 2), *cells] for recall, cells in zip(RECALLS, zip(*columns, strict=True), strict=True)]
    return Table("Precision at a recall", header, rows, "Small: the probability from which on places are called.")


def reliability(results: Results, name: str, title: str, lines: Mapping[str, tuple[str, str]]) -> Plot:
    """A reliability diagram. `lines`: label → (model, class)."""
    bins = {label: results.reliability[key] for label, key in lines.items()}
    errors = "; ".join(f"{label} {error(each)}" for label, each in bins.items())
    return Plot(
        name,
        title,
        partial(
            figures.reliability,
            {label: (each.predicted, each.observed, each.low, each.high) for label, each in bins.items()},
        ),
        f"A dot for each tenth of probability{f', from {results.least:g} on' if results.least else ''}, with the 95% "
        "interval by gene. Above the dotted line there are more than predicted, under it fewer.",
        f"Share observed by predicted probability. Expected calibration error: {errors}.",
    )


def error(bins: Reliability) -> str:
    return span(Metric("", "", *bins.error, 0), THREE)


def reliability_table(results: Results, caption: str, lines: Mapping[str, tuple[str, str]]) -> Table:
    """The numbers of a reliability diagram. `lines`: label → (model, class)."""
    some = {label: results.reliability[key] for label, key in lines.items()}
    edges = next(iter(some.values()))

    def cells(bins: Reliability, i: int) -> list[Cell]:
        around = f"{number(bins.low[i], 3)} to {number(bins.high[i], 3)}" if np.isfinite(bins.low[i]) else ""
        return [f"{bins.count[i]:,}", number(bins.predicted[i], 3), (number(bins.observed[i], 3), around)]

    header = [f"{label}{part}" for label in some for part in (", n", ", predicted", ", observed")]
    rows: list[list[Cell]] = [
        [f"{edges.lower[i]:g} to {edges.upper[i]:g}", *(cell for bins in some.values() for cell in cells(bins, i))]
        for i in range(len(edges.count))
    ]
    errors = "; ".join(f"{label} {error(bins)}" for label, bins in some.items())
    return Table(caption, ["Probability", *header], rows, f"Expected calibration error: {errors}.")


def facts(results: Results, own: Mapping[str, str]) -> list[Block]:
    """What windows were judged, and what the model learned from."""
    c = results.calls
    more = {
        "Fold": c.fold or "none: new sequence",
        "Units of the bootstrap": f"{len(np.unique(results.unit)):,}, windows that share a gene together",
        "Rows of the predictions": f"{len(c.target):,}",
        "Rows left out": left_out(c.left_out),
        "Assembly": str(results.card.get("assembly") or ""),
    }
    return data(results.card, {**own, **more})


def again(results: Results) -> list[Block]:
    return results.made.again("genes", "; those of the scores as train_model or predict_model drew them")
