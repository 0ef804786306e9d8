"""Series matrices of NCBI's GEO (https://www.ncbi.nlm.nih.gov/geo/info/soft.html): facts on the samples above a table."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from ..errors import InputError, named
from . import text
from .grid import Grid, fields_of, unique

MARKS = (b"!Series_", b"!Sample_", b'"!Series_', b'"!Sample_')
_BEGIN, _END = b"!series_matrix_table_begin", b"!series_matrix_table_end"
_CURE = "it may be cut off: download it again"
_ALWAYS = ("title", "source_name_ch1", "organism_ch1")


def is_series(content: bytes) -> bool:
    """Whether a file is a series matrix: whether its first line that is not empty is of the series or its samples."""
    return content.lstrip()[:9].startswith(MARKS)


def read(path: str | Path, content: bytes, digest: str) -> Grid:
    """Read a series matrix.

    The samples' facts are their title, source and organism; each `key: value` of their characteristics as a column `key`;
    and whatever else differs between them.

    Raises
    ------
    InputError : no table or an empty one, as of RNA-seq; a file that is cut off; facts on other samples than the table has
    """
    head, begin, rest = content.replace(b"\r\n", b"\n").partition(_BEGIN)
    table, end, _ = rest.partition(_END)
    if not begin or not end:
        raise InputError(f"has no line {(_END if begin else _BEGIN).decode()}", path, _CURE)
    _, _, table = table.partition(b"\n")  # what is left of the line of the mark
    first, _, body = table.partition(b"\n")
    line = head.count(b"\n") + 2
    if not body.strip():
        raise InputError(
            "holds a table without rows", f"{path}:{line}", "GEO has RNA-seq in the series' supplementary files"
        )
    header = fields_of(first, "\t", path, line)
    if len(header) < 2:
        raise InputError("heads a table without samples", f"{path}:{line}", _CURE)
    samples = _samples(path, head, header[1:])
    return unique(Grid(path, header, [body], "\t", line + 1, "series", lambda: digest, (), samples), line)


def _samples(path: str | Path, head: bytes, names: list[str]) -> pl.DataFrame:
    """Facts on samples in the order of `names`."""
    lines: dict[str, list[list[str]]] = {}
    for number, row in text.rows(io.StringIO(head.decode(errors="replace")), "\t", path):
        if row and row[0].startswith("!Sample_"):
            if len(row) != len(names) + 1:
                raise InputError(
                    f"{row[0]} tells of {len(row) - 1} samples, the table has {len(names)}", f"{path}:{number}", _CURE
                )
            lines.setdefault(row[0].removeprefix("!Sample_"), []).append([value.strip() for value in row[1:]])
    accessions = lines.pop("geo_accession", [names])[0]
    if sorted(accessions) != sorted(names):
        other = [name for name in accessions if name not in names]
        raise InputError(f"tells of samples that its table lacks: {named(other)}", path, _CURE)
    place = {name: i for i, name in enumerate(accessions)}
    order = [place[name] for name in names]
    facts: dict[str, list[str]] = {}
    told: dict[str, list[str]] = {}
    for key in [*(key for key in _ALWAYS if key in lines), *(key for key in lines if key not in _ALWAYS)]:
        for number, values in enumerate(lines[key], 1):
            if key.startswith("characteristics"):
                _characteristics(values, told)
            elif key in _ALWAYS or len(set(values)) > 1:
                facts[key if number == 1 else f"{key}_{number}"] = values
    facts |= {f"{key}_characteristic" if key in facts else key: values for key, values in told.items()}
    return pl.DataFrame({name: [values[i] for i in order] for name, values in facts.items()})


def _characteristics(values: list[str], facts: dict[str, list[str]]) -> None:
    """Add the `key: value` of each sample: keys may stand in another order in each."""
    for i, each in enumerate(values):
        key, colon, value = each.partition(":")
        key, value = (key.strip(), value.strip()) if colon else ("characteristics", each)
        if value:
            column = facts.setdefault(key, [""] * len(values))
            column[i] = f"{column[i]}; {value}" if column[i] else value
