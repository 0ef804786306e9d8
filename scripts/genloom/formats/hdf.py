"""HDF5 files from anywhere: looked through before anything in them is used.

A file may tell HDF5 to read other files, to load code for unpacking, or to make up terabytes of values that it does not
hold, and a heap with zeros in it, as a broken copy leaves, would keep the library busy for ever.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from .. import guard
from ..console import blaming
from ..errors import InputError

_FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_SZIP,
    h5py.h5z.FILTER_NBIT,
    h5py.h5z.FILTER_SCALEOFFSET,
    h5py.h5z.FILTER_LZF,
}
_RATIO = 1032  # gzip, the tightest of these filters, packs no tighter
ROOM = 1 << 28  # bytes that a file may declare beyond what it holds, as of a dataset that was never written
_HEAP = b"GCOL\x01\x00\x00\x00"  # HDF5 file format specification 3.0, III.E: a global heap collection
ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    SystemError,
)  # h5py's, of damaged files
_STEP = 1 << 24  # bytes looked at at once
_DAMAGED = "it may be cut off or damaged: copy it again"


def check(path: str | Path) -> None:
    """Refuse a file that reads other files, needs code of others, or declares more than it can hold.

    Raises
    ------
    InputError : such a file, or one that is damaged
    """
    guard.opened(path)
    with blaming(path), Path(path).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _check_heaps(data, path)
    try:
        with h5py.File(path, "r") as file:
            examine(file, path)
    except ERRORS as error:
        raise InputError(f"cannot be read as HDF5: {error}", path, _DAMAGED) from None


@contextmanager
def opened(path: str | Path, cure: str, again: bool = False) -> Iterator[h5py.File]:
    """A file that `check` has nothing against. Whatever HDF5 finds damaged in the block is an InputError.

    again : it was checked before

    Raises
    ------
    InputError : no HDF5 file, or a bad one
    """
    with blaming(path, cure), Path(path).open("rb"):
        if not h5py.is_hdf5(path):
            raise InputError("is not an HDF5 file", path, cure)
    if not again:
        check(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except ERRORS as error:
        raise InputError(f"is damaged: {error}", path, cure) from None


def column(file: h5py.File, name: str, kind: str, path: str | Path) -> h5py.Dataset:
    """A dataset of one dimension.

    kind : of its values, a letter of numpy's

    Raises
    ------
    InputError : none, or another one
    """
    found = file.get(name)
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or found.dtype.kind != kind:
        raise InputError(f"has no {name!r}, or something else in its place", path, _DAMAGED)
    return found


def examine(file: h5py.File, path: str | Path) -> None:
    """The same of an open file, but for its heaps."""
    links: list[tuple[str, Any]] = []
    items: list[tuple[str, Any]] = []
    file.visititems_links(lambda *each: links.append(each))
    file.visititems(lambda *each: items.append(each))
    for name, link in links:
        if not isinstance(link, h5py.HardLink):
            where = f"the file {link.filename!r}" if isinstance(link, h5py.ExternalLink) else "another place"
            raise InputError(
                f"has at {name!r} a link to {where}, which is not followed", path, "copy the values into it"
            )
    declared, stored, largest = 0, 0, (0, "")
    for name, item in items:
        if not isinstance(item, h5py.Dataset):
            continue
        plist = item.id.get_create_plist()
        if item.is_virtual or plist.get_external_count():
            raise InputError(
                f"has values of {name!r} in other files, which are not read", path, "copy the values into it"
            )
        filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
        if strange := sorted(filters - _FILTERS):
            raise InputError(
                f"packs {name!r} with filter {strange[0]} of HDF5", path, "write it again with gzip or none"
            )
        size = item.size * item.dtype.itemsize if item.shape is not None else 0
        declared, largest = declared + size, max(largest, (size, name))
        stored += item.id.get_storage_size()
    if declared > _RATIO * stored + ROOM:
        what = f"declares {declared / 1e9:,.1f} GB of values, most in {largest[1]!r}, and holds {stored / 1e6:,.1f} MB"
        raise InputError(what, path, "write it again")


def _check_heaps(data: mmap.mmap, path: str | Path) -> None:
    """Refuse a heap in which the library would go round in circles: each of its objects begins after the one before."""
    for start in range(0, len(data), _STEP):
        stop = min(start + _STEP, len(data))
        at = data.find(_HEAP, start, stop + len(_HEAP) - 1)
        while at >= 0:
            here, end = at + 16, at + int(struct.unpack_from("<Q", data, at + 8)[0]) if at + 16 <= len(data) else at
            while here + 16 <= min(end, len(data)):
                index, size = struct.unpack_from("<H6xQ", data, here)
                if index == 0 and size == 0:
                    raise InputError("has a damaged heap", path, _DAMAGED)
                here += size if index == 0 else 16 + (size + 7) // 8 * 8
            at = data.find(_HEAP, at + 8, stop + len(_HEAP) - 1)
        data.madvise(mmap.MADV_DONTNEED, start, stop - start)  # a large file shall not stay in memory
