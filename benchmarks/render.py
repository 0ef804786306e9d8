#!/usr/bin/env python3
"""Put the table of results.json into the README here."""

from __future__ import annotations

from pathlib import Path

import publish

HERE = Path(__file__).resolve().parent
# name → (what it says, what it should reach)
ROWS = {
    "bin_peaks.vs.bedtools_intersect": ("bin_peaks: times faster than `bedtools intersect -c`", "≥ 40"),
    "bin_peaks_overlap.vs.bedtools_intersect": (
        "the same with `--assign overlap --value count`, bedtools' own task",
        "–",
    ),
    "bin_peaks.vs.polars_parse": ("polars' parse of all columns over bin_peaks", "≥ 0.5"),
    "bin_peaks.of_limit": ("bin_peaks over `cat` of the files", "≤ 20"),
    "bin_peaks.peak_mb": ("bin_peaks: peak memory, MiB", "≤ 477"),
    "assemble_expression.vs.pandas_concat": ("assemble_expression: times faster than pandas concat", "≥ 10"),
    "assemble_expression.vs.pandas_usecols": ("the same, pandas reading two columns", "≥ 4"),
    "assemble_expression.of_limit": ("assemble_expression over `cat` of the files", "≤ 20"),
    "assemble_expression.peak_mb": ("assemble_expression: peak memory, MiB", "≤ 286"),
}


def render() -> dict[Path, str]:
    """The README with the table of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    rows = [
        [text, f"{r['value']:g} ({r['low']:g} to {r['high']:g})" if (r := results.get(name)) else "–", aim]
        for name, (text, aim) in ROWS.items()
    ]
    return {
        HERE / "README.md": publish.insert(
            HERE / "README.md", {"results": publish.table(["", "measured", "aim"], rows)}
        )
    }


if __name__ == "__main__":
    for path, text in render().items():
        path.write_text(text)
