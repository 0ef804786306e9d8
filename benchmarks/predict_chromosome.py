#!/usr/bin/env python3
"""A chromosome of 250 Mb predicted by a small network, with tracks, sites and introns: how much memory that takes.

Generates genes whose introns begin and end with motifs, trains a network with 80 bases of context on three small
chromosomes of them, and predicts both strands of a large one. The introns that were planted must be among those found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path

import genomes
import measure

COMMAND = "make benchmarks"
SCRIPTS = Path(__file__).parents[1] / "scripts"


def large(size: int) -> Iterator[genomes.Gene]:
    """The genes of the large chromosome."""
    return takewhile(lambda gene: gene[3][0][-1][1] < size - 10_000, genomes.genes(10**6, 1, seed=2, isoforms=1))


def generate(folder: Path, size: int) -> None:
    small = list(genomes.genes(300, 3, isoforms=1))
    sizes = genomes.write_gff3(folder / "small.gff3", small)
    genomes.write_genome(folder / "small.fa", sizes, motifs=genomes.planted(small))
    genomes.write_genome(folder / "large.fa", {"chr1": size}, motifs=genomes.planted(large(size)))


def recall(folder: Path, size: int) -> float:
    """The share of planted introns that were found, to the base."""
    rows = (line.split("\t") for line in (folder / "introns.gff3").open() if not line.startswith("#"))
    found = {(int(row[3]) - 1, int(row[4]), row[6]) for row in rows}
    introns = [
        (start, end, strand) for _, _, strand, (exons, *_) in large(size) for (_, start), (end, _) in pairwise(exons)
    ]
    return sum(each in found for each in introns) / len(introns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabases", type=int, default=250)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the generated files here, and use those that are here")
    args = parser.parse_args()
    size = args.megabases * 1_000_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "large.fa").exists():
            generate(folder, size)
        if not (folder / "model.safetensors").exists():
            train(folder, args.channels)
        options = ["--threads", args.threads, "--track-format", "bigwig", "--tracks", folder / "tracks"]
        files = {"genome": folder / "large.fa", "sites": folder / "sites.bed", "introns": folder / "introns.gff3"}
        cost = measure.run([*script("predict_model", model=folder / "model.safetensors", **files), *options])
        share = recall(folder, size)
    print(f"{cost.seconds:.0f} s, {cost.megabytes:.0f} MB, {share:.4f} of the planted introns found")
    assert share > 0.9, "the network has not found what was planted"
    if args.megabases == 250:
        measure.record(
            [
                measure.entry("predict_chromosome.peak_mb", [cost.megabytes], "MB", COMMAND),
                measure.entry("predict_chromosome.seconds", [cost.seconds], "s", COMMAND),
                measure.entry("predict_chromosome.recall", [share], "share", COMMAND),
            ]
        )


def script(name: str, **options: object) -> list[object]:
    words = [word for option, value in options.items() for word in (f"--{option.replace('_', '-')}", value)]
    return [sys.executable, SCRIPTS / f"{name}.py", *words]


def train(folder: Path, channels: int) -> None:
    """A network on chromosome 1 of the small ones, its threshold chosen on chromosome 2."""
    windows, split, model = folder / "windows.h5", folder / "split.tsv", folder / "model.safetensors"
    genome, annotation = folder / "small.fa", folder / "small.gff3"
    common = {"genome": genome, "annotation": annotation, "strand": "gene", "context": 80}
    measure.run(script("extract_windows", **common, output=windows))
    parts = {"method": "explicit", "test_groups": "chr3", "validation_groups": "chr2"}
    measure.run(script("split_samples", windows=windows, **parts, paralogs="ignore", output=split))
    network = {"context": 80, "channels": channels, "epochs": 6}
    files = {"windows": windows, "split": split, "model": model, "predictions": folder / "predictions.tsv"}
    measure.run(script("train_model", task="boundaries", **network, **files))


if __name__ == "__main__":
    main()
