"""The report of the task `variants`: how strongly variants change splicing, which sites and where, and what has no score."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..formats import modelfile
from ..learning import effects, metrics
from ..learning.effects import CUTOFFS, LEAST, NAMES, Effects
from ..learning.metrics import Metric
from . import figures
from .page import Block, Cell, Facts, Part, Report, Table, Text, number, plain
from .parts import ROWS, Made, Plot, card_facts, count, data, drawn, given, left_out, percent, sentence

TITLE = "What variants do to splicing"
SOURCE = {"name": "Weights of", "licence": "Licence", "citation": "Citation", "doi": "DOI", "trained_on": "Trained on"}
CARD = ("architecture", "settings", "members", "flank", "assembly", "versions")
FROM = "Jaganathan and others, Cell 176, 535 (2019), doi:10.1016/j.cell.2018.12.015"
DISTANCES = {"at the variant": 0, "1 or 2 bases": 2, "3 to 10": 10, "11 to 50": 50, "further": np.inf}
BINS = 41  # of the distances that are drawn, or somewhat fewer
NEAR = 10  # bases that are drawn at the least
LEADING = 10  # alleles that are listed even where none is strong
LONG = 12  # bases of an allele that are shown
READING = {
    "Score": "A delta score: by how much the network's probability of a site rises (gain) or falls (loss) with the allele, "
    "from 0 to 1. Of an allele the highest of its four counts, and of several genes the one where that is highest.",
    "Cut-offs": f"0.2 for high recall, 0.5 as recommended, 0.8 for high precision, as SpliceAI's authors have it ({FROM}), for "
    "scores rounded to two digits. They hold for SpliceAI's weights; for other networks they are a habit.",
    "Where": "Bases from the variant's first base to the site, to the right on the plus strand if above 0.",
    "Insertion artefact": "The bases inserted move an old site: gain and loss may be one and the same site.",
    "What a score does not say": "What becomes of the transcript, or of a person who carries the allele.",
}


@dataclass(frozen=True)
class Results:
    """The table of score_variants, what was counted in it, and the card of the model, if it is given."""

    effects: Effects
    metrics: list[Metric]
    model: str
    card: Mapping[str, Any] | None
    made: Made


def read(args: Namespace) -> Results:
    """Read what the arguments name, and count."""
    found = effects.read(args.predictions)
    card = given(modelfile.read, args.model, "boundaries")
    about = card[0] if card else None
    model = (about or {}).get("source", {}).get("name") or ("the model" if about else "")
    measured = effects.measure(found, model.removeprefix("the ") or "model")
    made = Made.of(args, TITLE)
    return Results(found, measured, model, about, made)


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    return {
        "metrics": partial(metrics.write_table, results.metrics),
        "metrics_json": partial(metrics.write_json, results.metrics),
        "variant_table": partial(effects.write, results.effects),
    }


def plots(results: Results) -> list[Plot]:
    """The figures in the order of the report; without strong effects there are fewer."""
    e = results.effects
    told = {"scored": len(e.alleles), **e.reasons}
    numbers, first = np.array(list(told.values())), np.arange(len(told)) == 0
    found = [
        Plot(
            "reasons",
            "Scored, or why not",
            partial(
                figures.layers, list(told), {"scored": numbers * first, "left unscored": numbers * ~first}, "alleles"
            ),
            "Every allele of every record in the table counts once.",
            "Alleles: " + "; ".join(f"{what} {n:,}" for what, n in told.items()) + ".",
        )
    ]
    if e.alleles.is_empty():
        return found
    reached = "; ".join(f"{cutoff:g} {len(e.reaching(cutoff)):,}" for cutoff in CUTOFFS)
    found.append(
        Plot(
            "scores",
            "Highest score of each allele",
            partial(
                figures.histogram,
                {"alleles": e.alleles["highest"].to_numpy()},
                np.linspace(0, 1, 51),
                "highest of the four delta scores",
                "alleles",
                list(CUTOFFS),
            ),
            "On a scale of logarithms, since most scores are near 0. Dashed: the cut-offs.",
            f"Distribution of the highest scores of {len(e.alleles):,} alleles; that many reach: {reached}.",
        )
    )
    strong = e.reaching(LEAST)
    if strong.is_empty():
        return found
    by_change = _changes(e)
    told = e.changes(LEAST)
    signed = {
        words: strong.filter(pl.col("change").str.ends_with(end))["distance"].to_numpy()
        for words, end in {"gains": "gain", "losses": "loss"}.items()
    }
    close = int((strong["distance"].abs() <= 2).sum())
    return [
        *found,
        Plot(
            "changes",
            "Strongest change of each allele",
            partial(figures.layers, list(NAMES.values()), by_change, f"alleles of at least {LEAST:g}"),
            f"Of the four scores of an allele the highest, where it is at least {LEAST:g}.",
            "Alleles by their strongest change: " + "; ".join(f"{name} {n:,}" for name, n in told.items()) + ".",
        ),
        Plot(
            "distances",
            "From the variant to the site that changes",
            partial(
                figures.histogram,
                signed,
                _edges(max(int(strong["distance"].abs().max()), NEAR)),  # type: ignore[arg-type]
                "bases to the right of the variant, on the plus strand",
                f"alleles of at least {LEAST:g}",
            ),
            "Of the strongest change of each allele.",
            f"Of {count(len(strong), 'allele')} of at least {LEAST:g}, {close:,} change a site within 2 bases.",
        ),
    ]


def _edges(furthest: int) -> np.ndarray:
    """Edges of bins of equal and odd width, the middle one around 0."""
    width = 2 * ((2 * furthest) // BINS // 2) + 1
    reach = -(-furthest // width)
    return (np.arange(-reach, reach + 2) - 0.5) * width


def _changes(e: Effects) -> dict[str, np.ndarray]:
    """How strong → alleles of each change; the strongest first."""
    limits = sorted(CUTOFFS, reverse=True)
    reached = [np.array(list(e.changes(cutoff).values())) for cutoff in limits]
    names = [
        f"{limits[0]:g} and more",
        *(f"{low:g} to {high:g}" for high, low in pairwise(limits)),
    ]
    return dict(zip(names, np.diff(np.array(reached), axis=0, prepend=0), strict=True))


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figures."""
    e = results.effects
    scored, alleles = len(e.alleles), e.totals["alleles"]
    numbers = [
        ("Alleles scored", f"{scored:,}", f"of {alleles:,}"),
        *((f"At least {cutoff:g}", f"{len(e.reaching(cutoff)):,}", words) for cutoff, words in CUTOFFS.items()),
    ]
    scores = f"the scores of {results.model}" if results.model else "their scores"
    asked = (
        f"The question: which of {count(alleles, 'allele')} in {count(e.totals['records'], 'record')} change splicing, by "
        f"{scores}?"
    )
    strong = any(plot.name == "changes" for plot in plots)
    return Report(
        title=results.made.title,
        asked=asked,
        found=_found(e),
        compared=_rest(e),
        good=bool(scored),
        numbers=numbers,
        baselines=[Text([NO_BASELINE]), *([_cutoffs(e)] if scored else [])],
        figures=[
            Part("How strong the effects are", drawn(plots, "scores")),
            Part(
                "Which sites change, and where",
                [*drawn(plots, "changes", "distances"), _sites(e), _distances(e)] if strong else [],
            ),
            Part("The strongest variants", [_strongest(e)] if scored else []),
            Part("Scored, and why not", [*drawn(plots, "reasons"), _reasons(e)]),
        ],
        reading=READING,
        data=_data(results),
        model=_about(results.card),
        again=results.made.again(),
    )


