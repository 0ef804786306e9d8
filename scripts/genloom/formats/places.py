"""Names of places: a BED, so that tables whose rows are places can be held against tables of genes."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError
from . import dialect, text

PARTS = (3, 4)  # of a place: chrom, start, end and, where it counts, strand


def read(path: str | Path, parts: int) -> dict[str, list[str]]:
    """Place, as `join` writes it → the names of the BED's intervals there, without versions.

    Parameters
    ----------
    parts : one of `PARTS`: 3 leaves the strand out

    Raises
    ------
    InputError : no BED with names, or, with its line, too few columns
    """
    kind, _ = dialect.sniff(path)
    if kind != "bed":
        raise InputError(f"is {kind.upper()}, not BED", path, "give intervals: chrom, start, end, name, score, strand")
    found: dict[str, list[str]] = {}
    with text.opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip() or line.startswith((b"#", b"track", b"browser")):
                continue
            fields = [field.strip() for field in line.decode().split("\t")]
            if len(fields) < 6:
                raise InputError(
                    f"has {len(fields)} columns", f"{path}:{number}", "a name is the fourth, strand the sixth"
                )
            names = found.setdefault(join([*fields[:3], fields[5]][:parts]), [])
            if (name := re.sub(dialect.VERSION, r"\1\2", fields[3])) not in names:
                names.append(name)
    return found


def join(fields: list[str]) -> str:
    """An id of several fields: chr1:1000:11500:-."""
    return ":".join(field.strip() for field in fields)
