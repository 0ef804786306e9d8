"""A sample sheet: a table separated by tabs, with a header. Its column `sample`, or else its first, names samples."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import say
from ..errors import InputError
from . import text

if TYPE_CHECKING:
    import pandas as pd


def read(path: str | Path) -> pd.DataFrame:
    """Read a sheet, plain or gzipped: strings without surrounding blanks, "" where empty, indexed by the names.

    Lines that are empty or start with `#` are passed over.

    Raises
    ------
    InputError : empty or not text, no row under a header, a row of another width, a name that is empty or there twice,
        a repeated column
    """
    import pandas as pd

    content = text.decoded(text.read(path), path)
    given = [
        (number, line.rstrip("\n").split("\t"))
        for number, line in enumerate(io.StringIO(content, newline=None), start=1)
        if line.strip() and not line.startswith("#")
    ]
    lines = [(number, [value.strip() for value in values]) for number, values in given]
    if len(lines) < 2:
        raise InputError("holds no samples", path, "a sheet has a header and a line for each sample")
    (at, header), *rows = lines
    if len(header) == 1 and "," in header[0]:
        raise InputError("is separated by commas", f"{path}:{at}", "separate the columns by tabs")
    if repeated := [name for name in header if header.count(name) > 1]:
        raise InputError(f"column {repeated[0]!r} is there twice", f"{path}:{at}", "rename one of them")
    key = header.index("sample") if "sample" in header else 0
    seen: dict[str, int] = {}
    for number, values in rows:
        if len(values) != len(header):
            raise InputError(
                f"has {len(values)} columns, the header {len(header)}",
                f"{path}:{number}",
                "separate the columns by tabs and keep empty ones",
            )
        name = values[key]
        if not name:
            raise InputError(f"has no {header[key]}", f"{path}:{number}", "name every sample")
        if name in seen:
            raise InputError(
                f"{name!r} is there twice, first in line {seen[name]}",
                f"{path}:{number}",
                "give every sample a name of its own",
            )
        seen[name] = number
    if trimmed := sum(value != value.strip() for _, values in given[1:] for value in values if value.strip()):
        say(f"{path}: {trimmed:,} fields had blanks around them, which were taken off")
    table = pd.DataFrame([values for _, values in rows], columns=header, dtype=object)
    return table.set_index(header[key])
