#!/usr/bin/env python3
"""Score variants of a VCF for what they do to splicing."""

from __future__ import annotations

import argparse

from genloom import console


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    files = parser.add_argument_group("input")
    files.add_argument(
        "--variants", required=True, metavar="VCF", help="variants in any order: VCF, plain or gzipped, or BCF"
    )
    files.add_argument("--genome", required=True, metavar="FASTA", help="the genome that the variants refer to")
    files.add_argument(
        "--annotation",
        required=True,
        metavar="FILE",
        help="its genes: GTF or GFF3, or a table with the columns #NAME CHROM STRAND TX_START TX_END EXON_START "
        "EXON_END, as SpliceAI takes it; plain or gzipped",
    )
    files.add_argument(
        "--model", required=True, metavar="SAFETENSORS", help="a model of boundaries, from import_model or train_model"
    )
    scoring = parser.add_argument_group("scoring")
    scoring.add_argument(
        "--distance",
        type=console.integer(1, 4999),
        default=50,
        help="bases on either side of a variant in which sites are looked for",
    )
    scoring.add_argument(
        "--mask",
        action="store_true",
        help="count no gain at a site that is annotated, and no loss at one that is not",
    )
    scoring.add_argument(
        "--transcripts",
        choices=("canonical", "longest"),
        default="canonical",
        help="the one transcript of a gene, in a GTF or GFF3: tagged MANE Select, else Ensembl canonical, else the "
        "longest; or the longest (coding bases, then exonic bases)",
    )
    scoring.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="keep the scores of finished batches here, and go on from those found here",
    )
    console.add_device(scoring)
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--output", required=True, metavar="VCF", help="the variants with INFO/SpliceAI, in their order")
    out.add_argument(
        "--table",
        metavar="TSV",
        help="a line for each allele and gene: scores in full precision, or the reason why there are none",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import genebodies, modelfile
    from genloom.formats.genome import Genome
    from genloom.formats.variants import Variants

    records = Variants(args.variants)
    genes = genebodies.read(args.annotation, args.transcripts)
    card, arrays = modelfile.read(args.model, "boundaries")
    with console.Outputs() as outputs, Genome(args.genome) as genome:
        output, table = outputs.file(args.output), outputs.file(args.table) if args.table else None
        from genloom.learning import boundaries, loop, variants

        model = boundaries.restore(card, arrays, args.model, loop.device(args.device))
        options = variants.Options(args.distance, args.mask, args.transcripts)
        if records.part:
            records.part = records.part.by(variants.made(args.model, genome, genes, options))
        folder = variants.folder(args.checkpoint, args.variants, args.model, genome, genes, options)
        tally = variants.score(records, genome, genes, model, card["flank"] == "N", options, output, table, folder)
    variants.tell(tally)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
