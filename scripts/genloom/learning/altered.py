"""Variants explained: the sequence of the reference and of the alternate allele, placed so that their scores can be compared.

Of splice sites the one that a variant changes most, as `models.deltas` tells; of promoters the one around each start site, which
stays where it is while what a variant adds or removes moves the bases beyond it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ..console import progress, say
from ..errors import InputError
from ..formats import genome as bases
from ..formats.genome import Genome, reverse_complement
from ..formats.variants import Record, Variants
from ..formats.windows import Windows
from ..models import deltas
from . import activity, boundaries, explaining
from . import variants as scoring
from .attribution import Options, Place
from .sites import SITES

OUTSIDE = "in no promoter of the windows"
ACROSS = "reference reaches beyond the promoter"
FEWER = "others have larger effects: --count"
COLUMNS = (
    *("record", "chrom", "position", "id", "ref", "alt", "window", "gene", "strand", "target"),
    *("reference", "alternate", "delta", "probability", "reason"),
)
_NAMED = 12  # bases of an allele in its name
_KINDS = {number: name for name, number in SITES.items()}
_CURES = {
    scoring.DIFFERS: "give the genome that the variants refer to",
    scoring.NO_SEQUENCE: "give the genome that the variants refer to",
    scoring.SYMBOLIC: "write the bases of the alleles",
    OUTSIDE: "give windows around the start sites near them",
}


@dataclass(frozen=True)
class Altered:
    """An allele with the places to explain, or the reason why it is not.

    size : of its effect, by which the largest are chosen
    probability : of a splice site, what the allele adds to or takes from its probability; else NaN
    """

    record: Record
    allele: int
    reason: str = ""
    reference: Place | None = None
    alternate: Place | None = None
    size: float = 0.0
    probability: float = np.nan

    @property
    def alt(self) -> str:
        return self.record.alts[self.allele] if self.record.alts else "."


class Stretch(NamedTuple):
    """Codes of the plus strand, and where each base lies; inserted ones on the last base before them."""

    codes: np.ndarray
    places: np.ndarray

    def cut(self, start: int, end: int, strand: str) -> tuple[np.ndarray, np.ndarray]:
        """Codes and places from index to index, in the direction of the strand."""
        codes, places = self.codes[start:end], self.places[start:end]
        return (codes, places) if strand == "+" else (reverse_complement(codes), places[::-1])


def stretch(genome: Genome, chrom: str, record: Record, alt: str, before: int, after: int) -> Stretch:
    """An allele with so many bases of the genome before and after it. Its first base has the index `before`."""
    at, end, own = record.position, record.position + len(record.ref), bases.encode(alt)
    codes = [genome.fetch(chrom, at - before, at), own, genome.fetch(chrom, end, end + after)]
    inside = np.minimum(at + np.arange(len(own)), end - 1)
    return Stretch(
        np.concatenate(codes), np.concatenate([np.arange(at - before, at), inside, np.arange(end, end + after)])
    )


def alleles(variants: Variants, genome: Genome) -> Iterator[tuple[Record, int, str, str]]:
    """Record, number of the allele, name of its chromosome in the genome, and why it cannot be explained, if so."""
    records = list(variants)
    if not records:
        raise InputError("holds no variant", variants.path, "give one with records")
    chroms = scoring.matched(Counter(record.chrom for record in records), genome, variants.path)
    for record in records:
        chrom = chroms.get(record.chrom, "")
        if not record.alts:
            yield record, 0, chrom, scoring.NO_ALTERNATE
        reason, _ = scoring.misplaced(record, chrom, genome)
        for allele, alt in enumerate(record.alts):
            yield record, allele, chrom, reason or scoring.unscored(record.ref, alt)


def of_sites(
    variants: Variants, genome: Genome, model: boundaries.Model, card: dict[str, Any], options: Options
) -> list[Altered]:
    """Of each allele the site that it changes most, on either strand: of the class that is asked for, or of both.

    Raises
    ------
    InputError : none can be explained
    """
    if card["flank"] != "real":
        say("the model was trained with flanks as N, and reads real ones here: scores may shift")
    found, every = [], list(alleles(variants, genome))
    for record, allele, chrom, reason in progress(every, len(every), "alleles"):
        if not reason and len(record.ref) > 2 * options.distance:
            reason = scoring.TOO_LONG
        each = Altered(record, allele, reason)
        found.append(each if reason else _changed(each, genome, chrom, model, options))
    return _some(found, variants)


def _changed(each: Altered, genome: Genome, chrom: str, model: boundaries.Model, options: Options) -> Altered:
    record, half = each.record, model.context // 2
    own = bases.encode(each.alt)
    reach = deltas.reach(deltas.Variant(record.position, len(record.ref), own), options.distance)
    codes = genome.fetch(chrom, record.position - reach - half, record.position + reach + half + 1)
    best: tuple[float, str, int] = (-1.0, "+", 0)
    for strand in "+-":
        variant = deltas.Variant(reach, len(record.ref), own)
        (delta,) = deltas.score(model.ready, codes, [variant], options.distance, strand == "-", model.temperature)
        for kind, (site, _) in enumerate(deltas.KINDS):
            if options.label in ("", _KINDS[site]) and (score := float(delta.scores[kind])) > best[0]:
                best, offset = (score, strand, kind), int(delta.offsets[kind])
    size, strand, kind = best
    site, sign = deltas.KINDS[kind]
    at, label = record.position + offset, _KINDS[site]
    room = half + options.distance + max(len(record.ref), len(own)) + 1
    both = [stretch(genome, chrom, record, allele, room, room) for allele in (record.ref, each.alt)]
    index = [room + offset, _shifted(room, offset, len(record.ref), len(own))]
    if not offset and len(own) > 1:  # the site may be any of the inserted bases
        window = both[1].codes[room - half : room + len(own) + half]
        read = window if strand == "+" else reverse_complement(window)
        scores = model.scores(read[None])[0, :, site]
        index[1] = room + int((scores if strand == "+" else scores[::-1]).argmax())
    target = f"{label} {chrom}:{at}:{strand}"
    reach = min(options.reach or explaining.REACH, half)
    places = []
    for name, sequence, middle in zip(("reference", "alternate"), both, index, strict=True):
        read, where = sequence.cut(middle - half, middle + half + 1, strand)
        change = room - (middle - half)
        focus = change if strand == "+" else len(read) - 1 - change
        place = Place(_name(each, name), "", target, chrom, strand, 0, read, half - reach, half + reach + 1, half)
        places.append(replace(place, places=where, focus=focus))
    return replace(each, reference=places[0], alternate=places[1], size=size, probability=sign * size)


def _shifted(first: int, offset: int, removed: int, inserted: int) -> int:
    """Where, in the alternate sequence whose allele begins at `first`, the base lies that is `offset` bases from there in the
    reference; of a deleted one the last base of the allele."""
    if offset < removed:
        return first + min(offset, inserted - 1)
    return first + offset + inserted - removed


def of_promoters(
    variants: Variants,
    genome: Genome,
    windows: Windows,
    rows: np.ndarray,
    model: activity.Model,
    facts: np.ndarray | None,
    options: Options,
) -> list[Altered]:
    """Each allele in each of these promoters that it lies in.

    Raises
    ------
    InputError : windows of another genome; no allele can be explained
    """
    table, upstream = windows.table, int(windows.settings.get("upstream") or 0)
    found: list[Altered] = []
    for record, allele, chrom, reason in alleles(variants, genome):
        each, end = Altered(record, allele, reason), record.position + len(record.ref)
        near = (table["chrom"][rows] == chrom) & (table["start"][rows] < end) & (table["end"][rows] > record.position)
        if reason in ("", scoring.SEVERAL):  # which splice networks alone are not asked about
            for row in rows[near].tolist():
                start, stop = int(table["start"][row]), int(table["end"][row])
                if record.position < start or end > stop:
                    found.append(replace(each, reason=ACROSS))
                    continue
                own = None if facts is None else facts[row]
                found.append(_moved(replace(each, reason=""), genome, chrom, windows, row, upstream, own, options))
            if not near.any():
                found.append(replace(each, reason=OUTSIDE))
        else:
            found.append(each)
    placed = [each for each in found if not each.reason]
    if placed:
        scores = []
        for side in ("reference", "alternate"):
            codes = np.stack([getattr(each, side).codes for each in placed])
            beside = None if facts is None else np.stack([getattr(each, side).facts for each in placed])
            scores.append(model.of_scaled(codes, beside))
        sizes = iter(np.abs(scores[1] - scores[0]).tolist())
        found = [each if each.reason else replace(each, size=next(sizes)) for each in found]
    return _some(found, variants)


def _moved(
    each: Altered,
    genome: Genome,
    chrom: str,
    windows: Windows,
    row: int,
    upstream: int,
    facts: np.ndarray | None,
    options: Options,
) -> Altered:
    """The two sequences of a promoter. The start site stays: an allele on one side of it moves the bases beyond itself."""
    record, table = each.record, windows.table
    start, stop, strand = int(table["start"][row]), int(table["end"][row]), str(table["strand"][row])
    site = start + upstream if strand == "+" else stop - 1 - upstream
    end, length, grown = record.position + len(record.ref), stop - start, len(each.alt) - len(record.ref)
    places = []
    for name, allele, more in (("reference", record.ref, 0), ("alternate", each.alt, grown)):
        left = end <= site  # what lies beyond is to the left
        before = record.position - start - (min(more, record.position - start) if left else 0)
        after = stop - end - (0 if left else min(more, stop - end))
        sequence = stretch(genome, chrom, record, allele, before, after)
        first = len(sequence.codes) - length if left else 0  # of an insertion longer than what lies beyond
        read, where = sequence.cut(first, first + length, strand)
        change = min(max(before - first, 0), length - 1)
        focus = change if strand == "+" else length - 1 - change
        reach = options.reach or explaining.REACH
        gene = str(table["symbol"][row] if "symbol" in table and table["symbol"][row] else table["gene"][row])
        window = str(table["name"][row])
        span = max(focus - reach, 0), min(focus + reach + 1, length)
        place = Place(_name(each, name), gene, f"expression {window}", chrom, strand, 0, read, *span, upstream, facts)
        places.append(replace(place, places=where, focus=focus, window=window))
    if (places[0].codes != windows.codes(np.array([row]))[0]).any():
        raise InputError(
            f"has other bases than the genome in window {table['name'][row]}",
            windows.path,
            "give the genome that the windows were cut from",
        )
    return replace(each, reference=places[0], alternate=places[1])


def _name(each: Altered, side: str) -> str:
    record = each.record
    own, other = (a if len(a) <= _NAMED else f"{a[:_NAMED]}… ({len(a)})" for a in (record.ref, each.alt))
    return f"{record.chrom}:{record.position + 1}:{own}>{other} {side}"


def _some(found: list[Altered], variants: Variants) -> list[Altered]:
    """What was found, if there is anything to explain."""
    why = Counter(each.reason for each in found if each.reason)
    if why:
        told = "; ".join(f"{count} {reason}" for reason, count in why.most_common())
        if len(found) == sum(why.values()):
            cure = _CURES.get(why.most_common(1)[0][0])
            raise InputError(f"holds no variant that can be explained: {told}", variants.path, cure)
        say(f"not explained: {told}")
    return found


def largest(found: Sequence[Altered], count: int) -> list[int]:
    """The numbers of those with the largest effects, the first of them first."""
    sizes = np.array([-1.0 if each.reason else each.size for each in found])
    order = np.argsort(-sizes, kind="stable")[: min(count, int((sizes >= 0).sum()))]
    return order.tolist()


def table(found: Sequence[Altered], scores: dict[int, tuple[float, float]]) -> pl.DataFrame:
    """A line an allele (and promoter): what is explained, its score in both sequences where it was explained, what the allele
    does to it, or why it was not explained.

    scores : number in `found` → score of the reference, of the alternate
    """
    rows = []
    for number, each in enumerate(found):
        record, place = each.record, each.reference
        before, after = scores.get(number, (None, None))
        rows.append(
            {
                "record": record.number, "chrom": record.chrom, "position": record.position + 1, "id": record.id,
                "ref": record.ref, "alt": each.alt,
                "window": place.window if place else "", "gene": place.gene if place else "",
                "strand": place.strand if place else "", "target": place.target if place else "",
                "reference": before, "alternate": after,
                "delta": None if before is None or after is None else after - before,
                "probability": each.probability,
                "reason": each.reason or ("" if before is not None else FEWER),
            }
        )  # fmt: skip
    whole, numbers = ("record", "position"), ("reference", "alternate", "delta", "probability")
    kinds = {name: pl.Int64 if name in whole else pl.Float64 if name in numbers else pl.String for name in COLUMNS}
    return pl.DataFrame(rows, kinds)
