"""The report of the task `expression`: how well the expression of each gene was predicted in held-out samples."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, named, nearest
from ..formats import results as tables_of
from ..formats import split
from ..formats.results import MEAN
from ..formats.split import Split
from ..learning import metrics
from ..learning.metrics import Evaluation, Metric
from . import figures
from .page import Block, Cell, Part, Pictures, Report, Table, Text, number
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
    measure,
    model_of,
    percent,
    span,
    standing,
    table,
    the,
    trained,
    training,
)

TITLE = "Predicted expression of held-out samples"
NO_BETTER = "no better than the mean of the training samples"
SCORES = {
    "skill": "skill of all genes together",
    "share_positive": "share of genes with skill above 0",
    "delta_r": "delta-r",
}


@dataclass(frozen=True)
class Results:
    """All that a report on expression can be made of; what is None is left out of it.

    `genes` are the panels to show, by target or symbol; without it, the best, median and worst `panels` of them.
    """

    evaluation: Evaluation
    made: Made
    card: Mapping[str, Any] | None
    split: Split | None
    permutations: Mapping[str, np.ndarray] | None
    history: History | None
    genes: Sequence[str]
    panels: int

    @property
    def unit(self) -> str:
        return str((self.card or {}).get("unit") or "log2 expression")

    @property
    def symbols(self) -> dict[str, str]:
        """target → symbol, as far as the card knows them."""
        targets = (self.card or {}).get("targets")
        if not isinstance(targets, Mapping):
            return {}
        pairs = zip(targets.get("names", []), targets.get("symbols", []), strict=False)
        return {str(name): str(symbol) for name, symbol in pairs if symbol and symbol != name}


def read(args: Namespace) -> Results:
    """Read what the arguments name, and judge it."""
    card, name = model_of(args)
    predictions = tables_of.read_predictions(args.predictions, name)
    division = given(split.read, args.split)
    groups = metrics.groups_of(predictions, division) if division else None
    permutations = given(tables_of.read_permutations, args.permutations)
    history = given(tables_of.read_history, args.history)
    made = Made.of(args, TITLE, f"--max-panels {args.max_panels}")
    evaluation = metrics.evaluate(predictions, groups, args.bootstrap, args.seed, permutations)
    return Results(evaluation, made, card, division, permutations, history, args.genes, args.max_panels)


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    e = results.evaluation
    return {
        "metrics": partial(metrics.write_table, e.metrics),
        "metrics_json": partial(metrics.write_json, e.metrics),
        "gene_table": partial(metrics.write_genes, e),
        "sample_table": partial(metrics.write_samples, e),
    }


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report, gene panels (named gene-1, gene-2, …) last.

    Raises
    ------
    InputError : a gene to show is not among the targets, or there are more than `panels`
    """
    e = results.evaluation
    p = e.predictions
    zero = "mean of the training samples"
    skill = [measure(e, "skill", m) for m in e.models]
    mean = p.predicted[p.models.index(MEAN)]
    x, y = p.observed - mean, p.predicted[0] - mean
    across, up = figures.extent(x, y)
    beyond = int(((np.abs(x) > across) | (np.abs(y) > up)).sum())
    delta = measure(e, "delta_r")
    by_target = e.target["skill"][0]
    known = by_target[np.isfinite(by_target)]
    share = measure(e, "share_positive")
    by_sample = e.sample["skill"][0]
    order = _by_group(e)
    found = [
        Plot(
            "skill",
            "Skill of each model",
            partial(figures.intervals, e.models, [(s.value, s.low, s.high) for s in skill], SCORES["skill"], zero),
            f"Skill with its 95% interval; 0 is the {zero}, 1 would be without error. The chosen model is on top, in blue.",
            "Skill with interval: " + "; ".join(f"{s.model} {span(s)}" for s in skill) + ".",
        ),
        Plot(
            "delta",
            "Predicted and observed difference",
            partial(figures.density, x, y, "observed difference from the training mean", "predicted difference"),
            f"Each prediction of a gene in a sample ({results.unit}). Dotted: exact. Dashed: the training mean, which is "
            f"always 0." + (f" {beyond:,} of {len(x):,} lie beyond the edges." if beyond else ""),
            f"Predicted against observed difference from the training mean of {len(x):,} predictions; "
            f"correlation (delta-r) {span(delta)}.",
        ),
    ]
    if len(known) > 1:
        below = int((known <= -1).sum())
        found.append(
            Plot(
                "genes",
                "Skill of each gene",
                partial(figures.spread, known, "skill of a gene", "genes"),
                f"{percent(share.value)} of {len(known):,} genes have skill above 0 (blue)."
                + (f" The first bar holds {below:,} genes at or below {number(-1, 0)}." if below else ""),
                f"Histogram of the skill of {len(known):,} genes: median {number(float(np.median(known)))}, "
                f"{percent(share.value)} above 0.",
            )
        )
    if results.permutations is not None:
        rows = [
            (label, float(null[0]), null[1:], measure(e, f"{name}_p").value)
            for name, label in SCORES.items()
            if np.isfinite((null := results.permutations[name])[0])
        ]
        found.append(
            Plot(
                "permutations",
                "The same with pairings at random",
                partial(figures.permuted, rows),
                f"Grey: {len(results.permutations['skill']) - 1:,} runs with peaks and expression of samples paired at "
                f"random. Blue line: the true pairing.",
                "; ".join(
                    f"{label}: {number(true)} with the true pairing, {number(float(np.nanmedian(null)))} at the "
                    f"median of random ones, p = {chance:.2g}"
                    for label, true, null, chance in rows
                )
                + ".",
            )
        )
    found.append(
        Plot(
            "samples",
            f"Skill of each {'sample' if len(p.samples) <= figures.BARS else 'sample, ordered'}",
            partial(figures.bars, [p.samples[i] for i in order], by_sample[order], "skill", "samples"),
            "Skill over all genes of a sample" + (", samples of a group together." if any(e.group) else "."),
            f"Skill of {len(p.samples)} samples, from {number(float(np.nanmin(by_sample)))} to "
            f"{number(float(np.nanmax(by_sample)))}; {int((by_sample > 0).sum())} are above 0.",
        )
    )
    return [*found, *([training(results.history)] if results.history else []), *_panels(results)]


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    e = results.evaluation
    skill, delta, share, mae, reference = (
        measure(e, *which) for which in (("skill",), ("delta_r",), ("share_positive",), ("mae",), ("mae", MEAN))
    )
    p = e.get("share_positive_p")
    numbers = [
        ("Skill", number(skill.value), interval(skill) or "no interval"),
        ("Delta-r", number(delta.value), interval(delta) or "no interval"),
        (
            "Genes better than the mean",
            percent(share.value),
            f"permutation p = {p.value:.2g}" if p else f"of {share.n:,} genes",
        ),
        ("Mean absolute error", number(mae.value), f"{number(reference.value)} for the training mean"),
    ]
    genes = [plot.picture() for plot in plots if plot.name.startswith("gene-")]
    shown = "The genes asked for." if results.genes else SHOWN
    panels = Text(
        [
            f"{shown} Each blue dot is a held-out prediction ({results.unit}), the dotted line is where one is exact, the dashed "
            "line the mean of the training samples. The short strokes show that mean fold by fold: it falls where a high sample "
            "is held out, which lowers r within a gene for every model."
        ]
    )
    return Report(
        title=results.made.title,
        asked=_asked(results),
        found=_found(e),
        compared=_compared(e),
        good=e.beats_mean,
        numbers=numbers,
        baselines=[*_models(e, results.unit), *drawn(plots, "skill")],
        figures=[
            Part("All genes together", drawn(plots, "delta", "genes", "permutations")),
            Part("Gene by gene", [panels, Pictures(genes, small=True)] if genes else []),
            Part("Sample by sample", [*drawn(plots, "samples"), _samples(e)]),
            *trained(results.history, "fold"),
        ],
        reading=READING,
        data=_data(results),
        model=card_facts(results.card),
        again=results.made.again(f"{e.units:,} {e.unit}s" if e.units > 1 else ""),
    )


