"""Genomes in FASTA as base codes: A 0, C 1, G 2, T 3, and N 4 for N and every other ambiguity code.

Any stretch is read by its place in the file: plain files and bgzip (BGZF, SAM specification 4.1) as they are, ordinary
gzip after it is unpacked once into a temporary file. A `.fai` beside the file is used if it still fits it.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
import re
import struct
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ..console import blaming, say
from ..errors import InputError, named, nearest
from . import text

BASES = "ACGTN"
N = 4
_AMBIGUOUS, _OTHER = 5, 6


def _table() -> bytes:
    table = bytearray([_OTHER] * 256)
    for letters, code in (("A", 0), ("C", 1), ("G", 2), ("TU", 3), ("N", N), ("RYSWKMBDHV", _AMBIGUOUS)):
        for letter in letters + letters.lower():
            table[ord(letter)] = code
    return bytes(table)


_TABLE = _table()
_ONE_HOT = np.array([1, 1 << 8, 1 << 16, 1 << 24, 0], "<u4")
_PAIRS = np.zeros((256, 256), "<u8")  # two codes at once
_PAIRS[:5, :5] = _ONE_HOT.astype("<u8") | _ONE_HOT.astype("<u8")[:, None] << np.uint64(32)


def encode(sequence: str) -> np.ndarray:
    """Letters → (n,) uint8 codes; U is T, letters of no nucleotide are N."""
    return np.minimum(np.frombuffer(sequence.encode().translate(_TABLE), np.uint8), N)


def decode(codes: np.ndarray) -> str:
    """(n,) codes → letters."""
    return np.frombuffer(BASES.encode(), np.uint8)[codes].tobytes().decode()


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """(..., n) codes → (..., n) codes of the other strand, read in its direction."""
    flipped = codes[..., ::-1].copy()
    flipped ^= 3  # A and T, C and G trade places; N becomes 7
    return np.minimum(flipped, N, out=flipped)


def one_hot(codes: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """(..., n) codes → (..., n, 4) uint8 with a one at A, C, G or T, zeros for N.

    `out` : a (..., n) '<u4' array to fill and view, so that no memory is asked for in a loop
    """
    out = np.empty(codes.shape, "<u4") if out is None else out
    if codes.flags.c_contiguous and out.flags.c_contiguous and codes.size % 2 == 0:
        pairs, found = codes.reshape(-1).view("<u2"), out.reshape(-1).view("<u8")
        for at in range(0, len(pairs), 1 << 16):  # what fits the cache
            np.take(_PAIRS.reshape(-1), pairs[at : at + (1 << 16)], out=found[at : at + (1 << 16)], mode="clip")
    else:
        np.take(_ONE_HOT, codes, out=out, mode="clip")
    return out.view(np.uint8).reshape(*codes.shape, 4)


@dataclass
class _Record:
    """Where a sequence stands: `bases` letters a line of `width` bytes from `offset` to `stop`; 0 if lines differ."""

    name: str
    length: int
    offset: int
    bases: int
    width: int
    stop: int = -1

    def place(self, base: int) -> int:
        return self.offset + base // self.bases * self.width + base % self.bases


class Genome:
    """A FASTA file.

    >>> with Genome("genome.fa") as genome:                     # doctest: +SKIP
    ...     genome.sizes["chr1"], genome.fetch("chr1", 0, 100)

    Attributes
    ----------
    sizes : chromosome → length, in the file's order
    read : how many of the bases read so far were "lower case", "ambiguous" (IUPAC codes other than N) or "N"

    Raises
    ------
    InputError : not a FASTA, protein, a name twice, a sequence without bases, a cut-off file, a `.fai` of another
    """

    def __init__(self, path: str | Path):
        self.path = path
        self.read: Counter[str] = Counter()
        self._whole: tuple[str, np.ndarray] | None = None
        with blaming(path):
            self._source = _open(Path(path))
            try:
                index = Path(f"{path}.fai")
                records = self._indexed(index) if index.is_file() else list(_scan(self._source, str(path)))
                self._records = {record.name: record for record in records}
                self.sizes = {record.name: record.length for record in records}
                self._check(records)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Genome:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        self._source.close()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the names and lengths of all sequences: tells assemblies apart without reading 3 Gb."""
        return hashlib.sha256("".join(f"{name}\t{size}\n" for name, size in self.sizes.items()).encode()).hexdigest()

    def fetch(self, chrom: str, start: int = 0, end: int | None = None) -> np.ndarray:
        """The codes of a stretch, (end - start,) uint8. What lies outside the sequence is N."""
        if chrom not in self._records:
            raise InputError(
                f"holds no sequence {chrom!r}", self.path, nearest(chrom, self.sizes) or f"it holds {named(self.sizes)}"
            )
        record = self._records[chrom]
        end = record.length if end is None else end
        codes = np.full(end - start, N, np.uint8)
        first, last = max(start, 0), min(end, record.length)
        if first >= last:
            return codes
        if not record.bases:
            codes[first - start : last - start] = self._irregular(record)[first:last]
            return codes
        step = max(1, self._source.step // record.width) * record.bases  # whole lines
        for here in range(first, last, step):
            there = min(here + step, last)
            with blaming(self.path):
                letters = self._source.read(record.place(here), record.place(there - 1) + 1)
            codes[here - start : there - start] = self._translate(letters, record, here)
        return codes

    def _irregular(self, record: _Record) -> np.ndarray:
        """A sequence whose lines differ in length is read whole, and kept until the next such one is."""
        if self._whole is None or self._whole[0] != record.name:
            codes, done = np.empty(record.length, np.uint8), 0
            for here in range(record.offset, record.stop, self._source.step):
                with blaming(self.path):
                    letters = self._source.read(here, min(here + self._source.step, record.stop))
                part = self._translate(letters, record, done)
                codes[done : done + len(part)] = part
                done += len(part)
            self._whole = record.name, codes
        return self._whole[1]

    def _translate(self, letters: bytes, record: _Record, position: int) -> np.ndarray:
        codes = np.frombuffer(letters.translate(_TABLE, b"\n\r "), np.uint8)
        highest = codes.max(initial=0)
        if highest >= _OTHER:
            at = int((codes == _OTHER).argmax())
            letter = letters.translate(None, b"\n\r ")[at : at + 1].decode("latin-1")
            raise InputError(
                f"sequence {record.name!r} holds {letter!r} at position {position + at + 1}",
                self.path,
                "a genome has A, C, G, T, N and IUPAC codes: is this protein?",
            )
        self.read["lower case"] += int(np.count_nonzero(np.frombuffer(letters, np.uint8) > ord("_")))
        if highest >= N:
            ambiguous = int(np.count_nonzero(codes == _AMBIGUOUS))
            if 2 * ambiguous > len(codes) > 20:
                raise InputError(f"sequence {record.name!r} is mostly ambiguity codes", self.path, "is this protein?")
            self.read["ambiguous"] += ambiguous
            self.read["N"] += int(np.count_nonzero(codes == N))
            codes = np.minimum(codes, N)
        return codes

    def _check(self, records: list[_Record]) -> None:
        if not records:
            raise InputError("is empty", self.path, "a FASTA is wanted")
        if len(self.sizes) < len(records):
            twice = next(name for name, count in Counter(r.name for r in records).items() if count > 1)
            raise InputError(f"sequence {twice!r} occurs twice", self.path, "keep one of the two")
        if empty := [record.name for record in records if record.length < 1]:
            raise InputError(f"sequence {empty[0]!r} has no bases", self.path, "remove it, or copy the file again")
        self.fetch(records[0].name, 0, min(records[0].length, 1 << 16))  # protein shows at once
        self.read.clear()

    def _indexed(self, index: Path) -> list[_Record]:
        """The records of a `.fai`, each held against the file: a header before it, the next one or the end after it."""
        cure = "the FASTA was changed since: make the index again with samtools faidx, or remove it"
        records = []
        with blaming(index, cure):
            for number, line in enumerate(index.read_text().splitlines(), 1):
                try:
                    name, *numbers = line.split("\t")
                    record = _Record(name, *map(int, numbers[:4]))
                    record.stop = record.place(record.length - 1) + 1
                except (TypeError, ValueError, ZeroDivisionError):
                    raise InputError("is not a line of a .fai", f"{index}:{number}", cure) from None
                records.append(record)
        here = 0
        for number, record in enumerate(records, 1):
            between = self._source.read(here, record.offset) if 0 < record.offset - here < 1 << 16 else b""
            if not re.fullmatch(rb"\s*>\s*" + re.escape(record.name.encode()) + rb"(\s[^\n]*)?\n", between) or (
                here and not between.startswith((b"\n", b"\r"))
            ):
                raise InputError(f"does not fit {Path(self.path).name} at {record.name!r}", f"{index}:{number}", cure)
            here = record.stop
        rest = self._source.size - here
        if rest < 0 or rest > 1 << 12 or self._source.read(here, self._source.size).strip():
            raise InputError(f"does not fit {Path(self.path).name}, which goes on or ends before", index, cure)
        return records


class _Plain:
    """Bytes of a file by position."""

    step = 1 << 17  # bytes to read at once: memory for more is asked of the system anew each time

    def __init__(self, file: BinaryIO):
        self.file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, start: int, end: int) -> bytes:
        return os.pread(self.file.fileno(), end - start, start)

    def close(self) -> None:
        self.file.close()


