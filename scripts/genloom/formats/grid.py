"""A table of numbers and facts as it stands in a file, whatever the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ..errors import InputError
from . import text

UNKNOWN = ("", "NA", "N/A", "na", "n/a", "nan", "NaN", "NAN", "-nan", "null", "NULL")
CELL = "correct it, or name the column in --fact-columns"


@dataclass
class Grid:
    """A table as it stands in a file.

    Attributes
    ----------
    header : names of the columns, all different
    body : the rows below it as text, with one separator, in blocks of whole lines; the first of them is line `line` of the file
    facts : names of the columns that hold no values, where the format tells
    digest : SHA-256 of the file, once the body has been read
    rows : how many there are, where the format tells
    samples : of GCT 1.3 and GEO: facts on the samples, a column each, its rows in the order of the value columns
    """

    path: str | Path
    header: list[str]
    body: Iterable[bytes]
    separator: str
    line: int
    format: str
    digest: Callable[[], str]
    facts: Sequence[str] = ()
    samples: pl.DataFrame | None = None
    rows: int | None = None


def unique(grid: Grid, line: int) -> Grid:
    """The grid, if no column is there twice."""
    if len(set(grid.header)) < len(grid.header):
        twice = next(name for name in grid.header if grid.header.count(name) > 1)
        raise InputError(f"column {twice!r} is there twice", f"{grid.path}:{line}", "give each a name of its own")
    return grid


def fields_of(line: bytes, separator: str, path: str | Path, number: int) -> list[str]:
    """The fields of a line, without quotes and surrounding blanks."""
    rows = text.rows([text.decoded(line, path, number)], separator, path, number)
    return [field.strip() for _, fields in rows for field in fields]
