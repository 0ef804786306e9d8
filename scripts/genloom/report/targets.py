"""The report of the task `targets`: how well genes were inferred from landmarks, beside linear regression."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..formats import results as tables_of
from ..learning import inferred, metrics
from ..learning.inferred import LINEAR, MEAN, Evaluation
from . import figures
from .page import Block, Cell, Part, Report, Table, Text, number
from .parts import (
    History,
    Made,
    Plot,
    card_facts,
    count,
    data,
    drawn,
    given,
    interval,
    left_out,
    model_of,
    percent,
    span,
    standing,
    table,
    the,
    trained,
    training,
)

TITLE = "Inferred genes in held-out samples"
SHOWN = 10  # genes of a list of best or worst
READING = {
    "Mean absolute error": "How far a prediction is off, averaged over genes and samples, in z-scores: each gene in standard "
    "deviations of its training part. 0 is exact; the mean of the training samples leaves about 0.8 where new samples are like "
    "those trained on, and more where they are not.",
    "Linear regression": "Of each gene on all landmarks, of least norm where samples are fewer than landmarks: what LINCS infers "
    "genes with, and what any other model should beat.",
    "Less error than linear regression": "1 less the error over that of linear regression on the same samples and genes.",
    "Genes improved": "Share of genes whose error, averaged over held-out samples, is below that of linear regression.",
    "95% intervals": "Percentiles of the bootstrap over samples, in the same draws for all models. For the share of genes the "
    "draws give the spread around the value. Samples of one study or donor are not independent: with few studies, intervals are "
    "too narrow for what a further study would show.",
    "Repeated folds": "A sample that was held out several times counts once, its errors averaged.",
}


@dataclass(frozen=True)
class Results:
    """All that a report on inferred genes can be made of; what is None is left out of it."""

    evaluation: Evaluation
    made: Made
    card: Mapping[str, Any] | None
    history: History | None


def read(args: Namespace) -> Results:
    """Read what the arguments name, and judge it."""
    card, _ = model_of(args)
    evaluation = inferred.evaluate(args.predictions, args.bootstrap, args.seed)
    if card is not None and card["architecture"] != evaluation.models[0]:
        what = f"is a model {card['architecture']!r}, the predictions are of {evaluation.models[0]!r}"
        raise InputError(what, args.model, "give the model and the predictions of one run")
    digest = inferred.Predictions(args.predictions).reader.digest()
    made = Made.of(args, TITLE, predictions=digest)
    return Results(evaluation, made, card, given(tables_of.read_history, args.history))


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    e = results.evaluation
    return {
        "metrics": partial(metrics.write_table, e.metrics),
        "metrics_json": partial(metrics.write_json, e.metrics),
        "gene_table": partial(inferred.write_genes, e),
        "sample_table": partial(inferred.write_samples, e),
    }


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report."""
    e = results.evaluation
    chosen = e.models[0]
    reduction = [e.get("mae_reduction", name) for name in e.models]
    found = [
        Plot(
            "models",
            "Error of each model",
            partial(
                figures.intervals,
                e.models,
                [(m.value, m.low, m.high) for m in reduction],
                "less error than linear regression",
                "linear regression",
            ),
            "Share of the mean absolute error of linear regression that is saved, with its 95% interval. The chosen model is on "
            "top, in blue.",
            "Error saved: " + "; ".join(f"{m.model} {span(m, percent)}" for m in reduction) + ".",
        ),
        Plot(
            "errors",
            "Errors",
            partial(figures.distributions, e.errors, inferred.EDGES, "predicted less observed, in z-scores", chosen),
            "How often which error is made, over all genes and samples; errors beyond the edges are in the outermost bins.",
            "Distribution of the errors of "
            + ", ".join(f"{n} (MAE {number(e.get('mae', n).value, 3)})" for n in e.errors)
            + ".",
        ),
    ]
    known = np.isfinite(e.gene[chosen])
    if chosen != LINEAR and known.sum() > 1:
        saved = 1 - e.gene[chosen][known] / np.maximum(e.gene[LINEAR][known], 1e-12)
        improved = e.get("genes_improved", LINEAR)
        found += [
            Plot(
                "genes",
                "Error saved, gene by gene",
                partial(figures.spread, saved, "less error than linear regression", "genes"),
                f"{percent(improved.value)} of {improved.n:,} genes have less error than by linear regression (blue).",
                f"Histogram of the share of error saved in {improved.n:,} genes: median {percent(float(np.median(saved)))}.",
            ),
            Plot(
                "pairs",
                "Each gene by both",
                partial(
                    figures.pairs,
                    e.gene[LINEAR][known],
                    e.gene[chosen][known],
                    "error of linear regression",
                    f"of {chosen}",
                ),
                "Mean absolute error of each gene, in z-scores. Below the dotted line the chosen model is better.",
                f"Error of {chosen} against that of linear regression for {improved.n:,} genes.",
            ),
        ]
    observed, predicted = e.points
    if len(observed):
        found.append(
            Plot(
                "density",
                "Predicted and observed",
                partial(figures.density, observed, predicted, "observed z-score", "predicted z-score"),
                "Predictions of genes in held-out samples, in z-scores"
                + (f"; {len(observed):,} that stand for all" if len(observed) >= inferred.POINTS // 2 else "")
                + ". Dotted: exact. Dashed: the mean of the training samples.",
                f"Predicted against observed z-scores of {len(observed):,} predictions.",
            )
        )
    if results.history and any(results.history.values()):
        found.append(training(results.history))
    return found


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    e = results.evaluation
    mae, reduction = e.get("mae"), e.get("mae_reduction")
    linear, mean = e.get("mae", LINEAR), e.get("mae", MEAN)
    improved = e.get("genes_improved", LINEAR) if e.models[0] != LINEAR else None
    numbers = [
        ("Mean absolute error", number(mae.value, 3), interval(mae, partial(number, digits=3)) or "no interval"),
        ("Linear regression", number(linear.value, 3), f"the training mean: {number(mean.value, 3)}"),
        ("Less error than it", percent(reduction.value), interval(reduction, percent) or "no interval"),
    ]
    if improved:
        numbers.append(("Genes improved", percent(improved.value), interval(improved, percent) or f"of {improved.n:,}"))
    return Report(
        title=results.made.title,
        asked=_asked(e),
        found=_found(e),
        compared=_compared(e),
        good=reduction.value > 0 and not reduction.low <= 0,
        numbers=numbers,
        baselines=[*_models(e), *drawn(plots, "models")],
        figures=[
            Part("All genes together", drawn(plots, "errors", "density")),
            Part("Gene by gene", [*drawn(plots, "genes", "pairs"), *_genes(e)]),
            Part("Sample by sample", _samples(e)),
            *trained(results.history),
        ],
        reading=READING,
        data=_data(results),
        model=card_facts(results.card),
        again=results.made.again(f"{e.drawn}s"),
    )


def _asked(e: Evaluation) -> str:
    return (
        f"The question: how well does {the(e.models[0])} infer {count(len(e.genes), 'gene')} from landmark genes in "
        f"{count(len(e.samples), 'sample')} that it was not trained on ({count(len(e.folds), 'fold')})?"
    )


def _found(e: Evaluation) -> str:
    mae, reduction, mean = e.get("mae"), e.get("mae_reduction"), e.get("mae", MEAN)
    model = the(e.models[0], True)
    three = partial(number, digits=3)
    if e.models[0] == LINEAR:
        return (
            f"Linear regression is off by {span(mae, three)} z-scores on average, the mean of the training samples by "
            f"{three(mean.value)}."
        )
    if mae.value >= mean.value:
        return (
            f"{model} is no better than the mean of the training samples: it is off by {span(mae, three)} z-scores, that mean "
            f"by {three(mean.value)}."
        )
    if not reduction.low > 0:
        return (
            f"{model} is off by {span(mae, three)} z-scores on average, which is "
            f"{'more' if reduction.high < 0 else 'not told apart from the error'} of linear regression "
            f"({three(e.get('mae', LINEAR).value)})."
        )
    improved = e.get("genes_improved", LINEAR)
    return (
        f"{model} is off by {span(mae, three)} z-scores on average, {percent(reduction.value)} less than linear regression "
        f"({three(e.get('mae', LINEAR).value)}), and better in {percent(improved.value)} of the genes."
    )


def _compared(e: Evaluation) -> str:
    others = {name: e.get("mae_difference", name) for name in e.models[1:]}
    places = standing(others, lambda name: f"{name} ({number(e.get('mae', name).value, 3)})", lower=True)
    return f"Compared by mean absolute error on the same samples, it is {places}."


def _models(e: Evaluation) -> list[Block]:
    three = partial(number, digits=3)
    rows: list[list[Cell]] = []
    for name in e.models:
        mae, reduction = e.get("mae", name), e.get("mae_reduction", name)
        row: list[Cell] = [name, (three(mae.value), interval(mae, three))]
        row.append(
            ("0%", "by definition") if name == LINEAR else (percent(reduction.value), interval(reduction, percent))
        )
        if name == e.models[0]:
            row.append("")
        else:
            difference = e.get("mae_difference", name)
            row.append((three(difference.value), interval(difference, three)))
        rows.append(row)
    blocks: list[Block] = [
        Table(
            "All models on the same held-out samples, the chosen one first",
            ["Model", "Mean absolute error", "Less than linear regression", "Chosen model less this one"],
            rows,
            strong=0,
            note=f"In z-scores of the training part. Small: 95% interval, {e.drawn}s drawn by bootstrap.",
        )
    ]
    shares: list[list[Cell]] = [
        [
            f"less error than {'linear regression' if m.model == LINEAR else 'the training mean'}",
            (percent(m.value), interval(m, percent)),
        ]
        for m in e.metrics
        if m.metric == "genes_improved"
    ]
    if shares:
        blocks.append(Table("Share of genes", ["Genes with", "Share"], shares))
    return blocks


def _genes(e: Evaluation) -> list[Block]:
    chosen = e.models[0]
    skill = 1 - e.gene[chosen] / np.maximum(e.gene[MEAN], 1e-12)
    order = [int(i) for i in np.argsort(-skill, kind="stable") if np.isfinite(skill[i])]

    def some(caption: str, places: list[int]) -> Table:
        rows: list[list[Cell]] = [
            [
                (e.genes[i], e.symbols[i] if e.symbols[i] != e.genes[i] else ""),
                *(number(float(e.gene[name][i]), 3) for name in _shown(e)),
                number(float(e.r[i]), 2),
            ]
            for i in places
        ]
        heads = [name.capitalize() for name in _shown(e)]
        return Table(caption, ["Gene", *heads, "r"], rows)

    blocks: list[Block] = [
        Text(
            [
                "Genes by how much less their error is than that of the mean of the training samples. r is the correlation of "
                "predicted and observed z-scores of the gene over held-out samples. The gene table of this tool holds all genes."
            ]
        ),
        some("The best genes", order[:SHOWN]),
    ]
    if len(order) > SHOWN:
        blocks.append(some("The worst genes", order[-SHOWN:][::-1]))
    return blocks


def _data(results: Results) -> list[Block]:
    e, card = results.evaluation, results.card
    facts = {
        "Samples": f"{len(e.samples):,}",
        "Landmarks": f"{len(card['features']['names']):,}" if card else "",
        "Genes inferred": f"{len(e.genes):,}",
        "Genes not judged": f"{e.constant:,}: they do not vary in any training part" if e.constant else "",
        "Left out": left_out(card.get("left_out") or {}) if card else "",
        "Unit of the matrix": e.unit,
    }
    models, group = _shown(e), any(e.groups)
    rows: list[list[Cell]] = [
        [name, *([held] if group else []), f"{size:,}", *(number(each[model], 3) for model in models)]
        for name, held, size, each in e.folds
    ]
    header = ["Fold", *(["Group"] if group else []), "Samples", *(name.capitalize() for name in models)]
    return data(card, facts, table("Mean absolute error in each fold", header, rows, noun="fold"))


def _samples(e: Evaluation) -> list[Block]:
    models, group = _shown(e), any(e.groups)
    rows: list[list[Cell]] = [
        [e.samples[i], *([e.groups[i]] if group else []), *(number(float(e.sample[m][i]), 3) for m in models)]
        for i in np.argsort(-e.sample[e.models[0]], kind="stable")
    ]
    header = ["Sample", *(["Group"] if group else []), *(name.capitalize() for name in models)]
    return [table("Held-out samples, the largest error first", header, rows, noun="sample")]


def _shown(e: Evaluation) -> list[str]:
    """The chosen model, linear regression and the mean, each once."""
    return list(dict.fromkeys([e.models[0], LINEAR, MEAN]))
