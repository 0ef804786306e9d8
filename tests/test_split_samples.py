"""split_samples: what belongs together stays together, every kind of fold, and each bad input refused by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

import split_samples
from genloom import console
from genloom.errors import InputError
from genloom.formats import matrix
from genloom.formats import split as split_file
from genloom.learning import splits

DONORS = 6
SAMPLES = [f"S{i:02d}" for i in range(24)]
GOOD = "fold\tid\tpart\n1\ta\ttrain\n1\tc\ttrain\n1\td\ttrain\n1\tb\ttest\n"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """24 samples of 6 donors; `type` is spread over the donors, `rare` has one sample, `blank` a gap."""
    rows = [
        f"{s}\tD{i // 4}\t{'ab'[i % 2]}\t{'x' if i else 'y'}\t{'' if i == 7 else 'z'}" for i, s in enumerate(SAMPLES)
    ]
    path = tmp_path / "samples.tsv"
    path.write_text("\n".join(["sample\tdonor\ttype\trare\tblank", *rows]) + "\n")
    return path


@pytest.fixture
def bins(tmp_path: Path) -> Path:
    """Three samples, 40 bins on four chromosomes."""
    var = pd.DataFrame({"chrom": np.repeat(["chr1", "chr2", "chr3", "chrX"], 10), "start": np.arange(40) % 10 * 1000})
    var.index = [f"{c}:{s}-{s + 1000}" for c, s in zip(var["chrom"], var["start"], strict=True)]
    obs = pd.DataFrame({"tissue": ["t1", "t2", "t3"]}, index=["a", "b", "c"])
    path = tmp_path / "dataset_1.dat"
    matrix.write(matrix.build(np.ones((3, 40), np.float32), obs, var, "bins"), path)
    return path


@pytest.fixture
def split(tmp_path, capsys):
    """`split("--samples", …)` runs the script in this process and reads what it wrote."""

    def run(*args: object) -> split_file.Split:
        path = tmp_path / "split.tsv"
        status = console.run(split_samples.build_parser, split_samples.main, [*map(str, args), "--output", str(path)])
        assert status == 0, capsys.readouterr().err
        return split_file.read(path)

    return run


@pytest.fixture
def refused(tmp_path, capsys):
    """`refused([…], "text")`: the script exits with status 2 and one line that holds the texts, and writes nothing."""

    def run(args: list, *messages: str) -> None:
        before = sorted(tmp_path.iterdir())
        argv = [*map(str, args), "--output", str(tmp_path / "split.tsv")]
        try:
            status = console.run(split_samples.build_parser, split_samples.main, argv)
        except SystemExit as stop:
            status = stop.code
        error = capsys.readouterr().err
        assert status == 2, error
        assert error.count("\n") == 1
        for message in messages:
            assert message in error
        assert sorted(tmp_path.iterdir()) == before

    return run


def test_k_fold_tests_every_sample_once(split, sheet):
    made = split("--samples", sheet)
    assert [fold.name for fold in made.folds] == ["1", "2", "3", "4", "5"]
    assert Counter(i for fold in made.folds for i in fold.part("test")) == Counter(SAMPLES)
    assert all(set(fold.ids) == set(SAMPLES) and set(fold.groups) == {""} for fold in made.folds)
    assert made.folds[0].part("test") != SAMPLES[:5]  # shuffled


def test_groups_stay_together_in_repeats_validation_and_inner_folds(split, sheet):
    made = split(
        "--samples",
        sheet,
        "--group",
        "donor",
        "--folds",
        3,
        "--repeats",
        2,
        "--validation-share",
        0.25,
        "--inner-folds",
        3,
    )
    assert [fold.name for fold in made.outer] == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    for fold in made.outer:
        assert [len(fold.part(part)) for part in split_file.PARTS] == [12, 4, 8]  # 3, 1 and 2 donors of 4 samples
        inner = made.inner(fold.name)
        assert [f.name for f in inner] == [f"{fold.name}/{i}" for i in (1, 2, 3)]
        assert Counter(i for f in inner for i in f.part("validation")) == Counter(fold.part("train"))
    for fold in made.folds:  # `Split` would refuse it too: here it is counted independently
        assert all(
            len({p for g, p in zip(fold.groups, fold.parts, strict=True) if g == group}) == 1
            for group in set(fold.groups)
        )
        assert fold.group_of()["S05" if "S05" in fold.ids else fold.ids[0]].startswith("D")
    first, second = ({frozenset(f.part("test")) for f in made.outer[i : i + 3]} for i in (0, 3))
    assert first != second


def test_stratified_folds_hold_every_class_evenly(split, sheet):
    kind = {s: "ab"[i % 2] for i, s in enumerate(SAMPLES)}
    for extra in ((), ("--group", "donor", "--folds", 3)):
        for fold in split("--samples", sheet, "--stratify", "type", "--folds", 4, *extra).folds:
            assert len(set(Counter(kind[i] for i in fold.part("test")).values())) == 1


def test_hold_out_share_and_repeats(split, sheet):
    made = split("--samples", sheet, "--method", "hold-out", "--test-share", 0.25, "--validation-share", 0.5)
    assert [fold.name for fold in made.folds] == ["1"]
    assert [len(made.folds[0].part(part)) for part in split_file.PARTS] == [9, 9, 6]
    donors = ("--group", "donor", "--test-share", 0.33)
    grouped = split("--samples", sheet, "--method", "hold-out", *donors, "--repeats", 3)
    assert [fold.name for fold in grouped.folds] == ["1.1", "2.1", "3.1"]
    assert {len(fold.part("test")) for fold in grouped.folds} == {8}
    both = split("--samples", sheet, "--method", "hold-out", *donors, "--stratify", "type")
    assert len(both.folds[0].part("test")) == 8
    classes = split("--samples", sheet, "--method", "hold-out", "--stratify", "type", "--test-share", 0.25)
    assert Counter(int(i[1:]) % 2 for i in classes.folds[0].part("test")) == {0: 3, 1: 3}


def test_each_sample_or_group_is_held_out_in_turn(split, sheet):
    alone = split("--samples", sheet, "--method", "leave-one-out")
    assert [fold.part("test") for fold in alone.folds] == [[s] for s in SAMPLES]
    donors = split("--samples", sheet, "--method", "leave-one-group-out", "--group", "donor")
    tested = [{fold.group_of()[i] for i in fold.part("test")} for fold in donors.folds]
    assert tested == [{f"D{i}"} for i in range(DONORS)]


def test_named_parts(split, sheet, tmp_path):
    made = split(
        "--samples",
        sheet,
        "--group",
        "donor",
        "--method",
        "explicit",
        "--test-groups",
        "D1",
        "D3",
        "--validation",
        *SAMPLES[:4],
    )
    assert made.folds[0].part("test") == [*SAMPLES[4:8], *SAMPLES[12:16]]
    assert made.folds[0].part("validation") == SAMPLES[:4]
    parts = tmp_path / "parts.tsv"
    rows = [f"\t{s}\t{'test' if s > 'S19' else 'train'}\n" for s in reversed(SAMPLES)]
    parts.write_text("".join(["note\tsample\tpart\n", *rows]))
    made = split("--samples", sheet, "--method", "explicit", "--parts", parts, "--validation-share", 0.2)
    assert made.folds[0].part("test") == SAMPLES[20:]
    assert len(made.folds[0].part("validation")) == 4


def test_features_are_divided_by_chromosome(split, bins):
    def chromosomes(fold: split_file.Fold, part: str) -> set[str]:
        return {i.split(":")[0] for i in fold.part(part)}

    by_chromosome = ("--matrix", bins, "--of", "features", "--group", "chrom")
    made = split(*by_chromosome, "--method", "leave-one-group-out")
    assert [chromosomes(fold, "test") for fold in made.folds] == [{"chr1"}, {"chr2"}, {"chr3"}, {"chrX"}]
    assert len(made.ids) == 40
    held = split(*by_chromosome, "--method", "explicit", "--test-groups", "chr2", "--validation-groups", "chrX")
    assert chromosomes(held.folds[0], "train") == {"chr1", "chr3"}
    assert split("--matrix", bins, "--method", "leave-one-out").ids == ("a", "b", "c")


def test_a_seed_gives_one_split_and_test_parts_depend_on_it_alone(sheet):
    units = splits.read_units(sheet, group="donor")
    tests = [
        [f.part("test") for f in splits.make(units, "k-fold", folds=3, seed=seed, **more).outer]
        for seed, more in ((1, {}), (1, {}), (1, {"validation_share": 0.2, "inner_folds": 2}), (2, {}))
    ]
    assert tests[0] == tests[1] == tests[2] != tests[3]
    once, again = (splits.make(units, "k-fold", folds=3, repeats=2, validation_share=0.3).digest for _ in range(2))
    assert once == again != splits.make(units, "k-fold", folds=3, repeats=2, validation_share=0.3, seed=2).digest


def test_an_edited_split_reads_back(tmp_path):
    path = tmp_path / "split.tsv"
    path.write_text("\ufeffid\tpart\tfold\r\na\ttrain\t1 \r\nb\ttest\t1\r\n\r\n")
    made = split_file.read(path)
    assert made.folds == (split_file.Fold("1", ("a", "b"), ("", ""), ("train", "test")),)
    split_file.write(made, path)
    assert path.read_bytes() == b"fold\tid\tgroup\tpart\n1\ta\t\ttrain\n1\tb\t\ttest\n"
    assert split_file.read(path).digest == made.digest
    made.require(["a", "b", "c"], "bins.h5ad")
    with pytest.raises(InputError, match=r"names 1 samples that bins.h5ad does not hold: b; did you mean 'bb'"):
        made.require(["a", "bb"], "bins.h5ad")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "split.tsv:1: lacks the column fold, id, part"),
        ("fold\tid\tgroup\tpart\n", "split.tsv: holds no rows"),
        ("fold\tid\tpart\tnote\n1\ta\ttrain\tx\n", "split.tsv:1: column 'note'"),
        ("fold\tid\tpart\n1\ta\n", "split.tsv:2: has 2 columns, the header 3"),
        ("fold\tid\tpart\n1\ta\ttrain\n1\tb\ttset\n", "split.tsv:3: part 'tset'"),
        ("fold\tid\tpart\n1\t\ttrain\n", "split.tsv:2: has no id"),
        ("fold\tid\tpart\n1\ta\ttrain\n1\ta\ttest\n", "split.tsv:3: id 'a' is in fold 1 twice"),
        ("fold\tid\tpart\n1\ta\ttrain\n1\tb\tvalidation\n", "split.tsv: fold 1 has no test part"),
        ("fold\tid\tpart\n1\ta\ttest\n", "split.tsv: fold 1 has no train part"),
        ("fold\tid\tgroup\tpart\n1\ta\tg\ttrain\n1\tb\tg\ttest\n", "group 'g' is in both train and test of fold 1"),
        ("fold\tid\tgroup\tpart\n1\ta\tg\ttrain\n1\tb\t\ttest\n2\ta\th\ttest\n", "split.tsv:4: id 'a' has group 'h'"),
        (GOOD + "1/1\ta\ttrain\n1/1\tb\tvalidation\n", "outside the training part of fold 1: b"),
        (GOOD + "2/1\ta\ttrain\n2/1\tb\tvalidation\n", "lies in fold 2, which is not there"),
        (GOOD + "1/1\ta\ttrain\n1/1\tc\ttest\n", "1/1 has no validation part"),
        (GOOD + "1/1\ta\ttrain\n1/1\tc\tvalidation\n1/1\td\ttest\n", "1/1 has a test part"),
    ],
)
def test_a_broken_split_is_refused(tmp_path, text, message):
    path = tmp_path / "split.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        split_file.read(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("args", "messages"),
    [
        (["--group", "doner"], ["has no column 'doner'", "did you mean 'donor'?"]),
        (["--group", "blank"], ["1 samples have no blank: S07"]),
        (["--group", "donor", "--folds", 7], ["donor has 6 values, fewer than 7 folds"]),
        (["--folds", 25], ["there are 24 samples, fewer than 25 folds"]),
        (["--stratify", "rare", "--folds", 3], ["rare 'y' has 1 samples, fewer than 3 folds"]),
        (
            ["--stratify", "rare", "--group", "donor", "--folds", 2],
            ["rare 'y' has 1 values of donor, fewer than 2 folds"],
        ),
        (["--stratify", "rare", "--method", "leave-one-out"], ["the training part of fold 1 has no rare 'y'"]),
        (["--stratify", "type", "--method", "hold-out", "--test-share", 0.01], ["a test share of 0.01 of 24 samples"]),
        (
            ["--group", "donor", "--folds", 2, "--inner-folds", 4],
            ["donor has 3 values, fewer than 4 inner folds of fold"],
        ),
        (["--inner-folds", 1], ["--inner-folds 1 leaves nothing"]),
        (["--method", "leave-one-group-out"], ["--group is missing"]),
        (
            ["--method", "leave-one-group-out", "--group", "donor", "--repeats", 2],
            ["--repeats would give the same folds"],
        ),
        (["--method", "leave-one-out", "--group", "donor"], ["it would part the members of a group"]),
        (["--method", "explicit"], ["no part is named"]),
        (["--test", "S01"], ["parts are named too", "use --method explicit"]),
        (
            ["--method", "explicit", "--test", "S99", "--validation", "S01"],
            ["unknown sample S99", "did you mean 'S19'?"],
        ),
        (
            ["--method", "explicit", "--test", "S01", "--validation", "S01"],
            ["'S01' is named for test and for validation"],
        ),
        (["--method", "explicit", "--validation", "S01"], ["fold 1 has no test part"]),
        (["--method", "explicit", "--test", *SAMPLES], ["fold 1 has no train part"]),
        (["--method", "explicit", "--test", "S00", "--group", "donor"], ["group 'D0' is in both test and train"]),
        (["--method", "explicit", "--test-groups", "D1"], ["--test-groups is given without --group"]),
        (["--method", "explicit", "--test-groups", "D9", "--group", "donor"], ["unknown donor D9"]),
        (
            ["--method", "explicit", "--test", "S01", "--validation", "S02", "--validation-share", 0.2],
            ["--validation-sh"],
        ),
        (["--of", "features"], ["--of features is given with a sample sheet"]),
        (["--folds", 1], ["1 is not within 2 to 1000"]),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(refused, sheet, args, messages):
    refused(["--samples", sheet, *args], *messages)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["is empty"]),
        ("sample\tdonor\n", ["holds no samples"]),
        ("sample,donor\na,b\n", ["samples.tsv:1", "is separated by commas"]),
        ("sample\tdonor\na\tx\nb\n", ["samples.tsv:3: has 1 columns, the header 2"]),
        ("sample\tdonor\na\tx\na\ty\n", ["samples.tsv:3: 'a' is there twice, first in line 2"]),
        ("sample\tdonor\n\tx\n", ["samples.tsv:2: has no sample"]),
        ("sample\tdonor\tdonor\na\tx\tx\n", ["column 'donor' is there twice"]),
        (b"\x1f\x8b\x08\x00cut", ["samples.tsv", "cannot be read"]),
        (b"\x89HDF\xff\xfe", ["samples.tsv:1: is not text in UTF-8"]),
        (b"sample\tdonor\na\tRen\xe9\n", ["samples.tsv:2: is not text in UTF-8: a\\tRen\\xe9; save it"]),
    ],
)
def test_a_bad_sheet_is_refused(refused, tmp_path, text, messages):
    path = tmp_path / "samples.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(["--samples", path], *messages)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("S99\ttest\n", "unknown sample S99"),
        ("S00\ttest\n", "gives no part to 23 samples"),
        ("S00\tTest\n", "part 'Test' is none of"),
    ],
)
def test_a_bad_table_of_parts_is_refused(sheet, tmp_path, rows, message):
    path = tmp_path / "parts.tsv"
    path.write_text("id\tpart\n" + rows)
    with pytest.raises(InputError) as error:
        splits.parts_of(splits.read_units(sheet), path)
    assert message in str(error.value)


def test_a_foreign_matrix_is_divided_as_any_other(split, tmp_path):
    path = tmp_path / "foreign.h5ad"
    anndata.AnnData(np.zeros((6, 2), np.float32)).write_h5ad(path)
    assert split("--matrix", path, "--folds", 3).ids == tuple("012345")


def test_the_script_on_its_own(run_script, assert_one_line_error, sheet, tmp_path):
    done = run_script("split_samples", "--samples", sheet, "--group", "donor", "--output", tmp_path / "split.tsv")
    assert done.returncode == 0
    assert done.stderr == "24 samples with 6 values of donor, folds: 5; train 16 to 20; test 4 to 8\n"
    absent = run_script("split_samples", "--samples", "absent", "--output", tmp_path / "x.tsv")
    assert_one_line_error(absent, "split_samples.py: error: absent: no such file")
    assert_one_line_error(run_script("split_samples", "--samples", sheet), "--output")


def test_names_that_a_table_cannot_hold_are_refused(bins):
    data = matrix.read(bins)
    for name in ("a b\tc", "a ", "a\nb"):
        data.obs_names = [name, "b", "c"]
        matrix.write(data, bins)
        with pytest.raises(InputError, match=r"sample name .* is empty, or has a tab"):
            splits.read_units(matrix_path=bins)


def test_missing_values_of_a_matrix_count_as_missing(bins):
    data = matrix.read(bins)
    data.obs["tissue"] = pd.Categorical(["t1", None, "t2"])
    data.obs["age"] = [1.0, np.nan, 3.0]
    matrix.write(data, bins)
    for column in ("tissue", "age"):
        with pytest.raises(InputError, match=f"1 samples have no {column}: b"):
            splits.read_units(matrix_path=bins, group=column)


def test_methods_of_script_and_library_are_the_same():
    assert split_samples.METHODS == splits.METHODS
