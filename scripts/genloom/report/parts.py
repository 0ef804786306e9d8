"""What the reports of all tasks are made of: figures to draw, numbers in words, and the sections they share."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .. import __version__
from ..learning.metrics import Metric
from . import figures, page
from .page import Cell, Code, Facts, Picture, Table, Text, number

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
        return Picture(figures.svg(self.draw(), self.name), self.title, self.caption, self.alt)


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


def losses(history: History) -> Table:
    """The numbers of the training curves."""
    known: dict[str, dict[int, dict[str, float]]] = {}
    for part, folds in history.items():
        for name, (at, values) in folds.items():
            for epoch, value in zip(at.astype(int).tolist(), values.tolist(), strict=True):
                known.setdefault(name, {}).setdefault(epoch, {})[part] = value
    rows: list[list[Cell]] = [
        [name, str(epoch), *(number(loss.get(part, np.nan), 4) for part in history)]
        for name, epochs in known.items()
        for epoch, loss in epochs.items()
    ]
    return Table(
        "Loss after each epoch",
        ["Network", "Epoch", *(part.capitalize() for part in history)],
        rows[:ROWS],
        note=f"The first {ROWS} of {len(rows)} rows." if len(rows) > ROWS else "",
    )


def card_facts(card: Mapping[str, Any]) -> dict[str, str]:
    """A model's card for the eye; names of targets are shown by their number and first few."""
    order = ("task", "architecture", "settings", "features", "targets", "unit", "assembly", "fitted_on", "seed")
    keys = [*(key for key in order if key in card), *sorted(set(card) - {*order, "format"})]
    return {key.replace("_", " ").capitalize(): page.plain(card[key], 5 if key == "targets" else 8) for key in keys}


def again(options: Sequence[str], inputs: Mapping[str, str], intervals: str, trained: bool) -> list[page.Block]:
    """How a report was made: the command with its options, versions and digests of the inputs, and the intervals."""
    command = "genloom-plot-results " + " \\\n    ".join(options)
    versions = {
        "genloom": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("matplotlib", "numpy", "polars")},
    }
    facts = {"Report made with": page.plain(versions), **inputs, "Intervals": intervals}
    card = " The settings, seed and data digests of the training are in the model card." if trained else ""
    return [Text([f"The file names stand for your own.{card}"]), Code(command), Facts(facts)]


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
