"""Divide samples, features or windows into training, validation and test parts, with scikit-learn's splitters."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..console import say
from ..errors import InputError, named, nearest
from ..formats import matrix, sheet
from ..formats.split import PARTS, Fold, Split

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("hold-out", "k-fold", "leave-one-out", "leave-one-group-out", "explicit")


@dataclass(frozen=True)
class Units:
    """What is to be divided: (n,) ids and, where wanted, the group and the class of each.

    Ids of one group stay together; classes are spread evenly over the parts. `group_name` and `class_name` are the
    columns they came from, for messages; `left_out` the classes that were left out, and how many ids each had.
    """

    ids: np.ndarray
    groups: np.ndarray | None = None
    classes: np.ndarray | None = None
    where: str = "units"
    noun: str = "sample"
    group_name: str = "group"
    class_name: str = "class"
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, index: np.ndarray) -> Units:
        """The units at these positions."""
        groups, classes = (None if a is None else a[index] for a in (self.groups, self.classes))
        return replace(self, ids=self.ids[index], groups=groups, classes=classes)


def read_units(
    samples: str | Path | None = None,
    matrix_path: str | Path | None = None,
    of: str = "samples",
    group: str | None = None,
    stratify: str | None = None,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> Units:
    """The samples of a sheet, or the samples or features of a matrix, with their groups and classes.

    `group` and `stratify` name columns of the sheet, or of the matrix's `obs` or `var`: features grouped by `chrom`
    keep the features of a chromosome together. Of the classes, the values of `stratify`, those of `keep` alone are
    divided, or all but those of `drop`.

    Raises
    ------
    InputError : no such file or column, no such class, or a name without a value in it
    """
    if (keep or drop) and stratify is None:
        option = "--keep-classes" if keep else "--drop-classes"
        raise InputError(f"{option} is given without --stratify", None, "name the column that holds the classes")
    if matrix_path is None:
        if of != "samples":
            raise InputError(f"--of {of} is given with a sample sheet", None, "give --matrix to divide features")
        assert samples is not None
        return _units(sheet.read(samples), group, stratify, str(samples), "sample", keep, drop)
    data = matrix.read(matrix_path, foreign=True, backed=True)  # names alone are needed: the values stay in the file
    table = data.obs if of == "samples" else data.var
    return _units(table, group, stratify, str(matrix_path), of.removesuffix("s"), keep, drop)


def _units(
    table: pd.DataFrame,
    group: str | None,
    stratify: str | None,
    where: str,
    noun: str,
    keep: Sequence[str],
    drop: Sequence[str],
) -> Units:
    ids = table.index.to_numpy(dtype=str)
    if strange := [i for i in ids.tolist() if not i or i != i.strip() or set(i) & set("\t\r\n")]:
        raise InputError(
            f"{noun} name {strange[0]!r} is empty, or has a tab, line break or blank at an end", where, "rename it"
        )

    def column(name: str | None) -> np.ndarray | None:
        if name is None:
            return None
        if name not in table.columns:
            raise InputError(
                f"has no column {name!r} for its {noun}s",
                where,
                nearest(name, table.columns) or f"its columns are {named(table.columns) or 'none'}",
            )
        return np.array(["" if v is None or v != v else " ".join(str(v).split()) for v in table[name].astype(object)])

    groups, classes = column(group), column(stratify)
    left_out: dict[str, int] = {}
    if classes is not None and (keep or drop):
        _require([*keep, *drop], np.unique(classes), stratify or "class", where)
        kept = np.isin(classes, list(keep)) if keep else np.full(len(ids), True)
        kept &= ~np.isin(classes, list(drop))
        left_out = dict(sorted(Counter(name or "(none)" for name in classes[~kept].tolist()).items()))
        if not kept.any():
            raise InputError(f"no {noun} is left", where, "keep some classes")
        ids, classes, groups = ids[kept], classes[kept], None if groups is None else groups[kept]
    for name, values in ((group, groups), (stratify, classes)):
        if values is not None and (values == "").any():
            raise InputError(
                f"{(values == '').sum()} {noun}s have no {name}: {named(ids[values == ''])}",
                where,
                "fill in the column, or leave them out",
            )
    return Units(ids, groups, classes, where, noun, group or "group", stratify or "class", left_out)


def read_windows(
    path: str | Path, block: int = 0, of: str = "samples", group: str | None = None, stratify: str | None = None
) -> Units:
    """The windows of a file, in groups: chromosomes, blocks of them of so many bases, or genes (`group` gene).

    Windows that overlap, on either strand, and windows of one gene go to the block in which the first of them starts.
    Windows of promoters overlap, too, and those of neighbouring genes may come into two parts: they are then alike, and
    `part_paralogs` finds them.

    Raises
    ------
    InputError : not a file of windows, or options that are not for windows
    """
    from ..formats.windows import Windows

    if of != "samples" or stratify or group not in (None, "chrom", "gene") or (group and block):
        wrong = "--of" if of != "samples" else "--stratify" if stratify else "--group"
        cure = "their groups are chromosomes, blocks by --block, or genes by --group gene"
        raise InputError(f"{wrong} is given with --windows{' --block' * bool(group and block)}", None, cure)
    with Windows(path) as windows:
        table = windows.table
    if group == "gene":
        from .sites import units

        genes = units(table["gene"].tolist())  # windows that share a gene are one unit: it gets the first one's name
        first = {unit: row for row, unit in reversed(list(enumerate(genes.tolist())))}
        names = [table["gene"][first[unit]].split(",")[0] or table["name"][first[unit]] for unit in genes.tolist()]
        return Units(table["name"], np.array(names), None, str(path), "window", "gene")
    groups = table["chrom"] if not block else _blocks(table, block)
    return Units(table["name"], groups, None, str(path), "window", "block" if block else "chromosome")


def refuse_windows_options(block: int, table: object) -> None:
    """Options that only windows have a use for."""
    if block or table:
        option = "--block" if block else "--paralog-table"
        raise InputError(f"{option} is given without --windows", None, "leave it out")


def _blocks(table: Mapping[str, np.ndarray], block: int) -> np.ndarray:
    """(n,) the block of each window, named by its place."""
    result = np.empty(len(table["name"]), dtype=object)
    for chrom in dict.fromkeys(table["chrom"].tolist()):
        rows = np.flatnonzero(table["chrom"] == chrom)
        start, end = table["start"][rows], table["end"][rows]
        genes: dict[str, tuple[int, int]] = {}
        for names, first, last in zip(table["gene"][rows].tolist(), start.tolist(), end.tolist(), strict=True):
            for name in filter(None, names.split(",")):
                low, high = genes.get(name, (first, last))
                genes[name] = min(low, first), max(high, last)
        spans = np.array([*zip(start.tolist(), end.tolist(), strict=True), *genes.values()])
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        reach = np.maximum.accumulate(spans[:, 1])
        opens = spans[np.concatenate([[True], spans[1:, 0] >= reach[:-1]]), 0]
        first = opens[np.searchsorted(opens, start, "right") - 1] // block * block
        result[rows] = [f"{chrom}:{a}-{a + block}" for a in first.tolist()]
    return result.astype(str)


def part_paralogs(path: str | Path, split: Split, action: str, share: float, table: str | Path | None = None) -> Split:
    """The split of windows as `action` wants it: without genes that have their like in another part (remove), or as it
    is (report, ignore). What was found goes to `table`."""
    from ..formats import tables
    from ..formats.windows import Windows
    from . import homology

    with Windows(path) as windows:
        likes = [] if action == "ignore" else homology.find(windows, split, share)
        if table is not None:
            tables.write(homology.table(likes, "removed" if action == "remove" else "reported"), table)
        if likes:
            verb = "removed" if action == "remove" else "kept"
            say(f"{len({like.gene for like in likes})} genes have their like in another part: {verb}")
        return homology.without(windows, split, likes) if action == "remove" else split


def parts_of(
    units: Units,
    table: str | Path | None = None,
    test: Sequence[str] = (),
    validation: Sequence[str] = (),
    test_groups: Sequence[str] = (),
    validation_groups: Sequence[str] = (),
) -> dict[str, str]:
    """id → part as the user names them: in a `table` with the column `part` for every id, or in lists of ids and of
    groups, where every id not named is for training. Empty where nothing is named.

    Raises
    ------
    InputError : an unknown id, group or part, an id in two parts, or an id without a part
    """
    lists = [*test, *validation, *test_groups, *validation_groups]
    if table is not None:
        if lists:
            raise InputError("--parts is given beside lists of names", None, "name the parts in one way")
        return _parts_in_table(units, table)
    if not lists:
        return {}
    parts: dict[str, str] = {}
    for part, ids, groups in (("test", test, test_groups), ("validation", validation, validation_groups)):
        _require(ids, units.ids, units.noun, units.where)
        if groups and units.groups is None:
            raise InputError(f"--{part}-groups is given without --group", None, "name the column that holds the groups")
        _require(groups, () if units.groups is None else np.unique(units.groups), units.group_name, units.where)
        members = [] if units.groups is None else list(units.ids[np.isin(units.groups, list(groups))])
        for name in [*ids, *members]:
            if parts.setdefault(str(name), part) != part:
                raise InputError(
                    f"{units.noun} {name!r} is named for {parts[name]} and for {part}", None, "name it for one part"
                )
    return {str(name): parts.get(str(name), "train") for name in units.ids}


def _parts_in_table(units: Units, path: str | Path) -> dict[str, str]:
    table = sheet.read(path)
    if "part" not in table.columns:
        raise InputError("has no column 'part'", path, f"give each {units.noun} one of {', '.join(PARTS)} there")
    _require(table.index, units.ids, units.noun, path)
    if strange := sorted(set(table["part"]) - set(PARTS)):
        raise InputError(f"part {strange[0]!r} is none of {', '.join(PARTS)}", path)
    if absent := [i for i in units.ids.tolist() if i not in table.index]:
        raise InputError(
            f"gives no part to {len(absent)} {units.noun}s of {units.where}: {named(absent)}",
            path,
            "add a line for each",
        )
    return dict(table["part"])


def _require(names: Sequence[str], known: Iterable[str], noun: str, where: object) -> None:
    known = dict.fromkeys(known)
    if unknown := [name for name in names if name not in known]:
        cure = nearest(unknown[0], known) or f"known are {named(known)}"
        raise InputError(f"unknown {noun} {named(unknown)}", where, cure)


def make(
    units: Units,
    method: str,
    folds: int = 5,
    repeats: int = 1,
    test_share: float = 0.2,
    validation_share: float = 0.0,
    inner_folds: int = 0,
    seed: int = 1,
    parts: Mapping[str, str] | None = None,
) -> Split:
    """Divide the units.

    Parameters
    ----------
    method : one of `METHODS`; the leave-one methods give a fold for each id or group
    folds, repeats : of k-fold; hold-out is repeated too, with other draws
    test_share : of hold-out, share of the ids (of the groups, where there are groups)
    validation_share : drawn from what is not tested, in the same way; 0 for no validation part
    inner_folds : divide each training part again into so many folds; 0 for none
    seed : the test parts depend on it alone, not on the validation share or the inner folds
    parts : id → part, for the method explicit (`parts_of`)

    Raises
    ------
    InputError : fewer ids, groups or members of a class than parts to fill, or options that do not go together
    """
    parts = parts or {}
    _check_options(units, method, repeats, validation_share, inner_folds, parts)
    result: list[Fold] = []
    for repeat in range(1, repeats + 1):
        tests = _tests(units, method, folds, test_share, _random(seed, repeat), parts)
        for number, test in enumerate(tests, start=1):
            name = f"{repeat}.{number}" if repeats > 1 else str(number)
            label = _labels(units, test, "test")
            if parts:
                label[:] = [parts[i] for i in units.ids]
            if validation_share:
                rest = np.flatnonzero(label == "train")
                drawn = _share(units.take(rest), validation_share, _random(seed, repeat, number, 0), "validation")
                label[rest[drawn]] = "validation"
            result.append(_fold(name, units, label))
            if inner_folds:
                trained = units.take(np.flatnonzero(label == "train"))
                result += _inner(name, trained, inner_folds, _random(seed, repeat, number, 1))
    return Split(tuple(result), units.where)


def _check_options(
    units: Units, method: str, repeats: int, validation_share: float, inner_folds: int, parts: Mapping[str, str]
) -> None:
    """Refuse options that do not go together, rather than pass over one of them."""
    refused = (
        (repeats > 1 and method not in ("hold-out", "k-fold"), "--repeats would give the same folds", "leave it out"),
        (method == "leave-one-group-out" and units.groups is None, "--group is missing", "name the groups' column"),
        (
            method == "leave-one-out" and units.groups is not None,
            "it would part the members of a group",
            "use leave-one-group-out, or no --group",
        ),
        (method == "explicit" and not parts, "no part is named", "give --parts, --test or --test-groups"),
        (method != "explicit" and bool(parts), "parts are named too", "use --method explicit"),
        (
            validation_share > 0 and "validation" in parts.values(),
            "--validation-share and a validation part are given",
            "name that part or draw it",
        ),
        (inner_folds == 1, "--inner-folds 1 leaves nothing to train on", "use 2 or more, or 0 for none"),
    )
    for wrong, what, cure in refused:
        if wrong:
            raise InputError(what, f"--method {method}", cure)


def _random(*key: int) -> np.random.RandomState:
    """A generator for this place alone: what is drawn elsewhere does not change what is drawn here."""
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(key)))


def _labels(units: Units, index: np.ndarray, part: str) -> np.ndarray:
    """(n,) the part of each unit: `part` at these positions, train elsewhere."""
    label = np.full(len(units), "train", dtype=object)
    label[index] = part
    return label


def _fold(name: str, units: Units, parts: np.ndarray) -> Fold:
    if units.classes is not None:
        trained = set(units.classes[parts == "train"].tolist())
        if absent := sorted(set(units.classes.tolist()) - trained):
            raise InputError(
                f"the training part of fold {name} has no {units.class_name} {absent[0]!r}",
                units.where,
                "use fewer folds or smaller shares, or leave that class out",
            )
    groups = [""] * len(units) if units.groups is None else units.groups.tolist()
    return Fold(name, tuple(units.ids.tolist()), tuple(groups), tuple(parts.tolist()))


def _inner(name: str, units: Units, folds: int, random: np.random.RandomState) -> list[Fold]:
    result = []
    for number, validation in enumerate(_k_fold(units, folds, random, f"inner folds of fold {name}"), start=1):
        result.append(_fold(f"{name}/{number}", units, _labels(units, validation, "validation")))
    return result


def _tests(
    units: Units, method: str, folds: int, share: float, random: np.random.RandomState, parts: Mapping[str, str]
) -> list[np.ndarray]:
    """Positions of the test part of each fold."""
    from sklearn.model_selection import LeaveOneGroupOut, LeaveOneOut

    if method == "hold-out":
        return [_share(units, share, random, "test")]
    if method == "k-fold":
        return _k_fold(units, folds, random, "folds")
    if method == "explicit":
        return [np.flatnonzero([parts[i] == "test" for i in units.ids])]
    _enough(units, 2, "parts", classes=False)
    splitter = LeaveOneOut() if method == "leave-one-out" else LeaveOneGroupOut()
    return [test for _, test in splitter.split(units.ids, groups=units.groups)]


def _k_fold(units: Units, folds: int, random: np.random.RandomState, what: str) -> list[np.ndarray]:
    """Positions of each of the folds, which together are all units."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    _enough(units, folds, what)
    if units.groups is None:
        kind = KFold if units.classes is None else StratifiedKFold
    else:
        kind = GroupKFold if units.classes is None else StratifiedGroupKFold
    splitter = kind(folds, shuffle=True, random_state=random)
    with warnings.catch_warnings():  # of small classes: `_enough` and `_fold` decide on them
        warnings.simplefilter("ignore")
        return [test for _, test in splitter.split(units.ids, units.classes, units.groups)]


