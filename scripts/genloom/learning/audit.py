"""What a split lets through from the part that judges a model into the part it learns from.

An error is a leak: the score on the test part would be better than on new samples. A warning is what a reader should know.
Nothing here looks at a model; all that is learned inside the training part is the concern of each task.
"""

from __future__ import annotations

import hashlib
from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..console import say
from ..errors import InputError, named
from ..formats import matrix
from ..formats.split import PARTS, Fold, Split
from ..formats.windows import Windows
from . import homology

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from anndata import AnnData

ERROR, WARNING = "error", "warning"
ALIKE = 0.98  # correlation of two samples, features in standard deviations, from which on one copies the other
FEW = 500  # features; with fewer, different samples can be that much alike, and copies are all but equal
EQUAL = 0.9999  # correlation of two columns that say the same, or of two samples with few features
DISTINCT = 6  # values of a column from which on its like is no accident
COMPARED = 20_000  # samples, up to which all pairs are compared
COLUMNS, ROWS = 5_000, 50  # features and samples looked at, about, where some stand for all
CHOSEN = 50  # features that all tell classes apart, from which on they have been chosen for it
RARE = 0.05  # share of a class, below which it is told
SHARED = 0.2  # share of a gene's 21-mers in another part, as in split_samples
GROUPS = frozenset(["donor", "patient", "subject", "individual", "participant", "study", "series", "cell_line"])
KINDS = {"expression": "bins", "boundaries": "boundaries", "content": "content", "activity": "promoters"}  # task → kind
_BLOCK = 2_000
_FEW = 200  # features


@dataclass(frozen=True)
class Finding:
    """What was found in a fold, or in all of them where `fold` is empty.

    count : of what the sentence `what` is about; examples : names, a few
    """

    level: str
    check: str
    fold: str
    count: int
    what: str
    examples: str = ""
    cure: str = ""


def of_matrix(
    data: AnnData,
    split: Split,
    *,
    label: str | None = None,
    targets: AnnData | None = None,
    group: str | None = None,
    where: object = "matrix",
) -> list[Finding]:
    """Audit a split of the samples of a matrix.

    Parameters
    ----------
    label : column of its samples that is to be predicted
    targets : matrix of the same samples that is to be predicted
    group : column of its samples, such as donor, whose values belong in one part

    Raises
    ------
    InputError : the split names other samples; no such column
    """
    split.require(data.obs_names, where)
    for column in (label, group):
        if column is not None and column not in data.obs.columns:
            raise InputError(f"has no column {column!r} for its samples", where, f"it has {named(data.obs.columns)}")
    place = {name: row for row, name in enumerate(data.obs_names)}
    used = np.array([place[name] for name in split.ids])
    values = matrix.dense(data)
    found = [
        *_columns_of(data.obs, split, label, group),
        *_constant(_rows(values, np.sort(used)), data.var_names),
        *_names_of(data.var),
        *_copies(values, place, split),
        *_scaled(values, place, split),
    ]
    if label is not None:
        labels = np.array([str(each).strip() for each in data.obs[label]])
        found += [*_balance(labels, place, split), *_telling(_rows(values, used), labels[used], data.var_names, label)]
        found += _chosen(_rows(values, used), labels[used])
    if targets is not None:
        kept = [name for name in split.ids if name in set(targets.obs_names)]
        both = matrix.dense(data[kept]), matrix.dense(targets[kept])
        found += _same_columns(*both, data.var_names, targets.var_names)
    return found


def of_windows(windows: Windows, split: Split, shared: float = SHARED) -> list[Finding]:
    """Audit a split of windows. A gene has its like in another part if more than `shared` of its 21-mers are there.

    Promoters of neighbours overlap and paralogs have similar ones; random splits by gene are the field's habit (Xpresso), so
    of promoters these are warnings.
    """
    names = windows.table["name"].tolist()
    split.require(names, windows.path, "window")
    level = WARNING if windows.kind == "promoters" else ERROR
    place = {name: row for row, name in enumerate(names)}
    found = list(_mixed(set(windows.table["chrom"].tolist())))
    for fold in split.folds:
        found += [*_overlaps(windows, fold, place, level), *_shared_genes(windows, fold, place)]
    likes = defaultdict(list)
    for like in homology.find(windows, split, shared):
        likes[like.fold].append(like)
    for name, some in likes.items():
        pairs = [f"{like.gene} ~ {like.like} ({like.share:.2f})" for like in some]
        what = f"genes have more than {shared:g} of their {homology.K}-mers in another part"
        cure = "split_samples --paralogs remove leaves them out"
        found.append(Finding(level, "paralogs", name, len(some), what, named(pairs), cure))
    return found


