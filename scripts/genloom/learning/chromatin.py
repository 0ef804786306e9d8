"""Open chromatin as models see it: levels of bins, and sums of them in rings about each transcription start site."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TRANSFORMS = ("rank", "log", "none")
# Distances from the start site in bp, the first ring on the site itself, the others once up- and once downstream.
RINGS = (1_000, 3_000, 10_000, 30_000, 100_000)
OPEN = 1 / 32  # about the share of 1-kb bins that hold a peak in a good sample


def levels(x: np.ndarray, transform: str, bins: int) -> np.ndarray:
    """Values of bins, made comparable between samples.

    rank: log2(1 + bins / 32 / rank) within each sample, its strongest bin having rank 1; 0 stays 0. Depth and peak caller
    change signals by orders of magnitude, but hardly their order; and no other sample is needed, so that a new one can be
    ranked alone. log: log2(1 + x). none: x.

    Parameters
    ----------
    x : (samples, filled bins), not negative
    bins : how many bins the genome or region has, filled or not

    Returns
    -------
    (samples, filled bins) float32
    """
    if transform == "none":
        return x
    if transform == "log":
        return np.log2(1 + x)
    from scipy.stats import rankdata

    out = np.zeros(x.shape, np.float32)
    for row, values in zip(out, x, strict=True):
        filled = np.flatnonzero(values)
        row[filled] = np.log2(1 + bins * OPEN / rankdata(-values[filled]))  # ties share their mean rank
    return out


def neighbourhoods(x: np.ndarray, bins: pd.DataFrame, genes: pd.DataFrame) -> np.ndarray:
    """The neighbourhood of each gene in each sample.

    A bin counts for the ring that holds the distance between its middle and the middle of the gene's own bin. Each
    feature is centred over the genes within a sample: what lifts all genes of a sample alike is its quality.

    Parameters
    ----------
    x : (samples, bins) levels
    bins : chrom, start, end of each column
    genes : chrom, tss (-1 where unknown) and strand of each gene

    Returns
    -------
    (samples, genes, 1 + 2 * rings beyond the first) float32; NaN for a gene without a start site in a chromosome of bins
    """
    numbers = {name: i for i, name in enumerate(dict.fromkeys(bins["chrom"]))}
    chrom = np.array([numbers[name] for name in bins["chrom"]])
    middle = ((bins["start"] + bins["end"]) // 2).to_numpy(np.int64)
    order = np.lexsort((middle, chrom))
    chrom, middle = chrom[order], middle[order]
    sums = np.concatenate([np.zeros((len(x), 1)), np.cumsum(x[:, order], 1, dtype=np.float64)], 1)
    width = int((bins["end"] - bins["start"]).max())
    edges = np.maximum(RINGS, width) - width // 2  # half-way to the next bin, so that no bin counts twice
    tss = genes["tss"].to_numpy(np.int64)
    home = np.array([numbers.get(name, -1) if at >= 0 else -1 for name, at in zip(genes["chrom"], tss, strict=True)])
    plus = (genes["strand"] != "-").to_numpy()
    out = np.full((len(x), len(genes), 2 * len(RINGS) - 1), np.nan, np.float32)
    for number in numbers.values():
        first, last = np.searchsorted(chrom, [number, number + 1])
        here = np.flatnonzero(home == number)
        centre = tss[here] // width * width + width // 2

        def total(low: int, high: int, first=first, last=last, centre=centre) -> np.ndarray:
            """Sum over the bins whose middle lies in [centre + low, centre + high)."""
            a, b = (first + np.searchsorted(middle[first:last], centre + side) for side in (low, high))
            return sums[:, b] - sums[:, a]

        out[:, here, 0] = total(-edges[0], edges[0])
        for i, (near, far) in enumerate(pairwise(edges)):
            left, right = total(-far, -near), total(near, far)
            out[:, here, 1 + 2 * i] = np.where(plus[here], left, right)
            out[:, here, 2 + 2 * i] = np.where(plus[here], right, left)
    return out - np.nanmean(out, 1, keepdims=True)
