#!/usr/bin/env python3
"""Predict new samples with a model file."""

from __future__ import annotations

from genloom import console


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument("--model", required=True, metavar="SAFETENSORS", help="a model file, from train_model")
    parser.add_argument(
        "--bins", required=True, metavar="H5AD", help="samples × bins, binned with the settings of the model"
    )
    parser.add_argument(
        "--expression", metavar="H5AD", help="samples × genes, to set what was observed beside the predictions"
    )
    console.add_threads(parser)
    parser.add_argument("--predictions", required=True, metavar="TSV", help="the predictions, a line a sample and gene")
    parser.add_argument("--table", metavar="TSV", help="the predictions as a table of genes × samples")
    return parser


def main(args):
    from genloom.formats import matrix, modelfile, tables
    from genloom.learning import expression

    with console.Outputs() as outputs:
        predictions, table = outputs.file(args.predictions), args.table and outputs.file(args.table)
        card, arrays = modelfile.read(args.model, expression.TASK)
        model = expression.restore(card, arrays, args.model)
        bins = matrix.read(args.bins, "bins")
        samples, genes = list(bins.obs_names), card["targets"]["names"]
        values = model.predict(expression.new_inputs(args.bins, bins, model, card))
        observed = expression.observed(args.expression, samples, card) if args.expression else None
        tables.write(expression.new_table(samples, values, observed, genes, arrays["targets.mean"]), predictions)
        if table:
            tables.write(expression.wide_table(samples, values, genes), table)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
