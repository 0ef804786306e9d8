"""The audit finds each planted leak, and nothing where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

import audit_split
from genloom import console
from genloom.errors import InputError
from genloom.formats import matrix, scratch
from genloom.formats import split as splits
from genloom.formats.split import Fold, Split
from genloom.formats.windows import Windows, Writer
from genloom.learning import audit

from . import planted_genes

SAMPLES, FEATURES, WINDOW = 40, 600, 300
Planted = tuple[anndata.AnnData, Split, dict[str, object]]


def made(values: np.ndarray, obs: dict[str, object] | None = None, var: pd.DataFrame | None = None) -> anndata.AnnData:
    names = [f"s{i}" for i in range(len(values))]
    features = pd.DataFrame(index=[f"f{i}" for i in range(values.shape[1])]) if var is None else var
    return matrix.build(values.astype(np.float32), pd.DataFrame(obs or {}, index=names), features, "genes")


def held_out(names: list[str], groups: list[str] | None = None) -> Split:
    """Of each four ids the last one is for testing."""
    parts = tuple("test" if i % 4 == 3 else "train" for i in range(len(names)))
    return Split((Fold("1", tuple(names), tuple(groups or [""] * len(names)), parts),))


def profiles(seed: int = 1) -> np.ndarray:
    """Expression of two classes that differ in some genes, with donors' own levels."""
    random = np.random.default_rng(seed)
    values = 6 + 2 * random.random(FEATURES) + random.normal(0, 0.6, (SAMPLES, FEATURES))
    values[::2, :30] += 1.5
    return values


