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
_BLIND = {"mean": "mean", "majority": "largest class"}  # look at nothing

# What each way reads beside the model, and writes
_WINDOWS = ("windows", "genome", "variants", "region", "name", "gene", "label", "reach")
_EXPLAINED = ("attributions", "track", "variant_table", "logos", "motifs", "motif_table", "motif_logos", "report")
_SAMPLES = {  # what a model of samples learned from, and what is held out of it
    "expression": ("bins", "expression", "split"),
    "classes": ("matrix", "split"),
    "targets": ("expression", "landmarks", "split"),
}
TAKES = {
    **dict.fromkeys(SEQUENCE, (*_WINDOWS, *_EXPLAINED)),
    "coefficients": ("annotation", "expression", "targets", "importance", "report"),
    "permutation": (
        "bins",
        "expression",
        "matrix",
        "landmarks",
        "split",
        "annotation",
        "targets",
        "importance",
        "report",
    ),
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
    if method == "permutation":
        others = {"bins", "expression", "matrix", "landmarks", "annotation"} - set(_SAMPLES[task])
        takes = tuple(name for name in takes if name not in others or (name, task) == ("annotation", "expression"))
    for name in dict.fromkeys(name for names in TAKES.values() for name in names):
        if getattr(args, name) and name not in takes:
            raise InputError(f"{flag(name)} has no meaning with {method} of a model of {task!r}", None, "leave it out")
    if not any(getattr(args, name) for name in WRITTEN if name in takes):
        written = " or ".join(flag(name) for name in WRITTEN if name in takes)
        raise InputError("no output is named", None, f"give {written}")
    if method in SEQUENCE:
        _settle_sequence(args, task)
    elif method == "permutation" and (lacking := [name for name in _SAMPLES[task] if not getattr(args, name)]):
        what = f"permutation is done on held-out samples and needs {named(map(flag, lacking))}"
        raise InputError(what, None, "give what the model learned from")
    return method


def _fitting(task: str, architecture: str, where: object) -> tuple[str, ...]:
    """The ways to explain a model, the best one first."""
    if task in CLASSES:
        return SEQUENCE
    if architecture in _BLIND:
        raise InputError(
            f"is the {_BLIND[architecture]} of its training samples: it looks at no feature", where, "train another"
        )
    if task not in _SAMPLES:
        raise InputError(f"is of a task {task!r} that this genloom cannot explain", where, "use a newer genloom")
    weighed = task == "targets" or architecture in (_LINEAR if task == "expression" else _WEIGHTS)
    return MATRIX if weighed else ("permutation",)


def _settle_variants(args: Namespace, task: str) -> None:
    """Which files variants need, and what has no meaning with them."""
    if task == "content":
        what = "is a model of content, which tells windows with boundaries from others: it is not asked about variants"
        raise InputError(what, args.model, "give a model of boundaries or activity, or explain --windows")
    if not args.genome:
        raise InputError("--variants needs --genome: alleles are put into its sequence", None, "give the FASTA")
    if task == "activity" and not args.windows:
        raise InputError("--variants needs --windows with the promoters, for a model of activity", None, "give them")
    useless = ("windows", "name", "gene", "region") if task == "boundaries" else ()
    for name in useless:
        if getattr(args, name):
            raise InputError(
                f"{flag(name)} has no meaning with --variants and a model of {task!r}", None, "leave it out"
            )
    if args.sites == "annotated":
        raise InputError("--sites annotated has no meaning with --variants", None, "leave it out")


def _settle_sequence(args: Namespace, task: str) -> None:
    if args.variants:
        _settle_variants(args, task)
        _settle_class(args, task)
        return
    if args.variant_table:
        raise InputError("--variant-table needs --variants", None, "give a VCF, or leave it out")
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
    _settle_class(args, task)


def _settle_class(args: Namespace, task: str) -> None:
    classes = CLASSES[task]
    if args.label and args.label not in classes:
        what = f"has no class {args.label!r}" + (f", its classes are {', '.join(classes)}" if classes else "")
        raise InputError(what, args.model, f"--class {classes[0]}" if classes else "leave --class out")
    if not args.label and classes and not args.variants:  # of variants, that which they change most
        args.label = classes[0]
