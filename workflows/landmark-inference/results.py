#!/usr/bin/env python3
"""The results on two studies of tumours: GENLOOM_TEST_DATA=FOLDER make results-landmark-inference.

943 landmark and 9,520 target probes of 209 arrays in FOLDER/landmark: samples held out at random over both studies, and each
study held out whole. Writes results.json and the tables of the README.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import publish  # noqa: E402

COMMAND = "make results-landmark-inference"
MODELS = ("stack", "kriging", "kernel-ridge", "ridge", "mlp", "pls", "knn", "linear", "mean")
SPLITS = {"random": "samples held out at random", "across": "a whole study held out"}
METHOD = {"random": ["--method", "k-fold"], "across": ["--method", "leave-one-group-out", "--group", "study"]}
GENES = {
    "landmark": ("derived_landmark_943x209.tsv.gz", "map_lm.txt"),
    "target": ("derived_target_9520x209.tsv.gz", "map_tg.txt.gz"),
}


def lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()


def assemble(folder: Path, data: Path) -> None:
    """Matrices of the landmark and the target probes. Genes have several probes: their ids are those of the probes."""
    labels = [line.split("\t") for line in lines(data / "derived_labels.tsv")[1:]]
    sheet = "".join(f"{name}\t{name.split('_')[0]}\t{label}\n" for name, label in labels)
    (folder / "sheet.tsv").write_text(f"sample\tstudy\tlabel\n{sheet}")
    for kind, (values, names) in GENES.items():
        head, *rows = lines(data / values)
        known = [line.split() for line in lines(data / names)]
        assert [row.split("\t", 1)[0] for row in rows] == [symbol for symbol, *_ in known]
        table = ["probe\tsymbol\t" + head.split("\t", 1)[1]]
        table += [f"{each[2]}\t{each[0]}\t" + row.split("\t", 1)[1] for row, each in zip(rows, known, strict=True)]
        (folder / f"{kind}.tsv").write_text("\n".join(table) + "\n")
        given = ["--matrix", folder / f"{kind}.tsv", "--fact-columns", "symbol", "--sheet", folder / "sheet.tsv"]
        publish.run("assemble_expression", *given, "--unit", "log2", "--output", folder / f"{kind}.h5ad")


def judge(folder: Path, split: str) -> None:
    """Train and judge on one split."""
    matrix, path = folder / "target.h5ad", folder / split
    publish.run("split_samples", "--matrix", matrix, *METHOD[split], "--output", f"{path}.split.tsv")
    given = ["--expression", matrix, "--landmarks", folder / "landmark.h5ad", "--split", f"{path}.split.tsv"]
    out = ["--model", f"{path}.safetensors", "--predictions", f"{path}.h5ad", "--history", f"{path}.history.tsv"]
    publish.run("train_model", "--task", "targets", *given, "--compare", "kriging", "kernel-ridge", "mlp", *out)


def report(folder: Path, split: str) -> None:
    """Measure the predictions of one split, and write its report."""
    path = folder / split
    given = ["--predictions", f"{path}.h5ad", "--model", f"{path}.safetensors", "--history", f"{path}.history.tsv"]
    out = ["--metrics", f"{path}.metrics.tsv", "--gene-table", f"{path}.genes.tsv", "--report", f"{path}.html"]
    publish.run("plot_results", "--task", "targets", *given, *out, "--title", f"Genes of tumours, {SPLITS[split]}")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def entries(folder: Path, split: str) -> list[publish.Entry]:
    """The figures of one split."""
    found = {(row["metric"], row["model"]): row for row in rows_of(folder / f"{split}.metrics.tsv")}
    names = {("mae", model): f"{split}.mae.{model}" for model in MODELS}
    names |= {("mae_reduction", model): f"{split}.mae_reduction.{model}" for model in MODELS if model != "linear"}
    names |= {("mae", MODELS[0]): f"{split}.mae", ("mae", "linear"): f"{split}.mae_linear"}
    names |= {("mae_reduction", MODELS[0]): f"{split}.mae_reduction"}
    names |= {("genes_improved", "linear"): f"{split}.genes_improved"}
    made = []
    for key, name in names.items():
        value, low, high = (float(found[key][column]) for column in ("value", "low", "high"))
        unit = "z-scores" if key[0] == "mae" else ""
        made.append(publish.entry(name, value, low, high, int(found[key]["n"]), unit, COMMAND))
    measured = {line.split("\t")[1] for line in lines(folder / "landmark.tsv")}
    genes = [row for row in rows_of(folder / f"{split}.genes.tsv") if row["symbol"] not in measured]
    for name, column in (("mae", "mae"), ("mae_linear", "mae_linear")):
        mean = sum(float(row[column]) for row in genes) / len(genes)
        made.append(
            publish.entry(f"{split}.{name}.unmeasured_genes", mean, None, None, len(genes), "z-scores", COMMAND)
        )
    return made


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""

    def get(name: str, model: str) -> publish.Entry | None:
        short = {MODELS[0]: name, "linear": f"{name}_linear"}.get(model, f"{name}.{model}")
        return results.get(short)

    def saved(split: str, model: str) -> str:
        each = get(f"{split}.mae_reduction", model)
        return f"{round(100 * each['value'], 1) + 0:.1f}%" if each else "–"

    rows = [
        [f"**{model}**" if model == MODELS[0] else model]
        + [text for s in SPLITS for text in (publish.cell(get(f"{s}.mae", model)), saved(s, model))]
        for model in MODELS
    ]
    heads = [text for s in SPLITS.values() for text in (f"{s}: MAE", "less than linear")]
    shares = [
        [
            SPLITS[s],
            *(
                f"{100 * each[k]:.1f}%" if (each := results.get(f"{s}.genes_improved")) else "–"
                for k in ("value", "low", "high")
            ),
        ]
        for s in SPLITS
    ]
    others = [
        [SPLITS[s], *(publish.cell(results.get(f"{s}.{name}.unmeasured_genes")) for name in ("mae", "mae_linear"))]
        for s in SPLITS
    ]
    return {
        "results": publish.table(["model", *heads], rows),
        "genes": publish.table(["genes with less error than by linear regression", "share", "from", "to"], shares),
        "unmeasured": publish.table(["genes of which no probe is a landmark", "stack: MAE", "linear: MAE"], others),
    }


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    return {HERE / "README.md": publish.insert(HERE / "README.md", blocks(publish.read(HERE / "results.json")))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", "")) / "landmark"
    if not data.is_dir():
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds landmark; see the README of this workflow")
    keep = os.environ.get("GENLOOM_RESULTS")  # a folder to keep the reports in
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        assemble(folder, data)
        for split in SPLITS:
            judge(folder, split)
            report(folder, split)
        publish.write([each for split in SPLITS for each in entries(folder, split)], HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
