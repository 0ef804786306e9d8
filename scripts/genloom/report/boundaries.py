"""The report of the task `boundaries`: how well donors and acceptors were found in windows that were held out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..formats import tables as files
from ..learning import confusion, sites
from . import figures, sequences
from .page import Cell, Part, Report, Table, Text, number
from .parts import (
    Plot,
    brief,
    card_facts,
    drawn,
    interval,
    listed,
    percent,
    rate,
    sentence,
    span,
    trained,
    training,
)
from .sequences import NO_BASELINE, Results

TITLE = "Splice sites found in held-out sequence"
BARE = "bases"  # the chosen model, with each base called by itself
MEASURES = {"f1": "F1", "top_k": "Top-k", "pr_auc": "PR-AUC", "precision": "Precision", "recall": "Recall"}
SPOKEN = {"weight-matrices": "weight matrices", "dinucleotides": "the dinucleotides GT and AG"}
NEAR = {"0": "on one of the other class", "1": "1 base away", "2": "2 bases away", "none": "none on its strand"}
TARGETS = list(sites.SITES)


def read(args: Namespace) -> Results:
    """Read what the arguments name; see how far probabilities can be believed, and what the errors are."""
    results = sequences.read(
        args,
        TITLE,
        TARGETS,
        (*MEASURES, "sites_per_kb", "false_positives_per_mb"),
        {f"f1.{name}": name for name in TARGETS},
        lambda card: {name: float(card["thresholds"][name]) for name in TARGETS},
        sites.LEAST,
        bases=True,
    )
    c = results.calls
    limits = np.array([max(results.limits[name], sites.LEAST) for name in TARGETS])
    called = c.predicted[0] >= limits[c.target]
    table = confusion.confusion(
        TARGETS, c.target, c.observed, called, c.strand, c.position, results.unit, args.bootstrap, args.seed
    )
    return replace(results, confusion=table)


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    assert results.confusion is not None
    return sequences.tables(results) | {"confusion": partial(files.write, results.confusion)}


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report."""
    f1 = [results.score("f1", model) for model in results.models]
    spans = [(metric.value, metric.low, metric.high) for metric in f1]
    found = [
        Plot(
            "f1",
            "F1 of each model",
            partial(figures.intervals, results.models, spans, "F1, mean of acceptor and donor"),
            "F1 on all held-out windows with its 95% interval. The chosen model is on top, in blue.",
            "F1 with interval: " + "; ".join(f"{metric.model} {span(metric)}" for metric in f1) + ".",
        )
    ]
    for target in TARGETS:
        points = {
            model: (results.score(f"recall.{target}", model).value, results.score(f"precision.{target}", model).value)
            for model in results.models
        }
        found.append(sequences.precision_recall(results, target, points))
    lines = {target: (results.chosen, target) for target in TARGETS}
    found.append(sequences.reliability(results, "reliability", "Reliability of the probabilities", lines))
    found.append(_wrong(results))
    return [*found, *([training(results.history, "network")] if results.history else [])]


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    f1, genic, area = (results.score(name) for name in ("f1", "gene_windows.f1", "pr_auc"))
    false, free = results.score("false_positives_per_mb"), results.score("gene_free.false_positives_per_mb")
    errors = {target: results.reliability[results.chosen, target].error[0] for target in TARGETS}
    numbers = [
        ("F1", number(f1.value), interval(f1) or "no interval"),
        ("F1 in gene windows", number(genic.value), interval(genic) or "no interval"),
        ("PR-AUC", number(area.value), interval(area) or "no interval"),
        ("False sites per Mb", rate(false.value), f"{rate(free.value)} in windows without a gene"),
        (
            "Calibration error",
            number(max(errors.values(), key=np.nan_to_num), 3),
            "the larger of " + " and ".join(f"{name} {number(value, 3)}" for name, value in errors.items()),
        ),
    ]
    by_class = [
        sequences.measured(
            results,
            caption,
            {f"{name}{suffix}": heading for name, heading in MEASURES.items()},
            "Small: 95% interval, genes drawn whole by bootstrap. All held-out windows." if suffix == "" else "",
        )
        for caption, suffix in (("Mean of acceptor and donor", ""), ("Acceptor", ".acceptor"), ("Donor", ".donor"))
    ]
    lines = {name: (results.chosen, name) for name in TARGETS}
    return Report(
        title=results.made.title,
        asked=_asked(results),
        found=_found(results),
        compared=_compared(results),
        good=_good(results),
        numbers=numbers,
        baselines=[by_class[0], *drawn(plots, "f1"), *by_class[1:]],
        figures=[
            Part("Gene windows and all windows", _where(results)),
            Part(
                "Precision and recall",
                [*drawn(plots, *(f"precision-recall-{target}" for target in TARGETS)), sequences.recall_table(results)],
            ),
            Part(
                "Can the probabilities be believed?",
                [
                    Text([_believed(results)]),
                    *drawn(plots, "reliability"),
                    sequences.reliability_table(results, "Probability and share observed", lines),
                ],
            ),
            Part(
                "How far off the errors are",
                [Text([_said_of_errors(results)]), *drawn(plots, "confusion"), _errors(results)],
            ),
            *trained(results.history),
        ],
        reading=READING,
        data=sequences.facts(results, _facts(results)),
        model=card_facts(results.card),
        again=sequences.again(results),
    )


