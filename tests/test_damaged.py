"""Files that are damaged where a library would take them as they are: each is refused in one line that names it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import (
    annotation,
    blocks,
    division,
    intervals,
    matrix,
    merging,
    parts,
    predicted,
    quantifications,
    results,
    series,
    textmatrix,
)
from genloom.formats.chromosomes import Region
from genloom.formats.genome import Genome
from genloom.formats.parts import Part
from genloom.learning import inferred, spread

from .fuzz.readers import bgzipped

DATA = Path(__file__).parents[1] / "test-data"
STEPS, PARTS = DATA / "steps", DATA / "parts"


def edited(path: Path, source: Path, changes: dict) -> Path:
    """A copy of an HDF5 file with other values under some names; None takes a name away, `"name@key"` is an attribute."""
    shutil.copy(source, path)
    with h5py.File(path, "r+") as file:
        for name, change in changes.items():
            name, _, attribute = name.partition("@")
            if attribute:
                del file[name].attrs[attribute]
                continue
            values = change(file[name][()]) if callable(change) else change
            kept = dict(file[name].attrs)
            del file[name]
            if values is not None:
                file[name] = values
                file[name].attrs.update(kept)
    return path


def record(source: Path, name: str, **changes: object) -> str:
    """The record of a part with other values."""
    with h5py.File(source) as file:
        told = json.loads(file[name].asstr()[()])
    return json.dumps({**told, **changes})


# ---------------------------------------------------------------- matrices


@pytest.mark.parametrize(
    "changes",
    [
        {"X/indices": lambda x: x + 10_000},
        {"X/indices": lambda x: x - 5},
        {"X/indices": lambda x: x.astype(np.float64) + 0.5},
        {"X/indptr": lambda x: x[::-1].copy()},
    ],
    ids=["beyond", "negative", "halves", "backwards"],
)
def test_values_of_a_sparse_matrix_at_no_place_of_it(tmp_path, changes):
    with pytest.raises(InputError, match=r"bad\.h5ad: (holds values that are not at places|cannot be read)"):
        matrix.read(edited(tmp_path / "bad.h5ad", STEPS / "bins.h5ad", changes))


@pytest.mark.parametrize(
    ("source", "changes"), [("bins", {"X@encoding-type": None}), ("new_landmarks", {"X": np.zeros((3, 4), np.float32)})]
)
def test_a_matrix_that_stays_in_its_file_is_looked_at(tmp_path, source, changes):
    path = edited(tmp_path / "bad.h5ad", STEPS / f"{source}.h5ad", changes)
    with pytest.raises(InputError, match=r"bad\.h5ad: cannot be read as \.h5ad"):
        matrix.read(path, backed=True)
    with pytest.raises(InputError, match=r"bad\.h5ad"):
        blocks.Reader(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"varm/sd": None}, "has no sd of each gene in each fold"),
        ({"varm/mean": lambda x: x[:, :1]}, "has no mean of each gene in each fold"),
        ({"varm/mean": lambda x: x * np.nan}, "has no mean of each gene in each fold"),
        ({"obs/group": None}, "group"),
        ({"uns/genloom/settings": lambda x: x.replace(b'"folds"', b'"fold"')}, "damaged record: folds"),
        ({"uns/genloom/settings": lambda x: x.replace(b'"model"', b'"mode"')}, "damaged record: model"),
        ({"uns/genloom/settings": lambda x: x.replace(b'["1"', b'["7"')}, "a fold that its record does not name"),
        ({"layers/observed": lambda x: x * np.inf}, "lacks a finite number for each sample and gene"),
    ],
)
def test_predictions_of_genes_that_cannot_be_judged(tmp_path, changes, words):
    with pytest.raises(InputError, match=words):
        inferred.evaluate(edited(tmp_path / "bad.h5ad", STEPS / "landmarks_predictions.h5ad", changes), bootstrap=0)


# ---------------------------------------------------------------- text


def test_blocks_of_bgzip_that_end_before_they_begin(tmp_path):
    path = tmp_path / "bad.fa.gz"
    path.write_bytes(bgzipped()[:16] + bytes(2) + bgzipped()[18:])
    with pytest.raises(InputError, match=r"bad\.fa\.gz: is damaged"):
        Genome(path)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_blocks_of_bgzip_that_hold_another_number_of_bytes_than_they_say(tmp_path, length):
    path, block = tmp_path / "bad.fa.gz", 1 + int.from_bytes(bgzipped()[16:18], "little")
    path.write_bytes(bgzipped()[: block - 4] + length.to_bytes(4, "little") + bgzipped()[block:])
    with pytest.raises(InputError, match=r"bad\.fa\.gz"):
        Genome(path)


@pytest.mark.parametrize(
    ("table", "column", "read"),
    [("variant_scores", "position", results.read_effects), ("promoters_metrics", "n", results.read_scores)],
)
@pytest.mark.parametrize("value", ["9223372036854775808", "1.5"])
def test_whole_numbers_that_are_none_or_too_large(tmp_path, table, column, read, value):
    header, first, *rest = (STEPS / f"{table}.tsv").read_text().splitlines()
    fields = first.split("\t")
    fields[header.split("\t").index(column)] = value
    path = tmp_path / "bad.tsv"
    path.write_text("\n".join([header, "\t".join(fields), *rest]) + "\n")
    with pytest.raises(InputError, match=r"bad\.tsv:2: .* no whole number"):
        read(path)


def test_a_header_and_no_line_end(tmp_path):
    path = tmp_path / "bad.tsv"
    path.write_text((STEPS / "predictions.tsv").read_text().splitlines()[0])
    with pytest.raises(InputError, match=r"bad\.tsv: holds no rows under its header"):
        results.read_predictions(path)


@pytest.mark.parametrize("rest", ['"', '"' + "1\n" * 100_000])
def test_a_quote_that_nothing_closes(tmp_path, rest):
    path = tmp_path / "bad.tsv"
    path.write_text("gene\ts1\ts2\na\t1\t2\nb\t0\t" + rest)
    with pytest.raises(InputError, match=r"bad\.tsv"):
        textmatrix.read(path)


def test_digits_of_another_script(tmp_path):
    path = tmp_path / "bad.tsv"
    path.write_text(
        "id\ttarget\tfold\tpart\tobserved\tpredicted\twindow\tgene\nchr1:1٣:+\tdonor\t1\ttest\t1\t0.5\tw\tg\n"
    )
    with pytest.raises(InputError, match=r"bad\.tsv:2: id 'chr1:1.:\+' is no base"):
        results.read_calls(path, "model", ("donor",), bases=True)


def test_an_annotation_that_begins_with_its_sequence(tmp_path):
    path = tmp_path / "bad.gff3"
    path.write_text("##FASTA\n##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t-\t0\tID=a\n")
    with pytest.raises(InputError, match=r"bad\.gff3: holds no lines of an annotation"):
        annotation.read(path)


def test_a_position_beyond_any_chromosome(tmp_path):
    path = tmp_path / "a.gff3"
    path.write_text("##gff-version 3\nchr1\tx\tgene\t11\t2147483648\t.\t+\t.\tID=gene:G1\n")
    with pytest.raises(InputError, match=r"a\.gff3:2: position 2147483648 is beyond any chromosome"):
        annotation.read(path, exons=True)


@pytest.mark.parametrize("header", ["", "ID_REF"])
def test_a_series_whose_table_has_no_samples(header):
    content = f"!Series_title\tx\n!series_matrix_table_begin\n{header}\ng\t1\n!series_matrix_table_end\n".encode()
    with pytest.raises(InputError, match="a:3: heads a table without samples"):
        series.read("a", content, "")


def test_a_carriage_return_among_facts_on_samples(tmp_path):
    rows = ["!Series_title\tx", "!Sample_title\ta\rb\tc", "!series_matrix_table_begin", "ID_REF\ts1\ts2", "g\t1\t2"]
    content = "\n".join([*rows, "!series_matrix_table_end", ""]).encode()
    with pytest.raises(InputError, match=r"a:2: is no row of a table: new-line character"):
        series.read("a", content, "")


def test_a_carriage_return_within_a_sequence(tmp_path):
    path = tmp_path / "a.fa"
    path.write_bytes(b">a\nACGT\rACG\n")
    with Genome(path) as genome:
        assert genome.sizes == {"a": 7} and genome.fetch("a").tolist() == [0, 1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (intervals.read, b"chr1\t0\t10\r\nchr1\r\t5\t9\n"),
        (
            annotation.read,
            b'chr1\tx\texon\t1\t9\t.\t+\t.\tgene_id "a"\r\nchr1\r\tx\texon\t1\t9\t.\t+\t.\tgene_id "a"\n',
        ),
        (quantifications.read, b"Name\tLength\tEffectiveLength\tTPM\tNumReads\r\n\r\t1\t1\t0\t0\n"),
        (results.read_scores, b"metric\tmodel\tvalue\tlow\thigh\tn\r\nskill\rx\tm\t1\t0\t1\t9\n"),
    ],
)
def test_a_carriage_return_within_a_line(tmp_path, read, content):
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad:2: holds a carriage return inside the line"):
        read(path)


def test_a_peak_on_a_chromosome_without_a_name(tmp_path):
    path = tmp_path / "bad.bed"
    path.write_bytes(b"chr1\t0\t10\r\n\t0\t10\r\n")
    with pytest.raises(InputError, match=r"bad\.bed:2: has no chromosome"):
        intervals.read(path)


@pytest.mark.parametrize("content", ["{}", "[" * 10_000, '{"trial": true, "plan": ""}', "\xff"])
def test_a_trial_that_is_none(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"bad\.json: is no trial of a plan"):
        spread.read(path, SimpleNamespace(digest="", trials=3))


# ---------------------------------------------------------------- parts

WHOLE = [Region("chr3", 0, 3000), Region("chr4", 0, 3000), Region("chr4", 4000, 5000)]


def test_a_part_of_a_genome_is_whole_and_in_order(tmp_path):
    division.write(WHOLE, 2, tmp_path)
    path = tmp_path / "part_2.bed"
    assert division.read(path, WHOLE)[1] == WHOLE[1:]
    head, one, two = path.read_text().splitlines()
    for rows, words in (
        ([one], "has 1 of its 2 regions"),
        ([one, two, two], "has 3 of its 2 regions"),
        ([two, one], "not in the order"),
        ([two, two], "a region twice"),
        ([one, "chr4\t0\t300"], r"part_2\.bed:3: is none of the regions"),
    ):
        path.write_text("\n".join([head, *rows]) + "\n")
        with pytest.raises(InputError, match=words):
            division.read(path, WHOLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"places": []},
        {"places": [1, 1]},
        {"places": [3]},
        {"places": ["1"]},
        {"places": [True]},
        {"of": 1 << 40},
        {"names": ["a"]},
        {"names": ["\ud800", "b"]},
        {"facts": []},
        {"more": 1},
    ],
    ids=str,
)
def test_a_record_that_no_part_has(changes):
    told = {"places": [1], "of": 2, "whole": "w", "names": [], "made": {}, "facts": {}}
    Part.read(json.dumps(told), "x")
    with pytest.raises(InputError, match="x: has a damaged record of its part"):
        Part.read(json.dumps({**told, **changes}), "x")


BINS, FOUND, WINDOWS = PARTS / "bins_A1.h5ad", PARTS / "found_1.h5", PARTS / "windows_1.h5"
IN_BINS, IN_OTHERS = "uns/genloom/part", parts.KEY
SIZES = {"seen": 6000, "spared": 0, "recall": None, "read": {}}


def test_a_fact_that_may_be_unknown_may_be_missing(tmp_path):
    told = json.loads(record(FOUND, IN_OTHERS))
    del told["facts"]["recall"]
    path = edited(tmp_path / "a.h5", FOUND, {IN_OTHERS: json.dumps(told)})
    assert predicted.read_part(path)[1].recall is None


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (BINS, {IN_BINS: record(BINS, IN_BINS, facts={"table": [{"sample": "A1"}]})}),
        (BINS, {IN_BINS: record(BINS, IN_BINS, names=["A2", "B1"])}),
        (BINS, {IN_BINS: np.arange(3)}),
        (BINS, {"obs/sample": lambda x: np.array([b"other"])}),
        (BINS, {"var/start": lambda x: x + 10**6}),
        (BINS, {"var/start": lambda x: x[::-1].copy()}),
        (BINS, {"X/data": lambda x: x.astype(np.float64)}),
        (BINS, {"uns/genloom/sources": "{}"}),
        (FOUND, {IN_OTHERS: record(FOUND, IN_OTHERS, facts={**SIZES, "sizes": {"chr3": 0}})}),
        (FOUND, {IN_OTHERS: record(FOUND, IN_OTHERS, facts={**SIZES, "sizes": {"chr 3": 6300}})}),
        (FOUND, {IN_OTHERS: record(FOUND, IN_OTHERS, facts={**SIZES, "sizes": {"chr3": 6300}, "recall": "1"})}),
        (FOUND, {"sites/chrom": lambda x: x + 1}),
        (FOUND, {"sites/start": lambda x: x + 6300}),
        (FOUND, {"sites/strand": lambda x: np.full(len(x), b"?")}),
        (FOUND, {"sites/probability": lambda x: x * np.nan}),
        (FOUND, {"sites/name": lambda x: x[1:]}),
        (FOUND, {"introns/end": lambda x: x.astype(float)}),
        (FOUND, {"tracks/donor_plus/start": lambda x: x[::-1].copy()}),
        (FOUND, {"tracks/donor_plus/value": lambda x: x * np.inf}),
        (FOUND, {"tracks/donor_plus": None}),
        (WINDOWS, {IN_OTHERS: record(WINDOWS, IN_OTHERS, facts={"files": [["gene"]]})}),
        (WINDOWS, {"sites/row": lambda x: x[::-1].copy()}),
        (WINDOWS, {"table/start": None}),
    ],
)
def test_a_damaged_part_is_named_whatever_is_wrong_with_it(tmp_path, source, changes):
    bad = edited(tmp_path / "bad", source, changes)
    other = source.with_name(source.name.replace("A1", "B1").replace("_1", "_2"))
    kind = merging.kind([bad, other])
    paths = {name: tmp_path / name for name in merging.TAKES[kind]}
    if "tracks" in paths:
        paths["tracks"].mkdir()
    with pytest.raises(InputError, match=r"/bad: |another whole"):
        merging.join(kind, [other, bad], paths)


def test_windows_of_another_kind_than_their_part_says(tmp_path):
    shutil.copy(WINDOWS, tmp_path / "bad")
    with h5py.File(tmp_path / "bad", "r+") as file:
        about = json.loads(file.attrs["genloom"])
        file.attrs["genloom"] = json.dumps({**about, "assembly": "other"})
    with pytest.raises(InputError, match="damaged in what it says of its windows"):
        merging.join("windows", [tmp_path / "bad", PARTS / "windows_2.h5"], {"output": tmp_path / "out"})


def test_a_row_of_scores_without_a_column(tmp_path):
    bad = tmp_path / "bad"
    lines = (PARTS / "scores_1.tsv").read_text().splitlines()
    lines[4] = lines[4].rpartition("\t")[0]
    bad.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match="bad:5: has more or fewer columns than the header"):
        merging.join("table", [bad, PARTS / "scores_2.tsv"], {"output": tmp_path / "out"})


@pytest.mark.parametrize("kind", ["table", "prediction"])
def test_a_full_disk_is_not_taken_for_a_damaged_part(tmp_path, kind, monkeypatch):
    """What goes wrong in writing is no fault of what is read."""

    def full(*_):
        raise OSError(28, "No space left on device")

    if kind == "prediction":
        from genloom.formats import tracks

        monkeypatch.setattr(tracks.BedGraph, "runs", full)
        (tmp_path / "tracks").mkdir()
        files, paths = [FOUND, PARTS / "found_2.h5"], {"tracks": tmp_path / "tracks"}
    else:
        files, paths = [PARTS / "scores_1.tsv", PARTS / "scores_2.tsv"], {"output": Path("/dev/full")}
    with pytest.raises(OSError, match="No space left"):
        merging.join(kind, files, paths)
