"""Parts of a whole, each made by itself and joined in any order, are what one job makes of the whole; a subset is refused."""

from __future__ import annotations

import gzip
import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bin_peaks
import extract_windows
import merge_parts
import predict_model
import score_variants
import split_genome
import split_variants
from genloom import console
from genloom.errors import InputError
from genloom.formats import division, matrix, parts, variants
from genloom.formats.chromosomes import Region
from genloom.formats.parts import Part
from genloom.formats.windows import Windows
from genloom.learning import variants as scoring

from .test_genome import bgzip

DATA = Path(__file__).parents[1] / "test-data"
PEAKS = sorted((DATA / "peaks").iterdir())[:10]
SAMPLES = [path.name.split(".")[0] for path in PEAKS]
GENOME, GENES = DATA / "sequence" / "genome.fa", DATA / "sequence" / "genes.gtf"
MODEL, FEEDER = (DATA / "steps" / f"{name}.safetensors" for name in ("boundaries", "content"))


def run(script: Any, *words: object) -> None:
    assert console.run(script.build_parser, script.main, [*map(str, words)]) == 0


def error_of(capsys: pytest.CaptureFixture, script: Any, *words: object) -> str:
    capsys.readouterr()
    assert console.run(script.build_parser, script.main, [*map(str, words)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and ": error: " in lines[0]
    return lines[0]


def content(path: Path) -> dict[str, Any]:
    """All of an HDF5 file: name → kind, shape, values, attributes."""
    found = {}

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        values = None
        if isinstance(item, h5py.Dataset):
            values = (item.dtype.kind, item.dtype.itemsize, item.shape, np.asarray(item[()]).tolist())
        found[name] = (values, {key: repr(value) for key, value in item.attrs.items()})

    with h5py.File(path) as file:
        look("/", file)
        file.visititems(look)
    return found


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(items, len(items))


def divided(folder: Path, count: int, *words: object) -> list[Path]:
    folder.mkdir(parents=True)
    run(split_genome, "--sizes", GENOME, "--parts", count, *words, "--output", folder)
    return sorted(folder.iterdir())


# ---------------------------------------------------------------- what parts know of themselves


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.integers(1, 14))
def test_chromosomes_are_divided_evenly_and_in_order(sizes, count):
    regions = [Region(f"c{number}", start, start + size) for number, size in enumerate(sizes) for start in (0, 60)]
    found = division.divide(regions, count)
    assert [region for part in found for region in part] == regions
    assert len(found) <= count and all(found)
    chroms = [{region.chrom for region in part} for part in found]
    assert sum(map(len, chroms)) == len(sizes)  # none in two parts

    def largest(cuts):
        return max(sum(2 * size for size in sizes[a:b]) for a, b in zip((0, *cuts), (*cuts, len(sizes)), strict=True))

    best = min(
        largest(cuts) for n in range(min(count, len(sizes))) for cuts in itertools.combinations(range(1, len(sizes)), n)
    )
    assert max(sum(r.end - r.start for r in part) for part in found) == best


@given(st.permutations(range(1, 8)), st.lists(st.integers(1, 6), max_size=3), st.data())
def test_parts_in_any_order_are_put_in_theirs_and_a_subset_is_refused(places, cuts, data):
    edges = [0, *sorted(set(cuts)), 7]
    held = [tuple(places[a:b]) for a, b in itertools.pairwise(edges)]
    found = [(f"f{number}", Part(each, 7, "w")) for number, each in enumerate(held)]
    order = parts.in_order(found)
    assert [held[index][0] for index in order] == sorted(each[0] for each in held)
    lost = data.draw(st.integers(0, len(found) - 1))
    if len(found) > 1:
        with pytest.raises(InputError, match="missing"):
            parts.in_order(found[:lost] + found[lost + 1 :])
    with pytest.raises(InputError, match=r"which f\d holds, too"):
        parts.in_order([*found, ("again", Part(held[lost], 7, "w"))])
    with pytest.raises(InputError, match="part of another whole"):
        parts.in_order([*found, ("other", Part(held[lost], 7, "v"))])
    others = [(name, part.by({"n": int(name == "f0")})) for name, part in found]
    if len(found) > 1:
        with pytest.raises(InputError, match="f1: was made with n 0, f0 with 1; make all parts with the same settings"):
            parts.in_order(others)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_a_damaged_record_is_told(text):
    with pytest.raises(InputError, match="damaged record"):
        Part.read(text, "x")


# ---------------------------------------------------------------- samples


def test_samples_binned_one_by_one_make_the_matrix_of_all(tmp_path):
    """Whatever the options, the number of samples in a part, and the order of the parts."""
    sheet = tmp_path / "sheet.tsv"
    rows = [f"s{name}\t{path.name}\t{name[0]}\tone" for name, path in zip(SAMPLES, PEAKS, strict=True)]
    sheet.write_text("sample\tfile\tdonor\tsame\n" + "\n".join(reversed(rows)) + "\n")
    labels = [path.name for path in PEAKS]
    few = tmp_path / "few.bed"
    few.write_text("chr1\t0\t10\tx\t0\n")  # nothing of it is kept
    for seed, extra in enumerate(
        (
            ["--min-score", 1, "--value", "width-x-score", "--normalise", "depth"],
            ["--value", "max-signal", "--normalise", "quantile", "--keep-empty", "--assembly", "hg0"],
            ["--min-score", 1, "--region", "chr2", "chr1:1-300000", "--assign", "overlap"],
        )
    ):
        common = ["--sizes", DATA / "genome.sizes", "--sheet", sheet, *extra]
        files = [few if at == 3 and "--min-score" in extra else path for at, path in enumerate(PEAKS)]
        whole, table = tmp_path / f"w{seed}.h5ad", tmp_path / f"w{seed}.tsv"
        run(bin_peaks, "--peaks", *files, "--names", *labels, *common, "--output", whole, "--summary", table)
        order, made = shuffled(range(len(SAMPLES)), seed), []
        while order:
            some, order = order[: seed + 1], order[seed + 1 :]
            made.append(tmp_path / f"p{seed}-{len(made)}.h5ad")
            these = ["--peaks", *(files[i] for i in some), "--names", *(labels[i] for i in some), "--whole", *labels]
            run(bin_peaks, *these, *common, "--output", made[-1])
        out, summary = tmp_path / f"m{seed}.h5ad", tmp_path / f"m{seed}.tsv"
        run(merge_parts, "--parts", *shuffled(made, seed), "--output", out, "--summary", summary)
        assert content(out) == content(whole)
        assert summary.read_bytes() == table.read_bytes()


def test_a_matrix_of_some_samples_is_refused(tmp_path, capsys):
    def part(name: str, *words: object, whole: Sequence[str] = SAMPLES[:3]) -> Path:
        out = tmp_path / f"{name}{len(words)}{len(whole)}.h5ad"
        run(
            bin_peaks,
            *("--peaks", PEAKS[SAMPLES.index(name)], "--names", name, "--whole", *whole),
            *("--sizes", DATA / "genome.sizes", *words, "--output", out),
        )
        return out

    one, two, three = (part(name) for name in SAMPLES[:3])
    out = ["--output", tmp_path / "m.h5ad"]
    line = error_of(capsys, merge_parts, "--parts", one, three, *out)
    assert f"parts: '{SAMPLES[1]}' of 3 missing; give all of them; if a job failed, run it again" in line
    again = tmp_path / "again.h5ad"
    again.write_bytes(two.read_bytes())
    line = error_of(capsys, merge_parts, "--parts", one, two, three, again, *out)
    assert f"{again}: holds '{SAMPLES[1]}' of 3, which {two} holds, too" in line
    assert "is there twice" in error_of(capsys, merge_parts, "--parts", one, two, two, *out)
    wide = part(SAMPLES[1], "--bin-size", 500)
    line = error_of(capsys, merge_parts, "--parts", one, wide, three, *out)
    assert f"{wide}: was made with bin_size 500, {one} with 1000" in line
    other = part(SAMPLES[1], whole=SAMPLES[:2])
    assert "part of another whole" in error_of(capsys, merge_parts, "--parts", one, other, three, *out)
    line = error_of(capsys, merge_parts, "--parts", DATA / "steps" / "bins.h5ad", *out)
    assert "is no part of a matrix" in line
    with pytest.raises(InputError, match=r"is part 1 of 3, not the whole; join all parts with merge_parts first"):
        matrix.read(one)
    line = error_of(
        capsys,
        bin_peaks,
        *("--peaks", PEAKS[0], "--names", "Z", "--whole", *SAMPLES, "--sizes", DATA / "genome.sizes", *out),
    )
    assert "--whole: has no 'Z'" in line
    assert not (tmp_path / "m.h5ad").exists()


# ---------------------------------------------------------------- chromosomes

CUTS = {
    "boundaries": ["--window", 250, "--context", 80, "--empty-share", 0.3],
    "content": [
        "--kind",
        "content",
        "--window",
        250,
        "--context",
        80,
        "--compress",
        "--strand",
        "gene",
        "--max-n",
        0.1,
    ],
    "promoters": ["--kind", "promoters", "--half-life", "--upstream", 300, "--downstream", 100],
    "transcripts": ["--kind", "promoters", "--transcripts", "all", "--upstream", 300, "--downstream", 100],
    "regions": ["--window", 250, "--context", 0, "--region", "chr1", "chr3:1-3000", "chr3:4001-6000"],
}


@pytest.mark.parametrize("name", CUTS)
def test_windows_cut_from_chromosomes_apart_are_those_of_the_genome(tmp_path, name):
    words = CUTS[name]
    common = ["--genome", GENOME, "--annotation", GENES, *words]
    whole, table = tmp_path / "w.h5", tmp_path / "w.tsv"
    run(extract_windows, *common, "--output", whole, "--summary", table)
    region = words[words.index("--region") :] if "--region" in words else []
    for count in (1, 2, 10):
        made = []
        for bed in divided(tmp_path / str(count), count, *region):
            made.append(bed.with_suffix(".h5"))
            run(extract_windows, *common, "--part", bed, "--output", made[-1])
        out, summary = tmp_path / "m.h5", tmp_path / "m.tsv"
        run(merge_parts, "--parts", *shuffled(made, count), "--output", out, "--summary", summary)
        assert content(out) == content(whole)
        assert summary.read_text() == table.read_text()
    with pytest.raises(InputError, match="not the whole"):
        Windows(made[0])


@pytest.mark.parametrize("track_format", ["bedgraph", "bigwig"])
@pytest.mark.parametrize("fed", [False, True])
def test_chromosomes_predicted_apart_are_the_genome_to_the_byte(tmp_path, track_format, fed):
    words = ["--feeder", FEEDER, "--tile", 1000] if fed else []
    region = ["--region", "chr2", "chr3:1-3000", "chr3:4001-6000"] if fed else []
    common = ["--model", MODEL, "--genome", GENOME, *words, *region]

    def outputs(folder: Path) -> list[object]:
        folder.mkdir()
        return [
            *("--sites", folder / "s.bed", "--introns", folder / "i.gff3", "--summary", folder / "s.tsv"),
            *("--tracks", folder / "t", "--track-format", track_format),
        ]

    run(predict_model, *common, *outputs(tmp_path / "whole"))
    found = []
    for bed in divided(tmp_path / "parts", 4, *region):
        found.append(bed.with_suffix(".h5"))
        run(predict_model, *common, "--part", bed, "--found", found[-1])
    run(merge_parts, "--parts", *shuffled(found, fed), *outputs(tmp_path / "merged"))
    files = sorted(path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*.*"))
    assert len(files) == 7 and len(found) == (2 if fed else 4)
    for path in files:
        assert (tmp_path / "whole" / path).read_bytes() == (tmp_path / "merged" / path).read_bytes(), path


def test_parts_of_a_genome_that_do_not_fit_are_refused(tmp_path, capsys):
    beds = divided(tmp_path / "parts", 9)
    cut = ["--genome", GENOME, "--annotation", GENES, "--window", 250, "--context", 0]
    made = [bed.with_suffix(".h5") for bed in beds]
    for bed, path in zip(beds, made, strict=True):
        run(extract_windows, *cut, "--part", bed, "--output", path)
    out = ["--output", tmp_path / "m.h5"]
    line = error_of(capsys, merge_parts, "--parts", made[0], made[2], *out)
    assert "parts: part 2, part 4 of 4 missing" in line
    run(extract_windows, *cut, "--max-n", 0.3, "--part", beds[1], "--output", made[1])
    assert "was made with max_n 0.3, " in error_of(capsys, merge_parts, "--parts", *made, *out)
    line = error_of(capsys, extract_windows, *cut, "--region", "chr1", "--part", beds[0], *out)
    assert f"{beds[0]}: is a part of another genome, or of other regions" in line
    assert "is no part of a genome" in error_of(capsys, extract_windows, *cut, "--part", GENES, *out)
    beds[0].write_text(beds[0].read_text() + "chr1\tx\n")
    assert f"{beds[0]}:" in error_of(capsys, extract_windows, *cut, "--part", beds[0], *out)
    line = error_of(capsys, predict_model, "--model", MODEL, "--genome", GENOME, "--part", beds[1], "--sites", out[1])
    assert "--sites is not of a part" in line
    line = error_of(capsys, predict_model, "--model", MODEL, "--genome", GENOME, "--found", out[1])
    assert "--part and --found go together" in line
    assert "is of a " in error_of(capsys, merge_parts, "--parts", made[0], GENES.with_name("variants.vcf"), *out)
    assert "no part of anything" in error_of(capsys, merge_parts, "--parts", GENES, *out)
    assert "--sites has no meaning" in error_of(capsys, merge_parts, "--parts", *made, *out, "--sites", tmp_path / "s")
    assert "no output" in error_of(capsys, merge_parts, "--parts", *made)
    assert not (tmp_path / "m.h5").exists()


# ---------------------------------------------------------------- variants


@pytest.fixture
def small_batches(monkeypatch):
    for module in (variants, scoring):
        monkeypatch.setattr(module, "RECORDS", 4)


def written(path: Path, head: str = "", end: str = "\n") -> Path:
    """The planted variants with more to their header, packed if the name says so."""
    lines = (DATA / "sequence" / "variants.vcf").read_text().splitlines()
    lines[1:1] = head.splitlines()
    data = (end.join(lines) + end).encode()
    packed = gzip.compress(data) if path.suffix == ".gz" else data
    path.write_bytes(packed)
    return bgzip(path, path.with_suffix(".bgz")) if path.suffix == ".bgzip" else path


HEAD = '##contig=<ID=chr1,length=6000>\n##SAMPLE=<ID=é"x",Description="a;b">\n##INFO=<ID=SpliceAI,Number=.,Type=String>'


@pytest.mark.parametrize(
    ("name", "head", "end"), [("a.vcf", "", "\n"), ("b.vcf", HEAD, "\r\n"), ("c.vcf.gz", HEAD, "\r\n")]
)
def test_variants_scored_in_parts_are_scored_to_the_byte(tmp_path, small_batches, name, head, end):
    vcf = written(tmp_path / name, head, end)
    common = ["--genome", GENOME, "--annotation", GENES, "--model", MODEL]
    whole, table = tmp_path / "whole.vcf", tmp_path / "whole.tsv"
    run(score_variants, *common, "--variants", vcf, "--output", whole, "--table", table)
    for count in (1, 2, 9):
        folder = tmp_path / str(count)
        folder.mkdir()
        run(split_variants, "--variants", vcf, "--parts", count, "--output", folder)
        scored, tables = [], []
        for path in sorted(folder.iterdir()):
            scored.append(path.with_suffix(".scored.vcf"))
            tables.append(path.with_suffix(".tsv"))
            run(score_variants, *common, "--variants", path, "--output", scored[-1], "--table", tables[-1])
        for made, wanted in ((scored, whole), (tables, table)):
            out = tmp_path / f"merged{wanted.suffix}"
            run(merge_parts, "--parts", *shuffled(made, count), "--output", out)
            assert out.read_bytes() == wanted.read_bytes()
        assert len(scored) == min(count, 3)
        pieces, out = shuffled(sorted(folder.glob("part_?.vcf")), count), tmp_path / "again.vcf"
        run(merge_parts, "--parts", *pieces, "--output", out)
        assert out.read_bytes() == unpacked(vcf).replace(b"\r\n", b"\n")


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(1, 30), st.integers(1, 9), st.randoms())
def test_any_division_of_a_vcf_is_joined_to_the_whole(tmp_path_factory, count, wanted, batch, chance):
    folder = tmp_path_factory.mktemp("vcf")
    vcf = folder / "v.vcf"
    rows = [f"chr{chance.randint(1, 3)}\t{chance.randint(1, 99)}\tr{n}\tA\tC\t.\t.\t.\tGT\t0/1" for n in range(count)]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tme"
    vcf.write_text("\n".join(["##fileformat=VCFv4.3", columns, *rows]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variants, "RECORDS", batch)
        made = variants.divide(variants.Variants(vcf), wanted, folder)
    assert made == max(min(wanted, -(-count // batch)), 1)
    pieces = sorted(folder.glob("part_*.vcf"))
    assert [record.number for piece in pieces for record in variants.Variants(piece)] == [*range(1, count + 1)]
    chance.shuffle(pieces)
    assert variants.join(pieces, folder / "m.vcf") == count
    assert (folder / "m.vcf").read_bytes() == vcf.read_bytes()


def test_a_subset_of_variants_and_other_scores_are_refused(tmp_path, capsys, small_batches):
    run(split_variants, "--variants", DATA / "sequence" / "variants.vcf", "--parts", 9, "--output", tmp_path)
    pieces = sorted(tmp_path.glob("part_*.vcf"))
    common = ["--genome", GENOME, "--annotation", GENES, "--model", MODEL]
    out = ["--output", tmp_path / "out"]
    assert "part 3 of 3 missing" in error_of(capsys, merge_parts, "--parts", *pieces[:2], *out)
    lines = pieces[1].read_text().splitlines(keepends=True)
    pieces[1].write_text("".join(lines[:-1]))
    line = error_of(capsys, merge_parts, "--parts", *pieces, *out)
    assert f"{pieces[1]}: has " in line and "is it cut off?" in line
    pieces[1].write_text("".join(lines))
    assert "is part 1 of 3, not the whole" in error_of(capsys, split_variants, "--variants", pieces[0], *out)
    scored, tables = [], []
    for number, path in enumerate(pieces):
        scored.append(tmp_path / f"s{number}.vcf")
        tables.append(tmp_path / f"s{number}.tsv")
        words = ["--distance", 50 if number else 60]
        run(score_variants, *common, *words, "--variants", path, "--output", scored[-1], "--table", tables[-1])
    assert "was made with distance 50, " in error_of(capsys, merge_parts, "--parts", *scored, *out)
    assert "was made with distance 50, " in error_of(capsys, merge_parts, "--parts", *tables, *out)
    text = tables[2].read_text()
    tables[2].write_text(text[: text.rstrip("\n").rfind("\n") + 1])
    run(score_variants, *common, "--variants", pieces[0], "--output", scored[0], "--table", tables[0])
    line = error_of(capsys, merge_parts, "--parts", *tables, *out)
    assert f"{tables[2]}: has no last line of a part" in line
    beds = divided(tmp_path / "beds", 2)
    assert "is no table of scores" in error_of(capsys, merge_parts, "--parts", *beds, *out)
    assert "is no part of a VCF" in error_of(capsys, merge_parts, "--parts", DATA / "sequence" / "variants.vcf", *out)
    assert not (tmp_path / "out").exists()


def test_damaged_parts_are_told_in_one_line(tmp_path, capsys):
    """A part whose record lacks what the merge needs, or that was cut off."""
    outs = {
        "windows": ["--output", tmp_path / "out"],
        "found": ["--sites", tmp_path / "out"],
        "bins": ["--output", tmp_path / "out"],
    }
    for name, out in outs.items():
        pieces = [tmp_path / path.name for path in sorted((DATA / "parts").glob(f"{name}_*"))]
        for piece in pieces:
            piece.write_bytes((DATA / "parts" / piece.name).read_bytes())
        with h5py.File(pieces[0], "r+") as file:
            place = file["uns/genloom"] if name == "bins" else file
            key = "part" if name == "bins" else parts.KEY
            record = Part.read(place[key].asstr()[()], pieces[0])
            del place[key]
            place[key] = Part(**{**vars(record), "facts": {}}).text
        line = error_of(capsys, merge_parts, "--parts", *pieces, *out)
        assert f"{pieces[0]}: is damaged in its record: " in line and "the part is damaged: make it again" in line
        pieces[0].write_bytes(pieces[1].read_bytes()[:5000])
        assert str(pieces[0]) in error_of(capsys, merge_parts, "--parts", *pieces, *out)
    assert not (tmp_path / "out").exists()
