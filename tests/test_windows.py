"""Files of windows: what goes in comes out, and what is damaged is refused by name."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import windows
from genloom.formats.windows import Windows, Writer

RANDOM = np.random.default_rng(1)
CODES = RANDOM.integers(0, 5, (300, 30), dtype=np.uint8)


def table(count, first=0, **more):
    names = [f"w{first + i}" for i in range(count)]
    return {"chrom": np.array(["chr1"] * count), "start": np.arange(first, first + count) * 20,
            "end": np.arange(first, first + count) * 20 + 20, "strand": np.array(["+"] * count),
            "gene": np.array(["", "größe"] * count)[:count], "name": np.array(names)} | more


def make(path, kind="boundaries", parts=(100, 200)):
    """Windows of 20 bases with 10 of context; in each a donor at 3, in every third an acceptor at 3 and one at 19."""
    features = ("A", "B") if kind == "promoters" else ()
    with Writer(path, kind, 20, 10, features, {"flank": "real"}, {"genome": "x"}, "hg0") as out:
        done = 0
        for count in parts:
            rows = np.arange(count)
            third = rows[(rows + done) % 3 == 0]
            row = np.concatenate([rows, third, third])
            position = np.repeat([3, 3, 19], [count, len(third), len(third)])
            label = np.repeat([2, 1, 1], [count, len(third), len(third)])
            order = np.lexsort((label, position, row))
            columns = table(count, done, **({"symbol": np.array(["S"] * count)} if kind == "promoters" else {}))
            out.add(CODES[done:done + count], columns, sites=(row[order], position[order], label[order]),
                    labels=np.stack([rows % 2, rows % 3 == 0, rows * 0], 1), features=np.stack([rows, -rows], 1))
            done += count
    return path


def test_what_goes_in_comes_out(tmp_path):
    with Windows(make(tmp_path / "w.h5"), "boundaries") as found:
        assert (len(found), found.window, found.context, found.classes) == (300, 20, 10, ("none", "acceptor", "donor"))
        assert found.settings == {"flank": "real"} and found.sources == {"genome": "x"} and found.assembly == "hg0"
        assert np.array_equal(found.codes(), CODES) and found.codes().dtype == np.uint8
        assert found.table["gene"][:3].tolist() == ["", "größe", ""] and found.table["name"][299] == "w299"
        assert found.table["start"].dtype == np.int64 and found.table["end"][299] == 6000
        dense = found.dense()
        assert dense.shape == (300, 20) and (dense[:, 3] == 2).all()  # where a base is both it is a donor
        assert dense[:4, 19].tolist() == [1, 0, 0, 1] and np.count_nonzero(dense) == 400


def test_windows_are_picked_and_cropped(tmp_path, monkeypatch):
    with Windows(make(tmp_path / "w.h5")) as found:
        rows = RANDOM.integers(0, 300, 50)
        assert np.array_equal(found.codes(rows), CODES[rows])
        assert np.array_equal(found.codes(slice(5, 9), context=4), CODES[5:9, 3:27])
        assert np.array_equal(found.codes(rows, context=0), CODES[rows, 5:25])
        assert np.array_equal(found.dense(rows), found.dense()[rows])
        assert np.array_equal(found.dense(slice(7, 60)), found.dense()[7:60])
        assert np.array_equal(np.concatenate(list(found.batches(70, context=2))), CODES[:, 4:26])
        with pytest.raises(InputError, match=r"holds 10 bases of context, 400 are wanted.*--context 400"):
            found.codes(context=400)


def test_content_and_features(tmp_path):
    with Windows(make(tmp_path / "c.h5", "content")) as found:
        assert found.classes == ("exon", "intron", "boundary") and found.sites is None
        assert found.labels[[0, 1, 100, 101]].tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    with Windows(make(tmp_path / "p.h5", "promoters")) as found:
        assert list(found.features) == ["A", "B"] and found.features["B"][101] == -1 and found.table["symbol"][5] == "S"


def test_digest_is_of_the_content(tmp_path):
    def digest(path):
        with Windows(path) as found:
            return found.digest()

    one = digest(make(tmp_path / "1.h5"))
    assert digest(make(tmp_path / "2.h5", parts=(1, 299))) != one  # other labels: they go by parts of the file here
    assert digest(make(tmp_path / "3.h5")) == one
    with h5py.File(tmp_path / "3.h5", "r+") as file:
        file["codes"][7, 7] ^= 1
    assert digest(tmp_path / "3.h5") != one


def test_no_one_hot_on_disk(tmp_path):
    with h5py.File(make(tmp_path / "w.h5")) as file:
        assert file["codes"].dtype == np.uint8 and file["codes"].shape == (300, 30)
        assert file["sites/row"].shape == (500,) and file["table/start"].dtype == np.int64


def damage(path, what):
    with h5py.File(path, "r+") as file:
        about = json.loads(file.attrs["genloom"])
        if what in ("codes", "table/start", "sites/label"):
            del file[what]
        elif what == "attribute":
            del file.attrs["genloom"]
        elif what == "names":
            file["table/name"][1] = file["table/name"][0]
        elif what == "sites":
            file["sites/position"][0] = 20
        elif what == "short":
            file["codes"].resize(200, axis=0)
        else:
            file.attrs["genloom"] = json.dumps(about | {what: 99})


@pytest.mark.parametrize(("what", "message"), [
    ("codes", "cannot be read as a file of windows"), ("table/start", "cannot be read"),
    ("sites/label", "cannot be read"), ("attribute", "cannot be read"), ("names", "has a name twice"),
    ("sites", "has sites outside its windows"), ("short", "has a table of another length"),
    ("window", "has another length of its windows"), ("format", "has format 99, this genloom reads 1")])
def test_damaged_files_are_refused(tmp_path, what, message):
    damage(make(tmp_path / "w.h5"), what)
    with pytest.raises(InputError, match=message) as error:
        Windows(tmp_path / "w.h5")
    assert "w.h5" in str(error.value)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.h5").write_text("no")
    with pytest.raises(InputError, match=r"is not an \.h5 file of windows; make it with extract_windows"):
        Windows(tmp_path / "a.h5")
    with pytest.raises(InputError, match="no such file"):
        Windows(tmp_path / "b.h5")
    with pytest.raises(InputError, match="holds content, boundaries are wanted; extract_windows --kind boundaries"):
        Windows(make(tmp_path / "c.h5", "content"), "boundaries")
    content = make(tmp_path / "cut.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[:-200])
    with pytest.raises(InputError, match=r"cut\.h5"):
        Windows(tmp_path / "cut.h5")


def test_kinds_are_those_of_the_script():
    import extract_windows

    assert extract_windows.KINDS == windows.KINDS