SHOWN = "Best, median and worst genes by skill, of the half of the genes that vary most."
READING = {
    "Skill": "1 less the squared error of the model over that of the mean of the training samples, all held-out genes "
    "and samples together. 0: as that mean; 1: exact; below 0: worse than that mean.",
    "Median gene skill": "The same for each gene alone, then the median, so that no few lively genes decide it.",
    "Delta-r": "Correlation of what is predicted and what is observed after the training mean is taken from both: "
    "whether the model knows in which direction a sample differs.",
    "Genes better than the mean": "Share of genes with skill above 0. By chance it is not half: hold it against the "
    "runs with pairings at random. p = (1 + random runs that reach it) / (1 + random "
    "runs).",
    "MAE": "Mean absolute error in the unit of the data, beside that of each baseline and with the difference to it.",
    "r across genes": "Correlation over all genes of a sample. It is high for anything that knows which genes are "
    "usually high, the training mean first of all, so it says next to nothing. It comes last for "
    "this reason.",
    "95% intervals": "Percentiles of the bootstrap: samples (whole groups where there are groups) drawn with "
    "replacement. Differences are taken within each draw. For gene-by-gene measures the draws give "
    "the spread around the value.",
    "Repeated folds": "Where a sample was held out several times, its errors are averaged; it counts once.",
}


