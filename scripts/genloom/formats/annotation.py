"""Genes, transcripts and exons from a GTF, a GFF3, or a BED of transcription start sites.

Positions are 0-based with exclusive ends here; GTF and GFF3 count from 1 and include the end
(https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

import polars as pl

from ..errors import InputError
from . import dialect, text

CHUNK = 1 << 23  # bytes of text held at a time
_COLUMNS = ("chrom", "source", "feature", "start", "end", "score", "strand", "phase", "attributes")
_USED = ("chrom", "feature", "start", "end", "strand", "attributes")
_TYPES: dict[str, type[pl.DataType]] = {"start": pl.Int64, "end": pl.Int64}
_INSIDE = ("CDS", *dialect.INSIDE, "protein", "polypeptide")  # tell no more than exons
_CURE = dialect.CURE

# What Ensembl, GENCODE, FlyBase and StringTie (GTF), NCBI and WormBase (GFF3) call a gene's symbol, the best first.
_SYMBOLS = {"gtf": ("gene_name", "gene_symbol", "gene"), "gff3": ("gene_name", "gene", "locus", "Name")}


def strip_versions(ids: pl.Series) -> pl.Series:
    """Ids of Ensembl and RefSeq without their version: ENSG00000182378.13 → ENSG00000182378.

    GENCODE's copies on the Y chromosome stay genes of their own: ENSG00000182378.13_PAR_Y → ENSG00000182378_PAR_Y.
    A dot in other names (AC012345.1, Y74C9A.3) is part of them.
    """
    return ids.str.replace(dialect.VERSION, "${1}${2}")


@dataclass
class Annotation:
    """What an annotation tells of genes and transcripts, in the order of the file.

    Attributes
    ----------
    genes : columns id, symbol (the id where there is none), chrom, start, end, strand and tss, the first transcribed
        base. Of the starts of a gene's transcripts the most common counts, of equals the most upstream. A gene at
        several places is where most of its transcripts are, of equals where chromosome, then strand is first in the
        alphabet
    transcripts : columns id, gene, chrom, start, end, strand; one id may be at several places
    exons : columns transcript, gene, chrom, start, end, strand, the names categorical; none unless they were asked for
    digest : SHA-256 of the unpacked file
    """

    path: str | Path
    genes: pl.DataFrame
    transcripts: pl.DataFrame
    exons: pl.DataFrame
    digest: str


def read(path: str | Path, exons: bool = False, keep_versions: bool = False) -> Annotation:
    """Read an annotation, plain or gzipped; which format it has shows in its first lines.

    A line of a BED is the start of a transcript: chrom, start, end, then gene, score, strand, or accession, symbol,
    strand (as UCSC's refGene is often kept). The start site is the interval's first base in the strand's direction; an
    empty interval is the border before that base.

    Parameters
    ----------
    exons : keep the table of exons, too
    keep_versions : leave the ids as they are

    Raises
    ------
    InputError : another format; no genes; with its line, too few columns, a bad position, or no gene id
    """
    state = hashlib.sha256()
    kind, width = dialect.sniff(path)
    reader = {"gtf": _gtf, "gff3": _gff3, "bed": _bed}[kind]
    rows, parts = reader(_tables(path, kind, width, state), exons, path)
    if rows.is_empty():
        raise InputError(f"holds no genes ({kind.upper()})", path, _CURE)
    if not keep_versions:
        rows, parts = (_stripped(table, "gene", "transcript") for table in (rows, parts))
    transcripts = rows.drop_nulls("transcript").select(
        pl.col("transcript").alias("id"), "gene", "chrom", "start", "end", "strand"
    )
    return Annotation(path, _genes(rows), transcripts, parts, state.hexdigest())


def lengths(exons: pl.DataFrame, of: str) -> dict[str, int]:
    """Bases that the exons of each "gene" or "transcript" cover, overlaps counted once."""
    place = [of, "chrom", "strand"]
    covered = pl.col("end").cum_max().shift(1, fill_value=0).over(place)
    bases = pl.col("end") - pl.max_horizontal("start", pl.min_horizontal("end", covered))
    # of an id that is at several places, the longest
    table = exons.sort("start").select(*place, bases=bases).group_by(place).agg(pl.col("bases").sum())
    table = table.group_by(of).agg(pl.col("bases").max())
    return dict(zip(table[of].cast(pl.String), table["bases"], strict=True))


def start_sites(genes: pl.DataFrame) -> pl.DataFrame:
    """The start sites of genes as BED6 (chrom, start, end, name: the id, score: 0, strand), in order of position."""
    return genes.select("chrom", start="tss", end=pl.col("tss") + 1, name="id", score=0, strand="strand").sort(
        "chrom", "start", "name"
    )


def _stripped(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return table.with_columns(strip_versions(table[name].cast(pl.String)).cast(table[name].dtype) for name in columns)


def _genes(rows: pl.DataFrame) -> pl.DataFrame:
    """The table of genes, from rows of transcripts and (`transcript` null) of genes."""
    place = ["gene", "chrom", "strand"]
    upstream = pl.when(pl.col("strand") == "-").then(-pl.col("end")).otherwise("start")  # the less, the more upstream
    rows = rows.with_row_index("order").with_columns(site=upstream, votes=pl.col("transcript").is_not_null().cast(int))
    places = rows.group_by(place).agg(pl.col("start").min(), pl.col("end").max(), pl.col("votes").sum())
    places = places.sort("votes", "chrom", "strand", descending=[True, False, False])
    sites = rows.group_by(*place, "site").agg(pl.col("votes").sum()).sort("votes", "site", descending=[True, False])
    symbols = rows.group_by("gene").agg(pl.col("order").min(), pl.col("symbol").sort_by("order").drop_nulls().first())
    genes = (
        places.unique("gene", keep="first", maintain_order=True)
        .join(sites.unique(place, keep="first", maintain_order=True).drop("votes"), on=place)
        .join(symbols, on="gene")
    )
    tss = pl.when(pl.col("strand") == "-").then(-pl.col("site") - 1).otherwise("site")
    return genes.sort("order").select(
        pl.col("gene").alias("id"),
        pl.col("symbol").fill_null(pl.col("gene")),
        "chrom",
        pl.min_horizontal("start", tss),
        pl.max_horizontal("end", tss + 1),
        "strand",
        tss.alias("tss"),
    )


def _tables(path: str | Path, kind: str, width: int, state: hashlib._Hash) -> Iterator[pl.DataFrame]:
    """The lines of a file in tables of some ten thousands, positions from 0; its unpacked text goes into `state`."""
    schema: dict[str, type[pl.DataType]] = {name: _TYPES.get(name, pl.String) for name in _COLUMNS}
    if kind == "bed":
        schema = {"chrom": pl.String, **_TYPES, **{str(i): pl.String for i in range(3, width)}}
    used = list(schema) if kind == "bed" else list(_USED)
    first = 0 if kind == "bed" else 1
    number, fasta, some = 1, False, False
    with text.opened(path) as stream:
        while block := stream.read(CHUNK) + stream.readline():
            state.update(block)
            if fasta:  # GFF3 may hold the sequence, too
                continue
            lines = block
            if kind == "gff3" and (at := (b"\n" + block).find(b"\n##FASTA")) >= 0:
                lines, fasta = block[:at], True
            text.demand_lines(lines, path, number)
            if b"\r" in lines:
                lines = lines.replace(b"\r\n", b"\n")
            try:
                table = (
                    pl.scan_csv(
                        lines, has_header=False, separator="\t", schema=schema, quote_char=None, comment_prefix="#"
                    )
                    .select(used)
                    .collect()
                    if lines.strip()
                    else None
                )
            except pl.exceptions.NoDataError:
                table = None
            except pl.exceptions.PolarsError:
                _refuse(lines, path, number, kind, width)
            if table is not None:
                bad = table.select(
                    pl.any_horizontal(
                        pl.all().is_null(),
                        pl.col("start") < first,
                        pl.col("end") < pl.col("start"),
                        pl.col("end") > dialect.LARGEST,
                    ).any()
                ).item()
                if bad:
                    _refuse(lines, path, number, kind, width)
                some = True
                yield table.with_columns(pl.col("start") - first)
            number += block.count(b"\n")
    if not some:
        raise InputError("holds no lines of an annotation", path, _CURE)


def _refuse(lines: bytes, path: str | Path, number: int, kind: str, width: int) -> NoReturn:
    """Raise an InputError on the first bad line of some."""
    for at, line in enumerate(text.decoded(lines, path, number).split("\n"), number):
        where = f"{path}:{at}"
        if line.strip() and not line.startswith("#"):
            fields = line.rstrip("\r").split("\t")
            dialect.check(fields, where, kind, width)
            if "" in fields:
                raise InputError(f"column {fields.index('') + 1} is empty", where, "write . for what is unknown")
    raise InputError(f"cannot be read as {kind.upper()}", path, _CURE)


_ROWS = {
    "gene": pl.String,
    "transcript": pl.String,
    "symbol": pl.String,
    "chrom": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "strand": pl.String,
}
_EXONS = ("transcript", "gene", "chrom", "start", "end", "strand")


def _joined(tables: list[pl.DataFrame]) -> pl.DataFrame:
    """The lines of each transcript, and those of each gene itself, made one row; in the order of first appearance."""
    rows = pl.concat([pl.DataFrame(schema=_ROWS), *tables])
    return (
        rows.group_by("gene", "transcript", "chrom", "strand", maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max(), pl.col("symbol").drop_nulls().first())
        .select(*_ROWS)
    )


def _compact(exons: pl.DataFrame) -> pl.DataFrame:
    names = pl.col("transcript", "gene", "chrom", "strand")
    return exons.select(*_EXONS).with_columns(names.cast(pl.Categorical), pl.col("start", "end").cast(pl.Int32))


def _gtf(tables: Iterator[pl.DataFrame], exons: bool, path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, parts = [], [_compact(pl.DataFrame(schema=_ROWS))]
    for table in tables:
        table = table.filter(~pl.col("feature").is_in(_INSIDE)).with_columns(
            gene=_quoted("gene_id"), transcript=_quoted("transcript_id")
        )
        nameless = table.filter(pl.col("gene").is_null() & pl.col("feature").is_in(("gene", "transcript", "exon")))
        for chrom, start, feature in nameless.select("chrom", "start", "feature").head(1).iter_rows():
            raise InputError(f"the {feature} at {chrom}:{start + 1} has no gene_id", path, _CURE)
        table = table.drop_nulls("gene")
        # every line of a gene tells its symbol: the first of a run is enough
        symbols = (
            table.filter(pl.col("gene").ne_missing(pl.col("gene").shift()))
            .select("gene", symbol=pl.coalesce(_quoted(name) for name in _SYMBOLS["gtf"]))
            .unique("gene", keep="first")
        )
        rows.append(_joined([table.join(symbols, on="gene", how="left", maintain_order="left").select(*_ROWS)]))
        if exons:
            parts.append(_compact(table.filter(feature="exon")))
    return _joined(rows), pl.concat(parts)


def _gff3(tables: Iterator[pl.DataFrame], exons: bool, path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    kept = []
    for table in tables:
        table = table.filter(~pl.col("feature").is_in(_INSIDE)).with_columns(
            key=_attribute("ID"), parent=_attribute("Parent"), exon=pl.col("feature").str.ends_with("exon")
        )
        kept.append(
            table.select(
                "chrom",
                "start",
                "end",
                "strand",
                "key",
                "exon",
                pl.col("parent").str.split(","),
                root=pl.col("parent").is_null() & pl.col("feature").str.contains("gene$"),
                gene=pl.coalesce(_attribute("gene_id"), pl.col("key").str.replace("^[Gg]ene[:-]", "")),
                transcript=pl.coalesce(
                    _attribute("transcript_id"), pl.col("key").str.replace("^([Tt]ranscript|rna)[:-]", "")
                ),
                symbol=pl.coalesce(_attribute(name) for name in _SYMBOLS["gff3"]),
            )
        )
    lines = pl.concat(kept)
    genes = lines.filter("root", pl.col("key").is_not_null()).with_columns(
        transcript=pl.lit(None, pl.String), symbol=pl.col("symbol").map_elements(unquote, pl.String)
    )
    children = lines.filter(pl.col("parent").is_not_null()).explode("parent").drop("gene", "symbol")
    owners = genes.select("gene", "symbol", parent="key")
    transcripts = children.filter(~pl.col("exon"), pl.col("key").is_not_null()).join(owners, on="parent")
    # the exons of a gene may name the gene itself, as in pseudogenes of NCBI
    holders = pl.concat(
        [
            transcripts.select("gene", "transcript", parent="key"),
            owners.select("gene", transcript="gene", parent="parent"),
        ]
    )
    parts = (
        children.filter("exon" if exons else pl.lit(False))
        .drop("transcript")
        .join(holders.unique("parent", keep="first"), on="parent")
    )
    return _joined([genes.select(*_ROWS), transcripts.select(*_ROWS)]), _compact(parts)


def _bed(tables: Iterator[pl.DataFrame], exons: bool, path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    lines = pl.concat([table.select("chrom", "start", "end", "3", "4", "5") for table in tables])
    scored = lines["4"].str.contains(r"^(\.|-?[0-9]+(\.[0-9]+)?)$").all()
    rows = lines.select(
        gene="3" if scored else "4",
        transcript="3",
        symbol=pl.lit(None, pl.String),
        chrom="chrom",
        start="start",
        end="end",
        strand="5",
    )
    return rows, _compact(pl.DataFrame(schema=_ROWS))


def _quoted(name: str) -> pl.Expr:
    """An attribute of a GTF; null if it is not there or empty."""
    return pl.col("attributes").str.extract(rf'(?-u:\b){name} "?([^";]+)')


def _attribute(name: str) -> pl.Expr:
    """An attribute of a GFF3; null if it is not there or empty."""
    return pl.col("attributes").str.extract(rf"(?:^|;) *{name}=([^;]+)")
