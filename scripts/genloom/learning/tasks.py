"""What each task takes: its files, and the defaults of the options that tasks share. Imports nothing heavy."""

from __future__ import annotations

from argparse import Namespace
from importlib.metadata import version
from typing import Any

from .. import __version__
from ..errors import InputError

TASKS = ("expression", "boundaries", "content", "activity", "classes", "targets")
FILES = {
    "expression": ("bins", "expression"),
    "boundaries": ("windows",),
    "content": ("windows",),
    "activity": ("windows", "expression"),
    "classes": ("matrix", "label"),
    "targets": ("expression", "landmarks"),
}
OPTIONAL = {
    "expression": ("permutation_table",),
    "boundaries": ("start", "annotation", "metrics"),
    "content": ("start", "metrics"),
    "activity": ("metrics", "id_column", "value_column", "without_features", "shuffled"),
    "classes": ("permutation_table", "sample_table", "feature_table", "image_width"),
    "targets": (),
}
ARCHITECTURES: dict[str, tuple[str, ...]] = {
    "expression": ("mean", "knn", "ridge", "kernel-ridge", "pls", "gene-centred", "mlp"),
    "classes": (
        "logistic",
        "svm",
        "centroids",
        "discriminant",
        "forest",
        "boosting",
        "mlp",
        "knn",
        "majority",
        "vote",
        "cnn",
    ),
    "targets": ("mean", "linear", "ridge", "kriging", "lasso", "knn", "pls", "kernel-ridge", "stack", "mlp"),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "architecture": {"expression": "gene-centred", "classes": "discriminant", "targets": "stack"},
    "epochs": {"expression": 200, "boundaries": 10, "content": 8, "activity": 30, "targets": 200, "classes": 30},
    "patience": {"expression": 20, "activity": 10, "targets": 20, "classes": 10},
    "batch_size": {"expression": 16, "boundaries": 6, "content": 32, "activity": 32, "targets": 32, "classes": 32},
    "learning_rate": {
        "expression": 1e-3,
        "boundaries": 3e-3,
        "content": 3e-3,
        "activity": 3e-3,
        "targets": 1e-3,
        "classes": 2e-3,
    },
    "weight_decay": {
        "expression": 1e-2,
        "boundaries": 2e-2,
        "content": 2e-2,
        "activity": 1e-2,
        "targets": 1e-2,
        "classes": 1e-2,
    },
    "transform": {"expression": "rank", "targets": "none"},
    "context": {"boundaries": 2000, "content": 400},
    "channels": {"boundaries": 32, "content": 16, "activity": 32, "classes": 32},
}
TRAINED = (
    "model",
    "predictions",
    "metrics",
    "history",
    "permutation_table",
    "feature_table",
    "sample_table",
)  # outputs of train_model
FINE_TUNED = 0.1  # of the learning rate, where training starts from a model


def default(option: str) -> str:
    """What the help of an option says of its defaults."""
    values: dict[float | str, list[str]] = {}
    for task, value in DEFAULTS[option].items():
        values.setdefault(value, []).append(task)
    told = ", ".join(f"{_plain(value)} for {' and '.join(tasks)}" for value, tasks in values.items())
    return f"(default: {told})"


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def architectures() -> tuple[str, ...]:
    """Those of all tasks."""
    return tuple(dict.fromkeys(name for names in ARCHITECTURES.values() for name in names))


def settle(args: Namespace) -> None:
    """Fill in the defaults of the task, and refuse a file it has no use for, or the lack of one it needs."""
    for task, names in FILES.items():
        for name in (*names, *OPTIONAL[task]):
            if getattr(args, name, None) and name not in (*FILES[args.task], *OPTIONAL[args.task]):
                raise InputError(f"{flag(name)} has no meaning for --task {args.task}", None, "leave it out")
    for name in FILES[args.task]:
        if not getattr(args, name):
            raise InputError(f"--task {args.task} needs {flag(name)}", None, "give it, or choose another --task")
    known = ARCHITECTURES.get(args.task)
    for name in (*([args.architecture] if args.architecture else []), *args.compare):
        if known is None or name not in known:
            cure = f"choose one of {', '.join(known)}" if known else "leave --architecture and --compare out"
            raise InputError(f"{name} is no model of --task {args.task}", None, cure)
    for option, values in DEFAULTS.items():
        if getattr(args, option) is None:
            value = values.get(args.task)
            if option == "learning_rate" and args.start and value:
                value *= FINE_TUNED
            setattr(args, option, value)


# Of predict_model: what a model of each task is given, one of these; and what else it takes
GIVEN = {
    "expression": ("bins",),
    "targets": ("landmarks",),
    "classes": ("matrix",),
    "boundaries": ("windows", "genome"),
    "content": ("windows",),
    "activity": ("windows",),
}
TAKES: dict[str, dict[str, tuple[str, ...]]] = {
    "classes": {"matrix": ("predictions", "table")},
    "expression": {"bins": ("expression", "predictions", "table")},
    "targets": {"landmarks": ("inferred", "gct", "table")},
    "boundaries": {
        "windows": ("predictions", "metrics"),
        "genome": ("region", "part", "feeder", "sites", "introns", "tracks", "summary", "found"),
    },
    "content": {"windows": ("predictions", "metrics")},
    "activity": {"windows": ("predictions",)},
}
WRITTEN = ("predictions", "table", "inferred", "gct", "metrics", "sites", "introns", "tracks", "summary", "found")


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
    if args.precision != "single" and task != "boundaries":
        raise InputError(
            f"--precision {args.precision} has no meaning for a model of task {task!r}", None, "leave it out"
        )
    written = [name for name in takes if name in WRITTEN]
    if not any(getattr(args, name) for name in written):
        raise InputError("no output is named", None, f"give {' or '.join(map(flag, written))}")
    if args.part or args.found:
        more = [name for name in written if name != "found" and getattr(args, name)]
        if not (args.part and args.found) or more:
            what = f"{flag(more[0])} is not of a part" if more else "--part and --found go together"
            raise InputError(what, None, "a part is written by --found alone; merge_parts writes the rest")
    return chosen[0]


# Of plot_results: what a report of each task is made from beside the predictions, and what else it takes
REPORTED: dict[str, tuple[str, ...]] = {
    "expression": (),
    "targets": (),
    "classes": (),
    "boundaries": ("scores", "model"),
    "content": ("scores", "model"),
    "activity": ("scores", "model"),
    "comparison": ("compare",),
    "variants": (),
}
REPORT_TAKES = {
    "targets": ("model", "history", "gene_table", "sample_table"),
    "classes": (
        "permutations",
        "split",
        "model",
        "model_name",
        "features",
        "samples",
        "sample_table",
        "reliability",
        "confusion",
    ),
    "expression": ("permutations", "split", "model", "history", "model_name", "genes", "gene_table", "sample_table"),
    "boundaries": ("history", "reliability", "confusion"),
    "content": ("history", "reliability"),
    "activity": ("history", "reliability", "compare", "compare_name"),
    "comparison": (
        "id_column",
        "value_column",
        "compare_id_column",
        "compare_value_column",
        "places",
        "ignore_case",
        "name_columns",
        "model_name",
        "compare_name",
        "genes",
        "pair_table",
    ),
    "variants": ("model", "variant_table"),
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
    "variant_table",
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
