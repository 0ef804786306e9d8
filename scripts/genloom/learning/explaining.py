"""Which way of explaining fits which model. Imports nothing heavy."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from ..errors import InputError, named
from .tasks import flag

SEQUENCE = ("mutagenesis", "gradient", "integrated")
MATRIX = ("coefficients", "permutation")
METHODS = (*SEQUENCE, *MATRIX)
CLASSES = {"boundaries": ("donor", "acceptor"), "content": ("boundary", "exon", "intron"), "activity": ()}
REACH = 200  # bases on either side of a site
_LINEAR = ("ridge", "pls", "gene-centred")  # have coefficients
_WEIGHTS = ("logistic", "svm", "centroids", "discriminant")  # of classes

# What each way reads beside the model, and writes
_WINDOWS = ("windows", "genome", "region", "name", "gene", "label", "reach")
_EXPLAINED = ("attributions", "track", "logos", "motifs", "motif_table", "motif_logos", "report")
_SAMPLES = ("bins", "expression", "split")
TAKES = {
    **dict.fromkeys(SEQUENCE, (*_WINDOWS, *_EXPLAINED)),
    "coefficients": ("annotation", "expression", "targets", "importance", "report"),
    "permutation": (*_SAMPLES, "annotation", "targets", "importance", "report"),
}
WRITTEN = (*_EXPLAINED, "importance")


def settle(args: Namespace, card: Mapping[str, Any]) -> str:
    """The way to explain this model, if it is one that fits it.

    Raises
    ------
    InputError : a way that does not fit the model, with those that do; a file that has no use, or the lack of one
    """
    task, architecture = card["task"], str(card["architecture"])
    fits = _fitting(task, architecture, args.model)
    method = args.method
    if method not in fits:
        what = f"a model {architecture!r} of task {task!r} cannot be explained by {method}"
        raise InputError(what, args.model, f"--method {' or '.join(fits)} fits it")
    takes = TAKES[method]
    for name in dict.fromkeys(name for names in TAKES.values() for name in names):
        if getattr(args, name) and name not in takes:
            raise InputError(f"{flag(name)} has no meaning with {method} of a model of {task!r}", None, "leave it out")
    if not any(getattr(args, name) for name in WRITTEN if name in takes):
        written = " or ".join(flag(name) for name in WRITTEN if name in takes)
        raise InputError("no output is named", None, f"give {written}")
    if method in SEQUENCE:
        _settle_sequence(args, task)
    elif lacking := [name for name in _SAMPLES if method == "permutation" and not getattr(args, name)]:
        what = f"permutation is done on held-out samples and needs {named(map(flag, lacking))}"
        raise InputError(what, None, "give what the model learned from")
    return method


def _fitting(task: str, architecture: str, where: object) -> tuple[str, ...]:
    """The ways to explain a model, the best one first."""
    if task in CLASSES:
        return SEQUENCE
    if architecture == "mean":
        raise InputError("is the mean of its training samples: it looks at no feature", where, "train another model")
    if task == "targets" or (task == "classes" and architecture in _WEIGHTS):
        return MATRIX[:1]
    if task != "expression":
        what = f"has no coefficients that explain it: it is a model {architecture!r} of task {task!r}"
        cure = "train_model --feature-table lists the features it chose" if task == "classes" else "use a newer genloom"
        raise InputError(what, where, cure)
    return MATRIX if architecture in _LINEAR else ("permutation",)


def _settle_sequence(args: Namespace, task: str) -> None:
    if bool(args.windows) == bool(args.genome):
        raise InputError(
            f"a model of task {task!r} is explained by windows" + (" or a region of a genome" if task == "boundaries" else ""),
            None,
            "give --windows or --genome, one of them",
        )  # fmt: skip
    if args.genome and task != "boundaries":
        raise InputError(f"a model of task {task!r} is explained by windows", args.model, "give --windows")
    if args.genome and not args.region:
        raise InputError("--genome needs a --region to explain", None, "write --region chr1:1001-2000")
    for name in ("name", "gene"):
        if args.genome and getattr(args, name):
            raise InputError(f"{flag(name)} has no meaning with --genome", None, "choose by --region")
    if args.genome and args.sites == "annotated":
        raise InputError("--sites annotated needs --windows: a genome has no labels", None, "leave it out")
    if args.reach and task == "content":
        raise InputError(
            "--reach has no meaning for a model of content", None, "leave it out: all of a window is explained"
        )
    classes = CLASSES[task]
    if args.label and args.label not in classes:
        what = f"has no class {args.label!r}" + (f", its classes are {', '.join(classes)}" if classes else "")
        raise InputError(what, args.model, f"--class {classes[0]}" if classes else "leave --class out")
    if not args.label and classes:
        args.label = classes[0]