def _asked(results: Results) -> str:
    e = results.evaluation
    p = e.predictions
    once = len(p.observed) == int(e.counts.sum())
    samples = count(len(p.samples), "sample") + (f" from {e.units} groups" if e.unit == "group" else "")
    return (
        f"The question: how well does {the(e.models[0])} predict the expression of {count(len(p.targets), 'gene')} in {samples} "
        f"that it was not trained on ({count(len(p.folds), 'fold')}{'' if once else ', samples held out more than once'})?"
    )


def _found(e: Evaluation) -> str:
    skill, p = measure(e, "skill"), e.get("skill_p")
    model = the(e.models[0], True)
    if not e.beats_mean:
        worse = ", in fact worse" if skill.high < 0 else ""
        return f"{model} is {NO_BETTER}{worse}: its skill is {span(skill)}, where 0 is that mean."
    chance = ""
    if p is not None and p.value > 0.05:
        chance = (
            f"; but with peaks and expression paired at random it does as well (p = {p.value:.2g}), so this is "
            f"not learned from the peaks"
        )
    return (
        f"{model} leaves {percent(skill.value)} less squared error than the mean of the training samples: skill "
        f"{span(skill)}{chance}."
    )


def _compared(e: Evaluation) -> str:
    others = {name: measure(e, "skill_difference", name) for name in e.models[1:] if name != MEAN}
    if not others:
        return "Compared with it was the mean of the training samples alone: the predictions hold no other baseline."
    places = standing(others, lambda name: f"{name} ({number(measure(e, 'skill', name).value)})")
    return f"Compared by skill with baselines on the same samples, it is {places}."


def _models(e: Evaluation, unit: str) -> list[Block]:
    columns = {
        "skill": "Skill",
        "skill_median": "Median gene skill",
        "delta_r": "Delta-r",
        "share_positive": "Genes better than the mean",
        "mae": "MAE",
        "across_gene_r": "r across genes",
    }

    def show(metric: Metric) -> Cell:
        if metric.model == MEAN and metric.metric in ("skill", "skill_median", "share_positive"):
            return "0", "by definition"
        if metric.metric == "share_positive":
            return percent(metric.value), interval(metric, percent)
        return number(metric.value, 3), interval(metric, partial(number, digits=3))

    def rows(models: Sequence[str], names: Iterable[str]) -> list[list[Cell]]:
        return [[model, *(show(measure(e, name, model)) for name in names)] for model in models]

    by = f"{e.unit}s drawn {'' if e.unit == 'sample' else 'whole '}by bootstrap"
    found: list[Block] = [
        Table(
            "All models on the same held-out samples, the chosen one first",
            ["Model", *columns.values()],
            rows(e.models, columns),
            strong=0,
            note=f"Small: 95% interval, {by}. MAE in {unit}. r across genes stands last since the training mean alone "
            f"reaches {number(measure(e, 'across_gene_r', MEAN).value, 3)}.",
        )
    ]
    if len(e.models) > 1:
        found.append(
            Table(
                f"{the(e.models[0], True)} less each baseline",
                ["Baseline", "Skill, higher is better", "MAE, lower is better"],
                rows(e.models[1:], ("skill_difference", "mae_difference")),
                note="Differences within each draw; an interval without 0 tells the two apart.",
            )
        )
    return found


