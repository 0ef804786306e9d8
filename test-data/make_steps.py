#!/usr/bin/env python3
"""Make the folder `steps` beside this file: what each script writes from the planted data, for tests of the next one.

Of the matrices, only chromosome 1, in wide bins; of the genome, short windows with little context: each file stays small.
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


def matrices() -> None:
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


def sequence() -> None:
    """A feeder and a small network of boundaries, with their windows: what is planted is found in chr4, held out."""
    genome = ["--genome", DATA / "sequence" / "genome.fa", "--annotation", DATA / "sequence" / "genes.gtf"]
    for kind, length, epochs in (("boundaries", 500, 20), ("content", 250, 50)):
        windows, split = STEPS / f"{kind}.h5", STEPS / f"{kind}_split.tsv"
        tiles = ["--kind", kind, "--window", length, "--context", 80, "--assembly", "planted", "--compress"]
        run("extract_windows", *genome, *tiles, "--output", windows)
        parts = ["--method", "explicit", "--test-groups", "chr4", "--validation-groups", "chr3"]
        run("split_samples", "--windows", windows, *parts, "--output", split)
        network = ["--task", kind, "--context", 80, "--channels", 8, "--batch-size", 8, "--epochs", epochs, "--seed", 2]
        out = ["--model", STEPS / f"{kind}.safetensors", "--history", STEPS / f"{kind}_history.tsv"]
        for name in ("predictions", "metrics"):
            out += [f"--{name}", STEPS / f"{kind}_{name}.tsv"]
        run("train_model", *network, "--windows", windows, "--split", split, *out)


def main() -> None:
    STEPS.mkdir(exist_ok=True)
    matrices()
    sequence()


if __name__ == "__main__":
    main()
