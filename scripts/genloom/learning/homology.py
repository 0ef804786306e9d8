"""Genes of one part of a split that have their like in another: found by the k-mers that their windows share.

Which k-mers are compared is drawn by their hash, the same ones in every window (FracMinHash: Irber et al. 2022,
doi:10.1101/2022.01.11.475838), so that a large genome takes no more memory than a small one. k-mers of few different
triplets (repeats of one, two or three bases, sequence of A and T alone) say nothing on kinship and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ..console import progress
from ..formats.split import PARTS, Fold, Split
from ..formats.windows import Windows

K = 21
TRIPLETS = 10  # of the 19 of a k-mer, that differ
COMMON = 100  # a k-mer in more held-out windows than this is a dispersed repeat
_KEPT = 1 << 22  # k-mers compared, about
_BATCH = 256


@dataclass(frozen=True)
class Like:
    """A gene with its like in a part that judges it: `share` of its k-mers are there, most of them in gene `like`."""

    fold: str
    gene: str
    part: str
    windows: int
    share: float
    like: str
    like_part: str


class Sketch:
    """The k-mers of the windows that hold genes.

    Attributes
    ----------
    kmer, row : (m,) a drawn k-mer, the lesser of its two strands, and the window it is in
    genes : row → names of its genes; windows without one are not in it
    """

    def __init__(self, windows: Windows):
        self.genes = {row: names.split(",") for row, names in enumerate(windows.table["gene"].tolist()) if names}
        rows = np.array(sorted(self.genes), np.int64)
        bits = max(0, int(np.ceil(np.log2(max(len(rows), 1) * windows.window / _KEPT))))
        found, owners = [], []
        starts = range(0, len(rows), _BATCH)
        for start in progress(starts, len(starts), "k-mers"):
            here = rows[start : start + _BATCH]
            kmer, known = kmers(windows.codes(here, context=0))
            known &= (kmer * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40) & np.uint64((1 << bits) - 1) == 0
            owners.append(here[np.nonzero(known)[0]])
            found.append(kmer[known])
        self.kmer = np.concatenate(found) if found else np.zeros(0, np.uint64)
        self.row = np.concatenate(owners) if owners else np.zeros(0, np.int64)


def kmers(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, length) codes → (n, length - K + 1) uint64 k-mers, the lesser of both strands, and which of them count."""
    count = codes.shape[1] - K + 1
    if count < 1:
        return np.zeros((len(codes), 0), np.uint64), np.zeros((len(codes), 0), bool)
    unknown = np.cumsum(np.pad(codes > 3, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    bases = codes.astype(np.uint64) & np.uint64(3)
    forward = _joined(bases, K)
    backward = _joined((np.uint64(3) - bases)[:, ::-1], K)[:, ::-1]
    different = np.uint64(1) << _joined(bases, 3)
    width = 1
    while width < K - 2:
        step = min(width, K - 2 - width)
        different = different[:, : different.shape[1] - step] | different[:, step:]
        width += step
    return np.minimum(forward, backward), (unknown[:, K:] == unknown[:, :-K]) & (
        np.bitwise_count(different) >= TRIPLETS
    )


def _joined(bases: np.ndarray, size: int) -> np.ndarray:
    """Two bits a base → the words of `size` bases, each in one number: longer ones of two shorter ones."""
    if size == 1:
        return bases
    half = size // 2
    left, right = _joined(bases, size - half), _joined(bases, half)
    return left[:, : right.shape[1] - (size - half)] << np.uint64(2 * half) | right[:, size - half :]


def find(windows: Windows, split: Split, share: float) -> list[Like]:
    """The genes with more than `share` of their k-mers in another part, in every fold of `split`.

    Those of the training part are held against validation and test part, those of the validation part against the test
    part.
    """
    sketch, found = Sketch(windows), []
    place = {name: row for row, name in enumerate(windows.table["name"].tolist())}
    for fold in split.folds:
        part = np.full(len(windows), -1)
        part[[place[name] for name in fold.ids]] = [PARTS.index(each) for each in fold.parts]
        for lower in (0, 1):
            if (part > lower).any():
                found += _between(sketch, part, lower, fold.name, share)
    return found


def _between(sketch: Sketch, part: np.ndarray, lower: int, fold: str, share: float) -> list[Like]:
    """Genes of the part `lower` that have their like in a higher one."""
    of = part[sketch.row]
    order = np.argsort(sketch.kmer[of > lower], kind="stable")
    others, homes = sketch.kmer[of > lower][order], sketch.row[of > lower][order]
    rows, candidates = sketch.row[of == lower], sketch.kmer[of == lower]
    first, last = np.searchsorted(others, candidates), np.searchsorted(others, candidates, "right")
    hit = (last > first) & (last - first <= COMMON)
    total = np.bincount(rows, minlength=len(part))
    shared = np.bincount(rows[hit], minlength=len(part))
    members: dict[str, list[int]] = {}
    for row in np.flatnonzero(part == lower).tolist():
        for gene in sketch.genes.get(row, ()):
            members.setdefault(gene, []).append(row)
    found = []
    for gene, own in members.items():
        ratio = shared[own].sum() / max(total[own].sum(), 1)
        if ratio > share:
            mine = np.flatnonzero(hit & np.isin(rows, own))
            twins = np.concatenate([homes[first[i] : last[i]] for i in mine.tolist()])
            twin = int(np.bincount(twins).argmax())
            like = ",".join(sketch.genes[twin])
            found.append(Like(fold, gene, PARTS[lower], len(own), float(ratio), like, PARTS[part[twin]]))
    return found


def without(windows: Windows, split: Split, likes: Sequence[Like]) -> Split:
    """The split without the windows of these genes, each in the part and fold it was found in."""
    genes = dict(zip(windows.table["name"].tolist(), windows.table["gene"].tolist(), strict=True))
    out = {(like.fold, like.part, like.gene) for like in likes}

    def kept(fold: Fold) -> Fold:
        rows = [
            row
            for row in zip(fold.ids, fold.groups, fold.parts, strict=True)
            if not any(
                (fold.name, row[2], gene) in out or (fold.outer, "train", gene) in out
                for gene in genes[row[0]].split(",")
            )
        ]
        return Fold(fold.name, *zip(*rows, strict=True)) if rows else fold

    return replace(split, folds=tuple(kept(fold) for fold in split.folds))


def table(likes: Sequence[Like], action: str) -> pl.DataFrame:
    """What was found, a line a gene and fold; `action`: removed or reported."""
    columns = {
        "fold": pl.String,
        "gene": pl.String,
        "part": pl.String,
        "windows": pl.Int64,
        "share": pl.Float64,
        "like": pl.String,
        "like_part": pl.String,
    }
    return pl.DataFrame([vars(like) for like in likes], schema=columns).with_columns(action=pl.lit(action))
