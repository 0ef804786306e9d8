"""Peaks from BED, narrowPeak and broadPeak files.

Positions are 0-based with exclusive ends, in the files as here. Columns, counted from 1: chromosome, start, end, name,
score, strand; then signal, -log10 p and -log10 q in narrowPeak and broadPeak, and the summit's offset in narrowPeak
(https://genome.ucsc.edu/FAQ/FAQformat.html#format12).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError
from . import text

COLUMNS = {"score": 4, "signal": 6, "p": 7, "q": 8, "summit": 9}  # where each stands in a line, from 0
_MEANINGS = {"score": "score", "signal": "signal value", "p": "p-value", "q": "q-value", "summit": "summit"}


@dataclass
class Peaks:
    """The peaks of one file, in its order.

    Attributes
    ----------
    names : the chromosomes, in the order of their first peaks
    chrom : (n,) unsigned integers, index into `names`
    start, end : (n,) int64
    columns : the wanted further columns, (n,) float64 each; "summit" is int64, a position on the chromosome
    skipped : number of lines that hold no peak: comments, headers, `track` and `browser` lines, empty lines
    digest : SHA-256 of the unpacked file
    """

    path: str | Path
    names: list[str]
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    columns: dict[str, np.ndarray]
    skipped: int
    digest: str
    text: bytes

    def __len__(self) -> int:
        return len(self.start)

    def refuse(self, bad: np.ndarray, what: str, cure: str, **more: np.ndarray) -> None:
        """Raise an InputError on the first peak for which `bad` (n,) is true, if there is one, with its line.

        `what` may name chrom, start, end, a column or one of `more` in braces, for the peak's values.
        """
        if bad.any():
            row = int(bad.argmax())
            number = next(number for at, (number, _, _) in enumerate(_records(self.text)) if at == row)
            values = {name: each[row] for name, each in (self.columns | more).items()}
            what = what.format(chrom=self.names[self.chrom[row]], start=self.start[row], end=self.end[row], **values)
            raise InputError(what, f"{self.path}:{number}", cure)


def read(path: str | Path, wanted: Collection[str] = ()) -> Peaks:
    """Read the peaks of a file, plain or gzipped; which of the formats it is shows in its first peak.

    Parameters
    ----------
    wanted : further columns to read, of `COLUMNS`

    Raises
    ------
    InputError : an empty, cut off or binary file, or one without a wanted column; with its line, the first peak that
        has too few or too many columns, a coordinate that is negative or no integer, an end not above its start, no
        number in a wanted column, or no summit within the peak
    """
    content = text.read(path)
    text.demand_lines(content, path)
    number, head, line = next(_records(content), (0, 0, b""))
    if not number:
        raise InputError("holds no peaks", path, "leave it out, or make it again")
    if b"fold_enrichment" in content[:head]:
        raise InputError("is the .xls table of MACS, which counts from 1", path, "give the narrowPeak file beside it")
    first = _examined(line, path, number)
    kind, known = _format(first)
    for name in wanted:
        if COLUMNS[name] >= known:
            raise InputError(
                f"is a {kind} file of {len(first)} columns and has no {_MEANINGS[name]}",
                path,
                "give narrowPeak files, or choose options that need none",
            )

    table, skipped = _parse(content[head:], len(first), wanted), number - 1
    if table is None:  # a bad line, or a comment among the peaks
        lines = []
        for number, _, line in _records(content):
            _examined(line, path, number, len(first), wanted)
            lines.append(line)
        skipped = len(content.splitlines()) - len(lines)
        table = _parse(b"".join(lines), len(first), wanted, strict=False)
        if table is None:
            raise InputError("cannot be read as a table", path, "separate its columns by tabs")
    runs = table["chrom"].rle().struct.unnest()  # few, in a sorted file
    names = runs["value"].unique(maintain_order=True)
    chrom = np.repeat(runs["value"].cast(pl.Enum(names)).to_physical(), runs["len"])
    peaks = Peaks(
        path,
        names.to_list(),
        chrom,
        table["start"].to_numpy(),
        table["end"].to_numpy(),
        {name: table[name].to_numpy() for name in wanted},
        skipped,
        text.digest(content),
        content,
    )
    _check(peaks)
    return peaks


def _records(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The lines that hold peaks: number from 1, offset, line."""
    at, number, header = 0, 0, True
    while at < len(content):
        start, at, number = at, content.find(b"\n", at) + 1 or len(content), number + 1
        line = content[start:at]
        if not line.strip() or line.startswith((b"#", b"track ", b"track\t", b"browser ")):
            continue
        fields = line.split(b"\t", 2)
        if header and len(fields) > 2 and b"start" in fields[1].lower():
            header = False  # one line of column names may stand before the first peak
            continue
        header = False
        yield number, start, line


