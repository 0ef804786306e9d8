"""Windows of equal length along chromosomes, with the splice sites or the content of each."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from .. import console
from . import mrna
from .choices import Options, Tally
from .chromosomes import Region
from .genome import Genome, N, decode, reverse_complement
from .transcripts import Transcripts
from .windows import CLASSES, Writer

MIN_INTRON = 10  # below, a gap that mends the reading frame of a gene model
_BATCH = 1 << 22  # bytes of windows in memory at once
_SENSE = {1: "+", -1: "-"}
_ACCEPTOR, _DONOR = (CLASSES["boundaries"].index(name) for name in ("acceptor", "donor"))


class _Strand(NamedTuple):
    """What lies on one strand of a chromosome, in positions of the chromosome."""

    genes: tuple[np.ndarray, np.ndarray, list[str]]  # start, end, name
    hidden: tuple[np.ndarray, np.ndarray]  # genes that were left out: nobody knows their labels
    sites: tuple[np.ndarray, np.ndarray]  # position, label; by position
    exons: tuple[np.ndarray, np.ndarray]
    introns: tuple[np.ndarray, np.ndarray]


class Tiler:
    """Cuts chromosomes into windows of equal length."""

    def __init__(self, genome: Genome, models: Transcripts, options: Options, tally: Tally):
        self.genome, self.models, self.options, self.tally = genome, models, options, tally
        self.half = options.context // 2
        self.margin = self.half + options.window
        self.dinucleotides: Counter[str] = Counter()

    def write(self, regions: list[Region], writer: Writer) -> None:
        options, tally = self.options, self.tally
        annotated = {self.models.chroms[number] for number in np.unique(self.models.chrom)}
        chroms = list(dict.fromkeys(region.chrom for region in regions))
        for chrom in console.progress(chroms, len(chroms), "chromosomes"):
            size = self.genome.sizes[chrom]
            if size < options.window:
                tally.add("chromosome", f"shorter than the window of {options.window}", "skipped", 1, chrom)
            elif chrom in annotated:
                self._chromosome(chrom, [region for region in regions if region.chrom == chrom], writer)
            else:
                tally.add("chromosome", "in the FASTA alone, or without chosen transcripts", "skipped", 1, chrom)

    def _chromosome(self, chrom: str, regions: list[Region], writer: Writer) -> None:
        options, size = self.options, self.genome.sizes[chrom]
        codes = self.genome.fetch(chrom, -self.margin, size + self.margin)
        strands = {sign: self._strand(chrom, codes, sign) for sign in (1, -1)}
        stride = options.stride or options.window
        # a window stays within its region, and only at the end of the chromosome goes beyond it
        inside = options.window - 1
        starts = np.concatenate(
            [np.arange(region.start, region.end - (inside if region.end < size else 0), stride) for region in regions]
        )
        if not len(starts):
            self.tally.add("region", f"shorter than the window of {options.window}", "skipped", 1, chrom)
        bases = _known(codes[self.margin : size + self.margin], starts, options.window)
        known = bases >= (1 - options.max_n) * options.window
        plans = {sign: self._plan(starts, known, strand, sign) for sign, strand in strands.items()}
        plans = self._thinned(chrom, plans)
        for sign, plan in plans.items():
            if sign < 0:
                codes = reverse_complement(codes)
            if len(plan["start"]):
                self._write(chrom, codes, sign, strands[sign], plan, writer)

    def _strand(self, chrom: str, codes: np.ndarray, sign: int) -> _Strand:
        """The transcripts of one strand, those without a stop codon set apart, with their introns counted."""
        options, models = self.options, self.models
        here = np.flatnonzero((models.chrom == models.chroms.index(chrom)) & (models.strand == sign))
        models = models.take(here)
        stopped = np.ones(len(models), bool)
        if options.without_stop == "skip":

            def fetch(_, start: int, end: int) -> np.ndarray:
                return codes[start + self.margin : end + self.margin]

            for number in np.flatnonzero(np.diff(models.coding.offsets)).tolist():
                message = mrna.splice(models, number, fetch)
                if message is not None and not message.stop:
                    stopped[number] = False
                    self.tally.add(
                        "transcript",
                        "coding sequence without a stop codon in the FASTA",
                        "skipped",
                        1,
                        models.ids[number],
                    )
        hidden, models = models.take(~stopped), models.take(stopped)
        start, end, _ = models.introns()
        introns = np.unique(np.stack([start, end]), axis=1)
        short = introns[1] - introns[0] < MIN_INTRON
        self.tally.add("intron", f"shorter than {MIN_INTRON} bases: a gap in the gene model", "skipped", short.sum())
        start, end = introns = introns[:, ~short]
        self._count(codes, start + self.margin, end + self.margin, sign)
        donor, acceptor = np.unique(start - 1), np.unique(end)
        if sign < 0:
            donor, acceptor = acceptor, donor
        self.tally.add("base", "both donor and acceptor", "kept", len(np.intersect1d(donor, acceptor)))
        position = np.concatenate([acceptor, donor])
        label = np.repeat([_ACCEPTOR, _DONOR], [len(acceptor), len(donor)])
        order = np.lexsort((label, position))
        names = [models.genes[gene].id for gene in models.gene.tolist()]
        return _Strand(
            (models.start, models.end, names),
            (hidden.start, hidden.end),
            (position[order], label[order]),
            (models.exons.start, models.exons.end),
            (introns[0], introns[1]),
        )

    def _count(self, codes: np.ndarray, start: np.ndarray, end: np.ndarray, sign: int) -> None:
        bases = np.stack([codes[start], codes[start + 1], codes[end - 2], codes[end - 1]], 1)
        bases = bases if sign > 0 else reverse_complement(bases)
        kinds, counts = np.unique(bases, axis=0, return_counts=True)
        for kind, count in zip(kinds, counts.tolist(), strict=True):
            letters = decode(kind)
            self.dinucleotides[f"{letters[:2]}-{letters[2:]}"] += count

    def _plan(self, starts: np.ndarray, known: np.ndarray, strand: _Strand, sign: int) -> dict[str, np.ndarray]:
        """The windows to take of one strand, with whether each holds a site and where its genes begin and end."""
        options, tally = self.options, self.tally
        ends = starts + options.window
        first, last = (np.searchsorted(strand.sites[0], each) for each in (starts, ends))
        where, owner = _overlaps(*strand.genes[:2], starts, ends)
        begin, finish = np.full(len(starts), np.iinfo(np.int64).max), np.full(len(starts), -1)
        np.minimum.at(begin, where, strand.genes[0][owner])
        np.maximum.at(finish, where, strand.genes[1][owner])
        kept = {"both": np.ones(len(starts), bool), "gene": finish >= 0}.get(
            options.strand, np.full(len(starts), options.strand == {1: "plus", -1: "minus"}[sign])
        )
        hidden = np.zeros(len(starts), bool)
        hidden[_overlaps(*strand.hidden, starts, ends)[0]] = True
        unknown = ~known & ~hidden
        tally.add("window", "on a transcript that was skipped", "skipped", (kept & hidden).sum())
        tally.add("window", f"more than {options.max_n:g} of its bases are N", "skipped", (kept & unknown).sum())
        tally.add("site", "in a window that was skipped", "skipped", (last - first)[kept & (hidden | unknown)].sum())
        rows = np.flatnonzero(kept & ~hidden & ~unknown)
        names = _Names(where, [strand.genes[2][i] for i in owner.tolist()])
        return {
            "start": starts[rows],
            "first": first[rows],
            "last": last[rows],
            "begin": begin[rows],
            "finish": finish[rows],
            "gene": names.of(rows),
        }

    def _thinned(self, chrom: str, plans: dict[int, dict[str, np.ndarray]]) -> dict[int, dict[str, np.ndarray]]:
        """Leave out windows without sites, by chance, until their share is no more than is wanted.

        Chance has its own seed in each chromosome: none depends on which others are cut, and in which job.
        """
        share = self.options.empty_share
        if share >= 1:
            return plans
        empty = np.concatenate([plan["first"] == plan["last"] for plan in plans.values()])
        rows = np.flatnonzero(empty)
        room = int(share / (1 - share) * (len(empty) - len(rows)))
        random = np.random.default_rng([self.options.seed, *chrom.encode()])
        dropped = random.permutation(rows)[room:]
        self.tally.add("window", f"without a site, beyond a share of {share:g}", "skipped", len(dropped))
        kept = np.ones(len(empty), bool)
        kept[dropped] = False
        parts = np.split(kept, np.cumsum([len(plan["start"]) for plan in plans.values()])[:-1])
        return {
            sign: {name: column[part] for name, column in plan.items()}
            for (sign, plan), part in zip(plans.items(), parts, strict=True)
        }

    def _write(
        self, chrom: str, codes: np.ndarray, sign: int, strand: _Strand, plan: dict[str, np.ndarray], writer: Writer
    ) -> None:
        options, size = self.options, self.genome.sizes[chrom]
        length = options.window + options.context
        step = max(1, _BATCH // length)
        room = np.empty((step, length), np.uint8)
        for at in range(0, len(plan["start"]), step):
            part = {name: column[at : at + step] for name, column in plan.items()}
            start = part["start"]
            end = start + options.window
            origin = start - self.half + self.margin if sign > 0 else size - end - self.half + self.margin
            batch = room[: len(start)]
            for row, place in zip(batch, origin.tolist(), strict=True):
                row[:] = codes[place : place + length]
            if options.flank == "N":
                genic = part["finish"] >= 0
                lower = np.where(genic, part["begin"], start) - start + self.half
                upper = np.where(genic, part["finish"], end) - start + self.half
                if sign < 0:
                    lower, upper = length - upper, length - lower
                place = np.arange(length)
                batch[(place < lower[:, None]) | (place >= upper[:, None])] = N
            names = [f"{chrom}:{a}-{a + options.window}:{_SENSE[sign]}" for a in start.tolist()]
            table = {
                "chrom": np.full(len(start), chrom),
                "start": start,
                "end": end,
                "gene": part["gene"],
                "strand": np.full(len(start), _SENSE[sign]),
                "name": np.array(names),
            }
            if options.kind == "content":
                writer.add(batch, table, labels=self._content(strand, start, end, part))
            else:
                writer.add(batch, table, sites=self._sites(strand, sign, part))

    def _sites(self, strand: _Strand, sign: int, part: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        counts = part["last"] - part["first"]
        row = np.repeat(np.arange(len(counts)), counts)
        which = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts - part["first"], counts)
        position, label = strand.sites[0][which] - part["start"][row], strand.sites[1][which]
        if sign < 0:
            position = self.options.window - 1 - position
            order = np.lexsort((label, position, row))
            row, position, label = row[order], position[order], label[order]
        return row, position, label

    def _content(self, strand: _Strand, start: np.ndarray, end: np.ndarray, part: dict[str, np.ndarray]) -> np.ndarray:
        def touched(stretches: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
            begins, ends = np.sort(stretches[0]), np.sort(stretches[1])
            return np.searchsorted(begins, end, "left") > np.searchsorted(ends, start, "right")

        return np.stack([touched(strand.exons), touched(strand.introns), part["last"] > part["first"]], axis=1)


class _Names:
    """The names in each window, joined by commas."""

    def __init__(self, where: np.ndarray, names: list[str]):
        self.joined: dict[int, dict[str, None]] = {}
        for window, name in zip(where.tolist(), names, strict=True):
            self.joined.setdefault(window, {})[name] = None

    def of(self, windows: np.ndarray) -> np.ndarray:
        return np.array([",".join(self.joined.get(window, ())) for window in windows.tolist()], dtype=str)


def _overlaps(
    start: np.ndarray, end: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of a window (starts, ends; both ascending) and a stretch (start, end) that overlap, as indices."""
    first, after = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
    counts = np.maximum(after - first, 0)
    owner = np.repeat(np.arange(len(start)), counts)
    return np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts - first, counts), owner


def _known(codes: np.ndarray, starts: np.ndarray, window: int) -> np.ndarray:
    """(windows,) the number of bases that are not N. What lies beyond the end of the chromosome is none."""
    place = np.clip(np.stack([starts, starts + window]), 0, len(codes))
    unknown = codes == N
    if not unknown.any():
        return place[1] - place[0]
    edges = np.flatnonzero(unknown[1:] != unknown[:-1]) + 1
    borders = np.concatenate([[0], edges, [len(codes)]])
    before = np.concatenate([[0], np.cumsum(np.where(unknown[borders[:-1]], 0, np.diff(borders)))])
    run = np.minimum(np.searchsorted(borders, place, "right") - 1, len(borders) - 2)
    found = before[run] + np.where(unknown[borders[run]], 0, place - borders[run])
    return found[1] - found[0]