NO_BASELINE = (
    "What these alleles do in cells is not known here: there is no truth and no baseline to hold the scores against, only "
    "cut-offs. How good the model is beside baselines is in the report on its training, or in its publication."
)


def _found(e: Effects) -> str:
    """How many are strong, in plain words."""
    scored, strong = len(e.alleles), len(e.reaching(LEAST))
    if not scored:
        return "No allele could be scored."
    if not strong:
        return f"None of the {count(scored, 'allele')} scored reaches {LEAST:g}: no effect on splicing is to be seen."
    more = " and ".join(f"{len(e.reaching(cutoff)):,} reach {cutoff:g}" for cutoff in list(CUTOFFS)[1:])
    reach = "reaches" if strong == 1 else "reach"
    return f"{strong:,} of the {count(scored, 'allele')} scored ({percent(strong / scored)}) {reach} {LEAST:g}; {more}."


def _rest(e: Effects) -> str:
    """What it is held against, the strongest allele, and what was left unscored."""
    strongest = ""
    if len(e.reaching(LEAST)):
        top = e.alleles.row(0, named=True)
        strongest = (
            f"the strongest is {_name(top)} in {top['gene']}, {top['change']} of {number(top['highest'])}, "
            f"{_where(top['distance'])}{', which may be an artefact of the insertion' if _moved(top) else ''}"
        )
    left, unscored = sum(e.reasons.values()), "no allele was left unscored"
    if left:
        reason, most = next(iter(e.reasons.items()))
        why = f", all of them: {reason}" if most == left else f", most often ({most:,}): {reason}"
        unscored = f"{count(left, 'allele')} {'was' if left == 1 else 'were'} left unscored{why}"
    missing = e.totals["records_missing"]
    return sentence(
        "the scores are held against cut-offs, not against an experiment" if len(e.alleles) else "",
        strongest,
        unscored,
        f"the table lacks {count(missing, 'record')}: its rows were chosen from a longer one" if missing else "",
    )


def _where(distance: int) -> str:
    if not distance:
        return "at the variant itself"
    return f"{count(abs(distance), 'base')} to its {'right' if distance > 0 else 'left'}"


