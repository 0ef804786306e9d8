"""Splice sites along chromosomes: exact tiles on both strands, with a feeder that passes over what holds no boundary.

A chromosome is one byte a base in memory; scores are there for a few tiles at a time, so memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..console import progress, say
from ..errors import InputError
from ..formats import chromosomes, division, modelfile, predicted
from ..formats.chromosomes import Region
from ..formats.genome import Genome, reverse_complement
from ..formats.predicted import Account, Outputs
from ..models import splice
from . import content, decoding
from .boundaries import TRIED, Model
from .content import BOUNDARY, Feeder
from .sites import SITES

TILE = 100_000
_PIECE = 2_000_000  # bases decoded at once, at the least
_STRANDS = {"+": "plus", "-": "minus"}
_WINDOW = 5000  # bases that rounding is tried on at once
_FEED = 256  # windows a feeder looks at, at once


def regions(genome: Genome, wanted: Sequence[str]) -> list[Region]:
    """The stretches to predict, joined where they touch; all chromosomes by default."""
    return chromosomes.merge([chromosomes.parse_region(each, genome.sizes) for each in wanted], genome.sizes)


@dataclass(frozen=True)
class Gate:
    """A feeder, the length of the windows it passes over, and the share of windows with boundaries that it kept on data
    held out from it."""

    feeder: Feeder
    window: int
    recall: float


def read_feeder(path: str | Path, card: Mapping[str, Any], device: str = "cpu") -> Gate:
    """The feeder of a model file, to go before the model that `card` tells of.

    Raises
    ------
    InputError : not a model of content, or one of another assembly
    """
    own, arrays = modelfile.read(path, content.TASK)
    feeder = content.restore(own, arrays, path, device)
    if card["assembly"] and own["assembly"] and card["assembly"] != own["assembly"]:
        raise InputError(
            f"was trained on assembly {own['assembly']}, the model on {card['assembly']}", path, "train both on one"
        )
    return Gate(feeder, int(own["window"]), float(own["metrics"]["recall.boundary"]))


def predict(
    path: str | Path,
    wanted: Sequence[str],
    model: Model,
    card: Mapping[str, Any],
    outputs: Outputs,
    tile: int = TILE,
    gate: Gate | None = None,
    part_path: str | Path | None = None,
    made: Mapping[str, Any] | None = None,
    precision: str = "single",
) -> None:
    """Predict a genome, or regions of it, `tile` bases at once; a gate passes over windows without a boundary.

    Parameters
    ----------
    part_path, made : predict that part alone, from split_genome; and what it depends on beside genome and tile

    Raises
    ------
    InputError : a file that is no FASTA, a region that it does not hold, or no part of it
    """
    if card["flank"] != "real":
        say("the model was trained with the bases outside genes shown as N: on a whole genome its scores are shifted")
    with Genome(path) as genome:
        stretches = regions(genome, wanted)
        if precision == "int8":
            model = model.rounded(_pieces(genome, stretches, model.context))
            genome.read.clear()  # is told of what was predicted
        part = None
        if part_path is not None:
            part, stretches = division.read(part_path, stretches)
        sizes = {chrom: genome.sizes[chrom] for chrom in dict.fromkeys(each.chrom for each in stretches)}
        account = Account(sizes, recall=None if gate is None else gate.recall)
        found: dict[str, list] = {"sites": [], "introns": []}
        with predicted.writers(outputs, sizes) as writers:
            for region in stretches:
                codes = genome.fetch(region.chrom)
                kept = _kept(codes, region, gate)
                for strand, pieces in kept.items():
                    account.seen += region.end - region.start
                    account.spared += region.end - region.start - sum(end - start for start, end in pieces)
                    for start, end in pieces:
                        _scan(codes, region.chrom, start, end, strand, model, tile, writers, found)
        account.read = genome.read
        order = {chrom: number for number, chrom in enumerate(sizes)}
        for rows in found.values():
            rows.sort(key=lambda row: (order[row["chrom"]], row["start"], row["strand"], row.get("name", "")))
        if part is None:
            predicted.write(account, found["sites"], found["introns"], outputs)
        else:
            assert outputs.found is not None
            made = {"tile": tile, "precision": precision, "the genome": genome.digest, **(made or {})}
            predicted.write_part(account, found["sites"], found["introns"], outputs.found, part, made)


def _pieces(genome: Genome, stretches: Sequence[Region], context: int) -> np.ndarray:
    """Pieces spread over the stretches, half of them of the other strand: (TRIED, context + n) base codes. Of four that
    follow each other, it is the one with the fewest unknown bases."""
    ends = np.cumsum([region.end - region.start for region in stretches])
    length, margin = min(_WINDOW, int(ends[-1])), context // 2
    out = np.empty((TRIED, context + length), np.uint8)
    for row in range(TRIED):
        tried = []
        for at in np.linspace(0, ends[-1] - 1, 4 * TRIED).astype(int)[4 * row : 4 * row + 4]:
            index = int(np.searchsorted(ends, at, side="right"))
            region = stretches[index]
            start = max(min(int(at - ends[index]) + region.end, region.end - length), region.start)
            tried.append(genome.fetch(region.chrom, start - margin, start + length + margin))
        best = min(tried, key=lambda codes: int((codes == splice.UNKNOWN).sum()))
        out[row] = best if row % 4 < 2 else reverse_complement(best)
    return out


def _kept(codes: np.ndarray, region: Region, gate: Gate | None) -> dict[str, list[tuple[int, int]]]:
    """Strand → the stretches of a region to look at: all of it, or the windows that the feeder lets through, joined."""
    if gate is None:
        return {strand: [(region.start, region.end)] for strand in _STRANDS}
    feeder, window = gate.feeder, gate.window
    starts = np.arange(region.start, region.end, window)
    margin = feeder.context // 2
    kept: dict[str, list[tuple[int, int]]] = {}
    for strand in _STRANDS:
        passed = []
        for at in progress(range(0, len(starts), _FEED), -(-len(starts) // _FEED), f"feeder, {region.chrom}{strand}"):
            some = starts[at : at + _FEED]
            piece = _stretch(codes, int(some[0]) - margin, int(some[-1]) + window + margin)
            views = np.lib.stride_tricks.sliding_window_view(piece, window + 2 * margin)[some - some[0]]
            views = np.ascontiguousarray(views if strand == "+" else reverse_complement(views))
            passed.append(feeder.scores(views)[:, BOUNDARY] >= feeder.gate)
        through = np.concatenate(passed)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], through, [False]]).astype(np.int8)))
        kept[strand] = [(int(starts[a]), min(int(starts[b - 1]) + window, region.end)) for a, b in edges.reshape(-1, 2)]
    return kept


def _stretch(codes: np.ndarray, start: int, end: int) -> np.ndarray:
    """codes[start:end], unknown beyond the ends."""
    out = np.full(end - start, splice.UNKNOWN, np.uint8)
    low, high = max(start, 0), min(end, len(codes))
    if low < high:
        out[low - start : high - start] = codes[low:high]
    return out


def _scan(
    codes: np.ndarray,
    chrom: str,
    start: int,
    end: int,
    strand: str,
    model: Model,
    tile: int,
    writers: Mapping[str, Any],
    found: Mapping[str, list],
) -> None:
    """Predict a stretch of one strand: tracks tile by tile, structure in pieces that overlap by a few introns."""
    margin = 2 * model.rules.maximum + 1000  # what is decoded further away no longer depends on what is beyond
    held: list[np.ndarray] = []
    origin = done = start  # the first base held, and up to where the structure is told
    count = -(-(end - start) // tile)
    for first, last, scores in progress(_tiles(codes, start, end, strand, model, tile), count, f"{chrom}{strand}"):
        for site, index in SITES.items():
            if writers:
                writers[f"{site}_{_STRANDS[strand]}"].add(chrom, first, scores[:, index])
        held.append(scores)
        if last == end or last - done >= max(_PIECE, 4 * margin):
            values = np.concatenate(held)
            upto = end if last == end else last - margin
            _tell(codes, chrom, origin, values, strand, model, (done, upto), found)
            origin, done = max(upto - margin, origin), upto
            held = [values[len(values) - (last - origin) :]]


def _tiles(
    codes: np.ndarray, start: int, end: int, strand: str, model: Model, tile: int
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Tiles of a stretch with its true neighbours: start, end and (bases, classes) in the order of the plus strand."""
    margin = model.context // 2
    low = max(start - margin, 0)
    piece = codes[low : min(end + margin, len(codes))]
    offset = start - low
    # the neighbours are read, not predicted: tiles begin at the stretch
    for first in range(0, end - start, tile):
        last = min(first + tile, end - start)
        view = _stretch(piece, first + offset - margin, last + offset + margin)
        read = view if strand == "+" else reverse_complement(view)
        scores = model.scores(np.ascontiguousarray(read)[None])[0]
        yield start + first, start + last, scores if strand == "+" else scores[::-1]