def _share(units: Units, share: float, random: np.random.RandomState, part: str) -> np.ndarray:
    """Positions of a random share of the units; the rest is never empty."""
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

    what = f"parts, {part} and the rest"
    _enough(units, 2, what)
    if units.groups is not None and units.classes is not None:
        # scikit-learn has no draw for both: take one fold of as many as give about that share
        return _k_fold(units, max(2, min(round(1 / share), *_lots(units).values())), random, what)[0]
    if units.classes is not None and np.ceil(share * len(units)) < (kinds := len(set(units.classes))):
        raise InputError(
            f"a {part} share of {share:g} of {len(units)} {units.noun}s is too small for {kinds} values "
            f"of {units.class_name}",
            units.where,
            "use a larger share, or fewer classes",
        )
    kind = (
        (ShuffleSplit if units.classes is None else StratifiedShuffleSplit)
        if units.groups is None
        else GroupShuffleSplit
    )
    return next(kind(1, test_size=share, random_state=random).split(units.ids, units.classes, units.groups))[1]


def _lots(units: Units) -> Counter[str]:
    """class → how many lots can be put apart: its ids, or the groups that hold any of them."""
    assert units.classes is not None
    lots = units.ids if units.groups is None else units.groups
    return Counter(c for c, _ in set(zip(units.classes.tolist(), lots.tolist(), strict=True)))


