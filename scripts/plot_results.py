#!/usr/bin/env python3
"""Write the report on a model, its predictions of what was held out beside the baselines; or on how alike two tables are."""

from __future__ import annotations

from genloom import console
from genloom.learning import tasks

FORMATS = ("png", "svg", "pdf")


def build_parser():
    parser = console.Parser(__doc__)
    data = parser.add_argument_group("input")
    data.add_argument(
        "--task",
        choices=tuple(tasks.REPORTED),
        default="expression",
        help="what was predicted: expression of genes; donors and acceptors; or whether a window holds exon, intron "
        "and boundary. Or a comparison of the values in two tables",
    )
    data.add_argument(
        "--predictions",
        required=True,
        metavar="TSV",
        help="observed and predicted values of what was held out, from train_model or predict_model; comparison: any table "
        "of ids and values, separated by tabs or commas",
    )
    data.add_argument(
        "--scores",
        metavar="TSV",
        help="boundaries, content: the measures of every model, from --metrics of train_model or predict_model",
    )
    data.add_argument("--history", metavar="TSV", help="training curves, from train_model")
    data.add_argument(
        "--model",
        metavar="SAFETENSORS",
        help="the model file, for its card: settings, unit, gene symbols; boundaries and content need its thresholds",
    )
    data.add_argument(
        "--permutations",
        metavar="TSV",
        help="expression: scores with peaks and expression paired at random, from train_model",
    )
    data.add_argument(
        "--split",
        metavar="TSV",
        help="expression: the split of the predictions, from split_samples: the bootstrap then draws whole groups",
    )
    both = parser.add_argument_group("comparison", "columns by the name in the header, or by number from 1")
    both.add_argument(
        "--compare", metavar="TSV", help="the table to compare with; the same again for two columns of it"
    )
    both.add_argument(
        "--id-column", metavar="COLUMN", help="ids of the predictions; by default the column id, else the first"
    )
    both.add_argument(
        "--value-column",
        metavar="COLUMN",
        help="values of the predictions; by default the column predicted, observed or value, else the second of two",
    )
    both.add_argument("--compare-id-column", metavar="COLUMN", help="the same of the table to compare with")
    both.add_argument("--compare-value-column", metavar="COLUMN", help="the same of the table to compare with")
    both.add_argument("--ignore-case", action="store_true", help="match ids in any case, as of symbols")
    both.add_argument(
        "--name-columns",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns, of either table, with symbols or descriptions: --genes are looked for in them, and the first that is "
        "not empty names a gene; by default those called symbol, gene_symbol, gene_name, gene, name or description",
    )
    both.add_argument(
        "--compare-name", metavar="NAME", help="what to call the values compared with; by default their column"
    )
    what = parser.add_argument_group("what is shown")
    what.add_argument("--title", help="title of the report; by default it names the task")
    what.add_argument(
        "--model-name",
        metavar="NAME",
        help="expression: what to call the chosen model; by default its architecture in the model file, else 'model'. "
        "comparison: what to call the values of the predictions; by default their column",
    )
    what.add_argument(
        "--genes",
        nargs="+",
        default=[],
        metavar="GENE",
        help="expression: genes to show in panels, by id or symbol; by default the best, median and worst by skill. "
        "comparison: genes to mark, by id, name, or text that a name or description holds",
    )
    what.add_argument(
        "--max-panels", type=console.integer(0, 60), default=9, help="expression: panels to show at the most"
    )
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
    out.add_argument(
        "--metrics",
        metavar="TSV",
        help="table of metric, model, value, low, high, n; boundaries, content: the scores as they were given, and the "
        "expected calibration error",
    )
    out.add_argument("--metrics-json", metavar="JSON", help="the same as a list of objects")
    out.add_argument(
        "--gene-table", metavar="TSV", help="expression: table of target, n, skill, r, mae, mae_mean for each gene"
    )
    out.add_argument(
        "--sample-table",
        metavar="TSV",
        help="expression: table of id, group, skill, mae, mae_mean, across_gene_r for each sample",
    )
    out.add_argument(
        "--reliability",
        metavar="TSV",
        help="boundaries, content: table of target, model, from, to, n, predicted, observed, low, high for each bin of "
        "predicted probability",
    )
    out.add_argument(
        "--confusion",
        metavar="TSV",
        help="boundaries: table of kind, target, nearest, distance, n, share, low, high of what is called wrongly or "
        "missed",
    )
    out.add_argument(
        "--pair-table",
        metavar="TSV",
        help="comparison: table of id, name, value, compared, difference, marked for each id that both tables have",
    )
    out.add_argument("--figures", metavar="FOLDER", help="each figure as a file in this folder")
    out.add_argument("--figure-format", choices=FORMATS, default="png", help="format of those files")
    return parser


def main(args):
    tasks.settle_report(args)
    from genloom.report import boundaries, comparison, content, expression, figures, page

    kinds = {"expression": expression, "boundaries": boundaries, "content": content, "comparison": comparison}
    task = kinds[args.task]
    results = task.read(args)
    with console.Outputs() as outputs:
        plots = task.plots(results) if args.report or args.figures else []
        for name, write in task.tables(results).items():
            if path := getattr(args, name):
                write(outputs.file(path))
        if args.report:
            page.write(task.report(results, plots), outputs.file(args.report))
        if args.figures:
            folder = outputs.folder(args.figures)
            for plot in plots:
                path = folder / f"{plot.name}.{args.figure_format}"
                figures.save(plot.draw(title=plot.title), path, args.figure_format)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
