"""One value for each id: columns of any table, chosen by the names in its header or by their numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError, named, nearest
from . import places, text
from .annotation import strip_versions
from .grid import UNKNOWN

ID, VALUES = ("id",), ("predicted", "observed", "value")  # what the columns are called in tables of genloom
NAMES = ("symbol", "gene_symbol", "gene_name", "gene", "name", "description")
REPEATED, UNNAMED, UNVALUED = "the same id and value again", "without an id", "without a value"
UNPLACED = "at a place that has no name"


@dataclass(frozen=True)
class Values:
    """Values by id, in the order of the file.

    Attributes
    ----------
    path, digest : the file, and the SHA-256 of its unpacked text
    id_column, value_column : names of the columns, or `column 2` where there is no header; of several, with commas between
    ids : without versions, each once; of several columns with colons between, or the names of these places
    values : (ids,) float64, finite
    texts : name of a further column → its text for each id
    left_out : reason → number of rows
    rows : their number in the file
    """

    path: str | Path
    digest: str
    id_column: str
    value_column: str
    ids: list[str]
    values: np.ndarray
    texts: dict[str, list[str]]
    left_out: dict[str, int]
    rows: int


@dataclass(frozen=True)
class Columns:
    """Which columns to read; None for the usual ones. `option` is what the user calls them by: `--compare-`.

    An id may be of several columns, with commas between; `places` is a BED that names ids of chrom, start, end, strand.
    """

    id: str | None = None
    value: str | None = None
    texts: Sequence[str] = ()
    option: str = "--"
    places: str | Path | None = None


def read(path: str | Path, columns: Columns) -> Values:
    """Read a table separated by tabs or commas, plain or gzipped.

    Lines of comment before the table are passed over. It has a header, unless a column is chosen by number and the first
    line holds a number, or no value, as its value.

    Raises
    ------
    InputError : no such column; a row of another width; a value that is no finite number; an id twice with two values
    """
    content = text.read(path)
    lines = _lines(path, content)
    first = lines[0][1]
    width = len(first)
    header, rows = first, lines[1:]
    if not _has_header(first, columns):
        header, rows = [f"column {i}" for i in range(1, width + 1)], lines
    if repeated := [name for name in header if name and header.count(name) > 1]:
        raise InputError(f"has the column {repeated[0]!r} twice", path, "rename one of them")
    if not rows:
        raise InputError("holds no rows under its header", path, "choose columns by number where it has no header")
    option = f"{columns.option}id-column"
    parts = _parts(columns.id, header)
    ids_at = [_column(path, header, part, ID, option, 0) for part in parts]
    value_at = _column(path, header, columns.value, VALUES, f"{columns.option}value-column", 1 if width == 2 else None)
    if value_at in ids_at:
        raise InputError(
            f"{header[value_at]!r} is both id and value", path, f"choose another {columns.option}value-column"
        )
    names_of = None
    if columns.places and len(parts) in places.PARTS:
        names_of = places.read(columns.places, len(parts))
    names = [name for name in columns.texts or NAMES if name in header]
    if not columns.texts:
        names = [name for name in names if header.index(name) not in (*ids_at, value_at)]
    texts_at = [header.index(name) for name in names]
    keys = [places.join([row[at] for at in ids_at]) if len(row) == width else "" for _, row in rows]
    if names_of is None:
        keys = strip_versions(pl.Series(keys, dtype=pl.String)).to_list()
    kept: dict[str, tuple[int, float, list[str]]] = {}
    left_out = dict.fromkeys((UNNAMED, UNVALUED, UNPLACED, REPEATED), 0)
    for key, (line, row) in zip(keys, rows, strict=True):
        where = f"{path}:{line}"
        if len(row) != width:
            raise InputError(
                f"has {len(row)} columns, the first line {width}", where, "keep the columns that are empty"
            )
        cell = row[value_at].strip()
        if not key.strip(":") or cell in UNKNOWN:
            left_out[UNVALUED if key.strip(":") else UNNAMED] += 1
            continue
        value = _number(cell)
        if value is None:
            what = f"{header[value_at]} of {key} holds {cell!r}, not a finite number"
            raise InputError(what, where, "correct it, leave it empty, or choose another column")
        called = [key] if names_of is None else names_of.get(key, [])
        for name in called:
            if name in kept and kept[name][1] != value:
                what = f"id {name!r} has the value {cell}, and {kept[name][1]:g} in line {kept[name][0]}"
                raise InputError(what, where, "keep one of them: an id can have one value")
        if not called:
            left_out[UNPLACED] += 1
        elif all(name in kept for name in called):
            left_out[REPEATED] += 1
        for name in called:
            kept.setdefault(name, (line, value, [row[at].strip() for at in texts_at]))
    if names_of is not None and not kept:
        example = next(iter(names_of), "none")
        what = f"has none of the {len(names_of)} places of the BED; it has {named(keys, 1)}, the BED {example}"
        raise InputError(what, path, f"choose chrom, start, end and strand with {option}, in this order")
    return Values(
        path,
        text.digest(content),
        ",".join(header[at] for at in ids_at),
        header[value_at],
        list(kept),
        np.array([value for _, value, _ in kept.values()], dtype=np.float64),
        {name: [texts[i] for _, _, texts in kept.values()] for i, name in enumerate(names)},
        {reason: count for reason, count in left_out.items() if count},
        len(rows),
    )


def _parts(id_column: str | None, header: Sequence[str]) -> list[str | None]:
    """The columns of an id: several with commas between, unless a column is called so."""
    if id_column is None or id_column in header:
        return [id_column]
    return [part.strip() for part in id_column.split(",")]


def _lines(path: str | Path, content: bytes) -> list[tuple[int, list[str]]]:
    """(line number, fields) of each line of the table."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    at, number = text.table_start(content)
    stream = io.StringIO(text.decoded(content[at:], path, number), newline=None)
    separator = "\t" if "\t" in stream.readline() else ","
    stream.seek(0)
    lines = [(line, row) for line, row in text.rows(stream, separator, path, number) if any(row)]
    if not lines:
        raise InputError("holds nothing but comments", path, "give a table of ids and values")
    lines[0][1][:] = [lines[0][1][0].lstrip("#").strip(), *(name.strip() for name in lines[0][1][1:])]
    if len(lines[0][1]) < 2:
        raise InputError("has one column", f"{path}:{lines[0][0]}", "separate id and value by a tab or a comma")
    return lines


