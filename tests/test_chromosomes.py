"""Chromosome sizes, names and regions."""

from __future__ import annotations

import gzip

import pytest

from genloom.errors import InputError
from genloom.formats.chromosomes import Region, match, merge, parse_region, read_sizes

SIZES = {"chr1": 1000, "chr2": 500, "chrM": 16}
FASTA = ">chr1 a > b\nACGT\nAC\n>chr2\nNNNNNNNN\n\n>chrM\nA"


def write(path, content):
    data = content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["plain", "packed.gz"])
@pytest.mark.parametrize(
    "content",
    [
        FASTA,
        FASTA.replace("\n", "\r\n"),
        "chr1\t6\nchr2\t8\nchrM\t1\n",
        "# sizes\nchr1\t6\r\nchr2\t8\r\n\nchrM\t1",
        "chr1\t6\t13\t4\t5\nchr2\t8\t28\t8\t9\nchrM\t1\t45\t1\t1\n",
    ],
)
def test_sizes_of_every_kind_of_file(tmp_path, name, content):
    assert read_sizes(write(tmp_path / name, content)) == {"chr1": 6, "chr2": 8, "chrM": 1}


def test_fasta_longer_than_one_read(tmp_path):
    length = (1 << 24) + 100
    content = f">a\n{'A' * length}\n>b\n" + "\n".join(["C" * 70] * 300_000) + "\n"
    assert read_sizes(write(tmp_path / "x", content)) == {"a": length, "b": 70 * 300_000}


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ("", "", "is empty"),
        ("# nothing\n", "", "is empty"),
        ("chr1\t100\nchr2 200\n", ":2", "has no length"),
        ("chr1\t0\t100\n", ":1", "has length 0"),
        ("chr1\t100\nchr1\t100\n", ":2", "occurs twice"),
        (">chr1\nACGT\n>chr2\n>chr3\nA\n", ":3", "has length 0"),
        (">\nACGT\n", ":1", "has length 4"),
        (">a\nA\n>a\nC\n", ":3", "occurs twice"),
    ],
)
def test_bad_sizes(tmp_path, content, where, what):
    path = write(tmp_path / "sizes", content)
    with pytest.raises(InputError, match=what) as error:
        read_sizes(path)
    assert str(error.value).startswith(f"{path}{where}: ")


def test_sizes_that_are_no_text_or_cut_off(tmp_path):
    (tmp_path / "binary").write_bytes(b"\x89HDF\xff\xfe\x00\t1\n")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        read_sizes(tmp_path / "binary")
    (tmp_path / "cut").write_bytes(gzip.compress(FASTA.encode())[:-12])
    with pytest.raises(InputError, match="cut off"):
        read_sizes(tmp_path / "cut")
    with pytest.raises(InputError, match="no such file"):
        read_sizes(tmp_path / "none")


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        (["chr1", "chr2"], SIZES, {"chr1": "chr1", "chr2": "chr2"}),
        (["2", "1", "MT"], SIZES, {"2": "chr2", "1": "chr1", "MT": "chrM"}),
        (["chr1", "chrM"], ["1", "MT"], {"chr1": "1", "chrM": "MT"}),
        (["chr1", "KI270"], ["1", "KI270"], {"chr1": "1", "KI270": "KI270"}),
    ],
)
def test_names_match(names, known, expected):
    assert match(names, known, "x") == expected


def test_a_partial_match_leaves_out_scaffolds():
    assert match(["chr1", "chrUn_7"], SIZES, "x", partial=True) == {"chr1": "chr1"}


@pytest.mark.parametrize(
    ("names", "known", "partial", "texts"),
    [
        (["NC_1", "NC_2"], SIZES, True, ["NC_1, NC_2", "chr1, chr2, chrM"]),  # nothing matches
        (["chr1", "chrUn_7"], SIZES, False, ["chrUn_7"]),  # must be complete
        (["1", "2", "GL7"], SIZES, True, ["GL7"]),  # complete before names are changed
        (["1", "chr1"], SIZES, True, ["1 and chr1", "both match chr1"]),
        (["chr1", "1"], SIZES, True, ["chr1 and 1", "both match chr1"]),
        (["MT"], ["chrM", "chrMT"], True, ["MT"]),  # either
        (["M", "MT"], SIZES, True, ["both match chrM"]),
    ],
)
def test_names_that_do_not_match(names, known, partial, texts):
    with pytest.raises(InputError) as error:
        match(names, known, "peaks.bed", partial)
    assert str(error.value).startswith("peaks.bed: ")
    for text in texts:
        assert text in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1", ("chr1", 0, 1000)),
        ("1", ("chr1", 0, 1000)),
        ("chr1:1-1,000", ("chr1", 0, 1000)),
        ("2:101-200", ("chr2", 100, 200)),
        ("chr1:1000", ("chr1", 999, 1000)),
        ("HLA:01", ("HLA:01", 0, 7)),
        ("HLA:01:2-3", ("HLA:01", 1, 3)),
    ],
)
def test_regions_are_read_as_samtools_does(text, expected):
    assert parse_region(text, {**SIZES, "HLA:01": 7}) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("chr9", "is on no known chromosome"),
        ("chr9:1-5", "is on no known chromosome"),
        ("chr1:a-b", "NAME:FIRST-LAST"),
        ("chr1:", "NAME:FIRST-LAST"),
        ("chr1:0-5", "is not within chr1"),
        ("chr1:5-4", "is not within"),
        ("chr1:1-1001", "1 to 1000"),
        ("", "is on no known"),
    ],
)
def test_bad_regions(text, what):
    with pytest.raises(InputError, match=what):
        parse_region(text, SIZES)


def test_regions_that_overlap_or_touch_are_merged_in_order():
    regions = [Region("chr2", 0, 5), Region("chr1", 50, 60), Region("chr1", 10, 20), Region("chr1", 15, 50)]
    assert merge(regions, SIZES) == [Region("chr1", 10, 60), Region("chr2", 0, 5)]
    assert merge([Region("chr1", 0, 100), Region("chr1", 5, 10)], SIZES) == [Region("chr1", 0, 100)]
    assert merge([], SIZES) == [Region("chr1", 0, 1000), Region("chr2", 0, 500), Region("chrM", 0, 16)]
