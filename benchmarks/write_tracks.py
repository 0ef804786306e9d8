#!/usr/bin/env python3
"""Tracks of scores per base: bigWig beside pyBigWig alone, bedGraph beside a loop that formats lines.

The scores of 50 Mb are as a network gives them, nearly all below what is written, and one in 200 bases is not; those of
another 2 Mb are all to be written. pyBigWig is given the runs ready made, the writer the scores, in tiles of 100,000
bases. Processor seconds of one process, in turns; the files are the same byte by byte.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import measure

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import pyBigWig

from genloom.formats import tracks

COMMAND = "make benchmarks"
TILE = 100_000
Runs = list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def scores(bases: int, dense: bool) -> np.ndarray:
    random = np.random.default_rng(1)
    if dense:
        return random.random(bases, np.float32)
    values = 2e-4 * random.random(bases, np.float32)
    values[random.integers(0, bases, bases // 200)] = random.random(bases // 200, np.float32)
    return values


def runs_of(values: np.ndarray) -> Runs:
    return [tracks.run_lengths(values[at : at + TILE], at) for at in range(0, len(values), TILE)]


def own(path: Path, values: np.ndarray) -> None:
    track = tracks.BigWig(path, {"chr1": len(values)})
    for start in range(0, len(values), TILE):
        track.add("chr1", start, values[start : start + TILE])
    track.close()


def alone(path: Path, size: int, runs: Runs) -> None:
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("chr1", size)])
        for start, end, value in runs:
            file.addEntries(np.full(len(start), "chr1"), start, ends=end, values=value)


def lines(path: Path, runs: Runs) -> None:
    """bedGraph as one would write it, a line after the other."""
    with path.open("w") as file:
        for starts, ends, levels in runs:
            for start, end, level in zip(starts.tolist(), ends.tolist(), levels.tolist(), strict=True):
                file.write(f"chr1\t{start}\t{end}\t{level}\n")


def times_faster(folder: Path, values: np.ndarray) -> float:
    """Seconds of that over those of the writer, both given the runs."""
    runs = runs_of(values)
    begin = time.process_time()
    track = tracks.BedGraph(folder / "own", {"chr1": len(values)})
    for each in runs:
        track.runs("chr1", *each)
    track.close()
    between = time.process_time()
    lines(folder / "lines", runs)
    end = time.process_time()
    assert (folder / "own").read_bytes() == (folder / "lines").read_bytes(), "the files differ"
    return (end - between) / (between - begin)


def ratio(folder: Path, values: np.ndarray) -> float:
    """Seconds of the writer over those of pyBigWig."""
    runs = runs_of(values)
    begin = time.process_time()
    own(folder / "own", values)
    between = time.process_time()
    alone(folder / "alone", len(values), runs)
    end = time.process_time()
    assert (folder / "own").read_bytes() == (folder / "alone").read_bytes(), "the files differ"
    return (between - begin) / (end - between)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    entries = []
    with tempfile.TemporaryDirectory() as temporary:
        for name, bases in (("", 50_000_000), ("_dense", 2_000_000)):
            values = scores(bases, bool(name))
            ratios = [ratio(Path(temporary), values) for _ in range(args.rounds)]
            entries.append(measure.entry(f"bigwig{name}.of_limit", ratios, "ratio", COMMAND))
            ratios = [times_faster(Path(temporary), values) for _ in range(args.rounds)]
            entries.append(measure.entry(f"bedgraph{name}.vs.formatting", ratios, "ratio", COMMAND))
    measure.record(entries)


if __name__ == "__main__":
    main()
