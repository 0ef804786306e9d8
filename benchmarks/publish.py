"""Figures that a README quotes: a list of entries in a results.json, and the tables made of it between two marks.

An entry is {"name", "value", "low", "high", "n", "unit", "command"}; bounds are null where there are none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def run(script: str, *arguments: object) -> None:
    """Run a script of this checkout."""
    command = [sys.executable, SCRIPTS / f"{script}.py", *arguments]
    subprocess.run([str(each) for each in command], check=True)


def entry(name: str, value: float, low: float | None, high: float | None, n: int, unit: str, command: str) -> Entry:
    """An entry, its numbers with four significant digits."""
    told = (None if v is None or v != v else float(f"{v:.4g}") for v in (value, low, high))
    return {
        "name": name,
        **dict(zip(("value", "low", "high"), told, strict=True)),
        "n": n,
        "unit": unit,
        "command": command,
    }


def write(entries: Sequence[Entry], path: Path) -> None:
    """Write the entries in the order of their names."""
    path.write_text(json.dumps(sorted(entries, key=lambda e: e["name"]), indent=1) + "\n")


def read(path: Path) -> dict[str, Entry]:
    """name → entry."""
    return {each["name"]: each for each in json.loads(path.read_text())}


def cell(found: Entry | None, digits: int = 3) -> str:
    """`0.292 (0.207 to 0.345)`, without bounds where there are none."""
    if found is None or found["value"] is None:
        return "–"
    text = f"{found['value']:.{digits}f}"
    return text if found["low"] is None else f"{text} ({found['low']:.{digits}f} to {found['high']:.{digits}f})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def insert(readme: Path, blocks: Mapping[str, str]) -> str:
    """The text of a README with each block put between `<!-- name -->` and `<!-- /name -->`."""
    text = readme.read_text()
    for name, block in blocks.items():
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        assert after, f"{readme} lacks the marks of {name}"
        text = before + start + block + end + after
    return text
