"""Whole matrices of genes and samples, either way round: TSV, CSV, GCT 1.2 and 1.3, GCTX, XLSX, GEO series matrices."""

from __future__ import annotations

import csv
import datetime
import io
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import InputError, named, nearest
from . import gctx, scratch, series, text
from .gctx import Gctx
from .grid import CELL, UNKNOWN, Grid, fields_of, unique
from .lines import Lines

FORMATS = ("tsv", "csv", "gct", "gctx", "xlsx", "series")
ORIENTATIONS = ("auto", "genes-in-rows", "samples-in-rows")
_SYMBOLS = (
    "symbol",
    "gene_symbol",
    "gene_name",
    "genesymbol",
    "genename",
    "gene name",
    "description",
    "pr_gene_symbol",
    "name2",
)
_WIDE = 500  # columns, from which on rows are read as one column
_CUT = "it may be cut off: copy or make it again"
_GIVE = "give TSV, CSV, GCT, GCTX, XLSX or a GEO series matrix"


@dataclass
class TextMatrix:
    """A matrix of samples by genes.

    Attributes
    ----------
    samples, genes : names and ids as they stand there
    values : what reads them, some samples at a time
    sample_facts, gene_facts : tables of strings, a row for each; `symbol` among the genes' where there is one
    trimmed : number of facts that had blanks around them
    """

    path: str | Path
    samples: list[str]
    genes: pl.Series
    values: Parsed | Gctx
    sample_facts: pl.DataFrame
    gene_facts: pl.DataFrame
    format: str
    orientation: str
    digest: str
    trimmed: int = 0

    def rows(self, places: Sequence[int]) -> Iterator[np.ndarray]:
        """The values of some samples, in rising order: (genes,) float32 each, NaN where the file has no value."""
        return self.values.rows(places)


@dataclass
class Parsed:
    """The numbers of a text, on the disk; with `across`, its columns are the samples."""

    table: scratch.Table
    across: bool

    def rows(self, places: Sequence[int]) -> Iterator[np.ndarray]:
        """As `TextMatrix.rows`."""
        count, width = (self.table.width, len(self.table)) if self.across else (len(self.table), self.table.width)
        wanted = np.zeros(count, bool)
        wanted[list(places)] = True
        for part in scratch.pieces(count, width):
            block = self.table.columns if self.across else self.table.rows
            yield from np.ascontiguousarray(block(part.start, part.stop)[wanted[part]])


def read(
    path: str | Path,
    format: str = "auto",
    orientation: str = "auto",
    id_column: str | None = None,
    facts: Sequence[str] = (),
    sheet_name: str = "",
    samples: Collection[str] = (),
    genes: Collection[str] = (),
    columns: Sequence[str] = (),
) -> TextMatrix:
    """Read a matrix, plain or gzipped.

    Parameters
    ----------
    format : one of `FORMATS`, or "auto": by content
    orientation : one of `ORIENTATIONS`. "auto": GCT, GCTX and GEO have genes in rows; else it shows in names of the first
        column and of the header that are among known `samples` or `genes`, or look like Ensembl's; else in the head of the first
        column (gene, symbol, probe; sample, cell); else the longer side is that of genes
    id_column : of the ids of genes or, with samples in rows, of the samples' names; the first by default
    facts : columns that hold no values but facts: on genes, or, with samples in rows, on samples
    sheet_name : of XLSX; the first by default
    columns : the only ones whose values are wanted: samples or, with samples in rows, genes; all by default

    Raises
    ------
    InputError : no table, repeated columns or samples, no sign of the orientation, or, with its line, a row of another
        width or a value that is no number
    """
    if _is_hdf(path):
        return _gctx(path, format, orientation, id_column, facts, columns)
    grid = _grid(path, format, sheet_name)
    for name in (id_column, *facts, *columns):
        if name and name not in grid.header:
            cure = nearest(name, grid.header) or f"it has {named(grid.header)}"
            raise InputError(f"has no column {name!r}", path, cure)
    key = id_column or grid.header[0]
    told, wanted = {key, *facts, *grid.facts}, set(columns or grid.header)
    facts = [name for name in grid.header if name != key and name in told]
    numbers = [name for name in grid.header if name not in told and name in wanted]
    if lost := [name for name in columns if name in told]:
        raise InputError(f"{lost[0]!r} cannot be a column of values, too", path, "name each column for one thing")
    if not numbers:
        raise InputError("holds no columns of values", path, "give a table with a header and at least two columns")
    strings = [key, *facts, *_symbols(grid, [key, *facts, *numbers])]
    rows, table = _parse(grid, strings, numbers)
    rows, trimmed = _trimmed(rows)
    if missing := rows[key].null_count():
        at = int(rows[key].is_null().arg_true()[0])
        raise InputError(f"has no name ({missing} such rows)", f"{path}:{grid.line + at}", "name every row")
    if orientation == "auto":
        orientation = _orientation(grid, rows[key], numbers, samples, genes)
    across = orientation == "genes-in-rows"
    if across:
        names, ids = numbers, rows[key]
        sample_facts, gene_facts = _chosen(grid, numbers), rows.drop(key)
    else:
        names, ids = rows[key].to_list(), pl.Series(numbers)
        sample_facts, gene_facts = rows.select(facts), pl.DataFrame()
    values = Parsed(table, across)
    return _matrix(path, names, ids, values, sample_facts, gene_facts, grid.format, orientation, grid.digest(), trimmed)


