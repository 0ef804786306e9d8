#!/usr/bin/env python3
"""extract_windows beside OpenSpliceAI's data step, its exon table beside pandas, its genome reader beside reading.

Generates a GTF of GENCODE's size, a chromosome of 250 Mb, a genome with 20,000 genes, and one with genes of the types
and tags that OpenSpliceAI asks for. OpenSpliceAI is run with the Python of an environment of its own (`--peer`, where
`pip install openspliceai pyranges` was done); its step counts the same splice sites.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import genomes
import measure

COMMAND = "make benchmarks"
SCRIPTS = Path(__file__).parents[1] / "scripts"
SCRIPT = SCRIPTS / "extract_windows.py"
EXONS = f"""
import sys
sys.path.insert(0, {str(SCRIPTS)!r})
from genloom.formats import transcripts
models = transcripts.read(sys.argv[1])
print(len(models), len(models.exons.start), models.exons.start.sum(), models.exons.end.sum())
"""
PANDAS = """
import sys
import pandas as pd
names = ["chrom", "source", "feature", "start", "end", "score", "strand", "phase", "attributes"]
table = pd.read_csv(sys.argv[1], sep="\\t", comment="#", header=None, names=names, quoting=3,
                    usecols=["chrom", "feature", "start", "end", "strand", "attributes"],
                    dtype={"chrom": "category", "feature": "category", "strand": "category"})
table = table[table["feature"].isin(["exon", "CDS"])]
text = table.pop("attributes").str
for name in ("gene_id", "transcript_id", "gene_name", "gene_type"):
    table[name] = text.extract(f'{name} "([^"]+)"', expand=False).astype("category")
table["mane"] = text.contains('tag "MANE_Select"', regex=False)
table = table.sort_values(["transcript_id", "start"])
exons = table[table["feature"] == "exon"]
print(exons["transcript_id"].nunique(), len(exons), (exons["start"] - 1).sum(), exons["end"].sum())
"""
PYRANGES = """
import sys
import pyranges
table = pyranges.read_gtf(sys.argv[1]).df
exons = table[table["Feature"] == "exon"]
print(exons["transcript_id"].nunique(), len(exons), exons["Start"].sum(), exons["End"].sum())
"""
CODES = f"""
import sys
sys.path.insert(0, {str(SCRIPTS)!r})
from genloom.formats.genome import Genome
with Genome(sys.argv[1]) as genome:
    for chrom in genome.sizes:
        genome.fetch(chrom)
"""
READ = """
import sys
import numpy
with open(sys.argv[1], "rb") as file:
    while file.read(1 << 24):
        pass
"""
ONE_HOT = f"""
import sys, time
sys.path.insert(0, {str(SCRIPTS)!r})
import numpy as np
from genloom.formats import genome
codes = np.random.default_rng(1).integers(0, 5, (2000, 15_000), dtype=np.uint8)
room, other = np.ones(codes.shape, "<u4"), np.ones(codes.shape, "<u4")
def best(call):
    times = []
    for _ in range(9):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)
print(best(lambda: genome.one_hot(codes, room)) / best(lambda: np.copyto(other, room)))
"""
PEER = """
import argparse, os, random, sys
from openspliceai.create_data import create_datafile, create_dataset
gff, fasta, out = sys.argv[1:]
if os.path.exists(gff + "_db"):
    os.remove(gff + "_db")
random.seed(1)
args = argparse.Namespace(annotation_gff=gff, genome_fasta=fasta, output_dir=out, parse_type="canonical",
                          biotype="protein-coding", chr_split="train-test", split_method="random", split_ratio=0.5,
                          val_split_ratio=0.1, canonical_only=False, remove_paralogs=False, write_fasta=False)
create_datafile.create_datafile(args)
create_dataset.create_dataset(args)
"""
COUNT_PEER = """
import sys, h5py
sites = bases = windows = 0
for part in ("train", "validation", "test"):
    with h5py.File(f"{sys.argv[1]}/datafile_{part}.h5") as file:
        for label in file["LABEL"][:]:
            sites += len(label) - label.count(b"0")
    with h5py.File(f"{sys.argv[1]}/dataset_{part}.h5") as file:
        windows += sum(len(file[name]) for name in file if name.startswith("X"))
print(sites, windows)
"""
COUNT = """
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    sites = {(c, s, int(a if s == b"+" else b), int(p)) for c, s, a, b, p in zip(
        *(file[f"table/{name}"][:][file["sites/row"][:]] for name in ("chrom", "strand", "start", "end")),
        file["sites/position"][:])}
    print(len(sites), len(file["codes"]))
