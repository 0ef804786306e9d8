#!/usr/bin/env python3
"""The results on blood populations: GENLOOM_TEST_DATA=FOLDER make results-atac-to-expression.

Runs the tools on the 14 populations of FOLDER/atac_blood, whole genome and the first million bases of chromosome 1,
with whole lineages held out and with one population held out, and writes results.json and the tables of the README.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import publish  # noqa: E402

COMMAND = "make results-atac-to-expression"
MODELS = ("gene-centred", "kernel-ridge", "ridge", "pls", "knn", "mlp", "mean")
SCOPES = {"blood": "whole genome", "region": "chr1:1-1000000, the seed's region"}
SPLITS = {"lineage": "a whole lineage held out", "leave_one_out": "one population held out"}
PERMUTATIONS = {
    ("blood", "lineage"): 200,
    ("blood", "leave_one_out"): 50,
    ("region", "lineage"): 200,
    ("region", "leave_one_out"): 50,
}


def judge(folder: Path, data: Path, scope: str) -> list[publish.Entry]:
    """All entries of one scope."""
    region = ["--region", "chr1:1-1000000"] if scope == "region" else []
    bins, expression = folder / f"{scope}.bins.h5ad", folder / f"{scope}.expression.h5ad"
    publish.run(
        "bin_peaks",
        "--peaks",
        *sorted((data / "peaks").glob("*.narrowPeak.gz")),
        "--sizes",
        HERE / "hg19.sizes",
        "--assign",
        "summit",
        "--value",
        "max-signal",
        "--assembly",
        "hg19",
        "--output",
        bins,
        *region,
    )
    publish.run(
        "assemble_expression",
        "--matrix",
        data / "rna_counts.tsv.gz",
        "--sheet",
        HERE / "blood.tsv",
        "--unlisted",
        "drop",
        "--annotation",
        data / "refGene_hg19_TSS.bed.gz",
        "--scale",
        "cpm",
        "--log2",
        "--min-max",
        1,
        "--duplicates",
        "sum",
        "--missing",
        "drop",
        "--assembly",
        "hg19",
        "--output",
        expression,
        *region,
    )
    entries = []
    for split in SPLITS:
        path = folder / f"{scope}.{split}"
        how = (
            ["--method", "leave-one-group-out", "--group", "lineage"]
            if split == "lineage"
            else ["--method", "leave-one-out"]
        )
        publish.run("split_samples", "--samples", HERE / "blood.tsv", *how, "--output", f"{path}.split.tsv")
        publish.run(
            "train_model",
            "--bins",
            bins,
            "--expression",
            expression,
            "--split",
            f"{path}.split.tsv",
            "--compare",
            "mlp",
            "--permutations",
            PERMUTATIONS[scope, split],
            "--permutation-table",
            f"{path}.permutations.tsv",
            "--threads",
            2,
            "--model",
            f"{path}.safetensors",
            "--predictions",
            f"{path}.predictions.tsv",
        )
        publish.run(
            "plot_results",
            "--predictions",
            f"{path}.predictions.tsv",
            "--permutations",
            f"{path}.permutations.tsv",
            "--split",
            f"{path}.split.tsv",
            "--model",
            f"{path}.safetensors",
            "--metrics",
            f"{path}.metrics.tsv",
            "--report",
            f"{path}.report.html",
            "--title",
            f"Blood populations, {SCOPES[scope]}, {SPLITS[split]}",
        )
        with Path(f"{path}.metrics.tsv").open() as file:
            found = {(row["metric"], row["model"]): row for row in csv.DictReader(file, delimiter="\t")}
        prefix = f"{scope}.{split}"
        names = {("skill", MODELS[0]): f"{prefix}.skill", ("skill_p", MODELS[0]): f"{prefix}.permutation_p"}
        for model in MODELS:
            for metric in ("skill", "delta_r", "mae", "skill_difference"):
                names[metric, model] = f"{prefix}.{metric}.{model}"
        names["skill", MODELS[0]] = f"{prefix}.skill"
        for key, name in names.items():
            if row := found.get(key):
                value, low, high = (float(row[column]) if row[column] else None for column in ("value", "low", "high"))
                if value is not None:
                    unit = "log2(CPM+1)" if key[0] == "mae" else ""
                    entries.append(publish.entry(name, value, low, high, int(row["n"]), unit, COMMAND))
    return entries


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""
    made = {}
    for scope in SCOPES:
        for split in SPLITS:
            prefix = f"{scope}.{split}"
            rows = []
            for model in MODELS:
                skill = results.get(f"{prefix}.skill" if model == MODELS[0] else f"{prefix}.skill.{model}")
                rows.append(
                    [
                        f"**{model}**" if model == MODELS[0] else model,
                        "0 by definition" if model == "mean" else publish.cell(skill),
                        *(
                            publish.cell(results.get(f"{prefix}.{metric}.{model}"))
                            for metric in ("delta_r", "mae", "skill_difference")
                        ),
                    ]
                )
            made[prefix] = publish.table(
                ["model", "skill", "delta-r", "MAE", "skill of gene-centred less this one"], rows
            )
    rows = [
        [f"{SCOPES[scope]}, {SPLITS[split]}", f"{found['value']:.3f}", str(found["n"])]
        for scope in SCOPES
        for split in SPLITS
        if (found := results.get(f"{scope}.{split}.permutation_p"))
    ]
    made["permutations"] = publish.table(
        ["gene-centred, peaks and expression paired at random", "p", "permutations"], rows
    )
    return made


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    return {HERE / "README.md": publish.insert(HERE / "README.md", blocks(results))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", "")) / "atac_blood"
    if not data.is_dir():
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds atac_blood; see the README of this workflow")
    keep = os.environ.get("GENLOOM_RESULTS")  # a folder to keep the reports in
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        entries = [each for scope in SCOPES for each in judge(folder, data, scope)]
    publish.write(entries, HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
