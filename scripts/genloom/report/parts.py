"""What the reports of all tasks are made of: figures to draw, numbers in words, and the sections they share."""

from __future__ import annotations

import platform
import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, TypeVar

import numpy as np
from matplotlib.figure import Figure

from .. import __version__
from ..formats import modelfile, results
from ..learning import tasks
from ..learning.metrics import Metric
from . import figures, look, page
from .page import Block, Cell, Code, Facts, Part, Picture, Pictures, Table, Text, number

T = TypeVar("T")
ROWS = 60  # of a table in the page; longer ones are files of their own
History = Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]  # of formats.results.read_history


@dataclass(frozen=True)
class Plot:
    """A figure to be drawn: for the page under an HTML heading, for a file with the title inside."""

    name: str
    title: str
    draw: Callable[..., Figure]
    caption: str
    alt: str

    def picture(self) -> Picture:
        return Picture(look.svg(self.draw(), self.name), self.title, self.caption, self.alt)


def training(history: History, noun: str = "fold") -> Plot:
    """The training curves; `noun` says what each of them is of."""
    most = max(len(each) for each in history.values())
    return Plot(
        "training",
        "Training curves",
        partial(figures.curves, history),
        f"Loss after each epoch, a line a {noun}; a dot where the validation loss of a {noun} was lowest."
        + (f" The first {figures.FOLDS} of {most} {noun}s are drawn." if most > figures.FOLDS else ""),
        "Loss by epoch of " + ", ".join(f"{part} ({len(each)} {noun}s)" for part, each in history.items()) + ".",
    )


def losses(history: History, noun: str = "network") -> Table:
    """The training curves in a line each: where the validation loss, or else the training loss, was lowest."""
    names = list(dict.fromkeys(name for each in history.values() for name in each))
    judge = "validation" if "validation" in history else next(iter(history))
    rows: list[list[Cell]] = []
    for name in names:
        epochs, values = history[judge].get(name, (np.zeros(0), np.zeros(0)))
        best = int(np.argmin(values)) if len(values) else 0
        last = max(int(each[name][0][-1]) for each in history.values() if name in each)
        row: list[Cell] = [name, str(last), str(int(epochs[best])) if len(epochs) else "\N{EN DASH}"]
        for part in history:
            known = dict(zip(*(each.tolist() for each in history[part].get(name, (epochs, values))), strict=True))
            row.append(number(known.get(float(epochs[best]), np.nan) if len(epochs) else np.nan, 4))
        rows.append(row)
    heads = [
        noun.capitalize(),
        "Last epoch",
        f"Lowest {judge} loss at epoch",
        *(f"{part.capitalize()} loss there" for part in history),
    ]
    return table("Training in numbers", heads, rows)


def trained(history: History | None, noun: str = "network") -> list[Part]:
    """The part of the figures on training, where there are curves."""
    if not history or not any(history.values()):
        return []
    return [Part("Training", [Pictures([training(history, noun).picture()]), losses(history, noun)])]


def table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    note: str = "",
    strong: int | None = None,
    noun: str = "row",
) -> Table:
    """A table of no more rows than a page should have; how many it leaves out is said before the note."""
    cut = f"The first {ROWS} of {len(rows):,} {noun}s." if len(rows) > ROWS else ""
    return Table(caption, header, rows[:ROWS], " ".join(filter(None, (cut, note))), strong)


def some(facts: Mapping[str, str]) -> dict[str, str]:
    """Those that say something."""
    return {name: fact for name, fact in facts.items() if fact}


def left_out(reasons: Mapping[str, int]) -> str:
    """Why how many were left out."""
    return "; ".join(f"{n:,} {reason}" for reason, n in reasons.items()) or "none"


def drawn(plots: Sequence[Plot], *names: str) -> list[Pictures]:
    """The figures of these names as a block, those that there are."""
    found = [plot.picture() for name in names for plot in plots if plot.name == name]
    return [Pictures(found)] if found else []


TOLD = ("data", "split", "audit")  # of a card, that `data` tells


