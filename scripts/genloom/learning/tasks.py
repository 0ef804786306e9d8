"""What each task takes: its files, and the defaults of the options that tasks share. Imports nothing heavy."""

from __future__ import annotations

from argparse import Namespace
from importlib.metadata import version
from typing import Any

from .. import __version__
from ..errors import InputError

TASKS = ("expression", "boundaries", "content")
FILES = {"expression": ("bins", "expression"), "boundaries": ("windows",), "content": ("windows",)}
OPTIONAL = {
    "expression": ("permutation_table",),
    "boundaries": ("start", "annotation", "metrics"),
    "content": ("start", "metrics"),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "epochs": {"expression": 200, "boundaries": 10, "content": 8},
    "patience": {"expression": 20},
    "batch_size": {"expression": 16, "boundaries": 6, "content": 32},
    "learning_rate": {"expression": 1e-3, "boundaries": 3e-3, "content": 3e-3},
    "weight_decay": {"expression": 1e-2, "boundaries": 2e-2, "content": 2e-2},
    "context": {"boundaries": 2000, "content": 400},
    "channels": {"boundaries": 32, "content": 16},
}
FINE_TUNED = 0.1  # of the learning rate, where training starts from a model


def default(option: str) -> str:
    """What the help of an option says of its defaults."""
    values: dict[float, list[str]] = {}
    for task, value in DEFAULTS[option].items():
        values.setdefault(value, []).append(task)
    return "(default: " + ", ".join(f"{value:g} for {' and '.join(tasks)}" for value, tasks in values.items()) + ")"


def settle(args: Namespace) -> None:
    """Fill in the defaults of the task, and refuse a file it has no use for, or the lack of one it needs."""
    for task, names in FILES.items():
        for name in (*names, *OPTIONAL[task]):
            if getattr(args, name, None) and name not in (*FILES[args.task], *OPTIONAL[args.task]):
                raise InputError(f"{flag(name)} has no meaning for --task {args.task}", None, "leave it out")
    for name in FILES[args.task]:
        if not getattr(args, name):
            raise InputError(f"--task {args.task} needs {flag(name)}", None, "give it, or choose another --task")
    for option, values in DEFAULTS.items():
        if getattr(args, option) is None:
            value = values.get(args.task)
            if option == "learning_rate" and args.start and value:
                value *= FINE_TUNED
            setattr(args, option, value)


# Of predict_model: what a model of each task is given, one of these; and what else it takes
GIVEN = {
    "expression": ("bins",),
    "boundaries": ("windows", "genome"),
    "content": ("windows",),
    "activity": ("windows",),
}
TAKES: dict[str, dict[str, tuple[str, ...]]] = {
    "expression": {"bins": ("expression", "predictions", "table")},
    "boundaries": {
        "windows": ("predictions", "metrics"),
        "genome": ("region", "feeder", "sites", "introns", "tracks", "summary"),
    },
    "content": {"windows": ("predictions", "metrics")},
    "activity": {"windows": ("predictions",)},
}
WRITTEN = ("predictions", "table", "metrics", "sites", "introns", "tracks", "summary")


def settle_prediction(args: Namespace, task: str) -> str:
    """What the model is to predict: the name of the option that gives it.

    Raises
    ------
    InputError : nothing to predict, or to write, or files that a model of this task has no use for
    """
    if task not in GIVEN:
        raise InputError(
            f"is a model of task {task!r}, known are {', '.join(map(repr, GIVEN))}", args.model, "use a newer genloom"
        )
    given = [name for names in GIVEN.values() for name in names if getattr(args, name)]
    for name in dict.fromkeys(given):
        if name not in GIVEN[task]:
            fits = " or ".join(repr(other) for other, names in GIVEN.items() if name in names)
            raise InputError(
                f"is a model of task {task!r}, {flag(name)} is for {fits}",
                args.model,
                f"give {' or '.join(map(flag, GIVEN[task]))}",
            )
    chosen = list(dict.fromkeys(given))
    if len(chosen) != 1:
        raise InputError(
            f"a model of task {task!r} needs {' or '.join(map(flag, GIVEN[task]))}",
            args.model,
            "give one of them" if chosen else "give it",
        )
    takes = TAKES[task][chosen[0]]
    others = {name for ways in TAKES.values() for names in ways.values() for name in names} - set(takes)
    for name in sorted(others):
        if getattr(args, name):
            raise InputError(
                f"{flag(name)} has no meaning with {flag(chosen[0])} and a model of task {task!r}", None, "leave it out"
            )
    written = [name for name in takes if name in WRITTEN]
    if not any(getattr(args, name) for name in written):
        raise InputError("no output is named", None, f"give {' or '.join(map(flag, written))}")
    return chosen[0]


# Of plot_results: what a report of each task is made from beside the predictions, and what else it takes
REPORTED: dict[str, tuple[str, ...]] = {
    "expression": (),
    "boundaries": ("scores", "model"),
    "content": ("scores", "model"),
    "comparison": ("compare",),
}
REPORT_TAKES = {
    "expression": ("permutations", "split", "model", "history", "model_name", "genes", "gene_table", "sample_table"),
    "boundaries": ("history", "reliability", "confusion"),
    "content": ("history", "reliability"),
    "comparison": (
        "id_column",
        "value_column",
        "compare_id_column",
        "compare_value_column",
        "ignore_case",
        "name_columns",
        "model_name",
        "compare_name",
        "genes",
        "pair_table",
    ),
}
REPORT_WRITES = (
    "report",
    "metrics",
    "metrics_json",
    "gene_table",
    "sample_table",
    "reliability",
    "confusion",
    "pair_table",
    "figures",
)


def settle_report(args: Namespace) -> None:
    """Refuse an option that a report of the task has no use for, the lack of a file it needs, and a run for nothing."""
    takes = {task: (*REPORTED[task], *REPORT_TAKES[task]) for task in REPORTED}
    for name in dict.fromkeys(name for names in takes.values() for name in names):
        if getattr(args, name) and name not in takes[args.task]:
            raise InputError(f"{flag(name)} has no meaning for --task {args.task}", None, "leave it out")
    for name in REPORTED[args.task]:
        if not getattr(args, name):
            cure = "give the table to compare with" if name == "compare" else "give it: train_model writes it"
            raise InputError(f"--task {args.task} needs {flag(name)}", None, cure)
    if not any(getattr(args, name) for name in REPORT_WRITES):
        raise InputError("there is no output to write", cure="give --report, --metrics or another output")


def flag(name: str) -> str:
    """The option on the command line of an argument."""
    return "--" + name.replace("_", "-")


def versions() -> dict[str, str]:
    """What a model was made with, for its card."""
    libraries = ("numpy", "scipy", "scikit-learn", "torch")
    return {"genloom": __version__, **{name: version(name).partition("+")[0] for name in libraries}}
