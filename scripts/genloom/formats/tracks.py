"""Tracks for genome browsers: values along chromosomes as bedGraph or bigWig, sites as BED, introns as GFF3.

Values are rounded to three digits and zeros left out; equal neighbours are one run, which is what keeps files small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import numpy as np
import polars as pl

DIGITS = 3
_HELD = 1 << 16  # runs
_SITE = {
    "chrom": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "name": pl.String,
    "score": pl.Int64,
    "strand": pl.String,
    "probability": pl.Float64,
}


def run_lengths(values: np.ndarray, start: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) values of bases from `start` on → start, end and value of the runs that are not zero, rounded."""
    # Nearly all bases round to zero: they are left out first, rounding them would take longer than writing the rest.
    at = np.flatnonzero(~(np.abs(values) < 0.4 * 10**-DIGITS))
    rounded = np.round(np.nan_to_num(values[at]).astype(np.float64), DIGITS)
    at, rounded = at[rounded != 0], rounded[rounded != 0]
    heads = np.flatnonzero((np.diff(at, prepend=-2) > 1) | (np.diff(rounded, prepend=0) != 0))
    tails = np.append(heads[1:], len(at))[: len(heads)] - 1
    return at[heads] + start, at[tails] + 1 + start, rounded[heads]


class BedGraph:
    """A bedGraph file, written piece by piece: chromosomes in the order of `sizes`, positions ascending."""

    suffix = ".bedgraph"

    def __init__(self, path: str | Path, sizes: Mapping[str, int]):
        self._file: BinaryIO = Path(path).open("wb")  # noqa: SIM115 - closed by close()
        self._chrom = ""
        self._held: list[tuple[np.ndarray, ...]] = []  # of that chromosome: a few at a time would cost as much as many
        self._count = 0

    def add(self, chrom: str, start: int, values: np.ndarray) -> None:
        """Values of bases from `start` on."""
        self.runs(chrom, *run_lengths(values, start))

    def runs(self, chrom: str, begin: np.ndarray, end: np.ndarray, value: np.ndarray) -> None:
        """Runs of equal values, as `run_lengths` has them."""
        if chrom != self._chrom or self._count > _HELD:
            self._flush()
        self._chrom = chrom
        self._held.append((begin, end, value))
        self._count += len(begin)

    def _flush(self) -> None:
        if self._count:
            columns = zip(("start", "end", "value"), map(np.concatenate, zip(*self._held, strict=True)), strict=True)
            frame = pl.DataFrame(dict(columns)).select(pl.lit(self._chrom).alias("chrom"), pl.all())
            frame.write_csv(self._file, separator="\t", include_header=False, quote_style="never")
        self._held, self._count = [], 0

    def close(self) -> None:
        self._flush()
        self._file.close()


class BigWig:
    """A bigWig file, written piece by piece: chromosomes in the order of `sizes`, positions ascending."""

    suffix = ".bw"

    def __init__(self, path: str | Path, sizes: Mapping[str, int]):
        import pyBigWig

        self._file = pyBigWig.open(str(path), "w")
        self._file.addHeader(list(sizes.items()))
        self._empty, self._first = True, next(iter(sizes))

    def add(self, chrom: str, start: int, values: np.ndarray) -> None:
        """Values of bases from `start` on."""
        self.runs(chrom, *run_lengths(values, start))

    def runs(self, chrom: str, begin: np.ndarray, end: np.ndarray, value: np.ndarray) -> None:
        """Runs of equal values, as `run_lengths` has them."""
        if len(begin):
            self._file.addEntries(np.full(len(begin), chrom), begin, ends=end, values=value)
            self._empty = False

    def close(self) -> None:
        if self._empty:  # readers refuse a file without any value
            self._file.addEntries([self._first], [0], ends=[1], values=[0.0])
        self._file.close()


FORMATS: dict[str, type[BedGraph] | type[BigWig]] = {"bedgraph": BedGraph, "bigwig": BigWig}


def write_sites(rows: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """BED6 and the probability: a line a base. Rows have chrom, start, name (acceptor, donor), strand, probability."""
    frame = pl.DataFrame(
        list(rows), schema={name: kind for name, kind in _SITE.items() if name not in ("end", "score")}
    )
    frame = frame.with_columns(
        end=pl.col("start") + 1,
        score=(pl.col("probability") * 1000).round().cast(pl.Int64),
        probability=pl.col("probability").round_sig_figs(4),
    ).select(list(_SITE))
    frame.write_csv(path, separator="\t", include_header=False, quote_style="never")


def write_introns(rows: Iterable[Mapping[str, Any]], sizes: Mapping[str, int], path: str | Path) -> None:
    """GFF3: a line an intron. Rows have chrom, start, end (0-based, half-open), strand, probability."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        file.write("##gff-version 3\n")
        file.writelines(f"##sequence-region {_escaped(chrom)} 1 {size}\n" for chrom, size in sizes.items())
        for number, row in enumerate(rows, 1):
            file.write(
                f"{_escaped(row['chrom'])}\tgenloom\tintron\t{row['start'] + 1}\t{row['end']}\t"
                f"{row['probability']:.4g}\t{row['strand']}\t.\tID=intron{number}\n"
            )


def _escaped(name: str) -> str:
    return quote(name, safe="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:^*$@!+_?-|")
