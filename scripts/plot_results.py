#!/usr/bin/env python3
"""Write the report on a model, on variants that it scored, or on how alike two tables are."""

from __future__ import annotations

import importlib

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
        "and boundary; expression from promoters (activity); classes of samples; genes from landmarks (targets)."
        " Or what variants do to splicing; or a comparison of the values in two tables",
    )
    data.add_argument(
        "--predictions",
        required=True,
        metavar="TSV",
        help="observed and predicted values of what was held out, from train_model or predict_model, of targets an .h5ad; "
        "variants: the table of "
        "score_variants; comparison: any table of ids and values, separated by tabs or commas",
    )
    data.add_argument(
        "--scores",
        metavar="TSV",
        help="boundaries, content, activity: the measures of every model, from --metrics of train_model or predict_model",
    )
    data.add_argument("--history", metavar="TSV", help="training curves, from train_model")
    data.add_argument(
        "--model",
        metavar="SAFETENSORS",
        help="the model file, for its card: settings, unit, gene symbols; boundaries and content need its thresholds; "
        "variants: what scored them",
    )
    data.add_argument(
        "--permutations",
        metavar="TSV",
        help="expression, classes: scores with peaks and expression paired, or classes given, at random, from train_model",
    )
    data.add_argument(
        "--split",
        metavar="TSV",
        help="expression, classes: the split of the predictions, from split_samples: the bootstrap then draws whole groups",
    )
    data.add_argument(
        "--features", metavar="TSV", help="classes: the features that were chosen, from --feature-table of train_model"
    )
    data.add_argument(
        "--samples",
        metavar="TSV",
        help="classes: the samples and their places in two dimensions, from --sample-table of train_model",
    )
    both = parser.add_argument_group("comparison", "columns by the name in the header, or by number from 1")
    both.add_argument(
        "--compare",
        metavar="TSV",
        help="the table to compare with; the same again for two columns of it; activity: the measures of a run with another "
        "split",
    )
    both.add_argument(
        "--id-column",
        metavar="COLUMN",
        help="ids of the predictions; by default the column id, else the first. Several with commas between make one id, "
        "such as chrom,start,end,strand",
    )
    both.add_argument(
        "--value-column",
        metavar="COLUMN",
        help="values of the predictions; by default the column predicted, observed or value, else the second of two",
    )
    both.add_argument("--compare-id-column", metavar="COLUMN", help="the same of the table to compare with")
    both.add_argument("--compare-value-column", metavar="COLUMN", help="the same of the table to compare with")
    both.add_argument(
        "--places",
        metavar="BED",
        help="names of places, such as promoters and their genes: ids of chrom,start,end,strand, or without strand, become "
        "the names that the BED has there",
    )
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
        "--compare-name",
        metavar="NAME",
        help="what to call the values compared with; by default their column; activity: what to call the other split",
    )
    what = parser.add_argument_group("what is shown")
    what.add_argument("--title", help="title of the report; by default it names the task")
    what.add_argument(
        "--model-name",
        metavar="NAME",
        help="expression, classes: what to call the chosen model; by default its architecture in the model file, else 'model'. "
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
        "expected calibration error; variants: counts",
    )
    out.add_argument("--metrics-json", metavar="JSON", help="the same as a list of objects")
    out.add_argument(
        "--gene-table", metavar="TSV", help="expression: table of target, n, skill, r, mae, mae_mean for each gene"
    )
    out.add_argument(
        "--sample-table",
        metavar="TSV",
        help="expression: table of id, group, skill, mae, mae_mean, across_gene_r for each sample; classes: of id, group, "
        "observed, called, right, probability, abstained",
    )
    out.add_argument(
        "--reliability",
        metavar="TSV",
        help="boundaries, content, classes: table of target, model, from, to, n, predicted, observed, low, high for each bin of "
        "predicted probability; activity: the same for each tenth of the genes",
    )
    out.add_argument(
        "--confusion",
        metavar="TSV",
        help="boundaries: table of kind, target, nearest, distance, n, share, low, high of what is called wrongly or "
        "missed; classes: table of observed, called, n, share",
    )
    out.add_argument(
        "--pair-table",
        metavar="TSV",
        help="comparison: table of id, name, value, compared, difference, marked for each id that both tables have",
    )
    out.add_argument(
        "--variant-table",
        metavar="TSV",
        help="variants: the scored alleles in their genes, the highest score first, with the change it is of, and where",
    )
    out.add_argument("--figures", metavar="FOLDER", help="each figure as a file in this folder")
    out.add_argument("--figure-format", choices=FORMATS, default="png", help="format of those files")
    return parser


def main(args):
    tasks.settle_report(args)
    from genloom.report import look, page

    task = importlib.import_module(f"genloom.report.{args.task}")
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
                look.save(plot.draw(title=plot.title), path, args.figure_format)


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
