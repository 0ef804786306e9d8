"""Numbers that wait on the disk, where there may be more of them than memory holds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import numpy as np

BLOCK = 1 << 24  # values held at once: 64 MiB
_MOST = 1 << 26  # held at once for the sake of a multiple


class Scratch:
    """Single-precision numbers in a file of the folder of temporary files (TMPDIR), which goes with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody needs it any more
        self.size = 0

    def add(self, values: np.ndarray) -> None:
        """Put values after those that are there."""
        self._file.write(np.ascontiguousarray(values, np.float32).data)
        self.size += values.size

    def read(self, start: int, count: int) -> np.ndarray:
        """(count,) float32 values from the one with number `start` on."""
        values = np.empty(count, np.float32)
        self._file.seek(4 * start)
        self._file.readinto(values.data)
        return values


class Table(Scratch):
    """Rows of one length on the disk."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width

    def __len__(self) -> int:
        return self.size // self.width

    def rows(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, width) values."""
        return self.read(start * self.width, (stop - start) * self.width).reshape(-1, self.width)

    def columns(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, rows) values: some columns, turned into rows."""
        values = np.empty((len(self), stop - start), np.float32)
        for number, row in enumerate(values):
            self._file.seek(4 * (number * self.width + start))
            self._file.readinto(row.data)
        return values.T


def pieces(count: int, width: int, multiple: int = 1) -> Sequence[slice]:
    """Cut `count` rows of `width` values into blocks that may be held at once, of a multiple of so many rows each, as the chunks
    of a file are, unless those are too large."""
    multiple = multiple if multiple * width <= _MOST else 1
    step = max(BLOCK // max(width, 1) // multiple, 1) * multiple
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]
