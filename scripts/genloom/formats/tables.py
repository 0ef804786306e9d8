"""Tab-separated tables as all scripts write them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars.selectors as cs

DIGITS = 6


def write(frame: pl.DataFrame, path: str | Path) -> None:
    """Write a table with a header line; numbers have six significant digits, an empty field is an unknown value."""
    frame.with_columns(cs.float().cast(pl.Float64).round_sig_figs(DIGITS).fill_nan(None)).write_csv(
        path, separator="\t", quote_style="never"
    )
