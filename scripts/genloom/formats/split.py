"""Which ids train, validate and test: a table `fold, id, group, part` that a reader can edit.

Folds are named `1`, `2`, … (`1.1`, `1.2`, … as repeat.fold); `1/2` is the second inner fold of fold 1, made of that
fold's training ids alone and used to tune.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..console import blaming
from ..errors import InputError, named, nearest

COLUMNS = ("fold", "id", "group", "part")
PARTS = ("train", "validation", "test")
CURE = "make the split again with split_samples, or correct that line"


@dataclass(frozen=True)
class Fold:
    """One division of the ids. `groups` and `parts` stand beside `ids`; a group is empty where there is none."""

    name: str
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def outer(self) -> str | None:
        """For an inner fold, the name of the fold it lies in."""
        return self.name.rpartition("/")[0] or None

    def part(self, *names: str) -> list[str]:
        """The ids of a part, or of several, in the order of the file."""
        return [i for i, part in zip(self.ids, self.parts, strict=True) if part in names]

    def group_of(self) -> dict[str, str]:
        """id → group."""
        return dict(zip(self.ids, self.groups, strict=True))


@dataclass(frozen=True)
class Split:
    """Folds that hold to the rules: no empty part, no group in two parts, inner folds within the outer training part.

    Raises
    ------
    InputError : a rule is broken; the message names the fold and the ids or the group
    """

    folds: tuple[Fold, ...]
    where: str = "split"

    def __post_init__(self) -> None:
        if not self.folds:
            raise InputError("holds no rows", self.where, CURE)
        outers = {fold.name: fold for fold in self.outer}
        for fold in self.folds:
            self._check_parts(fold)
            self._check_groups(fold)
            if fold.outer is not None:
                self._check_inner(fold, outers)

    @cached_property
    def outer(self) -> tuple[Fold, ...]:
        """The folds that judge a model."""
        return tuple(fold for fold in self.folds if fold.outer is None)

    def inner(self, name: str) -> tuple[Fold, ...]:
        """The inner folds of the fold `name`; none unless the split is nested."""
        return tuple(fold for fold in self.folds if fold.outer == name)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every id, in the order of its first occurrence."""
        return tuple(dict.fromkeys(i for fold in self.folds for i in fold.ids))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the table as `write` writes it."""
        return hashlib.sha256("".join(self.lines()).encode()).hexdigest()

    def require(self, known: Collection[str], where: object, noun: str = "sample") -> None:
        """Refuse ids that are not among `known`, the names that `where` holds."""
        names = dict.fromkeys(known)
        if unknown := [i for i in self.ids if i not in names]:
            hint = nearest(unknown[0], names) or f"split the {noun}s of {where}, or remove those lines"
            raise InputError(
                f"names {len(unknown)} {noun}s that {where} does not hold: {named(unknown)}", self.where, hint
            )

    def lines(self) -> Iterator[str]:
        """The table, line by line."""
        yield "\t".join(COLUMNS) + "\n"
        for fold in self.folds:
            for row in zip(fold.ids, fold.groups, fold.parts, strict=True):
                yield "\t".join((fold.name, *row)) + "\n"

    def _check_parts(self, fold: Fold) -> None:
        needed = ("train", "test") if fold.outer is None else ("train", "validation")
        for part in needed:
            if part not in fold.parts:
                raise InputError(f"fold {fold.name} has no {part} part", self.where, f"give some ids the part {part}")
        if fold.outer is not None and "test" in fold.parts:
            raise InputError(
                f"inner fold {fold.name} has a test part", self.where, "inner folds have the parts train and validation"
            )

    def _check_groups(self, fold: Fold) -> None:
        part_of: dict[str, str] = {}
        for group, part in zip(fold.groups, fold.parts, strict=True):
            if group and part_of.setdefault(group, part) != part:
                raise InputError(
                    f"group {group!r} is in both {part_of[group]} and {part} of fold {fold.name}",
                    self.where,
                    "keep all ids of a group in one part",
                )

    def _check_inner(self, fold: Fold, outers: dict[str, Fold]) -> None:
        outer = outers.get(fold.outer or "")
        if outer is None:
            raise InputError(f"inner fold {fold.name} lies in fold {fold.outer}, which is not there", self.where, CURE)
        if strangers := sorted(set(fold.ids) - set(outer.part("train"))):
            raise InputError(
                f"inner fold {fold.name} holds ids outside the training part of fold {outer.name}: {named(strangers)}",
                self.where,
                "an inner fold divides the outer training part alone",
            )


def write(split: Split, path: str | Path) -> None:
    """Write the table."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        file.writelines(split.lines())


def read(path: str | Path) -> Split:
    """Read a split and hold it to its rules. The columns may stand in any order; `group` may be absent.

    Raises
    ------
    InputError : not such a table (file:line), or a rule of `Split` is broken
    """
    with blaming(path), Path(path).open(encoding="utf-8-sig") as file:
        return _parse(file, str(path))


def _parse(lines: Iterable[str], where: str) -> Split:
    rows = enumerate(([value.strip() for value in line.split("\t")] for line in lines), start=1)
    _, header = next(rows, (1, [""]))
    if missing := [c for c in ("fold", "id", "part") if c not in header]:
        raise InputError(
            f"lacks the column {', '.join(missing)}",
            f"{where}:1",
            f"a split is a table, separated by tabs, with the columns {', '.join(COLUMNS)}",
        )
    if strange := [c for c in header if c not in COLUMNS or header.count(c) > 1]:
        raise InputError(
            f"column {strange[0]!r} is not one of a split's, or is there twice",
            f"{where}:1",
            f"keep the columns {', '.join(COLUMNS)}, once each",
        )
    folds: dict[str, dict[str, tuple[str, str]]] = {}
    group_of: dict[str, str] = {}
    for number, values in rows:
        if values == [""]:
            continue
        if len(values) != len(header):
            raise InputError(f"has {len(values)} columns, the header {len(header)}", f"{where}:{number}", CURE)
        row = dict(zip(header, values, strict=True))
        fold, name, group, part = (row.get(column, "") for column in COLUMNS)
        if not fold or not name:
            raise InputError(f"has no {'fold' if not fold else 'id'}", f"{where}:{number}", CURE)
        if part not in PARTS:
            raise InputError(f"part {part!r} is none of {', '.join(PARTS)}", f"{where}:{number}", CURE)
        if name in folds.setdefault(fold, {}):
            raise InputError(f"id {name!r} is in fold {fold} twice", f"{where}:{number}", "remove one of the lines")
        if group_of.setdefault(name, group) != group:
            raise InputError(
                f"id {name!r} has group {group!r}, and {group_of[name]!r} further up",
                f"{where}:{number}",
                "give an id one group in all folds",
            )
        folds[fold][name] = (group, part)
    made = (Fold(fold, tuple(members), *zip(*members.values(), strict=True)) for fold, members in folds.items())
    return Split(tuple(made), where)
