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
from typing import TYPE_CHECKING, Any

import numpy as np

from ..console import say
from ..errors import InputError, named
from ..formats import matrix, scratch
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
    values = Values(data, np.sort([place[name] for name in split.ids]), where)
    seen = Seen.of(values)
    found = [
        *_columns_of(data.obs, split, label, group),
        *_constant(seen, data.var_names),
        *_names_of(data.var),
        *_copies(values, seen, split),
        *_scaled(seen),
    ]
    if label is not None:
        labels = np.array([str(each).strip() for each in data.obs[label]])
        found += [
            *_balance(labels, place, split),
            *_of_classes(values, seen, labels[values.used], data.var_names, label),
        ]
    if targets is not None:
        known = {name: row for row, name in enumerate(targets.obs_names)}
        kept = [row for row in values.used if data.obs_names[row] in known]
        other = Values(targets, np.array([known[data.obs_names[row]] for row in kept], np.int64), "--targets")
        found += _same_columns(Values(data, np.array(kept, np.int64), where), other, data.var_names, targets.var_names)
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
    data = matrix.opened(matrix_path, kind, foreign=kind is None)
    targets = None if targets_path is None else matrix.opened(targets_path, foreign=True)
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


# Values, of which there may be more than memory holds


class Values:
    """The values of some samples of a matrix, read block by block.

    used : rows of the matrix
    """

    def __init__(self, data: AnnData, used: np.ndarray, where: object):
        self._x, self._shape = data.X, data.shape
        self.samples, self.features, self.used, self.where = data.obs_names, data.var_names, used, where

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Some samples: (their places in `used`, which ascends; values, float32)."""
        step = self._x.chunks[0] if getattr(self._x, "chunks", None) else 1
        for part in scratch.pieces(self._shape[0], self._shape[1], step):
            first, stop = np.searchsorted(self.used, [part.start, part.stop])
            if first < stop:
                block = self._dense(self._x, part)
                own = self.used[first:stop] - part.start
                yield np.arange(first, stop), block if len(own) == len(block) else block[own]

    def columns(self) -> Iterator[tuple[int, np.ndarray]]:
        """Some features: (number of the first; values of all samples, in the order of `used`, float32)."""
        x = self._x.tocsc() if hasattr(self._x, "tocsc") else self._x
        step = x.chunks[1] if getattr(x, "chunks", None) else 1
        for part in scratch.pieces(self._shape[1], 4 * self._shape[0], min(step, _BLOCK)):
            for start in range(part.start, part.stop, _BLOCK):
                stop = min(start + _BLOCK, part.stop)
                yield start, self._dense(x, (slice(None), slice(start, stop)))[self.used]

    def _dense(self, x: Any, part: Any) -> np.ndarray:
        try:
            values = x[part]
        except OSError as error:
            raise InputError(f"cannot be read: {error}", self.where, "it may be cut off: copy it again") from None
        values = values.toarray() if hasattr(values, "toarray") else values
        return np.asarray(values, np.float32)


@dataclass
class Seen:
    """What one pass over the samples of a split tells.

    Attributes
    ----------
    digests : of the values of each sample
    low, high : (features) least and greatest value
    origin, sum, square : (features) a value near the mean, and sums of differences from it and of their squares, float64
    one_distribution : whether samples have the same values in different order
    """

    digests: list[bytes]
    low: np.ndarray
    high: np.ndarray
    origin: np.ndarray
    sum: np.ndarray
    square: np.ndarray
    one_distribution: bool

    @classmethod
    def of(cls, values: Values) -> Seen:
        """
        Raises
        ------
        InputError : a value that is not a finite number
        """
        seen: Seen | None = None
        ordered: np.ndarray | None = None
        for places, block in values.blocks():
            if not np.isfinite(block).all():
                row, column = np.argwhere(~np.isfinite(block))[0]
                raise matrix.not_finite(values.samples[values.used[places[row]]], values.features[column], values.where)
            if seen is None:
                p, origin = block.shape[1], block.mean(0, dtype=np.float64).astype(np.float32)
                seen = cls([], block[0].copy(), block[0].copy(), origin, np.zeros(p), np.zeros(p), True)
            seen.digests += [hashlib.sha256((row + np.float32(0)).data).digest() for row in block]  # one zero, not two
            np.minimum(seen.low, block.min(0), out=seen.low)
            np.maximum(seen.high, block.max(0), out=seen.high)
            for row in block[: max(ROWS - places[0], 0)] if seen.one_distribution else ():
                row = np.sort(row)
                ordered = row if ordered is None else ordered
                tolerance = 1e-3 * float(np.ptp(ordered) or 1)
                seen.one_distribution &= bool(np.allclose(row, ordered, rtol=1e-3, atol=tolerance))
            block = block - seen.origin
            seen.sum += block.sum(0, dtype=np.float64)
            seen.square += np.einsum("ij,ij->j", block, block, dtype=np.float64)
        assert seen is not None
        return seen

    @property
    def varies(self) -> np.ndarray:
        """(features) bool"""
        return self.low < self.high

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """(features) mean and standard deviation, float64."""
        shift = self.sum / len(self.digests)
        variance = self.square / len(self.digests) - shift**2
        return self.origin + shift, np.sqrt(np.maximum(variance, 0))


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


def _copies(values: Values, seen: Seen, split: Split) -> Iterator[Finding]:
    """Samples of one part that are in another again, to the byte or nearly."""
    names = [values.samples[row] for row in values.used]
    pairs = [(a, b, True) for a, b in _same(seen.digests)]
    if len(names) <= COMPARED:
        pairs += [(a, b, False) for a, b in _alike(values, seen)]
    for fold in split.folds:
        part_of = dict(zip(fold.ids, fold.parts, strict=True))
        for exact, check in ((True, "duplicate samples"), (False, "near-duplicate samples")):
            both = [
                f"{a} = {b}" if exact else f"{a} ~ {b}"
                for a, b in ((names[i], names[j]) for i, j, same in pairs if same == exact)
                if a in part_of and b in part_of and part_of[a] != part_of[b]
            ]
            if both:
                what = f"pairs of {'equal' if exact else 'nearly equal'} samples are in two parts"
                yield Finding(ERROR, check, fold.name, len(both), what, named(both), "keep one, or both in one group")


def _same(digests: Sequence[bytes]) -> list[tuple[int, int]]:
    """Pairs of equal rows: each with the first of its like."""
    first: dict[bytes, int] = {}
    pairs = ((first.setdefault(digest, row), row) for row, digest in enumerate(digests))
    return sorted((a, b) for a, b in pairs if a != b)


def _alike(values: Values, seen: Seen) -> Iterator[tuple[int, int]]:
    """Pairs of rows that differ, but whose correlation is too high for two samples."""
    varied = np.flatnonzero(seen.varies)
    varied = varied[:: max(len(varied) // COLUMNS, 1)]
    count = len(values.used)
    if len(varied) < 3 or count < 3:
        return
    mean, spread = (each[varied].astype(np.float32) for each in seen.moments())
    spread[spread == 0] = np.inf  # varies by less than rounding
    x = scratch.Table(len(varied))
    for _, block in values.blocks():
        z = (block[:, varied] - mean) / spread
        z -= z.mean(1, keepdims=True)
        x.add(z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12))
    limit = ALIKE if len(varied) >= FEW else EQUAL
    parts = [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
    for number, left in enumerate(parts):
        a = x.rows(left.start, left.stop)
        found: list[tuple[int, int]] = []
        for right in parts[number:]:
            r = a @ (a if right is left else x.rows(right.start, right.stop)).T
            i, j = np.nonzero(np.triu(r > limit, 1) if right is left else r > limit)
            found += zip((i + left.start).tolist(), (j + right.start).tolist(), strict=True)
        yield from sorted(pair for pair in found if seen.digests[pair[0]] != seen.digests[pair[1]])


def _scaled(seen: Seen) -> Iterator[Finding]:
    """Features of mean 0 and standard deviation 1 over all samples rather than the training ones; one distribution of all."""
    some = slice(None, None, max(len(seen.varies) // COLUMNS, 1))
    mean, spread = (each[some][seen.varies[some]] for each in seen.moments())
    count = len(seen.digests)
    if not len(mean) or count < 3:
        return
    level, cure = ERROR, "give values as measured: training scales them by the training part"
    sample = spread * np.sqrt(count / (count - 1))  # the standard deviation with n - 1
    standard = (np.abs(mean) < 1e-4) & ((np.abs(spread - 1) < 1e-3) | (np.abs(sample - 1) < 1e-3))
    if standard.mean() > 0.9:
        what = "features (of those looked at) have mean 0 and standard deviation 1 over all samples: scaled with the test part"
        yield Finding(level, "scaling", "", int(standard.sum()), what, "", cure)
    if len(mean) >= FEW and seen.one_distribution:
        what = "samples have one distribution of values: they were normalised together, test part and all"
        yield Finding(WARNING, "normalisation", "", count, what, "", "normalise by the training part alone")


# Of features


def _constant(seen: Seen, names: Sequence[str]) -> Iterator[Finding]:
    same = np.flatnonzero(~seen.varies)
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


def _of_classes(values: Values, seen: Seen, labels: np.ndarray, names: Sequence[str], label: str) -> Iterator[Finding]:
    """Features that are the class: one value in each, and another in every other one. Or every feature tells the classes
    apart over all samples: they have been chosen by the test part, too.

    Among features that were not chosen some always do not. With many samples a feature all have a say, so those do not count.
    """
    classes, code = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        return
    telling, p = np.zeros(len(seen.varies), bool), np.zeros(len(seen.varies))
    for part in scratch.pieces(len(seen.varies), 4 * len(classes)):
        some = _Classes.of(values, code, part, seen.origin[part])
        telling[part], p[part] = some.telling(), some.chance()
    if np.bincount(code).max() > 1:
        telling |= np.array([str(name).strip().casefold() == label.casefold() for name in names])
        if telling.any():
            found = np.flatnonzero(telling)
            what = f"features are {label} itself, one value for each class"
            shown = named([names[i] for i in found.tolist()])
            yield Finding(ERROR, "target among the features", "", len(found), what, shown, "leave them out")
    count = int(seen.varies.sum())
    if count < CHOSEN or len(labels) > 10 * count or len(classes) == len(labels):
        return
    if (largest := np.nanmax(p[seen.varies])) < 0.05:
        what = "features all tell the classes apart over all samples: they were chosen with the test part"
        shown, cure = f"largest p {largest:.2g}", "give all features: training chooses among them"
        yield Finding(ERROR, "feature choice", "", count, what, shown, cure)


@dataclass
class _Classes:
    """Of each class and some features: how many samples, and least, greatest, and sum (classes, features); `square` is the sum
    of squares of all samples. Sums are about an origin."""

    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sum: np.ndarray
    square: np.ndarray

    @classmethod
    def of(cls, values: Values, code: np.ndarray, part: slice, origin: np.ndarray) -> _Classes:
        count = np.bincount(code)
        shape = len(count), len(origin)
        found = cls(
            count,
            np.full(shape, np.inf, np.float32),
            np.full(shape, -np.inf, np.float32),
            np.zeros(shape),
            np.zeros(len(origin)),
        )
        for places, block in values.blocks():
            x = block[:, part]
            for each in np.unique(code[places]):
                own = x[code[places] == each]
                np.minimum(found.low[each], own.min(0), out=found.low[each])
                np.maximum(found.high[each], own.max(0), out=found.high[each])
                found.sum[each] += (own - origin).sum(0, dtype=np.float64)
            x = x - origin
            found.square += np.einsum("ij,ij->j", x, x, dtype=np.float64)
        return found

    def telling(self) -> np.ndarray:
        """(features) whether each class has one value, not all the same."""
        return np.all(self.low == self.high, axis=0) & (np.ptp(self.low, axis=0) > 0)

    def chance(self) -> np.ndarray:
        """(features) p of a one-way analysis of variance."""
        from scipy.special import fdtrc

        n, k = self.count.sum(), len(self.count)
        if n == k:
            return np.ones(len(self.square))
        between = (self.sum**2 / self.count[:, None]).sum(0) - self.sum.sum(0) ** 2 / n
        within = self.square - (self.sum**2 / self.count[:, None]).sum(0)
        with np.errstate(all="ignore"):
            return fdtrc(k - 1, n - k, between / (k - 1) / (np.maximum(within, 0) / (n - k)))


def _same_columns(x: Values, y: Values, names: Sequence[str], others: Sequence[str]) -> Iterator[Finding]:
    """Features with the values of a target, but for a shift and a scale. Samples are in the same order in both."""
    if len(x.used) < 4:
        return
    known, targets = scratch.Table(len(x.used)), []
    for start, block in y.columns():
        rich = np.flatnonzero(_rich(block))
        known.add(_directions(block[:, rich]).T)
        targets += [others[start + j] for j in rich.tolist()]
    first: dict[bytes, int] = {}
    hits = []
    for start, block in x.columns():
        rich = np.flatnonzero(_rich(block))
        own = _directions(block[:, rich]).T
        pairs = []
        for part in scratch.pieces(len(known), max(len(x.used), _BLOCK)):
            r = own @ known.rows(part.start, part.stop).T
            pairs += [(i, part.start + j) for i, j in zip(*np.nonzero(np.abs(r) > EQUAL), strict=True)]
        for i, j in sorted(pairs):
            feature = start + int(rich[i])
            if first.setdefault(hashlib.sha256(own[i].tobytes()).digest(), feature) == feature:
                hits.append(f"{names[feature]} = {targets[j]}")
    if hits:
        what = "features have the values of a target"
        yield Finding(
            ERROR, "target among the features", "", len(hits), what, named(hits), "leave them out of the features"
        )


def _rich(values: np.ndarray) -> np.ndarray:
    """(columns) whether a column has enough values of its own to be known by them: of few samples many bins are open in one
    alone, and so are genes."""
    ordered = np.sort(values, axis=0)
    return 1 + (ordered[1:] > ordered[:-1]).sum(0) >= DISTINCT


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
