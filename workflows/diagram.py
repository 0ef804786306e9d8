"""Draw each workflow's CWL file as diagram.svg beside it: files that go in, steps with what comes out. `make workflows`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
WIDTH, GAP, LINE, PAD, CHARACTERS = 190, 52, 17, 9, 24
INK, INPUT, OUTPUT = "#2c3143", "#3b6ea5", "#3f8a54"


@dataclass
class Box:
    """Lines of text with their style, in a frame; without lines, a place where a long arrow passes a column."""

    column: int
    lines: list[tuple[str, str]] = field(default_factory=list)  # style, text
    frame: str = INK
    top: float = 0.0

    @property
    def height(self) -> float:
        return LINE * len(self.lines) + 2 * PAD if self.lines else 8

    @property
    def left(self) -> float:
        return 14 + self.column * (WIDTH + GAP)

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    def svg(self) -> str:
        if not self.lines:
            return f'<path d="M{self.left} {self.middle:.0f}h{WIDTH}" {STROKE}/>'
        place = f'x="{self.left}" y="{self.top:.0f}" width="{WIDTH}" height="{self.height}"'
        parts = [f'<rect {place} rx="6" fill="#ffffff" stroke="{self.frame}" stroke-width="2"/>']
        for number, (style, text) in enumerate(self.lines):
            place = f'x="{self.left + WIDTH / 2:.0f}" y="{self.top + PAD + LINE * (number + 0.75):.0f}"'
            parts.append(f'<text {place} text-anchor="middle"{style}>{escape(text)}</text>')
        return "\n".join(parts)


STROKE = f'stroke="{INK}" stroke-width="1.4" fill="none"'


def draw(path: Path) -> str:
    """The SVG of a CWL workflow."""
    workflow = yaml.safe_load(path.read_text())
    boxes: dict[str, Box] = {}
    links: list[tuple[str, str]] = []
    for name, each in workflow["inputs"].items():
        if "File" in str(each["type"]):
            boxes[name] = Box(0, _lines(each["label"]), INPUT)
    for name, step in workflow["steps"].items():  # written in the order they run
        before = [each for each in dict.fromkeys(map(_start, _sources(step))) if each in boxes]
        made = [each["label"] for each in workflow["outputs"].values() if _start(each["outputSource"]) == name]
        lines = _lines(step["label"], ' font-weight="bold"') + _lines(Path(step["run"]).stem)
        boxes[name] = Box(
            1 + max(boxes[each].column for each in before), lines + _lines(", ".join(made), f' fill="{OUTPUT}"')
        )
        links += [link for each in before for link in _passing(boxes, each, name)]
    _lay_out(boxes, links)
    width = 28 + WIDTH + max(box.column for box in boxes.values()) * (WIDTH + GAP)
    height = 14 + max(box.top + box.height for box in boxes.values())
    shapes = [_arrow(boxes[start], boxes[end]) for start, end in links] + [box.svg() for box in boxes.values()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
            f'viewBox="0 0 {width} {height:.0f}" font-family="sans-serif" font-size="13" fill="{INK}">',
            f"<title>{escape(workflow['label'])}: files that go in, steps, and what comes out of each</title>",
            f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def _sources(step: dict[str, Any]) -> list[str]:
    given = [each.get("source", []) if isinstance(each, dict) else each for each in step["in"].values()]
    return [source for each in given for source in (each if isinstance(each, list) else [each])]


def _start(source: str) -> str:
    return source.partition("/")[0]


def _lines(text: str, style: str = "") -> list[tuple[str, str]]:
    return [(style, line) for line in wrap(text, CHARACTERS)]


def _passing(boxes: dict[str, Box], start: str, end: str) -> list[tuple[str, str]]:
    """The links from start to end, by way of a new place in each column between."""
    way = [start]
    for column in range(boxes[start].column + 1, boxes[end].column):
        way.append(f"{start}>{column}")  # one way for all that goes there
        boxes.setdefault(way[-1], Box(column))
    return list(zip(way, [*way[1:], end], strict=True))


def _lay_out(boxes: dict[str, Box], links: list[tuple[str, str]]) -> None:
    """Columns from the left, each in the order of the mean height of what leads there."""
    for column in range(1 + max(box.column for box in boxes.values())):
        heights = {
            name: [boxes[start].middle for start, end in links if end == name]
            for name, box in boxes.items()
            if box.column == column
        }
        wanted = {name: sum(each) / len(each) if each else 0.0 for name, each in heights.items()}
        top = 14.0
        for name in sorted(wanted, key=lambda name: wanted[name]):
            box = boxes[name]
            box.top = max(top, wanted[name] - box.height / 2)
            top = box.top + box.height + 16


def _arrow(start: Box, end: Box) -> str:
    x, y, to, at = start.left + WIDTH, start.middle, end.left, end.middle
    tip = 8 if end.lines else 0
    curve = (
        f'<path d="M{x} {y:.0f}C{x + GAP / 2:.0f} {y:.0f} {to - GAP / 2:.0f} {at:.0f} {to - tip} {at:.0f}" {STROKE}/>'
    )
    return curve + (f'<path d="M{to} {at:.0f}l-9 -4.5v9z"/>' if end.lines else "")


def diagrams() -> dict[Path, str]:
    """path → text of every diagram."""
    return {
        path.with_name("diagram.svg"): draw(path)
        for path in sorted(HERE.glob("*/*.cwl"))
        if path.stem == path.parent.name
    }


if __name__ == "__main__":
    for path, text in diagrams().items():
        path.write_text(text)
