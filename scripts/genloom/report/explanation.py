"""The report of `explain_model`: which bases and motifs, or which features, a model leans on."""

from __future__ import annotations

import platform
import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..learning import attribution, explaining, importance
from ..learning.attribution import Explained
from ..learning.tasks import flag
from . import figures, logos, page
from .page import Block, Cell, Code, Facts, Picture, Pictures, Report, Section, Table, Text, number
from .parts import Plot, card_facts, count, listed

SHOWN = 6  # sites or windows whose letters the page shows
DRAWN = 12  # and the file of logos
_BINS = 200  # of a profile along a promoter
READING = {
    "mutagenesis": "The contribution of a base is its score less the mean of the scores with the three other bases: what the "
    "prediction loses without it. Each of these sequences went through the network, no approximation was made.",
    "gradient": "The contribution of a base is the gradient of the score at it (gradient × input): what a small change would "
    "do. Where a score is saturated this says little: mutagenesis is exact.",
    "integrated": "Contributions are integrated gradients: those of all bases together are the score less the score of a "
    "sequence of which nothing is known (all N).",
    "coefficients": "A coefficient is what the prediction gains with one unit of the feature; of several targets, the root of "
    "the mean square of theirs. Of features that go together any may carry the weight.",
    "permutation": "Importance is the skill lost on held-out samples when the values of the bin are exchanged for those of "
    "other samples, drawn at random. Of bins that open together each alone may seem of little use.",
}
Result = attribution.Result | importance.Result


def write(result: Result, card: Mapping[str, Any], args: Namespace, paths: Mapping[str, Path]) -> None:
    """Write `report`, `logos` and `motif_logos`, whichever `paths` names."""
    if isinstance(result, attribution.Result):
        if "logos" in paths:
            drawn = [(_titled(each), *_letters(each)) for each in _highest(result)[:DRAWN]]
            _save(logos.rows(drawn, _along(result), result.unit), "logos", paths["logos"])
        if "motif_logos" in paths:
            _save(logos.rows(_motif_rows(result), "place in the motif", result.unit), "motifs", paths["motif_logos"])
    if "report" in paths:
        if isinstance(result, attribution.Result):
            page.write(_of_sequence(result, card, args), paths["report"])
        else:
            page.write(_of_matrix(result, card, args), paths["report"])


def _save(figure: Any, name: str, path: Path) -> None:
    path.write_bytes(figures._render(figure, "svg", name))


def _titled(each: Explained) -> str:
    place = each.place
    return (
        f"{place.target}" + (f", {place.gene}" if place.gene else "")
        if place.centre >= 0 and " " in place.target
        else place.name
    )


def _highest(result: attribution.Result) -> list[Explained]:
    return sorted(result.explained, key=lambda each: -each.score)


def _letters(each: Explained) -> tuple[np.ndarray, int]:
    """The contributions of the stretch that tells most, as letters, and the place of its first base."""
    part = attribution.best_stretch(each)
    codes, values = each.codes[part], each.attribution[part]
    heights = np.zeros((len(codes), 4))
    known = codes < 4
    heights[known, codes[known]] = values[known]
    return heights, part.start + each.place.first - max(each.place.centre, 0)


def _along(result: attribution.Result) -> str:
    return {"boundaries": "bases from the site", "activity": "bases from the start site"}.get(
        result.task, "base of the window"
    )


def _motif_rows(result: attribution.Result) -> list[tuple[str, np.ndarray, int]]:
    named = zip(attribution.names(result.found), result.found, strict=True)
    return [
        (f"{name} {motif.consensus}, {len(motif.starts)} stretches", motif.contributions, 1) for name, motif in named
    ]


