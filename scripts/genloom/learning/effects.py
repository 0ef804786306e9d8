"""How strong the effects of variants on splicing are, which sites they change, and what was left unscored.

Counts are of alleles: one that lies in several genes counts once, in the gene in which its highest score is highest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from ..formats import results, tables
from ..formats.results import CHANGES, EFFECTS
from .metrics import Metric

# Jaganathan et al., Cell 176, 535 (2019): SpliceAI's cut-offs, and what its authors offer each for.
CUTOFFS = {0.2: "high recall", 0.5: "recommended", 0.8: "high precision"}
LEAST = min(CUTOFFS)
NAMES = {"ag": "acceptor gain", "al": "acceptor loss", "dg": "donor gain", "dl": "donor loss"}
ARTEFACT = "insertion-artefact"
_SCORES = [f"ds_{change}" for change in CHANGES]
_ALLELE = ("record", "alt")


@dataclass(frozen=True)
class Effects:
    """The table of score_variants.

    rows : all of it, a row for each allele and gene, in its order
    """

    rows: pl.DataFrame

    @cached_property
    def scored(self) -> pl.DataFrame:
        """The rows with scores, the highest first, and further columns: `highest` score, its `change` (a value of NAMES),
        the `distance` of the site changed from the variant, and its place, `site`, from 1."""
        rows = self.rows.filter(pl.col("reason").is_null())
        scores = rows.select(_SCORES).to_numpy().reshape(-1, len(CHANGES))
        places = rows.select(f"dp_{change}" for change in CHANGES).to_numpy().reshape(-1, len(CHANGES))
        leading = scores.argmax(1)
        at = np.arange(len(rows)), leading
        names = np.array(list(NAMES.values()))
        rows = rows.with_columns(
            highest=pl.Series(scores[at], dtype=pl.Float64),
            change=pl.Series(names[leading], dtype=pl.String),
            distance=pl.Series(places[at], dtype=pl.Int64),
        ).with_columns(site=pl.col("position") + pl.col("distance"))
        return rows.sort("highest", descending=True, maintain_order=True)

    @cached_property
    def alleles(self) -> pl.DataFrame:
        """Of `scored`, each allele once."""
        return self.scored.unique(_ALLELE, keep="first", maintain_order=True)

    def reaching(self, cutoff: float) -> pl.DataFrame:
        """Alleles whose highest score is at least that, rounded to two digits as it stands in the VCF."""
        shown = pl.col("highest").cast(pl.Float32).cast(pl.Float64).round(2)
        return self.alleles.filter(shown >= cutoff)

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Reason → number of alleles left unscored for it, the most first."""
        left = self.rows.filter(pl.col("reason").is_not_null()).unique(_ALLELE, maintain_order=True)
        counts = left["reason"].value_counts().sort(["count", "reason"], descending=[True, False])
        return dict(counts.iter_rows())

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """How many records (and numbers of records that the table lacks), alleles and genes there are."""
        return {
            "records": self.rows["record"].n_unique(),
            "records_missing": int(self.rows["record"].max()) - self.rows["record"].n_unique(),  # type: ignore[arg-type]
            "alleles": self.rows.n_unique(_ALLELE),
            "genes": self.scored["gene"].n_unique(),
        }

    def changes(self, cutoff: float) -> dict[str, int]:
        """Change → alleles that reach the cut-off of which it is the strongest."""
        found = self.reaching(cutoff)["change"]
        return {name: int((found == name).sum()) for name in NAMES.values()}


def read(path: str | Path) -> Effects:
    """Read the table of score_variants; see `formats.results.read_effects` for what is refused."""
    return Effects(results.read_effects(path))


def measure(effects: Effects, model: str) -> list[Metric]:
    """The counts; `n` is what each is a part of."""
    totals, scored = effects.totals, len(effects.alleles)
    alleles, strong = totals["alleles"], len(effects.reaching(LEAST))
    whole = totals["records"] + totals["records_missing"]
    counts = [
        ("records", totals["records"], whole),
        ("records_missing", totals["records_missing"], whole),
        ("alleles", alleles, alleles),
        ("genes", totals["genes"], totals["genes"]),
        ("scored", scored, alleles),
        *((f"unscored.{slug(reason)}", count, alleles) for reason, count in effects.reasons.items()),
        *((f"at_least_{cutoff}", len(effects.reaching(cutoff)), scored) for cutoff in CUTOFFS),
        *((slug(name), count, strong) for name, count in effects.changes(LEAST).items()),
        ("insertion_artefacts", artefacts(effects.alleles), scored),
        (f"insertion_artefacts_at_least_{LEAST}", artefacts(effects.reaching(LEAST)), strong),
    ]
    return [Metric(name, model, float(count), np.nan, np.nan, n) for name, count, n in counts]


def artefacts(rows: pl.DataFrame) -> int:
    """How many alleles carry the flag of a site that an insertion merely moved."""
    return int((rows["note"] == ARTEFACT).sum())


def slug(words: str) -> str:
    """Words as a part of a metric's name."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def write(effects: Effects, path: str | Path) -> None:
    """Write the scored rows, the highest first: the columns of score_variants but the reason, then what is highest."""
    columns = [*(name for name in EFFECTS if name != "reason"), "highest", "change", "distance", "site"]
    tables.write(effects.scored.select(columns), path)