READING = {
    "network": "The trained network, its sites called as the decode in its card says.",
    "bases": "The same network, each base called by its own probability.",
    "dinucleotides": "How often a GT is a donor and an AG an acceptor: what any search for the two letters finds.",
    "weight-matrices": "Weights for each base around a site, as they occur in the training part; no base knows of another.",
    "F1": "Twice the right calls, over calls and sites together, at the threshold that was best on the validation part.",
    "Top-k": "With as many calls as there are sites, the share of them that is right. Needs no threshold.",
    "PR-AUC": "Mean precision over all recalls, that is, over all thresholds.",
    "Precision, recall": "Share of calls that are sites; share of sites that are called.",
    "Gene windows": "Windows with a gene on the strand they are read on. The other ones hold no site: all that is called "
    "there is false.",
    "False sites per Mb": "Called bases that are no site, in a million bases read on one strand. Sites of genes or "
    "transcripts that the annotation lacks count as false.",
    "Calibration error": "Mean distance of probability and share observed over bins, each by the number of its bases.",
    "95% intervals": "Percentiles of the bootstrap: genes drawn with replacement, with all windows that they lie in. One "
    "model is called better than another where their intervals do not touch.",
}


def _baselines(results: Results) -> list[str]:
    """The best first."""
    others = [model for model in results.models if model not in (results.chosen, BARE)]
    return sorted(others, key=lambda model: -results.score("f1", model).value)


def _good(results: Results) -> bool:
    others = _baselines(results)
    own = results.score("f1")
    return bool(others) and all(sequences.beats(own, results.score("f1", model)) for model in others)


def _asked(results: Results) -> str:
    n = {target: results.score(f"f1.{target}").n for target in TARGETS}
    windows = results.score("sites_per_kb").n
    width = int(results.card.get("window") or 0)
    return (
        f"The question: how well does the {results.chosen} find {n['acceptor']:,} acceptors and {n['donor']:,} donors in "
        f"{windows:,} windows of {width:,} bases that it was not trained on, each read on one strand, and is it any "
        "better than motifs alone?"
    )


def _found(results: Results) -> str:
    own, others = results.score("f1"), _baselines(results)
    if not others:
        return f"The {results.chosen} reaches F1 {span(own)}, mean of donors and acceptors."
    ahead = _good(results)
    told = others if ahead else [model for model in others if not sequences.beats(own, results.score("f1", model))]
    words = listed([SPOKEN.get(model, model) for model in told])
    against = listed([brief(results.score("f1", model)) for model in told])
    place = f"finds donors and acceptors better than {words}" if ahead else f"is no better than {words}"
    return f"The {results.chosen} {place}: F1 {span(own)}, mean of donors and acceptors, against {against}."


def _compared(results: Results) -> str:
    genic, false, free = (
        results.score(name)
        for name in ("gene_windows.f1", "false_positives_per_mb", "gene_free.false_positives_per_mb")
    )
    words = f"it calls {brief(false, rate)} false sites per Mb of sequence"
    words += f", {brief(free, rate)} where there is no gene" if np.isfinite(free.value) else ""
    own, bare, decode = results.score("f1"), results.score("f1", BARE), results.card.get("decode")
    decoded = ""
    if np.isfinite(bare.value) and decode and decode != BARE:
        better, worse = sequences.beats(own, bare), sequences.beats(bare, own)
        place = "better than" if better else "worse than" if worse else "not told apart from"
        decoded = f"decoding sites as {decode} is {place} calling each base by itself, with F1 {brief(bare)}"
    return sentence(
        "" if _baselines(results) else NO_BASELINE,
        words,
        f"in windows with a gene its F1 is {brief(genic)}" if np.isfinite(genic.value) else "",
        decoded,
    )


def _where(results: Results) -> list[Table]:
    ranked = {
        f"{prefix}{name}": f"{MEASURES[name]}, {where}"
        for name in ("f1", "top_k", "pr_auc")
        for prefix, where in (("gene_windows.", "gene windows"), ("", "all"))
    }
    called = {
        "sites_per_kb": "Sites per kb",
        "false_positives_per_mb": "False sites per Mb",
        "gene_windows.false_positives_per_mb": "False per Mb, gene windows",
        "gene_free.false_positives_per_mb": "False per Mb, no gene",
    }
    ns = [results.score(name).n for name in called]
    tables = [
        sequences.measured(
            results, "Mean of acceptor and donor, with and without the windows that hold no gene", ranked
        ),
        sequences.measured(
            results,
            "Called sites, and the false ones among them",
            called,
            f"Over {ns[0]:,} windows; {ns[2]:,} have a gene on their strand, {ns[3]:,} have none.",
            rate,
        ),
    ]
    return tables