def _again(method: str, args: Namespace, digests: Mapping[str, str]) -> list[Block]:
    """The command with names of files that stand for the user's own, versions and digests."""
    files = {"model": "model.safetensors", "windows": "windows.h5", "genome": "genome.fa", "bins": "bins.h5ad"}
    files |= {"expression": "expression.h5ad", "split": "split.tsv", "annotation": "genes.gtf"}
    given = [f"--model {files['model']}", f"--method {method}"]
    for name in explaining.TAKES[method]:
        value = getattr(args, name)
        if value and name not in explaining.WRITTEN:
            option = "--class" if name == "label" else flag(name)
            many = value if isinstance(value, list) else [files.get(name, value)]
            given.append(f"{option} {' '.join(shlex.quote(str(each)) for each in many)}")
    if method in explaining.SEQUENCE:
        given += [f"--sites {args.sites} --count {args.count} --motif-width {args.motif_width} --seed {args.seed}"]
    else:
        given += [f"--top {args.top}"]
        given += [f"--repeats {args.repeats} --bootstrap {args.bootstrap} --seed {args.seed}"] * (
            method == "permutation"
        )
    versions = {"genloom": __version__, "python": platform.python_version()}
    versions |= {name: version(name).partition("+")[0] for name in ("matplotlib", "numpy", "torch")}
    facts = {"Made with": page.plain(versions), **{f"SHA-256 of the {name}": value for name, value in digests.items()}}
    command = "genloom-explain-model " + " \\\n    ".join([*given, "--report report.html"])
    return [Text(["The file names stand for your own."]), Code(command), Facts(facts)]


# ---------------------------------------------------------------- sequence


def _of_sequence(result: attribution.Result, card: Mapping[str, Any], args: Namespace) -> Report:
    what = _what(result)
    total, found = len(result.explained), result.found
    scores = np.array([each.score for each in result.explained])
    asked = (
        f"The question: which bases make the model say {what}? {count(total, 'place')} of {result.considered:,} were "
        f"explained by {_way(result)}."
    )
    if found:
        first = found[0]
        own = len(set(first.sequences.tolist()))
        more = f" {count(len(found) - 1, 'further motif')} are below." if len(found) > 1 else ""
        said = f"It leans most often on {first.consensus}, in {own} of {count(total, 'place')}.{more}"
        chance = (
            f"With the bases of the stretches shuffled, {first.expected:.0f} of them would fit that motif; "
            f"{len(first.starts)} do."
        )
    else:
        said = "No motif was found: what it leans on is not alike from place to place."
        chance = (
            "Motifs count from five alike stretches on, if there are three times as many as with their bases shuffled."
        )
    numbers = [
        ("Explained", f"{total:,}", f"of {result.considered:,}"),
        ("Motifs", str(len(found)), "beyond chance"),
        ("Median score", number(float(np.median(scores))), result.unit),
    ]
    plots = _profiles(result)
    shown = _highest(result)[:SHOWN]
    sections = [
        Section("Motifs", _motifs(result)),
        Section("Where the contributions are", [Pictures([plot.picture() for plot in plots])]) if plots else None,
        Section(
            "The highest scores, base by base", [Pictures([_logo(result, i, each) for i, each in enumerate(shown)])]
        ),
        Section("How to read this", [Facts(_reading(result))]),
        Section("The model", [Facts(card_facts(card))]),
        Section("How to make this again", _again(result.options.method, args, result.digests)),
    ]
    title = f"What a model of {card['task']} looks at"
    return Report(title, asked, said, chance, bool(found), numbers, [each for each in sections if each])


def _what(result: attribution.Result) -> str:
    label = result.options.label
    if result.task == "boundaries":
        return f"that a base is {'an' if label[0] in 'aeio' else 'a'} {label}"
    return f"that a window holds {label}" if result.task == "content" else "that a gene is expressed as it is"


def _way(result: attribution.Result) -> str:
    return {
        "mutagenesis": "exchanging each base",
        "gradient": "gradient × input",
        "integrated": "integrated gradients",
    }[result.options.method]


def _reading(result: attribution.Result) -> dict[str, str]:
    facts = {"Contributions": READING[result.options.method]}
    if result.unit == "log odds":
        facts["Log odds"] = (
            "The natural logarithm of the probability over that of the contrary: 0 is one half, 4.6 is 0.99. Unlike the "
            "probability it still moves where the model is sure."
        )
    facts["Motifs"] = (
        "The stretches whose contributions, whatever their sign, are larger together than those of places drawn at random; "
        "aligned where bases and contributions are alike. Capitals stand in three of four stretches or more, n in fewer than "
        "half. What the model leans on need not be what the cell does."
    )
    return facts


