"""Text files, plain or gzipped: told apart by their first bytes, since Galaxy's files have no telling names."""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..console import blaming
from ..errors import InputError, undecodable

_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")  # SAM specification, 4.1.2
ROOM, RATIO = 1 << 28, 200  # a packed file may hold 256 MiB, or 200 times its own size: more than any real one does
_CURE = "it may be cut off: copy or make it again"


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading, through gzip if it is packed. Whatever goes wrong in the block is an InputError."""
    with blaming(path, _CURE), Path(path).open("rb") as file:
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        yield cast(BinaryIO, io.BufferedReader(_Unpacked(file, path), 1 << 17)) if packed else file


class _Unpacked(io.RawIOBase):
    """What a gzip holds, as long as it is in proportion to its size: a bomb of a few megabytes would fill any disk."""

    def __init__(self, file: BinaryIO, path: str | Path):
        self._gzip, self._path, self._count = gzip.GzipFile(fileobj=file), path, 0
        self._most = allowed(file.seek(0, io.SEEK_END))
        file.seek(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._gzip.readinto(buffer)
        self._count += count
        if self._count > self._most:
            raise InputError(f"unpacks to more than {self._most / 1e6:,.0f} MB", self._path, "unpack it first")
        return count


def is_plain(stream: BinaryIO) -> bool:
    """Whether an opened file is read as it is."""
    return not isinstance(getattr(stream, "raw", None), _Unpacked)


def allowed(size: int) -> int:
    """How many bytes a packed file of `size` bytes may hold."""
    return max(ROOM, RATIO * size)


def read(path: str | Path) -> bytes:
    """The whole content of a file, unpacked if it is gzip or bgzip.

    Raises
    ------
    InputError : no such file, not readable, empty, or a gzip that is cut off or damaged
    """
    with blaming(path, _CURE):
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            # bgzip writes whole gzip members and an empty last one: cut between two, only the last one's lack shows
            if content[12:14] == b"BC" and not content.endswith(_BGZF_END):
                raise EOFError("bgzip's end-of-file block is missing")
            with io.BufferedReader(_Unpacked(io.BytesIO(content), path), 1 << 17) as stream:
                content = b"".join(iter(partial(stream.read, 1 << 20), b""))
    if not content or content.isspace():
        raise InputError("is empty", path, "leave it out, or make it again")
    return content


def demand_end(path: str | Path) -> None:
    """Refuse a bgzip file without its last block: cut between two, only that shows.

    Raises
    ------
    InputError : such a file
    """
    with blaming(path, _CURE), Path(path).open("rb") as file:
        head = file.read(14)
        if head[:2] == b"\x1f\x8b" and head[12:] == b"BC":
            file.seek(-min(len(_BGZF_END), file.seek(0, io.SEEK_END)), io.SEEK_END)
            if file.read() != _BGZF_END:
                raise EOFError("bgzip's end-of-file block is missing")


def decoded(content: bytes, path: str | Path, first: int = 1) -> str:
    """Lines of UTF-8 as text, without a byte order mark.

    Parameters
    ----------
    first : the number of the first of the lines

    Raises
    ------
    InputError : with its line, another encoding, or no text
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = first + content.count(b"\n", 0, error.start)
        raise undecodable(error, f"{path}:{number}") from None


def whole(field: str) -> int | None:
    """A position or count: decimal digits alone, no more than 18 of them. None for anything else that Python takes."""
    return int(field) if len(field) <= 18 and field.isascii() and field.isdigit() else None


def rows(lines: Iterable[str], separator: str, path: str | Path, first: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, each with the number of the line that it ends on.

    Parameters
    ----------
    first : the number of the first of the lines

    Raises
    ------
    InputError : with its line, what is no row to the csv module, such as one of more than 131,072 letters in a field
    """
    reader = csv.reader(lines, delimiter=separator)
    try:
        for fields in reader:
            yield first - 1 + reader.line_num, fields
    except csv.Error as error:
        where = f"{path}:{first - 1 + reader.line_num}"
        raise InputError(
            f"is no row of a table: {error}", where, "is a quote not closed? save it as text again"
        ) from None


def demand_lines(content: bytes, path: str | Path, first: int = 1) -> None:
    """Refuse lines with a carriage return inside them: some readers make two lines of such a one, polars drops it.

    Parameters
    ----------
    first : the number of the first of the lines

    Raises
    ------
    InputError : such a line
    """
    if b"\r" in content and content.count(b"\r") > content.count(b"\r\n"):
        for number, line in enumerate(content.split(b"\n"), first):
            if b"\r" in line.rstrip(b"\r"):
                cure = "save it again as text with Unix line ends"
                raise InputError("holds a carriage return inside the line", f"{path}:{number}", cure)


def digest(content: bytes) -> str:
    """SHA-256 of unpacked text: the same for a file and its gzip."""
    return hashlib.sha256(content).hexdigest()


def table_start(content: bytes) -> tuple[int, int]:
    """Where a table begins under lines of comment, and the number of that line.

    Lines that are empty or begin with `#`, in quotes or not, are comments. But the last of them that begins with one `#` is
    the header if it has as many fields as the line below it, which then holds a number or an unknown value.
    """
    at, number = 0, 1
    last: tuple[int, int] | None = None
    while at < len(content):
        end = content.find(b"\n", at) + 1 or len(content)
        line = content[at:end].strip()
        marked = line.lstrip(b'"')
        if marked.startswith(b"#"):
            last = None if marked.startswith(b"##") else (at, number)
        elif line:
            if last and _heads(content[last[0] : at].splitlines()[0], line):
                return last
            return at, number
        at, number = end, number + 1
    return at, number


def _heads(head: bytes, row: bytes) -> bool:
    """Whether a line of comment is rather the header of the row below it."""
    separator = max("\t,;", key=lambda mark: row.count(mark.encode()))
    try:
        names, cells = (
            next(csv.reader([line.decode(errors="replace")], delimiter=separator), []) for line in (head, row)
        )
    except csv.Error:
        return False
    return len(names) == len(cells) > 1 and any(_is_value(cell) for cell in cells[1:])


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() in ("", "NA")
    return True
