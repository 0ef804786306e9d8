#!/usr/bin/env python3
"""Turn the peak files of many samples into one matrix of samples by bins of the genome."""

from __future__ import annotations

import argparse

from genloom import console

FILTERS = {
    "score": "score (column 5)",
    "signal": "signal value (column 7)",
    "p": "-log10 p-value (column 8)",
    "q": "-log10 q-value (column 9)",
}


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--peaks",
        nargs="+",
        required=True,
        metavar="FILE",
        help="a BED, narrowPeak or broadPeak file for each sample, plain or gzipped",
    )
    parser.add_argument(
        "--names",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="names of the samples, in the files' order; by default the files' names without suffixes",
    )
    parser.add_argument(
        "--sheet",
        metavar="FILE",
        help="sample sheet, separated by tabs, with columns 'sample'; optionally 'file', to be matched "
        "with the files' names or --names; and labels, which go along into the matrix",
    )
    parser.add_argument(
        "--whole",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="these are a part: the names of all samples of the matrix, in its order. merge_parts joins the parts",
    )
    parser.add_argument(
        "--sizes",
        required=True,
        metavar="FILE",
        help="chromosome sizes: .fai, a table of name and length, or the FASTA",
    )
    parser.add_argument("--bin-size", type=console.integer(1, 1_000_000_000), default=1000, help="bases in a bin")
    parser.add_argument(
        "--region",
        nargs="+",
        action="extend",
        metavar="REGION",
        help="bin only these: chr1 or chr1:1-1000000 (from 1, last base included); by default all",
    )
    parser.add_argument(
        "--assign",
        choices=("midpoint", "overlap", "summit"),
        default="midpoint",
        help="a peak counts in its midpoint's bin, in every bin it overlaps, or in its summit's bin",
    )
    parser.add_argument(
        "--value",
        choices=("binary", "count", "max-signal", "mean-signal", "width-x-score"),
        default="binary",
        help="of a bin: 1 if it has a peak; the number of its peaks; their highest or mean signal; the "
        "sum of their width (within the bin, with --assign overlap) x score",
    )
    for name, meaning in FILTERS.items():
        parser.add_argument(f"--min-{name}", type=console.number(), help=f"drop peaks with a {meaning} below this")
    parser.add_argument(
        "--normalise",
        choices=("none", "depth", "quantile"),
        default="none",
        help="depth: scale each sample to a sum of one million; quantile: give the filled bins of all "
        "samples one distribution. Quantile learns from all given samples, also those of a later "
        "test part: prefer depth where a model is to be judged",
    )
    parser.add_argument("--keep-empty", action="store_true", help="keep bins that no sample fills, too")
    parser.add_argument("--assembly", default="", help="the genome assembly, such as hg38, to note in the matrix")
    parser.add_argument("--output", required=True, metavar="FILE", help="the matrix to write, .h5ad")
    parser.add_argument(
        "--summary",
        metavar="FILE",
        help="a table to write, .tsv: each sample's peaks read, kept, and dropped by reason",
    )
    console.add_threads(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.formats import bins, chromosomes, matrix, samples, tables

    names, part = samples.identify_part(args.peaks, args.names, args.sheet, args.whole)
    sizes = chromosomes.read_sizes(args.sizes)
    regions = [chromosomes.parse_region(region, sizes) for region in args.region or ()]
    grid = bins.Bins(args.bin_size, sizes, regions)
    minimum = {name: getattr(args, f"min_{name}") for name in FILTERS if getattr(args, f"min_{name}") is not None}
    rule = bins.Rule(args.assign, args.value, minimum)
    with console.Outputs() as outputs:
        data, table = bins.assemble(
            args.peaks, names, grid, rule, args.normalise, args.keep_empty, args.assembly, args.threads, part
        )
        matrix.write(data, outputs.file(args.output))
        if args.summary:
            tables.write(table, outputs.file(args.summary))
    console.say(bins.summary(table, data.n_vars))


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
