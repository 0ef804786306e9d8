"""What a variant changes: the largest gains and losses of splice sites near it, as SpliceAI 1.3.1 counts them.

Jaganathan et al., Cell 176, 535 (2019). Scores of the alternate sequence are put onto the bases of the reference:
deleted bases have none (zero), and all inserted ones share the base before them, which takes the highest of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from .cone import MARGIN, Edits, Reference
from .splice import ACCEPTOR, DONOR, Splice, probabilities, reverse_complement

# Acceptor gain and loss, donor gain and loss: the class, and the sign of what is sought.
KINDS = ((ACCEPTOR, 1), (ACCEPTOR, -1), (DONOR, 1), (DONOR, -1))
_WIDTH = 25  # insertions up to a multiple of this many bases are run together
_BATCH = 48_000  # bases of all activations that change, run at once
_CHANCE = 0.1  # from which on a gain, a loss or a site counts in the look for moved sites


class Variant(NamedTuple):
    """`removed` bases from `at` on, base 0 the first with a score, give way to `bases`, (n,) uint8 codes, n > 0."""

    at: int
    removed: int
    bases: np.ndarray


class Delta(NamedTuple):
    """Gains and losses, in the order of KINDS.

    scores : (4,) float32, the largest difference
    offsets : (4,) int64, where it is: bases from the variant's first one, in the direction of the plus strand
    moved : an insertion whose gain or loss may be none: a site that moved by as many bases as were inserted (see
        `_moved`)
    """

    scores: np.ndarray
    offsets: np.ndarray
    moved: bool


def reach(variant: Variant, distance: int) -> int:
    """Bases with a score that a stretch has to have on both sides of `at`."""
    return distance + variant.removed + _width(len(variant.bases)) + MARGIN


def score(
    networks: Sequence[Splice],
    codes: np.ndarray,
    variants: Sequence[Variant],
    distance: int,
    minus: bool = False,
    temperature: float = 1.0,
) -> list[Delta]:
    """The deltas of variants in one stretch of sequence, whose reference is run once.

    Parameters
    ----------
    networks : an ensemble as `splice.for_inference` makes it, averaged after the softmax
    codes : (context + n,) uint8 base codes of the plus strand; there are `reach` bases beside each variant
    distance : bases on either side of a variant's first one to look at
    minus : the gene is on the minus strand
    """
    length = len(codes) - networks[0].context
    half = networks[0].context // 2
    where = next(networks[0].parameters()).device
    read = reverse_complement(codes) if minus else codes
    batches = list(_batches(variants, distance))
    reference = np.zeros((length, 3), np.float32)
    found: dict[int, np.ndarray] = {}
    total: list[Any] = [0.0] * len(batches)
    edits = [_edits([variants[row] for row in rows], read, half, width, minus).to(where) for width, rows in batches]
    with torch.inference_mode():
        for network in networks:
            run = Reference(network, torch.from_numpy(read).to(where))
            reference += _sites(run.logits / temperature, network)
            for number, each in enumerate(edits):
                logits = run.edited(each, (-distance, distance + each.width))
                total[number] = total[number] + _sites(logits / temperature, network)
    reference = np.divide(reference[::-1] if minus else reference, len(networks), dtype=np.float32)
    for (_, rows), scores in zip(batches, total, strict=True):
        for row, each in zip(rows, scores, strict=True):
            found[row] = _own(each / len(networks), variants[row], distance, minus)
    return [
        _delta(reference[variant.at - distance : variant.at + distance + 1], found[row], variant, distance)
        for row, variant in enumerate(variants)
    ]


def _width(inserted: int) -> int:
    return 1 + -(-(inserted - 1) // _WIDTH) * _WIDTH


def _batches(variants: Sequence[Variant], distance: int) -> Iterator[tuple[int, list[int]]]:
    """Width and rows of variants that are run together."""
    widths = [_width(len(variant.bases)) for variant in variants]
    for width in sorted(set(widths)):
        rows = [row for row, each in enumerate(widths) if each == width]
        step = min(max(_BATCH // (width + 2 * distance + 5000), 1), 8)
        for start in range(0, len(rows), step):
            yield width, rows[start : start + step]


def _edits(variants: Sequence[Variant], read: np.ndarray, half: int, width: int, minus: bool) -> Edits:
    at = np.array([variant.at for variant in variants])
    removed = np.array([variant.removed for variant in variants])
    if minus:
        at = len(read) - 2 * half - at - removed
    bases = np.empty((len(variants), width), np.uint8)
    for row, variant, after in zip(bases, variants, (at + removed + half).tolist(), strict=True):
        count = len(variant.bases)
        row[:count] = reverse_complement(variant.bases) if minus else variant.bases
        row[count:] = read[after : after + width - count]
    shift = removed - np.array([len(variant.bases) for variant in variants])
    return Edits(torch.from_numpy(at), torch.from_numpy(bases), torch.from_numpy(shift))


def _sites(logits: torch.Tensor, network: Splice) -> np.ndarray:
    return probabilities(logits, network.heads)[..., :3].cpu().numpy()


def _own(scores: np.ndarray, variant: Variant, distance: int, minus: bool) -> np.ndarray:
    """The scores of an alternate sequence on the plus strand, from `distance` bases before the variant to the base that
    is `distance` bases after it in the reference: (2 · distance + 1 + inserted - removed, 3)."""
    count = 2 * distance + 1 + len(variant.bases) - variant.removed
    if minus:
        return scores[variant.removed - 1 :][:count][::-1]
    return scores[:count]


def _delta(reference: np.ndarray, alternate: np.ndarray, variant: Variant, distance: int) -> Delta:
    """reference : (2 · distance + 1, 3); alternate : as `_own` has it."""
    inserted, removed = len(variant.bases), variant.removed
    placed = alternate
    if removed > 1:
        gap = np.zeros((removed - inserted, 3), np.float32)
        placed = np.concatenate([alternate[: distance + inserted], gap, alternate[distance + inserted :]])
    elif inserted > 1:
        highest = alternate[distance : distance + inserted].max(0, keepdims=True)
        placed = np.concatenate([alternate[:distance], highest, alternate[distance + inserted :]])
    gains, losses = placed - reference, reference - placed  # not one of the other's sign: zero has none
    differences = np.stack([(gains if sign > 0 else losses)[:, site] for site, sign in KINDS])
    where = differences.argmax(1)
    scores, offsets = differences[np.arange(len(KINDS)), where], where - distance
    moved = inserted > 1 and _moved(
        reference[distance], alternate[distance], inserted, scores, offsets, placed, distance
    )
    return Delta(scores, offsets, moved)


def _moved(
    before: np.ndarray,
    after: np.ndarray,
    inserted: int,
    scores: np.ndarray,
    offsets: np.ndarray,
    placed: np.ndarray,
    distance: int,
) -> bool:
    """The known artefact of insertions: they repeat bases beside them, so that which ones are new is a matter of taste.

    A gain among the inserted bases goes with a loss of the same class not further on than they are many: the site is
    the old one, some bases on. Or the base before them was a site and is none any more, which shows as no loss where an
    inserted base is one. (The score of a VCF's left-most placement; that of the right-most may be zero, or not.)
    """
    for gain, loss in ((0, 1), (2, 3)):
        site = KINDS[gain][0]
        if offsets[gain] == 0 and 0 < offsets[loss] < inserted and min(scores[gain], scores[loss]) >= _CHANCE:
            return True
        if before[site] - after[site] >= _CHANCE and placed[distance, site] - after[site] >= _CHANCE:
            return True
    return False
