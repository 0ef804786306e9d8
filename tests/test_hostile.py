"""Files and names that were made to do harm: nothing of them is run, followed or believed, and reading them is bounded."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import pickle
import resource
import runpy
import struct
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np
import pytest

from genloom import console
from genloom.errors import InputError
from genloom.formats import blocks, genebodies, hdf, matrix, modelfile, split, text, textmatrix, values
from genloom.formats.genome import Genome
from genloom.formats.variants import Variants
from genloom.formats.windows import Windows
from genloom.pretrained import importing

ROOT = Path(__file__).parents[1]
STEPS = ROOT / "test-data" / "steps"
PEAKS = ROOT / "test-data" / "peaks"


@pytest.fixture(autouse=True)
def _bounded():
    """A gigabyte more than what the process has: a bomb ends here."""
    import anndata  # noqa: F401 - its memory is no part of what reading takes
    import torch  # noqa: F401

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (2 << 30), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


# ---------------------------------------------------------------- models


def safetensors(header: object, body: bytes = b"", size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + body


def tensor(begin: int, end: int, shape: list[int]) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


CARD = {"format": 1, "task": "expression", "architecture": "ridge"}
DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (safetensors({"a": tensor(0, 4 << 40, [1 << 40])}), "not a whole"),
        (safetensors({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)), "not a whole"),
        (safetensors({"a": tensor(8, 0, [2])}, bytes(8)), "not a whole"),
        (safetensors({"a": tensor(-4, 4, [2])}, bytes(8)), "not a whole"),
        (safetensors(b"{}", size=1 << 62), "not a whole"),
        (safetensors(b" " * (101 << 20)), "not a whole"),
        (safetensors(DEEP.encode()), "not a whole"),
        (safetensors({"__metadata__": {"genloom": DEEP}}), "damaged card"),
        (safetensors({"__metadata__": {"genloom": json.dumps({**CARD, "format": 10**400})}}), "format version"),
        (safetensors({"__metadata__": {"genloom": json.dumps({**CARD, "settings": []})}}), "card"),
        (safetensors({"__metadata__": {"other": "x"}}), "no genloom card"),
    ],
    ids=[
        "huge",
        "overlap",
        "backwards",
        "negative",
        "header size",
        "header",
        "deep",
        "deep card",
        "format",
        "facts",
        "none",
    ],
)
def test_model_files_that_lie(tmp_path, content, words):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(InputError, match=words):
        modelfile.read(tmp_path / "m")


def test_a_card_tells_of_a_network_larger_than_memory(tmp_path):
    card, arrays = modelfile.read(STEPS / "boundaries.safetensors")
    modelfile.write(tmp_path / "m", arrays, {**card, "settings": {**card["settings"], "channels": 10**7}})
    from genloom.learning import boundaries

    with pytest.raises(InputError, match="do not fit the network"):
        boundaries.restore(*modelfile.read(tmp_path / "m"), tmp_path / "m")


class Harm:
    """What a pickle may be: a call."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def harmful(path: Path, kind: str, proof: Path) -> Path:
    """A pickle that makes the folder `proof` when it is loaded."""
    data = pickle.dumps({"weights": Harm(proof)})
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("archive/data.pkl", data)
            file.writestr("archive/version", "3")
    elif kind == "npy":
        np.save(path.with_suffix(".npy"), np.array([Harm(proof)], object), allow_pickle=True)
        path.with_suffix(".npy").rename(path)
    elif kind == "hdf5":
        with h5py.File(path, "w") as file:
            file["uns/x"] = np.void(data)
            file.attrs["genloom"] = np.void(data)
    elif kind == "gzip":
        path.write_bytes(gzip.compress(data))
    else:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["bare", "zip", "npy", "hdf5", "gzip"])
