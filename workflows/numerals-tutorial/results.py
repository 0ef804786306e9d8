#!/usr/bin/env python3
"""The table of the README: the workflow on all numerals, through the scripts."""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import publish  # noqa: E402

COMMAND = "make results-numerals-tutorial"
MODELS = ("cnn", "logistic", "knn", "majority")
MEASURES = ("accuracy", "balanced_accuracy", "log_loss")


def entries(folder: Path) -> list[publish.Entry]:
    """The measures of the models on the images held out."""

    matrix, split = folder / "digits.h5ad", folder / "split.tsv"
    table = ["--fact-columns", "digit", "--orientation", "samples-in-rows", "--unit", "intensity"]
    publish.run("assemble_expression", "--matrix", HERE / "digits.csv.gz", *table, "--output", matrix)
    publish.run(
        "split_samples",
        "--matrix",
        matrix,
        "--method",
        "hold-out",
        "--test-share",
        0.25,
        "--stratify",
        "digit",
        "--output",
        split,
    )
    model, predictions, metrics = (folder / name for name in ("model.safetensors", "predictions.tsv", "metrics.tsv"))
    given = [
        "--task",
        "classes",
        "--architecture",
        "cnn",
        "--compare",
        "logistic",
        "--label",
        "digit",
    ]
    publish.run(
        "train_model", *given, "--matrix", matrix, "--split", split, "--model", model, "--predictions", predictions
    )
    publish.run(
        "plot_results", "--task", "classes", "--predictions", predictions, "--model", model, "--metrics", metrics
    )
    with metrics.open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["metric"] in MEASURES]
    return [
        publish.entry(
            f"digits.{row['metric']}" + ("" if row["model"] == "cnn" else f".{row['model']}"),
            float(row["value"]),
            *(float(row[bound]) if row[bound] else None for bound in ("low", "high")),
            int(row["n"]),
            "nats" if row["metric"] == "log_loss" else "share",
            COMMAND,
        )
        for row in rows
        if row["model"] in MODELS
    ]


def render() -> dict[Path, str]:
    """The README with the table of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    rows = [
        [name, *(publish.cell(results.get(f"digits.{m}" + ("" if name == "cnn" else f".{name}"))) for m in MEASURES)]
        for name in MODELS
    ]
    block = publish.table(["model", *(measure.replace("_", " ") for measure in MEASURES)], rows)
    return {HERE / "README.md": publish.insert(HERE / "README.md", {"results": block})}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        publish.write(entries(Path(temporary)), HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)
