#!/usr/bin/env python3
"""Make the folder `published` beside this file: what a user of a published network of promoters has at hand, made up.

A random genome, the promoters on it, a random network in Xpresso's layout (in the folder `weights`), the table that its
authors would have published (places and predictions), and observed expression that goes with it but for noise.
"""

from __future__ import annotations

import csv
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent
SCRIPTS = DATA.parent / "scripts"
FOLDER, WEIGHTS = DATA / "published", DATA / "weights" / "xpresso.h5"
WINDOW, CHROMOSOMES, LENGTH = 10_500, 4, 20_000


def genome(random: np.random.RandomState) -> tuple[str, str]:
    """A FASTA, and a BED of whole promoters; the share of G and C goes up and down along it."""
    fasta, bed = [], []
    for chrom in range(1, CHROMOSOMES + 1):
        share = 0.5 + 0.25 * np.sin(np.arange(LENGTH) / 1500 + chrom)
        codes = np.where(random.rand(LENGTH) < share, 1, 0) + 2 * random.randint(0, 2, LENGTH)
        text = "".join(np.array(list("ACTG"))[codes])
        fasta += [f">chr{chrom}\n", *(text[at : at + 80] + "\n" for at in range(0, LENGTH, 80))]
        for start in range(100 * chrom, LENGTH - WINDOW, 800):
            name = f"ENSG99{len(bed) + 1:09}"
            bed.append(f"chr{chrom}\t{start}\t{start + WINDOW}\t{name}\t.\t{'+-'[len(bed) % 2]}\n")
    return "".join(fasta), "".join(bed)


def run(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, SCRIPTS / f"{script}.py", *map(str, arguments)], check=True)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    runpy.run_path(str(DATA / "make_weights.py"))["xpresso"](WEIGHTS)
    random = np.random.RandomState(7)
    for name, text in zip(("genome.fa", "promoters.bed"), genome(random), strict=True):
        (FOLDER / name).write_text(text)
    with tempfile.TemporaryDirectory() as work:
        model, windows, predictions = (Path(work) / name for name in ("m.safetensors", "w.h5", "p.tsv"))
        run("import_model", "--weights", WEIGHTS, "--model", model)
        given = ("--genome", FOLDER / "genome.fa", "--tss", FOLDER / "promoters.bed")
        run("extract_windows", "--kind", "promoters", *given, "--output", windows)
        run("predict_model", "--model", model, "--windows", windows, "--predictions", predictions)
        with predictions.open() as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    values = np.array([float(row["predicted"]) for row in rows])
    observed = (values - values.mean()) / values.std() + random.normal(0, 0.5, len(values))
    published = [["metadata/ranges/chr", "metadata/ranges/end", "metadata/ranges/id", "metadata/ranges/start"]]
    published[0] += ["metadata/ranges/strand", "preds/expression_pred"]
    published += [
        [row["chrom"], row["end"], str(number), row["start"], row["strand"], row["predicted"]]
        for number, row in enumerate(rows)
    ]
    seen = [
        [f"{row['gene']}.{1 + i % 3}", f"{value:.5f}"]
        for i, (row, value) in enumerate(zip(rows, observed, strict=True))
    ]
    write("predictions.tsv", published)
    write("observed.tsv", [["gene", "median"], *(seen[i] for i in random.permutation(len(seen)) if i % 9)])


def write(name: str, rows: list[list[str]]) -> None:
    (FOLDER / name).write_text("".join("\t".join(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
