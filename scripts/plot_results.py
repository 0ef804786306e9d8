#!/usr/bin/env python3
"""Judge predictions of held-out samples: metrics beside the baselines, figures, and a report to read."""

from __future__ import annotations

from functools import partial

from genloom import console
from genloom.errors import InputError

FORMATS = ("png", "svg", "pdf")


def build_parser():
    parser = console.Parser(__doc__)
    data = parser.add_argument_group("input")
    data.add_argument(
        "--predictions",
        required=True,
        metavar="TSV",
        help="observed and predicted values of held-out samples, from train_model or predict_model",
    )
    data.add_argument(
        "--permutations", metavar="TSV", help="scores with peaks and expression paired at random, from train_model"
    )
    data.add_argument("--history", metavar="TSV", help="training curves, from train_model")
    data.add_argument(
        "--split",
        metavar="TSV",
        help="the split of the predictions, from split_samples: the bootstrap then draws whole groups",
    )
    data.add_argument(
        "--model", metavar="SAFETENSORS", help="the model file, for its card: settings, unit, gene symbols"
    )
    what = parser.add_argument_group("what is shown")
    what.add_argument("--title", default="Predicted expression of held-out samples", help="title of the report")
    what.add_argument(
        "--model-name",
        metavar="NAME",
        help="what to call the chosen model; by default its architecture in the model file, else 'model'",
    )
    what.add_argument(
        "--genes",
        nargs="+",
        default=[],
        metavar="GENE",
        help="genes to show in panels, by id or symbol; by default the best, median and worst by skill",
    )
    what.add_argument("--max-panels", type=console.integer(0, 60), default=9, help="panels to show at the most")
    what.add_argument(
        "--bootstrap",
        type=console.integer(0, 100_000),
        default=1000,
        help="draws for the 95%% intervals; 0 for no intervals",
    )
    console.add_seed(parser)
    console.add_threads(parser)
    out = parser.add_argument_group("output", "at least one of these")
    out.add_argument("--report", metavar="HTML", help="the report: one page with its figures, without JavaScript")
    out.add_argument("--metrics", metavar="TSV", help="table of metric, model, value, low, high, n")
    out.add_argument("--metrics-json", metavar="JSON", help="the same as a list of objects")
    out.add_argument("--gene-table", metavar="TSV", help="table of target, n, skill, r, mae, mae_mean")
    out.add_argument("--sample-table", metavar="TSV", help="table of id, group, skill, mae, mae_mean, across_gene_r")
    out.add_argument("--figures", metavar="FOLDER", help="each figure as a file in this folder")
    out.add_argument("--figure-format", choices=FORMATS, default="png", help="format of those files")
    return parser


def main(args):
    outputs_of = {
        name: getattr(args, name)
        for name in ("report", "metrics", "metrics_json", "gene_table", "sample_table", "figures")
    }
    if not any(outputs_of.values()):
        raise InputError("there is no output to write", cure="give --report, --metrics or another output")

    from genloom.formats import modelfile, results, split
    from genloom.learning import metrics
    from genloom.report import expression, figures, page

    card = modelfile.read(args.model, "expression")[0] if args.model else None
    chosen = args.model_name or (card["architecture"] if card else "model")
    division = split.read(args.split) if args.split else None
    permutations = results.read_permutations(args.permutations) if args.permutations else None
    predictions = results.read_predictions(args.predictions, chosen)
    groups = metrics.groups_of(predictions, division) if division else None
    evaluation = metrics.evaluate(predictions, groups, args.bootstrap, args.seed, permutations)
    history = results.read_history(args.history) if args.history else None
    everything = expression.Results(
        evaluation,
        args.title,
        card,
        division,
        permutations,
        history,
        args.genes,
        args.max_panels,
        args.bootstrap,
        args.seed,
        {"SHA-256 of the predictions": results.digest(args.predictions)},
    )

    with console.Outputs() as outputs:
        write = {
            "report": lambda path: page.write(expression.report(everything, plots), path),
            "metrics": partial(metrics.write_table, evaluation),
            "metrics_json": partial(metrics.write_json, evaluation),
            "gene_table": partial(metrics.write_genes, evaluation),
            "sample_table": partial(metrics.write_samples, evaluation),
        }
        plots = expression.plots(everything) if args.report or args.figures else []
        for name, write_to in write.items():
            if outputs_of[name]:
                write_to(outputs.file(outputs_of[name]))
        if args.figures:
            folder = outputs.folder(args.figures)
            for plot in plots:
                path = folder / f"{plot.name}.{args.figure_format}"
                figures.save(plot.draw(title=plot.title), path, args.figure_format)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
