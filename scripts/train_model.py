#!/usr/bin/env python3
"""Train a model, judge it on held-out samples or windows beside its baselines, and write one model file."""

from __future__ import annotations

from genloom import console
from genloom.learning import tasks


def build_parser():
    parser = console.Parser(__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--task",
        choices=tasks.TASKS,
        default="expression",
        help="what is predicted: expression of genes; donors and acceptors; whether a window holds exon, "
        "intron and boundary; expression from promoters (activity); classes of samples; genes from landmark genes (targets)",
    )
    data.add_argument("--bins", metavar="H5AD", help="expression: samples × bins, from bin_peaks")
    data.add_argument(
        "--expression",
        metavar="FILE",
        help="expression, targets: samples × genes, from assemble_expression; activity: the same, or any table of ids and "
        "values",
    )
    data.add_argument(
        "--windows",
        metavar="H5",
        help="boundaries, content, activity (promoters): windows of that kind, from extract_windows",
    )
    data.add_argument(
        "--annotation",
        metavar="FILE",
        help="boundaries: the GTF or GFF3 of the windows, to learn reading frames and ends of genes, too; sites "
        "can then be decoded as coding genes",
    )
    data.add_argument(
        "--matrix",
        metavar="H5AD",
        help="classes: samples × features, from assemble_expression, or any .h5ad with a column of classes",
    )
    data.add_argument("--label", metavar="COLUMN", help="classes: the column of the matrix's samples that holds them")
    data.add_argument(
        "--landmarks",
        metavar="FILE",
        help="targets: the genes measured to infer the others, a list of ids, symbols, Entrez ids or probes, one a line, that "
        "the matrix of expression holds too; or a matrix of their own, samples × genes",
    )
    data.add_argument(
        "--split", required=True, metavar="TSV", help="what trains, validates and tests, from split_samples"
    )
    data.add_argument(
        "--allow-leak",
        metavar="REASON",
        help="train in spite of a leak that the audit of the split finds, and note the reason in the model's card",
    )
    data.add_argument(
        "--fold", metavar="NAME", help="boundaries, content, activity: the fold to train, of a split with several"
    )
    model = parser.add_argument_group("expression, classes and targets")
    model.add_argument(
        "--architecture",
        choices=tasks.architectures(),
        help=f"the model to write, one of those of the task {tasks.default('architecture')}",
    )
    model.add_argument(
        "--compare",
        choices=tasks.architectures(),
        nargs="+",
        default=[],
        metavar="MODEL",
        help="further models to judge beside it; the baselines of the task always are",
    )
    model.add_argument(
        "--transform",
        choices=("rank", "log", "none"),
        help="how values of bins or landmarks enter: by rank within the sample, as log2(1 + value), or as they are "
        f"{tasks.default('transform')}",
    )
    model.add_argument(
        "--permutations",
        type=console.integer(0, 10_000),
        default=0,
        help="repeat the cross-validation so often with peaks and expression paired, or classes given, at random",
    )
    samples = parser.add_argument_group("classes")
    samples.add_argument(
        "--normalise",
        choices=("quantile", "none"),
        default="quantile",
        help="quantile: give each sample the mean distribution of the training samples, which the model keeps",
    )
    samples.add_argument(
        "--select-features",
        type=console.integer(1, 1_000_000),
        nargs="+",
        default=[100, 300, 1000],
        metavar="COUNT",
        help="how many features to choose by analysis of variance; of several numbers inner folds choose one",
    )
    samples.add_argument(
        "--image-width",
        type=console.integer(2, 4096),
        help="cnn: pixels in a row of an image; by default images are square",
    )
    samples.add_argument(
        "--variable-share",
        type=console.number(0.0001, 1),
        default=0.33,
        help="share of the features, those that vary most, among which they are chosen",
    )
    inferred = parser.add_argument_group("targets")
    inferred.add_argument(
        "--missing-landmarks",
        choices=("refuse", "fill"),
        default="refuse",
        help="landmarks that are listed and not measured: end there and name them, or go on without them",
    )
    windows = parser.add_argument_group("boundaries and content")
    windows.add_argument(
        "--context",
        choices=("80", "400", "2000", "10000"),
        help=f"bases a network looks at beside each, both sides together {tasks.default('context')}",
    )
    windows.add_argument(
        "--channels", type=console.integer(1, 1024), help=f"width of a network {tasks.default('channels')}"
    )
    windows.add_argument(
        "--activation",
        choices=("relu", "leaky-relu"),
        default="relu",
        help="as SpliceAI has it, or as OpenSpliceAI does",
    )
    windows.add_argument(
        "--ensemble",
        type=console.integer(1, 100),
        default=1,
        help="networks to train and average, each with the seed after the one before",
    )
    windows.add_argument(
        "--start", metavar="SAFETENSORS", help="go on from this model, at a tenth of the learning rate: fine-tuning"
    )
    windows.add_argument(
        "--empty-share",
        type=console.number(0, 0.99),
        default=0.33,
        help="share of windows without sites in an epoch, at the most, drawn anew each time",
    )
    windows.add_argument(
        "--gate-recall",
        type=console.number(0, 1),
        default=0.995,
        help="content: share of windows with boundaries that its gate keeps, on the validation part",
    )
    windows.add_argument(
        "--precision",
        choices=("auto", "single", "bf16"),
        default="auto",
        help="of matrix products; auto: bf16 on a GPU",
    )
    promoters = parser.add_argument_group("activity")
    promoters.add_argument(
        "--id-column",
        metavar="COLUMN",
        help="ids or symbols in a table of expression, by name or by number from 1; by default the column id, else the first",
    )
    promoters.add_argument(
        "--value-column",
        metavar="COLUMN",
        help="values in a table of expression, by default the column predicted, observed or value, else the second of "
        "two; of a matrix a sample, by default the median of all",
    )
    promoters.add_argument(
        "--scale",
        choices=("auto", "plain", "log"),
        default="auto",
        help="plain: log10(x + 0.1) of the values is learned; log: they are on such a scale already; auto: as the unit of a "
        "matrix says, or in a table, log where a value is below zero",
    )
    promoters.add_argument(
        "--without-features",
        action="store_true",
        help="learn from sequence alone, though the windows hold features of mRNA half-life",
    )
    promoters.add_argument(
        "--shuffled",
        action="store_true",
        help="judge beside it the same network, trained on each promoter with its dinucleotides in another order",
    )
    network = parser.add_argument_group("networks", "mlp, boundaries, content and activity")
    network.add_argument(
        "--hidden",
        type=console.integer(1, 65536),
        nargs="+",
        default=[256, 128],
        metavar="WIDTH",
        help="mlp: widths of the hidden layers",
    )
    network.add_argument(
        "--dropout", type=console.number(0, 0.95), default=0.2, help="mlp: share of hidden units left out in a step"
    )
    network.add_argument(
        "--epochs",
        type=console.integer(1, 100_000),
        help=f"passes over the training part, at the most {tasks.default('epochs')}",
    )
    network.add_argument(
        "--patience",
        type=console.integer(1, 100_000),
        help="stop after so many epochs without a gain on the validation part; boundaries and content by default "
        f"go on to the end {tasks.default('patience')}",
    )
    network.add_argument(
        "--batch-size", type=console.integer(1, 65536), help=f"samples or windows a step {tasks.default('batch_size')}"
    )
    network.add_argument(
        "--learning-rate",
        type=console.number(1e-8, 10),
        help=f"step size of AdamW, the highest one where it rises and falls {tasks.default('learning_rate')}",
    )
    network.add_argument(
        "--weight-decay", type=console.number(0, 10), help=f"weight decay of AdamW {tasks.default('weight_decay')}"
    )
    console.add_device(network, "trained")
    network.add_argument(
        "--devices",
        type=console.integer(1, 64),
        default=1,
        help="share each batch among so many GPUs or, on a processor, processes, which share the --threads",
    )
    network.add_argument(
        "--checkpoint", metavar="FOLDER", help="keep checkpoints here, and go on from those found here"
    )
    console.add_seed(parser)
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--model", required=True, metavar="SAFETENSORS", help="the model file")
    out.add_argument(
        "--predictions",
        required=True,
        metavar="TSV",
        help="predictions of what was held out, by every model; targets: an .h5ad with a layer for each; boundaries: "
        "bases that are sites, or to which the model gives at least 0.01",
    )
    out.add_argument(
        "--metrics", metavar="TSV", help="boundaries, content, activity: measures of every model on the test part"
    )
    out.add_argument("--history", metavar="TSV", help="training curves of the networks")
    out.add_argument("--permutation-table", metavar="TSV", help="scores under each permutation; needs --permutations")
    out.add_argument(
        "--feature-table", metavar="TSV", help="classes: the features that were chosen, and in which share of the folds"
    )
    out.add_argument(
        "--sample-table",
        metavar="TSV",
        help="classes: every sample, its class, whether it was used, and its place on the first two principal components",
    )
    return parser


