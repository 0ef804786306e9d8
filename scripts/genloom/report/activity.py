"""The report of the task `activity`: how well expression is told from promoters, and what it takes to do so."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import InputError, named
from ..formats import modelfile
from ..formats import results as formats
from ..formats import tables as files
from ..formats.results import MEAN, Predictions
from ..learning import metrics, skill
from ..learning.metrics import LEVELS, Metric
from . import figures
from .page import Block, Cell, Part, Report, Table, number
from .parts import (
    History,
    Made,
    Plot,
    brief,
    card_facts,
    data,
    drawn,
    given,
    interval,
    listed,
    sentence,
    span,
    trained,
    training,
)

TITLE = "Expression told from promoters"
MEASURES = {"skill": "Skill", "r2": "r²", "mae": "Mean absolute error"}
BINS = 10
THREE: Callable[[float], str] = partial(number, digits=3)
MODELS = {
    "network": "The trained network, or the mean of several.",
    "network-shuffled": "The same network, trained and judged on promoters whose dinucleotides stand in another order: what "
    "composition alone tells a network.",
    "kmers": "Ridge regression on how often each word stands in the promoter, wherever. The length of the words, up to six "
    "bases, was chosen on the validation part.",
    "kmers-half-life": "The same, with the features of mRNA half-life beside the words.",
    "half-life": "Ridge regression on the features of mRNA half-life alone, without the promoter.",
    MEAN: "The mean of the training genes: what any model has to beat.",
}
READING = {
    "Skill": "1 less the squared error over that of the mean of the training genes: 0 is no better than the mean, 1 is perfect.",
    "r²": "Square of the correlation of predicted and observed; 0 where they run against each other. It does not see a "
    "difference in scale or level, skill does.",
    "95% intervals": "Percentiles of the bootstrap over genes. Differences to the network are of the same draws: a model whose "
    "difference lies above 0 with its whole interval is beaten.",
    "Splits": "Genes of one chromosome share more than genes at random: neighbours overlap, families lie together. A split by "
    "chromosome tells how a genome is predicted that was not seen; a split at random mostly looks better.",
    "Genes and people": "The network tells genes apart. That says nothing on how a gene differs between people or samples: such "
    "models have failed at it (Huang 2023, doi:10.1038/s41588-023-01574-w).",
}


@dataclass(frozen=True)
class Bins:
    """Tenths of the genes by prediction: (bins,) edges, numbers, means, and the interval of the mean observed."""

    lower: np.ndarray
    upper: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Results:
    """All that the report is made of; `other` are the measures of another split, called `other_name`."""

    made: Made
    card: Mapping[str, Any]
    predictions: Predictions
    scores: list[Metric]
    other: list[Metric]
    other_name: str
    bins: Bins
    history: History

    @property
    def chosen(self) -> str:
        return self.scores[0].model

    @property
    def models(self) -> list[str]:
        return [metric.model for metric in self.scores if metric.metric == "skill"]

    def score(self, name: str, model: str | None = None) -> Metric:
        return _of(self.scores, name, model or self.chosen)


def _of(scores: Sequence[Metric], name: str, model: str) -> Metric:
    none = Metric(name, model, np.nan, np.nan, np.nan, 0)
    return next((metric for metric in scores if (metric.metric, metric.model) == (name, model)), none)


def read(args: Namespace) -> Results:
    """Read what the arguments name.

    Raises
    ------
    InputError : files that are not what they should be, or not of one run
    """
    card = modelfile.read(args.model, "activity")[0]
    scores = _scores(args.scores)
    predictions = formats.read_predictions(args.predictions, scores[0].model)
    models = [metric.model for metric in scores if metric.metric == "skill"]
    if set(models) != set(predictions.models):
        raise InputError(
            f"judges {named(models)}, the predictions are of {named(predictions.models)}",
            args.scores,
            "give the metrics and the predictions of one run",
        )
    other = _scores(args.compare) if args.compare else []
    return Results(
        Made.of(args, TITLE),
        card,
        predictions,
        scores,
        other,
        args.compare_name or "another split",
        _tenths(predictions, args.bootstrap, args.seed),
        given(formats.read_history, args.history) or {},
    )


def _scores(path: str | Path) -> list[Metric]:
    found = [Metric(**row) for row in formats.read_scores(path)]
    chosen = found[0].model
    own = [metric.metric for metric in found if metric.model == chosen]
    if lacking := [name for name in MEASURES if name not in own]:
        raise InputError(
            f"lacks {named(lacking)} of {chosen}; it has {named(own)}", path, "choose the --task of the model"
        )
    return found


def _tenths(p: Predictions, draws: int, seed: int) -> Bins:
    """Genes in tenths by what is predicted for them; fewer where there are few genes."""
    order = np.argsort(p.predicted[0], kind="stable")
    random = np.random.default_rng(seed)
    rows = []
    for part in np.array_split(order, min(BINS, max(1, len(order) // 3))):
        predicted, observed = p.predicted[0][part], p.observed[part]
        means = [float(observed[random.integers(len(part), size=len(part))].mean()) for _ in range(draws)]
        low, high = np.percentile(means, LEVELS) if draws > 1 else (np.nan, np.nan)
        rows.append((predicted[0], predicted[-1], len(part), predicted.mean(), observed.mean(), low, high))
    return Bins(*(np.array(column) for column in zip(*rows, strict=True)))


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    b = results.bins
    columns = {"from": b.lower, "to": b.upper, "n": b.count, "predicted": b.predicted, "observed": b.observed}
    frame = pl.DataFrame({**columns, "low": b.low, "high": b.high}).select(
        pl.lit(results.predictions.targets[0]).alias("target"), pl.lit(results.chosen).alias("model"), pl.all()
    )
    return {
        "metrics": partial(metrics.write_table, results.scores),
        "metrics_json": partial(metrics.write_json, results.scores),
        "reliability": partial(files.write, frame),
    }


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report."""
    skills = [results.score("skill", model) for model in results.models]
    p, b = results.predictions, results.bins
    unit = str(results.card.get("unit") or "expression")
    found = [
        Plot(
            "skill",
            "Skill of every model",
            partial(
                figures.intervals,
                results.models,
                [(metric.value, metric.low, metric.high) for metric in skills],
                "skill",
                "mean of the training genes",
            ),
            "Skill on held-out genes, with the 95% interval. The chosen model is on top, in blue.",
            "Skill with interval: " + "; ".join(f"{metric.model} {span(metric, THREE)}" for metric in skills) + ".",
        ),
        Plot(
            "predicted",
            "Predicted and observed",
            partial(figures.pairs, p.observed, p.predicted[0], f"observed, {unit}", "predicted"),
            f"Each of the {len(p.observed):,} held-out promoters. Dotted: predicted as observed.",
            f"Predicted against observed of {len(p.observed):,} promoters: r² {span(results.score('r2'), THREE)}.",
        ),
        Plot(
            "tenths",
            "Observed by what was predicted",
            partial(figures.means, b.predicted, b.observed, b.low, b.high, "predicted, mean", "observed, mean"),
            f"Genes in {len(b.count)} groups by what is predicted for them. On the dotted line they are, on average, as "
            "predicted; a line less steep means that predictions are too far apart.",
            "Mean observed by mean predicted: "
            + "; ".join(f"{number(x)}: {number(y)}" for x, y in zip(b.predicted, b.observed, strict=True))
            + ".",
        ),
    ]
    return [*found, *([training(results.history, "network")] if results.history else [])]


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    own, r2 = results.score("skill"), results.score("r2")
    best = _best(results)
    numbers = [
        ("Skill", THREE(own.value), interval(own, THREE) or "no interval"),
        ("r²", THREE(r2.value), interval(r2, THREE) or "no interval"),
        ("Best baseline", THREE(best.value), f"skill of {best.model}"),
        ("Held-out genes", f"{own.n:,}", f"{results.card.get('trained_on', 0):,} promoters trained on"),
    ]
    return Report(
        title=results.made.title,
        asked=_asked(results),
        found=_found(results),
        compared=_compared(results),
        good=_good(results.scores),
        numbers=numbers,
        baselines=[_measured(results), *drawn(plots, "skill")],
        figures=[
            Part("Predicted and observed", [*drawn(plots, "predicted", "tenths"), _bins(results)]),
            Part("Two splits", [_both(results)] if results.other else []),
            *trained(results.history),
        ],
        reading={**READING, **{name: MODELS[name] for name in results.models if name in MODELS}},
        data=_data(results),
        model=card_facts(results.card),
        again=results.made.again("genes", "; those of the scores as train_model drew them"),
    )


