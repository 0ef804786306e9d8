#!/usr/bin/env python3
"""Cut a genome into windows for training: splice sites, exon and intron content, or promoters."""

from __future__ import annotations

import argparse

from genloom import console

KINDS = ("boundaries", "content", "promoters")


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--kind",
        choices=KINDS,
        default="boundaries",
        help="boundaries: tiles with their donors and acceptors; content: tiles that say whether they "
        "hold exon, intron and boundary; promoters: the sequence around transcription start sites",
    )
    files = parser.add_argument_group("input")
    files.add_argument(
        "--genome",
        required=True,
        metavar="FASTA",
        help="the genome: plain or bgzip; ordinary gzip is unpacked into a temporary file first. A .fai "
        "beside it is used",
    )
    files.add_argument("--annotation", metavar="FILE", help="its genes, GTF or GFF3, plain or gzipped")
    files.add_argument(
        "--tss",
        metavar="BED",
        help="promoters: start sites that replace the annotation's, with gene and strand. A site is an "
        "interval's first base in the strand's direction; intervals that all are --upstream plus "
        "--downstream long are the promoters themselves",
    )
    files.add_argument("--assembly", default="", help="the genome assembly, such as hg38, to note in the file")
    genes = parser.add_argument_group("genes")
    genes.add_argument(
        "--transcripts",
        choices=("canonical", "longest", "all"),
        default="canonical",
        help="of a gene: the one tagged MANE Select, else Ensembl canonical, else the longest; the "
        "longest (coding bases, then exonic bases); or all, their sites put together",
    )
    genes.add_argument(
        "--gene-type",
        nargs="+",
        action="extend",
        metavar="TYPE",
        help="only genes of these types, such as protein_coding; by default all",
    )
    genes.add_argument(
        "--without-stop",
        choices=("skip", "keep"),
        default="skip",
        help="transcripts whose coding sequence ends in no stop codon in the FASTA; tiles on skipped "
        "ones are skipped, too. Promoters: only looked at with --half-life",
    )
    genes.add_argument(
        "--region",
        nargs="+",
        action="extend",
        metavar="REGION",
        help="only these: chr1 or chr1:1-1000000 (from 1, last base included); by default all",
    )
    genes.add_argument(
        "--part",
        metavar="BED",
        help="a part of the chromosomes, from split_genome with the same --region: what is written is that part of the "
        "windows, for merge_parts",
    )
    tiles = parser.add_argument_group("tiles", "kinds boundaries and content")
    tiles.add_argument("--window", type=console.integer(1, 10_000_000), default=5000, help="bases of a window")
    tiles.add_argument(
        "--stride",
        type=console.integer(0, 10_000_000),
        default=0,
        help="bases from one window's start to the next; 0 for the length of the window",
    )
    tiles.add_argument(
        "--context",
        type=console.integer(0, 10_000_000),
        default=10_000,
        help="bases seen beside a window, half on each side: the largest context of the models to train",
    )
    tiles.add_argument(
        "--strand",
        choices=("both", "gene", "plus", "minus"),
        default="both",
        help="take each window on both strands, on the strands that have a gene in it, or on one; sites "
        "are labelled on their own strand alone",
    )
    tiles.add_argument(
        "--flank",
        choices=("real", "N"),
        default="real",
        help="N: bases outside a window's genes are shown as N, as is the context of a window without",
    )
    tiles.add_argument(
        "--empty-share",
        type=console.number(0, 1),
        default=1.0,
        help="share of windows without sites, at the most; others are left out by chance, by chromosome",
    )
    starts = parser.add_argument_group("promoters")
    starts.add_argument(
        "--upstream", type=console.integer(0, 10_000_000), default=7000, help="bases before the start site"
    )
    starts.add_argument(
        "--downstream",
        type=console.integer(1, 10_000_000),
        default=3500,
        help="bases from the start site on, itself included",
    )
    starts.add_argument(
        "--half-life",
        action="store_true",
        help="add features of mRNA half-life: lengths and G+C of UTRs and coding sequence, intron "
        "length, density of exon junctions; leaves out genes without a coding sequence",
    )
    parser.add_argument(
        "--max-n",
        type=console.number(0, 1),
        default=0.5,
        help="leave out windows with a larger share of N, beyond the ends of a sequence included",
    )
    console.add_seed(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--output", required=True, metavar="H5", help="the windows")
    out.add_argument(
        "--compress",
        action="store_true",
        help="pack the sequence with gzip: a third of the size, several times slower to write and read",
    )
    out.add_argument("--summary", metavar="TSV", help="table of what was left out or is worth knowing, by reason")
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import choices, extraction

    options = choices.Options.of(args)
    with console.Outputs() as outputs:
        output = outputs.file(args.output)
        count, tally = extraction.extract(args.genome, args.annotation, args.tss, options, output, args.part)
        if args.summary:
            tally.write(outputs.file(args.summary))
    console.say(f"{count} windows written")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
