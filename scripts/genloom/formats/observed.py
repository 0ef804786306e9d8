"""Observed expression, one value a gene: from a matrix of genes, or from any table of ids and values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import InputError, named, nearest
from . import matrix, values

SCALES = ("auto", "plain", "log")
MEDIAN = "median"
PSEUDO = 0.1  # added before the logarithm, as Xpresso does


@dataclass(frozen=True)
class Observed:
    """Expression by gene, on a logarithmic scale.

    Attributes
    ----------
    path, digest : the file, and the SHA-256 of what it holds
    target : what the values are called: a column, a sample, or the median of samples
    id_column : what the ids are called
    ids, values : genes without versions, each once, and their (genes,) float64 values
    symbols : symbol → its place, where one gene alone has it; of a table there are none
    unit : of the values
    left_out : reason → number of rows of the table
    """

    path: str | Path
    digest: str
    target: str
    id_column: str
    ids: list[str]
    values: np.ndarray
    unit: str
    symbols: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def read(
    path: str | Path, id_column: str | None = None, value_column: str | None = None, scale: str = "auto"
) -> Observed:
    """Read expression and take its logarithm, where it is not on such a scale yet: log10(x + 0.1), as Xpresso does.

    Parameters
    ----------
    id_column, value_column : of a table, by name or number; of a matrix `value_column` is a sample, by default the median
        of all is taken
    scale : plain, log, or auto: a matrix tells its unit; a table is taken for logarithms where a value is below zero

    Raises
    ------
    InputError : neither a matrix of genes nor a table, no such column or sample, plain values below zero
    """
    import h5py

    if Path(path).is_file() and h5py.is_hdf5(path):
        if id_column is not None:
            raise InputError("is a matrix, whose genes have one id", path, "leave out --id-column")
        found, logs = _of_matrix(path, value_column)
    else:
        table = values.read(path, values.Columns(id_column, value_column))
        target, ids = table.value_column, table.ids
        found = Observed(path, table.digest, target, table.id_column, ids, table.values, target, {}, table.left_out)
        logs = bool((table.values < 0).any())
    if scale == "log" or (scale == "auto" and logs):
        return found
    if (found.values < 0).any():
        worst = int(found.values.argmin())
        raise InputError(
            f"{found.target} of {found.ids[worst]} is {found.values[worst]:g}, below zero",
            path,
            "--scale log, if these are logs",
        )
    made = {"values": np.log10(found.values + PSEUDO), "unit": f"log10({found.unit} + {PSEUDO:g})"}
    return Observed(**{**vars(found), **made})


def _of_matrix(path: str | Path, sample: str | None) -> tuple[Observed, bool]:
    """The values of a sample, or the median over all, and whether they are logarithms."""
    data = matrix.read(path, "genes")
    rows = matrix.dense(data).astype(np.float64)
    samples = list(data.obs_names)
    if sample is not None and sample not in samples:
        hint = nearest(sample, samples) or f"its samples are {named(samples)}"
        raise InputError(f"has no sample {sample!r}", path, hint)
    chosen = rows[samples.index(sample)] if sample is not None else np.median(rows, axis=0)
    unit = str(matrix.about(data)["settings"].get("unit", "expression"))
    target = sample if sample is not None else MEDIAN if len(samples) > 1 else samples[0]
    names = [str(name) for name in data.var["symbol"]] if "symbol" in data.var else []
    times = Counter(names)
    symbols = {name: place for place, name in enumerate(names) if name and times[name] == 1}
    ids = [str(name) for name in data.var_names]
    return Observed(path, matrix.digest(data), target, "gene", ids, chosen, unit, symbols), unit.lower().startswith(
        "log"
    )
