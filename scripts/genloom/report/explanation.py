"""The report of `explain_model`: which bases and motifs, or which features, a model leans on."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..formats import modelfile, results
from ..learning import attribution, explaining, importance
from ..learning.attribution import Explained
from ..learning.tasks import flag
from . import figures, logos, look, page
from .page import Block, Cell, Part, Picture, Pictures, Report, Table, Text, number
from .parts import Plot, again, card_facts, count, data, drawn, listed, table

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
    "permutation": "Importance is what is lost on held-out samples when the values of the feature are exchanged for those of "
    "other samples, drawn at random. Of features that go together each alone may seem of little use.",
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
        if isinstance(result, attribution.Result) and result.altered:
            from . import alleles

            page.write(alleles.report(result, card, args), paths["report"])
        elif isinstance(result, attribution.Result):
            page.write(_of_sequence(result, card, args), paths["report"])
        else:
            page.write(_of_matrix(result, card, args), paths["report"])


def _save(figure: Any, name: str, path: Path) -> None:
    look.save(figure, path, "svg", name)


def _titled(each: Explained) -> str:
    place = each.place
    if place.focus >= 0:
        return f"{place.name}, {place.gene}" if place.gene else place.name
    return (
        f"{place.target}" + (f", {place.gene}" if place.gene else "")
        if place.centre >= 0 and " " in place.target
        else place.name
    )


def _highest(result: attribution.Result) -> list[Explained]:
    """Those with the highest scores first; of variants reference and alternate in turn, the largest effect first."""
    if result.altered:
        return result.explained
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


def shortened(allele: str, most: int = 12) -> str:
    """An allele for the eye."""
    return allele if len(allele) <= most else f"{allele[:most]}\N{HORIZONTAL ELLIPSIS} ({len(allele)})"


def again_by(result: Result, args: Namespace) -> list[Block]:
    """The command with names of files that stand for the user's own, versions and digests."""
    method, digests = result.options.method, result.digests
    files = {"model": "model.safetensors", "windows": "windows.h5", "genome": "genome.fa", "bins": "bins.h5ad"}
    files |= {"variants": "variants.vcf", "matrix": "matrix.h5ad", "landmarks": "landmarks.txt"}
    files |= {"expression": "expression.h5ad", "split": "split.tsv", "annotation": "genes.gtf"}
    given = [f"--model {files['model']}", f"--method {method}"]
    for name in explaining.TAKES[method]:
        value = getattr(args, name)
        if value and name not in explaining.WRITTEN:
            option = "--class" if name == "label" else flag(name)
            many = value if isinstance(value, list) else [files.get(name, value)]
            given.append(f"{option} {' '.join(shlex.quote(str(each)) for each in many)}")
    if method in explaining.SEQUENCE:
        given += [f"--distance {args.distance}"] * bool(args.variants)
        given += [f"--sites {args.sites} --count {args.count} --motif-width {args.motif_width} --seed {args.seed}"]
    else:
        given += [f"--top {args.top}"]
        given += [f"--repeats {args.repeats} --bootstrap {args.bootstrap} --seed {args.seed}"] * (
            method == "permutation"
        )
    known = {"model": modelfile.digest(args.model), **digests}
    if "split" in explaining.TAKES[method] and args.split:
        known["split"] = results.digest(args.split)
    facts = {f"SHA-256 of the {name}": value for name, value in known.items()}
    return again("explain-model", [*given, "--report report.html"], ("matplotlib", "numpy", "torch"), facts)


# ---------------------------------------------------------------- sequence