_LEAST = 28  # bytes of a block of bgzip: the empty one has as many


class _Blocks(_Plain):
    """Bytes of a bgzip file by their position in the unpacked text: each block of up to 64 kB is unpacked by itself."""

    step = 1 << 21  # the blocks at both ends are unpacked twice

    def __init__(self, file: BinaryIO, path: Path):
        super().__init__(file)
        packed, unpacked, here, length = [0], [0], 0, 1
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while here < len(data):
                if len(data) - here < 18:
                    break
                if data[here : here + 4] != b"\x1f\x8b\x08\x04" or data[here + 12 : here + 14] != b"BC":
                    raise InputError("holds blocks that are not bgzip's", path, "pack it again with bgzip")
                size = struct.unpack_from("<H", data, here + 16)[0] + 1
                if size < _LEAST:
                    raise InputError("is damaged", path, "copy it or make it again")
                here += size
                if here > len(data):
                    break
                length = struct.unpack_from("<I", data, here - 4)[0]
                if not length:
                    _unpacked(data[here - size : here], 0)  # which nobody will read
                packed.append(here)
                unpacked.append(unpacked[-1] + length)
        if here != self.size or length:  # the last block is an empty one
            raise InputError("is cut off: bgzip's end-of-file block is missing", path, "copy it or make it again")
        self.packed, self.unpacked = np.array(packed), np.array(unpacked)
        self.size = unpacked[-1]

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if start >= end:
            return b""
        first = int(np.searchsorted(self.unpacked, start, "right")) - 1
        last = int(np.searchsorted(self.unpacked, end, "left"))
        ends = (self.packed[first : last + 1] - self.packed[first]).tolist()
        data = memoryview(super().read(self.packed[first], self.packed[last]))
        sizes = np.diff(self.unpacked[first : last + 1]).tolist()
        blocks = (_unpacked(data[a:b], size) for (a, b), size in zip(itertools.pairwise(ends), sizes, strict=True))
        return b"".join(blocks)[start - self.unpacked[first] : end - self.unpacked[first]]