def _reasons(e: Effects) -> Table:
    totals, scored = e.totals, len(e.alleles)
    told = {"scored": scored, **e.reasons}
    rows: list[list[Cell]] = [[what, f"{n:,}", percent(n / totals["alleles"])] for what, n in told.items()]
    rows.append(["all alleles", f"{totals['alleles']:,}", percent(1)])
    note = (
        f"{count(totals['records'], 'record')}; {count(scored, 'allele')} in {count(totals['genes'], 'gene')}, "
        f"{count(len(e.scored), 'pair')} of allele and gene."
    )
    return Table("Alleles", ["What", "Alleles", "Share"], rows, note=note, strong=0)


def _cutoffs(e: Effects) -> Table:
    rows: list[list[Cell]] = []
    for cutoff, words in CUTOFFS.items():
        found = e.reaching(cutoff)
        share, moved = percent(len(found) / len(e.alleles)), effects.artefacts(found)
        rows.append([f"{cutoff:g}", words, f"{len(found):,}", share, f"{moved:,}"])
    header = ["At least", "Offered for", "Alleles", "Share of those scored", "Flagged as insertion artefact"]
    return Table("Alleles that reach the cut-offs", header, rows, note=f"Cut-offs: {FROM}.")


def _sites(e: Effects) -> Table:
    parts = _changes(e)
    rows: list[list[Cell]] = [
        [
            name,
            *(f"{counts[i]:,}" for counts in parts.values()),
            f"{sum(int(counts[i]) for counts in parts.values()):,}",
        ]
        for i, name in enumerate(NAMES.values())
    ]
    return Table("Alleles by their strongest change", ["Change", *parts, "All"], rows)


def _distances(e: Effects) -> Table:
    strong = e.reaching(LEAST)
    away = strong["distance"].abs().to_numpy()
    place = np.searchsorted(np.array(list(DISTANCES.values())), away)
    rows: list[list[Cell]] = []
    for i, words in enumerate(DISTANCES):
        here = strong.filter(place == i)["change"]
        rows.append([words, *(f"{int((here == name).sum()):,}" for name in NAMES.values()), f"{len(here):,}"])
    caption = f"Alleles of at least {LEAST:g} by how far from the variant the site is"
    return Table(caption, ["Away", *(name.capitalize() for name in NAMES.values()), "All"], rows)


def _strongest(e: Effects) -> Table:
    listed = e.alleles.head(min(max(len(e.reaching(LEAST)), LEADING), ROWS))
    rows: list[list[Cell]] = []
    for row in listed.iter_rows(named=True):
        name = row["id"] if row["id"] != "." else ""
        four: list[Cell] = [(number(row[f"ds_{c}"]), _signed(row[f"dp_{c}"])) for c in NAMES]
        flag = "may be an artefact" if _moved(row) else ""
        place = f"{row['chrom']}:{row['site']:,}"
        rows.append([(_name(row), name), (row["gene"], row["strand"]), (row["change"], place), *four, flag])
    header = ["Variant", "Gene", "Strongest change, site", *(name.capitalize() for name in NAMES.values()), "Insertion"]
    total = len(e.alleles)
    note = "Small under a score: bases from the variant to the site."
    return Table(
        "Alleles by their highest score",
        header,
        rows,
        note=f"The first {len(rows)} of {total:,} alleles; the table of variants has all. {note}"
        if total > len(rows)
        else note,
    )


def _data(results: Results) -> list[Block]:
    e = results.effects
    missing = e.totals["records_missing"]
    facts = {
        "Records": f"{e.totals['records']:,}" + (f"; the table lacks {missing:,} of a longer one" if missing else ""),
        "Alleles": f"{e.totals['alleles']:,}",
        "Alleles scored": f"{len(e.alleles):,}, {len(e.scored):,} with the genes they are in",
        "Left unscored": left_out(e.reasons),
        "Genes": f"{e.totals['genes']:,}",
        "Split": "none: variants are not divided",
    }
    return data(results.card, facts)


def _about(card: Mapping[str, Any] | None) -> list[Block]:
    """Whose weights they are, and what they are of."""
    if card is None:
        return []
    source = card.get("source", {})
    facts = {words: plain(source[key]) for key, words in SOURCE.items() if key in source}
    if files := source.get("files"):
        facts["Files"] = plain([each["release"] or f"SHA-256 {each['sha256']}" for each in files])
    return [*([Facts(facts)] if facts else []), *card_facts({key: card[key] for key in CARD if card.get(key)})]


def _name(row: Mapping[str, Any]) -> str:
    """A variant as people write it, long alleles by their length."""
    ref, alt = (each if len(each) <= LONG else f"({len(each)} bases)" for each in (row["ref"], row["alt"]))
    return f"{row['chrom']}:{row['position']:,} {ref}>{alt}"


def _moved(row: Mapping[str, Any]) -> bool:
    return row["note"] == effects.ARTEFACT


def _signed(places: int) -> str:
    return f"{places:+,}".replace("-", "\N{MINUS SIGN}") if places else "0"
