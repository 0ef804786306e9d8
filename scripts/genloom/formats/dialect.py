"""Which kind of annotation a file is, and how its ids are written. Kept apart from the readers: it needs no polars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from . import text

# Lines of what lies inside transcripts and says nothing that exons and CDS lines do not.
INSIDE = (
    "intron",
    "start_codon",
    "stop_codon",
    "Selenocysteine",
    "UTR",
    "5UTR",
    "3UTR",
    "five_prime_UTR",
    "three_prime_UTR",
    "five_prime_utr",
    "three_prime_utr",
)
LARGEST = 2**31 - 2  # of a position; they are kept as 32-bit numbers
CURE = "give a GTF, a GFF3, or a BED of transcription start sites"
VERSION = r"^(ENS[A-Z]{0,7}[0-9]{11}|[NX][MRP]_[0-9]+)\.[0-9]+(_PAR_Y)?$"  # of Ensembl's and RefSeq's ids; groups 1 and 2 stay


def sniff(path: str | Path) -> tuple[str, int]:
    """The format of a file and its number of columns, by the first line that is no comment."""
    with text.opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if line.split()[:2] == [b"##gff-version", b"3"]:
                return "gff3", 9
            if not line.strip() or line.startswith((b"#", b"track", b"browser")):
                continue
            row = text.decoded(line, path, number).rstrip("\r\n")
            fields = row.split("\t")
            if len(fields) == 9 and text.whole(fields[3]) is not None:
                return ("gff3" if re.match(r"\s*[^\s=]+=", fields[8]) else "gtf"), 9
            if len(fields) >= 6 and None not in map(text.whole, fields[1:3]):
                return "bed", len(fields)
            raise InputError(f"is no line of an annotation: {row[:40].strip()!r}", f"{path}:{number}", CURE)
    raise InputError("is empty", path, CURE)


def check(fields: Sequence[str], where: str, kind: str, width: int = 9) -> None:
    """Refuse a line of a GTF, a GFF3 or a BED that is no place, `where` it stands.

    Raises
    ------
    InputError : more or fewer columns than `width`; positions that are no numbers, no interval, or beyond any chromosome
    """
    if len(fields) != width:
        raise InputError(f"has {len(fields)} columns, not {width}", where, "is the file whole?")
    at, first = (1, 0) if kind == "bed" else (3, 1)
    start, end = fields[at : at + 2]
    begin, finish = text.whole(start), text.whole(end)
    if begin is None or finish is None:
        raise InputError(f"positions {start[:20]!r} and {end[:20]!r} are not both numbers", where, CURE)
    if begin < first or finish < begin:
        raise InputError(f"positions {start} to {end} are no interval", where, f"positions count from {first}")
    if finish > LARGEST:
        raise InputError(f"position {end} is beyond any chromosome", where, CURE)
