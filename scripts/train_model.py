#!/usr/bin/env python3
"""Train a model, judge it on held-out samples beside its baselines, and write one model file."""

from __future__ import annotations

from genloom import console

TASKS = ("expression",)
ARCHITECTURES = ("mean", "knn", "ridge", "kernel-ridge", "pls", "gene-centred", "mlp")


def build_parser():
    parser = console.Parser(__doc__)
    data = parser.add_argument_group("data")
    data.add_argument("--task", choices=TASKS, default="expression", help="what is predicted")
    data.add_argument("--bins", required=True, metavar="H5AD", help="samples × bins, from bin_peaks")
    data.add_argument("--expression", required=True, metavar="H5AD", help="samples × genes, from assemble_expression")
    data.add_argument(
        "--split", required=True, metavar="TSV", help="which samples train, validate and test, from split_samples"
    )
    model = parser.add_argument_group("model")
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
    network = parser.add_argument_group("network", "used by mlp")
    network.add_argument(
        "--hidden",
        type=console.integer(1, 65536),
        nargs="+",
        default=[256, 128],
        metavar="WIDTH",
        help="widths of the hidden layers",
    )
    network.add_argument(
        "--dropout", type=console.number(0, 0.95), default=0.2, help="share of hidden units left out in a step"
    )
    network.add_argument(
        "--epochs", type=console.integer(1, 100_000), default=200, help="passes over the training part, at the most"
    )
    network.add_argument(
        "--patience",
        type=console.integer(1, 100_000),
        default=20,
        help="stop after so many epochs without a gain on the validation part",
    )
    network.add_argument("--batch-size", type=console.integer(1, 65536), default=16, help="samples a step")
    network.add_argument("--learning-rate", type=console.number(1e-8, 10), default=1e-3, help="step size of AdamW")
    network.add_argument("--weight-decay", type=console.number(0, 10), default=1e-2, help="weight decay of AdamW")
    network.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="where networks are trained")
    network.add_argument(
        "--checkpoint", metavar="FOLDER", help="keep checkpoints here, and go on from those found here"
    )
    console.add_seed(parser)
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--model", required=True, metavar="SAFETENSORS", help="the model file")
    out.add_argument(
        "--predictions", required=True, metavar="TSV", help="predictions of the held-out samples by every model"
    )
    out.add_argument("--history", metavar="TSV", help="training curves of the network")
    out.add_argument("--permutation-table", metavar="TSV", help="scores under each permutation; needs --permutations")
    return parser


def main(args):
    from genloom.formats import split as splits
    from genloom.learning import expression, run

    options = run.Options.of(args)
    with console.Outputs() as outputs:
        paths = {
            name: outputs.file(path)
            for name in ("model", "predictions", "history", "permutation_table")
            if (path := getattr(args, name))
        }
        split = splits.read(args.split)
        data = expression.load(args.bins, args.expression, args.transform)
        run.train(data, split, options, paths)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