def _best(results: Results) -> Metric:
    """The skill of the best of the other models."""
    return max((results.score("skill", model) for model in results.models[1:]), key=lambda metric: metric.value)


def _good(scores: Sequence[Metric]) -> bool:
    return skill.verdict(scores).startswith("better")


def _asked(results: Results) -> str:
    features = list(results.card.get("features") or [])
    beside = f" and {len(features)} facts on its messenger" if features else ""
    return (
        f"The question: from {int(results.card['window']):,} bases around its start site{beside}, how high is the expression "
        f"({results.predictions.targets[0]}) of a gene that the {results.chosen} was not trained on?"
    )


def _found(results: Results) -> str:
    own, r2 = results.score("skill"), results.score("r2")
    words = skill.verdict(results.scores)
    return (
        f"The {results.chosen} is {words}, on {own.n:,} held-out genes: its skill is {span(own, THREE)}, r² is "
        f"{brief(r2, THREE)}."
    )


def _compared(results: Results) -> str:
    others = [model for model in results.models[1:] if model != MEAN]
    known = [f"{model} {brief(results.score('skill', model), THREE)}" for model in others]
    other_split = ""
    if results.other:
        other = _of(results.other, "skill", results.other[0].model)
        place = "" if _good(results.other) else ", no better than the mean"
        other_split = f"with {results.other_name}, that of the {results.chosen} is {brief(other, THREE)}{place}"
    return sentence(
        f"the skill of the baselines is {listed(known)}"
        if known
        else "no baseline but the mean was measured beside it",
        other_split,
        "nothing of this says how one gene differs between people or samples",
    )


