"""Windows of sequence in one HDF5 file: base codes a row a window, where each is from, and its labels.

| in the file | shape | content |
|---|---|---|
| attribute `genloom` | | JSON: format, kind, window, context, classes, features, settings, sources, assembly |
| `codes` | (n, context/2 + window + context/2) uint8 | A 0, C 1, G 2, T 3, N 4, in the direction of the strand |
| `table/chrom, start, end, strand, gene, name` | (n,) | place without context, from 0; genes by comma; a unique name |
| `table/symbol` | (n,) | kind promoters: what people call the gene |
| `sites/row, position, label` | (m,) | kind boundaries: the bases that are not "none", by window and position in it |
| `labels` | (n, classes) uint8 | kind content: 1 where the window holds an exon, an intron, a boundary |
| `features` | (n, features) float32 | kind promoters: facts on the gene beside its sequence |

The label of a donor is at the last exonic base, that of an acceptor at the first, in the direction of the gene.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError
from . import hdf, parts
from .parts import Part

FORMAT = 1
CLASSES = {"boundaries": ("none", "acceptor", "donor"), "content": ("exon", "intron", "boundary"), "promoters": ()}
KINDS = tuple(CLASSES)
_COLUMNS = ("chrom", "start", "end", "strand", "gene", "name")
COLUMNS = {"boundaries": _COLUMNS, "content": _COLUMNS, "promoters": (*_COLUMNS, "symbol")}
_SITES = {"row": np.int64, "position": np.int32, "label": np.uint8}
_CURE = "make it with extract_windows"


class Writer:
    """Writes windows as they come, in memory that does not grow with their sequence.

    >>> with Writer(path, "boundaries", window=5000, context=400) as out:                       # doctest: +SKIP
    ...     out.add(codes, {"chrom": chroms, "start": starts, ...}, sites=(rows, positions, labels))

    Parameters
    ----------
    settings : JSON-able; how the windows were made, without paths or dates
    sources : what they were made from → SHA-256
    features : names of the further facts on each window
    compress : pack the codes with gzip: a third of the size, several times slower
    """

    def __init__(
        self,
        path: str | Path,
        kind: str,
        window: int,
        context: int = 0,
        features: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        sources: Mapping[str, str] | None = None,
        assembly: str = "",
        compress: bool = False,
    ):
        assert kind in KINDS and context % 2 == 0, (kind, context)
        self.kind, self.classes, self.features, self.count = kind, CLASSES[kind], tuple(features), 0
        about = {
            "format": FORMAT,
            "kind": kind,
            "window": window,
            "context": context,
            "classes": self.classes,
            "features": self.features,
            "settings": dict(settings or {}),
            "sources": dict(sources or {}),
            "assembly": assembly,
        }
        self._file = h5py.File(path, "w")
        self._file.attrs["genloom"] = json.dumps(about, sort_keys=True)
        length = window + context
        pack = {"compression": "gzip", "compression_opts": 1} if compress else {}
        self._codes = self._file.create_dataset(
            "codes",
            (0, length),
            np.uint8,
            maxshape=(None, length),
            chunks=(max(1, (1 << 18) // length), length),
            **pack,
        )
        self._table: dict[str, list[np.ndarray]] = {name: [] for name in COLUMNS[kind]}
        self._sites: list[np.ndarray] = []
        self._labels: list[np.ndarray] = []
        self._features: list[np.ndarray] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._file.close()

    def add(
        self,
        codes: np.ndarray,
        table: Mapping[str, Any],
        sites: Sequence[np.ndarray] | None = None,
        labels: np.ndarray | None = None,
        features: np.ndarray | None = None,
    ) -> None:
        """Append windows.

        Parameters
        ----------
        codes : (k, length) uint8
        table : a column of k values for each of the kind's `COLUMNS`
        sites : kind boundaries; row among these k, position in the window, index into `classes`, (m,) each, in order
        labels : kind content; (k, classes)
        features : (k, features)
        """
        count = len(codes)
        self._codes.resize(self.count + count, axis=0)
        self._codes[self.count :] = codes
        for name in self._table:
            column = np.asarray(table[name])
            self._table[name].append(np.char.encode(column, "utf-8") if column.dtype.kind == "U" else column)
        if self.kind == "boundaries":
            assert sites is not None
            self._sites.append(np.stack([np.asarray(sites[0], np.int64) + self.count, *sites[1:]]))
        if self.kind == "content":
            self._labels.append(np.asarray(labels, np.uint8))
        if self.features:
            self._features.append(np.asarray(features, np.float32))
        self.count += count

    def _finish(self) -> None:
        def save(name: str, columns: list[np.ndarray], kind: Any, shape: tuple = (0,)) -> None:
            values = np.concatenate(columns) if columns else np.zeros(shape)
            self._file.create_dataset(name, data=values.astype(kind), compression="gzip" if values.size else None)

        for name, columns in self._table.items():
            save(f"table/{name}", columns, np.int64 if name in ("start", "end") else np.bytes_)
        if self.kind == "boundaries":
            sites = np.concatenate(self._sites, axis=1) if self._sites else np.zeros((3, 0))
            for (name, kind), values in zip(_SITES.items(), sites, strict=True):
                save(f"sites/{name}", [values], kind)
        if self.kind == "content":
            save("labels", self._labels, np.uint8, shape=(0, len(self.classes)))
        if self.features:
            save("features", self._features, np.float32, shape=(0, len(self.features)))


class Windows:
    """A file of windows: its tables are read at once, its sequence when asked for.

    Attributes
    ----------
    kind, window, context, classes, settings, sources, assembly : see the module; `about` has them all
    table : column → (n,) array; start and end int64, the others str
    sites : kind boundaries; (row, position, label), (m,) each, in order of row and position
    labels : kind content; (n, classes) uint8
    features : feature → (n,) float32

    Raises
    ------
    InputError : no file of windows, of another kind or a newer format, or damaged; a part, unless one is wanted
    """

    def __init__(self, path: str | Path, kind: str | None = None, part: bool = False):
        self.path = path
        self.part: Part | None = None
        self._partial = part
        if not Path(path).is_file():
            raise InputError("no such file", path)
        if not h5py.is_hdf5(path):
            raise InputError("is not an .h5 file of windows", path, _CURE)
        hdf.check(path)
        try:
            self._file = h5py.File(path, "r")
            self._read()
        except (*hdf.ERRORS, IndexError, RecursionError) as error:
            raise InputError(f"cannot be read as a file of windows: {error}", path, _CURE) from None
        if kind is not None and self.kind != kind:
            raise InputError(f"holds {self.kind}, {kind} are wanted", path, f"extract_windows --kind {kind} makes them")

    def _read(self) -> None:
        about = json.loads(self._file.attrs["genloom"])
        if about["format"] > FORMAT:
            raise InputError(f"has format {about['format']}, this genloom reads {FORMAT}", self.path, "update genloom")
        self.kind, self.window, self.context = about["kind"], int(about["window"]), int(about["context"])
        self.classes, self.settings, self.sources = tuple(about["classes"]), about["settings"], about["sources"]
        self.assembly, self.about = about["assembly"], about
        if (
            not (isinstance(self.settings, dict) and isinstance(self.sources, dict) and isinstance(self.assembly, str))
            or self.classes != CLASSES[self.kind]
            or self.context % 2
            or min(self.window, self.context) < 0
        ):
            raise ValueError("its record is damaged")
        self.part = Part.held(self._file, parts.KEY, self.path)
        if self.part and not self._partial:
            raise parts.refuse(self.path, self.part)
        self._codes = self._file["codes"]
        self.table = {name: self._file[f"table/{name}"][:] for name in COLUMNS[self.kind]}
        self.table = {
            name: np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column
            for name, column in self.table.items()
        }
        self.sites = self.labels = None
        if self.kind == "boundaries":
            self.sites = tuple(self._file[f"sites/{name}"][:] for name in _SITES)
        if self.kind == "content":
            self.labels = self._file["labels"][:]
        values = self._file["features"][:] if about["features"] else np.zeros((len(self), 0), np.float32)
        self.features = dict(zip(about["features"], values.T, strict=True))
        self._validate(values)

    def _validate(self, features: np.ndarray) -> None:
        count, length = self._codes.shape
        kinds = {name: "i" if name in ("start", "end") else "U" for name in self.table}
        numbers = [*(self.sites or ()), *([] if self.labels is None else [self.labels])]
        wrong = (
            "a column of another kind"
            if any(column.ndim != 1 or column.dtype.kind != kinds[name] for name, column in self.table.items())
            or self._codes.dtype != np.uint8
            or any(values.dtype.kind not in "iu" for values in numbers)
            or features.dtype.kind != "f"
            else "sites of different numbers"
            if self.sites is not None and len({values.shape for values in self.sites} | {self.sites[0].shape[:1]}) > 1
            else ""
        ) or (
            "no windows"
            if not count and not self._partial
            else "another length of its windows"
            if length != self.window + self.context
            else "a table of another length"
            if any(len(column) != count for column in self.table.values())
            else "a name twice"
            if len(np.unique(self.table["name"])) < count
            else "other labels"
            if self.labels is not None and self.labels.shape != (count, len(self.classes))
            else "features of other windows"
            if features.shape != (count, len(self.features))
            else "sites outside its windows"
            if self.sites is not None
            and any(
                len(values) and (values.min() < 0 or values.max() >= limit)
                for values, limit in zip(self.sites, (count, self.window, len(self.classes)), strict=True)
            )
            else "sites out of order"
            if self.sites is not None
            and (np.diff(self.sites[0].astype(np.int64) * self.window + self.sites[1]) < 0).any()
            else ""
        )
        if wrong:
            raise InputError(f"has {wrong}", self.path, _CURE)

    def __enter__(self) -> Windows:
        return self

    def __exit__(self, *error) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._codes.shape[0]

    @property
    def packed(self) -> bool:
        """Whether the sequence is packed."""
        return self._codes.compression is not None

    def codes(self, rows: slice | np.ndarray | None = None, context: int | None = None) -> np.ndarray:
        """(k, window + context) uint8 codes of some windows, or all.

        Parameters
        ----------
        rows : a slice or indices
        context : so many bases beside the window, both sides together, rather than all there are

        Raises
        ------
        InputError : more context than the file holds
        """
        context = self.context if context is None else context
        if context > self.context or context % 2:
            raise InputError(
                f"holds {self.context} bases of context, {context} are wanted",
                self.path,
                f"extract_windows --context {context} gives them",
            )
        cut = (self.context - context) // 2
        columns = slice(cut, self._codes.shape[1] - cut)
        if rows is None or isinstance(rows, slice):
            return self._stored(rows or slice(None), columns)
        out = np.empty((len(rows), self.window + context), np.uint8)
        for start in range(0, len(self), 1 << 12):  # h5py is slow at picking rows: read whole stretches, then pick
            here = np.flatnonzero((rows >= start) & (rows < start + (1 << 12)))
            if len(here):
                first, last = rows[here].min(), rows[here].max()
                out[here] = self._stored(slice(first, last + 1), columns)[rows[here] - first]
        return out

    def _stored(self, rows: slice, columns: slice) -> np.ndarray:
        try:
            return self._codes[rows, columns]
        except OSError as error:
            raise InputError(f"cannot be read: {error}", self.path, "it may be cut off: copy it again") from None

    def dense(self, rows: slice | np.ndarray | None = None) -> np.ndarray:
        """Kind boundaries: (k, window) uint8, the class of every base. Where a base is both, it is a donor."""
        assert self.sites is not None, self.kind
        wanted = np.arange(len(self))[slice(None) if rows is None else rows]
        kept, place = np.unique(wanted, return_inverse=True)
        row, position, label = self.sites
        used = np.isin(row, kept)
        out = np.zeros((len(kept), self.window), np.uint8)
        out[np.searchsorted(kept, row[used]), position[used]] = label[used]  # the highest of a base's labels
        return out if len(kept) == len(wanted) and (kept == wanted).all() else out[place]

    def batches(self, size: int, context: int | None = None) -> Iterator[np.ndarray]:
        """The codes in order, `size` windows at a time."""
        for start in range(0, len(self), size):
            yield self.codes(slice(start, start + size), context)

    def digest(self) -> str:
        """SHA-256 over codes, table, labels and features: the same content gives the same, however it is stored."""
        state = hashlib.sha256(f"{self.kind} {self.window} {self.context}\0".encode())
        for name, column in self.table.items():
            values = column.astype("<i8").tobytes() if column.dtype.kind == "i" else "\n".join(column.tolist()).encode()
            state.update(name.encode() + b"\0" + values + b"\0")
        for values in [*(self.sites or ()), *([] if self.labels is None else [self.labels])]:
            state.update(values.astype("<i8").tobytes())
        for name, values in self.features.items():
            state.update(name.encode() + b"\0" + values.astype("<f4").tobytes())
        for part in self.batches(1 << 12):
            state.update(part.tobytes())
        return state.hexdigest()


def mark(path: str | Path, part: Part, facts: Mapping[str, Any]) -> None:
    """Make a file of windows a part of those that are wanted."""
    with h5py.File(path, "r+") as file:
        about = json.loads(file.attrs["genloom"])
        made = {name: value for name, value in about.items() if name not in ("settings", "sources")}
        made |= {f"the {name}": value for name, value in about["sources"].items()}
        file[parts.KEY] = part.by({**made, **about["settings"]}, **facts).text


def join(
    paths: Sequence[str | Path], output: str | Path, facts: Mapping[str, Any]
) -> tuple[int, list[Mapping[str, Any]]]:
    """Write one file of windows from parts of it, one after the other, whatever their order.

    facts : what each part tells of itself, as `facts.wrong` has kinds

    Returns
    -------
    the number of windows, and what each part tells of itself, in their order

    Raises
    ------
    InputError : a file that is no part, or parts that do not make a whole
    """
    found: list[tuple[str | Path, Part]] = []
    for path in paths:
        with Windows(path, part=True) as piece:
            if piece.part is None:
                raise InputError("is no part of a file of windows", path, "give what extract_windows made with --part")
            piece.part.require(facts, path)
            found.append((path, piece.part))
    order = parts.in_order(found)
    with Windows(paths[order[0]], part=True) as first:
        about = first.about
        writer = Writer(
            output,
            first.kind,
            first.window,
            first.context,
            tuple(first.features),
            first.settings,
            first.sources,
            first.assembly,
            first.packed,
        )
    with writer:
        for index in order:
            with Windows(paths[index], part=True) as piece:
                if piece.about != about:
                    raise parts.damaged("in what it says of its windows", piece.path)
                _copy(piece, writer)
    return writer.count, [found[index][1].facts for index in order]


def _copy(piece: Windows, writer: Writer) -> None:
    """Append the windows of a file, some megabytes at a time."""
    step = max(1, (1 << 22) // (piece.window + piece.context))
    features = np.stack([*piece.features.values()], axis=1) if piece.features else None
    for start in range(0, len(piece), step):
        rows = slice(start, min(start + step, len(piece)))
        table = {name: column[rows] for name, column in piece.table.items()}
        sites = None
        if piece.sites is not None:
            first, last = np.searchsorted(piece.sites[0], (rows.start, rows.stop))
            row, position, label = (values[first:last] for values in piece.sites)
            sites = (row - start, position, label)
        labels = None if piece.labels is None else piece.labels[rows]
        writer.add(piece.codes(rows), table, sites, labels, None if features is None else features[rows])