def test_no_reader_unpickles(tmp_path, kind):
    proof = tmp_path / "proof"
    path = harmful(tmp_path / "file", kind, proof)
    readers = (
        modelfile.read, matrix.read, Windows, textmatrix.read, text.read, split.read, Genome, Variants, genebodies.read,
        lambda path: values.read(path, values.Columns()), lambda path: importing.read([path]),
    )  # fmt: skip
    for read in readers:
        with contextlib.suppress(InputError):
            read(path)
    assert not proof.exists()
    if kind == "bare":
        pickle.loads(path.read_bytes())
        assert proof.exists()  # the file is what it is taken for


# ---------------------------------------------------------------- bombs


def zeros(path: Path, megabytes: int, head: bytes = b"") -> Path:
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b"0" * (1 << 20))
    return path


@pytest.mark.parametrize("read", [text.read, Genome, Variants, split.read, textmatrix.read], ids=lambda r: r.__name__)
def test_gzip_bombs(tmp_path, read, monkeypatch):
    monkeypatch.setattr(text, "ROOM", 1 << 23)
    head = b"##fileformat=VCFv4.2\n" if read is Variants else b">chr1\n" if read is Genome else b""
    with pytest.raises(InputError, match=r"unpacks to more than 8 MB|is not text in UTF-8"):
        read(zeros(tmp_path / "bomb", 9, head))


def test_how_much_a_packed_file_may_hold(tmp_path):
    bomb = zeros(tmp_path / "bomb", 260)
    assert bomb.stat().st_size < 400_000
    with pytest.raises(InputError, match="unpacks to more than 268 MB; unpack it first"):
        text.read(bomb)
    assert len(text.read(zeros(tmp_path / "most", 255))) == 255 << 20
    assert text.allowed(10 << 20) == 2000 << 20