def _data(results: Results) -> list[Block]:
    e, card = results.evaluation, results.card or {}
    p = e.predictions
    undefined = int((~np.isfinite(e.target["skill"][0])).sum())
    facts = {
        "Samples": f"{len(p.samples):,}",
        "Groups": f"{e.units:,}" if e.unit == "group" else "",
        "Genes": f"{len(p.targets):,}",
        "Folds": f"{len(p.folds):,}",
        "Predictions judged": f"{len(p.observed):,}",
        "Rows left out": left_out(p.left_out),
        "Genes without a skill": f"{undefined:,}: the training mean has no error in them" if undefined else "",
        "Unit": results.unit,
        "Assembly": str(card.get("assembly", "")),
    }
    if results.split is None:
        return data(results.card, facts)
    if card.get("split"):
        facts["Split of the model"] = (
            "this one"
            if results.split.digest == card["split"]
            else "another one than the split given here: look whether these are predictions of this model"
        )
    parts = ("train", "validation", "test")
    rows: list[list[Cell]] = []
    for size, alike in groupby(results.split.outer, lambda fold: [str(Counter(fold.parts)[part]) for part in parts]):
        names = [fold.name for fold in alike]
        rows.append([names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", *size])
    folds = table("Samples in the parts of each fold", ["Fold", *(part.capitalize() for part in parts)], rows)
    return data(results.card, facts, folds)


def _samples(e: Evaluation) -> Table:
    groups = any(e.group)
    rows: list[list[Cell]] = [
        [
            e.predictions.samples[i],
            *([e.group[i]] if groups else []),
            *(number(float(e.sample[name][0, i]), 3) for name in ("skill", "mae", "across_gene_r")),
        ]
        for i in _by_group(e)
    ]
    header = ["Sample", *(["Group"] if groups else []), "Skill", "MAE", "r across genes"]
    return table("Held-out samples, predicted by the chosen model", header, rows, noun="sample")


def _panels(results: Results) -> list[Plot]:
    e = results.evaluation
    p, skill = e.predictions, e.target["skill"][0]
    symbols = results.symbols
    found = []
    mean = p.predicted[p.models.index(MEAN)]
    for i, target in enumerate(_chosen_genes(results), start=1):
        name = p.targets[target]
        title = f"{symbols[name]} ({name})" if name in symbols else name
        rows = np.flatnonzero(p.target == target)
        facts = (
            f"skill {number(float(skill[target]))}, r {number(float(e.target['r'][0, target]))}, "
            f"MAE {number(float(e.target['mae'][0, target]))}"
        )
        draw = partial(figures.panel, p.observed[rows], p.predicted[0, rows], mean[rows])
        found.append(
            Plot(
                f"gene-{i}",
                title,
                draw,
                facts,
                f"Predicted against observed {results.unit} of {title} in {len(rows)} held-out predictions: {facts}.",
            )
        )
    return found


def _chosen_genes(results: Results) -> list[int]:
    """Places of the genes to show: those asked for, else best, median and worst of the half that varies most."""
    e = results.evaluation
    if results.genes:
        place = {name: i for i, name in enumerate(e.predictions.targets)}
        alias = {symbol: place[name] for name, symbol in results.symbols.items() if name in place}
        known = alias | place
        if lost := [gene for gene in results.genes if gene not in known]:
            raise InputError(
                f"{named(lost)}: not among the predicted genes",
                "--genes",
                nearest(lost[0], known) or f"genes are named as {named(e.predictions.targets, 3)}",
            )
        wanted = list(dict.fromkeys(known[gene] for gene in results.genes))
        if len(wanted) > results.panels:
            raise InputError(
                f"names {len(wanted)} genes, --max-panels is {results.panels}",
                "--genes",
                "name fewer, or raise --max-panels",
            )
        return wanted
    skill = e.target["skill"][0]
    lively = e.target["mae"][e.models.index(MEAN)]
    lively = lively >= np.median(lively)
    ranked = [int(i) for i in np.argsort(-skill, kind="stable") if np.isfinite(skill[i]) and lively[i]]
    if len(ranked) <= results.panels:
        return ranked
    worst, median = results.panels // 3, (results.panels + 1) // 3
    best = results.panels - worst - median
    middle = max((len(ranked) - median) // 2, best)
    return ranked[:best] + ranked[middle : middle + median] + ranked[len(ranked) - worst :]


def _by_group(e: Evaluation) -> list[int]:
    """Samples in their order, those of a group together."""
    first = {group: i for i, group in reversed(list(enumerate(e.group)))}
    return sorted(range(len(e.group)), key=lambda i: (first[e.group[i]] if e.group[i] else i, i))
