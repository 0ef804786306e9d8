"""How bad files are made: of good ones by damage, as chance has it, and of words of a format in any order."""

from __future__ import annotations

import copy
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Sequence

import h5py
import numpy as np
from hypothesis import strategies as st

# What stands in a field by accident or by intent: numbers at the edge, other alphabets' digits, what splits lines or
# columns for some programs and not for others, what a shell, a spreadsheet, a browser or a path would take for its own.
WORDS = (
    *(
        "",
        " ",
        ".",
        "-",
        "-1",
        "0",
        "1",
        "7",
        "+5",
        "1_0",
        "1.5",
        "1e3",
        "1e309",
        "-1e309",
        "9" * 20,
        "9" * 5000,
        "0x10",
    ),
    *("nan", "NaN", "inf", "-inf", "NA", "null", "None", "True", "²", "٣", "½", "é", "\u2028", "\x85", "\x0b", "\x1c"),
    *('"', '""', '"a', "'", "\\", "\x00", "\r", "a b", "a,b", "a;b", "a|b", "#", "##", ">", "=1+1", "%00", "%zz", "{}"),
    *("{start}", "$(id)", "`id`", "../../x", "<b>x</b>", "chr1", "1", "chrM", "MT", "chr1:1-2:+", "x" * 70_000),
    *("2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1" * 400),
)
_words = st.sampled_from(WORDS).map(lambda word: word.encode("utf-8", "surrogatepass"))
_seed = st.integers(0, 2**32 - 1)


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _field(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """One field of one line in place of another."""
    lines = _lines(data)
    at = int(random.integers(len(lines)))
    for mark in (b"\t", b",", b" "):
        if mark in lines[at]:
            break
    fields = lines[at].split(mark)
    fields[int(random.integers(len(fields)))] = word
    lines[at] = mark.join(fields)
    return b"\n".join(lines)


def _column(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """A column left out, or all of it the same."""
    rows = [line.split(b"\t") for line in _lines(data)]
    place = int(random.integers(max(map(len, rows))))
    drop = random.random() < 0.5
    for row in rows:
        if place < len(row):
            row[place : place + 1] = [] if drop else [word]
    return b"\n".join(b"\t".join(row) for row in rows)


def _line(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """A line twice, gone, at another place, or a new one."""
    lines = _lines(data)
    at, to = (int(each) for each in random.integers(len(lines), size=2))
    kind = int(random.integers(4))
    if kind == 0:
        lines.insert(to, lines[at])
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines.insert(at, word)
    return b"\n".join(lines)


def _bytes(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """Some bytes others."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 9))):
        at = int(random.integers(len(changed)))
        changed[at] = (
            int(random.integers(256)) if random.random() < 0.5 else changed[at] ^ (1 << int(random.integers(8)))
        )
    return bytes(changed)


def _cut(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """Cut off, or with a piece gone, or with a word in its place."""
    at, to = sorted(int(each) for each in random.integers(len(data) + 1, size=2))
    return (data[:at], data[at:], data[:at] + data[to:], data[:at] + word + data[to:], data[:at] + word + data[at:])[
        int(random.integers(5))
    ]


def _zeros(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    at, to = sorted(int(each) for each in random.integers(len(data) + 1, size=2))
    return data[:at] + bytes(to - at) + data[to:]


def _whole(data: bytes, random: np.random.Generator, word: bytes) -> bytes:
    """The whole file as another program would have left it."""
    text = data.decode("latin-1")
    return (
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-32-le"),
        lambda: data.replace(b"\t", b" "),
        lambda: data.replace(b"\t", b","),
        lambda: data.replace(b"\n", b""),
        lambda: data.split(b"\n")[0] + b"\n",
        lambda: data.split(b"\n")[0],
        lambda: data + data,
        lambda: data + b"\n\n" + word,
        lambda: word,
        lambda: b"",
        lambda: b"\n \n",
        lambda: bytes(len(data)),
        lambda: data.upper(),
    )[int(random.integers(17))]()


_TEXT = (_field, _field, _field, _column, _line, _line, _bytes, _cut, _whole)
_BINARY = (_bytes, _bytes, _cut, _zeros)


def _damaged(data: bytes, ways: Sequence[Callable], seed: int, count: int, words: Sequence[bytes]) -> bytes:
    random = np.random.default_rng(seed)
    for word in words[:count]:
        if not data:
            break
        data = ways[int(random.integers(len(ways)))](data, random, word)
    return data


def _packed(data: bytes, how: int) -> bytes:
    """As it is, gzipped, gzipped and cut off, in two members, or with rubbish after it."""
    if how < 6:
        return data
    packed = gzip.compress(data, 1, mtime=0)
    half = len(data) // 2
    return (
        packed,
        packed[: len(packed) * 2 // 3],
        gzip.compress(data[:half], mtime=0) + gzip.compress(data[half:], mtime=0),
        packed + b"rubbish",
    )[how - 6]


def text(seeds: Sequence[bytes], packed: bool = True) -> st.SearchStrategy[bytes]:
    """Files of text: good ones damaged one to four times; one in ten is left whole."""
    damaged = st.builds(
        lambda data, seed, words: _damaged(data, _TEXT, seed, len(words), words),
        st.sampled_from(seeds),
        _seed,
        st.lists(_words, min_size=0, max_size=4),
    )
    return st.builds(_packed, damaged, st.integers(0, 9)) if packed else damaged


def lines(head: Sequence[bytes], words: Sequence[str], width: int) -> st.SearchStrategy[bytes]:
    """Files made of the words of a format in any order, under one of its heads."""
    word = st.one_of(
        st.sampled_from([word.encode() for word in words]), st.sampled_from(list(WORDS[:60])).map(str.encode)
    )
    row = st.lists(word, min_size=max(1, width - 1), max_size=width + 1).map(b"\t".join)
    regular = st.lists(st.lists(word, min_size=width, max_size=width).map(b"\t".join), max_size=5)
    body = st.one_of(regular, st.lists(row, max_size=5)).map(b"\n".join)
    return st.builds(
        lambda top, rest, end: top + rest + end, st.sampled_from(head), body, st.sampled_from([b"", b"\n"])
    )


def binary(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files of a binary format: good ones damaged."""
    return st.builds(
        lambda data, seed, words: _damaged(data, _BINARY, seed, len(words), words),
        st.sampled_from(seeds),
        _seed,
        st.lists(_words, min_size=0, max_size=3),
    )


# ---------------------------------------------------------------- files that are whole, and hold what they should not


def _record(data: bytes, seed: int) -> bytes:
    """Text whose record in JSON, the rest of a line, says something else."""
    before, found, after = data.partition(b"{")
    told, end, rest = after.partition(b"\n")
    if not found:
        return data
    return before + _json((found + told).decode(), np.random.default_rng(seed)).encode() + end + rest


def recorded(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files of text with a record in JSON: damaged as text, or with another record."""
    return st.one_of(st.builds(_record, st.sampled_from(seeds), _seed), text(seeds))


def _other(values: np.ndarray, random: np.random.Generator) -> object:
    """Something else in place of an array."""
    shape = values.shape
    kind = int(random.integers(14))
    if kind == 0:
        return np.zeros(tuple(size + 1 for size in shape), values.dtype)
    if kind == 1:
        return values[:0] if shape else np.zeros(3)
    if kind == 2:
        return values.reshape(-1)
    if kind == 3:
        return values[None]
    if kind == 4:
        return np.full(shape, b"\xff\xfe<b>", "S5")
    if kind == 5:
        return np.full(shape, np.nan)
    if kind == 6:
        return np.full(shape, -1, np.int64)
    if kind == 7:
        return np.full(shape, 2**63 - 1, np.int64)
    if kind == 8:
        return np.full(shape, 1 + 2j)
    if kind == 9:
        return np.zeros(shape, [("a", "i4"), ("b", "f8")])
    if kind == 10:
        return "text"
    if kind == 11:
        return np.float64(1e300)
    if kind == 12:
        return values.astype(bool) if values.dtype.kind in "biuf" else np.ones(shape)
    return values[random.permutation(shape[0])] if shape else values


def _hdf(data: bytes, seed: int, times: int) -> bytes:
    """An HDF5 file with datasets, groups and attributes gone, renamed, or others in their place."""
    random = np.random.default_rng(seed)
    stream = io.BytesIO(data)
    with h5py.File(stream, "r+") as file:
        for _ in range(times):
            names: list[str] = []
            file.visit(names.append)
            if not names:
                break
            name = names[int(random.integers(len(names)))]
            item = file[name]
            kind = int(random.integers(8))
            if kind == 0:
                del file[name]
            elif kind == 1:
                file.move(name, name + "x")
            elif kind == 2:
                del file[name]
                file.create_group(name)
            elif kind == 3 and len(item.attrs):
                key = list(item.attrs)[int(random.integers(len(item.attrs)))]
                item.attrs[key] = ("", "array", "csr_matrix", 3, np.nan, [1, 2], "null")[int(random.integers(7))]
            elif kind == 4 and len(item.attrs):
                del item.attrs[list(item.attrs)[int(random.integers(len(item.attrs)))]]
            elif kind == 5 and file.attrs:
                key = next(iter(file.attrs))
                told = file.attrs[key]
                if isinstance(told, str) and told.startswith("{"):
                    file.attrs[key] = _json(told, random)
            elif isinstance(item, h5py.Dataset):
                values, attributes = item[()], dict(item.attrs)
                if isinstance(values, np.ndarray) and values.dtype.kind in "biufS":
                    del file[name]
                    made = file.create_dataset(name, data=_other(values, random))
                    made.attrs.update(attributes)
                elif isinstance(values, bytes | str):
                    text = values.decode() if isinstance(values, bytes) else values
                    del file[name]
                    made = file.create_dataset(name, data=_json(text, random) if text[:1] == "{" else "<i>")
                    made.attrs.update(attributes)
    return stream.getvalue()


def hdf(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files of HDF5: damaged as bytes, or whole and with other content."""
    return st.one_of(st.builds(_hdf, st.sampled_from(seeds), _seed, st.integers(1, 3)), binary(seeds))


_ODD = (
    None,
    True,
    -1,
    0,
    1,
    1e308,
    10**400,
    3.5,
    "",
    "nan",
    "<b>",
    [],
    {},
    [None],
    {"a": 1},
    [[1]],
    [1e9],
    "x" * 1000,
    10**9,
)


def _json(text: str, random: np.random.Generator) -> str:
    """JSON with something else at one place, or gone, or deep, or no JSON."""
    kind = int(random.integers(10))
    if kind == 0:
        return text[: int(random.integers(len(text) + 1))]
    if kind == 1:
        return "[" * 100_000
    if kind == 2:
        return text.replace(":", ': NaN, "y":', 1)
    try:
        value = json.loads(text)
    except ValueError:
        return "{}"
    for _ in range(int(random.integers(1, 3))):
        node = value
        while isinstance(node, dict | list) and node:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = keys[int(random.integers(len(keys)))]
            if not isinstance(node[key], dict | list) or not node[key] or random.random() < 0.3:
                if random.random() < 0.3:
                    del node[key]
                else:
                    node[key] = copy.deepcopy(_ODD[int(random.integers(len(_ODD)))])  # which may be changed in turn
                break
            node = node[key]
    return json.dumps(value)


def _model(data: bytes, seed: int) -> bytes:
    """A .safetensors file whose header, card or arrays say something else."""
    random = np.random.default_rng(seed)
    size = struct.unpack_from("<Q", data)[0]
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    kind = int(random.integers(6))
    names = [name for name in header if name != "__metadata__"]
    name = names[int(random.integers(len(names)))]
    if kind == 0:
        text = _json(json.dumps(header), random)
    else:
        if kind == 1:
            header[name]["dtype"] = ("BF16", "F8_E4M3", "I64", "F64", "BOOL", "U8", "X")[int(random.integers(7))]
        elif kind == 2:
            header[name]["shape"] = [[0], [-1], [2**62], [], [2**32, 2**32], [1] * 100][int(random.integers(6))]
        elif kind == 3:
            header["other" if random.random() < 0.5 else "member1.x"] = header.pop(name)
        else:
            header["__metadata__"]["genloom"] = _json(header["__metadata__"]["genloom"], random)
        text = json.dumps(header)
    top = text.encode()
    told = (len(top), len(top), len(top), len(top), 2**63, 0, len(top) + 9)[int(random.integers(7))]
    return struct.pack("<Q", told) + top + body


def model(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Model files: damaged as bytes, or whole and with another card or header."""
    return st.one_of(
        st.builds(_model, st.sampled_from(seeds), _seed),
        st.builds(_model, st.sampled_from(seeds), _seed),
        binary(seeds),
    )


def _zip(data: bytes, seed: int, words: Sequence[bytes]) -> bytes:
    """A zip file with one of its files damaged, gone or called otherwise."""
    random = np.random.default_rng(seed)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        infos = old.infolist()
        chosen = int(random.integers(len(infos)))
        for number, info in enumerate(infos):
            content, name = old.read(info), info.filename
            if number == chosen:
                kind = int(random.integers(6))
                if kind == 0:
                    continue
                if kind == 1:
                    name = ("../../" + name, "/" + name, name + "\x00", name.upper())[int(random.integers(4))]
                if kind >= 2:
                    content = _damaged(
                        content.replace(b"<", b"\n<"), (_line, _bytes, _cut, _field), seed, len(words), words
                    )
            new.writestr(name, content)
    return out.getvalue()


def zipped(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Zip files, .xlsx or .pt: damaged as bytes, or whole and with other content."""
    words = st.lists(_words, min_size=1, max_size=3)
    return st.one_of(st.builds(_zip, st.sampled_from(seeds), _seed, words), binary(seeds))
