#!/usr/bin/env python3
"""Divide a genome into parts of whole chromosomes, for jobs that run beside each other."""

from __future__ import annotations

import argparse

from genloom import console


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--sizes", required=True, metavar="FILE", help="the genome's FASTA, its .fai, or a table of name and length"
    )
    parser.add_argument(
        "--region",
        nargs="+",
        action="extend",
        metavar="REGION",
        help="only these: chr1 or chr1:1-1000000 (from 1, last base included); by default all. Those of one chromosome "
        "stay in one part",
    )
    parser.add_argument(
        "--parts",
        type=console.integer(1, 10_000),
        default=10,
        help="parts at the most, in the genome's order, the largest of them as small as can be",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="FOLDER",
        help="a BED file for each part, to be given to extract_windows or predict_model with --part",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import chromosomes, division

    sizes = chromosomes.read_sizes(args.sizes)
    regions = chromosomes.merge([chromosomes.parse_region(each, sizes) for each in args.region or ()], sizes)
    with console.Outputs() as outputs:
        count = division.write(regions, args.parts, outputs.folder(args.output))
    console.say(f"{len(regions):,} regions in {count:,} parts")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
