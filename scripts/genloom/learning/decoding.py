"""From scores of windows or of a chromosome to a structure: which windows follow each other, and in what pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..models.introns import Rules, Structure, coding_genes, pair_sites
from ..models.splice import ACCEPTOR, CODING, DONOR

# bases: each by itself; pairs: donors and acceptors that alternate; genes: coding genes, each in one reading frame
KINDS = ("bases", "pairs", "genes")
_LONGEST = 100_000  # of an intron that is looked for


def kinds(heads: tuple[int, ...]) -> tuple[str, ...]:
    """The ways to decode what a network with these heads predicts."""
    return KINDS if heads == CODING else KINDS[:2]


def runs(table: Mapping[str, np.ndarray], rows: np.ndarray, longest: int) -> list[np.ndarray]:
    """Windows of which each begins where the one before ends, in the direction of their strand; so many at most."""
    sign = np.where(table["strand"][rows] == "-", -1, 1)
    chrom = np.unique(table["chrom"][rows], return_inverse=True)[1]
    begin = np.where(sign > 0, table["start"][rows], -table["end"][rows])
    end = np.where(sign > 0, table["end"][rows], -table["start"][rows])
    order = np.lexsort((begin, sign, chrom))
    same = (np.diff(chrom[order]) == 0) & (np.diff(sign[order]) == 0) & (begin[order][1:] == end[order][:-1])
    return [
        part[at : at + longest]
        for part in np.split(rows[order], np.flatnonzero(~same) + 1)
        for at in range(0, len(part), longest)
    ]


def structure(kind: str, codes: np.ndarray, scores: np.ndarray, rules: Rules) -> Structure:
    """(n,) base codes and (n, classes) probabilities in the direction of the strand → their structure.

    The kind "bases" has the introns of "pairs" and leaves the probabilities as they are.
    """
    if kind == "genes":
        return coding_genes(codes, scores[:, :3], rules, scores[:, 8:11])
    found = pair_sites(scores[:, :3], rules)
    return found if kind == "pairs" else replace(found, probabilities=scores[:, :3])


def intron_lengths(labels: list[np.ndarray]) -> dict[str, int]:
    """The shortest and longest intron to look for: all but the outermost thousandth of those in training.

    labels : the class of every base of each run of windows
    """
    lengths = []
    for run in labels:
        at = np.flatnonzero(run)
        pairs = (run[at[:-1]] == DONOR) & (run[at[1:]] == ACCEPTOR)
        lengths.append((at[1:] - at[:-1] - 1)[pairs])
    every = np.concatenate([*lengths, np.zeros(0, np.int64)])
    if not len(every):
        return {"minimum": Rules().minimum, "maximum": Rules().maximum}
    low, high = np.quantile(every, [0.001, 0.999], method="nearest")
    return {"minimum": max(int(low), 4), "maximum": int(min(max(high, 100), _LONGEST))}


def settings(rules: Rules) -> dict[str, Any]:
    """For a model's card."""
    return asdict(rules)
