"""FASTA genomes: whatever the lines and the packing, a stretch reads as the text has it."""

from __future__ import annotations

import gzip
import random
import struct
import zlib

import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import genome
from genloom.formats.genome import Genome

LETTERS = random.Random(1)
SEQUENCES = {
    "chr1": "".join(LETTERS.choices("ACGTacgtN", k=1234)),
    "short": "ACGTA",
    "chr2": "".join(LETTERS.choices("ACGTACGTRYK", k=60)),
}
PLAIN = {name: "".join(c if c in "ACGTN" else "N" for c in text.upper()) for name, text in SEQUENCES.items()}


def fasta(width: int = 60, end: str = "\n", last: str = "\n") -> bytes:
    records = [
        f">{name} described{end}" + end.join(text[i : i + width] for i in range(0, len(text), width))
        for name, text in SEQUENCES.items()
    ]
    return (end.join(records) + last).encode()


def bgzip(content: bytes, block: int = 500, end: bool = True) -> bytes:
    packed = b""
    for here in [*range(0, len(content), block), *([len(content)] if end else [])]:
        part = content[here : here + block]
        deflate = zlib.compressobj(wbits=-15)
        body = deflate.compress(part) + deflate.flush()
        packed += (
            b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0"
            + struct.pack("<H", len(body) + 25)
            + body
            + struct.pack("<II", zlib.crc32(part), len(part))
        )
    return packed


def index(width: int = 60) -> str:
    lines, here = [], 0
    for name, text in SEQUENCES.items():
        here += len(f">{name} described\n")
        lines.append(f"{name}\t{len(text)}\t{here}\t{width}\t{width + 1}\n")
        here += len(text) + -(-len(text) // width)
    return "".join(lines)


def blank_in_a_line(content: bytes) -> bytes:
    return content[:30] + b" " + content[30:]


FILES = {
    "lines of 60": fasta(),
    "carriage returns": fasta(end="\r\n", last="\r\n"),
    "one line": fasta(10**6),
    "no last newline": fasta(last=""),
    "carriage returns, no last newline": fasta(end="\r\n", last=""),
    "empty lines at the end": fasta(last="\n\n\n"),
    "empty lines": fasta().replace(b">chr2", b"\n>chr2").replace(b"described\n", b"described\n\n"),
    "blank in a line": blank_in_a_line(fasta()),
    "short line within": fasta().replace(b"\nACGTA\n", b"\nACG\nTA\n"),
    "longer line within": fasta().replace(b"\nACGTA\n", b"\nAC\nGTA\n"),
    "gzip": gzip.compress(fasta()),
    "bgzip": bgzip(fasta()),
    "bgzip in single bytes": bgzip(fasta(), 1),
}


@pytest.mark.parametrize("step", [7, 100, 1 << 24])
@pytest.mark.parametrize("layout", FILES)
def test_any_layout_reads_as_its_text(tmp_path, monkeypatch, layout, step):
    monkeypatch.setattr(genome._Plain, "step", step)
    monkeypatch.setattr(genome._Blocks, "step", step)
    path = tmp_path / "dataset_1.dat"
    path.write_bytes(FILES[layout])
    with Genome(path) as found:
        assert found.sizes == {name: len(text) for name, text in SEQUENCES.items()}
        for name, text in PLAIN.items():
            assert genome.decode(found.fetch(name)) == text
            for start, end in ((0, 1), (len(text) - 1, len(text)), (3, 5), (59, 61), (1, len(text) - 1)):
                assert genome.decode(found.fetch(name, start, end)) == (text + "NN" * 60)[start:end]


def test_outside_a_sequence_is_n(tmp_path):
    (tmp_path / "a.fa").write_bytes(fasta())
    with Genome(tmp_path / "a.fa") as found:
        assert genome.decode(found.fetch("short", -3, 8)) == "NNNACGTANNN"
        assert genome.decode(found.fetch("short", 9, 11)) == "NN"
        with pytest.raises(InputError, match="holds no sequence 'chr11'; did you mean 'chr1'"):
            found.fetch("chr11", 0, 1)


def test_lower_case_and_ambiguity_codes_are_counted(tmp_path):
    (tmp_path / "a.fa").write_text(">a\nACGTACGTACGTacgtnNRYacGU\nA\n")
    with Genome(tmp_path / "a.fa") as found:
        assert genome.decode(found.fetch("a")) == "ACGTACGTACGTACGTNNNNACGTA"
        assert found.read == {"lower case": 7, "ambiguous": 2, "N": 2}


def test_index_is_used_and_its_age_shows(tmp_path, monkeypatch):
    path, fai = tmp_path / "a.fa", tmp_path / "a.fa.fai"
    path.write_bytes(fasta())
    fai.write_text(index())
    monkeypatch.setattr(genome, "_scan", None)  # not needed
    for content in (fasta(), fasta(last=""), bgzip(fasta()), gzip.compress(fasta())):
        path.write_bytes(content)
        with Genome(path) as found:
            assert {name: genome.decode(found.fetch(name)) for name in found.sizes} == PLAIN
    longer = fasta().replace(b">chr2", b"A\n>chr2")
    for stale in (
        longer,
        bgzip(longer),
        fasta()[:-3],
        fasta() + b">new\nACGT\n",
        fasta(50),
        fasta().replace(b"chr2", b"chr3"),
        b">chr1\nACGTA\n",
    ):
        path.write_bytes(stale)
        with pytest.raises(InputError, match=r"a\.fa\.fai.*does not fit a\.fa.*samtools faidx"):
            Genome(path)
    path.write_bytes(fasta())
    for bad in ("chr1\t12\n", "chr1\ta\t6\t60\t61\n", "chr1\t5\t6\t0\t0\n"):
        fai.write_text(bad)
        with pytest.raises(InputError, match=r"a\.fa\.fai:1: is not a line of a \.fai"):
            Genome(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"ACGT\n", ":1: does not start with '>'"),
        (b">a\nACGT\n>a\nACGT\n", "'a' occurs twice"),
        (b">a\n>b\nACGT\n", "'a' has no bases"),
        (b">\nACGT\n", ":1: sequence without a name"),
        (b">p\nMSTNPKPQRKTKRNTNRRPQDVKFPGGGQIV\n", "'p' holds 'P' at position 5.*protein"),
        (b">p\nMKTAYWKVHSDRMKNNSSWWHHKKRRYYDDVV\n", "mostly ambiguity codes.*protein"),
        (bgzip(fasta(), end=False), "is cut off"),
        (bgzip(fasta())[:-40], "is cut off"),
        (bgzip(fasta())[:-20], "is cut off"),
        (bgzip(fasta()) + b"the rest of something else", "not bgzip"),
        (gzip.compress(fasta())[:-20], "cut off"),
        (b"\x89PNG\r\n\x1a\n", "does not start with '>'"),
    ],
)
def test_bad_files_are_refused(tmp_path, content, message):
    path = tmp_path / "bad.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        Genome(path)
    assert "bad.fa" in str(error.value)


