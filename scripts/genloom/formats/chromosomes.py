"""Chromosome names, sizes and regions. Positions are 0-based, ends exclusive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import InputError, named, nearest
from . import text

_MITOCHONDRION = ("M", "MT", "chrM", "chrMT")


class Region(NamedTuple):
    chrom: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start}-{self.end}"


def read_sizes(path: str | Path) -> dict[str, int]:
    """Chromosome → length, in the file's order.

    Parameters
    ----------
    path : a `.fai`, a table whose first two columns are name and length (`.sizes`), or the FASTA; plain or gzipped

    Raises
    ------
    InputError : a name without a length, a name that occurs twice, a length below 1
    """
    sizes: dict[str, int] = {}
    with text.opened(path) as stream:
        lines = _fasta(stream) if stream.peek(1)[:1] == b">" else _table(stream)  # type: ignore[attr-defined]
        for number, name, length in lines:
            where = f"{path}:{number}"
            size = length if isinstance(length, int) else text.whole(length.strip())
            if size is None:
                raise InputError(
                    f"{name[:40]!r} has no length",
                    where,
                    "give a .fai, a tab-separated table of name and length, or the FASTA",
                )
            if size < 1 or not name:
                raise InputError(f"{name!r} has length {size}", where, "each name has a length of at least 1")
            if name in sizes:
                raise InputError(f"{name!r} occurs twice", where, "keep one of the two")
            sizes[name] = size
    if not sizes:
        raise InputError("is empty", path, "give a .fai, a tab-separated table of name and length, or the FASTA")
    return sizes


def _table(stream: BinaryIO) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(stream, 1):
        if line.strip() and not line.startswith(b"#"):
            name, length, *_ = *line.decode().rstrip("\r\n").split("\t"), ""
            yield number, name, length


def _fasta(stream: BinaryIO) -> Iterator[tuple[int, str, int]]:
    number, here, name, size = 0, 1, "", 0
    while block := stream.read(1 << 24) + stream.readline():  # whole lines
        start = 0
        while start < len(block):
            if block[start : start + 1] == b">":
                if number:
                    yield number, name, size
                stop = block.find(b"\n", start) + 1 or len(block)
                number, name, size = here, (block[start + 1 : stop].decode().split() or [""])[0], 0
            else:
                stop = block.find(b"\n>", start) + 1 or len(block)
                size += stop - start - sum(block.count(blank, start, stop) for blank in (b"\n", b"\r", b" "))
            here += block.count(b"\n", start, stop)
            start = stop
    yield number, name, size


def match(names: Iterable[str], known: Iterable[str], where: object, partial: bool = False) -> dict[str, str]:
    """Find each name among the known ones: as it is, or with `chr` put before or taken off (`MT` and `chrM` too).

    Parameters
    ----------
    where : what the names are from, for the message
    partial : leave out names that match nothing (scaffolds, say) as long as the others match as they are

    Returns
    -------
    dict : name → known name

    Raises
    ------
    InputError : some names match nothing, or two match the same known name
    """
    known = dict.fromkeys(known)
    matches, unmatched = {}, []
    for name in dict.fromkeys(names):
        fits = [name] if name in known else [other for other in _others(name) if other in known]
        if len(fits) == 1:
            matches[name] = fits[0]
        else:
            unmatched.append(name)
    renamed = [name for name in matches if matches[name] != name]
    if unmatched and (renamed or not partial or not matches):
        raise InputError(
            f"chromosomes {named(unmatched)} match none of the known {named(known)}",
            where,
            "give files of one genome with one naming of chromosomes",
        )
    taken: dict[str, str] = {}
    for name, found in matches.items():
        if found in taken:
            raise InputError(f"chromosomes {taken[found]} and {name} both match {found}", where, "use one naming")
        taken[found] = name
    return matches


def _others(name: str) -> list[str]:
    if name in _MITOCHONDRION:
        return [other for other in _MITOCHONDRION if other != name]
    return [name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"]


def parse_region(region: str, sizes: Mapping[str, int]) -> Region:
    """Read `chr1`, `chr1:5001` or `chr1:1-1,000,000`: as samtools has them, from 1 and with the last base included.

    Raises
    ------
    InputError : an unknown chromosome, or bounds that are not positions of it
    """
    where = f"region {region!r}"
    name, colon, span = (region, "", "") if region in sizes else region.rpartition(":")
    if not colon:
        name, span = region, ""
    try:
        chrom = match([name], sizes, where)[name]
    except InputError:
        raise InputError("is on no known chromosome", where, nearest(name, sizes) or f"known: {named(sizes)}") from None
    first, dash, last = span.replace(",", "").partition("-")
    try:
        start = int(first) - 1 if colon else 0
        end = int(last) if dash else sizes[chrom]
    except ValueError:
        raise InputError("is not NAME:FIRST-LAST", where, "write chr1:1-1000000") from None
    if not 0 <= start < end <= sizes[chrom]:
        raise InputError(f"is not within {chrom}, 1 to {sizes[chrom]}", where, "first and last base count from 1")
    return Region(chrom, start, end)


def merge(regions: Iterable[Region], sizes: Mapping[str, int]) -> list[Region]:
    """Regions in the order of `sizes`, those that overlap or touch joined. None given: every chromosome whole."""
    order = {chrom: rank for rank, chrom in enumerate(sizes)}
    merged: list[Region] = []
    for region in sorted(regions, key=lambda r: (order[r.chrom], r.start)):
        if merged and merged[-1].chrom == region.chrom and region.start <= merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, region.end))
        else:
            merged.append(region)
    return merged or [Region(chrom, 0, size) for chrom, size in sizes.items()]