def _motifs(result: attribution.Result) -> list[Block]:
    if not result.found:
        return [Text(["None: no stretches are alike more often than chance has it."])]
    table = attribution.motif_table(result)
    rows: list[list[Cell]] = []
    for row in table.iter_rows(named=True):
        where: Cell = (
            "\N{EN DASH}"
            if row["offset"] is None
            else (number(row["offset"], 0), f"{number(row['offset_low'], 0)} to {number(row['offset_high'], 0)}")
        )
        rows.append(
            [
                row["motif"],
                row["consensus"],
                f"{row['stretches']:,}",
                f"{row['windows']:,}",
                number(row["expected"], 0),
                number(row["attribution"]),
                where,
            ]
        )
    pictures = [
        Picture(
            figures.svg(logos.logo(heights, first, "place in the motif", result.unit), f"motif{i}"),
            title.split(",")[0],
            "Mean contribution of each base that stands at a place of the motif.",
            f"A logo of {title}.",
        )
        for i, (title, heights, first) in enumerate(_motif_rows(result), 1)
    ]
    header = [
        "Motif",
        "Consensus",
        "Stretches",
        "Places",
        "By chance",
        f"Contribution, {result.unit}",
        "First base, from the site",
    ]
    note = "Below the first base: the middle half of the stretches." if result.task != "content" else ""
    return [Pictures(pictures), Table("The motifs", header, rows, note=note)]


