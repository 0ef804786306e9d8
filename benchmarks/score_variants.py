#!/usr/bin/env python3
"""score_variants beside the `spliceai` package, with its weights: the same scores, and how much faster.

Generates variants in the human pieces of GENLOOM_TEST_DATA/splice_human: some spread over all genes, half of them near
the ends of exons (for parity: this is also the costliest case, as hardly two share a reference), and some as close
together as a person's variants are, one a kb. The package runs in an environment of its own (`--peer`, where
`pip install spliceai tensorflow` was done); its weights are imported from there. Both run on one core.
"""

from __future__ import annotations

import argparse
import csv
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import measure
import publish

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SCRIPTS = ROOT / "scripts"
COMMAND = "make benchmarks-score-variants"
RESULTS = ROOT / "workflows" / "variant-splicing" / "results.json"
SETS = ("spread", "dense")
PEER = "from spliceai.__main__ import main; main()"
WEIGHTS = "import os, spliceai; print(os.path.join(os.path.dirname(spliceai.__file__), 'models'))"
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
TABLE = ["#NAME", "CHROM", "STRAND", "TX_START", "TX_END", "EXON_START", "EXON_END"]


def generate(data: Path, folder: Path, spread: int, dense: int, seed: int = 1) -> None:
    """Write genome.fa, genes.tsv (SpliceAI's table), spread.vcf and dense.vcf."""
    sys.path.insert(0, str(SCRIPTS))
    import gzip

    import numpy as np

    from genloom.formats import genebodies
    from genloom.formats.genome import Genome, decode

    rng = np.random.default_rng(seed)
    pieces = sorted(data.glob("*.fa.gz"))
    with (folder / "genome.fa").open("wb") as file:
        for piece in pieces:
            file.write(gzip.decompress(piece.read_bytes()))
    rows, places = [], []
    for piece in pieces:
        genes = genebodies.read(str(piece).replace(".fa.gz", ".gtf.gz"))
        for i, name in enumerate(genes.names):
            exons = genes.exons[i]
            starts, ends = ("".join(f"{each}," for each in column) for column in exons.T.tolist())
            start, end = int(genes.start[i]), int(genes.end[i])
            rows.append((name, genes.chroms[i], "-+"[int(genes.strand[i] > 0)], start, end, starts, ends))
            places.append((genes.chroms[i], start, end, exons.reshape(-1)))
    with (folder / "genes.tsv").open("w", newline="") as table:
        csv.writer(table, delimiter="\t", lineterminator="\n").writerows([TABLE, *rows])
    with Genome(folder / "genome.fa") as genome:

        def variant(chrom: str, at: int) -> tuple[str, int, str, str]:
            kind, length = rng.random(), 1 + int(rng.geometric(0.2))
            ref = decode(genome.fetch(chrom, at, at + (length if kind > 0.75 else 1)))
            if kind <= 0.5:
                alt = rng.choice([base for base in "ACGT" if base != ref])
            elif kind <= 0.75:
                alt = ref + "".join(rng.choice(list("ACGT"), length - 1))
            else:
                alt = ref[0]
            return chrom, at + 1, ref, str(alt)

        def write(name: str, found: set[tuple[str, int, str, str]]) -> None:
            with (folder / name).open("w") as file:
                file.write("##fileformat=VCFv4.2\n")
                file.writelines(f"##contig=<ID={chrom},length={size}>\n" for chrom, size in genome.sizes.items())
                file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
                for chrom, at, ref, alt in sorted(found):
                    file.write(f"{chrom}\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\n")

        lengths = np.array([end - start for _, start, end, _ in places], float)
        found: set[tuple[str, int, str, str]] = set()
        while len(found) < spread:
            near = len(found) % 2 == 0
            chrom, start, end, edges = places[rng.choice(len(places), p=None if near else lengths / lengths.sum())]
            at = int(rng.choice(edges) + rng.integers(-60, 60) if near else rng.integers(start, end))
            if start <= at < end and 6000 < at < genome.sizes[chrom] - 6000:
                found.add(variant(chrom, at))
        write("spread.vcf", found)
        chrom, start, end, _ = places[int(lengths.argmax())]
        first = max(start, 6000)
        last = min(end, first + 1000 * dense, genome.sizes[chrom] - 6000)
        write("dense.vcf", {variant(chrom, int(at)) for at in rng.integers(first, last, (last - first) // 1000)})


def scores(path: Path) -> list[tuple[str, str]]:
    """Of each record, all but INFO, and SpliceAI's value."""
    with path.open() as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [("\t".join(row[:7]), row[7]) for row in rows]


def compare(ours: Path, theirs: Path) -> tuple[int, int, int, float]:
    """Alleles in genes; of them equal in all scores to 0.01 and all positions; to the letter; the largest difference."""
    count = equal = letter = 0
    worst = 0.0
    for (own, mine), (other, peers) in zip(scores(ours), scores(theirs), strict=True):
        assert own == other, f"{own} is not {other}"
        one, two = (value.removeprefix("SpliceAI=").split(",") for value in (mine, peers))
        assert len(one) == len(two), f"{mine} is not {peers}"
        for a, b in zip(one, two, strict=True):
            gap = 0.0 if a == b else difference(a, b)
            if a != ".":
                count, letter, equal = count + 1, letter + (a == b), equal + (gap <= 0.0101)
            worst = max(worst, gap)
            if gap > 0.0101:
                print(f"{own}\n  ours   {a}\n  theirs {b}")
    return count, equal, letter, worst


def difference(one: str, other: str) -> float:
    """The largest difference of two alleles' scores; 1 if anything else of them differs."""
    a, b = one.split("|"), other.split("|")
    if len(a) != 10 or a[:2] + a[6:] != b[:2] + b[6:]:
        return 1.0
    return max(abs(float(x) - float(y)) for x, y in zip(a[2:6], b[2:6], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, metavar="PYTHON", help="Python of an environment that has spliceai")
    parser.add_argument("--model", type=Path, help="its weights, imported; by default they are imported here")
    parser.add_argument("--spread", type=int, default=500, help="variants over all genes")
    parser.add_argument("--dense", type=int, default=100, help="variants one a kb")
    parser.add_argument("--folder", type=Path, help="keep all files here, and use what is here")
    args = parser.parse_args()
    os.environ.update(ONE_THREAD)
    data = Path(os.environ.get("GENLOOM_TEST_DATA", "")) / "splice_human"
    if not data.is_dir():
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds splice_human")
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        generate(data, folder, args.spread, args.dense)
        measure_all(folder, args.peer, args.model or imported(folder, args.peer))


def imported(folder: Path, peer: str) -> Path:
    weights = subprocess.run([peer, "-c", WEIGHTS], capture_output=True, text=True, check=True).stdout.strip()
    model = folder / "spliceai.safetensors"
    files = sorted(Path(weights).glob("spliceai?.h5"))
    subprocess.run([sys.executable, SCRIPTS / "import_model.py", "--weights", *files, "--model", model], check=True)
    return model


def measure_all(folder: Path, peer: str, model: Path) -> None:
    shared = (folder / "genome.fa", folder / "genes.tsv")
    entries, agreement = [], []
    for name in SETS:
        vcf, ours, theirs = (folder / f"{name}{part}.vcf" for part in ("", ".ours", ".theirs"))
        own = [sys.executable, SCRIPTS / "score_variants.py", "--model", model, "--variants", vcf, "--output", ours]
        costs = [measure.run([*own, "--genome", shared[0], "--annotation", shared[1]])]
        costs.append(measure.run([peer, "-c", PEER, "-I", vcf, "-O", theirs, "-R", shared[0], "-A", shared[1]]))
        count, equal, letter, worst = compare(ours, theirs)
        for label, cost in zip(("score_variants", "spliceai"), costs, strict=True):
            print(f"{name}: {label} {cost.seconds:.0f} s, {cost.megabytes:.0f} MB, {3600 * count / cost.seconds:.0f}/h")
        print(f"{name}: {equal} of {count} alleles equal, {letter} to the letter, largest difference {worst:.2f}")
        suffix = "" if name == "dense" else f"_{name}"
        entries.append(measure.ratio(f"score_variants{suffix}.vs.spliceai", costs[1:], costs[:1], COMMAND))
        entries.append(measure.entry(f"score_variants{suffix}.peak_mb", [costs[0].megabytes], "MB", COMMAND))
        rate = 3600 * count / costs[0].seconds
        entries.append(measure.entry(f"score_variants{suffix}.per_hour", [rate], "1/h", COMMAND))
        agreement.append((name, equal / count, count))
    measure.record(entries)
    _, share, count = agreement[0]
    found = publish.entry("spliceai.agreement", share, None, None, count, "share", COMMAND)
    measure.record([found], RESULTS)
    for path, text in runpy.run_path(str(RESULTS.with_name("results.py")))["render"]().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