def of_files(
    split: Split,
    matrix_path: str | Path | None = None,
    windows_path: str | Path | None = None,
    label: str | None = None,
    targets_path: str | Path | None = None,
    group: str | None = None,
    shared: float = SHARED,
    kind: str | None = None,
) -> list[Finding]:
    """Audit a split of the samples of the matrix in a file, or of windows: see `of_matrix` and `of_windows`.

    kind : what the matrix or the windows have to be

    Raises
    ------
    InputError : options of the one with the other
    """
    if windows_path is not None:
        if given := [name for name, value in (("label", label), ("targets", targets_path), ("group", group)) if value]:
            raise InputError(f"--{given[0]} has no meaning with --windows", None, "leave it out")
        with Windows(windows_path, kind) as windows:
            return of_windows(windows, split, shared)
    assert matrix_path is not None
    data = matrix.read(matrix_path, kind, foreign=kind is None)
    targets = None if targets_path is None else matrix.read(targets_path, foreign=True)
    return of_matrix(data, split, label=label, targets=targets, group=group, where=matrix_path)


def guard(split: Split, args: Namespace, data: AnnData | None = None) -> list[Finding]:
    """Audit what `train_model` is about to learn from; end the run at a leak unless `--allow-leak` says why it may be.

    data : what models look at, where it is read already

    Raises
    ------
    InputError : a leak
    """
    matrix_path = getattr(args, "bins", None) or getattr(args, "matrix", None)
    targets = args.expression if getattr(args, "bins", None) else None
    label, kind = getattr(args, "label", None), KINDS.get(args.task)
    if data is not None:
        findings = of_matrix(data, split, where="--landmarks")
    else:
        findings = of_files(split, matrix_path, args.windows, label, targets, kind=kind)
    if not args.allow_leak:
        refuse(findings)
    return findings


def record(findings: Sequence[Finding], allowed: str | None) -> dict[str, object]:
    """For the card of a model: a sentence for each finding, and why leaks may be."""
    said = {"findings": [f"{each.level}: {_sentence(each)}" for each in findings]}
    return {**said, "allowed": allowed} if allowed else {**said}


def tell(findings: Sequence[Finding]) -> None:
    """Say what was found."""
    for each in findings:
        say(f"audit: {each.level}: {_sentence(each)}")


def refuse(findings: Sequence[Finding]) -> None:
    """
    Raises
    ------
    InputError : there is a leak among the findings
    """
    errors = [each for each in findings if each.level == ERROR]
    if errors:
        more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
        raise InputError(
            f"leak: {_sentence(errors[0])}{more}",
            None,
            f"{errors[0].cure or 'make another split'}; or say why it may be so: --allow-leak REASON",
        )


def table(findings: Sequence[Finding], allowed: str | None = None) -> pl.DataFrame:
    """A line a finding, errors first; `allowed`, why they may be, stands beside them."""
    import polars as pl

    columns = {name: pl.Int64 if name == "count" else pl.String for name in Finding.__dataclass_fields__}
    order = sorted(findings, key=lambda each: each.level != ERROR)
    reason = " ".join((allowed or "").split())
    rows = [{**vars(each), "allowed": reason if each.level == ERROR else ""} for each in order]
    return pl.DataFrame(rows, schema={**columns, "allowed": pl.String})


def _sentence(each: Finding) -> str:
    fold = f" in fold {each.fold}" if each.fold else ""
    return f"{each.count} {each.what}{fold}" + (f": {each.examples}" if each.examples else "")


# Of samples


