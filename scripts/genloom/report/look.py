"""The look of all figures: small, drawn alike, the same bytes for the same numbers, readable at the width of a phone.

Colours are near those of Okabe & Ito's palette for colour-blind readers, and never the only mark. On white, what is drawn in
them has a contrast of 3 to 1 or more, text 4.5 to 1; fainter are the lines of a grid alone, and what is drawn as `SHADE`
beneath numbers or lines that say the same. Text becomes outlines, so that a figure looks the same in every browser, and no
name a user gives can be read as markup.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

CHOSEN, OTHER, MEAN, INK, PALE, FAINT = "#0072b2", "#5f6b76", "#b34a00", "#1c2329", "#84909a", "#c9d0d6"
DENSITY = LinearSegmentedColormap.from_list("density", ["#5599c9", "#2f86be", "#005f96", "#012f4b"], N=32)
SHADE = "shade"  # gid of what may be fainter than a mark
FORMATS = ("png", "svg", "pdf")
WIDTH = 5.0  # inches: about the width of a phone, half that of a page
PANEL = 2.35  # inches of a figure that is one of many
SMALL = 9.5  # points, of notes inside a figure
DASHED = (0, (4, 2))
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": OTHER,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": OTHER,
    "ytick.color": OTHER,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
}
P = ParamSpec("P")


@contextlib.contextmanager
def _style() -> Iterator[None]:
    """The look of all figures, whatever the user's own matplotlibrc says, without a word on glyphs the font lacks."""
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in this look."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _style():
            return draw(*args, **kwargs)

    return drawn


def save(figure: Figure, path: Path, kind: str, name: str = "") -> None:
    """Write a figure as `png`, `svg` or `pdf`, without a date. `name`, by default that of the file, seeds its ids."""
    path.write_bytes(_render(figure, kind, name or path.stem))


def svg(figure: Figure, name: str) -> str:
    """A figure as an `<svg>` element to put into a page. `name` goes before its ids: give each figure another."""
    text = _render(figure, "svg", name).decode()
    text = text[text.index("<svg") :]
    for waste in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"<!--.*?-->"):
        text = re.sub(waste, "", text, flags=re.DOTALL)
    opening = r'<svg viewBox="{}" stroke-linejoin="round" stroke-linecap="butt" aria-hidden="true" focusable="false">'
    text = re.sub(r'<svg[^>]*?viewBox="([^"]*)"[^>]*>', lambda found: opening.format(_window(found[1])), text, count=1)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _window(box: str) -> str:
    """A viewBox as wide as those of other figures of its kind: a page draws them in one width, so letters are of one size."""
    *corner, width, height = map(float, box.split())
    kind = next((most for most in (72 * (PANEL + 0.1), 72 * (WIDTH + 0.1)) if width <= most), width)
    return " ".join(f"{each:g}" for each in (*corner, kind, height))


def _render(figure: Figure, kind: str, name: str) -> bytes:
    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    memory = io.BytesIO()
    with _style(), matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(memory, format=kind, metadata=undated, bbox_inches="tight", pad_inches=0.04)
    return memory.getvalue()


def contrast(colour: str, other: str = "#ffffff") -> float:
    """Of two colours such as #0072b2, from 1 to 21, as WCAG 2 has it."""

    def luminance(code: str) -> float:
        parts = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def finish(axes: Axes, title: str, xlabel: str = "", ylabel: str = "", grid: str = "") -> None:
    """The last touches of axes: their labels, a grid along `x`, `y` or both, and a title, if any."""
    if xlabel:
        axes.set_xlabel(xlabel)
    if ylabel:
        axes.set_ylabel(ylabel)
    if grid:
        axes.grid(axis=grid)  # type: ignore[arg-type]
    if title:
        axes.set_title(short(title, 60))


def legend(axes: Axes) -> None:
    """What the marks are, under the figure."""
    marks, names = axes.get_legend_handles_labels()
    assert isinstance(axes.figure, Figure)
    axes.figure.legend(marks, names, loc="outside lower center", ncols=2, fontsize=SMALL)


def short(text: str, limit: int = 26) -> str:
    """A name that fits beside an axis: on one line, the middle of a long one left out."""
    text = " ".join(str(text).split())
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit // 2 - 1) :]}"
