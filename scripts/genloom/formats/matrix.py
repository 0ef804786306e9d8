"""Samples × features in one `.h5ad` file (AnnData): a sample a row, with facts on samples in `obs`, on features in `var`.

`uns["genloom"]` says what the features are (`kind`), how they were made (`settings`), from what (`sources`: name →
SHA-256 of the unpacked text) and on which genome assembly.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import resources
from ..console import blaming
from ..errors import InputError
from . import hdf, parts
from .parts import Part

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

KINDS = ("bins", "genes", "probes", "pixels")


def build(
    values,
    samples: pd.DataFrame,
    features: pd.DataFrame,
    kind: str,
    settings: dict[str, Any] | None = None,
    sources: dict[str, str] | None = None,
    assembly: str = "",
) -> AnnData:
    """Make the AnnData of a matrix.

    Parameters
    ----------
    values : (samples, features) float32 array or scipy CSR matrix
    samples, features : tables whose index holds unique names
    kind : one of `KINDS`
    settings : JSON-able; how the matrix was made, without paths or dates
    sources : sample or file label → SHA-256 of its unpacked content
    """
    import anndata

    assert kind in KINDS, kind
    data = anndata.AnnData(X=values, obs=samples, var=features)
    data.uns["genloom"] = {
        "kind": kind,
        "assembly": assembly,
        "settings": json.dumps(settings or {}, sort_keys=True),
        "sources": json.dumps(sources or {}, sort_keys=True),
    }
    return data


def write(data: AnnData, path: Path) -> None:
    """Write `.h5ad`, compressed."""
    data.write_h5ad(path, compression="gzip", compression_opts=1)


def read(
    path: str | Path, kind: str | None = None, foreign: bool = False, backed: bool = False, part: bool = False
) -> AnnData:
    """Read a matrix and hold it to its rules: unique names, finite numbers, the wanted kind.

    foreign : take any AnnData; one that is not genloom's is of the kind "features"
    backed : leave the values in the file, unlooked at; see `blocks`
    part : take a part of a matrix, too, which may hold no values

    Raises
    ------
    InputError : not a matrix of genloom's, of another kind, with repeated names or with values that are not finite
    MemoryLack : more values than the process may hold
    """
    import anndata
    import h5py

    if not Path(path).exists():
        raise InputError("no such file", path)
    if h5py.is_hdf5(path):
        hdf.check(path)
    if not backed:
        resources.demand(_size(path), "the matrix", path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = anndata.read_h5ad(path, backed="r" if backed else None)
    except MemoryError:
        raise
    except Exception as error:  # h5py and anndata raise whatever their parsers meet in a damaged file
        if not h5py.is_hdf5(path):
            raise InputError("is not an .h5ad file", path, "make it with bin_peaks or assemble_expression") from None
        raise InputError(f"cannot be read as .h5ad: {error}", path, "it may be cut off: make it again") from None
    about = data.uns.get("genloom")
    if foreign and about is None:
        about = data.uns["genloom"] = {"kind": "features", "assembly": ""}
    if not isinstance(about, dict) or not isinstance(about.get("kind"), str):
        raise InputError("has no genloom record in uns", path, "make it with bin_peaks or assemble_expression")
    try:
        told = [json.loads(about.get(key, "{}")) for key in ("settings", "sources")]
    except (TypeError, ValueError, RecursionError):
        told = [None]
    if not all(isinstance(each, dict) for each in told):
        raise InputError("has a damaged genloom record in uns", path, "make it again")
    if kind is not None and about["kind"] != kind:
        raise InputError(f"holds {about['kind']}, {kind} are wanted", path, "were two inputs swapped?")
    for axis, names in (("sample", data.obs_names), ("feature", data.var_names)):
        if not names.is_unique:
            raise InputError(f"{axis} {names[names.duplicated()][0]!r} occurs twice", path)
    if "part" in about and not part:
        raise parts.refuse(path, Part.read(about["part"], path))
    if part and 0 in data.shape:
        return data
    if 0 in data.shape or data.X is None:
        raise InputError("holds no values", path)
    if backed:
        return data
    values = data.X.data if hasattr(data.X, "tocsr") else data.X
    if values.dtype.kind not in "biuf":
        raise InputError("holds values that are not numbers", path)
    if not np.isfinite(values).all():
        row, column = _strange(data)
        raise InputError(
            f"holds values that are not finite numbers, the first in sample {data.obs_names[row]!r}, feature "
            f"{data.var_names[column]!r}",
            path,
            "fill them in, or leave those features out",
        )
    return data


def read_part(path: str | Path) -> Part:
    """Which part of a matrix a file is.

    Raises
    ------
    InputError : no matrix, or a whole one
    """
    import h5py

    with blaming(path):
        if not h5py.is_hdf5(path):
            raise InputError("is not an .h5ad file", path, "give what bin_peaks made with --whole")
        with h5py.File(path) as file:
            record = file.get("uns/genloom/part")
            if record is None:
                raise InputError("is no part of a matrix", path, "give what bin_peaks made with --whole")
            return Part.read(record.asstr()[()], path)


def _size(path: str | Path) -> int:
    """The bytes of the values in memory; 0 where the file is no matrix, which reading it tells."""
    import h5py

    try:
        with h5py.File(path) as file:
            values = file["X"]
            arrays = [values] if isinstance(values, h5py.Dataset) else list(values.values())
            return sum(array.size * array.dtype.itemsize for array in arrays)
    except (OSError, KeyError, AttributeError):
        return 0


def _strange(data: AnnData) -> tuple[int, int]:
    """The place of the first value that is not a finite number."""
    if hasattr(data.X, "tocsr"):
        values = data.X.tocoo()
        at = np.flatnonzero(~np.isfinite(values.data))[0]
        return int(values.row[at]), int(values.col[at])
    row, column = np.argwhere(~np.isfinite(data.X))[0]
    return int(row), int(column)


def about(data: AnnData) -> dict[str, Any]:
    """The genloom record of a matrix, decoded: kind, assembly, settings, sources."""
    record = dict(data.uns["genloom"])
    for key in ("settings", "sources"):
        record[key] = json.loads(record.get(key, "{}"))
    return record


def dense(data: AnnData) -> np.ndarray:
    """The values as a C-contiguous float32 array (samples, features)."""
    resources.demand(4 * data.shape[0] * data.shape[1], "the matrix")
    values = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    return np.ascontiguousarray(values, dtype=np.float32)


def digest(data: AnnData) -> str:
    """SHA-256 over names and values: the same content gives the same digest, however it is stored."""
    state = hashlib.sha256()
    for names in (data.obs_names, data.var_names):
        state.update("\n".join(names).encode() + b"\0")
    if hasattr(data.X, "tocsr"):
        values = data.X.tocsr(copy=True)
        values.sum_duplicates()
        values.eliminate_zeros()
        rows, columns = values.nonzero()
        for part in (rows.astype("<i8"), columns.astype("<i8"), values.data.astype("<f4")):
            state.update(part.tobytes())
    else:
        state.update(np.ascontiguousarray(data.X, dtype="<f4").tobytes())
    return state.hexdigest()
