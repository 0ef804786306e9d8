"""Samples × features in one `.h5ad` file (AnnData): a sample a row, with facts on samples in `obs`, on features in `var`.

`uns["genloom"]` says what the features are (`kind`), how they were made (`settings`), from what (`sources`: name →
SHA-256 of the unpacked text) and on which genome assembly.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import resources
from ..errors import InputError
from . import hdf, parts, scratch
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
    values : (samples, features) float32 array or scipy CSR matrix; None where `write_blocks` is given them
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


def write_blocks(data: AnnData, rows: Callable[[int, int], np.ndarray], path: str | Path) -> None:
    """Write `.h5ad` to the byte as `write` does, with values that are not in memory: `rows(start, stop)` gives those of some
    samples, float32."""
    import h5py
    from anndata.io import write_elem

    packed = {"compression": "gzip", "compression_opts": 1}
    data.strings_to_categoricals()
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        values = file.create_dataset("X", data.shape, np.float32, **packed)
        for part in scratch.pieces(data.n_obs, data.n_vars, (values.chunks or data.shape)[0]):
            values[part] = rows(part.start, part.stop)
        del values  # closed, so that all of it lies before what follows
        file["X"].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        for name in ("obs", "var"):
            write_elem(file, name, getattr(data, name), dataset_kwargs=packed)
        for name in ("obsm", "varm", "obsp", "varp", "layers", "uns"):
            write_elem(file, name, dict(getattr(data, name)), dataset_kwargs=packed)


def read_columns(path: str | Path) -> Iterator[np.ndarray]:
    """The values of a dense matrix, features in rows: (some features, samples) each."""
    import h5py

    with h5py.File(path) as file:
        values = file["X"]
        for part in scratch.pieces(values.shape[1], values.shape[0], (values.chunks or values.shape)[1]):
            yield values[:, part].T


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
            empty = data.X is None  # where it stays in the file, it is looked at here
            if not empty and data.X.shape != data.shape:
                raise ValueError(f"values of the shape {data.X.shape}, names for {data.shape}")
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
    if 0 in data.shape or empty:
        raise InputError("holds no values", path)
    if backed:
        return data
    values = data.X.data if hasattr(data.X, "tocsr") else data.X
    if not _placed(data.X):
        raise InputError("holds values that are not at places of the matrix", path, "it may be damaged: make it again")
    if values.dtype.kind not in "biuf":
        raise InputError("holds values that are not numbers", path)
    if not np.isfinite(values).all():
        row, column = _strange(data)
        raise not_finite(data.obs_names[row], data.var_names[column], path)
    return data


def opened(path: str | Path, kind: str | None = None, foreign: bool = False) -> AnnData:
    """The same as `read`, but with dense values left in the file, unlooked at.

    Raises
    ------
    InputError : as of `read`; values that are not numbers
    """
    data = read(path, kind, foreign, backed=True)
    if not hasattr(data.X, "chunks"):
        data.file.close()
        return read(path, kind, foreign)
    if data.X.dtype.kind not in "biuf":
        raise InputError("holds values that are not numbers", path)
    if data.X.shape != data.shape:
        raise InputError(f"has values of shape {data.X.shape}, and names of {data.shape}", path, "make it again")
    return data


def not_finite(sample: str, feature: str, where: object) -> InputError:
    """The error of a value that is not a finite number, the first of a matrix."""
    what = f"holds values that are not finite numbers, the first in sample {sample!r}, feature {feature!r}"
    return InputError(what, where, "fill them in, or leave those features out")


def read_part(path: str | Path) -> Part:
    """Which part of a matrix a file is.

    Raises
    ------
    InputError : no matrix, or a whole one
    """
    with hdf.opened(path, cure := "give what bin_peaks made with --whole") as file:
        if (part := Part.held(file, "uns/genloom/part", path)) is None:
            raise InputError("is no part of a matrix", path, cure)
        return part


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


def _placed(values: Any) -> bool:
    """Whether a sparse matrix has each value in a row and a column of its own; libraries take it for granted."""
    if not hasattr(values, "indptr"):
        return True
    if values.indices.dtype.kind not in "iu" or values.indptr.dtype.kind not in "iu":
        return False
    try:
        values.check_format(full_check=True)
    except ValueError:
        return False
    return True


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