def _believed(results: Results) -> str:
    found = []
    for target in TARGETS:
        bins = results.reliability[results.chosen, target]
        expected, there = (float(np.nansum(bins.count * share)) for share in (bins.predicted, bins.observed))
        found.append(f"{expected:,.0f} {target}s, and there are {there:,.0f}")
    return (
        f"Where the {results.chosen} says 0.7, seven in ten bases should be sites. By their probabilities the bases given "
        f"{sites.LEAST:g} or more should hold {listed(found)}. Before the decode, probabilities were scaled by the "
        f"temperature {float(results.card.get('temperature', 1)):.3g}, which fits the validation part best."
    )


def _counts(results: Results, kind: str, target: str) -> pl.DataFrame:
    assert results.confusion is not None
    return results.confusion.filter((pl.col("kind") == kind) & (pl.col("target") == target))


def _said_of_errors(results: Results) -> str:
    words = []
    for kind, name in zip(confusion.KINDS, ("false calls", "missed sites"), strict=True):
        rows = pl.concat([_counts(results, kind, target) for target in TARGETS])
        total = int(rows["n"].sum())
        if not total:
            words.append(f"There are no {name}.")
            continue
        near = int(rows.filter(pl.col("distance").is_in(["0", "1", "2", "3-10"]))["n"].sum())
        other = "a true site" if kind == confusion.KINDS[0] else "a call"
        words.append(f"Of {total:,} {name}, {percent(near / total)} lie within 10 bases of {other} on their strand.")
    if low := [target for target in TARGETS if results.limits[target] < sites.LEAST]:
        words.append(
            f"The threshold of {listed(low)} is below {sites.LEAST:g}: calls from there to {sites.LEAST:g} are in no table "
            "of predictions and are not counted here."
        )
    return " ".join(words)


def _groups() -> dict[tuple[str, str], str]:
    """(kind, class) → heading."""
    return {
        (kind, target): f"{word} {target}s"
        for kind, word in zip(confusion.KINDS, ("False", "Missed"), strict=True)
        for target in TARGETS
    }


def _wrong(results: Results) -> Plot:
    panels: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for kind, label in zip(confusion.KINDS, ("false calls", "missed sites"), strict=True):
        panels[label] = {}
        for target in TARGETS:
            rows = _counts(results, kind, target)
            own = (rows["nearest"] == target) | (rows["nearest"] == "")
            panels[label][target] = tuple(
                np.array([int(rows.filter(mask & (rows["distance"] == d))["n"].sum()) for d in confusion.DISTANCES])
                for mask in (own, ~own)
            )  # type: ignore[assignment]
    return Plot(
        "confusion",
        "Distance of errors to the nearest",
        partial(figures.stacked, panels, [name.replace("-", "\N{EN DASH}") for name in confusion.DISTANCES]),
        "Top: false calls by the distance to the nearest true site. Bottom: missed sites by the distance to the nearest "
        "call. Hatched: that one is of the other class. None: there is none on that strand of the chromosome.",
        "Counts by distance; the table below holds them.",
    )


def _errors(results: Results) -> Table:
    groups = {heading: _counts(results, *key) for key, heading in _groups().items()}
    rows: list[list[Cell]] = []
    for distance in confusion.DISTANCES:
        for same in (True, False) if distance in confusion.DISTANCES[1:-1] else (distance != "0",):
            name = NEAR.get(distance) or f"{distance.replace('-', ' to ')} bases away"
            which = f", {'same' if same else 'other'} class" if distance in confusion.DISTANCES[1:-1] else ""
            rows.append([name + which, *(_share(table, distance, same) for table in groups.values())])
    totals = [f"{heading}: {int(table['n'].sum()):,}" for heading, table in groups.items()]
    note = "Small: share of the column, with its 95% interval by gene. " + "; ".join(totals) + "."
    return Table("Nearest true site of a false call, nearest call of a missed site", ["Nearest", *groups], rows, note)


def _share(table: pl.DataFrame, distance: str, same: bool) -> Cell:
    own = (table["nearest"] == table["target"]) | (table["nearest"] == "")
    row: Mapping[str, Any] = table.filter((table["distance"] == distance) & (own if same else ~own)).row(0, named=True)
    if not row["n"]:
        return "0"
    around = f" ({percent(row['low'])} to {percent(row['high'])})" if np.isfinite(row["low"]) else ""
    return f"{row['n']:,}", percent(row["share"]) + around


def _facts(results: Results) -> dict[str, str]:
    n = {target: results.score(f"f1.{target}").n for target in TARGETS}
    width = int(results.card.get("window") or 0)
    windows = results.score("sites_per_kb").n
    return {
        "Windows": f"{windows:,} of {width:,} bases: {1e-6 * windows * width:.3g} Mb, each strand by itself",
        "Windows with a gene": f"{results.score('gene_windows.sites_per_kb').n:,}",
        "Sites": listed([f"{count:,} {target}s" for target, count in n.items()]),
        "Thresholds": ", ".join(f"{target} {limit:.3g}" for target, limit in results.limits.items()),
    }
