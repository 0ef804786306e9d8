"""Letters as high as what they stand for: contributions of bases, and motifs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from .look import CHOSEN, OTHER, SHADE, WIDTH, finish, styled

COLOURS = {"A": "#00795a", "C": CHOSEN, "G": "#a87000", "T": "#b34a00"}
_HEIGHT = 1.25  # inches of a row


@cache
def _letter(name: str) -> Path:
    """A letter in the unit square."""
    path = TextPath((0, 0), name, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    low, high = path.vertices.min(0), path.vertices.max(0)
    return Path((path.vertices - low) / (high - low), path.codes)


def _draw(axes: Axes, heights: np.ndarray, first: int) -> None:
    """(n, 4) heights of A, C, G, T: above the line the largest on top, below it the most negative at the bottom."""
    for place, row in enumerate(heights):
        up = down = 0.0
        for i in np.argsort(np.abs(row), kind="stable"):
            height = float(row[i])
            if abs(height) < 1e-9:
                continue
            base = up if height > 0 else down + height
            shape = Affine2D().scale(0.92, abs(height)).translate(first + place - 0.46, base)
            axes.add_patch(
                PathPatch(_letter("ACGT"[i]), transform=shape + axes.transData, color=COLOURS["ACGT"[i]], linewidth=0)
            )
            up, down = (up + height, down) if height > 0 else (up, down + height)
    axes.set_xlim(first - 0.6, first + len(heights) - 0.4)
    low, high = np.minimum(heights, 0).sum(1).min(initial=0), np.maximum(heights, 0).sum(1).max(initial=0)
    margin = 0.05 * max(high - low, 1e-6)
    axes.set_ylim(low - margin, high + margin)
    axes.axhline(0, color=OTHER, linewidth=0.6)
    axes.locator_params(axis="y", nbins=3)


@styled
def logo(heights: np.ndarray, first: int, xlabel: str, ylabel: str, title: str = "") -> Figure:
    """One row of letters; the first stands at `first`."""
    figure = Figure(figsize=(WIDTH, _HEIGHT + 0.55))
    axes = figure.subplots()
    _draw(axes, heights, first)
    finish(axes, title, xlabel, ylabel)
    return figure


@styled
def rows(each: Sequence[tuple[str, np.ndarray, int]], xlabel: str, ylabel: str) -> Figure:
    """A row of letters for each (name, heights, first place)."""
    figure = Figure(figsize=(2 * WIDTH, max(len(each), 1) * (_HEIGHT + 0.25) + 0.3))
    if not each:
        figure.text(0.5, 0.5, "nothing to show", ha="center", va="center", color=OTHER)
        return figure
    panels = figure.subplots(len(each), 1, squeeze=False)[:, 0]
    for axes, (name, heights, first) in zip(panels, each, strict=True):
        _draw(axes, heights, first)
        finish(axes, name, "", ylabel)
    panels[-1].set_xlabel(xlabel)
    return figure


@styled
def profile(places: np.ndarray, values: np.ndarray, xlabel: str, ylabel: str, title: str = "") -> Figure:
    """Values by place, as a filled line."""
    figure = Figure(figsize=(WIDTH, 2.4))
    axes = figure.subplots()
    axes.fill_between(places, values, color=CHOSEN, alpha=0.25, linewidth=0, step="mid", gid=SHADE)
    axes.step(places, values, color=CHOSEN, where="mid", linewidth=1.0)
    axes.set_xlim(places[0], places[-1])
    axes.set_ylim(0, None)
    finish(axes, title, xlabel, ylabel, "y")
    return figure
