#!/usr/bin/env python3
"""Make the folder `steps` beside this file: what each script writes from the planted data, for tests of the next one.

Half of the samples, and small matrices of chromosome 1, so that each file stays small.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent
SCRIPTS = DATA.parent / "scripts"
STEPS = DATA / "steps"
BINS = [
    "--sizes",
    DATA / "genome.sizes",
    "--bin-size",
    "2000",
    "--region",
    "chr1",
    "--value",
    "max-signal",
    "--normalise",
    "depth",
    "--assembly",
    "planted",
]


def run(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, SCRIPTS / f"{script}.py", *map(str, arguments)], check=True)


def named(folder: str) -> list[object]:
    """A folder's files with the samples' names beside them."""
    files = sorted((DATA / folder).iterdir())
    return [*files, "--names", *(path.name.split(".")[0] for path in files)]


def main() -> None:
    STEPS.mkdir(exist_ok=True)
    run(
        "bin_peaks", "--peaks", *named("peaks"), *BINS, "--sheet", DATA / "samples.tsv", "--output", STEPS / "bins.h5ad"
    )
    run("bin_peaks", "--peaks", *named("new/peaks"), *BINS, "--keep-empty", "--output", STEPS / "new_bins.h5ad")
    run(
        "assemble_expression",
        "--tables",
        *named("expression"),
        "--annotation",
        DATA / "genes.gtf",
        "--log2",
        "--region",
        "chr1:1-800000",
        "--assembly",
        "planted",
        "--output",
        STEPS / "expression.h5ad",
    )
    run(
        "split_samples",
        "--samples",
        DATA / "samples.tsv",
        "--method",
        "k-fold",
        "--folds",
        "3",
        "--group",
        "donor",
        "--validation-share",
        "0.2",
        "--output",
        STEPS / "split.tsv",
    )
    run(
        "train_model",
        "--bins",
        STEPS / "bins.h5ad",
        "--expression",
        STEPS / "expression.h5ad",
        "--split",
        STEPS / "split.tsv",
        "--architecture",
        "gene-centred",
        "--permutations",
        "3",
        "--model",
        STEPS / "model.safetensors",
        "--predictions",
        STEPS / "predictions.tsv",
        "--permutation-table",
        STEPS / "permutations.tsv",
    )


if __name__ == "__main__":
    main()
