#!/usr/bin/env python3
"""Explain a model: the bases and motifs, or the bins and coefficients, that its predictions lean on."""

from __future__ import annotations

from genloom import console
from genloom.learning import explaining


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--model", required=True, metavar="SAFETENSORS", help="a model file, from train_model or import_model"
    )
    parser.add_argument(
        "--method",
        choices=explaining.METHODS,
        default=explaining.SEQUENCE[0],
        help="models of sequence: mutagenesis (what each other base would change, exactly), gradient (gradient × input) or "
        "integrated (integrated gradients); of a matrix: coefficients, or permutation (what held-out samples lose)",
    )
    sequence = parser.add_argument_group("models of boundaries, content and activity")
    sequence.add_argument("--windows", metavar="H5", help="windows, from extract_windows")
    sequence.add_argument(
        "--genome",
        metavar="FASTA",
        help="boundaries: a genome, with --region, in place of windows; with --variants the one that they refer to",
    )
    sequence.add_argument(
        "--variants",
        metavar="VCF",
        help="explain what variants change, the reference beside the alternate: VCF or BCF, with --genome, of models of "
        "boundaries; of activity with the --windows of the promoters, too",
    )
    sequence.add_argument(
        "--distance",
        type=console.integer(1, 4999),
        default=50,
        help="boundaries, variants: bases on either side of one in which the site is looked for that it changes most",
    )
    sequence.add_argument("--name", nargs="+", metavar="NAME", help="only windows of these names")
    sequence.add_argument("--gene", nargs="+", metavar="GENE", help="only windows of these genes, by id or symbol")
    sequence.add_argument(
        "--region",
        nargs="+",
        metavar="REGION",
        help="only windows in these: chr1 or chr1:1-1000000 (from 1, last base included)",
    )
    sequence.add_argument(
        "--class",
        dest="label",
        choices=("donor", "acceptor", "boundary", "exon", "intron"),
        help="what is explained: of a model of boundaries donor or acceptor (by default donor, of variants what they change "
        "most), of content boundary, exon or intron (by default boundary)",
    )
    sequence.add_argument(
        "--sites",
        choices=("strongest", "annotated"),
        default="strongest",
        help="boundaries: the base of each window with the highest score, or those that its labels name",
    )
    sequence.add_argument(
        "--reach",
        type=console.integer(10, 100_000),
        help="explain so many bases on either side of a site (by default 200), start site (by default the whole promoter) or, "
        "of promoters, variant (by default 200)",
    )
    sequence.add_argument(
        "--count",
        type=console.integer(1, 100_000),
        default=50,
        help="sites, windows or variants at the most, those with the highest scores or largest effects",
    )
    sequence.add_argument("--motif-width", type=console.integer(4, 50), default=12, help="bases of a motif at the most")
    console.add_device(sequence)
    samples = parser.add_argument_group("models of expression, classes and targets")
    samples.add_argument(
        "--bins", metavar="H5AD", help="permutation, expression: the samples × bins that the model learned from"
    )
    samples.add_argument(
        "--expression",
        metavar="H5AD",
        help="permutation, expression and targets: the samples × genes; also the start sites of genes",
    )
    samples.add_argument("--matrix", metavar="H5AD", help="permutation, classes: the samples × features")
    samples.add_argument(
        "--landmarks", metavar="FILE", help="permutation, targets: the landmark genes, a list or a matrix of their own"
    )
    samples.add_argument("--split", metavar="TSV", help="permutation: the split that says which samples are held out")
    samples.add_argument(
        "--annotation", metavar="FILE", help="start sites of genes, to find the nearest to a bin: GTF, GFF3 or BED"
    )
    samples.add_argument("--targets", nargs="+", metavar="NAME", help="only these genes, by id or symbol, or classes")
    samples.add_argument("--top", type=console.integer(1, 10_000), default=20, help="features to list")
    samples.add_argument(
        "--repeats", type=console.integer(1, 1000), default=20, help="permutation: exchanges of each feature"
    )
    samples.add_argument(
        "--bootstrap",
        type=console.integer(0, 100_000),
        default=1000,
        help="permutation: draws of samples for 95%% intervals",
    )
    console.add_seed(parser)
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument(
        "--attributions",
        metavar="TSV",
        help="sequence: a line a base: its score, how it would change, what the base contributes",
    )
    out.add_argument("--track", metavar="BEDGRAPH", help="sequence: the contributions along the genome")
    out.add_argument(
        "--variant-table", metavar="TSV", help="variants: what each does to the score, or why it was not explained"
    )
    out.add_argument(
        "--logos", metavar="SVG", help="sequence: the contributions as letters, of the first sites or windows"
    )
    out.add_argument(
        "--motifs", metavar="MEME", help="sequence: motifs summarised over all of them, in the format of MEME"
    )
    out.add_argument("--motif-table", metavar="TSV", help="sequence: how often each motif is there, and where")
    out.add_argument("--motif-logos", metavar="SVG", help="sequence: the motifs as letters")
    out.add_argument(
        "--importance", metavar="TSV", help="matrix: the features that matter most, and the genes nearest to them"
    )
    out.add_argument("--report", metavar="HTML", help="all of it on a page")
    return parser


def main(args):
    from genloom.formats import modelfile

    card, arrays = modelfile.read(args.model)
    method = explaining.settle(args, card)
    with console.Outputs() as outputs:
        paths = {name: outputs.file(path) for name in explaining.WRITTEN if (path := getattr(args, name))}
        if method in explaining.SEQUENCE:
            from genloom.learning import attribution as ways

            options = ways.Options(
                method, args.label or "", args.sites, args.reach, args.count, args.motif_width, args.seed, args.distance
            )
        else:
            from genloom.learning import importance as ways

            options = ways.Options(method, args.targets or [], args.top, args.repeats, args.bootstrap, args.seed)
        result = ways.run(args, card, arrays, options)
        ways.write(result, paths)
        if {"report", "logos", "motif_logos"} & set(paths):
            from genloom.report import explanation

            explanation.write(result, card, args, paths)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