def clean() -> Planted:
    obs = {"type": ["A", "B"] * (SAMPLES // 2), "donor": [f"d{i // 4 * 2 + (i % 4 == 3)}" for i in range(SAMPLES)]}
    return made(profiles(), obs), held_out([f"s{i}" for i in range(SAMPLES)]), {"label": "type"}


def with_values(change: Callable[[np.ndarray], object], **options: object) -> Planted:
    data, split, given = clean()
    values = data.X.copy()
    replaced = change(values)
    return made(values if replaced is None else replaced, dict(data.obs)), split, {**given, **options}  # type: ignore[arg-type]


def donors() -> Planted:
    data, split, given = clean()
    data.obs["donor"] = [f"d{i // 8}" for i in range(SAMPLES)]
    return data, split, {**given, "group": "donor"}


def duplicate(values: np.ndarray) -> None:
    values[7] = values[1]


def nearly(values: np.ndarray) -> None:
    values[7] = values[1] + np.random.default_rng(2).normal(0, 0.01, FEATURES)


def scaled(values: np.ndarray) -> None:
    values -= values.mean(0)
    values /= values.std(0)


def scaled_by_one_less(values: np.ndarray) -> None:
    """As pandas and R have the standard deviation."""
    values -= values.mean(0)
    values /= values.std(0, ddof=1)


def label_inside(values: np.ndarray) -> None:
    values[:, 5] = np.arange(SAMPLES) % 2


def chosen_noise(values: np.ndarray) -> np.ndarray:
    """Of 20,000 features of noise the 100 that tell the classes best apart over all samples."""
    noise = np.random.default_rng(3).normal(0, 1, (SAMPLES, 20_000))
    return noise[:, np.argsort(-np.abs(noise[::2].mean(0) - noise[1::2].mean(0)))[:100]]


def constant(values: np.ndarray) -> None:
    values[:, 9:12] = 4


def unseen_class() -> Planted:
    data, split, given = clean()
    data.obs["type"] = ["A", "B", "A", "C"] * (SAMPLES // 4)
    return data, split, given


def target_inside() -> Planted:
    data, split, _ = clean()
    targets = made(np.random.default_rng(4).normal(0, 1, (SAMPLES, 5)))
    values = data.X.copy()
    values[:, 3] = 2 * targets.X[:, 2] + 1
    return made(values, dict(data.obs)), split, {"targets": targets}


def two_namings() -> Planted:
    data, split, given = clean()
    data.var["chrom"] = ["chr1" if i % 2 else "1" for i in range(FEATURES)]
    return data, split, given


LEAKS: dict[str, tuple[Callable[[], Planted], str]] = {
    "a donor in two parts": (donors, "groups"),
    "a copied sample": (lambda: with_values(duplicate), "duplicate samples"),
    "a copied sample with noise": (lambda: with_values(nearly), "near-duplicate samples"),
    "scaled over all samples": (lambda: with_values(scaled), "scaling"),
    "scaled over all samples, by one less": (lambda: with_values(scaled_by_one_less), "scaling"),
    "the label as a feature": (lambda: with_values(label_inside), "target among the features"),
    "a target as a feature": (target_inside, "target among the features"),
    "features chosen on all samples": (lambda: with_values(chosen_noise), "feature choice"),
    "a class that is only tested": (unseen_class, "class imbalance"),
    "chromosomes under two names": (two_namings, "chromosome names"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_each_leak_between_samples_is_found_alone(leak: str) -> None:
    make, check = LEAKS[leak]
    data, split, options = make()
    found = audit.of_matrix(data, split, **options)  # type: ignore[arg-type]
    assert [each.check for each in found if each.level == audit.ERROR] == [check]
    with pytest.raises(InputError, match="leak: "):
        audit.refuse(found)


@pytest.mark.parametrize("leak", [*LEAKS, "none"])
def test_blocks_and_files_change_nothing(leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, split, options = LEAKS[leak][0]() if leak != "none" else clean()
    whole = audit.of_matrix(data, split, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(scratch, "BLOCK", 2000)
    monkeypatch.setattr(audit, "_BLOCK", 7)
    assert audit.of_matrix(data, split, **options) == whole  # type: ignore[arg-type]
    given = {name: value for name, value in options.items() if name != "targets"}
    if targets := options.get("targets"):
        given["targets_path"] = tmp_path / "targets.h5ad"
        targets.write_h5ad(given["targets_path"])  # type: ignore[attr-defined]
    for name in ("dense", "sparse"):
        path = tmp_path / f"{name}.h5ad"
        kept = data.copy()
        kept.X = csr_matrix(data.X) if name == "sparse" else data.X
        kept.write_h5ad(path)
        assert audit.of_files(split, path, **given) == whole  # type: ignore[arg-type]


def test_values_that_are_not_finite_are_named(tmp_path: Path) -> None:
    data, split, _ = clean()
    data.X[5, 3] = np.nan
    data.write_h5ad(tmp_path / "m.h5ad")
    with pytest.raises(InputError, match=f"the first in sample {data.obs_names[5]!r}, feature {data.var_names[3]!r}"):
        audit.of_files(split, tmp_path / "m.h5ad")


def test_values_cut_off_are_one_line(tmp_path: Path) -> None:
    """Of a matrix read in blocks a fault in the values is met in the middle of the work."""
    data, split, _ = clean()
    data.write_h5ad(path := tmp_path / "m.h5ad", compression="gzip")
    with h5py.File(path) as file:
        chunk = file["X"].id.get_chunk_info(0)
    with path.open("r+b") as out:
        out.seek(chunk.byte_offset)
        out.write(b"\0" * chunk.size)
    with pytest.raises(InputError, match="cannot be read"):
        audit.of_files(split, path)


def windows(path: Path, overlap: bool = False, twice: bool = False, paralog: bool = False) -> tuple[Windows, Split]:
    """Genes in a row, two windows each; the third of four genes is for testing."""
    random = np.random.default_rng(1)
    codes = random.integers(0, 4, (40, WINDOW), dtype=np.uint8)
    start = np.arange(40) * WINDOW
    genes = [f"g{i // 2}" for i in range(40)]
    parts = ["test" if i // 2 % 4 == 2 else "train" for i in range(40)]
    if overlap:
        start[4] -= 50  # the first window of the third gene runs into the second gene's
    if twice:
        genes[3] = "g1,g2"
    if paralog:
        codes[4:6] = np.where(random.random((2, WINDOW)) < 0.01, 0, codes[0:2])
    names = [f"w{i}" for i in range(40)]
    table = {
        "chrom": ["chr1"] * 40,
        "start": start,
        "end": start + WINDOW,
        "strand": ["+"] * 40,
        "gene": genes,
        "name": names,
    }
    none = np.zeros(0, int)
    with Writer(path, "boundaries", WINDOW) as out:
        out.add(codes, {name: np.array(column) for name, column in table.items()}, sites=(none, none, none))
    return Windows(path), Split((Fold("1", tuple(names), ("",) * 40, tuple(parts)),))


@pytest.mark.parametrize(
    ("leak", "check"), [("overlap", "overlapping windows"), ("twice", "genes"), ("paralog", "paralogs")]
)
def test_each_leak_between_windows_is_found_alone(leak: str, check: str, tmp_path: Path) -> None:
    data, split = windows(tmp_path / "w.h5", **{leak: True})
    with data:
        found = audit.of_windows(data, split)
    assert [each.check for each in found] == [check] and found[0].level == audit.ERROR


def test_open_in_one_sample_alone_is_no_leak() -> None:
    """Of few samples many bins and many genes are found in the same one: that says nothing."""
    random = np.random.default_rng(5)
    alone = np.eye(SAMPLES)[random.integers(0, SAMPLES, 30)].T * random.random(30)
    features, targets = profiles(), random.normal(0, 1, (SAMPLES, 40))
    features[:, :30], targets[:, :30] = alone, 7 * alone
    data, split, _ = clean()
    assert audit.of_matrix(made(features, dict(data.obs)), split, targets=made(targets)) == []


def test_constant_features_and_rare_classes_are_warnings() -> None:
    data, split, options = with_values(constant)
    (found,) = audit.of_matrix(data, split, **options)  # type: ignore[arg-type]
    assert (found.level, found.check, found.count) == (audit.WARNING, "constant features", 3)
    audit.refuse([found])  # it is no leak
    data, split, options = clean()
    data.obs["type"] = ["rare" if i == 0 else each for i, each in enumerate(data.obs["type"])]
    (found,) = audit.of_matrix(data, split, **options)  # type: ignore[arg-type]
    assert (found.level, found.check, found.examples) == (audit.WARNING, "class imbalance", "rare (1)")


def test_a_column_called_donor_need_not_be_named_to_be_told() -> None:
    data, split, _ = donors()
    (found,) = audit.of_matrix(data, split, label="type")
    assert (found.level, found.check) == (audit.WARNING, "groups")


def test_samples_normalised_together_are_told() -> None:
    data, split, options = with_values(lambda x: np.sort(x, axis=1)[0][x.argsort(1).argsort(1)])
    (found,) = audit.of_matrix(data, split, **options)  # type: ignore[arg-type]
    assert (found.level, found.check) == (audit.WARNING, "normalisation")


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_in_clean_samples(seed: int) -> None:
    data, split, options = clean()
    data.X = profiles(seed).astype(np.float32)
    assert audit.of_matrix(data, split, **options, group="donor") == []  # type: ignore[arg-type]


def test_nothing_is_found_in_clean_windows(tmp_path: Path) -> None:
    data, split = windows(tmp_path / "w.h5")
    with data:
        assert audit.of_windows(data, split) == []


def test_nothing_is_found_in_written_numerals() -> None:
    """Where samples outnumber features all of these may well tell classes apart, and two numerals be much alike."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    data = made(digits.data, {"digit": digits.target.astype(str)})
    found = audit.of_matrix(data, held_out(list(data.obs_names)), label="digit")
    assert [each.check for each in found] == ["constant features"]  # corners where nobody writes


def test_nothing_is_found_in_leukemia() -> None:
    folder = os.environ.get("GENLOOM_TEST_DATA")
    path = Path(folder or "", "leukemia", "ALL_128x12625.csv.gz")
    if not folder or not path.exists():
        pytest.skip("GENLOOM_TEST_DATA names no folder with leukemia")
    table = pd.read_csv(path, low_memory=False)
    table = table[table["type"].isin(["NEG", "BCR/ABL", "ALL1/AF4", "E2A/PBX1"])]
    data = made(table.drop(columns=[table.columns[0], "type", "BT"]).to_numpy(float), {"type": table["type"].tolist()})
    found = audit.of_matrix(data, held_out(list(data.obs_names)), label="type")
    assert [each.level for each in found] == [audit.WARNING]
    assert found[0].examples == "E2A/PBX1 (5)"


# The script


def run(*options: object) -> int:
    return console.run(audit_split.build_parser, audit_split.main, [str(each) for each in options])


def files(folder: Path, planted: Planted) -> list[object]:
    data, split, _ = planted
    matrix.write(data, folder / "m.h5ad")
    splits.write(split, folder / "split.tsv")
    return ["--matrix", folder / "m.h5ad", "--split", folder / "split.tsv", "--findings", folder / "found.tsv"]


def test_script_writes_what_it_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [*files(tmp_path, with_values(duplicate)), "--label", "type"]
    assert run(*options) == 0
    header, line = (tmp_path / "found.tsv").read_text().splitlines()
    assert header.split("\t") == ["level", "check", "fold", "count", "what", "examples", "cure", "allowed"]
    assert line.split("\t")[:4] == ["error", "duplicate samples", "1", "1"] and "s1 = s7" in line
    (tmp_path / "found.tsv").unlink()
    capsys.readouterr()
    assert run(*options, "--strict") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "s1 = s7" in error and "--allow-leak" in error
    assert not (tmp_path / "found.tsv").exists()
    assert run(*options, "--strict", "--allow-leak", "technical\treplicates") == 0
    assert (tmp_path / "found.tsv").read_text().endswith("\ttechnical replicates\n")


def test_script_on_clean_windows_of_a_genome(tmp_path: Path) -> None:
    import extract_windows
    import split_samples

    fasta, gtf = planted_genes.write(tmp_path)
    w, s = tmp_path / "w.h5", tmp_path / "s.tsv"
    making = ["--kind", "boundaries", "--genome", fasta, "--annotation", gtf, "--window", 250, "--output", w]
    assert console.run(extract_windows.build_parser, extract_windows.main, list(map(str, making))) == 0
    dividing = ["--windows", w, "--method", "hold-out", "--test-share", 0.25, "--output", s]
    assert console.run(split_samples.build_parser, split_samples.main, list(map(str, dividing))) == 0
    assert run("--windows", w, "--split", s, "--findings", tmp_path / "f.tsv") == 0
    assert (tmp_path / "f.tsv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "typ"], "has no column 'typ'"),
        (["--group", "patient"], "has no column 'patient'"),
        (["--targets", "none.h5ad"], "no such file"),
    ],
)
def test_script_refuses(options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files(tmp_path, clean()), *options) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "found.tsv").exists()


def test_script_refuses_options_of_a_matrix_with_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, split = windows(tmp_path / "w.h5")
    data._file.close()
    splits.write(split, tmp_path / "s.tsv")
    made_with = ["--windows", tmp_path / "w.h5", "--split", tmp_path / "s.tsv", "--findings", tmp_path / "f.tsv"]
    assert run(*made_with, "--label", "type") == 2
    assert "--label has no meaning with --windows" in capsys.readouterr().err


def test_training_stops_at_a_leak_and_notes_why_it_may_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import train_model
    from genloom.formats import modelfile

    random = np.random.default_rng(1)
    open_, levels = random.random((24, 40)) < 0.4, random.normal(5, 1, (24, 6))
    open_[3] = open_[0]  # the first is tested, and so learned from
    starts = np.arange(40) * 1000
    bins = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 1000}, index=[f"chr1:{s}" for s in starts])
    names = [f"s{i}" for i in range(24)]
    for name, values, var in (
        ("bins", open_, bins),
        ("genes", levels, pd.DataFrame(index=[f"g{i}" for i in range(6)])),
    ):
        data = matrix.build(values.astype(np.float32), pd.DataFrame(index=names), var, name)
        matrix.write(data, tmp_path / f"{name}.h5ad")
    splits.write(held_out(names), tmp_path / "s.tsv")
    out = ["--model", tmp_path / "m.safetensors", "--predictions", tmp_path / "p.tsv"]
    given = ["--bins", tmp_path / "bins.h5ad", "--expression", tmp_path / "genes.h5ad", "--split", tmp_path / "s.tsv"]
    options = [str(each) for each in [*given, *out, "--architecture", "ridge"]]
    assert console.run(train_model.build_parser, train_model.main, options) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "1 pairs of equal samples are in two parts in fold 1: s0 = s3" in error
    assert not (tmp_path / "m.safetensors").exists() and not (tmp_path / "p.tsv").exists()
    assert console.run(train_model.build_parser, train_model.main, [*options, "--allow-leak", "a test"]) == 0
    audited = modelfile.read(tmp_path / "m.safetensors")[0]["audit"]
    assert audited["allowed"] == "a test" and audited["findings"][0].startswith("error: 1 pairs of equal samples")
