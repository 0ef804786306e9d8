#!/usr/bin/env python3
"""Look for leaks between the parts of a split: groups, duplicates, overlaps, paralogs, and features that know too much."""

from __future__ import annotations

from genloom import console


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument("--split", required=True, metavar="TSV", help="the split, from split_samples")
    source = parser.add_argument_group("what is divided").add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--matrix",
        metavar="H5AD",
        help="samples × features, from bin_peaks or assemble_expression, or any .h5ad; dense ones are read in blocks, within "
        "1 GB of memory for 100,000 samples of 10,000 features",
    )
    source.add_argument("--windows", metavar="H5", help="windows, from extract_windows")
    what = parser.add_argument_group("what is predicted")
    what.add_argument("--label", metavar="COLUMN", help="matrix: the column of its samples that holds their classes")
    what.add_argument("--targets", metavar="H5AD", help="matrix: samples × genes that are to be predicted from it")
    what.add_argument(
        "--group",
        metavar="COLUMN",
        help="matrix: a column of its samples, such as donor, whose values belong in one part",
    )
    parser.add_argument(
        "--shared-kmers",
        type=console.number(0, 1),
        default=0.2,
        help="windows: share of the 21-mers of a gene's windows, beyond which it has its like in the other part",
    )
    parser.add_argument(
        "--allow-leak", metavar="REASON", help="end well in spite of a leak, and say why it may be so in the table"
    )
    parser.add_argument("--strict", action="store_true", help="fail at a leak, without a table, as training does")
    parser.add_argument(
        "--findings",
        required=True,
        metavar="TSV",
        help="table of level (error or warning), check, fold, count, what, examples, cure, allowed; no rows if all is well",
    )
    return parser


def main(args):
    from genloom.formats import split, tables
    from genloom.learning import audit

    with console.Outputs() as outputs:
        path = outputs.file(args.findings)
        findings = audit.of_files(
            split.read(args.split), args.matrix, args.windows, args.label, args.targets, args.group, args.shared_kmers
        )
        if args.strict and not args.allow_leak:
            audit.refuse(findings)
        audit.tell(findings)
        console.say(f"{sum(each.level == audit.ERROR for each in findings)} leaks were found")
        tables.write(audit.table(findings, args.allow_leak), path)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