def _columns_of(obs: pd.DataFrame, split: Split, label: str | None, group: str | None) -> Iterator[Finding]:
    """Values of the group, or of a column that by its name should be one, in several parts of a fold."""
    named_so = [column for column in obs.columns if str(column).casefold() in GROUPS and column != label]
    for column in dict.fromkeys([*([group] if group else []), *named_so]):
        values = dict(zip(obs.index, obs[column].astype(str), strict=True))
        for fold in split.folds:
            parts = defaultdict(set)
            for name, part in zip(fold.ids, fold.parts, strict=True):
                parts[values[name].strip()].add(part)
            both = [value for value, some in parts.items() if len(some) > 1 and value not in ("", "nan", "None")]
            if both:
                level = ERROR if column == group else WARNING
                what = f"values of {column} are in several parts"
                yield Finding(
                    level, "groups", fold.name, len(both), what, named(both), f"split_samples --group {column}"
                )


def _copies(values: np.ndarray, place: Mapping[str, int], split: Split) -> Iterator[Finding]:
    """Samples of one part that are in another again, to the byte or nearly."""
    rows = sorted({place[name] for name in split.ids})
    names = {row: name for name, row in place.items()}
    chosen = _rows(values, np.array(rows))
    pairs = list(_alike(chosen)) if len(rows) <= COMPARED else list(_same(chosen))
    for fold in split.folds:
        part_of = dict(zip(fold.ids, fold.parts, strict=True))
        for exact, check in ((True, "duplicate samples"), (False, "near-duplicate samples")):
            both = [
                f"{a} = {b}" if exact else f"{a} ~ {b}"
                for a, b in ((names[rows[i]], names[rows[j]]) for i, j, same in pairs if same == exact)
                if a in part_of and b in part_of and part_of[a] != part_of[b]
            ]
            if both:
                what = f"pairs of {'equal' if exact else 'nearly equal'} samples are in two parts"
                yield Finding(ERROR, check, fold.name, len(both), what, named(both), "keep one, or both in one group")


