"""How well splice sites were found: by rank (top-k, PR-AUC), by a threshold (F1), and how many false ones there are.

Nearly all bases are no sites, so only those with a score worth naming are kept, and all true ones. Intervals are
percentiles of the bootstrap over genes: windows that share one are drawn together, a window without one by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from .metrics import LEVELS, Metric

CLASSES = ("none", "acceptor", "donor")
SITES = {"acceptor": 1, "donor": 2}
FLOOR = 1e-4  # a true site scored below it is not found at any threshold
LEAST = 0.01  # a base that is no site and scored below it is in no table of predictions
DRAWS = 200


@dataclass(frozen=True)
class Candidates:
    """Bases that may be a site of one class, best first.

    score : (m,) float32; row, position : the window and the base in it; truth : whether it is a site
    """

    score: np.ndarray
    row: np.ndarray
    position: np.ndarray
    truth: np.ndarray

    def of(self, chosen: np.ndarray) -> Candidates:
        """Those in some of the windows, by a mask over all windows."""
        kept = chosen[self.row]
        return Candidates(self.score[kept], self.row[kept], self.position[kept], self.truth[kept])


class Collector:
    """Gathers the candidates of one model, batch by batch."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[np.ndarray, ...]]] = {name: [] for name in SITES}

    def add(self, scores: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
        """(k, window, 3 or more) probabilities, (k, window) classes, (k,) places of the windows in the file."""
        for name, index in SITES.items():
            truth = labels == index
            at, position = np.nonzero(truth | (scores[..., index] >= FLOOR))
            self._parts[name].append((scores[at, position, index], rows[at], position, truth[at, position]))

    def candidates(self) -> dict[str, Candidates]:
        """Class → what was found, best first."""
        found = {}
        for name, parts in self._parts.items():
            score, row, position, truth = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.lexsort((position, row, -score))
            found[name] = Candidates(*(column[order] for column in (score, row, position, truth)))
        return found


def threshold(candidates: Candidates) -> tuple[float, float]:
    """The score at which F1 is best, and that F1. Choose it on validation data alone."""
    ends, _, sums = _groups(candidates, np.ones(len(candidates.score)))
    if not len(ends) or not candidates.truth.any():
        return 0.5, 0.0
    f1 = 2 * sums[0] / (sums[1] + candidates.truth.sum())
    best = int(f1.argmax())
    low = float(candidates.score[ends[best]])
    below = float(candidates.score[ends[best + 1]]) if best + 1 < len(ends) else FLOOR
    return (low + below) / 2, float(f1[best])  # halfway to the next score: no site hangs on the last bit


def _groups(c: Candidates, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where groups of equal scores end, the scores there, and the weight of true ones and of all up to there."""
    count = int(np.searchsorted(-c.score, -FLOOR, "right"))
    ends = np.flatnonzero(np.diff(c.score[:count], append=-1.0))
    return (
        ends,
        c.score[ends],
        np.stack([np.cumsum(weight[:count] * c.truth[:count])[ends], np.cumsum(weight[:count])[ends]]),
    )


def _measures(c: Candidates, limit: float, weight: np.ndarray) -> dict[str, float]:
    """Rank and threshold measures of one class, each base weighing so much."""
    _, scores, (true, called) = _groups(c, weight)
    total = float((weight * c.truth).sum())
    if not total:
        return dict.fromkeys(("f1", "top_k", "pr_auc", "precision", "recall"), np.nan)
    over = int(np.searchsorted(-scores, -np.float32(limit), "right"))
    hits, calls = (float(true[over - 1]), float(called[over - 1])) if over else (0.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(called > 0, true / called, 0.0)
    return {
        "f1": 2 * hits / (calls + total),
        # the share of equal scores that would be among the first k by chance
        "top_k": float(np.interp(total, np.r_[0, called], np.r_[0, true])) / total,
        "pr_auc": float((np.diff(true, prepend=0.0) * precision).sum()) / total,
        "precision": hits / calls if calls else np.nan,
        "recall": hits / total,
    }


def curve(score: np.ndarray, truth: np.ndarray, least: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores from the highest down to `least`, and recall and precision where all from there on are called."""
    order = np.argsort(-score, kind="stable")
    ordered, hits = score[order], np.cumsum(truth[order])
    ends = np.flatnonzero(np.diff(ordered, append=-1.0))
    ends = ends[ordered[ends] >= least]
    return ordered[ends], hits[ends] / max(int(truth.sum()), 1), hits[ends] / (ends + 1)


def units(genes: Sequence[str]) -> np.ndarray:
    """(n,) the unit of each window, from the genes in it (by comma): windows that share one are one unit."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    names: dict[str, int] = {}
    pairs = np.array(
        [
            (row, names.setdefault(gene, len(names)))
            for row, each in enumerate(genes)
            for gene in each.split(",")
            if gene
        ],
        np.int64,
    ).reshape(-1, 2)
    size = len(genes) + len(names)
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], len(genes) + pairs[:, 1])), (size, size))
    return connected_components(graph, directed=False)[1][: len(genes)]


def measure(
    model: str,
    candidates: Mapping[str, Candidates],
    thresholds: Mapping[str, float],
    rows: np.ndarray,
    genes: Sequence[str],
    window: int,
    seed: int = 1,
    draws: int = DRAWS,
) -> list[Metric]:
    """All measures of one model on some windows.

    Parameters
    ----------
    candidates : class → bases found in the windows `rows`
    thresholds : class → score from which on a base is called a site, chosen on validation data
    genes : of every window of the file, those in it by comma; a window without one is gene-free
    window : bases of a window

    Returns
    -------
    measures of acceptors, donors and their mean: on all windows, and as `gene_windows.…` on those with a gene on their
    strand; called sites per kb, and false ones per Mb of sequence read on one strand, also as `gene_free.…`
    """
    here = np.zeros(len(genes), bool)
    here[rows] = True
    genic = here & np.array([bool(each) for each in genes])
    unit = np.full(len(genes), -1)
    unit[rows] = np.unique(units([genes[row] for row in rows.tolist()]), return_inverse=True)[1]
    count = int(unit.max(initial=-1)) + 1
    found: list[Metric] = []
    for prefix, chosen in (("", here), ("gene_windows.", genic), ("gene_free.", here & ~genic)):
        if not chosen.any():
            continue
        some = {name: each.of(chosen) for name, each in candidates.items()}
        random = np.random.default_rng(seed)
        weights = [random.multinomial(count, np.full(count, 1 / count)).astype(float) for _ in range(draws)]
        table = [
            dict(_numbers(some, thresholds, weight, unit, np.flatnonzero(chosen), window))
            for weight in [np.ones(count), *weights]
        ]
        wanted = ("sites_per_kb", "false_positives_per_mb")
        names = [name for name in table[0] if (name in wanted) or prefix != "gene_free."]
        for name in names:
            values = np.array([row[name] for row in table])
            known = values[1:][np.isfinite(values[1:])]
            low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
            site = name.rpartition(".")[2]
            sites = [site] if site in SITES else list(SITES)
            n = int(chosen.sum()) if name in wanted else sum(int(some[s].truth.sum()) for s in sites)
            found.append(Metric(prefix + name, model, float(values[0]), float(low), float(high), n))
    return found


def _numbers(
    candidates: Mapping[str, Candidates],
    thresholds: Mapping[str, float],
    weight: np.ndarray,
    unit: np.ndarray,
    rows: np.ndarray,
    window: int,
) -> Iterator[tuple[str, float]]:
    by_class, called, false = {}, 0.0, 0.0
    for name, c in candidates.items():
        own = weight[unit[c.row]]
        by_class[name] = _measures(c, thresholds[name], own)
        over = c.score >= thresholds[name]
        called += float(own[over].sum())
        false += float(own[over & ~c.truth].sum())
    for measure in next(iter(by_class.values())):
        yield measure, float(np.mean([each[measure] for each in by_class.values()]))
        for name, each in by_class.items():
            yield f"{measure}.{name}", each[measure]
    bases = float(weight[unit[rows]].sum()) * window
    yield "sites_per_kb", 1e3 * called / bases if bases else np.nan
    yield "false_positives_per_mb", 1e6 * false / bases if bases else np.nan


def table(found: Sequence[Metric]) -> pl.DataFrame:
    """The metrics table: metric, model, value, low, high, n."""
    return pl.DataFrame([vars(metric) for metric in found])


def predictions(
    models: Mapping[str, Mapping[str, Candidates]],
    table: Mapping[str, np.ndarray],
    window: int,
    fold: str,
    part: str,
    least: float = LEAST,
) -> pl.DataFrame:
    """A line a base that is a site or that the first model gives at least `least`, with the score of every model, the
    window of the base and the genes of that window by comma.

    models : name → class → candidates; the first is the chosen one, the others are baselines
    table : of the windows, for the place of each base
    """
    chosen, *others = models
    frames = []
    for site in SITES:
        c = models[chosen][site]
        kept = c.truth | (c.score >= least)
        row, position = c.row[kept], c.position[kept]
        order = np.lexsort((position, row))
        row, position = row[order], position[order]
        forward = table["strand"][row] == "+"
        base = np.where(forward, table["start"][row] + position, table["end"][row] - 1 - position)
        names = [
            f"{chrom}:{at}:{strand}"
            for chrom, at, strand in zip(
                table["chrom"][row].tolist(), base.tolist(), table["strand"][row].tolist(), strict=True
            )
        ]
        key = row * window + position
        columns: dict[str, object] = {
            "id": names,
            "target": site,
            "fold": fold,
            "part": part,
            "observed": c.truth[kept][order].astype(np.int64),
            "predicted": c.score[kept][order],
        }
        for name in others:
            other = models[name][site]
            keys = other.row * window + other.position
            sort = np.argsort(keys)
            place = np.minimum(np.searchsorted(keys[sort], key), max(len(keys) - 1, 0))
            values = other.score[sort][place] if len(keys) else np.zeros(len(key), np.float32)
            same = keys[sort][place] == key if len(keys) else np.zeros(len(key), bool)
            columns[f"predicted_{name}"] = np.where(same, values, 0)
        columns |= {"window": table["name"][row].tolist(), "gene": table["gene"][row].tolist()}
        frames.append(pl.DataFrame(columns, schema_overrides=dict.fromkeys(("id", "window", "gene"), pl.String)))
    return pl.concat(frames)
