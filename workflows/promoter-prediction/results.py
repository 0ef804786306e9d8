#!/usr/bin/env python3
"""The results with Xpresso's weights: GENLOOM_TEST_DATA=FOLDER make results-promoter-prediction.

Holds the published predictions (FOLDER/xpresso) against the observed expression of all genes; then runs the workflow on the
human pieces (FOLDER/splice_human), put at their places on hg38. Writes results.json and the tables of the README.
`GENLOOM_RESULTS=FOLDER` keeps what is made.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import publish  # noqa: E402

COMMAND = "make results-promoter-prediction"
DRAWS = 1000
PLACE = ",".join(f"metadata/ranges/{name}" for name in ("chr", "start", "end", "strand"))
VALUE = "preds/expression_pred"
OBSERVED = {"id": "1", "value": "4"}  # columns of a table without a header: human gene, and its expression
PUBLISHED, OWN = "published", "own"
WANTED = ("r2", "spearman", "largest_difference")
Metrics = dict[str, dict[str, str]]


class Piece(NamedTuple):
    """A piece of a chromosome, as a file holds it: its name, the place of its first base on hg38, and its bases."""

    file: str
    chrom: str
    start: int
    bases: int


# The last number of a file is its first base on hg19 or hg38; what hg38 adds to a place of hg19 differs from block to block.
# Of the piece of chr22, the block before the first place where hg38 is put together otherwise.
PIECES = (
    Piece("hg38_chr2_0_2333275", "chr2", 0, 2_333_275),
    Piece("hg19_chr3_41999999", "chr3", 41_999_999 - 41_492, 2_000_000),
    Piece("hg19_chr4_102999999", "chr4", 102_999_999 - 921_157, 2_000_000),
    Piece("hg19_chr22_20000000", "chr22", 20_000_000 + 12_477, 242_000),
)


def genome(data: Path, path: Path) -> None:
    """Write the pieces at their places, N before them."""
    with path.open("wb") as out:
        for piece in PIECES:
            lines = gzip.decompress((data / "splice_human" / f"{piece.file}.fa.gz").read_bytes()).split(b"\n")[1:]
            bases = b"".join(lines)[: piece.bases]
            assert len(bases) <= piece.bases, piece
            out.write(b">%s\n" % piece.chrom.encode())
            for at in range(0, piece.start, 1 << 20):
                out.write(b"N" * min(1 << 20, piece.start - at))
            out.write(bases + b"\n")


def workflow(data: Path, folder: Path) -> dict[str, Metrics]:
    """Run the workflow on the pieces: its three tables of measures."""
    path = folder / "pieces.fa"
    genome(data, path)

    def file(name: Path, kind: int) -> dict[str, str]:
        return {"class": "File", "path": str(name.resolve()), "format": f"http://edamontology.org/format_{kind}"}

    xpresso = data / "xpresso"
    job = {
        "weights": [file(xpresso / "human_trainepoch.11-0.426.h5", 2333)],
        "genome": file(path, 1929),
        "start_sites": file(xpresso / "hg38_promoters_10500.bed.gz", 3003),
        "region": [f"{piece.chrom}:{piece.start + 1}-{piece.start + piece.bases}" for piece in PIECES],
        "max_n": 0,
        "observed": file(xpresso / "orthologs_observed_expression.tsv.gz", 3475),
        "observed_id_column": OBSERVED["id"],
        "observed_value_column": OBSERVED["value"],
        "published": file(xpresso / "published_predictions.tsv.gz", 3475),
        "bootstrap": DRAWS,
    }
    (folder / "job.json").write_text(json.dumps(job))
    command = [Path(sys.executable).parent / "cwltool", "--quiet", "--no-container", "--outdir", folder / "out"]
    command += [HERE / "promoter-prediction.cwl", folder / "job.json"]
    commands = folder / "bin"  # those of this checkout, whatever is installed
    commands.mkdir(exist_ok=True)
    for script in (ROOT / "scripts").glob("*.py"):
        link = commands / f"genloom-{script.stem.replace('_', '-')}"
        link.unlink(missing_ok=True)
        link.symlink_to(script)
    environment = {**os.environ, "PATH": f"{commands.resolve()}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(list(map(str, command)), check=True, env=environment, stdout=subprocess.DEVNULL)
    names = ("observed", "published", "published-observed")
    return {name: measures(folder / "out" / f"{name}.metrics.tsv") for name in names}


def all_genes(data: Path, folder: Path) -> Metrics:
    """The published predictions against what was observed, of every gene that both have."""
    xpresso, path = data / "xpresso", folder / "published.tsv"
    command = [sys.executable, ROOT / "scripts" / "plot_results.py", "--task", "comparison", "--metrics", path]
    command += [
        "--predictions",
        xpresso / "published_predictions.tsv.gz",
        "--id-column",
        PLACE,
        "--value-column",
        VALUE,
    ]
    command += ["--places", xpresso / "hg38_promoters_10500.bed.gz"]
    command += ["--compare", xpresso / "orthologs_observed_expression.tsv.gz"]
    command += ["--compare-id-column", OBSERVED["id"], "--compare-value-column", OBSERVED["value"]]
    subprocess.run([*map(str, command), "--bootstrap", str(DRAWS)], check=True)
    return measures(path)


def measures(path: Path) -> Metrics:
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["metric"]: row for row in reversed(rows)}  # of two tables' counts, those of the first


def entries(data: Path, folder: Path) -> list[publish.Entry]:
    """All entries of results.json."""
    pieces = workflow(data, folder)
    tables = {
        "xpresso.observed": pieces["observed"],
        "xpresso.observed.{}.published": pieces["published-observed"],
        "xpresso.observed.{}.published.all": all_genes(data, folder),
        "xpresso.published": pieces["published"],
    }
    found = []
    for name, metrics in tables.items():
        for metric in WANTED:
            if metric == "largest_difference" and name != "xpresso.published":
                continue  # observed values are on a scale of their own
            row = metrics[metric]
            value, low, high = (float(row[column]) if row[column] else None for column in ("value", "low", "high"))
            key = name.format(metric) if "{" in name else f"{name}.{metric}"
            assert value is not None, key
            found.append(publish.entry(key, value, low, high, int(row["n"]), "", COMMAND))
    return found


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""
    rows = []
    for label, name in (
        ("own predictions, the pieces", "xpresso.observed.{}"),
        ("published predictions, the same genes", "xpresso.observed.{}.published"),
        ("published predictions, all genes", "xpresso.observed.{}.published.all"),
    ):
        r2, spearman = (results[name.format(metric)] for metric in ("r2", "spearman"))
        rows.append([label, f"{r2['n']:,}", publish.cell(r2), publish.cell(spearman)])
    same, apart = (results[f"xpresso.published.{metric}"] for metric in ("r2", "largest_difference"))
    own = [["own against published", f"{same['n']:,}", f"{same['value']:.6f}", f"{apart['value']:.1e}"]]
    return {
        "observed": publish.table(["against what was observed", "genes", "r²", "Spearman"], rows),
        "published": publish.table(["", "promoters", "r²", "largest difference"], own),
    }


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    readme = HERE / "README.md"
    return {readme: publish.insert(readme, blocks(publish.read(HERE / "results.json")))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", ""))
    if not all((data / name).is_dir() for name in ("xpresso", "splice_human")):
        raise SystemExit(
            "set GENLOOM_TEST_DATA to a folder that holds xpresso and splice_human; see the README of this workflow"
        )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("GENLOOM_RESULTS") or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        publish.write(entries(data, folder), HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