def card_facts(card: Mapping[str, Any] | None) -> list[Block]:
    """A model's card for the eye, but for what `data` tells; names of targets are shown by their number and first few."""
    if card is None:
        return []
    order = ("task", "architecture", "settings", "features", "targets", "unit", "assembly", "fitted_on", "seed")
    keys = [*(key for key in order if key in card), *sorted(set(card) - {*order, *TOLD, "format"})]
    shown = {key.replace("_", " ").capitalize(): page.plain(card[key], 5 if key == "targets" else 8) for key in keys}
    return [Facts(some(shown))]


def data(card: Mapping[str, Any] | None, facts: Mapping[str, str], *blocks: Block) -> list[Block]:
    """Counts, further blocks on them, and what the card tells of the training: digests, and what the audit of its split found."""
    return [Facts(some(facts)), *blocks, *(origin(card) if card else [])]


def origin(card: Mapping[str, Any]) -> list[Block]:
    """What the audit of its split found, as `learning.audit.record` has it, and what a model learned from, by digests."""
    record, files = card.get("audit"), card.get("data")
    facts = {"Audit of the split": "the card tells of none; audit_split looks for leaks"}
    rows: list[list[Cell]] = []
    if isinstance(record, Mapping):
        said = [str(each).partition(": ") for each in record.get("findings") or []]
        rows = [[level, what] for level, _, what in said]
        facts["Audit of the split"] = count(len(rows), "finding") if rows else "no leak was found"
        facts["A leak is allowed because"] = str(record.get("allowed") or "")
    if isinstance(files, Mapping):
        facts |= {f"SHA-256 of the {name} trained on": str(digest) for name, digest in files.items()}
    if isinstance(card.get("split"), str):
        facts["SHA-256 of the split trained on"] = card["split"]
    return [
        Facts(some(facts)),
        *([table("What the audit of the split found", ["Level", "Finding"], rows)] if rows else []),
    ]


def model_of(args: Namespace) -> tuple[dict[str, Any] | None, str]:
    """The card of the model that the arguments of plot_results name, if any, and what to call the model."""
    card = modelfile.read(args.model, args.task)[0] if args.model else None
    return card, getattr(args, "model_name", None) or (card["architecture"] if card else "model")


def given(read: Callable[..., T], path: str | None, *more: object) -> T | None:
    """What is read from a file, where one is given."""
    return read(path, *more) if path else None


FILES = {  # option → the name that stands for the user's file, and what it holds
    "predictions": ("predictions.tsv", "predictions"),
    "scores": ("metrics.tsv", "measures"),
    "compare": ("compare.tsv", "table compared with"),
    "places": ("places.bed", "places"),
    "split": ("split.tsv", "split"),
    "permutations": ("permutations.tsv", "permutations"),
    "history": ("history.tsv", "training curves"),
    "features": ("features.tsv", "features"),
    "samples": ("samples.tsv", "samples"),
    "model": ("model.safetensors", "model"),
}


