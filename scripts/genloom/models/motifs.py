"""Motifs from attributions: short stretches that a score leans on, aligned where they are alike.

Stretches whose attributions add up to more than chance would have it are taken from each sequence. The strongest starts a
motif; all others are held against it at each shift, those alike are averaged, and held against the average again. A motif
counts if many more stretches fit it than do with their places shuffled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALIKE = 0.6  # cosine between a stretch and a motif, of bases times attributions
LEAST = 5  # stretches of a motif
TIMES = 3  # as many as there are by chance
_TRIES = 40
_ROUNDS = 4
_EDGE = 0.15  # of the strongest place of a motif: weaker ends, and those without a base of most, are cut off
_CHANCE = 99.0  # percentile of sums of shuffled attributions that a stretch has to exceed


@dataclass(frozen=True)
class Motif:
    """Aligned stretches.

    Attributes
    ----------
    counts : (width, 4) how often each base stands at each place
    contributions : (width, 4) mean attribution of each base at each place, 0 where it does not stand
    sequences, starts : (n,) the sequence of each stretch and its first base in it
    flipped : (n,) bool, read on the other strand
    expected : how many stretches fit after their places are shuffled
    """

    counts: np.ndarray
    contributions: np.ndarray
    sequences: np.ndarray
    starts: np.ndarray
    flipped: np.ndarray
    expected: float

    @property
    def consensus(self) -> str:
        """The base of each place, in lower case where it is in fewer than three of four stretches, n in fewer than half."""
        share = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        letters = (
            "ACGT"[i] if row[i] >= 0.75 else "acgt"[i] if row[i] >= 0.5 else "n"
            for row in share
            for i in [row.argmax()]
        )
        return "".join(letters)


def find(
    codes: Sequence[np.ndarray],
    attributions: Sequence[np.ndarray],
    width: int = 12,
    most: int = 8,
    each: int = 8,
    both_strands: bool = False,
    seed: int = 1,
) -> list[Motif]:
    """The motifs of some sequences, those of most stretches first.

    Parameters
    ----------
    codes, attributions : (length,) uint8 base codes, and floats, of each sequence; lengths may differ
    width : of a stretch; motifs may be narrower
    most : motifs at the most
    each : stretches of a sequence at the most
    both_strands : a motif may be read in either direction
    """
    random = np.random.default_rng(seed)
    shift = width // 2
    found = [
        (number, start)
        for number, values in enumerate(attributions)
        for start in _stretches(np.abs(values), width, each, random)
    ]
    if len(found) < LEAST:
        return []
    places = np.array(found)
    wide = np.stack([_extended(codes[n], attributions[n], start - shift, width + 2 * shift) for n, start in found])
    null = wide[
        np.arange(len(wide))[:, None], random.permuted(np.tile(np.arange(wide.shape[1]), (len(wide), 1)), axis=1)
    ]
    left = np.ones(len(wide), bool)
    seeds = np.argsort(-np.abs(wide[:, shift : shift + width]).sum((1, 2)), kind="stable")
    motifs: list[Motif] = []
    tries = 0
    for start in seeds.tolist():
        if len(motifs) == most or tries == _TRIES:
            break
        if not left[start]:
            continue
        tries += 1
        template = wide[start, shift : shift + width]
        for _ in range(_ROUNDS):
            cosine, at, flip = _aligned(wide, template, both_strands)
            members = np.flatnonzero(left & (cosine >= ALIKE))
            if not len(members):
                break
            template = np.mean([_read(wide[i], at[i], width, flip[i]) for i in members], 0)
        left[start] = False
        expected = float((_aligned(null, template, both_strands)[0] >= ALIKE).sum())
        if len(members) < max(LEAST, TIMES * expected):
            continue
        left[members] = False
        motifs.append(_motif(codes, wide, places, members, at, flip, template, shift, expected))
    return sorted(motifs, key=lambda motif: -len(motif.starts))


def _stretches(sizes: np.ndarray, width: int, most: int, random: np.random.Generator) -> list[int]:
    """First bases of the stretches with the largest sums, none of which overlap, beyond what chance gives."""
    if len(sizes) < width:
        return []
    window = np.ones(width)
    sums = np.convolve(sizes, window, "valid")
    limit = np.percentile(np.convolve(random.permutation(sizes), window, "valid"), _CHANCE)
    starts: list[int] = []
    while len(starts) < most and sums.max() > limit:
        start = int(sums.argmax())
        starts.append(start)
        sums[max(start - width + 1, 0) : start + width] = -np.inf
    return starts


def _extended(codes: np.ndarray, values: np.ndarray, start: int, width: int) -> np.ndarray:
    """(width, 4) attributions by base; zeros beyond the ends and where the base is not known."""
    out = np.zeros((width, 4))
    low, high = max(start, 0), min(start + width, len(codes))
    known = np.flatnonzero(codes[low:high] < 4)
    out[known + low - start, codes[low:high][known]] = values[low:high][known]
    return out


def _aligned(wide: np.ndarray, template: np.ndarray, both: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best cosine of each stretch with the template, its shift, and whether it is read on the other strand."""
    width = len(template)
    size = np.linalg.norm(template)
    ways = []
    for way in (wide, wide[:, ::-1, ::-1]) if both else (wide,):
        views = np.lib.stride_tricks.sliding_window_view(way, width, 1)  # n, shifts, 4, width
        product = np.einsum("nsbw,wb->ns", views, template)
        ways.append(product / np.maximum(np.sqrt(np.einsum("nsbw,nsbw->ns", views, views)) * size, 1e-12))
    cosine = np.concatenate(ways, 1)
    best = cosine.argmax(1)
    shifts = ways[0].shape[1]
    return cosine[np.arange(len(wide)), best], best % shifts, best >= shifts


def _read(wide: np.ndarray, at: int, width: int, flip: bool) -> np.ndarray:
    return (wide[::-1, ::-1] if flip else wide)[at : at + width]


def _motif(
    codes: Sequence[np.ndarray],
    wide: np.ndarray,
    places: np.ndarray,
    members: np.ndarray,
    at: np.ndarray,
    flip: np.ndarray,
    template: np.ndarray,
    shift: int,
    expected: float,
) -> Motif:
    strong = np.abs(template).sum(1)
    bases = np.abs(np.array([_read(wide[i], at[i], len(template), flip[i]) for i in members])) > 0
    alike = bases.mean(0).max(1) >= 0.5
    kept = np.flatnonzero(alike & (strong >= _EDGE * strong.max()))
    first, last = (int(kept[0]), int(kept[-1]) + 1) if len(kept) else (0, len(template))
    counts, starts = np.zeros((last - first, 4)), []
    for i in members:
        number, start = places[i]
        begin = start - shift + (wide.shape[1] - at[i] - last if flip[i] else at[i] + first)
        starts.append(begin)
        inside = np.arange(begin, begin + last - first)
        bases = np.full(len(inside), 4)
        known = (inside >= 0) & (inside < len(codes[number]))
        bases[known] = codes[number][inside[known]]
        if flip[i]:
            bases = np.where(bases < 4, 3 - bases, 4)[::-1]
        here = np.flatnonzero(bases < 4)
        counts[here, bases[here]] += 1
    return Motif(counts, template[first:last], places[members, 0], np.array(starts), flip[members], expected)
