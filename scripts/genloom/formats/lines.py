"""Text files of any size, some whole lines at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from . import text

BLOCK = 1 << 24  # bytes


class Lines:
    """The text of a file, plain or gzipped, in blocks of whole lines; one that is in quotes may end in the next block.

    Raises
    ------
    InputError : of `text.read`, where they are met
    """

    def __init__(self, path: str | Path):
        self._path = path
        self._state = hashlib.sha256()
        self.blocks = self._read()

    def digest(self) -> str:
        """SHA-256 of the unpacked text, once all of it has been read."""
        return self._state.hexdigest()

    def _read(self) -> Iterator[bytes]:
        blank = True
        text.demand_end(self._path)
        with text.opened(self._path) as stream:
            while block := stream.read(BLOCK):
                block += stream.readline()
                self._state.update(block)
                blank = blank and block.isspace()
                if not blank or len(block) >= BLOCK:
                    yield block
        if blank:
            raise InputError("is empty", self._path, "leave it out, or make it again")
