"""One look for all reports: a page that needs nothing but itself, no JavaScript, and a browser of any width.

A report opens with three sentences in plain words (what was asked, how good it is, compared with what), then come
sections of blocks: text, tables, figures, facts, code. Whatever a user gives is text and escaped by Jinja; only the
figures of `report.figures` are markup.

The style sheet is linked as a `data:` address. Viewers that keep styles from a page, as Galaxy does for tools that its
administrator has not trusted, then drop it whole instead of printing it as text; what is left reads as a plain page.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

HERE = Path(__file__).parent
Cell = str | tuple[str, str]  # a value, or a value and the smaller words under it


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    paragraphs: Sequence[str]
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Table:
    """Rows under a header; the first cell of a row names it. `strong`: the row to stand out."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    strong: int | None = None
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Picture:
    """A figure: `svg` from `figures.svg`, what it shows (caption), and what a reader sees in it (alt)."""

    svg: str
    title: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Pictures:
    """Figures side by side where the page is wide enough; `small` for many little ones under one caption."""

    pictures: Sequence[Picture]
    small: bool = False
    caption: str = ""
    kind: ClassVar[str] = "pictures"


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    facts: Mapping[str, str]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Code:
    """Commands to copy."""

    text: str
    kind: ClassVar[str] = "code"


Block = Text | Table | Pictures | Facts | Code


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes
    ----------
    asked, found, compared : the three sentences
    good : whether the model was found better than the simplest baseline; colours the second sentence
    numbers : the few numbers to remember: (name, value, words under it)
    """

    title: str
    asked: str
    found: str
    compared: str
    good: bool
    numbers: Sequence[tuple[str, str, str]]
    sections: Sequence[Section]


def render(report: Report) -> str:
    """The report as HTML, the same bytes for the same report."""
    import jinja2
    from markupsafe import Markup

    from .. import __version__

    loader = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["markup"] = Markup
    style = base64.b64encode((HERE / "page.css").read_bytes()).decode()
    return environment.get_template("page.html").render(report=report, style=style, version=__version__)


def write(report: Report, path: str | Path) -> None:
    """Write the report."""
    Path(path).write_text(render(report), encoding="utf-8", newline="")


def plain(value: Any, limit: int = 8) -> str:
    """Whatever a model card holds, in a line: long lists by their number and first items."""
    if isinstance(value, Mapping):
        return (
            "; ".join(
                f"{key} ({plain(v, limit)})" if isinstance(v, Mapping) else f"{key} {plain(v, limit)}"
                for key, v in value.items()
            )
            or "none"
        )
    if isinstance(value, list | tuple):
        shown = ", ".join(plain(v, limit) for v in value[:limit])
        return f"{len(value):,}: {shown}, …" if len(value) > limit else shown or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 300 else f"{text[:299]}…"


def number(value: float, digits: int = 2) -> str:
    """A number for the eye: fixed digits, a true minus sign, a dash where there is none."""
    if value != value:
        return "\N{EN DASH}"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
