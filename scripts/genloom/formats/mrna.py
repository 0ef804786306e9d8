"""What a transcript's mRNA tells: whether its coding sequence ends in a stop codon, the features of its half-life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import genome
from .transcripts import Transcripts

FEATURES = ("UTR5LEN", "CDSLEN", "INTRONLEN", "UTR3LEN", "UTR5GC", "CDSGC", "UTR3GC", "ORFEXONDENSITY")
STOPS = ("TAA", "TAG", "TGA")
_SPAN = 1 << 18  # a gene up to this long is fetched at once, a longer one exon by exon

Fetch = Callable[[str, int, int], np.ndarray]


@dataclass
class Mrna:
    """A spliced transcript in its own direction.

    Attributes
    ----------
    codes : (n,) uint8
    start, end : the coding sequence, its stop codon included where there is one
    junctions : where exons meet, as positions in the mRNA
    intronic : bases of the introns
    stop : the coding sequence ends in a stop codon
    """

    codes: np.ndarray
    start: int
    end: int
    junctions: np.ndarray
    intronic: int
    stop: bool

    def half_life(self) -> list[float]:
        """The values of `FEATURES`: lengths in bases, shares of G and C among the known bases (0 of nothing), and exon
        junctions within the coding sequence per 1,000 bases of it.

        Sources: Spies 2013, doi:10.1101/gr.156919.113; Agarwal and Shendure 2020, doi:10.1016/j.celrep.2020.107663.
        """
        parts = [self.codes[:self.start], self.codes[self.start:self.end], self.codes[self.end:]]
        utr5, cds, utr3 = map(len, parts)
        junctions = int(((self.junctions > self.start) & (self.junctions < self.end)).sum())
        return [utr5, cds, self.intronic, utr3, *map(_gc, parts), 1000 * junctions / cds]


def splice(transcripts: Transcripts, number: int, fetch: Fetch) -> Mrna | None:
    """The mRNA of a transcript; None if it has no coding sequence.

    Files differ in whether the coding sequence includes the stop codon: here it always does.
    """
    coding, exons = transcripts.coding.of(number), transcripts.exons.of(number)
    if coding.start == coding.stop:
        return None
    chrom = transcripts.chroms[transcripts.chrom[number]]
    starts, ends = transcripts.exons.start[exons], transcripts.exons.end[exons]
    first, last = int(starts[0]), int(ends[-1])
    if last - first <= _SPAN:
        whole = fetch(chrom, first, last)
        pieces = [whole[a - first:b - first] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    else:
        pieces = [fetch(chrom, a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    codes, borders = np.concatenate(pieces), np.concatenate([[0], np.cumsum(ends - starts)])
    begin = _position(starts, ends, borders, int(transcripts.coding.start[coding][0]))
    end = _position(starts, ends, borders, int(transcripts.coding.end[coding][-1]) - 1) + 1
    junctions = borders[1:-1]
    if transcripts.strand[number] < 0:
        codes, begin, end, junctions = genome.reverse_complement(codes), len(codes) - end, len(codes) - begin, \
            len(codes) - junctions
    stop = genome.decode(codes[max(begin, end - 3):end]) in STOPS
    if not stop and genome.decode(codes[end:end + 3]) in STOPS:
        stop, end = True, end + 3
    return Mrna(codes, begin, end, junctions, last - first - len(codes), stop)


def _position(starts: np.ndarray, ends: np.ndarray, borders: np.ndarray, base: int) -> int:
    """Where a base of the chromosome is in the exons put together; a base between two exons is at their junction."""
    exon = max(int(np.searchsorted(starts, base, "right")) - 1, 0)
    return int(borders[exon]) + min(max(base, int(starts[exon])), int(ends[exon]) - 1) - int(starts[exon])


def _gc(codes: np.ndarray) -> float:
    counts = np.bincount(codes, minlength=5)[:4]
    return float(counts[1] + counts[2]) / max(int(counts.sum()), 1)