@dataclass(frozen=True)
class Made:
    """How plot_results makes a report: its options, with names that stand for the user's files, and digests of its inputs.

    title : of the report
    """

    title: str
    options: Sequence[str]
    digests: Mapping[str, str]
    bootstrap: int
    seed: int

    @classmethod
    def of(cls, args: Namespace, title: str, *more: str, **contents: str) -> Made:
        """From the arguments of plot_results.

        title : where the arguments say none; more : further options
        contents : option → digest of what a file holds, in place of that of its text
        """
        takes = (*tasks.REPORTED[args.task], *tasks.REPORT_TAKES[args.task])
        options, digests = [f"--task {args.task}"], {}
        for name in ("predictions", *(name for name in takes if name not in tasks.REPORT_WRITES), "title"):
            value = getattr(args, name)
            if value is True:
                options.append(tasks.flag(name))
            elif value and name in FILES:
                file, what = FILES[name]
                file = file.replace(".tsv", ".h5ad") if name in contents else file
                digests[what] = contents.get(name) or (modelfile if name == "model" else results).digest(value)
                options.append(f"{tasks.flag(name)} {file}")
            elif value:
                words = value if isinstance(value, list) else [value]
                options.append(f"{tasks.flag(name)} {' '.join(shlex.quote(str(word)) for word in words)}")
        return cls(args.title or title, [*options, *more], digests, args.bootstrap, args.seed)

    def again(self, units: str = "", note: str = "") -> list[Block]:
        """The section. `units` : what the bootstrap draws, where intervals are drawn; `note` : more on them."""
        options = [
            *self.options,
            *([f"--bootstrap {self.bootstrap} --seed {self.seed}"] if units else []),
            "--report report.html",
        ]
        intervals = "none"
        if units and self.bootstrap:
            intervals = f"{self.bootstrap:,} draws of {units}, seed {self.seed}"
        facts = {**{f"SHA-256 of the {name}": digest for name, digest in self.digests.items()}}
        facts["95% intervals"] = f"{intervals}{note}"
        return again("plot-results", options, ("matplotlib", "numpy", "polars"), facts)


def again(
    script: str, options: Sequence[str], packages: Sequence[str], facts: Mapping[str, str], note: str = ""
) -> list[Block]:
    """How to make a report again: the command, the versions of `packages`, and facts such as digests."""
    command = " \\\n    ".join([f"genloom-{script}", *options])
    versions = {"genloom": __version__, "python": platform.python_version()}
    versions |= {name: version(name).partition("+")[0] for name in packages}
    said = " ".join(filter(None, ("The file names stand for your own.", note)))
    return [Text([said]), Code(command), Facts({"Versions": page.plain(versions), **facts})]


# ---------------------------------------------------------------- words


def standing(differences: Mapping[str, Metric], said: Callable[[str], str], lower: bool = False) -> str:
    """Where a model stands: better than those, not told apart from these, worse than others.

    differences : other model → the measure of the model less that of the other; lower : less is better
    said : what to call the other one
    """
    places: dict[str, list[str]] = {"better than": [], "not told apart from": [], "worse than": []}
    for name, each in differences.items():
        low, high = (end if np.isfinite(end) else each.value for end in (each.low, each.high))
        low, high = (-high, -low) if lower else (low, high)
        places["better than" if low > 0 else "worse than" if high < 0 else "not told apart from"].append(said(name))
    return "; ".join(f"{place} {listed(names)}" for place, names in places.items() if names)


def sentence(*clauses: str) -> str:
    """Clauses as one sentence."""
    text = "; ".join(filter(None, clauses))
    return f"{text[:1].upper()}{text[1:]}."


def measure(e: Any, name: str, model: str | None = None) -> Metric:
    """A measure that an evaluation is bound to have."""
    metric: Metric | None = e.get(name, model)
    assert metric is not None, name
    return metric


def interval(metric: Metric, show: Callable[[float], str] = number) -> str:
    return f"{show(metric.low)} to {show(metric.high)}" if np.isfinite(metric.low) else ""


def span(metric: Metric, show: Callable[[float], str] = number) -> str:
    around = interval(metric, show)
    return f"{show(metric.value)} ({f'95% interval {around}' if around else 'no interval'})"


def brief(metric: Metric, show: Callable[[float], str] = number) -> str:
    """A further number of a sentence that says what its intervals are."""
    around = interval(metric, show)
    return f"{show(metric.value)}{f' ({around})' if around else ''}"


def rate(value: float) -> str:
    """A number that may be small or go into the thousands."""
    return f"{value:,.0f}" if value >= 100 else number(value, 2)


def percent(value: float) -> str:
    return f"{number(100 * value, 1)}%" if np.isfinite(value) else number(value)


def count(number_of: int, noun: str) -> str:
    return f"{number_of:,} {noun}{'' if number_of == 1 else 's'}"


def the(model: str, start: bool = False) -> str:
    text = "the model" if model == "model" else f"the {model} model"
    return text[0].upper() + text[1:] if start else text


def listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
