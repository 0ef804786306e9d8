#!/usr/bin/env python3
"""bin_peaks beside bedtools, beside reading its files, and beside polars parsing them.

Generates the peak files of an atlas: sites that samples share, more or less often, and some of each one's own.
bin_peaks runs as it does by default, and with the task of `bedtools intersect -c`: for each 1-kb bin of the genome, the
number of peaks that overlap it, where the answers are compared. bedtools needs minutes for all files: it is timed on
one, and its time multiplied by their number.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import measure

COMMAND = "make benchmarks"
SCRIPT = Path(__file__).parents[1] / "scripts" / "bin_peaks.py"
MEGABASES = (
    248,
    242,
    198,
    190,
    181,
    170,
    159,
    145,
    138,
    133,
    135,
    133,
    114,
    107,
    101,
    90,
    83,
    80,
    58,
    64,
    46,
    50,
    156,
    57,
)  # of the human chromosomes 1 to 22, X, Y
SIZES = {f"chr{name}": size * 1_000_000 for name, size in zip([*range(1, 23), "X", "Y"], MEGABASES, strict=True)}
PARSE = """
import sys
from polars import Float64, Int64, String, read_csv
types = [String, Int64, Int64, String, Int64, String, Float64, Float64, Float64, Int64]
for path in sys.argv[1:]:
    read_csv(path, separator="\\t", has_header=False, schema={f"column_{i}": kind for i, kind in enumerate(types)})
"""


def generate(folder: Path, samples: int, rows: int) -> None:
    """Write the peak files, the sizes, and the bins as BED."""
    import numpy as np
    import polars as pl

    names, lengths = list(SIZES), np.array([*SIZES.values()])
    order = np.argsort(np.argsort(names))  # as `sort -k1,1` has them
    rng = np.random.default_rng(1)

    def sites(n: int) -> tuple[np.ndarray, np.ndarray]:
        chrom = rng.choice(len(names), n, p=lengths / lengths.sum())
        return chrom, (rng.random(n) * (lengths[chrom] - 10_000)).astype(np.int64)

    (folder / "sizes").write_text("".join(f"{name}\t{size}\n" for name, size in SIZES.items()))
    with (folder / "bins.bed").open("w") as file:
        for name in sorted(names):
            file.writelines(f"{name}\t{start}\t{start + 1000}\n" for start in range(0, SIZES[name], 1000))
    chrom, start = sites(4 * rows)
    often = rng.pareto(1.5, 4 * rows) + 0.2
    for sample in range(samples):
        shared = rng.choice(4 * rows, rows * 19 // 20, replace=False, p=often / often.sum())
        own_chrom, own_start = sites(rows - len(shared))
        at, begin = np.concatenate([chrom[shared], own_chrom]), np.concatenate([start[shared], own_start])
        begin = begin + rng.integers(0, 60, rows)
        width = 150 + rng.gamma(2, 120, rows).astype(np.int64)
        rank = np.lexsort((begin, order[at]))
        at, begin, width = at[rank], begin[rank], width[rank]
        signal = rng.gamma(1.5, 6, rows) + 2
        pl.DataFrame(
            {
                "chrom": pl.Series(names)[at],
                "start": begin,
                "end": begin + width,
                "name": [f"sample_{sample}_peak_{i}" for i in range(1, rows + 1)],
                "score": (signal * 10).astype(np.int64),
                "strand": ["."] * rows,
                "signal": signal.round(5),
                "p": (signal * 1.7).round(5),
                "q": (signal * 1.5).round(5),
                "summit": width // 2,
            }
        ).write_csv(folder / f"sample_{sample}_peaks.narrowPeak", separator="\t", include_header=False)


def same_answer(output: Path, bins: Path, peaks: Path) -> None:
    """Assert that the first sample's counts are those of bedtools."""
    sys.path.insert(0, str(SCRIPT.parent))
    import polars as pl

    from genloom.formats import matrix

    data = matrix.read(output, "bins")
    found = dict(zip(data.var_names, data.X[0].toarray()[0].tolist(), strict=True))
    command = ["bedtools", "intersect", "-c", "-a", str(bins), "-b", str(peaks)]
    lines = subprocess.run(command, capture_output=True, check=True).stdout
    table = pl.read_csv(
        lines,
        separator="\t",
        has_header=False,
        schema={"chrom": pl.String, "start": pl.Int64, "end": pl.Int64, "count": pl.Int64},
    )
    counts = {f"{chrom}:{start}-{end}": n for chrom, start, end, n in table.filter(pl.col("count") > 0).iter_rows()}
    assert {name: n for name, n in found.items() if n} == counts
    print(f"bedtools counts the same in all {len(counts)} bins with peaks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--rows", type=int, default=150_000, help="peaks in each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the generated files here, and use those that are here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "sizes").exists():
            generate(folder, args.samples, args.rows)
        files = [folder / f"sample_{sample}_peaks.narrowPeak" for sample in range(args.samples)]
        output = folder / "bins.h5ad"
        binned = [sys.executable, SCRIPT, "--peaks", *files, "--sizes", folder / "sizes", "--output", output]
        bedtools = ["bedtools", "intersect", "-c", "-a", folder / "bins.bed", "-b", files[0]]
        costs = measure.interleave(
            {
                "cat": ["cat", *files],
                "polars": ["env", "POLARS_MAX_THREADS=1", sys.executable, "-c", PARSE, *files],
                "bin_peaks": binned,
                "bin_peaks, overlap": [*binned, "--assign", "overlap", "--value", "count"],
                "bedtools, one file": bedtools,
                "bedtools -sorted, one": [*bedtools, "-sorted"],
                "bedtools map, one": ["bedtools", "map", "-c", "5", "-o", "max", *bedtools[3:]],
            },
            args.rounds,
        )
        same_answer(output, folder / "bins.bed", files[0])
    entries = []
    for tool, ours in (("bin_peaks", costs["bin_peaks"]), ("bin_peaks_overlap", costs["bin_peaks, overlap"])):
        entries += [
            measure.ratio(f"{tool}.vs.bedtools_intersect", costs["bedtools, one file"], ours, COMMAND, args.samples),
            measure.ratio(
                f"{tool}.vs.bedtools_intersect_sorted", costs["bedtools -sorted, one"], ours, COMMAND, args.samples
            ),
            measure.ratio(f"{tool}.vs.bedtools_map", costs["bedtools map, one"], ours, COMMAND, args.samples),
            measure.ratio(f"{tool}.vs.polars_parse", costs["polars"], ours, COMMAND),
            measure.ratio(f"{tool}.of_limit", ours, costs["cat"], COMMAND),
            measure.entry(f"{tool}.peak_mb", [cost.megabytes for cost in ours], "MB", COMMAND),
        ]
    measure.record(entries)


if __name__ == "__main__":
    main()
