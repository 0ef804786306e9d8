#!/usr/bin/env python3
"""Predict new samples, windows or genomes with a model file."""

from __future__ import annotations

from genloom import console
from genloom.learning import tasks


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--model", required=True, metavar="SAFETENSORS", help="a model file, from train_model or import_model"
    )
    matrices = parser.add_argument_group("models of expression and classes")
    matrices.add_argument("--bins", metavar="H5AD", help="samples × bins, binned with the settings of the model")
    matrices.add_argument(
        "--expression", metavar="H5AD", help="samples × genes, to set what was observed beside the predictions"
    )
    matrices.add_argument(
        "--matrix",
        metavar="H5AD",
        help="classes: new samples × features, each of the model's features among them, normalised one by one",
    )
    matrices.add_argument(
        "--landmarks", metavar="H5AD", help="targets: new samples × genes, each of the model's landmarks among them"
    )
    matrices.add_argument(
        "--missing-landmarks",
        choices=("refuse", "fill"),
        default="refuse",
        help="targets, landmarks of the model that were not measured: end there and name them, or take the mean of the "
        "training samples",
    )
    sequence = parser.add_argument_group("models of boundaries, content and activity")
    sequence.add_argument("--windows", metavar="H5", help="windows, from extract_windows; labels are to be judged on")
    sequence.add_argument("--genome", metavar="FASTA", help="boundaries: whole chromosomes, on both strands")
    sequence.add_argument(
        "--region",
        nargs="+",
        metavar="REGION",
        help="only these: chr1 or chr1:1-1000000 (from 1, last base included); by default all",
    )
    sequence.add_argument(
        "--part",
        metavar="BED",
        help="genome: a part of its chromosomes, from split_genome with the same --region; needs --found",
    )
    sequence.add_argument(
        "--feeder",
        metavar="SAFETENSORS",
        help="a model of content, from train_model: windows that it gives no boundary are passed over",
    )
    sequence.add_argument(
        "--tile",
        type=console.integer(1000, 100_000_000),
        default=100_000,
        help="bases predicted at once; no prediction depends on it",
    )
    console.add_device(sequence)
    sequence.add_argument(
        "--precision",
        choices=("single", "int8"),
        default="single",
        help="boundaries: int8 runs the convolutions in 8-bit integers, which is faster on a processor and rounds; how far "
        "probabilities move is tried first, on pieces of the same sequence; needs onnx and onnxruntime",
    )
    console.add_seed(sequence)
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument(
        "--predictions",
        metavar="TSV",
        help="a line a sample and gene or class, a promoter, a window and class, or a base that is a site or is given at "
        "least 0.01",
    )
    out.add_argument(
        "--table",
        metavar="TSV",
        help="expression: the predictions as a table of genes × samples; classes: a line a sample with the class that is "
        "called, or why none is",
    )
    out.add_argument("--inferred", metavar="H5AD", help="targets: samples × inferred genes")
    out.add_argument("--gct", metavar="GCT", help="targets: the same as GCT 1.3, genes × samples")
    out.add_argument("--metrics", metavar="TSV", help="windows: how well their labels were predicted")
    out.add_argument("--sites", metavar="BED", help="genome: the sites above the model's thresholds, a base each")
    out.add_argument("--introns", metavar="GFF3", help="genome: the introns of the likeliest structure")
    out.add_argument(
        "--tracks", metavar="FOLDER", help="genome: the probability of each class on each strand, four files"
    )
    out.add_argument("--track-format", choices=("bedgraph", "bigwig"), default="bedgraph", help="format of the tracks")
    out.add_argument(
        "--summary", metavar="TSV", help="genome: how much was predicted, what was found, and what a feeder spared"
    )
    out.add_argument("--found", metavar="H5", help="genome: all that was found on a part of it, for merge_parts")
    return parser


def main(args):
    from genloom.formats import modelfile

    with console.Outputs() as outputs:
        card, arrays = modelfile.read(args.model)
        what = tasks.settle_prediction(args, card["task"])
        paths = {
            name: (outputs.folder if name == "tracks" else outputs.file)(path)
            for name in tasks.WRITTEN
            if (path := getattr(args, name))
        }
        if what == "matrix":
            from genloom.learning import classes

            classes.predict(args.model, card, arrays, args.matrix, paths)
            return
        if what == "landmarks":
            from genloom.learning import targets

            targets.predict(args.model, card, arrays, args.landmarks, args.missing_landmarks, paths)
            return
        if what == "bins":
            from genloom.learning import expression

            expression.predict(args.model, card, arrays, args.bins, args.expression, paths)
            return
        from genloom.learning import activity, boundaries, content, loop

        device = loop.device(args.device)
        task = {module.TASK: module for module in (boundaries, content, activity)}[card["task"]]
        model = task.restore(card, arrays, args.model, device)
        if what == "windows":
            more = {"precision": args.precision} if task is boundaries else {}
            task.predict_windows(args.windows, model, card, paths, args.seed, **more)
            return
        from genloom.learning import scan

        feeder = scan.read_feeder(args.feeder, card, device) if args.feeder else None
        written = scan.Outputs(format=args.track_format, **paths)
        made = modelfile.digests(model=args.model, feeder=args.feeder) if args.part else None
        scan.predict(
            args.genome, args.region or [], model, card, written, args.tile, feeder, args.part, made, args.precision
        )


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
