"""Introns and genes from scores per base: the most probable consistent structure, and each site's probability in it.

Scores are log odds per base, on one strand, in the direction of transcription. A structure is a path through a graph
whose nodes are candidate sites in order of position; dynamic programming over it is exact. Classes of `sites` are
none, acceptor (first base of an exon), donor (last base of an exon).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np

ACCEPTOR, DONOR = 1, 2
_TINY = 1e-7
T = TypeVar("T")


@dataclass(frozen=True)
class Rules:
    """What a structure must obey, and how evidence is weighed. Choose the numbers on validation data.

    minimum, maximum : length of an intron, bases
    floor : least probability of a candidate site
    bias : added to the log odds of every acceptor and donor; above 0 finds more introns, below 0 fewer
    gene : added to the log odds of every gene (coding structures only)
    """

    minimum: int = 30
    maximum: int = 2000
    floor: float = 1e-3
    bias: float = 0.0
    gene: float = 0.0


@dataclass
class Structure:
    """Introns as (start, end), 0-based half-open, of the best path, and the probability of every site over all paths.

    probabilities : (length, 3) float32 of none, acceptor and donor; zero where no candidate was
    genes : exons [(start, end), ...] of each gene; empty where no reading frame was asked for
    """

    introns: list[tuple[int, int]]
    probabilities: np.ndarray
    genes: list[list[tuple[int, int]]] = field(default_factory=list)


def log_odds(probabilities: np.ndarray, index: int) -> np.ndarray:
    """log(p / (1 - p)) of one class: (length, classes) → (length,) float64, finite."""
    p = np.clip(probabilities[:, index].astype(np.float64), _TINY, 1 - _TINY)
    return np.log(p) - np.log1p(-p)


class _Graph:
    """Paths from node 0 to the last node; nodes are numbered in such an order that every arc goes up."""

    def __init__(self, nodes: int, source: np.ndarray, target: np.ndarray, weight: np.ndarray):
        order = np.lexsort((source, target))
        self.nodes, self.source, self.target, self.weight = nodes, source[order], target[order], weight[order]

    def _sweep(self, source: np.ndarray, target: np.ndarray, weight: np.ndarray, start: int) -> np.ndarray:
        """Log of the summed weight of all paths between `start` and each node; arcs come sorted by target."""
        total = np.full(self.nodes, -np.inf)
        total[start] = 0.0
        cuts = np.flatnonzero(np.diff(target)) + 1
        for first, last in zip(np.r_[0, cuts], np.r_[cuts, len(target)], strict=True):
            terms = total[source[first:last]] + weight[first:last]
            top = terms.max()
            if top > -np.inf:
                total[target[first]] = top + np.log(np.exp(terms - top).sum())
        return total

    def posterior(self) -> np.ndarray:
        """Probability that a path goes through each node."""
        forward = self._sweep(self.source, self.target, self.weight, 0)
        # Backward is forward on the mirrored graph.
        last = self.nodes - 1
        order = np.lexsort((last - self.target, last - self.source))
        back = self._sweep(last - self.target[order], last - self.source[order], self.weight[order], 0)[::-1]
        return np.exp(forward + back - forward[-1])

    def best(self) -> list[int]:
        """The nodes of the best path."""
        total = np.full(self.nodes, -np.inf)
        total[0] = 0.0
        came = np.full(self.nodes, -1)
        cuts = np.flatnonzero(np.diff(self.target)) + 1
        for first, last in zip(np.r_[0, cuts], np.r_[cuts, len(self.target)], strict=True):
            terms = total[self.source[first:last]] + self.weight[first:last]
            pick = int(terms.argmax())
            total[self.target[first]], came[self.target[first]] = terms[pick], self.source[first + pick]
        path = [self.nodes - 1]
        while path[-1] != 0:
            path.append(int(came[path[-1]]))
        return path[::-1]


def _ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All (i, j) with first[i] <= j < last[i], as two arrays."""
    count = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(first)), count)
    return rows, np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)


