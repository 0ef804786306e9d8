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

from ..console import blaming, say
from ..errors import InputError
from . import parts, tables, tracks
from .parts import Part

TRACKS = ("acceptor_plus", "acceptor_minus", "donor_plus", "donor_minus")
_COLUMNS: dict[str, dict[str, Any]] = {
    "sites": {"chrom": np.int32, "start": np.int64, "name": "S8", "strand": "S1", "probability": np.float64},
    "introns": {"chrom": np.int32, "start": np.int64, "end": np.int64, "strand": "S1", "probability": np.float64},
    "tracks": {"chrom": np.int32, "start": np.int64, "end": np.int64, "value": np.float64},
}
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
    facts = {name: getattr(account, name) for name in ("sizes", "seen", "spared", "recall", "read")}
    with h5py.File(path, "r+") as file:
        for kind, rows in (("sites", sites), ("introns", introns)):
            for name, type_ in _COLUMNS[kind].items():
                values = [numbers[row[name]] if name == "chrom" else row[name] for row in rows]
                file[f"{kind}/{name}"] = np.array(values, type_)
        file[parts.KEY] = part.by(made, **facts).text
    say(f"{part}: {len(sites)} sites and {len(introns)} introns on {account.seen / 1e6:.3g} Mb, each strand counted")


def read_part(path: str | Path) -> Part:
    """Which part of a prediction a file is.

    Raises
    ------
    InputError : none
    """
    with _opened(path) as file:
        return Part.read(file[parts.KEY].asstr()[()], path)


@contextmanager
def _opened(path: str | Path) -> Iterator[h5py.File]:
    with blaming(path, _CURE):
        if not h5py.is_hdf5(path):
            raise InputError("is no part of a prediction", path, _CURE)
        try:
            with h5py.File(path) as file:
                if parts.KEY not in file or "tracks" not in file:
                    raise InputError("is no part of a prediction", path, _CURE)
                yield file
        except KeyError as error:
            raise InputError(f"is damaged: {error}", path, _CURE) from None


def join(paths: Sequence[str | Path], outputs: Outputs) -> None:
    """Write a prediction from parts of it in any order.

    Raises
    ------
    InputError : a file that is no part, or parts that do not make a whole
    """
    found = [(path, read_part(path)) for path in paths]
    held = [found[index] for index in parts.in_order(found)]
    account, sites, introns = Account({}), Rows(), Rows()
    for path, part in held:
        own = Account(**{**part.facts, "read": Counter(part.facts["read"])})
        account.add(own)
        with _opened(path) as file:
            sites += _rows(file, "sites", list(own.sizes))
            introns += _rows(file, "introns", list(own.sizes))
    with writers(Outputs(tracks=outputs.tracks, format=outputs.format), account.sizes) as tracks_:
        for path, part in held:
            with _opened(path) as file:
                for name, writer in tracks_.items():
                    _copy(file[f"tracks/{name}"], list(part.facts["sizes"]), writer)
    write(account, sites, introns, outputs)


def _rows(file: h5py.File, kind: str, chroms: Sequence[str]) -> Rows:
    columns = {name: file[f"{kind}/{name}"][:] for name in _COLUMNS[kind]}
    values = {
        name: [chroms[number] for number in column.tolist()]
        if name == "chrom"
        else np.char.decode(column, "ascii").tolist()
        if column.dtype.kind == "S"
        else column.tolist()
        for name, column in columns.items()
    }
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _copy(group: h5py.Group, chroms: Sequence[str], writer: Any) -> None:
    """Write the runs of a part to a track, some at a time."""
    count, step = len(group["chrom"]), 1 << 20
    for at in range(0, count, step):
        chrom, *runs = (group[name][at : at + step] for name in _COLUMNS["tracks"])
        edges = [0, *(np.flatnonzero(np.diff(chrom)) + 1).tolist(), len(chrom)]
        for first, last in pairwise(edges):
            writer.runs(chroms[chrom[first]], *(values[first:last] for values in runs))
