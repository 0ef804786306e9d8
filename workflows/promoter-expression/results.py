#!/usr/bin/env python3
"""The results of training on promoters: GENLOOM_TEST_DATA=FOLDER make results-promoter-expression.

Trains on the promoters of *S. cerevisiae* (FOLDER/yeast) and *P. falciparum* (FOLDER/genomes/pfalciparum), with expression
that is planted: it follows how often some motifs, which stand in these promoters by nature, do so near the start site. Then on
what is real, the adaptation of the codons of yeast genes. Writes results.json and the tables of the README.
`GENLOOM_RESULTS=FOLDER` keeps what is made; a second run goes on there.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts")]
import numpy as np  # noqa: E402
import publish  # noqa: E402

from genloom.formats import mrna, text, transcripts  # noqa: E402
from genloom.formats.genome import Genome, decode  # noqa: E402
from genloom.formats.windows import Windows  # noqa: E402

COMMAND = "make results-promoter-expression"
THREADS = 1
UPSTREAM, NEAR, TOLD = 1000, 300, 0.8  # bases before the start site; those that count; share of the variance they make
SPLITS = {"chromosome": "chromosomes", "random": "genes at random"}
MODELS = {  # as the measures call them → what the README does
    "network": "network",
    "network-shuffled": "network on shuffled promoters",
    "kmers": "counts of words",
    "kmers-half-life": "counts of words and half-life",
    "half-life": "half-life alone",
    "mean": "mean of the training genes",
}
REFERENCE = re.compile(r"product=ribosomal [46]0S subunit protein")  # whose codons set what is well adapted
STOPS, ALONE = ("TAA", "TAG", "TGA"), ("ATG", "TGG")  # the only codons of their amino acids
CODONS = [a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"]
AMINO = dict(zip(CODONS, "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", strict=True))


class Species(NamedTuple):
    """A genome of the test data: its files below the folder, and the motifs whose number is planted, with their signs."""

    name: str
    genome: str
    annotation: str
    motifs: dict[str, int]


YEAST = Species("yeast", "yeast/*.fna.gz", "yeast/*.gff.gz", {"TGACT": 1, "ATATA": -1, "ACGTG": 1})
FALCIPARUM = Species(
    "pfalciparum", "genomes/pfalciparum/*.fa.gz", "genomes/pfalciparum/*.gtf.gz", {"TGTGC": 1, "GCATG": -1, "CACAC": 1}
)
LABELS = {"yeast": "*S. cerevisiae*", "pfalciparum": "*P. falciparum*"}
Metrics = dict[tuple[str, str], dict[str, str]]


class Work:
    """A folder of intermediate files."""

    def __init__(self, folder: Path, data: Path):
        self.folder, self.data = folder, data

    def files(self, species: Species) -> tuple[Path, Path]:
        """Genome and annotation."""
        genome, annotation = (next(self.data.glob(each)) for each in (species.genome, species.annotation))
        return genome, annotation

    def promoters(self, species: Species) -> Path:
        """The promoters before the first codons, of which the first base alone belongs to the window, and their splits."""
        genome, annotation = self.files(species)
        windows = self.folder / f"{species.name}.h5"
        features = ("--half-life", "--gene-type", "protein_coding") if species is YEAST else ()
        cut = ("--kind", "promoters", "--upstream", UPSTREAM, "--downstream", 1, *features)
        publish.run("extract_windows", "--genome", genome, "--annotation", annotation, *cut, "--output", windows)
        for split, group in (("chromosome", "chrom"), ("random", "gene")):
            parts = ("--method", "hold-out", "--group", group, "--test-share", 0.2, "--validation-share", 0.2)
            out = self.folder / f"{species.name}.{split}.tsv"
            publish.run("split_samples", "--windows", windows, *parts, "--output", out)
        return windows

    def train(self, species: Species, split: str, values: str, *options: object) -> Metrics:
        """Measures on the test part, of values in the column of that name; a run that the folder holds is not done again."""
        name = f"{species.name}.{values}.{split}{'.features' * ('--without-features' not in options)}"
        metrics = self.folder / f"{name}.metrics.tsv"
        if not metrics.exists():
            publish.run(
                *("train_model", "--task", "activity", "--windows", self.folder / f"{species.name}.h5"),
                *("--split", self.folder / f"{species.name}.{split}.tsv", "--scale", "log"),
                *(
                    "--expression",
                    self.folder / f"{species.name}.values.tsv",
                    "--id-column",
                    "id",
                    "--value-column",
                    values,
                ),
                *("--threads", THREADS, *options, "--model", self.folder / f"{name}.safetensors", "--metrics", metrics),
                *("--predictions", self.folder / f"{name}.tsv"),
            )
        with metrics.open() as file:
            return {(row["metric"], row["model"]): row for row in csv.DictReader(file, delimiter="\t")}


def planted(windows: Windows, motifs: dict[str, int], random: np.random.RandomState) -> np.ndarray:
    """(promoters,) the sum of standardised numbers of motifs within `NEAR` bases before the start, and noise."""
    letters = [decode(codes[UPSTREAM - NEAR : UPSTREAM]) for codes in windows.codes()]
    signal = np.zeros(len(letters))
    for motif, sign in motifs.items():
        counts = np.array([min(len(re.findall(f"(?={motif})", each)), 3) for each in letters], float)
        signal += sign * (counts - counts.mean()) / counts.std()
    noise = random.normal(0, 1, len(signal))
    return np.sqrt(TOLD) * signal / signal.std() + np.sqrt(1 - TOLD) * noise


def coding_sequences(genome_path: Path, annotation: Path) -> Iterator[tuple[str, str]]:
    """Gene and coding sequence, of the genes whose sequence is whole codons."""
    models = transcripts.read(annotation).choose("canonical")
    with Genome(genome_path) as genome:
        for number in range(len(models)):
            message = mrna.splice(models, number, genome.fetch)
            if message is None:
                continue
            letters = decode(message.codes[message.start : message.end])
            if len(letters) % 3 == 0 and len(letters) >= 300 and "N" not in letters:
                yield models.genes[models.gene[number]].id, letters


def adaptation(genome: Path, annotation: Path) -> dict[str, float]:
    """Gene → log10 of the codon adaptation index (Sharp & Li 1987, doi:10.1093/nar/15.3.1281), the geometric mean over its
    codons of how often the genes of the cytosolic ribosome use that codon, relative to the one that they use most for its
    amino acid. These genes are left out."""
    lines = text.read(annotation).decode().splitlines()
    reference = {
        found[1] for line in lines if REFERENCE.search(line) and (found := re.search(r"locus_tag=([^;]+)", line))
    }
    genes = {
        name: [letters[i : i + 3] for i in range(0, len(letters), 3)]
        for name, letters in coding_sequences(genome, annotation)
    }
    used = Counter(codon for name in reference & set(genes) for codon in genes[name])
    most = {amino: max(used[codon] for codon in CODONS if AMINO[codon] == amino) for amino in set(AMINO.values())}
    weight = {codon: np.log10(max(used[codon], 0.5) / most[AMINO[codon]]) for codon in CODONS}
    counted = {codon for codon in CODONS if codon not in (*STOPS, *ALONE)}
    return {
        name: float(np.mean([weight[codon] for codon in codons if codon in counted]))
        for name, codons in genes.items()
        if name not in reference
    }


def write_values(work: Work, species: Species) -> None:
    """A table of what is learned: planted values, the same in another order, and for yeast the adaptation of codons."""
    random = np.random.RandomState(1)
    adapted = adaptation(*work.files(species)) if species is YEAST else {}
    with Windows(work.folder / f"{species.name}.h5") as windows:
        values = planted(windows, species.motifs, random)
        genes = windows.table["gene"].tolist()
    permuted = random.permutation(values)
    rows = {
        gene: (f"{values[i]:.6g}", f"{permuted[i]:.6g}", f"{adapted[gene]:.6g}" if gene in adapted else "")
        for i, gene in enumerate(genes)
    }
    with (work.folder / f"{species.name}.values.tsv").open("w") as file:
        file.write("id\tplanted\tpermuted\tcodon_adaptation\n")
        file.writelines("\t".join((gene, *row)) + "\n" for gene, row in rows.items())


def entries(work: Work) -> list[publish.Entry]:
    """All entries of results.json."""
    found = []
    for species in (YEAST, FALCIPARUM):
        if not (work.folder / f"{species.name}.values.tsv").exists():
            work.promoters(species)
            write_values(work, species)
        for split in SPLITS:
            metrics = work.train(species, split, "planted", "--without-features")
            found += _entries(f"{species.name}.planted.{split}_split", metrics)
    metrics = work.train(YEAST, "chromosome", "permuted", "--without-features")
    found += _entries("yeast.permuted.chromosome_split", metrics)
    for split, shuffled in (("chromosome", ["--shuffled"]), ("random", [])):
        metrics = work.train(YEAST, split, "codon_adaptation", "--without-features", *shuffled)
        found += _entries(f"yeast.codon_adaptation.{split}_split", metrics)
    metrics = work.train(YEAST, "chromosome", "codon_adaptation")
    return found + _entries("yeast.codon_adaptation_and_features.chromosome_split", metrics)


def _entries(name: str, metrics: Metrics) -> list[publish.Entry]:
    found = []
    for (metric, model), row in metrics.items():
        if metric in ("skill", "r2", "skill_difference"):
            value, low, high = (float(row[column]) if row[column] else None for column in ("value", "low", "high"))
            suffix = "" if model == "network" else f".{model}"
            number = float("nan") if value is None else value
            found.append(publish.entry(f"{name}.{metric}{suffix}", number, low, high, int(row["n"]), "", COMMAND))
    return found


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""

    def cells(names: list[str], model: str) -> list[str]:
        suffix = "" if model == "network" else f".{model}"
        return [publish.cell(results.get(name + suffix)) for name in names]

    def rows(names: list[str]) -> list[list[str]]:
        known = [model for model in MODELS if set(cells(names, model)) != {"–"}]
        return [[f"**{MODELS[m]}**" if m == "network" else MODELS[m], *cells(names, m)] for m in known]

    first = [f"{species}.planted.{split}_split.r2" for species in LABELS for split in SPLITS]
    header = [f"{label}, {split}" for label in LABELS.values() for split in SPLITS.values()]
    permuted = ["yeast.permuted.chromosome_split.skill"]
    real = [f"yeast.codon_adaptation.{split}_split.r2" for split in SPLITS]
    real += ["yeast.codon_adaptation_and_features.chromosome_split.r2"]
    return {
        "planted": publish.table(["r²", *header], rows(first)),
        "permuted": publish.table(["skill", LABELS["yeast"]], rows(permuted)),
        "codons": publish.table(["r²", *SPLITS.values(), "chromosomes, with half-life features"], rows(real)),
    }


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    here = HERE / "README.md"
    return {here: publish.insert(here, blocks(publish.read(HERE / "results.json")))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", ""))
    if not all((data / name).is_dir() for name in ("yeast", "genomes/pfalciparum")):
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds yeast and genomes/pfalciparum")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("GENLOOM_RESULTS") or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        publish.write(entries(Work(folder, data)), HERE / "results.json")
    for path, page in render().items():
        path.write_text(page)


if __name__ == "__main__":
    main()
