#!/usr/bin/env python3
"""Make a model file of published weights: SpliceAI, OpenSpliceAI or Xpresso. Nothing in their files is run."""

from __future__ import annotations

from genloom import console


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--weights",
        nargs="+",
        required=True,
        metavar="FILE",
        help="the published files, which are no part of genloom: SpliceAI's .h5, from spliceai/models of the Python "
        "package spliceai; OpenSpliceAI's .pt; Xpresso's .h5. Several files are one ensemble, whose networks are "
        "averaged: the five of SpliceAI make the published scores",
    )
    parser.add_argument(
        "--source",
        choices=("auto", "spliceai", "openspliceai", "xpresso"),
        default="auto",
        help="whose weights they must be; auto tells by what is in the files",
    )
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument(
        "--model",
        required=True,
        metavar="SAFETENSORS",
        help="the model, for predict_model and, if of splice sites, score_variants; its card has source, licence, "
        "citation, and the answer to a known sequence",
    )
    out.add_argument(
        "--export",
        metavar="ONNX",
        help="the networks also as one ONNX model (opset 17), held against the model file; needs onnx and onnxruntime",
    )
    return parser


def main(args):
    from genloom.pretrained import importing

    with console.Outputs() as outputs:
        imported = importing.read(args.weights, args.source)
        card = importing.write(imported, outputs.file(args.model))
        if args.export:
            from genloom.pretrained import exporting

            exporting.write(imported, card, outputs.file(args.export))


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
