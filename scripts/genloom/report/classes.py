"""The report of the task `classes`: how well the class of each held-out sample was told, from which features, how surely."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import InputError
from ..formats import results as tables_of
from ..formats import split
from ..learning import classes as task
from ..learning import classification, metrics
from ..learning.classification import Evaluation
from ..learning.metrics import Metric
from . import figures
from .page import Block, Cell, Part, Report, Table, Text, number
from .parts import (
    ROWS,
    Made,
    Plot,
    card_facts,
    count,
    data,
    drawn,
    given,
    interval,
    left_out,
    listed,
    measure,
    model_of,
    percent,
    span,
    standing,
    table,
    the,
)

TITLE = "Classes of held-out samples"
SHOWN = {
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro-F1",
    "mcc": "MCC",
    "log_loss": "Log-loss",
    "brier": "Brier score",
    "auc": "AUC",
}
READING = {
    "Balanced accuracy": "The share of each class that is called right, averaged over the classes, so that a small class counts "
    "as much as a large one. Whatever does not look at the sample reaches 1 over the number of classes.",
    "Macro-F1, MCC": "F1 is the harmonic mean of the share of a class that is found and the share of its calls that are right, "
    "here averaged over classes. MCC is the correlation of called and true classes: 0 by chance, 1 if all are right.",
    "Log-loss, Brier score": "How far probabilities are from the truth, the lower the better: a wrong call that was sure costs "
    "more than one that was not.",
    "AUC": "The probability that a sample of the class is given a higher probability of it than a sample of another. Here "
    "averaged over classes, folds together, for which reason the majority class may lie below 0.5.",
    "Nested cross-validation": "Choice of features, scaling, settings and calibration were learned within each training part "
    "alone, by inner folds of it. Choosing features on all samples first makes pure noise look like knowledge.",
    "p": "(1 + runs with classes given at random that reach the true one) / (1 + such runs), each tuned anew, on the folds of "
    "the first repeat.",
    "Not called": "A sample whose chosen features lie further from the nearest class than 99% of training samples did when they "
    "were held out in inner folds: it may be of a kind that was not learned. It is judged here all the same.",
    "95% intervals": "Percentiles of the bootstrap: samples (whole groups where there are groups) drawn with replacement within "
    "each class. Differences are taken within each draw. Where all samples are right, and for accuracy: Wilson's.",
    "Repeated folds": "A sample that was held out several times counts once, each of its predictions in part.",
}


@dataclass(frozen=True)
class Results:
    """All that a report on classes can be made of; what is None is left out of it."""

    evaluation: Evaluation
    made: Made
    card: Mapping[str, Any] | None
    permutations: Mapping[str, np.ndarray] | None
    features: pl.DataFrame | None
    samples: pl.DataFrame | None

    @property
    def noun(self) -> str:
        """What a feature is: a gene, a probe, a pixel."""
        card = self.card or {}
        kind = "pixels" if card.get("architecture") == "cnn" else card.get("features", {}).get("kind", "features")
        return str(kind).removesuffix("s")


def read(args: Namespace) -> Results:
    """Read what the arguments name, and judge it.

    Raises
    ------
    InputError : files that are not what they should be; predictions of one class
    """
    card, name = model_of(args)
    found = tables_of.read_classified(args.predictions, name)
    if len(found.classes) < 2:
        raise InputError("holds one class alone", args.predictions, "plot predictions of two classes or more")
    groups = metrics.groups_of(found, split.read(args.split)) if args.split else None
    permutations = given(tables_of.read_permutations, args.permutations, task.SCORES)
    return Results(
        classification.evaluate(found, groups, args.bootstrap, args.seed, permutations),
        Made.of(args, TITLE),
        card,
        permutations,
        given(tables_of.read_features, args.features),
        given(tables_of.read_samples, args.samples),
    )


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    e = results.evaluation
    return {
        "metrics": partial(metrics.write_table, e.metrics),
        "metrics_json": partial(metrics.write_json, e.metrics),
        "sample_table": partial(classification.write_samples, e),
        "confusion": partial(classification.write_confusion, e),
        "reliability": partial(classification.write_reliability, e),
    }


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report."""
    e = results.evaluation
    c = e.classified
    balanced = [measure(e, "balanced_accuracy", m) for m in e.models]
    right = int(np.round(np.trace(e.confusion)))
    found = [
        Plot(
            "balanced-accuracy",
            "Balanced accuracy of each model",
            partial(figures.intervals, e.models, [(m.value, m.low, m.high) for m in balanced], "balanced accuracy"),
            f"With its 95% interval; {number(e.chance)} is chance. The chosen model is on top, in blue.",
            "Balanced accuracy with interval: " + "; ".join(f"{m.model} {span(m)}" for m in balanced) + ".",
        ),
        Plot(
            "confusion",
            "Which class is taken for which",
            partial(figures.crossed, e.confusion, c.classes, "samples"),
            "Samples of each class (rows) by the class they were called (columns), folds averaged. Darker: more of the row. "
            f"{_mistaken(e)}",
            f"{right} of {len(c.samples)} samples are on the diagonal.",
        ),
    ]
    for name, x, y, at, title in (
        ("roc", "false positive rate", "true positive rate", 0, "ROC of each class"),
        ("precision-recall", "recall", "precision", 2, "Precision and recall of each class"),
    ):
        lines = {each: (e.lines[each][at], e.lines[each][at + 1]) for each in c.classes}
        metric = "auc" if name == "roc" else "average_precision"
        told = "; ".join(f"{each} {number(measure(e, f'{metric}.{each}').value)}" for each in c.classes)
        found.append(
            Plot(
                name,
                title,
                partial(figures.rates, lines, x, y, name == "roc"),
                f"Each class against all others, by the {e.models[0]} model, held-out samples of all folds together.",
                f"Area under the line: {told}.",
            )
        )
    r = e.reliability
    found.append(
        Plot(
            "reliability",
            "Reliability",
            partial(figures.reliability, {f"{e.models[0]} model": (r.predicted, r.observed, r.low, r.high)}),
            "Of the samples called with a probability, the share that is right. On the dotted line it is as predicted.",
            f"Expected calibration error {number(r.error[0], 3)}.",
        )
    )
    if results.permutations is not None:
        rows = [
            (label, float(null[0]), null[1:], measure(e, f"{name}_p").value)
            for name, label in {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1"}.items()
            if (null := results.permutations[name]) is not None
        ]
        found.append(
            Plot(
                "permutations",
                "The same with classes at random",
                partial(figures.permuted, rows, what="true classes"),
                f"Grey: {len(results.permutations['macro_f1']) - 1:,} runs with classes given to the samples at random. Blue "
                f"line: the true ones.",
                "; ".join(
                    f"{label}: {number(true)} with the true classes, {number(float(np.median(null)))} at the median of random "
                    f"ones, p = {chance:.2g}"
                    for label, true, null, chance in rows
                )
                + ".",
            )
        )
    if results.samples is not None:
        found.append(_picture(results.samples))
    return found


def _picture(samples: pl.DataFrame) -> Plot:
    used = samples.filter(pl.col("used") == "yes")
    groups = {
        str(name): (rows["pc1"].to_numpy(), rows["pc2"].to_numpy())
        for (name,), rows in used.sort("class").group_by("class", maintain_order=True)
    }
    rest, hollow = samples.filter(pl.col("used") != "yes"), ""
    if len(rest):
        hollow = "not used"
        groups[hollow] = (rest["pc1"].to_numpy(), rest["pc2"].to_numpy())
    first, second = (float(samples[name][0]) for name in ("pc1_share", "pc2_share"))
    return Plot(
        "samples",
        "The samples in two dimensions",
        partial(
            figures.places,
            groups,
            f"first principal component ({percent(first)})",
            f"second principal component ({percent(second)})",
            hollow,
        ),
        "The two directions in which samples differ most, and their shares of the variance. Classes had no part in choosing "
        "them: classes that lie apart here are easy; others may still be told apart by a few features.",
        "; ".join(f"{name}: {count(len(x), 'sample')}" for name, (x, _) in groups.items()) + ".",
    )


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    e = results.evaluation
    balanced, mcc, loss, far = (measure(e, name) for name in ("balanced_accuracy", "mcc", "log_loss", "abstained"))
    p = e.get("balanced_accuracy_p")
    numbers = [
        ("Balanced accuracy", number(balanced.value, 3), interval(balanced, _three) or "no interval"),
        ("MCC", number(mcc.value), interval(mcc) or "no interval"),
        ("Log-loss", number(loss.value), f"{number(_lowest(e, 'log_loss'))} is the lowest of all models"),
        ("p", f"{p.value:.2g}" if p else "–", f"{p.n:,} runs with classes at random" if p else "no permutations"),
        ("Not called", percent(far.value), "unlike the training samples"),
    ]
    believed = f"Of the samples to which {the(e.models[0])} gives 0.9, nine in ten should be right."
    return Report(
        title=results.made.title,
        asked=_asked(results),
        found=_found(e),
        compared=_compared(e),
        good=e.beats_chance,
        numbers=numbers,
        baselines=[*_models(e), *drawn(plots, "balanced-accuracy", "permutations")],
        figures=[
            Part("Class by class", [*drawn(plots, "confusion", "roc", "precision-recall"), _classes(e)]),
            Part(
                "Can the probabilities be believed?", [Text([believed]), *drawn(plots, "reliability"), _reliability(e)]
            ),
            Part(f"Which {results.noun}s were chosen", _features(results)),
            Part("Sample by sample", [*drawn(plots, "samples"), *_samples(e)]),
        ],
        reading=READING,
        data=_data(results),
        model=card_facts(results.card),
        again=results.made.again(f"{e.units:,} {e.unit}s" if e.units > 1 else ""),
    )


def _asked(results: Results) -> str:
    e, card = results.evaluation, results.card or {}
    c = e.classified
    label = card.get("targets", {}).get("label")
    features = len(card.get("features", {}).get("names", []))
    told = f" from {features:,} {results.noun}s" if features else ""
    samples = count(len(c.samples), "sample") + (f" from {e.units} groups" if e.unit == "group" else "")
    once = len(c.sample) == len(c.samples)
    what = f"the {label}" if label else "the class"
    return (
        f"The question: how well does {the(e.models[0])} tell {what} of a sample{told}, one of {listed(c.classes)}, in {samples} "
        f"that it was not trained on ({count(len(c.folds), 'fold')}{'' if once else ', samples held out more than once'})?"
    )


def _found(e: Evaluation) -> str:
    balanced, accuracy, p = measure(e, "balanced_accuracy"), measure(e, "accuracy"), e.get("balanced_accuracy_p")
    model, samples = the(e.models[0], True), len(e.classified.samples)
    if not e.beats_chance:
        by = f", and with classes given at random it does as well (p = {p.value:.2g})" if p and p.value > 0.05 else ""
        return (
            f"{model} is no better than chance: its balanced accuracy is {span(balanced, _three)}, where {number(e.chance)} is "
            f"chance{by}."
        )
    if accuracy.value == 1:
        return (
            f"{model} is right on all {samples} samples (95% interval of accuracy {interval(accuracy, percent)}, after Wilson); "
            f"chance would be {percent(e.chance)} of each class."
        )
    chance = (
        f"; with classes given at random it is {number(measure(e, 'balanced_accuracy_permuted').value)}" if p else ""
    )
    around = f" (95% interval {interval(balanced, percent)})" if interval(balanced) else ""
    return (
        f"{model} is right on {percent(balanced.value)} of the samples of a class, on average over the "
        f"{len(e.classified.classes)} classes{around}; chance is {percent(e.chance)}{chance}."
    )


def _mistaken(e: Evaluation) -> str:
    """The most common mistake, in words."""
    wrong = e.confusion - np.diag(np.diag(e.confusion))
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    if wrong.max() < 0.5:
        return "No two classes are often taken for each other."
    names = e.classified.classes
    total = e.confusion[row].sum()
    return f"Most often {names[row]} is taken for {names[column]}, {wrong.max():.3g} of {total:.3g} samples."


def _compared(e: Evaluation) -> str:
    others = {name: measure(e, "balanced_accuracy_difference", name) for name in e.models[1:]}
    if not others:
        return "It was compared with nothing: the predictions hold no other model."
    places = standing(others, lambda name: f"{name} ({number(measure(e, 'balanced_accuracy', name).value, 3)})")
    return f"Compared by balanced accuracy on the same samples, it is {places}."


def _models(e: Evaluation) -> list[Block]:
    def show(metric: Metric) -> Cell:
        return number(metric.value, 3), interval(metric, _three)

    rows: list[list[Cell]] = [[model, *(show(measure(e, name, model)) for name in SHOWN)] for model in e.models]
    by = f"{e.unit}s drawn {'' if e.unit == 'sample' else 'whole '}within each class by bootstrap"
    found: list[Block] = [
        Table(
            "All models on the same held-out samples, the chosen one first",
            ["Model", *SHOWN.values()],
            rows,
            strong=0,
            note=f"Small: 95% interval, {by}. Of log-loss and Brier score lower is better.",
        )
    ]
    if len(e.models) > 1:
        found.append(
            Table(
                f"{the(e.models[0], True)} less each other",
                ["Model", "Balanced accuracy, higher is better"],
                [[model, show(measure(e, "balanced_accuracy_difference", model))] for model in e.models[1:]],
                note="Differences within each draw; an interval without 0 tells the two apart.",
            )
        )
    return found


def _classes(e: Evaluation) -> Table:
    called = e.confusion.sum(0)
    rows: list[list[Cell]] = []
    for k, name in enumerate(e.classified.classes):
        recall, area, precise = (measure(e, f"{kind}.{name}") for kind in ("recall", "auc", "average_precision"))
        right = e.confusion[k, k] / called[k] if called[k] else np.nan
        rows.append(
            [
                name,
                f"{recall.n:,}",
                (number(recall.value, 3), interval(recall, _three)),
                number(right, 3),
                (number(area.value, 3), interval(area, _three)),
                number(precise.value, 3),
            ]
        )
    head = [
        "Class",
        "Samples",
        "Called right (recall)",
        "Right of those called so (precision)",
        "AUC",
        "Average precision",
    ]
    return Table("Each class, by the chosen model", head, rows)


def _reliability(e: Evaluation) -> Table:
    r = e.reliability
    rows: list[list[Cell]] = [
        [
            f"{low:.1f} to {high:.1f}",
            f"{n:,}",
            number(p, 3),
            (number(o, 3), f"{number(a, 3)} to {number(b, 3)}" if a == a else ""),
        ]
        for low, high, n, p, o, a, b in zip(
            r.lower, r.upper, r.count, r.predicted, r.observed, r.low, r.high, strict=True
        )
        if n
    ]
    return Table(
        "Probability of the class that is called",
        ["Probability", "Predictions", "Mean probability", "Share right"],
        rows,
        note=f"Expected calibration error {number(r.error[0], 3)} ({number(r.error[1], 3)} to {number(r.error[2], 3)}).",
    )


def _features(results: Results) -> list[Block]:
    features, noun = results.features, results.noun
    if features is None:
        return []
    own, every = features.filter(pl.col("rank").is_not_null()), len(features)
    stable = features.filter(pl.col("share") == 1)
    words = (
        f"The model that is kept looks at {count(len(own), noun)}. Over the folds {every:,} were chosen at least once, "
        f"{len(stable):,} in every fold; a {noun} that few folds choose is exchangeable for others like it."
    )
    named = any(own["symbol"].drop_nulls().to_list())
    rows: list[list[Cell]] = [
        [
            str(row["feature"]),
            *([str(row["symbol"] or "")] if named else []),
            f"{row['rank']:.0f}",
            percent(row["share"]),
            str(row["highest"] or ""),
        ]
        for row in own.head(ROWS // 2).to_dicts()
    ]
    return [
        Text([words]),
        Table(
            f"The first {noun}s by how well they tell the classes apart",
            [noun.capitalize(), *(["Symbol"] if named else []), "Rank", "Chosen in", "Highest in"],
            rows,
            note=f"The first {len(rows)} of {len(own):,}; the table of features holds all."
            if len(rows) < len(own)
            else "",
        ),
    ]


def _data(results: Results) -> list[Block]:
    e, card = results.evaluation, results.card or {}
    c = e.classified
    sizes = np.bincount(e.truth, minlength=len(c.classes))
    facts = {
        "Samples": f"{len(c.samples):,}: " + ", ".join(f"{n} {m:,}" for n, m in zip(c.classes, sizes, strict=True)),
        "Groups": f"{e.units:,}" if e.unit == "group" else "",
        "Left out of the split": left_out(card.get("left_out", {})) if card else "",
        "Rows left out": left_out(c.left_out),
        "Features": f"{len(card['features']['names']):,} {results.noun}s" if card else "",
        "Folds": f"{len(c.folds):,}",
    }
    return data(results.card, facts)


def _samples(e: Evaluation) -> list[Block]:
    """Those that are called wrong, or not at all."""
    c = e.classified
    order = [int(i) for i in np.argsort(e.right, kind="stable") if e.right[i] < 1 or e.abstained[i] > 0]
    best = e.probability.argmax(1)
    rows: list[list[Cell]] = [
        [
            c.samples[i],
            c.classes[e.truth[i]],
            c.classes[best[i]],
            number(float(e.probability[i].max())),
            percent(float(e.right[i])),
            percent(float(e.abstained[i])),
        ]
        for i in order
    ]
    if not rows:
        return [Text(["Every sample is called right in every fold, and none was too far to call."])]
    head = ["Sample", "Class", "Called on average", "Probability", "Right", "Not called"]
    return [table("Samples that are called wrong, or too far to call, in some fold", head, rows, noun="sample")]


def _lowest(e: Evaluation, name: str) -> float:
    return min(measure(e, name, model).value for model in e.models)


def _three(value: float) -> str:
    return number(value, 3)