def _of_sequence(result: attribution.Result, card: Mapping[str, Any], args: Namespace) -> Report:
    what = _what(result)
    total, found = len(result.explained), result.found
    scores = np.array([each.score for each in result.explained])
    asked = (
        f"The question: which bases make the model say {what}, in {count(total, 'place')} of {result.considered:,}, explained by "
        f"{way(result)}?"
    )
    if found:
        first = found[0]
        own = len(set(first.sequences.tolist()))
        more = f"; {count(len(found) - 1, 'further motif')} beside it" if len(found) > 1 else ""
        said = f"It leans most often on {first.consensus}, in {own} of {count(total, 'place')}{more}."
        chance = (
            f"With the bases of the stretches shuffled, {first.expected:.0f} of them would fit that motif; as "
            f"they are, {len(first.starts)} do."
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
    options = result.options
    letters = [logo(result, i, each) for i, each in enumerate(_highest(result)[:SHOWN])]
    facts = {
        "Explained": f"{count(total, 'place')}, those with the highest scores of {result.considered:,}",
        "Bases explained": f"{sum(len(each.codes) for each in result.explained):,}",
        "Sites": options.sites if result.task == "boundaries" else "",
        "Assembly": str(card.get("assembly") or ""),
        "Split": "none: places were not chosen by the parts of a split, so the model may have been trained on them",
    }
    return Report(
        title=f"What a model of {card['task']} looks at",
        asked=asked,
        found=said,
        compared=chance,
        good=bool(found),
        numbers=numbers,
        baselines=motifs(result),
        figures=[
            Part("Where the contributions are", drawn(_profiles(result), "profile")),
            Part("The highest scores, base by base", [Pictures(letters)]),
        ],
        reading=reading(result),
        data=data(card, facts),
        model=card_facts(card),
        again=again_by(result, args),
    )


def _what(result: attribution.Result) -> str:
    label = result.options.label
    if result.task == "boundaries":
        return f"that a base is {'an' if label[0] in 'aeio' else 'a'} {label}"
    return f"that a window holds {label}" if result.task == "content" else "that a gene is expressed as it is"


def way(result: attribution.Result) -> str:
    return {
        "mutagenesis": "exchanging each base",
        "gradient": "gradient × input",
        "integrated": "integrated gradients",
    }[result.options.method]


def reading(result: attribution.Result) -> dict[str, str]:
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


def motifs(result: attribution.Result) -> list[Block]:
    if not result.found:
        return [Text(["No motif: no stretches are alike more often than chance has it."])]
    table, placed = attribution.motif_table(result), result.task != "content"
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
                *([where] if placed else []),
            ]
        )
    pictures = [
        Picture(
            look.svg(logos.logo(heights, first, "place in the motif", result.unit), f"motif{i}"),
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
        *(["First base, from the site"] if placed else []),
    ]
    note = "Below the first base: the middle half of the stretches." if placed else ""
    return [Table("Motifs, and what chance would bring", header, rows, note=note), Pictures(pictures)]


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


def logo(result: attribution.Result, i: int, each: Explained) -> Picture:
    heights, first = _letters(each)
    title = _titled(each)
    score = number(each.score)
    end = first + len(heights) - 1
    return Picture(
        look.svg(logos.logo(heights, first, _along(result), result.unit), f"logo{i}"),
        title,
        f"Score {score} ({result.unit}). Letters above the line raise it, those below lower it.",
        f"Contributions of bases {number(first, 0)} to {number(end, 0)}; the sequence is {_text(each)}.",
    )


def _text(each: Explained) -> str:
    return "".join("ACGTN"[code] for code in each.codes[attribution.best_stretch(each)])


# ---------------------------------------------------------------- matrices


def _of_matrix(result: importance.Result, card: Mapping[str, Any], args: Namespace) -> Report:
    permuted = result.options.method == "permutation"
    what = "bins" if result.task == "expression" and (result.considered > 100 or permuted) else "features"
    targets = list(dict.fromkeys(feature.target for feature in result.features))
    subject = "its targets together" if targets == [importance.ALL] else listed(targets[:5])
    asked = (
        f"The question: which of {result.considered:,} {what} does the {result.architecture} model lean on when it "
        f"predicts {subject}?"
    )
    top = max(result.features, key=lambda feature: abs(feature.value))
    near = f", nearest to {top.symbol or top.gene}" if top.gene else ""
    good, judged_on = True, count(result.samples, "held-out sample")
    if permuted:
        good = result.skill > 0 and top.low > 0
        told = f" (95% interval {number(top.low, 3)} to {number(top.high, 3)})" if top.low == top.low else ""
        noun, verb = result.measure.rsplit(" ", 1)
        said = f"Without {_called(top)}{near}, {number(top.value, 3)} of {noun} is {verb}, the most of all{told}."
        sure = sum(feature.low > 0 for feature in result.features)
        (name, score), *_ = result.scores.items()
        judged = f"the model's {name} on {judged_on} is {number(score, 3)}"
        if result.skill <= 0:
            chance = f"But {judged}, no better than that of {BLIND[result.task]}: what it leans on means little."
        else:
            chance = f"As a whole {judged}; of the {len(result.features)} {what} below {sure} matter beyond chance."
    else:
        said = f"The largest coefficient is that of {top.name}{near}: {_plain(top.value)}."
        chance = "Coefficients say what the model does, not how good it is: permutation holds it against samples it has not seen."
    numbers = [("Features", f"{result.considered:,}", what)]
    numbers += [(name.capitalize(), number(score, 3), f"on {judged_on}") for name, score in result.scores.items()]
    numbers += [("Largest", _plain(top.value), result.measure)]
    parts = []
    for i, target in enumerate(targets[:SHOWN]):
        own = [feature for feature in result.features if feature.target == target]
        parts.append(Part("All targets" if target == importance.ALL else target, _leaned_on(own, result.measure, i)))
    return Report(
        title=f"What a model of {card['task']} looks at",
        asked=asked,
        found=said,
        compared=chance,
        good=good,
        numbers=numbers,
        baselines=_worth(result) if permuted else [Text([NO_BASELINE])],
        figures=parts,
        reading=_terms(result, permuted),
        data=data(
            card,
            {
                "Features": f"{result.considered:,} {what}",
                "Targets": subject
                if len(targets) <= SHOWN
                else f"{len(targets):,}, the first {SHOWN} of them in figures",
                "Held-out samples": f"{result.samples:,}" if permuted else "none are needed",
                "Assembly": str(card.get("assembly") or ""),
            },
        ),
        model=card_facts(card),
        again=again_by(result, args),
    )


NO_BASELINE = (
    "Coefficients are the model itself, and nothing to hold against a baseline. How good it is beside baselines is in the report "
    "on its training."
)


BLIND = {
    "expression": "the mean of the training samples",
    "classes": "equal chances",
    "targets": "the mean of the training part",
}


def _worth(result: importance.Result) -> list[Block]:
    """How good the model is as a whole, beside one that looks at nothing."""
    rows: list[list[Cell]] = [
        [result.architecture, number(result.skill, 3)],
        [BLIND[result.task], ("0", "by definition")],
    ]
    note = {
        "classes": "One less the log-loss over that of equal chances, each class alike.",
        "targets": "One less the mean absolute error over that of the mean.",
    }.get(result.task, "")
    return [Table(f"On {count(result.samples, 'held-out sample')}", ["Model", "Skill"], rows, strong=0, note=note)]


def _terms(result: importance.Result, permuted: bool) -> dict[str, str]:
    facts = {result.options.method.capitalize(): READING[result.options.method]}
    if result.task == "targets" and not permuted:
        facts["Units"] = (
            "Standard deviations of the target, for one more of the landmark gene, the others at their means; of several "
            "targets the root of the mean square."
        )
    if permuted:
        facts["95% intervals"] = (
            "Percentiles of the bootstrap over groups of held-out samples. The same samples chose the features: the best are "
            "somewhat overrated."
        )
        facts["What counts"] = {
            "expression": "Skill: the share of the squared error of the mean of the training samples that the model spares.",
            "classes": "The log-loss that is gained, each class weighing alike; beside it the balanced accuracy that is lost.",
            "targets": "The absolute error that is gained, in standard deviations of the gene in the training part.",
        }[result.task]
        together = "neighbouring bins" if result.task == "expression" else "features, those that go together,"
        facts["Search"] = (
            f"{result.tried:,} times features were exchanged: where there are many, first groups of {together} "
            "which were divided down to single ones."
        )
    return facts


def _leaned_on(own: Sequence[importance.Feature], measure: str, place: int) -> list[Block]:
    """The features of a target: the first in a figure, all of them in a table."""
    few, permuted = own[:20], measure != "coefficient"
    plot = Plot(
        f"features{place}",
        f"The {len(few)} features that matter most",
        partial(
            figures.intervals,
            [f.name for f in few],
            [(f.value, f.low, f.high) for f in few],
            measure,
            "no effect",
        ),
        "With 95% intervals; the first, in blue, matters most." if permuted else "The first, in blue, matters most.",
        "; ".join(f"{f.name} {_plain(f.value)}" for f in few[:8]) + ".",
    )
    return [Pictures([plot.picture()]), _features(own, measure)]


def _called(feature: importance.Feature) -> str:
    """A probe or gene with its symbol, if that says more."""
    named = feature.symbol and not feature.chrom and feature.symbol != feature.name
    return f"{feature.name} ({feature.symbol})" if named else feature.name


def _features(own: Sequence[importance.Feature], measure: str) -> Table:
    judged = any(f.accuracy == f.accuracy for f in own)
    rows: list[list[Cell]] = []
    for f in own:
        gene: Cell = (
            f.symbol or f.gene,
            "" if f.distance is None else f"{f.distance:,} bases".replace("-", "\N{MINUS SIGN}"),
        )
        value: Cell = (_plain(f.value), f"{number(f.low, 3)} to {number(f.high, 3)}" if f.low == f.low else "")
        name: Cell = f.name if f.chrom or f.symbol == f.name else (f.name, f.symbol)
        rows.append([name, value, *([number(f.accuracy, 3)] if judged else []), *([gene] if f.chrom else [])])
    header = ["Feature", measure.capitalize(), *(["Balanced accuracy lost"] if judged else [])]
    header += ["Nearest start site"] if own[0].chrom else []
    note = (
        "Distances are from the start site to the bin, below 0 upstream of the gene."
        if any(f.gene for f in own)
        else ""
    )
    return table("Features by what they are worth", header, rows, note, noun="feature")


def _plain(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
