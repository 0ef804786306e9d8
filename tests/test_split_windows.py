"""split_samples --windows: chromosomes and blocks keep genes whole; paralogs are found, and strangers are not."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest

import split_samples
from genloom import console
from genloom.formats import split as split_file
from genloom.formats.windows import Windows, Writer
from genloom.learning import homology

WINDOW = 300


def codes_of(count, seed):
    return np.random.default_rng(seed).integers(0, 4, (count, WINDOW), dtype=np.uint8)


def changed(codes, share, seed):
    """A copy in which so many of the bases are others."""
    random = np.random.default_rng(seed)
    other = (codes + random.integers(1, 4, codes.shape, dtype=np.uint8)) % 4
    return np.where(random.random(codes.shape) < share, other, codes).astype(np.uint8)


@pytest.fixture
def windows(tmp_path):
    """Three chromosomes of 20 windows on both strands. Gene `a<i>` of chromosome a has windows 2i and 2i + 1, and so on;
    b3 is a copy of a1 with 3% of its bases changed, b5 of a2's other strand, and b7 of a4 with half its bases changed.
    Windows 16 and 17 are the same repeat of two bases everywhere."""
    codes = {chrom: codes_of(20, seed) for seed, chrom in enumerate("abc")}
    codes["b"][6:8] = changed(codes["a"][2:4], 0.03, 5)
    codes["b"][10:12] = 3 - codes["a"][4:6][::-1, ::-1]
    codes["b"][14:16] = changed(codes["a"][8:10], 0.5, 6)
    for chrom in codes:
        codes[chrom][16:18] = np.arange(WINDOW) % 2 * 3
    path = tmp_path / "w.h5"
    with Writer(path, "boundaries", WINDOW) as out:
        for chrom, rows in codes.items():
            for strand in "+-":
                start = np.arange(20) * WINDOW
                genes = [f"{chrom}{i // 2}" if strand == "+" and i < 18 else "" for i in range(20)]
                table = {
                    "chrom": np.full(20, chrom),
                    "start": start,
                    "end": start + WINDOW,
                    "strand": np.full(20, strand),
                    "gene": np.array(genes),
                    "name": np.array([f"{chrom}:{s}:{strand}" for s in start]),
                }
                none = np.zeros(0, int)
                out.add(rows if strand == "+" else 3 - rows[:, ::-1], table, sites=(none, none, none))
    return path


@pytest.fixture
def split(tmp_path, capsys):
    def run(*args):
        out = ("--output", tmp_path / "split.tsv", "--paralog-table", tmp_path / "p.tsv")
        status = console.run(split_samples.build_parser, split_samples.main, [*map(str, (*args, *out))])
        assert status == 0, capsys.readouterr().err
        with (tmp_path / "p.tsv").open() as file:
            return split_file.read(tmp_path / "split.tsv"), list(csv.DictReader(file, delimiter="\t"))

    return run


def test_chromosomes_stay_whole(split, windows):
    named, _ = split(
        "--windows",
        windows,
        "--method",
        "explicit",
        "--test-groups",
        "a",
        "--validation-groups",
        "b",
        "--paralogs",
        "ignore",
    )
    assert {name[0] for name in named.folds[0].part("test")} == {"a"}
    assert {name[0] for name in named.folds[0].part("validation")} == {"b"}
    folds, _ = split("--windows", windows, "--method", "k-fold", "--folds", 3, "--paralogs", "ignore")
    assert sorted({name[0] for name in fold.part("test")} for fold in folds.folds) == [{"a"}, {"b"}, {"c"}]
    assert all(len(fold.ids) == 120 for fold in folds.folds)


@pytest.mark.parametrize("block", [300, 700, 2000])
def test_blocks_part_no_gene_and_no_place(split, windows, block):
    made, _ = split(
        "--windows", windows, "--block", block, "--method", "hold-out", "--test-share", 0.4, "--paralogs", "ignore"
    )
    part = dict(zip(made.folds[0].ids, made.folds[0].parts, strict=True))
    assert set(part.values()) == {"train", "test"} and len(part) == 120
    seen = defaultdict(set)
    with Windows(windows) as file:
        for name, gene in zip(file.table["name"].tolist(), file.table["gene"].tolist(), strict=True):
            seen[gene or name].add(part[name])
            seen[name[:-1]].add(part[name])  # both strands of a place
    assert {len(parts) for parts in seen.values()} == {1}
    groups = {group for group in made.folds[0].groups if group.startswith("a")}
    assert len(groups) == {300: 11, 700: 9, 2000: 3}[block]  # genes of 600 bases, and two windows without one


def test_paralogs_are_removed_from_training(split, windows):
    args = ("--windows", windows, "--method", "explicit", "--test-groups", "a")
    made, rows = split(*args)
    assert {(row["gene"], row["like"], row["part"], row["action"]) for row in rows} == {
        ("b3", "a1", "train", "removed"),
        ("b5", "a2", "train", "removed"),
    }
    assert {row["gene"]: float(row["share"]) > 0.9 for row in rows} == {"b3": False, "b5": True}
    gone = {f"b:{i * WINDOW}:+" for i in (6, 7, 10, 11)}
    assert len(made.folds[0].ids) == 116 and not gone & set(made.folds[0].ids)
    made, rows = split(*args, "--paralogs", "report")
    assert len(made.folds[0].ids) == 120 and {row["action"] for row in rows} == {"reported"}
    assert split(*args, "--shared-kmers", 0.9)[1][0]["gene"] == "b5"


def test_paralogs_of_the_test_part_leave_validation(split, windows):
    made, rows = split("--windows", windows, "--method", "explicit", "--test-groups", "a", "--validation-groups", "b")
    assert {(row["gene"], row["part"], row["like_part"]) for row in rows} == {
        ("b3", "validation", "test"),
        ("b5", "validation", "test"),
    }
    assert len(made.folds[0].part("validation")) == 36


def test_inner_folds_lose_what_their_outer_fold_loses(split, windows):
    made, _ = split(
        "--windows", windows, "--block", 600, "--method", "hold-out", "--test-share", 0.4, "--inner-folds", 2
    )
    for inner in made.inner("1"):
        assert set(inner.ids) <= set(made.folds[0].part("train"))


def test_kmers_are_the_same_on_both_strands():
    codes = codes_of(3, 9)
    kmer, known = homology.kmers(codes)
    other, _ = homology.kmers(3 - codes[:, ::-1])
    assert kmer.shape == (3, WINDOW - homology.K + 1) and known.mean() > 0.95
    assert np.array_equal(kmer, other[:, ::-1])
    word = sum(int(base) << 2 * (homology.K - 1 - i) for i, base in enumerate(codes[0, : homology.K]))
    flipped = sum(int(3 - base) << 2 * i for i, base in enumerate(codes[0, : homology.K]))
    assert kmer[0, 0] == min(word, flipped)
    codes[:, 100] = 4
    _, known = homology.kmers(codes)
    assert not known[:, 80:101].any() and known[:, 101].all()
    assert not homology.kmers(np.tile(np.array([0, 3, 3], np.uint8), (1, 50)))[1].any()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--group", "donor"), "--group is given with --windows"),
        (("--of", "features"), "--of is given with --windows"),
        (("--method", "explicit", "--test-groups", "chrA"), "unknown chromosome chrA"),
    ],
)
def test_options_that_are_not_for_windows(windows, tmp_path, capsys, args, words):
    argv = ["--windows", windows, *args, "--output", tmp_path / "o"]
    assert console.run(split_samples.build_parser, split_samples.main, list(map(str, argv))) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and not (tmp_path / "o").exists()


def test_options_that_are_for_windows(tmp_path, capsys):
    (tmp_path / "s.tsv").write_text("sample\na\nb\n")
    argv = ["--samples", str(tmp_path / "s.tsv"), "--block", "5", "--output", str(tmp_path / "o")]
    assert console.run(split_samples.build_parser, split_samples.main, argv) == 2
    assert "--block is given without --windows" in capsys.readouterr().err
