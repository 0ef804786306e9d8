#!/usr/bin/env python3
"""Divide samples, features or windows of a genome into training, validation and test parts."""

from __future__ import annotations

from genloom import console

METHODS = ("hold-out", "k-fold", "leave-one-out", "leave-one-group-out", "explicit")


def build_parser():
    parser = console.Parser(__doc__)
    source = parser.add_argument_group("what is divided").add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--samples",
        metavar="TSV",
        help="sample sheet: a table with a header and names in the column sample, or else in the first",
    )
    source.add_argument("--matrix", metavar="H5AD", help="matrix from bin_peaks or assemble_expression")
    source.add_argument(
        "--windows",
        metavar="H5",
        help="windows from extract_windows: their groups are chromosomes, or blocks of them with --block",
    )
    parser.add_argument(
        "--of",
        choices=("samples", "features"),
        default="samples",
        help="of a matrix: divide its samples, or its features (bins, genes)",
    )
    parser.add_argument(
        "--group",
        metavar="COLUMN",
        help="keep what shares a value of this column in one part: donor, lineage; chrom for features. Of windows chrom, as "
        "by default, or gene",
    )
    parser.add_argument("--stratify", metavar="COLUMN", help="spread the values of this column evenly over the parts")
    parser.add_argument(
        "--keep-classes",
        nargs="+",
        default=[],
        metavar="CLASS",
        help="divide only what has one of these values of --stratify; by default all, and each has to have one",
    )
    parser.add_argument(
        "--drop-classes", nargs="+", default=[], metavar="CLASS", help="leave out what has one of these values of it"
    )
    genome = parser.add_argument_group("windows")
    genome.add_argument(
        "--block",
        type=console.integer(0, 1_000_000_000),
        default=0,
        help="bases of a block of a chromosome, of which a group is made in place of the whole one; windows that "
        "overlap or hold the same gene stay in one block. 0 for whole chromosomes",
    )
    genome.add_argument(
        "--paralogs",
        choices=("remove", "report", "ignore"),
        default="remove",
        help="genes with their like in another part: remove them from training (and from validation, if their like "
        "is in the test part), only report them, or do not look",
    )
    genome.add_argument(
        "--shared-kmers",
        type=console.number(0, 1),
        default=0.2,
        help="share of the 21-mers of a gene's windows, beyond which it has its like in the other part",
    )
    genome.add_argument("--paralog-table", metavar="TSV", help="the genes with their like in another part")
    method = parser.add_argument_group("method")
    method.add_argument(
        "--method",
        choices=METHODS,
        default="k-fold",
        help="one part held out, folds, each sample or group held out in turn, or parts you name",
    )
    method.add_argument("--folds", type=console.integer(2, 1000), default=5, help="of k-fold")
    method.add_argument(
        "--repeats", type=console.integer(1, 1000), default=1, help="of k-fold and hold-out, drawn anew each time"
    )
    method.add_argument(
        "--test-share",
        type=console.number(0.001, 0.5),
        default=0.2,
        help="of hold-out: the share to test on, of the groups where there are groups",
    )
    method.add_argument(
        "--validation-share",
        type=console.number(0, 0.5),
        default=0.0,
        help="share of what is not tested that ends the training of networks; 0 for no validation part",
    )
    method.add_argument(
        "--inner-folds",
        type=console.integer(0, 1000),
        default=0,
        help="divide each training part again into so many folds, to tune on; 0 for none",
    )
    console.add_seed(method)
    named = parser.add_argument_group("parts you name", "with --method explicit; what no list names is for training")
    named.add_argument(
        "--parts",
        metavar="TSV",
        help="in place of lists: a sheet like that of --samples, of all names, with the column part",
    )
    named.add_argument("--test", nargs="+", default=[], metavar="NAME", help="names to test on")
    named.add_argument("--validation", nargs="+", default=[], metavar="NAME", help="names to validate on")
    named.add_argument("--test-groups", nargs="+", default=[], metavar="GROUP", help="groups to test on")
    named.add_argument("--validation-groups", nargs="+", default=[], metavar="GROUP", help="groups to validate on")
    parser.add_argument("--output", required=True, metavar="TSV", help="the split: columns fold, id, group and part")
    return parser


def main(args):
    from genloom.formats import split
    from genloom.learning import splits

    with console.Outputs() as outputs:
        path = outputs.file(args.output)
        if args.windows is None:
            splits.refuse_windows_options(args.block, args.paralog_table)
            chosen = args.keep_classes, args.drop_classes
            units = splits.read_units(args.samples, args.matrix, args.of, args.group, args.stratify, *chosen)
        else:
            units = splits.read_windows(args.windows, args.block, args.of, args.group, args.stratify)
        parts = splits.parts_of(units, args.parts, args.test, args.validation, args.test_groups, args.validation_groups)
        made = splits.make(
            units,
            args.method,
            args.folds,
            args.repeats,
            args.test_share,
            args.validation_share,
            args.inner_folds,
            args.seed,
            parts,
        )
        if args.windows is not None:
            table = args.paralog_table and outputs.file(args.paralog_table)
            made = splits.part_paralogs(args.windows, made, args.paralogs, args.shared_kmers, table)
        split.write(made, path)
    console.say(splits.summary(units, made))


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