def test_damaged_block_is_refused(tmp_path):
    content = bytearray(bgzip(fasta()))
    content[60] ^= 255
    (tmp_path / "a.fa.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.fa\.gz"):
        Genome(tmp_path / "a.fa.gz")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Genome(tmp_path / "none.fa")


def test_strands_and_one_hot():
    codes = genome.encode("ACGTNacgtuR")
    assert codes.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 3, 4]
    assert genome.decode(genome.reverse_complement(genome.encode("AACGTN"))) == "NACGTT"
    assert np.array_equal(genome.reverse_complement(np.stack([codes, codes]))[1], genome.reverse_complement(codes))
    hot = genome.one_hot(codes)
    assert hot.shape == (11, 4) and hot.dtype == np.uint8
    assert hot[:5].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    room = np.empty((2, 11), "<u4")
    assert np.array_equal(genome.one_hot(np.stack([codes, codes]), room), [hot, hot])
    assert np.array_equal(genome.one_hot(np.stack([codes, codes])[:, ::-1]), [hot[::-1], hot[::-1]])


def test_real_genomes_read_alike(real_data):
    """The yeast file is bgzip, the others ordinary gzip: both agree with the unpacked text."""
    for name in ("yeast/GCA_000146045.2_R64_genomic.fna.gz", "genomes/pfalciparum/Pf3D7_chr01-12.fa.gz"):
        path = real_data(name)
        title, _, text = gzip.decompress(path.read_bytes()).decode().split(">")[2].partition("\n")
        text = text.replace("\n", "")
        with Genome(path) as found:
            assert genome.decode(found.fetch(title.split()[0])) == text.upper()
            assert found.read["lower case"] == sum(map(str.islower, text))