def workbook(path: Path, parts: dict[str, bytes | str]) -> Path:
    """A workbook with some of its parts others."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["gene", "s1", "s2"], ["a", 1, 2], ["b", 3, 4]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *parts}:
            new.writestr(name, parts.get(name) if name in parts else old.read(name))
    return path


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'
_XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
_CELL = '<row r="{0}"><c r="{1}{0}" t="inlineStr"><is><t>{2}</t></is></c></row>'


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({SHEET: LAUGHS + _XML.format(_CELL.format(1, "A", "&i;"))}, "cannot be read as XLSX"),
        ({SHEET: OUTSIDE + _XML.format(_CELL.format(1, "A", "&i;"))}, "cannot be read as XLSX"),
        ({SHEET: _XML.format("".join(_CELL.format(row, "XFD", "x") for row in range(1, 5000)))}, "cells, nearly all"),
        ({SHEET: _XML.format(_CELL.format(2**60, "A", "x"))}, "cells, nearly all|cannot be read"),
        ({"xl/media/x": bytes(300 << 20)}, "unpacks to 315 MB"),
    ],
    ids=["laughs", "outside", "far cells", "far rows", "zip bomb"],
)
def test_workbooks(tmp_path, parts, words):
    with pytest.raises(InputError, match=words) as caught:
        textmatrix.read(workbook(tmp_path / "x.xlsx", parts))
    assert "root:" not in str(caught.value)


def test_names_in_a_zip_lead_nowhere(tmp_path):
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    found = textmatrix.read(workbook(folder / "x.xlsx", {"../../escaped": b"x", "/tmp/escaped-genloom": b"x"}))
    assert found.samples == ["s1", "s2"]
    assert not list(tmp_path.rglob("escaped")) and not Path("/tmp/escaped-genloom").exists()


def test_yaml_that_laughs_or_never_ends(tmp_path):
    from genloom.learning import plan

    laughs = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    for words in (
        laughs,
        "question: &a [*a]\n",
        "[" * 50_000,
        "!!python/object/apply:os.mkdir [proof]\n",
        f"? {DEEP}\n",
    ):
        with pytest.raises(InputError):
            plan.parse(words, lambda task: None, "plan.yml")
    assert not Path("proof").exists()


# ---------------------------------------------------------------- HDF5


def changed(path: Path, source: str, change) -> Path:
    path.write_bytes((STEPS / source).read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def external(place):
    def change(file):
        del file[place]
        file[place] = h5py.ExternalLink(str(STEPS / "landmarks.h5ad"), "/X")

    return change


def outside(place):
    def change(file):
        shape = file[place].shape
        del file[place]
        size = int(np.prod(shape))
        file.create_dataset(place, shape, np.uint8, external=[("/etc/passwd", 0, size)])

    return change


def virtual(place):
    def change(file):
        shape = file[place].shape
        del file[place]
        layout = h5py.VirtualLayout(shape, np.float32)
        layout[:] = h5py.VirtualSource(STEPS / "landmarks.h5ad", "X", shape)
        file.create_virtual_dataset(place, layout)

    return change


def filtered(place):
    def change(file):
        shape = file[place].shape
        del file[place]
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk(tuple(max(1, size) for size in shape))
        plist.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (0, 0, 0, 0, 5, 1, 1))
        group, _, name = place.rpartition("/")
        where = file[group or "/"].id
        h5py.h5d.create(where, name.encode(), h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple(shape), plist)

    return change


def vast(place):
    def change(file):
        rank = len(file[place].shape)
        del file[place]
        file.create_dataset(place, (1 << 20,) * rank, np.float32, chunks=(1 << 10,) * rank, compression="gzip")

    return change


def soft(place):
    def change(file):
        del file[place]
        file[place] = h5py.SoftLink("/")

    return change


FILES = (
    ("new_landmarks.h5ad", "X", matrix.read),
    ("new_landmarks.h5ad", "X", blocks.Reader),
    ("boundaries.h5", "codes", Windows),
)


@pytest.mark.parametrize("read", FILES, ids=["h5ad", "blocks", "windows"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (external, "a link to the file .*landmarks.h5ad', which is not followed"),
        (soft, "a link to another place"),
        (outside, "values of '.*' in other files"),
        (virtual, "values of '.*' in other files"),
        (filtered, "with filter 32001"),
        (vast, "declares .* GB of values"),
    ],
)
def test_hdf5_that_reaches_out(tmp_path, read, change, words):
    source, place, reader = read
    path = changed(tmp_path / "file", source, change(place))
    with pytest.raises(InputError, match=words):
        reader(path)


def test_other_hdf5_is_looked_through_too(tmp_path):
    keras = tmp_path / "w.h5"
    keras.write_bytes((ROOT / "test-data/weights/spliceai_80_1.h5").read_bytes())
    with h5py.File(keras, "r+") as file:
        file["model_weights/other"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(InputError, match="not followed"):
        importing.read([keras])
    gctx = tmp_path / "m.gctx"
    with h5py.File(gctx, "w") as file:
        file["0/META/ROW/id"], file["0/META/COL/id"] = np.array([b"a"]), np.array([b"s"])
        file["0/DATA/0/matrix"] = h5py.ExternalLink("/etc/passwd", "/")
    for path in (gctx, tmp_path / "m.gctx.gz"):
        if path != gctx:
            path.write_bytes(gzip.compress(gctx.read_bytes()))
        with pytest.raises(InputError, match=r"not followed|not GCTX"):
            textmatrix.read(path)


def test_a_heap_of_zeros_does_not_hang(tmp_path):
    """The HDF5 library goes round for ever in such a file, which a copy with holes in it is."""
    content = bytearray((ROOT / "test-data/weights/spliceai_80_1.h5").read_bytes())
    at = content.find(b"GCOL")
    content[at + 16 : at + 4000] = bytes(3984)
    (tmp_path / "w.h5").write_bytes(content)
    with pytest.raises(InputError, match="damaged heap"):
        hdf.check(tmp_path / "w.h5")


def test_whole_files_pass():
    for path in [*STEPS.glob("*.h5"), *STEPS.glob("*.h5ad"), *(ROOT / "test-data/weights").glob("*.h5")]:
        hdf.check(path)


# ---------------------------------------------------------------- names


NAMES = (
    "a'b\"c", "two words", "new\nline", "$(touch proof)", "`touch proof`", "; touch proof", "../../up", "-n", "--help",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><b>", "&amp;&lt;", "{{7*7}}", "%s%n", "=1+1",
    "é☃", "a\tb", "\x1b[2J",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_and_samples_do_nothing(tmp_path, capsys, monkeypatch, name):
    """Either a sample is called so, to the letter, or the name is refused in one line; nothing else is written."""
    inside = tmp_path / "in"
    inside.mkdir()
    path = inside / (name.replace("/", "_") + ".narrowPeak")
    path.write_bytes((PEAKS / "A1.narrowPeak").read_bytes())
    arguments = ["--sizes", ROOT / "test-data/genome.sizes", "--bin-size", 100_000, "--output", tmp_path / "out.h5ad"]
    monkeypatch.chdir(inside)
    script = runpy.run_path(str(ROOT / "scripts" / "bin_peaks.py"))
    argv = list(map(str, ["--peaks", path, f"--names={name}", *arguments]))
    status = console.run(script["build_parser"], script["main"], argv)
    told = capsys.readouterr().err
    assert not list(tmp_path.rglob("proof")) and len(list(inside.iterdir())) == 1
    if status == 0:
        assert list(matrix.read(tmp_path / "out.h5ad").obs_names) == [name]
    else:
        assert status == 2 and len(told.splitlines()) == 1 and told.strip().isprintable()


class Page(HTMLParser):
    """The tags of a page with what they have, and its text."""

    def __init__(self, content: str):
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.append(f"{tag} {sorted(name for name, _ in attrs)}")

    def handle_data(self, data):
        self.words += data


def test_names_are_text_in_reports(tmp_path, run_script):
    """A report of odd names has the tags that one of plain names has, and shows the names to the letter."""
    lines = (STEPS / "predictions.tsv").read_text().splitlines()
    odd = "<img src=x onerror=alert(1)>&\"'</script><script>alert(1)</script>{{7*7}}"
    pages = {}
    for kind, sample in (("plain", "A1x"), ("odd", odd)):
        rows = [line.replace("A1\t", f"{sample}\t", 1) if line.startswith("A1\t") else line for line in lines]
        rows = [row.replace("ENSG99000000001", sample) for row in rows]
        (tmp_path / f"{kind}.tsv").write_text("\n".join(rows) + "\n")
        out = tmp_path / f"{kind}.html"
        done = run_script(
            "plot_results", "--task", "expression", "--predictions", tmp_path / f"{kind}.tsv", "--report", out
        )
        assert done.returncode == 0, done.stderr
        pages[kind] = Page(out.read_text())
    assert odd in pages["odd"].words
    assert set(pages["odd"].tags) == set(pages["plain"].tags)
    assert not any("onerror" in tag for tag in pages["odd"].tags)


BED, SIZES = ({"format": f"http://edamontology.org/format_{number}"} for number in (3613, 3475))


def test_wrappers_quote_names(tmp_path):
    """Through CWL: names of samples and files reach the script to the letter, and no shell sees them."""
    names = ["two words", "a'b", 'q"q', "$(touch proof)", "; touch proof", "$HOME", "*", "<b>&amp;"]
    peaks = []
    for number, name in enumerate(names):
        path = tmp_path / f"{name}{number}.narrowPeak"
        path.write_bytes((PEAKS / f"{'ABCD'[number // 2]}{number % 2 + 1}.narrowPeak").read_bytes())
        peaks.append({"class": "File", "path": str(path), **BED})
    job = {
        "peaks": peaks,
        "names": names,
        "sizes": {"class": "File", "path": str(ROOT / "test-data/genome.sizes"), **SIZES},
        "bin_size": 100_000,
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    cwltool = Path(sys.executable).with_name("cwltool")
    command = [
        cwltool,
        "--quiet",
        "--no-container",
        "--relax-path-checks",
        "--outdir",
        tmp_path / "out",
        ROOT / "tools/bin_peaks.cwl",
    ]
    environment = {**os.environ, "PATH": f"{cwltool.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, tmp_path / "job.json"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    made = next(each["path"] for each in found.values() if each and each["path"].endswith(".h5ad"))
    assert list(matrix.read(made).obs_names) == names
    assert not list(tmp_path.rglob("proof"))
