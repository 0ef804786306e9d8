#!/usr/bin/env python3
"""The results on leukemia: GENLOOM_TEST_DATA=FOLDER make results-sample-classification.

Tells the four molecular types of acute lymphoblastic leukemia, and B from T lineage, among the samples of FOLDER/leukemia,
by nested cross-validation; then the same on noise without any class. Writes results.json and the tables of the README.
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

COMMAND = "make results-sample-classification"
FEW = ("NUP-98", "p15/p16")  # types of one sample each
NOISE = {"AML": 26, "bone marrow": 10, "CD34+ marrow": 8, "blood": 10, "CD34+ blood": 10}  # the sizes of GSE9476
PROBES = 22_283
CHOSEN = "discriminant"  # the default
QUICK = ("vote", "logistic", "svm", "centroids", "knn", "majority")
MODELS = (CHOSEN, *QUICK[:4], "forest", "boosting", "mlp", *QUICK[4:])
MEASURES = ("balanced_accuracy", "macro_f1", "mcc", "log_loss", "brier", "auc")
# what is asked → the column of classes, the models beside the chosen one, and how often the classes are given at random
ASKED = {
    "all.types": ("type", MODELS[1:], 39),
    "all.lineage": ("lineage", QUICK, 0),
    "noise": ("source", QUICK, 0),
}


def leukemia(path: Path, folder: Path) -> Path:
    """The samples × probes, with the lineage (the first letter of the stage, such as B2) as a label of its own."""
    sheet, matrix = folder / "lineage.tsv", folder / "all.h5ad"
    with gzip.open(path, "rt") as file:
        rows = [(row[0], row[2][0]) for row in csv.reader(file)][1:]
    sheet.write_text("sample\tlineage\n" + "".join(f"{sample}\t{lineage}\n" for sample, lineage in rows))
    facts = ("--fact-columns", "type", "BT", "--unit", "log2", "--sheet", sheet)
    publish.run("assemble_expression", "--matrix", path, *facts, "--output", matrix)
    return matrix


def noise(folder: Path) -> Path:
    """Values and classes that have nothing to do with each other, in the shape of GSE9476."""
    import anndata
    import numpy as np
    import pandas as pd

    classes = [name for name, count in NOISE.items() for _ in range(count)]
    values = np.random.default_rng(9476).normal(8, 2, (len(classes), PROBES)).astype(np.float32)
    samples = pd.DataFrame({"source": classes}, index=[f"s{i}" for i in range(len(classes))])
    path = folder / "noise.h5ad"
    anndata.AnnData(values, samples, pd.DataFrame(index=[f"p{i}" for i in range(PROBES)])).write_h5ad(path)
    return path


def judge(folder: Path, matrix: Path, name: str) -> list[publish.Entry]:
    """All entries of one question."""
    label, models, permutations = ASKED[name]
    path = folder / name
    dropped = ("--drop-classes", *FEW) if name == "all.types" else ()
    folds = ("--stratify", label, "--folds", 5, "--repeats", 5, *dropped)
    publish.run("split_samples", "--matrix", matrix, *folds, "--output", f"{path}.split.tsv")
    tables = {each: f"{path}.{each}.tsv" for each in ("predictions", "permutations", "features", "samples", "metrics")}
    drawn = ("--permutations", permutations, "--permutation-table", tables["permutations"]) if permutations else ()
    publish.run(
        "train_model",
        *("--task", "classes", "--architecture", CHOSEN, "--matrix", matrix, "--label", label),
        *(
            "--split",
            f"{path}.split.tsv",
            "--compare",
            *models,
            *drawn,
            "--threads",
            os.environ.get("GENLOOM_THREADS", "2"),
        ),
        *("--model", f"{path}.safetensors", "--predictions", tables["predictions"]),
        *("--feature-table", tables["features"], "--sample-table", tables["samples"]),
    )
    shown = ("--permutations", tables["permutations"]) if permutations else ()
    publish.run(
        "plot_results",
        *("--task", "classes", "--predictions", tables["predictions"], "--model", f"{path}.safetensors", *shown),
        *("--features", tables["features"], "--samples", tables["samples"], "--title", f"Leukemia: {name}"),
        *("--metrics", tables["metrics"], "--report", f"{path}.html"),
    )
    with Path(tables["metrics"]).open() as file:
        found = {(row["metric"], row["model"]): row for row in csv.DictReader(file, delimiter="\t")}
    names = {("balanced_accuracy_p", CHOSEN): f"{name}.permutation_p", ("abstained", CHOSEN): f"{name}.abstained"}
    for metric in (*MEASURES, "balanced_accuracy_difference", "accuracy"):
        for model in (CHOSEN, *models):
            names[metric, model] = f"{name}.{metric}" + ("" if model == CHOSEN else f".{model}")
    return [entry(key, found[pair]) for pair, key in names.items() if pair in found]


def entry(name: str, row: dict[str, str]) -> publish.Entry:
    value, low, high = (float(row[column]) if row[column] else None for column in ("value", "low", "high"))
    return publish.entry(name, float("nan") if value is None else value, low, high, int(row["n"]), "", COMMAND)


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""
    made = {}
    for name, (_, models, _) in ASKED.items():
        measures = MEASURES if name == "all.types" else ("balanced_accuracy", "macro_f1", "mcc", "log_loss")
        rows = []
        for model in sorted((CHOSEN, *models), key=MODELS.index):
            suffix = "" if model == CHOSEN else f".{model}"
            cells = [publish.cell(results.get(f"{name}.{each}{suffix}")) for each in measures]
            rows.append([f"**{model}**" if model == CHOSEN else model, *cells])
        head = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "mcc": "MCC", "log_loss": "log-loss"}
        head |= {"brier": "Brier score", "auc": "AUC"}
        made[name] = publish.table(["model", *(head[each] for each in measures)], rows)
    rows = [
        [model, publish.cell(results.get(f"all.types.balanced_accuracy_difference.{model}"))]
        for model in MODELS
        if model != CHOSEN
    ]
    made["differences"] = publish.table(["model", f"balanced accuracy of {CHOSEN} less this one"], rows)
    return made


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    readme = HERE / "README.md"
    return {readme: publish.insert(readme, blocks(publish.read(HERE / "results.json")))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", "")) / "leukemia" / "ALL_128x12625.csv.gz"
    if not data.is_file():
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds leukemia; see the README of this workflow")
    keep = os.environ.get("GENLOOM_RESULTS")  # a folder to keep the reports in
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        patients, nothing = leukemia(data, folder), noise(folder)
        entries = []
        for name in ASKED:
            entries += judge(folder, nothing if name == "noise" else patients, name)
    publish.write(entries, HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