def _candidates(sites: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions of candidate donors (as the first base of an intron) and acceptors (the base after it)."""
    return np.flatnonzero(sites[:, DONOR] >= floor) + 1, np.flatnonzero(sites[:, ACCEPTOR] >= floor)


def _scores(length: int, acceptors: np.ndarray, pa: np.ndarray, donors: np.ndarray, pd: np.ndarray) -> np.ndarray:
    out = np.zeros((length, 3), np.float32)
    np.add.at(out[:, ACCEPTOR], acceptors, pa.astype(np.float32))
    np.add.at(out[:, DONOR], donors - 1, pd.astype(np.float32))
    out[:, 0] = np.maximum(1 - out[:, 1] - out[:, 2], 0)
    return np.minimum(out, 1)


def pair_sites(sites: np.ndarray, rules: Rules) -> Structure:
    """Donors and acceptors that alternate, at lengths an intron may have: for any gene, coding or not.

    sites : (length, 3) probabilities on one strand

    The evidence of an intron is the sum of that of its ends, so that an acceptor needs no more than the summed weight of all
    paths to the donors within reach: their number does not matter, and time grows with that of the sites alone.
    """
    donors, acceptors = _candidates(sites, rules.floor)
    log_donor = (log_odds(sites, DONOR)[donors - 1] + rules.bias).tolist()
    log_acceptor = (log_odds(sites, ACCEPTOR)[acceptors] + rules.bias).tolist()
    # At the same base the donor comes first: an exon has at least one base.
    position = np.r_[donors, acceptors]
    order = np.lexsort((np.arange(len(position)) >= len(donors), position)).tolist()
    first = np.searchsorted(donors, acceptors - rules.maximum).tolist()  # donors within reach of an acceptor
    last = np.searchsorted(donors, acceptors - rules.minimum, "right").tolist()
    after = np.searchsorted(acceptors, donors + rules.minimum).tolist()  # acceptors within reach of a donor
    stop = np.searchsorted(acceptors, donors + rules.maximum, "right").tolist()
    count = len(donors)

    # Forward: the log of the summed weight of all paths outside introns, before each site, and into each site.
    outside, into, reach = 0.0, [0.0] * len(order), _Window(_add, -math.inf)
    best, choices, likely = 0.0, [-1] * len(acceptors), _Window(max, (-math.inf, 0))
    before = [0.0] * count  # of the best path
    for site in order:
        if site < count:
            into[site], before[site] = outside, best
        else:
            j = site - count
            reach.slide(first[j], last[j], lambda i: into[i] + log_donor[i])
            likely.slide(first[j], last[j], lambda i: (before[i] + log_donor[i], -i))
            into[site] = reach.total() + log_acceptor[j]
            outside = _add(outside, into[site])
            weight, donor = likely.total()
            if weight + log_acceptor[j] > best:
                best, choices[j] = weight + log_acceptor[j], -donor
    # Backward: the same from each site to the end.
    beyond, out, reach = 0.0, [0.0] * len(order), _Window(_add, -math.inf)
    for site in reversed(order):
        if site < count:
            reach.slide(len(acceptors) - stop[site], len(acceptors) - after[site], lambda i: out[~i] + log_acceptor[~i])
            out[site] = reach.total() + log_donor[site]
            beyond = _add(beyond, out[site])
        else:
            out[site] = beyond
    through = np.exp(np.array(into) + np.array(out) - outside)
    introns: list[tuple[int, int]] = []
    left = len(sites)
    for j in reversed(range(len(acceptors))):
        if choices[j] >= 0 and acceptors[j] < left:
            left = int(donors[choices[j]])
            introns.append((left, int(acceptors[j])))
    return Structure(introns[::-1], _scores(len(sites), acceptors, through[count:], donors, through[:count]))


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    low, high = (a, b) if a < b else (b, a)
    return high + math.log1p(math.exp(low - high)) if low > -math.inf else high


class _Window(Generic[T]):
    """What a window that slides over values adds up to, by an operation that cannot be undone: a queue of two stacks, of which
    the older holds sums, so that each value is touched twice."""

    def __init__(self, add: Callable[[T, T], T], zero: T):
        self._add, self._zero = add, zero
        self._older: list[T] = []  # sums of each value and those after it, up to the newer ones
        self._newer: list[T] = []
        self._sum = zero  # of the newer ones
        self._first = self._last = 0

    def slide(self, first: int, last: int, value: Callable[[int], T]) -> None:
        """Go on to the values from `first` to before `last`, neither of which ever gets less."""
        for i in range(self._last, last):
            self._newer.append(value(i))
            self._sum = self._add(self._sum, self._newer[-1])
        self._last = max(last, self._last)
        for _ in range(self._first, min(first, self._last)):
            if not self._older:
                total = self._zero
                while self._newer:
                    total = self._add(self._newer.pop(), total)
                    self._older.append(total)
                self._sum = self._zero
            self._older.pop()
        self._first = max(min(first, self._last), self._first)

    def total(self) -> T:
        """The sum of the values in the window."""
        return self._add(self._older[-1], self._sum) if self._older else self._sum


def _stops(codes: np.ndarray) -> np.ndarray:
    """(length + 3,) position of the next stop codon's first base at or after each base, in that base's own frame."""
    length = len(codes)
    a, b, c = codes[:-2], codes[1:-1], codes[2:]
    stop = (a == 3) & (((b == 0) & ((c == 0) | (c == 2))) | ((b == 2) & (c == 0)))
    following = np.full((length + 5) // 3 * 3 + 3, length + 3)
    at = np.flatnonzero(stop)
    following[at] = at
    rows = following.reshape(-1, 3)[::-1]
    return np.minimum.accumulate(rows, 0)[::-1].reshape(-1)[: length + 3]


def _split_stop(codes: np.ndarray, donor: np.ndarray, acceptor: np.ndarray, carried: np.ndarray) -> np.ndarray:
    """Whether the codon that an intron splits is a stop; `carried` bases of it stand before the donor."""
    padded = np.r_[np.full(2, 4), codes, np.full(3, 4)].astype(np.int64)
    x, y = donor + 2, acceptor + 2
    one, two = carried == 1, carried == 2
    first = np.where(one, padded[x - 1], padded[x - 2])
    second = np.where(one, padded[y], padded[x - 1])
    third = np.where(one, padded[y + 1], padded[y])
    stop = (first == 3) & (((second == 0) & ((third == 0) | (third == 2))) | ((second == 2) & (third == 0)))
    return stop & (one | two)


def coding_genes(
    codes: np.ndarray, sites: np.ndarray, rules: Rules, edges: np.ndarray | None = None, typical: float = 1e-2
) -> Structure:
    """Genes from a start codon to the first stop in its frame, with introns between: for labels of coding exons.

    Every exon goes on in the reading frame of the one before it and holds no stop codon, nor does a codon that an
    intron splits. A wrong site almost always breaks the frame, which is what makes this so much sharper than scores
    base by base. A gene that a sequence's end cuts may begin or end there, inside an exon.

    Parameters
    ----------
    codes : (length,) uint8 bases A, C, G, T = 0 to 3, others 4
    sites : (length, 3) probability of none, acceptor, donor
    edges : (length, 3) probability of none, first base of a start codon, last base of a stop codon; None: every ATG
        has probability `typical`, every stop codon is as likely as not
    typical : probability of a start where nothing else says it: see `edges`, and at the sequence's first base
    """
    length = len(codes)
    donors, acceptors = _candidates(sites, rules.floor)
    log_donor = log_odds(sites, DONOR)[donors - 1] + rules.bias
    log_acceptor = log_odds(sites, ACCEPTOR)[acceptors] + rules.bias
    atg = np.zeros(length, bool)
    atg[: max(length - 2, 0)] = (codes[:-2] == 0) & (codes[1:-1] == 3) & (codes[2:] == 2)
    starts = np.flatnonzero(atg & (edges[:, 1] >= rules.floor) if edges is not None else atg)
    log_start = np.full(len(starts), np.log(typical)) if edges is None else log_odds(edges, 1)[starts]
    log_stop = np.zeros(length) if edges is None else log_odds(edges, 2)

    # Exons open at start codons, at acceptors in three frames, and at base 0 in three frames.
    opened = np.r_[np.zeros(3, np.int64), starts, np.repeat(acceptors, 3)]
    frame = np.r_[np.arange(3), starts % 3, np.tile(np.arange(3), len(acceptors))]
    codon = opened + (frame - opened) % 3
    limit = _stops(codes)[codon] + 3  # the exon ends here at the latest; past the sequence's end where no stop is
    # Introns open at donors, with 0 to 2 bases of a codon carried over.
    carried = np.tile(np.arange(3), len(donors))
    left = np.repeat(donors, 3)
    # A gene ends at a stop codon, and at the sequence's end.
    ends = np.unique(np.r_[limit[limit <= length], starts, 0, length])

    # Nodes in order of position: between genes, exon opened, donor.
    position = np.r_[ends, opened, left]
    kind = np.repeat([1, 2, 0], [len(ends), len(opened), len(left)])
    order = np.lexsort((kind, position))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) + 1
    at_end, at_open, at_left = np.split(place, [len(ends), len(ends) + len(opened)])
    first, last = 0, len(order) + 1

    parts = [
        (np.r_[first, at_end], np.r_[at_end, last], np.zeros(len(ends) + 1)),
        (np.full(3, first), at_open[:3], np.full(3, np.log(typical) + rules.gene)),
        (at_end[np.searchsorted(ends, starts)], at_open[3 : 3 + len(starts)], log_start + rules.gene),
    ]
    rows, column = _ranges(
        np.asarray(np.searchsorted(donors, opened, "right")), np.searchsorted(donors, np.clip(limit, 0, length))
    )
    parts.append((at_open[rows], at_left[3 * column + (donors[column] - frame[rows]) % 3], log_donor[column]))
    rows = np.flatnonzero(limit <= length)
    parts.append((at_open[rows], at_end[np.searchsorted(ends, limit[rows])], log_stop[limit[rows] - 1]))
    rows = np.flatnonzero(limit > length)
    parts.append((at_open[rows], np.full(len(rows), last), np.zeros(len(rows))))
    rows, column = _ranges(
        np.searchsorted(acceptors, left + rules.minimum), np.searchsorted(acceptors, left + rules.maximum, "right")
    )
    whole = ~_split_stop(codes, left[rows], acceptors[column], carried[rows])
    rows, column = rows[whole], column[whole]
    into = 3 + len(starts) + 3 * column + (acceptors[column] - carried[rows]) % 3
    parts.append((at_left[rows], at_open[into], log_acceptor[column]))
    graph = _Graph(last + 1, *(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    through = graph.posterior()
    pd = through[at_left].reshape(-1, 3).sum(1)
    pa = through[at_open[3 + len(starts) :]].reshape(-1, 3).sum(1)
    genes: list[list[tuple[int, int]]] = []
    begin = -1
    for node in graph.best()[1:]:
        what, where = (1, length) if node == last else (int(kind[order[node - 1]]), int(position[order[node - 1]]))
        if what == 2:  # an exon opens: in a new gene unless an intron came before
            if begin == -1:
                genes.append([])
            begin = where
        elif begin >= 0:
            genes[-1].append((begin, where))
            begin = -1 if what == 1 else -2
    introns = [(a[1], b[0]) for gene in genes for a, b in pairwise(gene)]
    return Structure(introns, _scores(length, acceptors, pa, donors, pd), genes)
