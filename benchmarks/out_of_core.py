#!/usr/bin/env python3
"""Peak memory of tools on inputs of the largest size that they are meant for, each run once as a whole process.

1,000 peak files of 100,000 peaks, in one job and joined from parts; a matrix of 100,000 samples by 10,000 genes from GCTX to a
trained model, and a tenth of it from text; chromosomes of 250 Mb cut into windows, predicted and joined. All input is
generated: up to 12 GB at once, and as much for what waits on the disk in between.
"""

from __future__ import annotations

import argparse
import filecmp
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import measure

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "make benchmarks-out-of-core"
CHROMOSOME = 250_000_000
Line = dict[str, object]


def script(name: str, *words: object) -> measure.Cost:
    """Run a script of this checkout."""
    cost = measure.run([sys.executable, ROOT / "scripts" / f"{name}.py", *words])
    print(f"{name:<24} {cost.seconds:8.1f} s {cost.megabytes:8.0f} MB", flush=True)
    return cost


def lines(name: str, cost: measure.Cost) -> list[Line]:
    return [
        measure.entry(f"out_of_core.{name}.peak_mb", [cost.megabytes], "MiB", COMMAND),
        measure.entry(f"out_of_core.{name}.seconds", [cost.seconds], "s", COMMAND),
    ]


def worst(costs: list[measure.Cost]) -> measure.Cost:
    return measure.Cost(max(cost.seconds for cost in costs), max(cost.megabytes for cost in costs))


def generate_peaks(folder: Path, names: list[str], count: int) -> None:
    """Peak files of one genome, of which each sample has a tenth of all places at random."""
    import numpy as np
    import polars as pl

    sizes = {f"chr{number}": CHROMOSOME - 9_000_000 * number for number in range(1, 24)}
    (folder / "sizes").write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    random = np.random.default_rng(1)
    chrom = np.sort(random.integers(0, len(sizes), 10 * count))
    start = random.integers(0, min(sizes.values()) - 1000, 10 * count)
    order = np.lexsort((start, chrom))
    places = pl.DataFrame({"chrom": pl.Series([*sizes])[chrom[order]], "start": start[order]})
    places = places.with_columns(end=pl.col("start") + 400)
    for name in names:
        score = random.integers(1, 1000, len(places))
        table = places.with_columns(name=pl.lit("peak"), score=score).filter(random.random(len(places)) < 0.1)
        table.write_csv(folder / f"{name}.bed", separator="\t", include_header=False)


def peaks(folder: Path, files: int, count: int, share: int) -> Iterator[Line]:
    """Peak files of many samples, in one job and joined from parts."""
    names = [f"s{number:04}" for number in range(files)]
    generate_peaks(folder, names, count)
    common = ["--sizes", folder / "sizes", "--value", "count"]
    every = [folder / f"{name}.bed" for name in names]
    yield from lines(
        f"bin_peaks of {files:,} files",
        script("bin_peaks", "--peaks", *every, *common, "--output", folder / "all.h5ad"),
    )
    parts, costs = [], []
    for at in range(0, files, share):
        parts.append(folder / f"part{at}.h5ad")
        these = ["--peaks", *every[at : at + share], "--names", *names[at : at + share], "--whole", *names]
        costs.append(script("bin_peaks", *these, *common, "--output", parts[-1]))
    yield from lines(f"bin_peaks of {share:,} of {files:,} files", worst(costs))
    yield from lines(
        f"merge_parts of matrices of {files:,} files",
        script("merge_parts", "--parts", *parts, "--output", folder / "merged.h5ad"),
    )
    assert filecmp.cmp(folder / "merged.h5ad", folder / "all.h5ad", shallow=False)


