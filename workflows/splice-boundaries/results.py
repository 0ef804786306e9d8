#!/usr/bin/env python3
"""The results on boundaries: GENLOOM_TEST_DATA=FOLDER make results-splice-boundaries.

Trains on *P. falciparum* (FOLDER/genomes/pfalciparum) and on the human pieces (FOLDER/splice_human), judges what was held
out, and writes results.json and the tables of the README. `--work FOLDER` keeps what is made; a second run goes on there.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import publish  # noqa: E402

COMMAND = "make results-splice-boundaries"
THREADS = 2
FALCIPARUM = {"test": "Pf3D7_12_v3", "validation": "Pf3D7_11_v3"}
HUMAN = {"test": "hg19_chr22_20000000", "validation": "hg19_chr4_102999999"}
# what a README calls it → its name in the metrics table, as each training run of FALCIPARUM has it
MODELS = {
    "2,000 nt, decoded as genes": ("long", "network"),
    "2,000 nt, each base by itself": ("long", "bases"),
    "80 nt": ("short", "network"),
    "weight matrices": ("long", "weight-matrices"),
    "GT/AG": ("long", "dinucleotides"),
}
CHOSEN = next(iter(MODELS))
MEASURES = {"f1": "f1", "topk": "top_k", "pr_auc": "pr_auc"}
Metrics = dict[tuple[str, str], dict[str, str]]


class Work:
    """A folder of intermediate files; trainings keep their checkpoints in it."""

    def __init__(self, folder: Path, data: Path):
        self.folder, self.data = folder, data

    def windows(
        self, name: str, genome: Path, annotation: Path, held: dict[str, str], *options: object
    ) -> tuple[Path, Path]:
        """Windows of a genome, and their split by chromosome."""
        windows, split = self.folder / f"{name}.h5", self.folder / f"{name}.split.tsv"
        given = ("--genome", genome, "--annotation", annotation, "--without-stop", "keep", *options)
        publish.run("extract_windows", *given, "--output", windows)
        parts = ("--test-groups", held["test"], "--validation-groups", held["validation"])
        publish.run("split_samples", "--windows", windows, "--method", "explicit", *parts, "--output", split)
        return windows, split

    def train(self, name: str, made: tuple[Path, Path], *options: object) -> tuple[Path, Metrics]:
        """A model and its measures on the test part."""
        model, metrics = self.folder / f"{name}.safetensors", self.folder / f"{name}.metrics.tsv"
        publish.run(
            "train_model",
            *("--windows", made[0], "--split", made[1], *options),
            *("--threads", THREADS, "--checkpoint", self.folder / "checkpoints"),
            *("--model", model, "--metrics", metrics, "--predictions", self.folder / f"{name}.predictions.tsv"),
        )
        with metrics.open() as file:
            return model, {(row["metric"], row["model"]): row for row in csv.DictReader(file, delimiter="\t")}


def entries(work: Work) -> list[publish.Entry]:
    """All entries of results.json."""
    genome, annotation = (next((work.data / "genomes" / "pfalciparum").glob(f"*.{kind}.gz")) for kind in ("fa", "gtf"))
    made = work.windows("pfalciparum", genome, annotation, FALCIPARUM, "--context", 2000, "--assembly", "Pf3D7")
    boundaries = ("--task", "boundaries", "--epochs", 4)
    long, trained = work.train("long", made, *boundaries, "--ensemble", 2, "--annotation", annotation)
    _, short = work.train("short", made, *boundaries, "--context", 80)
    runs = {"long": trained, "short": short}
    found = []
    for label, (run, model) in MODELS.items():
        suffix = "" if label == CHOSEN else f".{label}"
        for name, metric in MEASURES.items():
            found.append(_entry(f"pfalciparum.heldout.{name}{suffix}", runs[run], f"gene_windows.{metric}", model))
            found.append(_entry(f"pfalciparum.chromosome.{name}{suffix}", runs[run], metric, model))
        for site in ("acceptor", "donor"):
            found.append(_entry(f"pfalciparum.heldout.f1.{site}{suffix}", runs[run], f"gene_windows.f1.{site}", model))
        for name in ("false_positives_per_mb", "sites_per_kb"):
            found.append(_entry(f"pfalciparum.heldout.{name}{suffix}", runs[run], name, model))
        name = "gene_free.false_positives_per_mb"
        found.append(_entry(f"pfalciparum.{name}{suffix}", runs[run], name, model))

    made = work.windows(
        "content", genome, annotation, FALCIPARUM, "--kind", "content", "--context", 400, "--assembly", "Pf3D7"
    )
    _, feeder = work.train("feeder", made, "--task", "content")
    for model, suffix in (("network", ""), ("kmers", ".kmers")):
        found.append(_entry(f"feeder.recall{suffix}", feeder, "recall.boundary", model))
        found.append(_entry(f"feeder.spared{suffix}", feeder, "spared", model))
        found.append(_entry(f"feeder.pr_auc{suffix}", feeder, "pr_auc.boundary", model))

    made = work.windows("human", *_human(work), HUMAN, "--context", 2000)
    for name, start in (("scratch", ()), ("finetuned", ("--start", long))):
        _, metrics = work.train(name, made, "--task", "boundaries", *start)
        for short_name, metric in MEASURES.items():
            found.append(_entry(f"human.{name}.{short_name}", metrics, f"gene_windows.{metric}", "network"))
        for free in ("false_positives_per_mb", "gene_free.false_positives_per_mb"):
            found.append(_entry(f"human.{name}.{free}", metrics, free, "network"))
        for short_name, metric in MEASURES.items():
            key = f"human.weight-matrices.{short_name}"
            if name == "scratch":
                found.append(_entry(key, metrics, f"gene_windows.{metric}", "weight-matrices"))
    return found


def _human(work: Work) -> tuple[Path, Path]:
    """The pieces as one genome and one annotation."""
    made = []
    for kind in ("fa", "gtf"):
        path = work.folder / f"human.{kind}"
        with path.open("wb") as out:
            for piece in sorted((work.data / "splice_human").glob(f"*.{kind}.gz")):
                out.write(gzip.decompress(piece.read_bytes()))
        made.append(path)
    return made[0], made[1]


def _entry(name: str, metrics: Metrics, metric: str, model: str) -> publish.Entry:
    row = metrics[metric, model]
    value, low, high = (float(row[column]) if row[column] else None for column in ("value", "low", "high"))
    unit = "per Mb of one strand" if metric.endswith("per_mb") else "per kb" if metric.endswith("per_kb") else ""
    return publish.entry(name, float("nan") if value is None else value, low, high, int(row["n"]), unit, COMMAND)


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""

    def row(label: str, names: Sequence[str], suffix: str) -> list[str]:
        return [label, *(publish.cell(results.get(name + suffix), 1 if "_mb" in name else 3) for name in names)]

    def of(prefix: str, names: Sequence[str]) -> list[list[str]]:
        return [
            row(
                f"**{label}**" if label == CHOSEN else label,
                [f"{prefix}.{name}" for name in names],
                "" if label == CHOSEN else f".{label}",
            )
            for label in MODELS
        ]

    falciparum = publish.table(
        ["model", "F1", "F1 of acceptors", "F1 of donors", "top-k", "PR-AUC"],
        of("pfalciparum.heldout", ("f1", "f1.acceptor", "f1.donor", "topk", "pr_auc")),
    )
    chromosome = [
        [*whole, *false[1:], *free[1:]]
        for whole, false, free in zip(
            of("pfalciparum.chromosome", ("f1", "pr_auc")),
            of("pfalciparum.heldout", ("sites_per_kb", "false_positives_per_mb")),
            of("pfalciparum.gene_free", ("false_positives_per_mb",)),
            strict=True,
        )
    ]
    human = [
        row(label, [f"human.{name}.{each}" for each in (*MEASURES, "false_positives_per_mb")], "")
        for label, name in (
            ("from scratch", "scratch"),
            ("fine-tuned from *P. falciparum*", "finetuned"),
            ("weight matrices", "weight-matrices"),
        )
    ]
    feeder = [
        row(label, [f"feeder.{name}" for name in ("recall", "spared", "pr_auc")], suffix)
        for label, suffix in (("network", ""), ("logistic regression on words of four bases", ".kmers"))
    ]
    return {
        "pfalciparum": falciparum,
        "chromosome": publish.table(
            ["model", "F1", "PR-AUC", "sites per kb", "false per Mb", "false per Mb, gene-free"], chromosome
        ),
        "human": publish.table(["model", "F1", "top-k", "PR-AUC", "false per Mb"], human),
        "feeder": publish.table(["model", "recall of windows with boundaries", "windows spared", "PR-AUC"], feeder),
    }


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    return {HERE / "README.md": publish.insert(HERE / "README.md", blocks(results))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", ""))
    if not all((data / name).is_dir() for name in ("genomes/pfalciparum", "splice_human")):
        raise SystemExit(
            "set GENLOOM_TEST_DATA to a folder that holds genomes/pfalciparum and splice_human; see the README of this workflow"
        )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("GENLOOM_RESULTS") or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        publish.write(entries(Work(folder, data)), HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