def _measured(results: Results) -> Table:
    def cell(name: str, model: str) -> Cell:
        metric = results.score(name, model)
        return (THREE(metric.value), interval(metric, THREE)) if np.isfinite(metric.value) else ""

    columns = {
        **MEASURES,
        "skill_difference": "Skill, chosen less this one",
        "r2_difference": "r², chosen less this one",
    }
    rows: list[list[Cell]] = [[model, *(cell(name, model) for name in columns)] for model in results.models]
    note = "Small: 95% interval, genes drawn by bootstrap; differences in the same draws."
    return Table("All models on the same held-out genes", ["Model", *columns.values()], rows, note, 0)


def _both(results: Results) -> Table:
    """Skill and r² of each model under both splits."""

    def cell(scores: Sequence[Metric], name: str, model: str) -> Cell:
        metric = _of(scores, name, model)
        return (THREE(metric.value), interval(metric, THREE)) if metric.n else "\N{EN DASH}"

    both = {"this split": results.scores, results.other_name: results.other}
    header = [f"{MEASURES[name]}, {split}" for name in ("skill", "r2") for split in both]
    rows: list[list[Cell]] = [
        [model, *(cell(scores, name, model) for name in ("skill", "r2") for scores in both.values())]
        for model in results.models
    ]
    note = f"Held-out genes: {results.scores[0].n:,} and {results.other[0].n:,}. Each split has models of its own."
    return Table("The same models under two splits", ["Model", *header], rows, note, 0)


def _bins(results: Results) -> Table:
    b = results.bins
    rows: list[list[Cell]] = [
        [
            f"{number(b.lower[i])} to {number(b.upper[i])}",
            f"{b.count[i]:,}",
            number(b.predicted[i], 3),
            (
                number(b.observed[i], 3),
                f"{number(b.low[i], 3)} to {number(b.high[i], 3)}" if np.isfinite(b.low[i]) else "",
            ),
        ]
        for i in range(len(b.count))
    ]
    return Table("Groups of genes by what is predicted", ["Predicted", "n", "Predicted, mean", "Observed, mean"], rows)


def _data(results: Results) -> list[Block]:
    names = {
        "genes_by_id": "Genes with a promoter and a value, by id",
        "genes_by_symbol": "by symbol",
        "genes_of_one_symbol": "Left out: several genes have the symbol",
        "genes_without_value": "Genes with a promoter and no value",
        "values_without_promoter": "Values of genes without a promoter",
    }
    found = {name: results.score(name) for name in names}
    rows: list[list[Cell]] = [
        [names[name], f"{metric.value:,.0f}", f"{metric.n:,}"] for name, metric in found.items() if metric.n
    ]
    facts = {
        "Held-out genes": f"{results.score('skill').n:,}",
        "Promoters trained on": f"{results.card.get('trained_on', 0):,}",
        "Window": f"{int(results.card['window']):,} bases",
        "Unit": str(results.card.get("unit") or ""),
        "Assembly": str(results.card.get("assembly") or ""),
        "Matched": "" if rows else "the measures do not tell how many genes were matched",
    }
    return data(results.card, facts, *([Table("What was matched", ["Genes", "Number", "Of"], rows)] if rows else []))
