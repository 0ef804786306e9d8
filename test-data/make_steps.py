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
    hold_out = ["--method", "hold-out", "--test-share", "0.25"]
    run("split_samples", "--samples", DATA / "samples.tsv", *hold_out, "--output", STEPS / "ungrouped_split.tsv")
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
    variants = ["--variants", DATA / "sequence" / "variants.vcf", "--model", STEPS / "boundaries.safetensors"]
    run("score_variants", *genome, *variants, "--output", "/dev/null", "--table", STEPS / "variant_scores.tsv")


def classes() -> None:
    """Three kinds of samples, told from each other, and new ones."""
    matrix, split = STEPS / "classes.h5ad", STEPS / "classes_split.tsv"
    given = ["--unit", "log2", "--orientation", "samples-in-rows"]
    for name, out, facts in (("kinds", matrix, ["--fact-columns", "type"]), ("new", STEPS / "new_classes.h5ad", [])):
        run("assemble_expression", "--matrix", DATA / "classes" / f"{name}.csv", *given, *facts, "--output", out)
    run("split_samples", "--matrix", matrix, "--stratify", "type", "--folds", 4, "--output", split)
    tables = [
        part
        for option, name in {
            "predictions": "predictions",
            "permutation-table": "permutations",
            "feature-table": "features",
            "sample-table": "samples",
        }.items()
        for part in (f"--{option}", STEPS / f"classes_{name}.tsv")
    ]
    model = ["--model", STEPS / "classes.safetensors", "--select-features", 10, 30, "--permutations", 19]
    given = ["--task", "classes", "--architecture", "vote", "--matrix", matrix, "--label", "type", "--split", split]
    run("train_model", *given, *model, *tables)


def numerals() -> None:
    """Three written numerals, 30 images each, as a matrix with a quarter held out."""
    matrix, split = STEPS / "numerals.h5ad", STEPS / "numerals_split.tsv"
    given = ["--fact-columns", "digit", "--orientation", "samples-in-rows", "--unit", "intensity"]
    run("assemble_expression", "--matrix", DATA / "classes" / "numerals.csv", *given, "--output", matrix)
    hold_out = ["--method", "hold-out", "--test-share", "0.25", "--stratify", "digit"]
    run("split_samples", "--matrix", matrix, *hold_out, "--output", split)


def promoters() -> None:
    """A network of expression: what is planted is found in chr5, held out; and the measures of a split at random."""
    data, windows = DATA / "promoters", STEPS / "promoters.h5"
    genome = ["--genome", data / "genome.fa", "--annotation", data / "genes.gtf", "--assembly", "planted", "--compress"]
    sites = ["--kind", "promoters", "--upstream", 300, "--downstream", 100, "--half-life"]
    run("extract_windows", *genome, *sites, "--output", windows)
    parts = {
        "promoters": ["--method", "explicit", "--test-groups", "chr5", "--validation-groups", "chr4"],
        "promoters_random": ["--method", "hold-out", "--group", "gene", "--validation-share", "0.2"],
    }
    for name, method in parts.items():
        run("split_samples", "--windows", windows, *method, "--output", STEPS / f"{name}_split.tsv")
        given = ["--windows", windows, "--split", STEPS / f"{name}_split.tsv", "--expression", data / "expression.tsv"]
        given += ["--id-column", "gene_id", "--value-column", "TPM", "--shuffled"]
        out = ["--model", STEPS / f"{name}.safetensors", "--history", STEPS / f"{name}_history.tsv"]
        for kind in ("predictions", "metrics"):
            out += [f"--{kind}", STEPS / f"{name}_{kind}.tsv"]
        run("train_model", "--task", "activity", *given, *out)
    for unused in ("random.safetensors", "random_history.tsv", "random_predictions.tsv"):
        (STEPS / f"promoters_{unused}").unlink()


def landmarks() -> None:
    """Genes that follow the landmarks, one of two studies held out in turn; and the landmarks of new samples."""
    matrix, split = STEPS / "landmarks.h5ad", STEPS / "landmarks_split.tsv"
    for name, out in (("expression", matrix), ("new", STEPS / "new_landmarks.h5ad")):
        run("assemble_expression", "--matrix", DATA / "landmarks" / f"{name}.gct", "--unit", "log2", "--output", out)
    run("split_samples", "--matrix", matrix, "--method", "leave-one-group-out", "--group", "study", "--output", split)
    given = ["--expression", matrix, "--landmarks", DATA / "landmarks" / "landmarks.txt", "--split", split]
    out = ["--model", STEPS / "landmarks.safetensors", "--predictions", STEPS / "landmarks_predictions.h5ad"]
    run("train_model", "--task", "targets", *given, *out)


def main() -> None:
    STEPS.mkdir(exist_ok=True)
    matrices()
    sequence()
    promoters()
    classes()
    numerals()
    landmarks()


if __name__ == "__main__":
    main()