"""


def generate(folder: Path, small: bool) -> None:
    genomes.write_gtf(folder / "gencode.gtf", 50_000 if small else 1_750_000)
    genomes.write_gff3(folder / "one.gff3", genomes.genes(40 if small else 4000, 1, isoforms=1))
    genomes.write_genome(folder / "one.fa", {"chr1": 10_000_000 if small else 250_000_000})
    sizes = genomes.write_gff3(folder / "many.gff3", genomes.genes(200 if small else 20_000, 10, isoforms=1))
    genomes.write_genome(folder / "many.fa", sizes, index=True)
    sizes = genomes.write_gff3(folder / "peer.gff3", genomes.genes(40 if small else 3000, 6, isoforms=1))
    genomes.write_genome(folder / "peer.fa", sizes)


def numbers(*command: object) -> list[float]:
    return [
        float(word)
        for word in subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, check=True
        ).stdout.split()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", metavar="PYTHON", help="Python of an environment that has openspliceai")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="little data, to try this script")
    parser.add_argument("--folder", type=Path, help="keep the generated files here, and use those that are here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "peer.fa").exists():
            generate(folder, args.small)
        measure_all(folder, args.peer, args.rounds)


def measure_all(folder: Path, peer: str | None, rounds: int) -> None:
    python, out, script = sys.executable, folder / "w.h5", [sys.executable, SCRIPT]
    gtf = folder / "gencode.gtf"
    commands = {
        "cat GTF": ["cat", gtf],
        "exon table": [python, "-c", EXONS, gtf],
        "pandas": [python, "-c", PANDAS, gtf],
        "read FASTA": [python, "-c", READ, folder / "one.fa"],
        "codes": [python, "-c", CODES, folder / "one.fa"],
        "250 Mb": [
            *script,
            "--genome",
            folder / "one.fa",
            "--annotation",
            folder / "one.gff3",
            "--strand",
            "gene",
            "--output",
            out,
        ],
        "promoters": [
            *script,
            "--kind",
            "promoters",
            "--genome",
            folder / "many.fa",
            "--annotation",
            folder / "many.gff3",
            "--output",
            out,
        ],
        "windows": [
            *script,
            "--genome",
            folder / "peer.fa",
            "--annotation",
            folder / "peer.gff3",
            "--strand",
            "gene",
            "--output",
            out,
        ],
    }
    (folder / "peer").mkdir(exist_ok=True)
    if peer:
        commands["pyranges"] = [peer, "-c", PYRANGES, gtf]
        commands["OpenSpliceAI"] = [peer, "-c", PEER, folder / "peer.gff3", folder / "peer.fa", folder / "peer"]
    assert numbers(python, "-c", EXONS, gtf) == numbers(python, "-c", PANDAS, gtf), "pandas has another exon table"
    costs = measure.interleave(commands, rounds)
    entries = [
        measure.ratio("exon_table.vs.pandas", costs["pandas"], costs["exon table"], COMMAND),
        measure.ratio("exon_table.of_limit", costs["exon table"], costs["cat GTF"], COMMAND),
        measure.entry("exon_table.peak_mb", [cost.megabytes for cost in costs["exon table"]], "MB", COMMAND),
        measure.ratio("codes.of_limit", costs["codes"], costs["read FASTA"], COMMAND),
        measure.entry("one_hot.of_limit", [numbers(python, "-c", ONE_HOT)[0] for _ in range(rounds)], "ratio", COMMAND),
        measure.entry("extract_windows.peak_mb", [cost.megabytes for cost in costs["250 Mb"]], "MB", COMMAND),
        measure.entry("extract_windows.promoters_seconds", [cost.seconds for cost in costs["promoters"]], "s", COMMAND),
    ]
    if peer:
        theirs, ours = numbers(peer, "-c", COUNT_PEER, folder / "peer"), numbers(python, "-c", COUNT, out)
        assert theirs[0] == ours[0], f"OpenSpliceAI has {theirs[0]:.0f} sites, extract_windows {ours[0]:.0f}"
        print(f"{theirs[0]:.0f} sites in {theirs[1]:.0f} windows of OpenSpliceAI, {ours[1]:.0f} of extract_windows")
        ratio = measure.ratio("extract_windows.vs.openspliceai", costs["OpenSpliceAI"], costs["windows"], COMMAND)
        entries.append(ratio)
        entries.append(measure.ratio("exon_table.vs.pyranges", costs["pyranges"], costs["exon table"], COMMAND))
    measure.record(entries)


if __name__ == "__main__":
    main()
