"""Peak files: formats, columns, and every kind of bad line."""

from __future__ import annotations

import gzip
import hashlib

import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import intervals, text

NARROW = (
    "chr2\t10\t30\tp1\t900\t.\t5.5\t3.25\t2\t4\n"
    "chr1\t0\t5\tp2\t1200\t+\t1e3\t-1\t0\t0\n"
    "chr2\t7\t8\tp3\t0\t-\t0.5\t12\t9\t0\n"
)
BED = "chr1\t1\t4\nchr2\t2\t9\n"
ALL = list(intervals.COLUMNS)


def bgzip(data: bytes, size: int = 40) -> bytes:
    """Blocked gzip: members with their size in an extra field, and an empty last one (SAM specification, 4.1)."""
    blocks = b""
    for part in [data[at : at + size] for at in range(0, len(data), size)] + [b""]:
        packed = gzip.compress(part, mtime=0)
        total = len(packed) + 8
        head = packed[:3] + b"\x04" + packed[4:8] + b"\x00\xff" + b"\x06\x00BC\x02\x00"
        blocks += head + (total - 1).to_bytes(2, "little") + packed[10:]
    return blocks


@pytest.fixture
def write(tmp_path):
    def write(content, name="dataset_1.dat"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip], ids=["plain", "gzip", "bgzip"])
def test_narrow_peaks_with_all_their_columns(write, pack):
    peaks = intervals.read(write(pack(NARROW.encode())), ALL)
    assert peaks.names == ["chr2", "chr1"]
    assert peaks.chrom.tolist() == [0, 1, 0]
    assert peaks.start.tolist() == [10, 0, 7] and peaks.end.tolist() == [30, 5, 8]
    assert {name: values.tolist() for name, values in peaks.columns.items()} == {
        "score": [900, 1200, 0],
        "signal": [5.5, 1000, 0.5],
        "p": [3.25, -1, 12],
        "q": [2, 0, 9],
        "summit": [14, 0, 7],
    }
    assert peaks.skipped == 0 and len(peaks) == 3
    assert peaks.digest == hashlib.sha256(NARROW.encode()).hexdigest()


def test_line_ends_and_a_last_line_without_one_make_no_difference(write):
    for content in (NARROW.replace("\n", "\r\n"), NARROW.rstrip("\n"), NARROW + "\n\n"):
        peaks = intervals.read(write(content), ALL)
        assert peaks.end.tolist() == [30, 5, 8] and peaks.columns["summit"].tolist() == [14, 0, 7]


@pytest.mark.parametrize(
    ("content", "skipped"),
    [
        ("# a\ntrack name=x\nbrowser position chr1\n\n" + BED, 4),
        ("chrom\tchromStart\tchromEnd\n" + BED, 1),
        ("#chrom\tstart\tend\n" + BED, 1),
        (BED.replace("\nchr2", "\n# note\n\ntrack name=y\n#chr9\t1\t2\nchr2") + "#end\n", 5),
    ],
)
def test_lines_without_peaks_are_skipped_and_counted(write, content, skipped):
    peaks = intervals.read(write(content))
    assert peaks.start.tolist() == [1, 2] and peaks.names == ["chr1", "chr2"]
    assert peaks.skipped == skipped


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("chr1\t100\t200", []),
        ("chr1\t100\t200\tx", []),
        ("chr1\t100\t200\tx\t5", ["score"]),
        ("chr1\t100\t200\tx\t5\t+\t100\t150\t0", ["score"]),  # BED9: bounds of the thick part
        ("chr1\t100\t200\tx\t5\t+\t100\t150\t255,0,0", ["score"]),
        ("chr1\t100\t200\tx\t5\t+\t3.5\t2\t1", ["score", "signal", "p", "q"]),  # broadPeak
        ("chr1\t100\t200\tx\t5\t+\t100\t150\t0\t1\t10\t0", ["score"]),  # BED12
        ("chr1\t100\t200\tx\t5\t+\t3.5\t2\t2\t10", ALL),
        ("chr1\t100\t200\tx\t5\t+\ta\tb\tc\td", ["score"]),  # BED6 with four columns of its own
    ],
)
def test_the_format_shows_in_the_first_peak(write, line, has):
    path = write(line + "\n")
    for name in ALL:
        if name in has:
            assert len(intervals.read(path, [name]).columns[name]) == 1
        else:
            with pytest.raises(InputError, match="has no"):
                intervals.read(path, [name])


