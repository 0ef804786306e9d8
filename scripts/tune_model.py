#!/usr/bin/env python3
"""Try settings of train_model by a plan, on inner folds of the training part; train the best one and judge it once."""

from __future__ import annotations

from pathlib import Path

from genloom import console
from genloom.errors import InputError

TRAINER = Path(__file__).with_name(Path(__file__).name.replace("tune", "train"))
JUDGED = ("model", "predictions", "metrics", "report")


def build_parser():
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--plan",
        metavar="YAML",
        help="what is asked, fixed and searched, the metric, the budget and the seeds; needed unless studies are compared",
    )
    data = parser.add_argument_group("data", "as train_model takes them for the task of the plan")
    data.add_argument(
        "--split", metavar="TSV", help="the split, from split_samples: its test part judges the winner alone"
    )
    data.add_argument("--bins", metavar="H5AD", help="expression: samples × bins, from bin_peaks")
    data.add_argument(
        "--expression",
        metavar="FILE",
        help="expression, targets: samples × genes, from assemble_expression; activity: ids and values",
    )
    data.add_argument("--windows", metavar="H5", help="boundaries, content, activity: windows, from extract_windows")
    data.add_argument("--annotation", metavar="FILE", help="boundaries: the GTF or GFF3 of the windows")
    data.add_argument("--matrix", metavar="H5AD", help="classes: samples × features")
    data.add_argument(
        "--landmarks", metavar="FILE", help="targets: the genes measured to infer the others, a list or a matrix"
    )
    data.add_argument("--start", metavar="SAFETENSORS", help="boundaries, content: go on from this model in each trial")
    data.add_argument(
        "--allow-leak", metavar="REASON", help="go on in spite of a leak that the audit of the split finds, and say why"
    )
    study = parser.add_argument_group("study")
    study.add_argument(
        "--resume",
        metavar="JSONL",
        nargs="+",
        help="logs whose trials are taken over, of this plan and data",
    )
    study.add_argument(
        "--trial",
        metavar="FILE",
        help="a trial of the plan, from split_plan: it is run alone, for a log that is gathered with others by --resume",
    )
    study.add_argument(
        "--parallel",
        type=console.integer(1, 1024),
        default=1,
        help="a trial looks at those that came so many before it, so that so many can run beside each other, a core or more each",
    )
    study.add_argument(
        "--compare", metavar="JSONL", nargs="+", help="logs of studies to set side by side; nothing is run"
    )
    console.add_threads(parser)
    out = parser.add_argument_group("output")
    out.add_argument(
        "--log",
        metavar="JSONL",
        help="the log, a line for each trial; a study that was ended, however, goes on from it",
    )
    out.add_argument("--trials", metavar="TSV", help="table of the trials, or with --compare of the studies")
    out.add_argument("--model", metavar="SAFETENSORS", help="the best settings trained on the whole training part")
    out.add_argument(
        "--predictions", metavar="FILE", help="its predictions of the test part, as train_model writes them"
    )
    out.add_argument(
        "--metrics", metavar="TSV", help="its measures there, beside those of the default and of baselines"
    )
    out.add_argument("--report", metavar="HTML", help="report of the study")
    return parser


def main(args):
    from genloom.formats import studylog, tables
    from genloom.learning import spread, study

    if args.compare:
        refuse(args)
        with console.Outputs() as outputs:
            tables.write(study.compare([studylog.read(path) for path in args.compare]), outputs.file(args.trials))
        return
    for name in ("plan", "split", "log"):
        if not getattr(args, name):
            raise InputError(f"--{name} is missing", None, "give it")
    if args.trial is not None and (judged := [name for name in JUDGED if getattr(args, name)]):
        raise InputError(f"--{judged[0]} has no meaning with --trial", None, "merge the logs with --resume for that")
    for name in (*JUDGED, "trials"):
        if (path := getattr(args, name)) and not Path(path).parent.is_dir():
            raise InputError(f"no such folder {Path(path).parent}", path, "make it first, or name another output")
    given = study.prepare(args, TRAINER)
    only = None if args.trial is None else spread.read(args.trial, given.plan)
    with studylog.Writer(args.log, given.header) as log:
        log.merge(studylog.read(path) for path in args.resume or ())
        ended = study.search_all(given, log, args.parallel, args.threads, only)
        console.say(f"{ended}; {len(log.trials)} trials are in the log")
        with console.Outputs() as outputs, study.runs(log) as folder:
            paths = {name: outputs.file(path) for name in JUDGED if (path := getattr(args, name))}
            if args.trials:
                tables.write(study.trial_table(given.plan, log.trials), outputs.file(args.trials))
            if paths:
                judged = study.judge(given, log, folder, args.parallel, args.threads)
                study.keep(given, judged, log, paths)
            if args.report:
                from genloom.report import page
                from genloom.report import study as report

                page.write(report.report(given, log.trials, judged, ended), paths["report"])


def refuse(args):
    """Of --compare: it reads logs and writes a table."""
    if not args.trials:
        raise InputError("--compare needs --trials", None, "name the table")
    for name in ("plan", "log", "resume", *JUDGED):
        if getattr(args, name):
            raise InputError(f"--{name} has no meaning with --compare", None, "leave it out")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
