"""Expression of one sample: the tables of RSEM, Salmon, kallisto, featureCounts, StringTie, STAR and HTSeq."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError, named
from . import text


@dataclass(frozen=True)
class Layout:
    """The columns of a format: the one of ids, and those of facts: tpm, count, fpkm, length, gene, symbol.

    `marks` are the columns that tell the format; `level` is what a row is: "gene", "transcript", or "" if unknown.
    """

    format: str
    marks: tuple[str, ...]
    id: str
    level: str
    columns: Mapping[str, str] = field(default_factory=dict)


_RSEM = {"tpm": "TPM", "count": "expected_count", "fpkm": "FPKM", "length": "effective_length"}
LAYOUTS = (
    Layout("encode", ("gene_id", "posterior_mean_count", "transcript_id(s)"), "gene_id", "gene", _RSEM),
    Layout(
        "encode", ("transcript_id", "posterior_mean_count"), "transcript_id", "transcript", {**_RSEM, "gene": "gene_id"}
    ),
    Layout("rsem", ("gene_id", "transcript_id(s)"), "gene_id", "gene", _RSEM),
    Layout(
        "rsem",
        ("transcript_id", "gene_id", "effective_length"),
        "transcript_id",
        "transcript",
        {**_RSEM, "gene": "gene_id"},
    ),
    Layout(
        "salmon",
        ("Name", "EffectiveLength"),
        "Name",
        "",  # of transcripts (quant.sf) or genes (quant.genes.sf)
        {"tpm": "TPM", "count": "NumReads", "length": "EffectiveLength"},
    ),
    Layout(
        "kallisto",
        ("target_id", "eff_length"),
        "target_id",
        "transcript",
        {"tpm": "tpm", "count": "est_counts", "length": "eff_length"},
    ),
    Layout(
        "stringtie", ("Gene ID", "Gene Name"), "Gene ID", "gene", {"tpm": "TPM", "fpkm": "FPKM", "symbol": "Gene Name"}
    ),
    Layout("featurecounts", ("Geneid",), "Geneid", "gene", {"length": "Length"}),
)
FORMATS = ("rsem", "encode", "salmon", "kallisto", "featurecounts", "stringtie", "star", "htseq", "table")
UNITS = {"tpm": "TPM", "count": "counts", "fpkm": "FPKM"}
STRANDS = {"unstranded": 1, "forward": 2, "reverse": 3}  # STAR's columns, from 0
_FEATURE_COUNTS = ("Geneid", "Chr", "Start", "End", "Strand", "Length")


@dataclass
class Quantification:
    """What one sample's file, or its column of a matrix, tells.

    Attributes
    ----------
    ids : (rows,) strings as they stand there; rows of a summary (`__no_feature`, `N_unmapped`) left out
    values : (rows,) finite numbers of at least 0; in a matrix they may be NaN, for unknown, and negative
    unit : TPM, counts, FPKM, or the name of the column
    level : "gene", "transcript", or "" where the format does not tell
    lengths : (rows,) effective length in bases, where wanted and there
    genes : (rows,) the gene of each transcript, where the table has it
    symbols : (rows,) the symbol of each gene, where the table has it
    summary_rows : number of rows left out since they are no genes
    """

    path: str | Path
    ids: pl.Series
    values: np.ndarray
    unit: str
    format: str
    digest: str = ""
    level: str = ""
    lengths: np.ndarray | None = None
    genes: pl.Series | None = None
    symbols: pl.Series | None = None
    summary_rows: int = 0


def read(
    path: str | Path,
    format: str = "auto",
    column: str | None = None,
    id_column: str | None = None,
    strand: str = "unstranded",
    prefer: str = "tpm",
    lengths: bool = False,
) -> Quantification:
    """Read the table of one sample, plain or gzipped.

    Parameters
    ----------
    format : one of `FORMATS`, or "auto": by the header; without one, four columns are STAR's, two or three HTSeq's
    column : of the values: "tpm", "count" or "fpkm" in the format's own spelling, or a name in the header
    id_column : of the ids, if not the format's
    strand : of `STRANDS`; which of the counts of STAR
    prefer : "tpm" or "count": the column if none is named, where the format has it
    lengths : whether to read the lengths

    Raises
    ------
    InputError : an unknown format, a missing column, or, with its line, a row without id, or a value that is no number,
        not finite or negative
    """
    content = text.read(path)
    at, number = text.table_start(content)
    end = content.find(b"\n", at)
    head = text.decoded(content[at : end if end >= 0 else None], path, number)
    fields = head.rstrip("\r").lstrip("#").split("\t")
    layout, names = _layout(path, number, fields, format)
    value, unit = _value(layout, names, path, column, strand, prefer)
    if id_column is not None and id_column not in names:
        raise InputError(f"has no column {id_column!r}", path, f"it has {named(names, 12)}")
    wanted = {"id": id_column or layout.id, "value": value}
    for key in ("gene", "symbol", *(["length"] if lengths else [])):
        if layout.columns.get(key) in names:
            wanted[key] = layout.columns[key]
    table = _parse(content, number if names is fields else number - 1, names, wanted, path)

    rows = len(table)
    if layout.format in ("star", "htseq"):
        table = table.filter(~pl.col("id").str.starts_with("N_" if layout.format == "star" else "__"))
    if table.is_empty():
        raise InputError("holds no genes", path, "leave it out, or make it again")
    ids = table["id"]
    if layout.format in ("salmon", "kallisto") and ids[0].count("|") > 1:
        ids = ids.str.split_exact("|", 0).struct.field("field_0")  # GENCODE's FASTA: transcript|gene|…
    return Quantification(
        path,
        ids,
        table["value"].to_numpy(),
        unit,
        layout.format,
        text.digest(content),
        layout.level,
        table["length"].to_numpy() if "length" in wanted else None,
        table["gene"] if "gene" in wanted else None,
        table["symbol"] if "symbol" in wanted else None,
        rows - len(table),
    )


def _layout(path: str | Path, number: int, fields: list[str], format: str) -> tuple[Layout, list[str]]:
    """The layout of a table and the names of its columns: `fields` itself if the first line is a header."""
    width = len(fields)
    cure = "name the format with --format, or use --format table with --id-column and --column"
    if width > 1 and all(map(_is_number, fields[1 if width != 3 else 2 :])):
        plain = {4: "star", 2: "htseq", 3: "htseq"}.get(width, "")
        if format not in ("auto", plain) or not plain:
            what = "has no header line" if format != "auto" else f"has no header line and {width} columns"
            raise InputError(what, f"{path}:{number}", cure)
        names = {2: ["id", "count"], 3: ["id", "symbol", "count"], 4: ["id", *STRANDS]}[width]
        return Layout(plain, (), "id", "gene", {"symbol": "symbol"}), names
    if width < 2:
        raise InputError("has one column", f"{path}:{number}", "give a table separated by tabs")
    if repeated := [name for name in fields if fields.count(name) > 1]:
        raise InputError(f"column {repeated[0]!r} is there twice", f"{path}:{number}", "rename one of them")
    for layout in LAYOUTS:
        if set(layout.marks) <= set(fields) and format in ("auto", layout.format):
            return layout, fields
    lower = {name.lower(): name for name in reversed(fields)}
    if format == "table" or (format == "auto" and "tpm" in lower):
        return Layout(
            "table", (), fields[0], "", {key: lower[key] for key in ("tpm", "count", "fpkm", "length") if key in lower}
        ), fields
    if format == "auto":
        raise InputError(f"is in no known format, with columns {named(fields, 8)}", f"{path}:{number}", cure)
    raise InputError(
        f"is not in the format {format}, with columns {named(fields, 8)}", f"{path}:{number}", "use --format auto"
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _value(
    layout: Layout, names: list[str], path: str | Path, column: str | None, strand: str, prefer: str
) -> tuple[str, str]:
    """The column of the values, and their unit."""
    columns = {key: layout.columns[key] for key in ("tpm", "count", "fpkm") if key in layout.columns}
    if layout.format == "star":
        columns = {"count": strand}
    elif layout.format == "htseq":
        columns = {"count": "count"}
    elif layout.format == "featurecounts":
        counts = [name for name in names if name not in _FEATURE_COUNTS]
        if len(counts) != 1 and column is None:
            raise InputError(
                f"holds {len(counts)} columns of counts",
                path,
                "name one with --column, or give it as --matrix with --fact-columns Chr Start End Strand Length",
            )
        columns = {"count": column if column in counts else counts[0]} if counts else {}
    key = None
    if column is None:
        order = ("tpm", "count", "fpkm") if prefer == "tpm" else ("count",)
        key = next((key for key in order if key in columns), None)
        if key is None:
            what = "TPM or counts" if prefer == "tpm" else "counts"
            raise InputError(f"has no column of {what}", path, f"name one of {named(names, 12)} with --column")
    elif column.lower() in columns:
        key = column.lower()
    name = columns[key] if key else column
    if name not in names:
        raise InputError(f"has no column {name!r}", path, f"it has {named(names, 12)}")
    key = key or next((key for key, own in columns.items() if own == name), None)
    return name, UNITS[key] if key else name


def _parse(content: bytes, skip: int, names: list[str], wanted: dict[str, str], path: str | Path) -> pl.DataFrame:
    """Columns id, value and the other wanted ones of the rows after `skip` lines."""
    text.demand_lines(content, path)
    if content.endswith((b"\n\n", b"\n\r\n")):
        content = content.rstrip()
    numbers = {wanted["value"], wanted.get("length")}
    schema = {name: pl.Float64 if name in numbers else pl.String for name in names}
    try:
        lines = pl.scan_csv(content, has_header=False, skip_lines=skip, schema=schema, separator="\t", quote_char=None)
        table = lines.select(**wanted, short=pl.col(names[-1]).is_null()).collect()
    except pl.exceptions.PolarsError:
        _examine(content, skip, names, wanted, path)
        raise InputError("cannot be read as a table", path, "give a table separated by tabs") from None
    values = table["value"].to_numpy()
    if any(table.null_count().row(0)) or not np.isfinite(values).all() or (values < 0).any() or table["short"].any():
        _examine(content, skip, names, wanted, path)
    return table.drop("short")


def _examine(content: bytes, skip: int, names: list[str], wanted: dict[str, str], path: str | Path) -> None:
    """Raise an InputError on the first bad row, if there is one."""
    places = {key: names.index(name) for key, name in wanted.items()}
    lines = text.decoded(content, path).removesuffix("\n").split("\n")
    for number, line in enumerate(lines[skip:], skip + 1):
        fields, where = line.rstrip("\r").split("\t"), f"{path}:{number}"
        if len(fields) != len(names):
            what = "is empty" if not line else f"has {len(fields)} columns, not {len(names)}"
            raise InputError(what, where, "is the file whole?")
        if not fields[places["id"]]:
            raise InputError("has no id", where, "each row names its gene")
        for key in ("value", *(["length"] if "length" in places else [])):
            name, value = wanted[key], fields[places[key]]
            if not _is_number(value):
                raise InputError(f"{name} {value[:40]!r} is no number", where, "correct it, or name another --column")
            if not np.isfinite(float(value)):
                raise InputError(f"{name} is {value}", where, "correct it, or leave the table out")
            if float(value) < 0:
                raise InputError(f"{name} {value} is negative", where, "correct it, or name another --column")
