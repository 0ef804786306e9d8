"""The report of the task `content`: which windows the feeder keeps, which it spares, and how sure it is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

import numpy as np

from . import figures, sequences
from .page import Part, Report, Text, number
from .parts import Plot, brief, card_facts, drawn, interval, listed, percent, sentence, span, trained, training
from .sequences import NO_BASELINE, Results

TITLE = "Windows with exons, introns and boundaries, told from sequence"
TARGETS = ["exon", "intron", "boundary"]
GATED = "boundary"


def read(args: Namespace) -> Results:
    """Read what the arguments name, and see how far probabilities can be believed."""
    return sequences.read(
        args,
        TITLE,
        TARGETS,
        ("recall.boundary", "spared", *(f"pr_auc.{target}" for target in TARGETS)),
        {f"recall.{GATED}": GATED},
        lambda card: {GATED: float(card["gate"])},
    )


tables = sequences.tables


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report."""
    spared = [results.score("spared", model) for model in results.models]
    spans = [(metric.value, metric.low, metric.high) for metric in spared]
    found = [
        Plot(
            "spared",
            "Share of windows spared",
            partial(figures.intervals, results.models, spans, "share of windows spared"),
            "Windows below the gate, with the 95% interval. The chosen model is on top, in blue.",
            "Share spared with interval: " + "; ".join(f"{metric.model} {span(metric)}" for metric in spared) + ".",
        )
    ]
    for target in TARGETS:
        points = {results.chosen: _at_gate(results)} if target == GATED else {}
        found.append(sequences.precision_recall(results, target, points))
    for target in TARGETS:
        lines = _lines(results, target)
        found.append(sequences.reliability(results, f"reliability-{target}", f"Reliability: {target}", lines))
    return [*found, *([training(results.history, "network")] if results.history else [])]


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    recall, spared, area = (results.score(name) for name in ("recall.boundary", "spared", "pr_auc.boundary"))
    bins = results.reliability[results.chosen, GATED]
    numbers = [
        ("Windows with boundaries kept", _per_cent(recall.value), interval(recall, _per_cent) or "no interval"),
        ("Windows spared", percent(spared.value), interval(spared, percent) or "no interval"),
        ("PR-AUC of boundary", number(area.value), interval(area) or "no interval"),
        ("Calibration error", number(bins.error[0], 3), "of boundary"),
    ]
    gate = {"recall.boundary": "Recall at the gate", "spared": "Windows spared"}
    ranks = {f"pr_auc.{target}": f"PR-AUC, {target}" for target in TARGETS}
    each = [sequences.reliability_table(results, target.capitalize(), _lines(results, target)) for target in TARGETS]
    models = sequences.measured(
        results,
        "All models on the same held-out windows, the chosen one first",
        gate | ranks,
        "Small: 95% interval, genes drawn whole by bootstrap. The gate of each model was chosen on the validation part.",
    )
    believed = f"Where the {results.chosen} says 0.7, seven in ten windows should be as it says."
    return Report(
        title=results.made.title,
        asked=_asked(results),
        found=_found(results),
        compared=_compared(results),
        good=_good(results),
        numbers=numbers,
        baselines=[models, *drawn(plots, "spared")],
        figures=[
            Part(
                "Precision and recall",
                [*drawn(plots, *(f"precision-recall-{target}" for target in TARGETS)), sequences.recall_table(results)],
            ),
            Part(
                "Can the probabilities be believed?",
                [Text([believed]), *drawn(plots, *(f"reliability-{target}" for target in TARGETS)), *each],
            ),
            *trained(results.history),
        ],
        reading=READING,
        data=sequences.facts(results, _facts(results)),
        model=card_facts(results.card),
        again=sequences.again(results),
    )


READING = {
    "network": "The trained feeder.",
    "kmers": "Logistic regression on the counts of words of four bases: what the composition of a window alone tells.",
    "Gate": "The probability of a boundary below which a window is passed over. It was set on the validation part to keep "
    "the share of windows with boundaries that the card calls gate recall.",
    "Recall at the gate": "Share of the windows with boundaries that are kept. What is lost here no later model finds.",
    "Windows spared": "Share of all windows that are passed over: sequence that a larger network need not look at.",
    "PR-AUC": "Mean precision over all recalls, that is, over all thresholds.",
    "Calibration error": "Mean distance of probability and share observed over bins, each by the number of its windows.",
    "95% intervals": "Percentiles of the bootstrap: genes drawn with replacement, with all windows that they lie in. One "
    "model is called better than another where their intervals do not touch.",
}


def _lines(results: Results, target: str) -> dict[str, tuple[str, str]]:
    """Of the reliability diagram of a class: model → (model, class)."""
    return {model: (model, target) for model in results.judged}


def _others(results: Results) -> list[str]:
    return [model for model in results.models if model != results.chosen]


def _good(results: Results) -> bool:
    own = results.score("pr_auc.boundary")
    others = [results.score("pr_auc.boundary", model) for model in _others(results)]
    return bool(others) and all(sequences.beats(own, other) for other in others)


def _asked(results: Results) -> str:
    recall, spared = results.score("recall.boundary"), results.score("spared")
    return (
        f"The question: of {spared.n:,} windows that the {results.chosen} was not trained on, which need no closer look, if "
        f"next to none of the {recall.n:,} with a boundary of exon and intron may be lost?"
    )


def _found(results: Results) -> str:
    recall, spared, area = (results.score(name) for name in ("recall.boundary", "spared", "pr_auc.boundary"))
    kept = f"{span(recall, _per_cent)} of the windows with boundaries"
    words = f"The {results.chosen} keeps {kept} and spares {brief(spared, percent)} of all windows"
    others = _others(results)
    if not others:
        return f"{words}."
    place = "better than" if _good(results) else "no better than"
    against = listed([brief(results.score("pr_auc.boundary", model)) for model in others])
    return f"{words}; it tells windows with boundaries {place} {listed(others)} do, by PR-AUC {brief(area)} against {against}."


def _compared(results: Results) -> str:
    recall, wanted = results.score("recall.boundary"), float(results.card.get("gate_recall") or 0)
    least = recall.high if np.isfinite(recall.high) else recall.value
    short = ", and falls short of it" if least < wanted else ""
    clauses = [f"its gate was set to keep {_per_cent(wanted)} on the validation part{short}"]
    for model in _others(results):
        kept, spared = results.score("recall.boundary", model), results.score("spared", model)
        clauses.append(
            f"with a gate set likewise, {model} keeps {_per_cent(kept.value)} and spares {percent(spared.value)}"
        )
    return sentence("" if _others(results) else NO_BASELINE, *clauses)


def _per_cent(value: float) -> str:
    """A share near 1, in which the second digit matters."""
    return f"{number(100 * value, 2)}%" if np.isfinite(value) else number(value)


def _at_gate(results: Results) -> tuple[float, float]:
    """Recall, as it was measured, and precision at the gate."""
    score, truth = results.of(GATED, results.chosen)
    kept = score >= results.limits[GATED]
    return results.score("recall.boundary").value, float(truth[kept].mean()) if kept.any() else np.nan


def _facts(results: Results) -> dict[str, str]:
    width = int(results.card.get("window") or 0)
    true = {target: int(results.of(target, results.chosen)[1].sum()) for target in TARGETS}
    return {
        "Windows": f"{results.score('spared').n:,} of {width:,} bases",
        "Windows with": ", ".join(f"{target} {count:,}" for target, count in true.items()),
        "Gate": f"probability {results.limits[GATED]:.3g} of a boundary",
    }