def main(args):
    tasks.settle(args)
    from genloom.formats import modelfile
    from genloom.formats import split as splits
    from genloom.learning import audit

    with console.Outputs() as outputs:
        paths = {name: outputs.file(path) for name in tasks.TRAINED if (path := getattr(args, name))}
        split = splits.read(args.split)
        if args.task == "classes":  # what is wrong with the labels comes before what the split lets through
            from genloom.learning import classes

            options = classes.Options.of(args)
            samples = classes.load(args.matrix, args.label, options.normalise)
            classes.check(samples, split)
        elif args.task == "targets":
            from genloom.learning import targets

            samples = targets.load(args.expression, args.landmarks, args.transform, args.missing_landmarks)
        findings = audit.guard(split, args, samples.inputs if args.task == "targets" else None)
        if args.task == "expression":
            from genloom.learning import expression, run

            options = run.Options.of(args)
            run.train(expression.load(args.bins, args.expression, args.transform), split, options, paths)
        elif args.task == "classes":
            classes.train(samples, split, options, paths)
        elif args.task == "targets":
            targets.train(samples, split, targets.Options.of(args), paths)
        elif args.task == "boundaries":
            from genloom.learning import boundaries, sequences

            boundaries.train(args.windows, split, sequences.Options.of(args), paths)
        elif args.task == "activity":
            from genloom.learning import promoters

            promoters.train(args.windows, args.expression, split, promoters.Options.of(args), paths)
        else:
            from genloom.learning import content, sequences

            content.train(args.windows, split, sequences.Options.of(args), paths)
        modelfile.add(paths["model"], {"audit": audit.record(findings, args.allow_leak)})
        audit.tell(findings)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
