"""Matrices of any size, read and written some rows at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from . import matrix

if TYPE_CHECKING:
    import pandas as pd

ROWS = 2048  # of a block
IN_MEMORY = 2**26  # values, up to which a matrix is read at once


class Reader:
    """An `.h5ad` matrix, samples × features. A small or sparse one is in memory, a large one is read in blocks.

    Attributes
    ----------
    samples : names; obs, var : tables of samples and features; about : the genloom record
    """

    def __init__(self, path: str | Path, kind: str | None = None, held: bool = True):
        """held : have a small matrix in memory; otherwise whoever reads looks into `data`, its layers too"""
        self.path = path
        data = matrix.read(path, kind, backed=True)
        self.held: np.ndarray | None = None
        if held and (data.n_obs * data.n_vars <= IN_MEMORY or not hasattr(data.X, "chunks")):
            data.file.close()
            data = matrix.read(path, kind)
            self.held = matrix.dense(data)
        self.data = data
        self.about = matrix.about(data)
        self.obs, self.var = data.obs, data.var
        self.samples: list[str] = list(data.obs_names)

    def rows(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """(rows, columns) float32 values; `rows` ascend.

        Raises
        ------
        InputError : a value that is not a finite number
        """
        if self.held is not None:
            return self.held[np.ix_(rows, columns)]
        first = int(rows[0])
        try:
            values = self.data.X[first : int(rows[-1]) + 1]
        except OSError as error:
            raise InputError(f"cannot be read: {error}", self.path, "it may be cut off: copy it again") from None
        if len(rows) < len(values):  # each step is a copy, so none is made without need
            values = values[rows - first]
        if not np.array_equal(columns, np.arange(values.shape[1])):
            values = values[:, columns]
        values = np.asarray(values, np.float32)
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            name, feature = self.samples[rows[row]], self.var.index[columns[column]]
            what = f"holds values that are not finite numbers, the first in sample {name!r}, feature {feature!r}"
            raise InputError(what, self.path, "fill them in, or leave those features out")
        return values

    def blocks(self, rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The values of some samples, block by block of the file: (places in `rows`, values). `rows` ascend."""
        edges = np.flatnonzero(np.diff(rows // ROWS)) + 1
        for start, stop in pairwise([0, *edges.tolist(), len(rows)]):
            part = slice(start, stop)
            yield part, self.rows(rows[part], columns)

    def digest(self) -> str:
        """That of `matrix.digest`, in blocks."""
        if self.held is not None:
            return matrix.digest(self.data)
        state = hashlib.sha256()
        for names in (self.data.obs_names, self.data.var_names):
            state.update("\n".join(names).encode() + b"\0")
        for start in range(0, len(self.samples), ROWS):
            state.update(np.ascontiguousarray(self.data.X[start : start + ROWS], dtype="<f4").tobytes())
        return state.hexdigest()


class Writer:
    """An `.h5ad` matrix written in blocks of rows: `X`, and layers of the same shape.

    varm : tables with a row a feature, name → array
    """

    def __init__(
        self,
        path: str | Path,
        samples: pd.DataFrame,
        features: pd.DataFrame,
        layers: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        sources: Mapping[str, str] | None = None,
        varm: Mapping[str, np.ndarray] | None = None,
        assembly: str = "",
    ):
        import anndata
        import h5py

        shape = (len(samples), len(features))
        data = anndata.AnnData(obs=samples, var=features, varm=dict(varm or {}))
        data.uns["genloom"] = {
            "kind": "genes",
            "assembly": assembly,
            "settings": json.dumps(dict(settings or {}), sort_keys=True),
            "sources": json.dumps(dict(sources or {}), sort_keys=True),
        }
        data.write_h5ad(Path(path))
        self.file = h5py.File(path, "r+")
        if "X" in self.file:
            del self.file["X"]
        chunk = (min(shape[0], max(1, 2**20 // max(shape[1], 1))), shape[1])
        packed: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        self.places = {"X": self.file, **dict.fromkeys(layers, self.file["layers"])}
        for name, where in self.places.items():
            made = where.create_dataset(name, shape, np.float32, chunks=chunk, **packed)
            made.attrs["encoding-type"], made.attrs["encoding-version"] = "array", "0.2.0"

    def __enter__(self) -> Writer:
        return self

    def write(self, start: int, values: np.ndarray, layer: str = "X") -> None:
        """Put rows in their place, from `start` on."""
        self.places[layer][layer][start : start + len(values)] = values

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
