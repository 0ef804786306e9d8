#!/usr/bin/env python3
"""Join what jobs made of the parts of a whole: the result is that of a single job."""

from __future__ import annotations

import argparse

from genloom import console


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--parts",
        nargs="+",
        required=True,
        metavar="FILE",
        help="all parts of one kind, in any order: of a matrix (bin_peaks --whole), of windows (extract_windows --part), "
        "of a prediction (predict_model --part), of a VCF or its table (score_variants on what split_variants made)",
    )
    out = parser.add_argument_group("output")
    out.add_argument("--output", metavar="FILE", help="the whole matrix, file of windows, VCF or table")
    out.add_argument("--sites", metavar="BED", help="of a prediction: the sites above the model's thresholds")
    out.add_argument("--introns", metavar="GFF3", help="of a prediction: the introns of the likeliest structure")
    out.add_argument(
        "--tracks", metavar="FOLDER", help="of a prediction: the probability of each class on each strand, four files"
    )
    out.add_argument("--track-format", choices=("bedgraph", "bigwig"), default="bedgraph", help="format of the tracks")
    out.add_argument(
        "--summary", metavar="TSV", help="of a matrix, windows or a prediction: what one job would tell of the whole"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import merging

    kind = merging.kind(args.parts)
    merging.settle(args, kind)
    with console.Outputs() as outputs:
        paths = {
            name: (outputs.folder if name == "tracks" else outputs.file)(path)
            for name in merging.WRITTEN
            if (path := getattr(args, name))
        }
        merging.join(kind, args.parts, paths, args.track_format)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