def _has_header(first: Sequence[str], columns: Columns) -> bool:
    """Whether the first line names columns: always, where columns are chosen by name; else by what it has as a value."""
    chosen = [*([] if columns.id is None else _parts(columns.id, first)), columns.value]
    by_number = {name: name.isdecimal() and name not in first for name in chosen if name is not None}
    if not any(by_number.values()) or not all(by_number.values()):
        return True
    if columns.value is None:
        place = 2 if len(first) == 2 else 0
        if any(name in first for name in VALUES):
            return True
    else:
        place = int(columns.value)
    if not 0 < place <= len(first):
        return False
    return first[place - 1].strip() not in UNKNOWN and _number(first[place - 1]) is None


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in cell else None


def _column(
    path: str | Path, header: Sequence[str], name: str | None, usual: Sequence[str], option: str, other: int | None
) -> int:
    """The place of the column of that name or number; without one, of the first usual name, or else `other`."""
    if name is None:
        place = next((header.index(each) for each in usual if each in header), other)
        if place is None:
            raise InputError(
                f"has none of the columns {', '.join(usual)}; it has {named(header)}", path, f"choose one with {option}"
            )
        return place
    if name in header:
        return header.index(name)
    if name.isdecimal():
        if 0 < int(name) <= len(header):
            return int(name) - 1
        raise InputError(f"has {len(header)} columns, {option} is {name}", path, "columns are counted from 1")
    hint = nearest(name, header) or f"choose {option} by name, or by number from 1 where there is no header"
    raise InputError(f"lacks the column {name!r}; it has {named(header)}", path, hint)
