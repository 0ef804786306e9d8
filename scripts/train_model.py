#!/usr/bin/env python3
"""Train a model, judge it on held-out samples or windows beside its baselines, and write one model file."""

from __future__ import annotations

from genloom import console
from genloom.learning import tasks

ARCHITECTURES = ("mean", "knn", "ridge", "kernel-ridge", "pls", "gene-centred", "mlp")


def build_parser():
    parser = console.Parser(__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--task",
        choices=tasks.TASKS,
        default="expression",
        help="what is predicted: expression of genes; donors and acceptors; or whether a window holds exon, "
        "intron and boundary",
    )
    data.add_argument("--bins", metavar="H5AD", help="expression: samples × bins, from bin_peaks")
    data.add_argument("--expression", metavar="H5AD", help="expression: samples × genes, from assemble_expression")
    data.add_argument("--windows", metavar="H5", help="boundaries, content: windows of that kind, from extract_windows")
    data.add_argument(
        "--annotation",
        metavar="FILE",
        help="boundaries: the GTF or GFF3 of the windows, to learn reading frames and ends of genes, too; sites "
        "can then be decoded as coding genes",
    )
    data.add_argument(
        "--split", required=True, metavar="TSV", help="what trains, validates and tests, from split_samples"
    )
    data.add_argument("--fold", metavar="NAME", help="boundaries, content: the fold to train, of a split with several")
    model = parser.add_argument_group("expression")
    model.add_argument("--architecture", choices=ARCHITECTURES, default="gene-centred", help="the model to write")
    model.add_argument(
        "--compare",
        choices=ARCHITECTURES,
        nargs="+",
        default=[],
        metavar="MODEL",
        help="further models to judge beside it; mean, knn, ridge, kernel-ridge and pls always are",
    )
    model.add_argument(
        "--transform",
        choices=("rank", "log", "none"),
        default="rank",
        help="how values of bins enter: by rank within the sample, as log2(1 + value), or as they are",
    )
    model.add_argument(
        "--permutations",
        type=console.integer(0, 10_000),
        default=0,
        help="repeat the cross-validation so often with peaks and expression paired at random",
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
    network = parser.add_argument_group("networks", "mlp, boundaries and content")
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
    network.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="where networks are trained")
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
        help="predictions of what was held out, by every model; boundaries: bases that are sites, or to which the "
        "model gives at least 0.01",
    )
    out.add_argument("--metrics", metavar="TSV", help="boundaries, content: measures of every model on the test part")
    out.add_argument("--history", metavar="TSV", help="training curves of the networks")
    out.add_argument(
        "--permutation-table", metavar="TSV", help="expression: scores under each permutation; needs --permutations"
    )
    return parser


def main(args):
    tasks.settle(args)
    from genloom.formats import split as splits

    with console.Outputs() as outputs:
        paths = {
            name: outputs.file(path)
            for name in ("model", "predictions", "metrics", "history", "permutation_table")
            if (path := getattr(args, name))
        }
        split = splits.read(args.split)
        if args.task == "expression":
            from genloom.learning import expression, run

            options = run.Options.of(args)
            run.train(expression.load(args.bins, args.expression, args.transform), split, options, paths)
        elif args.task == "boundaries":
            from genloom.learning import boundaries, sequences

            boundaries.train(args.windows, split, sequences.Options.of(args), paths)
        else:
            from genloom.learning import content, sequences

            content.train(args.windows, split, sequences.Options.of(args), paths)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