def _tell(
    codes: np.ndarray,
    chrom: str,
    origin: int,
    scores: np.ndarray,
    strand: str,
    model: Model,
    within: tuple[int, int],
    found: Mapping[str, list],
) -> None:
    """Decode the scores from `origin` on, and note the sites and introns that start `within`."""
    assert model.thresholds is not None
    end = origin + len(scores)
    forward = strand == "+"
    inner = codes[origin:end] if forward else reverse_complement(codes[origin:end])
    read = np.ascontiguousarray(scores if forward else scores[::-1])
    structure = decoding.structure(model.decode, np.ascontiguousarray(inner), read, model.rules)

    def place(base: int) -> int:
        return origin + base if forward else end - 1 - base

    for name, index in SITES.items():
        for base in np.flatnonzero(structure.probabilities[:, index] >= model.thresholds[name]).tolist():
            at = place(base)
            if within[0] <= at < within[1]:
                found["sites"].append(
                    {
                        "chrom": chrom,
                        "start": at,
                        "name": name,
                        "strand": strand,
                        "probability": float(structure.probabilities[base, index]),
                    }
                )
    donor, acceptor = splice.DONOR, splice.ACCEPTOR
    for first, last in structure.introns:
        low, high = (origin + first, origin + last) if forward else (end - last, end - first)
        both = (
            min(float(structure.probabilities[first - 1, donor]), float(structure.probabilities[last, acceptor]))
            if (first and last < len(scores))
            else 0.0
        )
        if within[0] <= low < within[1]:
            found["introns"].append({"chrom": chrom, "start": low, "end": high, "strand": strand, "probability": both})
