"""The report of `explain_model` on variants: what each does to a score, and which bases make the difference."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..learning.attribution import Result
from . import explanation as shared
from .page import Cell, Part, Pictures, Report, number
from .parts import card_facts, count, data, left_out, table

PAIRS = 4  # variants whose letters the page shows
READING = {
    "Variants": "The same site or promoter, once with the reference allele and once with the alternate one. A site keeps its "
    "place in the genome, and so does the start site of a promoter. Of the classes of sites and the two strands that which "
    "changes most is shown.",
    "Effect": "The score of the alternate less that of the reference. Beside it, of a splice site, what that does to its "
    "probability.",
}


def report(result: Result, card: Mapping[str, Any], args: Namespace) -> Report:
    """The whole page."""
    found, unit = result.variants, result.unit
    own = [found.row(place, named=True) for place in result.chosen]
    sizes = np.abs([row["delta"] for row in own])
    top = own[int(sizes.argmax())]
    reasons = Counter(each.reason for each in result.altered if each.reason)
    what = "splice sites" if result.task == "boundaries" else "expression, by the promoters they are in"
    name = f"{top['chrom']}:{top['position']} {shared.shortened(top['ref'])} to {shared.shortened(top['alt'])}"
    missed = (
        f"{count(sum(reasons.values()), 'allele')} could not be explained" if reasons else "none had to be left out"
    )
    letters = [shared.logo(result, i, each) for i, each in enumerate(result.explained[: 2 * PAIRS])]
    rows: list[list[Cell]] = [
        [
            (f"{row['chrom']}:{row['position']}", row["id"] if row["id"] != "." else ""),
            f"{shared.shortened(row['ref'])} \N{RIGHTWARDS ARROW} {shared.shortened(row['alt'])}",
            (row["target"], row["gene"]),
            number(row["reference"]),
            number(row["alternate"]),
            (
                number(row["delta"]),
                "" if row["probability"] != row["probability"] else f"{number(row['probability'])} of probability",
            ),
        ]
        for row in own
    ]
    header = ["Variant", "Alleles", "Site or promoter", "Reference", "Alternate", "Effect"]
    return Report(
        title=f"What variants do to a model of {card['task']}",
        asked=f"The question: what do {count(result.considered, 'allele')} do to {what}, of which {len(own)}, those with the "
        f"largest effects, are explained by {shared.way(result)}?",
        found=f"The largest change is that of {name} in {top['target']}: from {number(top['reference'])} to "
        f"{number(top['alternate'])} ({unit}).",
        compared=f"Half of those explained change the score by less than {number(float(np.median(sizes)))}; {missed}.",
        good=True,
        numbers=[
            ("Explained", f"{len(own):,}", f"of {result.considered:,} alleles"),
            ("Largest effect", number(float(sizes.max())), unit),
            ("Not explained", f"{sum(reasons.values()):,}", "alleles, see the data"),
        ],
        baselines=[table("The reference beside the alternate", header, rows, f"In {unit}.", noun="variant")],
        figures=[
            Part("Reference and alternate, base by base", [Pictures(letters)]),
            Part("Motifs of the reference", shared.motifs(result)),
        ],
        reading={**READING, **shared.reading(result)},
        data=data(
            card,
            {
                "Alleles": f"{len(result.altered):,}",
                "Left out": left_out(reasons),
                "Assembly": str(card.get("assembly") or ""),
            },
        ),
        model=card_facts(card),
        again=shared.again_by(result, args),
    )