GOOD = "chr1\t10\t20\tx\t5\t+\t3.5\t2\t2\t1\n"


@pytest.mark.parametrize(
    ("line", "wanted", "what"),
    [
        ("chr1\t20\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "end 20 is not above start 20"),
        ("chr1\t30\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "end 20 is not above start 30"),
        ("chr1\t-3\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "start -3 is negative"),
        ("chr1\tten\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "start 'ten' is not a number"),
        ("chr1\t10\t2.5\tx\t5\t+\t3.5\t2\t2\t1", [], "end '2.5' is not a number"),
        ("chr1\t10\t\tx\t5\t+\t3.5\t2\t2\t1", [], "end '' is not a number"),
        ("chr1\t10\t99999999999999999999\tx\t5\t+\t3.5\t2\t2\t1", [], "end '99999999999999999999' is not a number"),
        ("\t10\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "has no chromosome"),
        ("chr1\t10", [], "has too few columns: 2"),
        ("chr1 10 20", [], "has too few columns: 1"),
        ("chr1\t10\t20", [], "has too few columns: 3; the first peak has 10"),
        (GOOD.strip() + "\tmore", [], "has too many columns: 11"),
        ("chr1\t10\t20\tx\t.\t+\t3.5\t2\t2\t1", ["score"], "score '.' is not a number"),
        ("chr1\t10\t20\tx\t5\t+\tnan\t2\t2\t1", ["signal"], "signal value nan is not finite"),
        ("chr1\t10\t20\tx\t5\t+\t3\tinf\t2\t1", ["p"], "p-value inf is not finite"),
        ("chr1\t10\t20\tx\t5\t+\t3.5\t2\t2\t-1", ["summit"], "has no summit: column 10 is -1"),
        ("chr1\t10\t20\tx\t5\t+\t3.5\t2\t2\t10", ["summit"], "summit 10 is past the end of the peak, 10-20"),
        (b"chr\xff\t10\t20\tx\t5\t+\t3.5\t2\t2\t1", [], "is not text"),
    ],
)
def test_a_bad_line_is_named(write, line, wanted, what):
    line = line if isinstance(line, bytes) else line.encode()
    path = write(b"# head\n" + GOOD.encode() * 2 + b"\n" + line + b"\n" + GOOD.encode() + line + b"\n")
    with pytest.raises(InputError) as error:
        intervals.read(path, wanted)
    assert str(error.value).startswith(f"{path}:5: {what}")
    assert "; " in str(error.value)  # a cure follows


def test_columns_that_nobody_asked_for_may_hold_anything(write):
    assert len(intervals.read(write(GOOD + "chr1\t10\t20\tx\t.\t.\t.\t.\t.\t\n"))) == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"# nothing\ntrack x\n", "holds no peaks"),
        (gzip.compress(NARROW.encode() * 50, mtime=0)[:-20], "cannot be read"),
        (bgzip(NARROW.encode())[:-28], "end-of-file block is missing"),
        (b"PK\x03\x04\x00\xff\xfe", "is not text"),
        (b"# MACS\nchr\tstart\tend\tlength\tpileup\tfold_enrichment\nchr1\t1\t5\t4\t3\t1\n", "counts from 1"),
    ],
)
def test_a_bad_file_is_named(write, content, what):
    path = write(content)
    with pytest.raises(InputError, match=what) as error:
        intervals.read(path)
    assert str(error.value).startswith(str(path)) and "; " in str(error.value)


def test_p_values_that_are_absent_throughout(write):
    with pytest.raises(InputError, match="column 8 is -1 throughout"):
        intervals.read(write("chr1\t1\t5\tx\t5\t.\t2\t-1\t-1\t2\n" * 2), ["p"])


def test_the_digest_is_of_the_unpacked_text(write):
    plain, packed = write(NARROW, "a"), write(gzip.compress(NARROW.encode()), "b")
    assert intervals.read(plain).digest == intervals.read(packed).digest == text.digest(NARROW.encode())


def test_blood_peaks(real_data):
    peaks = intervals.read(real_data("atac_blood/peaks/B_peaks.narrowPeak.gz"), ALL)
    assert len(peaks) == 166_422 and len(peaks.names) == 23
    assert (peaks.columns["summit"] >= peaks.start).all() and (peaks.columns["summit"] < peaks.end).all()
    assert np.isclose(peaks.columns["q"][0], 2608.91724) and peaks.columns["score"].max() > 1000