def _same(values: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Pairs of equal rows: each with the first of its like."""
    first: dict[bytes, int] = {}
    for row, each in enumerate(values):
        other = first.setdefault(hashlib.sha256(each.tobytes()).digest(), row)
        if other != row:
            yield other, row, True


def _alike(values: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Pairs of rows that are equal, or whose correlation is too high for two samples."""
    equal = {(a, b) for a, b, _ in _same(values)}
    yield from ((a, b, True) for a, b in sorted(equal))
    varied = np.flatnonzero(np.ptp(values, axis=0))
    x = values[:, varied[:: max(len(varied) // COLUMNS, 1)]].astype(np.float32)
    if x.shape[1] < 3 or len(x) < 3:
        return
    x = (x - x.mean(0)) / x.std(0)
    x -= x.mean(1, keepdims=True)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    limit = ALIKE if x.shape[1] >= FEW else EQUAL
    for start in range(0, len(x), _BLOCK):
        r = x[start : start + _BLOCK] @ x[start:].T
        a, b = np.nonzero(np.triu(r > limit, 1))
        for i, j in zip((a + start).tolist(), (b + start).tolist(), strict=True):
            if not np.array_equal(values[i], values[j]):
                yield i, j, False


def _scaled(values: np.ndarray, place: Mapping[str, int], split: Split) -> Iterator[Finding]:
    """Features of mean 0 and standard deviation 1 over all samples rather than the training ones; one distribution of all."""
    rows = np.array([place[name] for name in split.ids])
    x = _some(values, COLUMNS)
    means, spreads = [np.zeros(0)], [np.zeros(0)]
    for start in range(0, x.shape[1], _FEW):  # all at once would take several times the memory
        block = x[rows, start : start + _FEW].astype(np.float64)
        means.append(block.mean(0))
        spreads.append(block.std(0))
    mean, spread = np.concatenate(means), np.concatenate(spreads)
    mean, spread = mean[spread > 0], spread[spread > 0]
    count = len(rows)
    if not len(mean) or count < 3:
        return
    level, cure = ERROR, "give values as measured: training scales them by the training part"
    sample = spread * np.sqrt(count / (count - 1))  # the standard deviation with n - 1
    standard = (np.abs(mean) < 1e-4) & ((np.abs(spread - 1) < 1e-3) | (np.abs(sample - 1) < 1e-3))
    if standard.mean() > 0.9:
        what = "features (of those looked at) have mean 0 and standard deviation 1 over all samples: scaled with the test part"
        yield Finding(level, "scaling", "", int(standard.sum()), what, "", cure)
    ordered = np.sort(values[rows[:ROWS]], axis=1)
    if len(mean) >= FEW and np.allclose(ordered, ordered[0], rtol=1e-3, atol=1e-3 * float(np.ptp(ordered[0]) or 1)):
        what = "samples have one distribution of values: they were normalised together, test part and all"
        yield Finding(WARNING, "normalisation", "", count, what, "", "normalise by the training part alone")


def _rows(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows; all in their order without a copy, which would take as much memory again."""
    return values if np.array_equal(rows, np.arange(len(values))) else values[rows]


def _some(values: np.ndarray, count: int) -> np.ndarray:
    """So many columns, evenly spread; all if there are fewer."""
    return values[:, :: max(values.shape[1] // count, 1)]


# Of features


def _constant(values: np.ndarray, names: Sequence[str]) -> Iterator[Finding]:
    same = np.flatnonzero(np.ptp(values, axis=0) == 0)
    if len(same):
        level = ERROR if len(same) == len(names) else WARNING
        what = "features have the same value in all samples"
        yield Finding(
            level, "constant features", "", len(same), what, named([names[i] for i in same[:6]]), "leave them out"
        )


def _names_of(features: pd.DataFrame) -> Iterator[Finding]:
    if "chrom" in features.columns:
        yield from _mixed({str(name) for name in features["chrom"] if str(name)})


def _mixed(names: set[str]) -> Iterator[Finding]:
    """Chromosomes that are there under two names."""
    plain = Counter(name.removeprefix("chr").replace("MT", "M") for name in names)
    twice = sorted(name for name in names if plain[name.removeprefix("chr").replace("MT", "M")] > 1)
    if twice:
        what = "names stand for chromosomes that have another name, too"
        yield Finding(ERROR, "chromosome names", "", len(twice), what, named(twice), "use one naming in all files")


def _balance(labels: np.ndarray, place: Mapping[str, int], split: Split) -> Iterator[Finding]:
    rows = [place[name] for name in split.ids]
    count = Counter(labels[rows].tolist())
    rare = [name for name, n in sorted(count.items()) if n < RARE * len(rows)]
    if rare:
        what = f"classes have fewer than {100 * RARE:g}% of the samples"
        shown = named([f"{name} ({count[name]})" for name in rare])
        yield Finding(WARNING, "class imbalance", "", len(rare), what, shown, "read the balanced measures")
    for fold in split.folds:
        seen = {labels[place[name]] for name in fold.part("train")}
        if lost := sorted(set(labels[[place[name] for name in fold.ids]].tolist()) - seen):
            what = "classes are not in the training part"
            yield Finding(ERROR, "class imbalance", fold.name, len(lost), what, named(lost), "split_samples --stratify")


def _telling(values: np.ndarray, labels: np.ndarray, names: Sequence[str], label: str) -> Iterator[Finding]:
    """Features that are the class: one value in each, and another in every other one."""
    classes, code = np.unique(labels, return_inverse=True)
    if len(classes) < 2 or np.bincount(code).max() < 2:
        return
    first = np.array([values[code == c][0] for c in range(len(classes))])
    same = np.all([np.ptp(values[code == c], axis=0) == 0 for c in range(len(classes))], axis=0)
    telling = same & (np.ptp(first, axis=0) > 0)
    telling |= np.array([str(name).strip().casefold() == label.casefold() for name in names])
    if telling.any():
        found = np.flatnonzero(telling)
        what = f"features are {label} itself, one value for each class"
        shown = named([names[i] for i in found.tolist()])
        yield Finding(ERROR, "target among the features", "", len(found), what, shown, "leave them out")


def _chosen(values: np.ndarray, labels: np.ndarray) -> Iterator[Finding]:
    """Every feature tells the classes apart over all samples: they have been chosen by the test part, too.

    Among features that were not chosen some always do not. With many samples a feature all have a say, so those do not count.
    """
    from sklearn.feature_selection import f_classif

    varies = np.ptp(values, axis=0) > 0
    count, classes = int(varies.sum()), len(np.unique(labels))
    if count < CHOSEN or len(values) > 10 * count or not 1 < classes < len(values):
        return
    with np.errstate(all="ignore"):
        p = f_classif(values[:, varies].astype(np.float64), labels)[1]
    if np.nanmax(p) < 0.05:
        what = "features all tell the classes apart over all samples: they were chosen with the test part"
        shown, cure = f"largest p {np.nanmax(p):.2g}", "give all features: training chooses among them"
        yield Finding(ERROR, "feature choice", "", count, what, shown, cure)


def _same_columns(x: np.ndarray, y: np.ndarray, names: Sequence[str], others: Sequence[str]) -> Iterator[Finding]:
    """Features with the values of a target, but for a shift and a scale."""
    if len(x) < 4:
        return
    first: dict[bytes, int] = {}
    a, b = (_directions(values) * _rich(values) for values in (x, y))
    hits = []
    for start in range(0, a.shape[1], _BLOCK):
        r = a[:, start : start + _BLOCK].T @ b
        for i, j in zip(*np.nonzero(np.abs(r) > EQUAL), strict=True):
            if first.setdefault(a[:, start + i].tobytes(), start + i) == start + i:
                hits.append(f"{names[start + i]} = {others[j]}")
    if hits:
        what = "features have the values of a target"
        yield Finding(
            ERROR, "target among the features", "", len(hits), what, named(hits), "leave them out of the features"
        )


def _rich(values: np.ndarray) -> np.ndarray:
    """(columns) 1 where a column has enough values of its own to be known by them: of few samples many bins are open in one
    alone, and so are genes."""
    ordered = np.sort(values, axis=0)
    return (1 + (np.diff(ordered, axis=0) > 0).sum(0) >= DISTINCT).astype(np.float32)


def _directions(values: np.ndarray) -> np.ndarray:
    """Columns centred and of length 1; those that do not vary are zero."""
    centred = values.astype(np.float64) - values.mean(0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=0)
    return np.where(length > 1e-9 * np.sqrt(len(values)), centred / np.maximum(length, 1e-300), 0).astype(np.float32)


# Of windows


def _overlaps(windows: Windows, fold: Fold, place: Mapping[str, int], level: str) -> Iterator[Finding]:
    rows = np.array([place[name] for name in fold.ids])
    part = np.array([PARTS.index(each) for each in fold.parts])
    chrom, start, end = (windows.table[name][rows] for name in ("chrom", "start", "end"))
    hits = []
    for each in np.unique(chrom).tolist():
        here = np.flatnonzero(chrom == each)
        here = here[np.lexsort((end[here], start[here]))]
        for p in range(len(PARTS)):
            reach = np.maximum.accumulate(np.where(part[here] == p, end[here], -1))
            into = np.flatnonzero((part[here] != p) & (start[here] < reach))
            hits += [f"{fold.ids[here[i]]} ({PARTS[part[here[i]]]}, {PARTS[p]})" for i in into.tolist()]
    if hits:
        what = "windows overlap one of another part"
        cure = "split_samples --windows keeps them together"
        yield Finding(level, "overlapping windows", fold.name, len(hits), what, named(hits), cure)


def _shared_genes(windows: Windows, fold: Fold, place: Mapping[str, int]) -> Iterator[Finding]:
    parts: dict[str, set[str]] = defaultdict(set)
    genes = windows.table["gene"].tolist()
    for name, part in zip(fold.ids, fold.parts, strict=True):
        for gene in filter(None, genes[place[name]].split(",")):
            parts[gene].add(part)
    both = [gene for gene, some in parts.items() if len(some) > 1]
    if both:
        cure = "split_samples --windows keeps them together"
        yield Finding(ERROR, "genes", fold.name, len(both), "genes are in several parts", named(both), cure)
