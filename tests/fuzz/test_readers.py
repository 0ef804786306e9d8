"""Whatever a file holds, a reader returns what it promises or names what is wrong in one line, in time and memory."""

from __future__ import annotations

from collections.abc import Iterator

import h5py
import pytest
from hypothesis import given

from genloom.errors import InputError

from .prober import Prober
from .readers import READERS


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    with Prober() as opened:
        yield opened


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_file_is_read_or_refused(reader, tmp_path, in_time, prober):
    path = tmp_path / "file"

    @given(reader.made())
    def one(content):
        path.unlink(missing_ok=True)  # HDF5 takes a file that it has open for the same
        path.write_bytes(content)
        if h5py.is_hdf5(path) and prober.crashes(path):
            return
        with in_time():
            try:
                reader.read(path)
            except InputError as error:
                assert str(error).isprintable(), f"more than a line, or what a terminal would run: {str(error)!r}"
                assert len(str(error)) < 2000, f"{len(str(error))} letters"

    one()