def _unpacked(block: memoryview | bytes, size: int) -> bytes:
    """What one block of bgzip holds, if it is one block, and holds as much as it says."""
    stream = zlib.decompressobj(31)
    found = stream.decompress(block)
    if not stream.eof or stream.unused_data or len(found) != size:
        raise zlib.error("a block of bgzip is not what it says")
    return found


def _open(path: Path) -> _Plain:
    file = path.open("rb")
    head = file.read(18)
    if head[:2] != b"\x1f\x8b":
        return _Plain(file)
    if head[12:14] == b"BC":
        return _Blocks(file, path)
    file.close()
    unpacked = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed with the genome
    with text.opened(path) as stream:
        while block := stream.read(_Plain.step):
            unpacked.write(block)
    unpacked.flush()
    source = _Plain(unpacked)
    if source.size > 1 << 28:
        say(f"{path} is gzip, not bgzip: unpacked into a temporary file of {source.size / 1e9:.1f} GB")
    return source


def _whole_lines(source: _Plain) -> Iterator[tuple[int, bytes]]:
    """The text in pieces that end where a line does, each with its position."""
    here = 0
    while here < source.size:
        letters = source.read(here, here + source.step)
        while b"\n" not in letters and here + len(letters) < source.size:
            letters += source.read(here + len(letters), here + 2 * len(letters))
        if here + len(letters) < source.size:
            letters = letters[: letters.rfind(b"\n") + 1]
        yield here, letters
        here += len(letters)