def generate_matrix(folder: Path, samples: int, genes: int, textual: int) -> None:
    """Expression that follows some programs, as GCTX, and the first samples as text."""
    import h5py
    import numpy as np
    import polars as pl

    random = np.random.default_rng(1)
    loadings = random.standard_normal((50, genes), dtype=np.float32) / 8
    landmarks = [f"g{number}" for number in range(min(943, genes // 2))]
    (folder / "landmarks.txt").write_text("\n".join(landmarks) + "\n")
    names = [f"g{number}" for number in range(genes)]
    with h5py.File(folder / "all.gctx", "w") as file, (folder / "some.tsv").open("wb") as text:
        values = file.create_dataset("0/DATA/0/matrix", (samples, genes), np.float32, chunks=(64, genes))
        for at in range(0, samples, 1024):
            count = min(1024, samples - at)
            programs = random.standard_normal((count, 50), dtype=np.float32)
            noise = random.standard_normal((count, genes), dtype=np.float32)
            values[at : at + count] = block = programs @ loadings + noise + 7
            if at < textual:
                rows = pl.DataFrame(block, names).insert_column(0, pl.Series("sample", range(at, at + count)))
                rows.head(textual - at).write_csv(text, separator="\t", float_precision=4, include_header=not at)
        file["0/META/ROW/id"] = np.array(names, "S")
        file["0/META/COL/id"] = np.array([f"s{number}" for number in range(samples)], "S")


def matrix(folder: Path, samples: int, genes: int) -> Iterator[Line]:
    """A matrix from GCTX to a trained model, a tenth of it from text."""
    textual = samples // 10
    generate_matrix(folder, samples, genes, textual)
    of = f"of {samples:,} samples × {genes:,} genes"
    out = folder / "all.h5ad"
    common = ["--unit", "log2", "--negative", "keep", "--output", out]
    words = ["--matrix", folder / "some.tsv", "--orientation", "samples-in-rows", *common]
    name = f"assemble_expression of {textual:,} samples × {genes:,} genes from text"
    yield from lines(name, script("assemble_expression", *words))
    (folder / "some.tsv").unlink()
    words = ["--matrix", folder / "all.gctx", *common]
    yield from lines(f"assemble_expression {of} from GCTX", script("assemble_expression", *words))
    (folder / "all.gctx").unlink()
    split = folder / "split.tsv"
    words = ["--matrix", out, "--method", "hold-out", "--test-share", 0.02, "--output", split]
    yield from lines(f"split_samples {of}", script("split_samples", *words))
    words = ["--split", split, "--matrix", out, "--findings", folder / "findings.tsv"]
    yield from lines(f"audit_split {of}", script("audit_split", *words))
    given = ["--expression", out, "--landmarks", folder / "landmarks.txt", "--split", split]
    made = ["--model", folder / "model.safetensors", "--predictions", folder / "held.h5ad"]
    words = ["--task", "targets", "--architecture", "ridge", *given, *made]
    yield from lines(f"train_model --task targets {of}", script("train_model", *words))


def generate_chromosomes(folder: Path, count: int, size: int) -> None:
    """Chromosomes of random letters, a gene of five exons in each 10 kb."""
    import numpy as np

    random = np.random.default_rng(1)
    with (folder / "genome.fa").open("wb") as fasta, (folder / "genes.gtf").open("w") as gtf:
        for number in range(1, count + 1):
            fasta.write(f">chr{number}\n".encode())
            for _ in range(0, size, 5_000_000):
                letters = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, (5_000_000 // 100, 100))]
                fasta.write(np.column_stack([letters, np.full(len(letters), 10, np.uint8)]).tobytes())
            for start in range(5000, size - 10_000, 10_000):
                facts = f'gene_id "g{number}.{start}"; transcript_id "t{number}.{start}";'
                strand = "+-"[start // 10_000 % 2]
                for exon in range(5):
                    first = start + 1000 * exon
                    print(f"chr{number}\tx\texon\t{first}\t{first + 150}\t.\t{strand}\t.\t{facts}", file=gtf)


def chromosomes(folder: Path, count: int, size: int, predicted: int) -> Iterator[Line]:
    """Chromosomes cut and joined; a small network, on the first bases of each."""
    generate_chromosomes(folder, count, size)
    genome = ["--genome", folder / "genome.fa"]
    parts = folder / "parts"
    script("split_genome", "--sizes", folder / "genome.fa", "--parts", count, "--output", parts)
    beds = sorted(parts.iterdir())
    cut = [*genome, "--annotation", folder / "genes.gtf", "--strand", "gene"]
    costs, windows = [], [bed.with_suffix(".h5") for bed in beds]
    for bed, path in zip(beds, windows, strict=True):
        costs.append(script("extract_windows", *cut, "--part", bed, "--output", path))
    each = f"{size // 1_000_000} Mb"
    yield from lines(f"extract_windows of {each}", worst(costs))
    cost = script("merge_parts", "--parts", *windows, "--output", folder / "windows.h5")
    yield from lines(f"merge_parts of windows of {count} × {each}", cost)
    region = ["--region", *(f"chr{number}:1-{min(predicted, size)}" for number in range(1, count + 1))]
    parts = folder / "stretches"
    script("split_genome", "--sizes", folder / "genome.fa", *region, "--parts", count, "--output", parts)
    beds = sorted(parts.iterdir())
    model = ROOT / "test-data" / "steps" / "boundaries.safetensors"
    costs, found = [], [bed.with_suffix(".found.h5") for bed in beds]
    for bed, path in zip(beds, found, strict=True):
        costs.append(script("predict_model", "--model", model, *genome, *region, "--part", bed, "--found", path))
    each = f"{min(predicted, size) // 1_000_000} Mb"
    yield from lines(f"predict_model of {each}", worst(costs))
    names = {"sites": "sites.bed", "introns": "introns.gff3", "tracks": "tracks", "summary": "summary.tsv"}
    out = [word for name, path in names.items() for word in (f"--{name}", folder / path)]
    cost = script("merge_parts", "--parts", *found, *out, "--track-format", "bigwig")
    yield from lines(f"merge_parts of predictions of {count} × {each}", cost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("peaks", "matrix", "chromosomes"), nargs="+", help="by default all")
    parser.add_argument("--files", type=int, default=1000, help="peak files")
    parser.add_argument("--peaks", type=int, default=100_000, help="in each")
    parser.add_argument("--share", type=int, default=100, help="files in a part")
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--genes", type=int, default=10_000)
    parser.add_argument("--chromosomes", type=int, default=2)
    parser.add_argument("--size", type=int, default=CHROMOSOME, help="bases of each")
    parser.add_argument("--predicted", type=int, default=CHROMOSOME, help="bases of each that are predicted")
    parser.add_argument("--work", type=Path, help="folder for the files; by default a temporary one")
    parser.add_argument("--try", dest="trial", action="store_true", help="print the results, and keep none")
    args = parser.parse_args()
    tasks = {
        "peaks": lambda folder: peaks(folder, args.files, args.peaks, args.share),
        "matrix": lambda folder: matrix(folder, args.samples, args.genes),
        "chromosomes": lambda folder: chromosomes(folder, args.chromosomes, args.size, args.predicted),
    }
    for name in args.only or tasks:
        with tempfile.TemporaryDirectory(dir=args.work) as temporary:
            found = list(tasks[name](Path(temporary)))
        if not args.trial:
            measure.record(found)


if __name__ == "__main__":
    main()