def _enough(units: Units, needed: int, what: str, classes: bool = True) -> None:
    """Refuse to fill more parts than there are ids, groups, or members of a class."""

    def refuse(what_there_is: str, cure: str) -> None:
        raise InputError(f"{what_there_is}, fewer than {needed} {what}", units.where, cure)

    if len(units) < needed:
        refuse(f"there are {len(units)} {units.noun}s", "use fewer folds")
    if units.groups is not None and (found := len(set(units.groups.tolist()))) < needed:
        refuse(f"{units.group_name} has {found} values", "use fewer folds, or a finer group")
    if units.classes is not None and classes:
        name, size = min(_lots(units).items(), key=lambda item: (item[1], item[0]))
        lots = f"{units.noun}s" if units.groups is None else f"values of {units.group_name}"
        if size < needed:
            cure = "use fewer folds, or leave out that class with --drop-classes"
            refuse(f"{units.class_name} {name!r} has {size} {lots}", cure)


def summary(units: Units, split: Split) -> str:
    """One line on what was made."""
    text = f"{len(units)} {units.noun}s"
    if units.groups is not None:
        text += f" with {len(set(units.groups.tolist()))} values of {units.group_name}"
    text += f", folds: {len(split.outer)}"
    if inner := len(split.folds) - len(split.outer):
        text += f" and {inner} inner"
    for part in PARTS:
        sizes = {len(fold.part(part)) for fold in split.outer}
        if sizes != {0}:
            text += f"; {part} " + (f"{min(sizes)} to {max(sizes)}" if len(sizes) > 1 else f"{min(sizes)}")
    if units.left_out:
        text += "; left out: " + ", ".join(f"{name} {count}" for name, count in units.left_out.items())
    return text
