#!/usr/bin/env python3
"""Divide the variants of a VCF into parts, for jobs that run beside each other."""

from __future__ import annotations

import argparse

from genloom import console


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--variants", required=True, metavar="VCF", help="variants in any order: VCF, plain or gzipped, or BCF"
    )
    parser.add_argument(
        "--parts",
        type=console.integer(1, 10_000),
        default=10,
        help="parts at the most, in the file's order; each has a multiple of 200 records, which are scored at once",
    )
    parser.add_argument(
        "--output", required=True, metavar="FOLDER", help="a VCF for each part, to be given to score_variants"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import variants

    records = variants.Variants(args.variants)
    with console.Outputs() as outputs:
        count = variants.divide(records, args.parts, outputs.folder(args.output))
    console.say(f"{count:,} parts")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
