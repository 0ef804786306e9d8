"""Peaks of samples counted in bins of the genome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from .. import console
from ..errors import InputError, named
from . import chromosomes, intervals, matrix, parts, text
from .chromosomes import Region
from .facts import wrong
from .intervals import Peaks
from .parts import Part

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData
    from scipy.sparse import csr_matrix

MOST = 2**29  # bins; 2.5 GB of memory
_LONGEST = 1 << 40  # bases of a chromosome, as `_key` has room for
# What a part tells of each sample, in the order of the table's columns, and how all parts are made.
_COUNTS = ("read", "kept", "unknown_chromosome", "low_score", "low_signal", "low_p", "low_q", "outside_regions")
_TALLY = {"sample": str, **dict.fromkeys((*_COUNTS, "bins", "skipped_lines"), int)}
_MADE = {"bin_size": int, "regions": [str], "normalise": str, "keep_empty": bool, "assembly": str}


class Bins:
    """The bins of a genome or of regions of it, numbered from 0 in the order of the chromosomes.

    Bins are cells of a grid that starts at each chromosome's first base, whatever the regions: matrices of different
    regions share their bins. The end of a chromosome and the bounds of a region cut a bin off.

    Parameters
    ----------
    size : bases in a bin
    sizes : chromosome → length
    regions : the whole genome if there are none

    Attributes
    ----------
    regions : without overlaps, in order
    count : number of bins
    """

    def __init__(self, size: int, sizes: Mapping[str, int], regions: Iterable[Region] = ()):
        self.size, self.sizes = size, dict(sizes)
        self.regions = chromosomes.merge(regions, sizes)
        rank = {chrom: i for i, chrom in enumerate(sizes)}
        self._chrom = np.array([rank[region.chrom] for region in self.regions], np.int64)
        self._start = np.array([region.start for region in self.regions], np.int64)
        self._end = np.array([region.end for region in self.regions], np.int64)
        cells = -(-self._end // size) - self._start // size
        self.count = int(cells.sum())
        self._first = np.cumsum(cells) - cells  # the region's first bin
        self._origin = self._first - self._start // size  # a bin's number less its cell's
        if self.count > MOST:
            raise InputError(f"{self.count} bins are too many", f"bin size {size}", "choose larger bins or regions")

    def at(self, chrom: np.ndarray, position: np.ndarray) -> np.ndarray:
        """The bin of each position (n,) on chromosome number `chrom` (n,); -1 outside the regions. int64."""
        region = np.searchsorted(_key(self._chrom, self._start), _key(chrom, position), side="right") - 1
        inside = (region >= 0) & (self._chrom[region] == chrom) & (position < self._end[region])
        return np.where(inside, self._origin[region] + position // self.size, -1)

    def over(self, chrom: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each pair of an interval (n,) and a bin it overlaps: index of the interval, bin, bases in common. int64."""
        first = np.searchsorted(_key(self._chrom, self._end), _key(chrom, start), side="right")
        stop = np.searchsorted(_key(self._chrom, self._start), _key(chrom, end), side="left")
        interval, region = _expand(first, stop)
        start, end = np.maximum(start[interval], self._start[region]), np.minimum(end[interval], self._end[region])
        piece, cell = _expand(start // self.size, (end - 1) // self.size + 1)
        bases = np.minimum(end[piece], (cell + 1) * self.size) - np.maximum(start[piece], cell * self.size)
        return interval[piece], self._origin[region[piece]] + cell, bases

    def table(self, numbers: np.ndarray) -> pd.DataFrame:
        """The bins of those numbers (n,): columns chrom, start, end; the index names them, as `chr1:0-1000`."""
        import pandas as pd

        names = np.empty(len(numbers), object)
        chrom = np.empty(len(numbers), np.int32)
        start, end = np.empty((2, len(numbers)), np.int64)
        chroms = pl.Series([*self.sizes])
        for at in range(0, len(numbers), 1 << 17):  # all at once would take several times the memory
            part = slice(at, at + (1 << 17))
            region = np.searchsorted(self._first, numbers[part], side="right") - 1
            cell = numbers[part] - self._origin[region]
            chrom[part] = self._chrom[region]
            start[part] = np.maximum(cell * self.size, self._start[region])
            end[part] = np.minimum((cell + 1) * self.size, self._end[region])
            columns = (chroms[chrom[part]], pl.Series(start[part]), pl.Series(end[part]))
            names[part] = pl.select(pl.format("{}:{}-{}", *columns)).to_series().to_numpy()
        category = pd.Categorical.from_codes(chrom, [*self.sizes]).remove_unused_categories()
        return pd.DataFrame({"chrom": category, "start": start, "end": end}, index=names, copy=False)


def _key(chrom: np.ndarray, position: np.ndarray) -> np.ndarray:
    """One number that sorts as (chromosome, position) does."""
    return chrom << 40 | position


def _expand(first: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each index with each number of its range from `first` to before `stop`."""
    counts = np.maximum(stop - first, 0)
    index = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return index, np.arange(len(index)) + np.repeat(first - before, counts)


@dataclass(frozen=True)
class Rule:
    """How peaks become values of bins.

    Attributes
    ----------
    assign : a peak counts in the bin of its "midpoint", (start + end) // 2, of its "summit", or in all of its "overlap"
    value : "binary", 1 where there is a peak; "count" of peaks; "max-signal" or "mean-signal" of the peaks;
        "width-x-score", the sum over the peaks of width by score, with "overlap" the width of the part within the bin
    minimum : column ("score", "signal", "p", "q") → the least value of peaks that count
    """

    assign: str = "midpoint"
    value: str = "binary"
    minimum: Mapping[str, float] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """The columns of a peak file that it takes."""
        needs = {"max-signal": {"signal"}, "mean-signal": {"signal"}, "width-x-score": {"score"}}.get(self.value, set())
        return {*self.minimum} | needs | ({"summit"} if self.assign == "summit" else set())


def profile(peaks: Peaks, bins: Bins, rule: Rule) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """One sample's filled bins in order (m,) uint32, their values (m,) float32, and its numbers of peaks.

    The numbers: read, kept, and for each reason the peaks dropped for it; where several apply, the first.

    Raises
    ------
    InputError : chromosomes that match none of the genome's, or a peak beyond its chromosome's end
    """
    matches = chromosomes.match(peaks.names, bins.sizes, peaks.path, partial=True)
    rank = {name: i for i, name in enumerate(bins.sizes)}
    chrom = np.array([rank[matches[name]] if name in matches else -1 for name in peaks.names], np.int64)[peaks.chrom]
    length = np.array([*bins.sizes.values()], np.int64)[chrom]
    peaks.refuse(
        (chrom >= 0) & (peaks.end > length),
        "end {end} is beyond the {length} bases of {chrom}",
        "give the sizes of the assembly that the peaks are on",
        length=length,
    )

    numbers = {"read": len(peaks), "kept": 0}
    keep = chrom >= 0
    numbers["unknown_chromosome"] = len(peaks) - int(keep.sum())
    for name in ("score", "signal", "p", "q"):
        low = keep & (peaks.columns[name] < rule.minimum[name]) if name in rule.minimum else np.zeros(len(peaks), bool)
        numbers[f"low_{name}"] = int(low.sum())
        keep &= ~low
    rows = np.flatnonzero(keep)
    chrom, start, end = chrom[rows], peaks.start[rows], peaks.end[rows]
    if rule.assign == "overlap":
        index, number, width = bins.over(chrom, start, end)
        rows = rows[index]
    else:
        number = bins.at(chrom, peaks.columns["summit"][rows] if rule.assign == "summit" else (start + end) // 2)
        inside = number >= 0
        rows, number, width = rows[inside], number[inside], (end - start)[inside]
    numbers["kept"] = int(np.count_nonzero(np.diff(rows, prepend=-1)))  # rows are in order
    numbers["outside_regions"] = int(keep.sum()) - numbers["kept"]

    order = np.argsort(number, kind="stable")  # hardly work where the file is sorted, as most are
    number = number[order]
    first = np.flatnonzero(np.diff(number, prepend=-1))
    count = np.diff(first, append=len(number))
    if rule.value == "binary":
        values = np.ones(len(first))
    elif rule.value == "count" or not len(first):  # reduceat cannot take no groups
        values = count
    elif rule.value == "width-x-score":
        values = np.add.reduceat((width * peaks.columns["score"][rows])[order], first)
    else:
        signal = peaks.columns["signal"][rows][order]
        highest = rule.value == "max-signal"
        values = np.maximum.reduceat(signal, first) if highest else np.add.reduceat(signal, first) / count
    return number[first].astype(np.uint32), values.astype(np.float32), numbers


def depth(values: csr_matrix, samples: Sequence[str]) -> None:
    """Scale each sample's values to a sum of one million, in place. Nothing is learned from other samples."""
    for sample, row in zip(samples, _rows(values), strict=True):
        total = row.sum(dtype=np.float64)
        if len(row) and total <= 0:
            raise InputError("its values do not sum to more than 0", f"sample {sample!r}", "choose another value")
        row *= 1e6 / (total or 1)


def quantile(values: csr_matrix) -> None:
    """Give the filled bins of all samples one distribution, in place: the mean over samples of their sorted values.

    The k-th of n values becomes the mean distribution's quantile (k - 1/2) / n; equal values stay equal, at their
    middle rank; empty bins stay 0. This is learned from all samples at once (Bolstad et al. 2003,
    doi:10.1093/bioinformatics/19.2.185).
    """
    rows = [row for row in _rows(values) if len(row)]
    most = max(map(len, rows))
    points = (np.arange(most) + 0.5) / most
    mean = sum(np.interp(points, (np.arange(len(row)) + 0.5) / len(row), np.sort(row)) for row in rows) / len(rows)
    for row in rows:
        _, group, count = np.unique(row, return_inverse=True, return_counts=True)
        middle = np.cumsum(count) - count / 2  # of the ranks k - 1/2
        row[:] = np.interp(middle[group] / len(row), points, mean)


def _rows(values: csr_matrix) -> list[np.ndarray]:
    """The stored values of each row, as views."""
    return np.split(values.data, values.indptr[1:-1])


def assemble(
    files: Sequence[str | Path],
    samples: pd.DataFrame,
    bins: Bins,
    rule: Rule,
    normalise: str = "none",
    keep_empty: bool = False,
    assembly: str = "",
    threads: int = 1,
    part: Part | None = None,
) -> tuple[AnnData, pl.DataFrame]:
    """Bin a file for each sample.

    Parameters
    ----------
    files : one for each row of `samples`
    samples : their names (index) and labels
    normalise : "none", "depth" or "quantile"
    keep_empty : keep the bins that no sample fills, too
    part : which of all samples these are: what needs all of them is left to `join`

    Returns
    -------
    AnnData : samples by bins, float32 CSR
    table : a row for each sample: peaks read, kept, and dropped by reason; bins filled, lines skipped

    Raises
    ------
    InputError : a bad file, no peak left in any, or values that cannot be normalised
    """

    def work(path: str | Path) -> tuple[np.ndarray, np.ndarray, dict[str, int], str]:
        peaks = intervals.read(path, rule.columns)
        numbers, values, tally = profile(peaks, bins, rule)
        return numbers, values, {**tally, "bins": len(numbers), "skipped_lines": peaks.skipped}, peaks.digest

    filled = _Filled()
    with ThreadPoolExecutor(threads) as pool:
        # A pool of one would only cost memory: what a thread frees is not for others to use.
        results = (pool.map if threads > 1 else map)(work, files)
        for sample, result in zip(samples.index, console.progress(results, len(files), "files"), strict=True):
            filled.add(sample, *result)
    settings = {
        "bin_size": bins.size,
        "bins": bins.count,
        "regions": [str(region) for region in bins.regions],
        "assign": rule.assign,
        "value": rule.value,
        "minimum": dict(rule.minimum),
        "normalise": normalise,
        "keep_empty": keep_empty,
    }
    return filled.matrix(samples, bins, settings, assembly, part)


def join(paths: Sequence[str | Path]) -> tuple[AnnData, pl.DataFrame]:
    """The matrix of all samples, and its table, from parts of it in any order. Parts are read one after the other.

    Raises
    ------
    InputError : a file that is no part of a matrix, or parts that do not make a whole
    """
    import pandas as pd

    found = [(path, matrix.read_part(path)) for path in paths]
    order = parts.in_order(found)
    path, first = found[order[0]]
    if bad := wrong(dict(first.made), _MADE):
        raise parts.damaged(f"in its record: {bad}", path)
    settings, assembly = {key: value for key, value in first.made.items() if key != "assembly"}, first.made["assembly"]
    bins = _grid(settings, path)
    filled, held = _Filled(), dict[str | Path, _Held]()
    samples: list[pd.DataFrame] = []
    part_of = dict(found)
    for place, path in sorted((place, path) for path, part in found for place in part.places):
        if path not in held:
            held[path] = _Held(path, part_of[path], bins)
        each = held[path]
        if samples and list(each.samples) != list(samples[0]):
            raise parts.damaged("in its samples", path)
        row = each.part.places.index(place)
        filled.add(each.samples.index[row], *each.row(row))
        samples.append(each.samples.iloc[[row]])
        if place == max(each.part.places):
            del held[path]
    return filled.matrix(pd.concat(samples), bins, settings, assembly)


class _Filled:
    """The filled bins of samples, one after the other."""

    def __init__(self) -> None:
        # bytes, which grow without holes
        self.numbers, self.values, self.indptr = bytearray(), bytearray(), [0]
        self.tallies: list[dict[str, Any]] = []
        self.sources: dict[str, str] = {}

    def add(self, sample: str, numbers: np.ndarray, values: np.ndarray, tally: Mapping[str, int], digest: str) -> None:
        self.numbers += numbers.tobytes()
        self.values += values.tobytes()
        self.indptr.append(self.indptr[-1] + len(numbers))
        self.tallies.append({"sample": sample, **tally})
        self.sources[sample] = digest

    def matrix(
        self, samples: pd.DataFrame, bins: Bins, settings: Mapping[str, Any], assembly: str, part: Part | None = None
    ) -> tuple[AnnData, pl.DataFrame]:
        """The matrix and the table of the samples. What needs all samples waits until a part is no longer one."""
        from scipy.sparse import csr_matrix

        table = pl.DataFrame(self.tallies)
        if part is None and not table["kept"].sum():
            raise InputError(
                f"no sample has a peak left (dropped: {_dropped(table)})",
                "peaks",
                "lower the filters or widen the regions",
            )
        number = np.frombuffer(self.numbers, np.uint32)
        kept = np.full(bins.count, settings["keep_empty"] and part is None)
        kept[number] = True
        column = np.cumsum(kept, dtype=np.int32) - 1
        features = np.flatnonzero(kept)
        values = np.frombuffer(self.values, np.float32)
        x = csr_matrix((values, column[number], self.indptr), shape=(len(samples), len(features)))
        del number, values, kept, column  # the names of bins need the room
        self.numbers = self.values = bytearray()
        if part is None and settings["normalise"] == "depth":
            depth(x, samples.index)
        elif part is None and settings["normalise"] == "quantile":
            quantile(x)
        data = matrix.build(x, samples, bins.table(features), "bins", dict(settings), self.sources, assembly)
        if part is not None:
            made = {**settings, "assembly": assembly}
            data.uns["genloom"]["part"] = part.by(made, table=self.tallies).text
        return data, table


class _Held:
    """A part of a matrix, in memory.

    Raises
    ------
    InputError : a damaged one
    """

    def __init__(self, path: str | Path, part: Part, bins: Bins):
        self.part = part
        self.part.require({"table": [_TALLY]}, path)
        data = matrix.read(path, "bins", part=True)
        self.samples = data.obs.astype(object).rename_axis("sample")
        self.samples.index = self.samples.index.astype(object)
        self.sources = matrix.about(data)["sources"]
        names = [self.part.names[place - 1] for place in self.part.places] if self.part.names else []
        labels = [value for column in self.samples for value in self.samples[column]]
        if not list(data.obs_names) == names == [row["sample"] for row in self.part.facts["table"]] or wrong(
            labels, [str]
        ):
            raise parts.damaged("in its samples", path)
        if wrong(self.sources, dict.fromkeys(names, str)):
            raise parts.damaged("in its sources", path)
        self.numbers = self._numbers(data, bins, path)
        self.values = data.X
        if getattr(self.values, "format", "") != "csr" or self.values.dtype != np.float32:
            raise parts.damaged("in its values", path)

    @staticmethod
    def _numbers(data: AnnData, bins: Bins, path: str | Path) -> np.ndarray:
        """The bin of each feature."""
        rank = {chrom: number for number, chrom in enumerate(bins.sizes)}
        if not {"chrom", "start"} <= {*data.var.columns} or data.var["start"].dtype.kind != "i":
            raise parts.damaged("in its features", path)
        chroms = np.array([rank.get(chrom, -1) for chrom in data.var["chrom"].tolist()], np.int64)
        numbers = np.where(chroms < 0, -1, bins.at(np.maximum(chroms, 0), data.var["start"].to_numpy()))
        if (np.diff(numbers, prepend=-1) <= 0).any():
            raise parts.damaged("in its features", path)
        return numbers.astype(np.uint32)

    def row(self, row: int) -> tuple[np.ndarray, np.ndarray, dict[str, int], str]:
        """A sample's filled bins, their values, its numbers of peaks, and the digest of its file."""
        here = slice(*self.values.indptr[row : row + 2])
        told = self.part.facts["table"][row]
        tally = {name: told[name] for name in _TALLY if name != "sample"}
        digest = self.sources[told["sample"]]
        return self.numbers[self.values.indices[here]], self.values.data[here], tally, digest


def _grid(settings: Mapping[str, Any], path: str | Path) -> Bins:
    """The bins that the record of a part tells of."""
    regions = []
    for region in settings["regions"]:
        chrom, _, span = region.rpartition(":")
        start, end = (text.whole(bound) for bound in (*span.split("-"), "")[:2])
        if start is None or end is None or not start < end < _LONGEST:
            raise parts.damaged(f"in its record: region {region!r}", path)
        regions.append(Region(chrom, start, end))
    if settings["bin_size"] < 1 or not regions:
        raise parts.damaged("in its record: bins", path)
    sizes: dict[str, int] = {}
    for each in regions:
        sizes[each.chrom] = max(each.end, sizes.get(each.chrom, 0))
    return Bins(settings["bin_size"], sizes, regions)


def summary(table: pl.DataFrame, bins: int) -> str:
    """One line on the peaks of all samples, from the table of `assemble`."""
    kept, read = table["kept"].sum(), table["read"].sum()
    bare = table.filter(pl.col("kept") == 0)["sample"].to_list()
    return f"{kept:,} of {read:,} peaks of {len(table)} samples lie in {bins:,} bins; dropped: {_dropped(table)}" + (
        f"; without any peak: {named(bare)}" if bare else ""
    )


def _dropped(table: pl.DataFrame) -> str:
    counts = {name: table[name].sum() for name in table.columns[3:-2]}  # the columns of reasons
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none"