def _profiles(result: attribution.Result) -> list[Plot]:
    """The mean size of the contributions, by the distance from the site."""
    if result.task == "content":
        return []
    sums: dict[int, list[float]] = {}
    width = max(1, max(len(each.codes) for each in result.explained) // _BINS)
    for each in result.explained:
        places = np.arange(each.place.first, each.place.last) - each.place.centre
        for place, value in zip((places // width).tolist(), np.abs(each.attribution).tolist(), strict=True):
            sums.setdefault(place, []).append(value)
    at = np.array(sorted(sums))
    values = np.array([np.mean(sums[place]) for place in at])
    peak = int(at[values.argmax()] * width)
    near = f"base {number(peak, 0)}" if width == 1 else f"bases {number(peak, 0)} to {number(peak + width - 1, 0)}"
    words = f"mean of {width} bases each, " if width > 1 else ""
    return [
        Plot(
            "profile",
            "Size of the contributions",
            partial(logos.profile, at * width, values, _along(result), result.unit),
            f"Without their sign, {words}mean of {count(len(result.explained), 'place')}. Most is at {near} from the site.",
            f"Mean size of the contributions by place; the largest, {values.max():.3g}, at {near}.",
        )
    ]


def _logo(result: attribution.Result, i: int, each: Explained) -> Picture:
    heights, first = _letters(each)
    title = _titled(each)
    score = number(each.score)
    end = first + len(heights) - 1
    return Picture(
        figures.svg(logos.logo(heights, first, _along(result), result.unit), f"logo{i}"),
        title,
        f"Score {score} ({result.unit}). Letters above the line raise it, those below lower it.",
        f"Contributions of bases {number(first, 0)} to {number(end, 0)}; the sequence is {_text(each)}.",
    )


def _text(each: Explained) -> str:
    return "".join("ACGTN"[code] for code in each.codes[attribution.best_stretch(each)])


# ---------------------------------------------------------------- matrices


def _of_matrix(result: importance.Result, card: Mapping[str, Any], args: Namespace) -> Report:
    permuted = result.options.method == "permutation"
    what = "bins" if result.considered > 100 or permuted else "features"
    targets = list(dict.fromkeys(feature.target for feature in result.features))
    subject = "its targets together" if targets == [importance.ALL] else listed(targets[:5])
    asked = (
        f"The question: which of {result.considered:,} {what} does the {result.architecture} model lean on when it "
        f"predicts {subject}?"
    )
    top = max(result.features, key=lambda feature: abs(feature.value))
    near = f", nearest to {top.symbol or top.gene}" if top.gene else ""
    good = True
    if permuted:
        good = result.skill > 0 and top.low > 0
        told = f" (95% interval {number(top.low, 3)} to {number(top.high, 3)})" if top.low == top.low else ""
        said = f"Most is lost without {top.name}{near}: {number(top.value, 3)} of skill{told}."
        sure = sum(feature.low > 0 for feature in result.features)
        judged = f"the model's skill on {count(result.samples, 'held-out sample')} is {number(result.skill, 3)}"
        if result.skill <= 0:
            chance = f"But {judged}, no better than the mean of the training samples: what it leans on means little."
        else:
            chance = f"As a whole {judged}; of the {len(result.features)} bins below {sure} matter beyond chance."
    else:
        said = f"The largest coefficient is that of {top.name}{near}: {_plain(top.value)}."
        chance = "Coefficients say what the model does, not how good it is: permutation holds it against samples it has not seen."
    numbers = [("Features", f"{result.considered:,}", what)]
    numbers += (
        [("Skill", number(result.skill, 3), f"on {count(result.samples, 'held-out sample')}")] if permuted else []
    )
    numbers += [("Largest", _plain(top.value), "skill lost" if permuted else "coefficient")]
    blocks: list[Block] = []
    for i, target in enumerate(targets[:SHOWN]):
        own = [feature for feature in result.features if feature.target == target]
        few = own[:20]
        label = "skill lost" if permuted else "coefficient"
        plot = Plot(
            f"features{i}",
            "All targets" if target == importance.ALL else target,
            partial(
                figures.intervals,
                [f.name for f in few],
                [(f.value, f.low, f.high) for f in few],
                label,
                "no effect",
            ),
            f"The {len(few)} features that matter most" + ".",
            "; ".join(f"{f.name} {_plain(f.value)}" for f in few[:8]) + ".",
        )
        blocks += [Pictures([plot.picture()]), _features(own, permuted, target)]
    facts = {result.options.method.capitalize(): READING[result.options.method]}
    if result.task == "targets":
        facts["Units"] = (
            "Standard deviations of the target, for one more of the landmark gene, the others at their means; of several "
            "targets the root of the mean square."
        )
    if permuted:
        facts["95% intervals"] = (
            "Percentiles of the bootstrap over groups of held-out samples. The same samples chose the bins: the best are "
            "somewhat overrated."
        )
        facts["Search"] = (
            f"{result.tried:,} stretches of neighbouring bins were exchanged together; the best were divided down to "
            "single bins."
        )
    sections = [
        Section("What it leans on", blocks),
        Section("How to read this", [Facts(facts)]),
        Section("The model", [Facts(card_facts(card))]),
        Section("How to make this again", _again(result.options.method, args, result.digests)),
    ]
    return Report(f"What a model of {card['task']} looks at", asked, said, chance, good, numbers, sections)


def _features(own: Sequence[importance.Feature], permuted: bool, target: str) -> Table:
    rows: list[list[Cell]] = []
    for f in own:
        gene: Cell = (
            f.symbol or f.gene,
            "" if f.distance is None else f"{f.distance:,} bases".replace("-", "\N{MINUS SIGN}"),
        )
        value: Cell = (_plain(f.value), f"{number(f.low, 3)} to {number(f.high, 3)}" if f.low == f.low else "")
        rows.append([f.name, value, gene] if f.chrom else [(f.name, f.symbol), value])
    header = ["Feature", "Skill lost" if permuted else "Coefficient", *(["Nearest start site"] if own[0].chrom else [])]
    note = (
        "Distances are from the start site to the bin, below 0 upstream of the gene."
        if any(f.gene for f in own)
        else ""
    )
    return Table("Features" if target == importance.ALL else f"Features of {target}", header, rows, note=note)


def _plain(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
