"""What is wrong with sites that are called wrongly, or not at all: the other class, a base or two beside, or nothing near."""

from __future__ import annotations

import numpy as np
import polars as pl

from .calibration import drawn, interval

KINDS = ("false call", "missed site")
DISTANCES = ("0", "1", "2", "3-10", "11-100", ">100", "none")  # bases to the nearest one
_UPPER = (0, 1, 2, 10, 100, np.inf)  # the last one of each
_APART = 1 << 34  # between chromosomes and strands, beyond any distance on one


def confusion(
    targets: tuple[str, ...] | list[str],
    target: np.ndarray,
    truth: np.ndarray,
    called: np.ndarray,
    strand: np.ndarray,
    position: np.ndarray,
    unit: np.ndarray,
    draws: int = 1000,
    seed: int = 1,
) -> pl.DataFrame:
    """Each call that is false by the nearest true site, and each true site that is missed by the nearest call.

    Both on the same strand of the chromosome; of a site of its own class and of another at the same distance, the own.

    Parameters
    ----------
    target : (n,) places in `targets`; truth, called : (n,) bool; strand : (n,) a number for each strand of each
        chromosome; position : (n,) the base; unit : (n,) what the bootstrap draws whole

    Returns
    -------
    a table of `kind`, `target`, `nearest` (its class), `distance` (of DISTANCES, in bases), `n`, and `share` of the wrong
    ones of that kind and target with `low` and `high`
    """
    key = strand.astype(np.int64) * _APART + position
    unit = np.unique(unit, return_inverse=True)[1]
    size = int(unit.max(initial=-1)) + 1
    rows = []
    for kind, wrong, others in ((KINDS[0], called & ~truth, truth), (KINDS[1], truth & ~called, called)):
        for own, name in enumerate(targets):
            chosen = np.flatnonzero(wrong & (target == own))
            order = [own, *(i for i in range(len(targets)) if i != own)]
            away = np.stack([_away(key[chosen], key[others & (target == i)]) for i in order])
            nearest, least = away.argmin(0), away.min(0)
            bin_ = np.where(np.isfinite(least), np.searchsorted(_UPPER, least), len(_UPPER))
            nearest[~np.isfinite(least)] = 0
            cells = [
                (i, d)
                for d in range(len(DISTANCES))
                for i in range(len(order))
                if not (d == 0 and i == 0) and not (d == len(_UPPER) and i)
            ]
            place = {cell: at for at, cell in enumerate(cells)}
            cell = np.array([place[i, d] for i, d in zip(nearest.tolist(), bin_.tolist(), strict=True)], np.int64)
            table = np.bincount(unit[chosen] * len(cells) + cell, minlength=size * len(cells)).reshape(size, -1)
            random = drawn(table, draws, seed)
            with np.errstate(invalid="ignore", divide="ignore"):
                low, high = interval(random / random.sum(1, keepdims=True))
            for at, (i, d) in enumerate(cells):
                count, total = int(table[:, at].sum()), len(chosen)
                where = targets[order[i]] if d < len(_UPPER) else ""
                share = count / total if total else np.nan
                rows.append((kind, name, where, DISTANCES[d], count, share, float(low[at]), float(high[at])))
    columns = ("kind", "target", "nearest", "distance", "n", "share", "low", "high")
    return pl.DataFrame(rows, columns, orient="row")


def _away(key: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) bases from each to the nearest of the others on its strand; infinite where there is none."""
    others = np.sort(others)
    padded = np.concatenate([[np.iinfo(np.int64).min // 4], others, [np.iinfo(np.int64).max // 4]])
    right = np.searchsorted(padded, key)
    away = np.minimum(padded[right] - key, key - padded[right - 1])
    return np.where(away < _APART // 2, away, np.inf)
