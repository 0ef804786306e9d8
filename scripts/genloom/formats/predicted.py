"""What was predicted along a genome: sites, introns, tracks, and an account. A part of it is one HDF5 file.

| in the file of a part | shape | content |
|---|---|---|
| `genloom-part` | | JSON: which part, and the account; see `parts` |
| `sites/chrom, start, name, strand, probability` | (n,) | rows of the BED of sites |
| `introns/chrom, start, end, strand, probability` | (n,) | rows of the GFF3 of introns |
| `tracks/<track>/chrom, start, end, value` | (m,) | runs of equal values, in order |

Chromosomes are numbers of `sizes` in the account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl

from ..console import say
from ..errors import InputError
from . import hdf, parts, tables, tracks
from .parts import Part

TRACKS = ("acceptor_plus", "acceptor_minus", "donor_plus", "donor_minus")
_COLUMNS: dict[str, dict[str, Any]] = {
    "sites": {"chrom": np.int32, "start": np.int64, "name": "S8", "strand": "S1", "probability": np.float64},
    "introns": {"chrom": np.int32, "start": np.int64, "end": np.int64, "strand": "S1", "probability": np.float64},
    "tracks": {"chrom": np.int32, "start": np.int64, "end": np.int64, "value": np.float64},
}
_FACTS = {"sizes": {str: int}, "seen": int, "spared": int, "recall": float | None, "read": {str: int}}  # of an Account
_WORDS = {"name": [b"acceptor", b"donor"], "strand": [b"+", b"-"]}
_LONGEST = 1 << 32  # bases of a chromosome: bigWig counts no further
_CURE = "give what predict_model made with --part"


@dataclass
class Outputs:
    """What is written of a prediction, each only where there is a path: `tracks` is a folder, `found` a part."""

    sites: Path | None = None
    introns: Path | None = None
    tracks: Path | None = None
    summary: Path | None = None
    format: str = "bedgraph"
    found: Path | None = None


@dataclass
class Account:
    """How much was predicted: bases of both strands, those that a feeder spared and the recall it had, bases read by kind."""

    sizes: dict[str, int]
    seen: int = 0
    spared: int = 0
    recall: float | None = None
    read: Counter[str] = field(default_factory=Counter)

    def add(self, other: Account) -> None:
        self.sizes |= other.sizes
        self.seen += other.seen
        self.spared += other.spared
        self.recall = other.recall
        self.read.update(other.read)


Rows = list[dict[str, Any]]


def write(account: Account, sites: Rows, introns: Rows, outputs: Outputs) -> None:
    """Write the sites, introns and the summary of whole chromosomes, and say what there is."""
    if outputs.sites:
        tracks.write_sites(sites, outputs.sites)
    if outputs.introns:
        tracks.write_introns(introns, account.sizes, outputs.introns)
    seen = account.seen
    rows = [
        ("bases", seen),
        ("sites", len(sites)),
        ("sites_per_kb", 1e3 * len(sites) / max(seen, 1)),
        ("introns", len(introns)),
    ]
    rows += [(f"bases: {name}", count) for name, count in sorted(account.read.items())]
    if account.recall is not None:
        rows += [("spared", account.spared / max(seen, 1)), ("feeder.recall", account.recall)]
        say(
            f"the feeder spared {account.spared / max(seen, 1):.3f} of the sequence; of windows with boundaries that were "
            f"held out from it, it lost {100 * (1 - account.recall):.2g}%"
        )
    if outputs.summary:
        tables.write(
            pl.DataFrame({"measure": [name for name, _ in rows], "value": [value for _, value in rows]}, strict=False),
            outputs.summary,
        )
    say(f"{len(sites)} sites and {len(introns)} introns on {seen / 1e6:.3g} Mb, each strand counted")


class _Runs:
    """A track of a part: runs put into HDF5 as they come."""

    def __init__(self, group: h5py.Group, sizes: Mapping[str, int]):
        self._numbers = {chrom: number for number, chrom in enumerate(sizes)}
        self._columns = {
            name: group.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(1 << 14,), compression="gzip")
            for name, kind in _COLUMNS["tracks"].items()
        }

    def add(self, chrom: str, start: int, values: np.ndarray) -> None:
        """Values of bases from `start` on."""
        runs = dict(zip(("start", "end", "value"), tracks.run_lengths(values, start), strict=True))
        for name, column in self._columns.items():
            before = len(column)
            column.resize(before + len(runs["start"]), axis=0)
            column[before:] = runs.get(name, self._numbers[chrom])

    def close(self) -> None:
        """The file is closed by its own."""


@contextmanager
def writers(outputs: Outputs, sizes: Mapping[str, int]) -> Iterator[Mapping[str, Any]]:
    """Track → what takes its values; none where no tracks are wanted. Of a part, all are kept."""
    if outputs.found:
        with h5py.File(outputs.found, "w") as file:
            yield {name: _Runs(file.create_group(f"tracks/{name}"), sizes) for name in TRACKS}
        return
    found: dict[str, Any] = {}
    try:
        if outputs.tracks:
            kind = tracks.FORMATS[outputs.format]
            for name in TRACKS:
                found[name] = kind(outputs.tracks / f"{name}{kind.suffix}", sizes)
        yield found
    finally:
        for writer in found.values():
            writer.close()


def write_part(account: Account, sites: Rows, introns: Rows, path: Path, part: Part, made: Mapping[str, Any]) -> None:
    """Put the rest into the file of a part, which has its tracks."""
    numbers = {chrom: number for number, chrom in enumerate(account.sizes)}
    facts = {name: getattr(account, name) for name in _FACTS}
    with h5py.File(path, "r+") as file:
        for kind, rows in (("sites", sites), ("introns", introns)):
            for name, type_ in _COLUMNS[kind].items():
                values = [numbers[row[name]] if name == "chrom" else row[name] for row in rows]
                file[f"{kind}/{name}"] = np.array(values, type_)
        file[parts.KEY] = part.by(made, **facts).text
    say(f"{part}: {len(sites)} sites and {len(introns)} introns on {account.seen / 1e6:.3g} Mb, each strand counted")


def read_part(path: str | Path) -> tuple[Part, Account]:
    """Which part of a prediction a file is, and its account.

    Raises
    ------
    InputError : none, or a damaged one
    """
    with hdf.opened(path, _CURE) as file:
        part = Part.held(file, parts.KEY, path)
        if part is None or "tracks" not in file:
            raise InputError("is no part of a prediction", path, _CURE)
    part.require(_FACTS, path)
    account = Account(**{name: part.facts[name] for name in _FACTS if name in part.facts})
    if not all(0 < size < _LONGEST and name.split() == [name] for name, size in account.sizes.items()):
        raise parts.damaged("in its record: sizes", path)
    account.read = Counter(account.read)
    return part, account


def join(paths: Sequence[str | Path], outputs: Outputs) -> None:
    """Write a prediction from parts of it in any order.

    Raises
    ------
    InputError : a file that is no part, or parts that do not make a whole
    """
    found = [(path, *read_part(path)) for path in paths]
    order = parts.in_order([(path, part) for path, part, _ in found])
    account, sites, introns = Account({}), Rows(), Rows()
    for path, _, own in (found[index] for index in order):
        account.add(own)
        sites += _rows(path, "sites", own.sizes)
        introns += _rows(path, "introns", own.sizes)
    with writers(Outputs(tracks=outputs.tracks, format=outputs.format), account.sizes) as tracks_:
        for path, _, own in (found[index] for index in order):
            for name, writer in tracks_.items():
                for chrom, *runs in _runs(path, name, own.sizes):
                    writer.runs(chrom, *runs)
    write(account, sites, introns, outputs)


def _columns(file: h5py.File, group: str, kind: str, path: str | Path) -> dict[str, h5py.Dataset]:
    """The columns of a table of a part, all of one length."""
    found = {
        name: hdf.column(file, f"{group}/{name}", np.dtype(type_).kind, path) for name, type_ in _COLUMNS[kind].items()
    }
    if len({len(column) for column in found.values()}) > 1:
        raise parts.damaged(f"in {group!r}: its columns differ in length", path)
    return found


def _outside(chrom: np.ndarray, start: np.ndarray, end: np.ndarray, sizes: Mapping[str, int]) -> bool:
    """Whether an interval is none, or not on the chromosomes."""
    if not len(chrom):
        return False
    lengths = np.array([*sizes.values()], np.int64)
    return bool(
        chrom.min() < 0
        or chrom.max() >= len(lengths)
        or (start < 0).any()
        or (end <= start).any()
        or (end > lengths[chrom]).any()
    )


def _rows(path: str | Path, kind: str, sizes: Mapping[str, int]) -> Rows:
    """The sites or introns of a part."""
    with hdf.opened(path, _CURE, again=True) as file:
        columns = {name: column[:] for name, column in _columns(file, kind, kind, path).items()}
    start, known = columns["start"], columns["probability"]
    bad = (
        _outside(columns["chrom"], start, columns.get("end", start + 1), sizes)
        or not ((known >= 0) & (known <= 1)).all()
    )
    for name, words in _WORDS.items():
        bad = bad or (name in columns and not np.isin(columns[name], words).all())
    if bad:
        raise parts.damaged(f"in {kind!r}", path)
    chroms = list(sizes)
    values = {
        name: [chroms[number] for number in column.tolist()]
        if name == "chrom"
        else np.char.decode(column, "ascii").tolist()
        if column.dtype.kind == "S"
        else column.tolist()
        for name, column in columns.items()
    }
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _runs(
    path: str | Path, track: str, sizes: Mapping[str, int]
) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """The runs of a track of a part, chromosome by chromosome and some at a time: name, start, end and value."""
    step, chroms, last = 1 << 20, list(sizes), (-1, 0)
    with hdf.opened(path, _CURE, again=True) as file:
        columns = _columns(file, f"tracks/{track}", "tracks", path)
        for at in range(0, len(columns["chrom"]), step):
            chrom, start, end, value = (column[at : at + step] for column in columns.values())
            before, stop = np.append(last[0], chrom[:-1]), np.append(last[1], end[:-1])
            if (
                _outside(chrom, start, end, sizes)
                or ((chrom < before) | ((chrom == before) & (start < stop))).any()
                or not np.isfinite(value).all()
            ):
                raise parts.damaged(f"in the track {track!r}", path)
            last = chrom[-1], end[-1]
            edges = [0, *(np.flatnonzero(np.diff(chrom)) + 1).tolist(), len(chrom)]
            for a, b in pairwise(edges):
                yield chroms[chrom[a]], start[a:b], end[a:b], value[a:b]
