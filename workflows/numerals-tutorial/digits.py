#!/usr/bin/env python3
"""Write digits.csv.gz, the written numerals that scikit-learn carries: a line an image, its digit, its 8 × 8 pixels."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

from sklearn.datasets import load_digits


def table() -> str:
    """The file's text: columns samples, digit, and pixel_<row>_<column> in the order of reading, from 0 to 16."""
    digits = load_digits()
    lines = io.StringIO()
    print("samples", "digit", *digits.feature_names, sep=",", file=lines)
    for number, (label, pixels) in enumerate(zip(digits.target, digits.data.astype(int), strict=True), start=1):
        print(f"image{number}", label, *pixels, sep=",", file=lines)
    return lines.getvalue()


if __name__ == "__main__":
    path = Path(__file__).with_name("digits.csv.gz")
    path.write_bytes(gzip.compress(table().encode(), 9, mtime=0))
