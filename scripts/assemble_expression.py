#!/usr/bin/env python3
"""Bring the expression of many samples, from tables of RNA-seq or a whole matrix, into one matrix of samples by genes."""

from __future__ import annotations

import argparse

from genloom import console
from genloom.errors import InputError

TABLES = ("rsem", "encode", "salmon", "kallisto", "featurecounts", "stringtie", "star", "htseq", "table")
MATRICES = ("tsv", "csv", "gct", "gctx", "xlsx", "series")


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--tables",
        nargs="+",
        metavar="FILE",
        help="an RNA-seq table for each sample, plain or gzipped: RSEM, ENCODE, Salmon, kallisto, "
        "featureCounts, StringTie, STAR or HTSeq",
    )
    source.add_argument(
        "--matrix",
        metavar="FILE",
        help="a whole matrix, of genes or of a microarray's probes: TSV, CSV, GCT 1.2 or 1.3, GCTX, XLSX, or a series "
        "matrix of GEO",
    )
    parser.add_argument(
        "--format",
        choices=("auto", *TABLES, *MATRICES),
        default="auto",
        help="of the tables or the matrix; auto: by content; table: any with a header; series: GEO's",
    )
    parser.add_argument(
        "--names",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="of tables: names of the samples, in the files' order; by default the files' names",
    )
    parser.add_argument(
        "--sheet",
        metavar="FILE",
        help="sample sheet, separated by tabs: column 'sample'; for tables optionally 'file', to be "
        "matched with the files' names or --names; and labels, which go along into the matrix",
    )
    parser.add_argument(
        "--unlisted",
        choices=("error", "drop"),
        default="error",
        help="what to do with samples of a matrix that the sheet lacks",
    )

    reading = parser.add_argument_group("what is read")
    reading.add_argument(
        "--column",
        metavar="NAME",
        help="of tables: tpm, count or fpkm, or a column's name; by default TPM where there is one "
        "and no --scale, else counts",
    )
    reading.add_argument(
        "--id-column",
        metavar="NAME",
        help="column of the ids of genes (of a matrix with samples in rows: the samples' names); by "
        "default the format's, or the first",
    )
    reading.add_argument(
        "--strand",
        choices=("unstranded", "forward", "reverse"),
        default="unstranded",
        help="which of the three counts of STAR: of unstranded reads, or of libraries whose first or"
        " second read is on the gene's strand",
    )
    reading.add_argument(
        "--orientation",
        choices=("auto", "genes-in-rows", "samples-in-rows"),
        default="auto",
        help="of a matrix; auto: by its names, else the longer side is that of genes",
    )
    reading.add_argument(
        "--value-columns",
        nargs="+",
        default=[],
        metavar="NAME",
        help="the only columns of a matrix whose values are read: samples or, with samples in rows, genes; by default "
        "all but --fact-columns",
    )
    reading.add_argument(
        "--fact-columns",
        nargs="+",
        default=[],
        metavar="NAME",
        help="columns of a matrix that hold no values but facts on genes or, with samples in rows, labels of samples",
    )
    reading.add_argument(
        "--cls",
        metavar="FILE",
        help="the class of each sample of a matrix, in the CLS format that goes with GCT: becomes the label 'class'",
    )
    reading.add_argument("--sheet-name", default="", help="sheet of an XLSX; by default the first")
    reading.add_argument("--unit", default="", help="of a matrix: what its values are (counts, TPM, ...), to be noted")
    reading.add_argument(
        "--negative",
        choices=("error", "keep"),
        default="error",
        help="what to do with negative values of a matrix, such as log ratios",
    )

    genes = parser.add_argument_group("which genes")
    genes.add_argument(
        "--annotation",
        metavar="FILE",
        help="GTF, GFF3 or BED of start sites (chrom, start, end, accession, symbol, strand): notes "
        "symbol and place of each gene. Of several start sites the most common counts, of equals "
        "the most upstream",
    )
    genes.add_argument(
        "--gene-level",
        action="store_true",
        help="sum the transcripts of each gene, told by the annotation or by RSEM's own column",
    )
    genes.add_argument("--genes", metavar="FILE", help="keep these: a text file with an id or symbol a line")
    genes.add_argument(
        "--region",
        nargs="+",
        action="extend",
        metavar="REGION",
        help="keep the annotation's genes in these: chr1 or chr1:1-1000000 (from 1, last base included)",
    )
    genes.add_argument(
        "--region-by",
        choices=("tss", "body"),
        default="tss",
        help="a gene is in a region with its start site, or with any part of it",
    )
    genes.add_argument(
        "--keep-versions",
        action="store_true",
        help="keep the version of Ensembl and RefSeq ids, the 12 in ENSG00000141510.12",
    )
    genes.add_argument(
        "--duplicates",
        choices=("error", "sum", "max", "mean", "first", "number"),
        default="error",
        help="what to do with several rows of one id; number: keep each, as a, a_2, a_3",
    )
    genes.add_argument(
        "--missing",
        choices=("error", "zero", "drop"),
        default="error",
        help="what to do with genes that have no value in some samples; drop also leaves out "
        "transcripts that the annotation lacks",
    )

    values = parser.add_argument_group("values")
    values.add_argument(
        "--scale",
        choices=("none", "cpm", "tpm"),
        default="none",
        help="cpm: counts to a sum of one million in each sample; tpm: the same after division by the"
        " genes' lengths (the table's effective ones, else bases in exons of the annotation)",
    )
    values.add_argument("--log2", action="store_true", help="take log2(value + 1)")
    values.add_argument(
        "--min-max",
        type=console.number(),
        metavar="VALUE",
        help="keep genes whose maximum over the samples is above this, after --scale and --log2. It "
        "is a choice made on all given samples, also those of a later test part",
    )
    parser.add_argument("--assembly", default="", help="the genome assembly, such as hg38, to note in the matrix")
    parser.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="the matrix to write, .h5ad. It is made in blocks, within 1 GB of memory for 100,000 samples of 10,000 genes "
        "(XLSX and GEO's are read whole); values wait in the folder of temporary files (TMPDIR), 4 bytes each",
    )
    parser.add_argument(
        "--summary",
        metavar="FILE",
        help="a table to write, .tsv: the rows of each sample that were read, kept, and dropped by reason",
    )
    parser.add_argument("--table", metavar="FILE", help="the matrix to write as text, too, .tsv: genes in rows")
    parser.add_argument("--gct", metavar="FILE", help="the matrix to write as GCT 1.2, too")
    console.add_threads(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import annotation, expression, tables, text

    rules = expression.Rules(
        args.scale,
        args.log2,
        args.gene_level,
        args.keep_versions,
        args.duplicates,
        args.missing,
        args.negative,
        args.min_max,
    )
    places = None
    if args.annotation:
        places = annotation.read(args.annotation, args.scale == "tpm", args.keep_versions)
    listed = expression.read_list(args.genes, args.keep_versions) if args.genes else None
    genes = expression.Genes(places, listed, args.region or (), args.region_by)
    source = from_tables(args) if args.tables else from_matrix(args, genes)
    samples, quantifications, settings, sources, unlisted, facts = source
    for option in ("annotation", "genes", "sheet", "cls"):
        if path := getattr(args, option):
            sources[f"--{option}"] = places.digest if option == "annotation" else text.digest(text.read(path))

    with console.Outputs() as outputs:
        made = expression.assemble(
            samples,
            quantifications,
            genes,
            rules,
            places,
            args.assembly,
            {**settings, "region_by": args.region_by},
            sources,
            unlisted,
        )
        if facts is not None:
            expression.add_facts(made.data, *facts, args.keep_versions)
        written = outputs.file(args.output)
        made.write(written)
        if args.summary:
            tables.write(made.table, outputs.file(args.summary))
        if args.table:
            made.write_table(written, outputs.file(args.table))
        if args.gct:
            made.write_gct(written, outputs.file(args.gct))
    console.say(made.summary())


def from_tables(args: argparse.Namespace):
    """The samples of tables: names and labels, their tables, settings to note, sources; no samples left out, no facts."""
    from genloom.formats import quantifications
    from genloom.formats import samples as sheets

    others = ("orientation", "value_columns", "fact_columns", "cls", "sheet_name", "unit", "negative", "unlisted")
    refuse(args, MATRICES, "--matrix", *others)
    samples = sheets.identify(args.tables, args.names, args.sheet)
    prefer = "tpm" if args.scale == "none" else "count"
    read = (
        quantifications.read(
            path, args.format, args.column, args.id_column, args.strand, prefer, lengths=args.scale == "tpm"
        )
        for path in args.tables
    )
    return samples, read, {"column": args.column, "strand": args.strand}, {}, [], None


def from_matrix(args: argparse.Namespace, genes):
    """The samples of a matrix: names and labels, their columns, settings to note, sources, samples left out; facts on genes."""
    from genloom.formats import cls, expression, sheet, textmatrix

    refuse(args, TABLES, "--tables", "names", "column", "strand")
    listed = sheet.read(args.sheet) if args.sheet else None
    table = textmatrix.read(
        args.matrix,
        args.format,
        args.orientation,
        args.id_column,
        args.fact_columns,
        args.sheet_name,
        () if listed is None else listed.index,
        genes.known,
        args.value_columns,
    )
    labels = cls.read(args.cls) if args.cls else None
    samples, columns, dropped = expression.of_matrix(table, listed, args.unlisted, args.unit, labels)
    if table.trimmed:
        console.say(f"{args.matrix}: {table.trimmed:,} labels had blanks around them, which were taken off")
    settings = {"orientation": table.orientation, "trimmed": table.trimmed}
    return samples, columns, settings, {"--matrix": table.digest}, dropped, (table.genes, table.gene_facts)


def refuse(args: argparse.Namespace, formats: tuple[str, ...], source: str, *options: str) -> None:
    """Options that would be without effect are refused rather than passed over."""
    default = build_parser().parse_args(["--tables", "", "--output", ""])
    for option in options:
        if getattr(args, option) != getattr(default, option):
            raise InputError("has no effect here", f"--{option.replace('_', '-')}", f"it goes with {source}")
    if args.format in formats:
        raise InputError(f"{args.format} is a format of {source}", "--format", f"give the file with {source}")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