def _examined(
    line: bytes, path: str | Path, number: int, width: int | None = None, wanted: Collection[str] = ()
) -> list[str]:
    """The fields of a line that is known to hold a peak as far as its form goes."""
    fields = text.decoded(line, path, number).rstrip("\r\n").split("\t")
    where = f"{path}:{number}"
    if len(fields) < 3:
        raise InputError(f"has too few columns: {len(fields)}", where, "at least 3 are needed, separated by tabs")
    if width and len(fields) != width:
        raise InputError(
            f"has too {'few' if len(fields) < width else 'many'} columns: {len(fields)}",
            where,
            f"the first peak has {width}",
        )
    if not fields[0].strip():
        raise InputError("has no chromosome", where, "the first column names it")
    for name, value in (("start", fields[1]), ("end", fields[2])):
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
            raise InputError(f"{name} {value[:40]!r} is not a number", where, "columns 2 and 3 are integers")
    for name in wanted:
        if not _number(fields[COLUMNS[name]]):
            raise InputError(
                f"{_MEANINGS[name]} {fields[COLUMNS[name]][:40]!r} is not a number",
                where,
                "correct it, or choose options that need none",
            )
    return fields


def _number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _format(fields: list[str]) -> tuple[str, int]:
    """The format that a line's fields show, and how many of its columns mean what `COLUMNS` says."""
    if len(fields) in (9, 10) and all(map(_number, fields[6:])):
        if len(fields) == 10:
            return "narrowPeak", 10
        start, end, thick_start, thick_end = map(float, (*fields[1:3], *fields[6:8]))
        if not start <= thick_start <= thick_end <= end:  # BED9 has positions where broadPeak has signal and p-value
            return "broadPeak", 9
    return "BED", min(len(fields), 5)


def _parse(content: bytes, width: int, wanted: Collection[str], strict: bool = True) -> pl.DataFrame | None:
    """The table of chrom, start, end and the wanted columns; None if some line may not hold a peak."""
    places = {"chrom": 0, "start": 1, "end": 2} | {name: COLUMNS[name] for name in wanted}
    types: dict[int, type[pl.DataType]] = {0: pl.String, 1: pl.Int64, 2: pl.Int64}
    types |= {COLUMNS[name]: pl.Float64 for name in wanted}
    schema = {f"column_{i}": types.get(i, pl.String) for i in range(width)}
    used = sorted({*places.values(), width - 1})  # the last column shows a line that is too short
    try:
        table = pl.read_csv(
            content,
            has_header=False,
            separator="\t",
            schema=schema,
            quote_char=None,
            columns=[f"column_{i}" for i in used],
        )
    except pl.exceptions.PolarsError:
        return None
    if strict and (any(table.null_count().row(0)) or table["column_0"].str.starts_with("#").any()):
        return None
    return table.select(pl.col(f"column_{i}").alias(name) for name, i in places.items())


def _check(peaks: Peaks) -> None:
    start, end = peaks.start, peaks.end
    peaks.refuse(start < 0, "start {start} is negative", "BED counts positions from 0")
    peaks.refuse(
        end <= start,
        "end {end} is not above start {start}",
        "BED ends are exclusive: a peak of one base ends at its start + 1",
    )
    for name, values in peaks.columns.items():
        peaks.refuse(
            ~np.isfinite(values),
            f"{_MEANINGS[name]} {{{name}}} is not finite",
            "correct it, or choose options that need none",
        )
        if name in ("p", "q") and (values == -1).all():
            raise InputError(
                f"has no {_MEANINGS[name]}: column {COLUMNS[name] + 1} is -1 throughout",
                peaks.path,
                "leave the filter out, or call peaks with these values",
            )
    if "summit" in peaks.columns:
        offset = peaks.columns["summit"]
        peaks.refuse(
            offset < 0, "has no summit: column 10 is {summit:g}", "assign peaks by midpoint, or call them with summits"
        )
        peaks.refuse(
            offset >= end - start,
            "summit {summit:g} is past the end of the peak, {start}-{end}",
            "column 10 counts from the peak's start",
        )
        peaks.columns["summit"] = start + offset.astype(np.int64)
