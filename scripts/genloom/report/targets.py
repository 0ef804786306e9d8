"""The report of the task `targets`: how well genes were inferred from landmarks, beside linear regression."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..formats import modelfile
from ..formats import results as tables_of
from ..learning import inferred, metrics
from ..learning.inferred import LINEAR, MEAN, Evaluation
from . import figures
from .page import Block, Cell, Facts, Pictures, Report, Section, Table, Text, number
from .parts import ROWS, History, Plot, again, card_facts, count, interval, listed, percent, span, the, training

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
    title: str
    card: Mapping[str, Any] | None
    history: History | None
    bootstrap: int
    seed: int
    inputs: Mapping[str, str]


def read(args: Namespace) -> Results:
    """Read what the arguments name, and judge it."""
    card = modelfile.read(args.model, "targets")[0] if args.model else None
    evaluation = inferred.evaluate(args.predictions, args.bootstrap, args.seed)
    if card is not None and card["architecture"] != evaluation.models[0]:
        what = f"is a model {card['architecture']!r}, the predictions are of {evaluation.models[0]!r}"
        raise InputError(what, args.model, "give the model and the predictions of one run")
    return Results(
        evaluation,
        args.title or TITLE,
        card,
        tables_of.read_history(args.history) if args.history else None,
        args.bootstrap,
        args.seed,
        {"Digest of the predictions": inferred.Predictions(args.predictions).reader.digest()},
    )


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


def report(results: Results, drawn: list[Plot]) -> Report:
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
    sections = [
        Section("Beside the other models", _models(e)),
        Section("Figures", [Pictures([plot.picture() for plot in drawn])]),
        Section("Gene by gene", _genes(e)),
        Section("Folds and samples", _data(results)),
        Section("How to read the numbers", [Facts(READING)]),
    ]
    if results.card is not None:
        sections.append(Section("The model", [Facts(card_facts(results.card))]))
    sections.append(Section("How to make this again", _again(results)))
    good = reduction.value > 0 and not reduction.low <= 0
    return Report(results.title, _asked(e), _found(e), _compared(e), good, numbers, sections)


def _asked(e: Evaluation) -> str:
    return (
        f"The question: how well does {the(e.models[0])} infer {count(len(e.genes), 'gene')} from landmark genes in "
        f"{count(len(e.samples), 'sample')} that it was not trained on? ({count(len(e.folds), 'fold')}.)"
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
    lists: dict[str, list[str]] = {"ahead of": [], "not told apart from": [], "behind": []}
    for name in e.models[1:]:
        difference = e.get("mae_difference", name)
        if difference.low != difference.low:
            place = "ahead of" if difference.value < 0 else "behind"
        else:
            place = "ahead of" if difference.high < 0 else "behind" if difference.low > 0 else "not told apart from"
        lists[place].append(f"{name} ({number(e.get('mae', name).value, 3)})")
    return f"By mean absolute error it is {'; '.join(f'{place} {listed(names)}' for place, names in lists.items() if names)}."


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

    def table(caption: str, places: list[int]) -> Table:
        rows: list[list[Cell]] = [
            [
                (e.genes[i], e.symbols[i] if e.symbols[i] != e.genes[i] else ""),
                *(number(float(e.gene[name][i]), 3) for name in dict.fromkeys([chosen, LINEAR, MEAN])),
                number(float(e.r[i]), 2),
            ]
            for i in places
        ]
        heads = [name.capitalize() for name in dict.fromkeys([chosen, LINEAR, MEAN])]
        return Table(caption, ["Gene", *heads, "r"], rows)

    blocks: list[Block] = [
        Text(
            [
                "Genes by how much less their error is than that of the mean of the training samples. r is the correlation of "
                "predicted and observed z-scores of the gene over held-out samples. The gene table of this tool holds all genes."
            ]
        ),
        table("The best genes", order[:SHOWN]),
    ]
    if len(order) > SHOWN:
        blocks.append(table("The worst genes", order[-SHOWN:][::-1]))
    return blocks


def _data(results: Results) -> list[Block]:
    e = results.evaluation
    left_out = (results.card or {}).get("left_out") or {}
    facts = {
        "Samples": f"{len(e.samples):,}",
        "Landmarks": f"{len(results.card['features']['names']):,}" if results.card else "",
        "Genes inferred": f"{len(e.genes):,}",
        "Genes not judged": f"{e.constant:,}: they do not vary in any training part" if e.constant else "",
        "Left out": "; ".join(f"{n:,} {reason}" for reason, n in left_out.items()) or ("none" if results.card else ""),
        "Unit of the matrix": e.unit,
    }
    names = list(dict.fromkeys([e.models[0], LINEAR, MEAN]))
    folds: list[list[Cell]] = [
        [name, *([held] if any(e.groups) else []), f"{size:,}", *(number(each[model], 3) for model in names)]
        for name, held, size, each in e.folds
    ]
    chosen = e.models[0]
    worst = np.argsort(-e.sample[chosen], kind="stable")
    samples: list[list[Cell]] = [
        [e.samples[i], *([e.groups[i]] if any(e.groups) else []), *(number(float(e.sample[m][i]), 3) for m in names)]
        for i in worst
    ]
    group = ["Group"] if any(e.groups) else []
    heads = [name.capitalize() for name in names]
    return [
        Facts({name: fact for name, fact in facts.items() if fact}),
        Table("Mean absolute error in each fold", ["Fold", *group, "Samples", *heads], folds[:ROWS]),
        Table(
            "Held-out samples, the largest error first",
            ["Sample", *group, *heads],
            samples[:ROWS],
            note=f"The first {ROWS} of {len(samples):,} samples." if len(samples) > ROWS else "",
        ),
    ]


def _again(results: Results) -> list[Block]:
    options = ["--task targets", "--predictions predictions.h5ad"]
    given = {"--history history.tsv": results.history, "--model model.safetensors": results.card}
    options += [option for option, value in given.items() if value is not None]
    options += [f"--bootstrap {results.bootstrap} --seed {results.seed}", "--report report.html --metrics metrics.tsv"]
    e = results.evaluation
    drawn = f"{results.bootstrap:,} draws of {e.drawn}s, seed {results.seed}" if results.bootstrap else "none"
    return again(options, results.inputs, drawn, results.card is not None)
