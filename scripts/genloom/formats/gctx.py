"""GCTX: a matrix with facts on genes and samples in HDF5 (https://clue.io/connectopedia/gctx_format), read in blocks."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
import polars as pl

from ..errors import InputError, named, nearest
from . import hdf, text

MAGIC = b"\x89HDF"
_MATRIX, _GENES, _SAMPLES = "0/DATA/0/matrix", "0/META/ROW", "0/META/COL"
_BLOCK = 1 << 25  # bytes of values held at once
_CURE = "give a GCTX as cmapPy or cmapR write it; an .h5ad needs no assembling"


@dataclass
class Gctx:
    """A matrix that stays on the disk.

    Attributes
    ----------
    samples, genes : names and ids
    sample_facts, gene_facts : tables of strings, a row for each
    digest : SHA-256 of the file
    """

    path: str | Path
    samples: list[str]
    genes: list[str]
    sample_facts: pl.DataFrame
    gene_facts: pl.DataFrame
    digest: str
    source: Any  # a path, or the unpacked content
    places: list[int]  # of the samples in the file, rising

    def choose(self, places: Sequence[int]) -> Gctx:
        """The same of some samples, in rising order."""
        samples, facts = [self.samples[i] for i in places], self.sample_facts.select(pl.all().gather(list(places)))
        return replace(self, samples=samples, sample_facts=facts, places=[self.places[i] for i in places])

    def rows(self, places: Sequence[int]) -> Iterator[np.ndarray]:
        """The values of some samples, in rising order: (genes,) float32 each; NaN where there is none."""
        number = {self.places[i]: i for i in places}
        with _opened(self.path, self.source) as file:
            matrix = file[_MATRIX]
            step = max(1, _BLOCK // (matrix.dtype.itemsize * max(1, matrix.shape[1])))
            if matrix.chunks:
                step = max(matrix.chunks[0], step // matrix.chunks[0] * matrix.chunks[0])
            for start in range(0, matrix.shape[0], step):
                inside = [i for i in range(start, min(start + step, matrix.shape[0])) if i in number]
                if not inside:
                    continue
                try:
                    block = matrix[start : start + step]
                except hdf.ERRORS as error:
                    raise InputError(
                        f"cannot be read: {error}", self.path, "it may be cut off: copy it again"
                    ) from None
                for i in inside:
                    row = block[i - start].astype(np.float32)
                    if np.isinf(row).any():
                        gene = self.genes[int(np.isinf(row).argmax())]
                        raise InputError(f"{gene} of {self.samples[number[i]]} is not finite", self.path, "correct it")
                    yield row


def read(path: str | Path, id_column: str | None = None) -> Gctx:
    """Read the names and facts of a GCTX, plain or gzipped.

    Parameters
    ----------
    id_column : a fact on genes that is their id; by default the file's own ids

    Raises
    ------
    InputError : HDF5 of another layout, or no such fact
    """
    with text.opened(path) as stream:
        plain = text.is_plain(stream)
        state = hashlib.file_digest(cast(Any, stream), "sha256")
    source = str(path) if plain else text.read(path)
    with _opened(path, source) as file:
        if not all(name in file for name in (_MATRIX, f"{_GENES}/id", f"{_SAMPLES}/id")):
            raise InputError("is HDF5 but not GCTX", path, _CURE)
        try:
            genes, samples = _facts(file[_GENES]), _facts(file[_SAMPLES])
            shape = file[_MATRIX].shape
            numbers = file[_MATRIX].dtype.kind in "fiu"
        except (*hdf.ERRORS, pl.exceptions.PolarsError) as error:
            raise InputError(f"has facts that cannot be read: {error}", path, _CURE) from None
    if not numbers:
        raise InputError("holds values that are not numbers", path, _CURE)
    if shape != (len(samples), len(genes)):
        raise InputError(
            f"has values of shape {shape}, and ids of {len(samples)} samples and {len(genes)} genes", path, _CURE
        )
    if 0 in shape:
        raise InputError("holds no values", path, _CURE)
    if id_column and id_column not in genes.columns:
        hint = nearest(id_column, genes.columns) or f"it has {named(genes.columns)}"
        raise InputError(f"has no fact {id_column!r} on genes", path, hint)
    return Gctx(
        path,
        samples["id"].to_list(),
        genes[id_column or "id"].to_list(),
        samples.drop("id"),
        genes.drop(id_column or "id"),
        state.hexdigest(),
        source,
        list(range(len(samples))),
    )


def _opened(path: str | Path, source: Any) -> h5py.File:
    if not isinstance(source, bytes):
        hdf.check(path)
    try:
        file = h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r")
        hdf.examine(file, path)
        return file
    except hdf.ERRORS as error:
        raise InputError(f"cannot be read as HDF5: {error}", path, "it may be cut off: copy it again") from None


def _facts(group: h5py.Group) -> pl.DataFrame:
    columns = {}
    for name in ["id", *(name for name in group if name != "id")]:
        values = group[name][:]
        if values.dtype.kind in "SO":
            values = [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values]
        columns[name] = pl.Series(name, [str(value).strip() for value in values], dtype=pl.String)
    return pl.DataFrame(columns)