def _scan(source: _Plain, path: str) -> Iterator[_Record]:
    """The records of a FASTA without an index, by the lengths of its lines."""
    record: _Record | None = None
    number, short = 1, False
    for here, letters in _whole_lines(source):
        raw = np.frombuffer(letters, np.uint8)
        ends = np.flatnonzero(raw == ord("\n")) + 1
        if not len(ends) or ends[-1] < len(raw):
            ends = np.append(ends, len(raw))
        starts = np.concatenate([[0], ends[:-1]])
        heads = np.flatnonzero(raw[starts] == ord(">")).tolist()
        if record is None and (not heads or letters[: starts[heads[0]]].strip()):
            raise InputError("does not start with '>'", f"{path}:{number}", "a FASTA is wanted")
        if record is not None:
            short = _extend(record, letters, starts, ends, 0, heads[0] if heads else len(ends), short)
        for head, after in zip(heads, [*heads, len(ends)][1:], strict=True):
            if record is not None:
                yield record
            title = letters[starts[head] + 1 : ends[head]].decode("utf-8", "replace").split()
            if not title:
                raise InputError("sequence without a name", f"{path}:{number + head}", "write a name after '>'")
            offset = here + int(ends[head])
            record = _Record(title[0], 0, offset, 0, 0, offset)
            short = _extend(record, letters, starts, ends, head + 1, after, False)
        number += len(ends)
    if record is not None:
        yield record


def _extend(
    record: _Record, letters: bytes, starts: np.ndarray, ends: np.ndarray, first: int, after: int, short: bool
) -> bool:
    """Add lines first..after to a record. `short`: a line shorter than the first was seen, so none may follow it."""
    if first == after:
        return short
    start, stop = int(starts[first]), int(ends[after - 1])
    ended = letters.endswith(b"\n", start, stop)
    breaks = after - first - (not ended)
    returns, blanks = (letters.count(each, start, stop) if each in letters else 0 for each in (b"\r", b" "))
    fresh = not record.width
    record.length += stop - start - breaks - returns - blanks
    record.stop += stop - start
    mark = 2 if returns else 1
    widths = ends[first:after] - starts[first:after]
    if not ended:
        widths[-1] += mark
    if fresh:
        record.width = int(widths[0])
        record.bases = record.width - mark
    regular = (
        not short
        and record.width - record.bases == mark
        and not blanks
        and returns in (0, breaks)
        and (not returns or letters.count(b"\r\n", start, stop) == returns)
        and (widths[:-1] == record.width).all()
        and widths[-1] <= record.width
    )
    if not regular:
        record.bases = 0
    return bool(widths[-1] < record.width)
