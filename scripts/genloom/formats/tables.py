"""Tab-separated tables as all scripts write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from ..errors import InputError

DIGITS = 6


def write(frame: pl.DataFrame, path: str | Path) -> None:
    """Write a table with a header line; numbers have six significant digits, an empty field is an unknown value."""
    frame.with_columns(cs.float().cast(pl.Float64).round_sig_figs(DIGITS).fill_nan(None)).write_csv(
        path, separator="\t", quote_style="never"
    )


def write_wide(
    path: str | Path,
    heads: Mapping[str, Sequence[str]],
    samples: Sequence[str],
    blocks: Iterable[np.ndarray],
    top: str = "",
) -> None:
    """Write genes × samples as text, a gene a row.

    Parameters
    ----------
    heads : the first columns, such as the ids of the genes
    blocks : (some genes, samples) values, one after the other
    top : lines above the header

    Raises
    ------
    InputError : a sample that is named as one of the first columns
    """
    if taken := [name for name in samples if name in heads]:
        raise InputError(f"sample {taken[0]!r} has the name of a column", "table", "rename the sample")
    numbers = [f"\0{i}" for i in range(len(samples))]
    start = 0
    with Path(path).open("wb") as file:
        file.write(top.encode())
        for block in blocks:
            facts = {head: values[start : start + len(block)] for head, values in heads.items()}
            values = dict(zip(numbers, np.ascontiguousarray(block.T), strict=True))
            frame = pl.DataFrame({**facts, **values}).with_columns(
                cs.float().cast(pl.Float64).round_sig_figs(DIGITS).fill_nan(None)
            )
            frame.columns = [*heads, *samples]
            frame.write_csv(file, separator="\t", quote_style="never", include_header=not start)
            start += len(block)
