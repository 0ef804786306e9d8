"""One look for all reports: a page that needs nothing but itself, no JavaScript, and a browser of any width.

A report opens with three sentences in plain words (what was asked, how good it is, compared with what). Then come the
sections of `SECTIONS`, the same on every page and in this order, each of parts and these of blocks: text, tables, figures,
facts, code. A section that a report has nothing for says so in a line. Whatever a user gives is text and escaped by Jinja;
only the figures, of `report.look`, are markup.

The style sheet is linked as a `data:` address. Viewers that keep styles from a page, as Galaxy does for tools that its
administrator has not trusted, then drop it whole instead of printing it as text; what is left reads as a plain page.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

HERE = Path(__file__).parent
SECTIONS = {  # name in the page and field of a report → title, and what it says without blocks
    "baselines": ("Beside the baselines", "There is no baseline to hold this against."),
    "figures": ("Figures", "There is nothing to draw."),
    "reading": ("How to read the numbers", "There are no numbers."),
    "data": ("Data and split", "There is nothing to tell of the data."),
    "model": ("The model", "No model file was given; its card would stand here."),
    "again": ("How to make this again", "It cannot be made again."),
}
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
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
    """A figure: `svg` from `look.svg`, what it shows (caption), and what a reader sees in it (alt)."""

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
class Part:
    """Blocks of a section under a heading of their own, or under none."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole report, each field from `baselines` on a section of `SECTIONS`.

    Attributes
    ----------
    asked, found, compared : the three sentences
    good : whether the model was found better than the simplest baseline; colours the second sentence
    numbers : the few numbers to remember: (name, value, words under it)
    baselines : what the model is held against, the table first
    figures : in parts, with the tables that tell more
    reading : what the numbers mean, by their names
    data : of `parts.data`; model : the card; again : of `parts.again`
    """

    title: str
    asked: str
    found: str
    compared: str
    good: bool
    numbers: Sequence[tuple[str, str, str]]
    baselines: Sequence[Block]
    figures: Sequence[Part]
    reading: Mapping[str, str]
    data: Sequence[Block]
    model: Sequence[Block]
    again: Sequence[Block]

    @property
    def sections(self) -> list[Section]:
        """All of them, in their order."""
        filled = {
            "baselines": [Part("", self.baselines)],
            "figures": self.figures,
            "reading": [Part("", [Facts(self.reading)] if self.reading else [])],
            "data": [Part("", self.data)],
            "model": [Part("", self.model)],
            "again": [Part("", self.again)],
        }
        return [
            Section(name, title, [part for part in filled[name] if part.blocks] or [Part("", [Text([nothing])])])
            for name, (title, nothing) in SECTIONS.items()
        ]


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
        finalize=_seen,
    )
    environment.filters["markup"] = Markup
    style = base64.b64encode((HERE / "page.css").read_bytes()).decode()
    return environment.get_template("page.html").render(report=report, style=style, version=__version__)


def _seen(value: Any) -> Any:
    """Text without what no reader sees but what changes the words around it, such as marks that turn the direction of writing."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


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