def _matrix(
    path: str | Path,
    names: list[str],
    ids: pl.Series,
    values: Parsed | Gctx,
    sample_facts: pl.DataFrame,
    gene_facts: pl.DataFrame,
    *rest: Any,
) -> TextMatrix:
    """The matrix, if no sample is there twice; with the column `symbol` among the facts on genes."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"sample {twice!r} is there twice", path, "give each sample a name of its own")
    symbol = next((name for name in gene_facts.columns if name.lower() in _SYMBOLS), None)
    if symbol and "symbol" not in gene_facts.columns:
        gene_facts = gene_facts.rename({symbol: "symbol"})
    facts = (sample_facts.fill_null(""), gene_facts.fill_null(""))
    return TextMatrix(path, names, ids.alias("id"), values, *facts, *rest)


def _symbols(grid: Grid, others: Sequence[str]) -> list[str]:
    """The column of symbols, where it is not among those that are read anyway."""
    return [name for name in grid.header if name.lower() in _SYMBOLS and name not in others][:1]


def _chosen(grid: Grid, names: Sequence[str]) -> pl.DataFrame:
    """The facts on the samples of those columns."""
    if grid.samples is None:
        return pl.DataFrame()
    place = {name: i for i, name in enumerate(name for name in grid.header[1:] if name not in grid.facts)}
    return grid.samples.select(pl.all().gather([place[name] for name in names]))


def _is_hdf(path: str | Path) -> bool:
    with text.opened(path) as stream:
        return stream.read(4) == gctx.MAGIC


def _gctx(
    path: str | Path,
    format: str,
    orientation: str,
    id_column: str | None,
    facts: Sequence[str],
    columns: Sequence[str],
) -> TextMatrix:
    """The matrix of a GCTX, whose values are read when they are used."""
    if format not in ("auto", "gctx"):
        raise InputError(f"is not {format.upper()} but HDF5", path, "use --format auto")
    if orientation == "samples-in-rows" or facts:
        what = "--fact-columns" if facts else "--orientation samples-in-rows"
        raise InputError(f"{what} has no effect on GCTX, which tells both", path, "leave it out")
    file = gctx.read(path, id_column)
    places = list(range(len(file.samples)))
    if columns:
        known = {name: i for i, name in enumerate(file.samples)}
        if lost := [name for name in columns if name not in known]:
            hint = nearest(lost[0], known) or f"it has {named(known)}"
            raise InputError(f"has no sample {lost[0]!r}", path, hint)
        places = sorted({known[name] for name in columns})
    chosen = file.choose(places)
    return _matrix(
        path, chosen.samples, pl.Series(chosen.genes, dtype=pl.String), chosen, chosen.sample_facts, chosen.gene_facts,
        "gctx", "genes-in-rows", file.digest,
    )  # fmt: skip


def _grid(path: str | Path, format: str, sheet_name: str) -> Grid:
    lines = Lines(path)
    content = next(lines.blocks)
    found = "xlsx" if content[:4] == b"PK\x03\x04" else "gct" if content[:3] == b"#1." else ""
    found = found or ("series" if series.is_series(content) else "")
    if format not in ("auto", found) and (found or format in ("xlsx", "gct", "gctx", "series")):
        what = f"is not {format.upper()}" + (f" but {found.upper()}" if found else "")
        raise InputError(what, path, "use --format auto")
    if found == "gct":
        return _gct(path, content, lines)
    if found in ("series", "xlsx"):  # read whole: neither holds more than a table of genes by a thousand samples
        content = b"".join([content, *lines.blocks])
    if found == "series":
        return series.read(path, content, lines.digest())
    rest: Iterator[bytes] = lines.blocks
    if found == "xlsx":
        content, format, rest = _xlsx(path, content, sheet_name), "tsv", iter(())
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError("is an old Excel workbook (.xls)", path, "save it as .xlsx or as text")
    content = content.removeprefix(b"\xef\xbb\xbf")
    at, line = text.table_start(content)
    while content.count(b"\n", at) < 2 and (more := next(rest, b"")):  # comments of any length
        content += more
        at, line = text.table_start(content)
    end = content.find(b"\n", at) + 1 or len(content)
    head, body = content[at:end].rstrip(b"\r\n"), content[end:]
    separator = {"tsv": "\t", "csv": ","}.get(format) or max("\t,;", key=lambda mark: head.count(mark.encode()))
    header = fields_of(head, separator, path, line)
    header[0:1] = [name.lstrip("# ") for name in header[0:1]]
    if not body.strip():
        raise InputError("holds no rows", path, "give a table with a header and at least one row")
    first = fields_of(body.partition(b"\n")[0], separator, path, line + 1)
    if len(first) == len(header) + 1:  # as R writes row names
        header = ["", *header]
    if len(header) < 2:
        raise InputError("has one column", f"{path}:{line}", "separate the columns by tabs or commas")
    kind = found or ("tsv" if separator == "\t" else "csv")
    return unique(Grid(path, header, chain([body], rest), separator, line + 1, kind, lines.digest), line)


def _gct(path: str | Path, content: bytes, lines: Lines) -> Grid:
    """GCT 1.2 and 1.3 (https://clue.io/connectopedia/gct_format)."""
    parts = content.replace(b"\r\n", b"\n").split(b"\n", 3)
    version = parts[0].strip()
    if version not in (b"#1.2", b"#1.3") or len(parts) < 4:
        raise InputError(f"is not GCT 1.2 or 1.3: {version[:20].decode(errors='replace')!r}", f"{path}:1", _CUT)
    try:
        shape = [_size(field) for field in parts[1].decode(errors="replace").split()]
        rows, columns, row_facts, sample_facts = shape if version == b"#1.3" else (*shape[:2], 1, 0)
    except ValueError:
        raise InputError("does not tell its numbers of rows and columns", f"{path}:2", _CUT) from None
    header = fields_of(parts[2], "\t", path, 3)
    below = parts[3]
    while below.count(b"\n") < sample_facts and (more := next(lines.blocks, b"")):
        below += more.replace(b"\r\n", b"\n")
    *above, body = below.split(b"\n", sample_facts)
    if len(header) != 1 + row_facts + columns:
        raise InputError(f"has {len(header) - 1 - row_facts} columns, not {columns}", f"{path}:2", _CUT)
    facts = [fields_of(line, "\t", path, 4 + at) for at, line in enumerate(above)]
    if bad := [at for at, fields in enumerate(facts) if len(fields) != len(header)]:
        raise InputError(f"has {len(facts[bad[0]])} columns, not {len(header)}", f"{path}:{4 + bad[0]}", _CUT)
    samples = pl.DataFrame({fields[0]: fields[1 + row_facts :] for fields in facts}) if facts else None
    blocks = chain([body], (block.replace(b"\r\n", b"\n") for block in lines.blocks))
    given = header[1 : 1 + row_facts]
    grid = Grid(path, header, blocks, "\t", 4 + sample_facts, "gct", lines.digest, given, samples, rows)
    return unique(grid, 3)


def _size(field: str) -> int:
    if (number := text.whole(field)) is None:
        raise ValueError
    return number


def _xlsx(path: str | Path, content: bytes, sheet_name: str) -> bytes:
    """A sheet as text separated by tabs."""
    import defusedxml
    import openpyxl  # it parses with defusedxml, which is installed beside it

    warnings.simplefilter("ignore", UserWarning)  # of styles and extensions that it does not know
    most = text.allowed(len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:  # no more than the sizes it tells is ever unpacked
            size = sum(each.file_size for each in packed.infolist())
        if size > most:
            raise InputError(f"unpacks to {size / 1e6:,.0f} MB", path, "save it as text")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        if sheet_name and sheet_name not in book.sheetnames:
            raise InputError(f"has no sheet {sheet_name!r}", path, f"it has {named(book.sheetnames)}")
        sheet = book[sheet_name] if sheet_name else book.worksheets[0]
        sheet.reset_dimensions()  # what it says of its size may be anything
        rows, cells = [], 0
        for row in sheet.iter_rows(values_only=True):  # a cell far off is one in a row of empty ones
            cells += len(row) + 1
            if 64 * cells > most:
                raise InputError(f"has more than {cells:,} cells, nearly all of them empty", path, "save it as text")
            rows.append(row)
        width = max(map(len, rows), default=0)
        rows = [(*row, *(None,) * (width - len(row))) for row in rows]
    except (
        zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, OSError, SyntaxError, TypeError, AttributeError,
        NotImplementedError, RuntimeError, defusedxml.DefusedXmlException,
    ) as error:  # fmt: skip
        raise InputError(f"cannot be read as XLSX: {error}", path, "it may be cut off: save it again") from None
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    for number, row in enumerate(rows):  # of a title above the table nothing is read
        if any(value is not None for value in row[1:]):
            break
        rows[number] = ()
    if not rows:
        raise InputError("holds no rows", path, "name another sheet with --sheet-name")
    for number, row in enumerate(rows, 1):
        if row and isinstance(row[0], datetime.date):
            raise InputError(
                f"has the date {row[0]:%Y-%m-%d} for a name",
                f"{path}:{number}",
                "a spreadsheet made it from a gene such as MARCH1 or SEPT2: write that as text",
            )
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(
        ["" if value is None else " ".join(str(value).split()) for value in row] for row in rows
    )
    return out.getvalue().encode()


def _parse(grid: Grid, strings: Sequence[str], numbers: list[str]) -> tuple[pl.DataFrame, scratch.Table]:
    """Columns of strings, and columns of numbers on the disk; `strings[0]` names the rows."""
    frames, table, line = [], scratch.Table(len(numbers)), grid.line
    for block in _quoted(grid.body):
        if block.isspace() or not block:
            continue
        here = replace(grid, body=[block], line=line)
        wide = len(numbers) > _WIDE and b'"' not in block
        found = (_long(here, block, strings, numbers) if wide else None) or _columns(here, block, strings, numbers)
        frame, values = found
        if np.isnan(values[:, -1]).any():
            _examine(here, block)  # a short row ends in unknown values
        if np.isinf(values).any():
            row, column = (int(at[0]) for at in np.nonzero(np.isinf(values)))
            raise InputError(f"{numbers[column]} is not finite", f"{grid.path}:{line + row}", "correct it")
        frames.append(frame)
        table.add(values)
        line += block.count(b"\n")
    if grid.rows not in (None, len(table)):
        raise InputError(f"has {len(table)} rows, not {grid.rows}", f"{grid.path}:2", _CUT)
    if not frames:
        raise InputError("holds no rows", grid.path, "give a table with a header and at least one row")
    return pl.concat(frames), table


def _quoted(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks, joined where a field in quotes goes on in the next."""
    held: list[bytes] = []
    marks = 0
    for block in blocks:
        held.append(block)
        marks += block.count(b'"')
        if marks % 2 == 0:
            yield b"".join(held)
            held, marks = [], 0
    if held:
        yield b"".join(held)


def _columns(grid: Grid, block: bytes, strings: Sequence[str], numbers: list[str]) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows as columns of strings, and (rows, numbers) float32."""
    types = dict.fromkeys(numbers, pl.Float32)
    schema = {name: types.get(name, pl.String) for name in grid.header}
    if block.endswith(b'"'):
        block += b"\n"  # polars fails of a quote that opens at the very end
    scan = partial(pl.scan_csv, block, has_header=False, separator=grid.separator, null_values=list(UNKNOWN))
    try:
        frame = scan(schema=schema).select([*strings, *numbers]).collect()
    except pl.exceptions.PolarsError:
        _examine(grid, block, numbers, strings[0])
        raise InputError("cannot be read as a table of numbers", grid.path, _GIVE) from None
    return frame.select(strings), frame.select(numbers).to_numpy().astype(np.float32, copy=False)


def _long(
    grid: Grid, block: bytes, strings: Sequence[str], numbers: list[str]
) -> tuple[pl.DataFrame, np.ndarray] | None:
    """The same of rows of very many numbers, which polars reads ten times faster below each other than as columns; None
    where they are not all the columns behind the strings, or where rows are not whole."""
    first, mark, width = len(strings), grid.separator.encode(), len(grid.header) - 1
    if [*strings, *numbers] != grid.header:
        return None
    lines = block.removesuffix(b"\n").replace(b"\r\n", b"\n").split(b"\n")
    if any(line.count(mark) != width for line in lines):
        return None
    names, rest = zip(
        *((mark.join(each[:-1]), each[-1]) for each in (line.split(mark, first) for line in lines)), strict=True
    )
    read = partial(pl.read_csv, has_header=False, separator=grid.separator, null_values=list(UNKNOWN))
    try:
        frame = read(b"\n".join(names) + b"\n", schema=dict.fromkeys(strings, pl.String))
        values = read(b"\n".join(rest).replace(mark, b"\n") + b"\n", schema={"value": pl.Float32})["value"]
    except pl.exceptions.PolarsError:
        return None
    if len(frame) != len(lines) or len(values) != len(lines) * len(numbers):
        return None
    return frame, values.to_numpy().reshape(len(lines), -1)


def _trimmed(table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Columns of strings without blanks around them, and how many but of the first had some."""
    bare = table.select(pl.all().str.strip_chars())
    return bare, int(sum((bare[name] != table[name]).sum() for name in table.columns[1:]))


def _examine(grid: Grid, block: bytes, numbers: Collection[str] = (), key: str = "") -> None:
    """Raise an InputError on the first row of another width, or without a number in a column of numbers."""
    wanted, named_by = set(numbers), grid.header.index(key) if key else 0
    places = [place for place, name in enumerate(grid.header) if name in wanted]
    lines = io.StringIO(text.decoded(block, grid.path, grid.line), newline="")
    for line, fields in text.rows(lines, grid.separator, grid.path, grid.line):
        if len(fields) != len(grid.header) and fields:
            raise InputError(
                f"has {len(fields)} columns, the header {len(grid.header)}", f"{grid.path}:{line}", "is the file whole?"
            )
        for place in places if fields else ():
            if fields[place] not in UNKNOWN:
                try:
                    float(fields[place])
                except ValueError:
                    raise InputError(
                        f"{grid.header[place]!r} of {fields[named_by]!r} is no number but {fields[place][:40]!r}",
                        f"{grid.path}:{line}",
                        CELL,
                    ) from None


def _orientation(
    grid: Grid, rows: pl.Series, columns: list[str], samples: Collection[str], genes: Collection[str]
) -> str:
    """Which way round a grid is."""
    if grid.format in ("gct", "series"):
        return "genes-in-rows"
    known, ids = set(samples), set(genes)
    across = pl.Series(columns)
    for found in (
        (across.is_in(list(known)).sum(), rows.is_in(list(known)).sum()),
        (rows.is_in(list(ids)).sum(), across.is_in(list(ids)).sum()),
        tuple(side.str.contains(r"^ENS[A-Z]{0,7}[0-9]{11}").sum() for side in (rows, across)),
        tuple(
            any(word in grid.header[0].lower() for word in words)
            for words in (("gene", "symbol", "probe", "transcript", "ensembl"), ("sample", "cell", "patient", "donor"))
        ),
        (len(rows), len(columns)),
    ):
        if found[0] != found[1]:
            return "genes-in-rows" if found[0] > found[1] else "samples-in-rows"
    raise InputError(
        f"does not show whether genes are in rows or columns: {len(rows)} of each",
        grid.path,
        "say so with --orientation",
    )
