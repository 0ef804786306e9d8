"""train_model and predict_model on planted matrices: what is planted is found, what is wrong is named."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from genloom.formats import matrix, modelfile

SAMPLES = [f"s{i}" for i in range(16)]
SETTINGS = {"bin_size": 1000, "value": "max-signal"}


def bins(x, samples=SAMPLES, chrom="chr1", settings=SETTINGS, assembly="toy"):
    start = np.arange(x.shape[1]) * 1000
    features = pd.DataFrame(
        {"chrom": chrom, "start": start, "end": start + 1000}, index=[f"{chrom}:{s}-{s + 1000}" for s in start]
    )
    return matrix.build(sp.csr_matrix(x), pd.DataFrame(index=samples), features, "bins", settings, assembly=assembly)


def genes(y, samples=SAMPLES, unit="log2(TPM+1)", assembly="toy"):
    number = np.arange(y.shape[1])
    features = pd.DataFrame(
        {
            "symbol": [f"G{i}" for i in number],
            "chrom": "chr1",
            "tss": 20_500 * number + 10_200,
            "strand": np.where(number % 2, "-", "+"),
        },
        index=[f"g{i}" for i in number],
    )
    return matrix.build(y, pd.DataFrame(index=samples), features, "genes", {"unit": unit}, assembly=assembly)


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(3)
    hidden = np.repeat(rng.normal(size=(4, 3)), 4, 0) + 0.5 * rng.normal(size=(16, 3))
    x = np.maximum(hidden @ rng.normal(size=(3, 200)) + 0.5 * rng.normal(size=(16, 200)), 0)
    return x.astype(np.float32), (hidden @ rng.normal(size=(3, 9)) + 0.2 * rng.normal(size=(16, 9)) + 5).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("matrices")
    matrix.write(bins(values[0]), path / "bins.h5ad")
    matrix.write(genes(values[1]), path / "genes.h5ad")
    rows = [
        f"{fold}\t{s}\td{i // 4}\t{'test' if i // 4 == fold else 'train'}"
        for fold in range(4)
        for i, s in enumerate(SAMPLES)
    ]
    (path / "split.tsv").write_text("\n".join(["fold\tid\tgroup\tpart", *rows]) + "\n")
    return path


@pytest.fixture
def train(run_script, folder, tmp_path):
    def run(*more, **inputs):
        files = {
            "bins": folder / "bins.h5ad",
            "expression": folder / "genes.h5ad",
            "split": folder / "split.tsv",
            **inputs,
        }
        named = [part for name, path in files.items() for part in (f"--{name}", path)]
        return run_script(
            "train_model",
            *named,
            "--architecture",
            "ridge",
            "--transform",
            "none",
            "--model",
            tmp_path / "m.safetensors",
            "--predictions",
            tmp_path / "p.tsv",
            *more,
        )

    return run


@pytest.fixture(scope="module")
def model(run_script, folder):
    result = run_script(
        "train_model",
        "--bins",
        folder / "bins.h5ad",
        "--expression",
        folder / "genes.h5ad",
        "--split",
        folder / "split.tsv",
        "--model",
        folder / "m.safetensors",
        "--predictions",
        folder / "p.tsv",
        "--architecture",
        "ridge",
        "--transform",
        "none",
        "--permutations",
        5,
        "--permutation-table",
        folder / "perm.tsv",
    )
    assert result.returncode == 0, result.stderr
    return folder / "m.safetensors"


def table(path):
    return pl.read_csv(path, separator="\t")


def test_held_out_samples_are_judged_beside_baselines(model, folder, values):
    rows = table(folder / "p.tsv")
    assert rows.columns == [
        "id",
        "target",
        "fold",
        "part",
        "observed",
        "predicted",
        "predicted_mean",
        "predicted_knn",
        "predicted_kernel-ridge",
        "predicted_pls",
    ]
    assert len(rows) == 16 * 9
    one = rows.filter((pl.col("id") == "s6") & (pl.col("target") == "g2")).row(0, named=True)
    held = np.arange(16) // 4 == 1
    assert one["observed"] == pytest.approx(values[1][6, 2], rel=1e-5)
    assert one["predicted_mean"] == pytest.approx(values[1][~held, 2].mean(), rel=1e-5)


def test_planted_relation_beats_its_permutations(model, folder):
    skills = table(folder / "perm.tsv")["skill"].to_list()
    assert len(skills) == 6
    assert skills[0] > 0.3
    assert max(skills[1:]) < 0.15
    card, _ = modelfile.read(model)
    assert card["metrics"]["skill"] == pytest.approx(skills[0], abs=1e-5)


def test_same_in_same_out(train, model, folder, tmp_path):
    assert train().returncode == 0
    assert (tmp_path / "m.safetensors").read_bytes() == model.read_bytes()
    assert (tmp_path / "p.tsv").read_bytes() == (folder / "p.tsv").read_bytes()


@pytest.mark.parametrize("architecture", ["mean", "knn", "kernel-ridge", "pls", "gene-centred", "mlp"])
def test_model_file_predicts_what_the_model_did(train, run_script, folder, tmp_path, architecture):
    """A hold-out split: the kept model is the judged one, so the file must reproduce the held-out predictions."""
    rows = [f"1\t{s}\t\t{'test' if i > 11 else 'validation' if i > 8 else 'train'}" for i, s in enumerate(SAMPLES)]
    (tmp_path / "one.tsv").write_text("\n".join(["fold\tid\tgroup\tpart", *rows]) + "\n")
    result = train(
        "--architecture", architecture, "--epochs", 10, "--history", tmp_path / "h.tsv", split=tmp_path / "one.tsv"
    )
    assert result.returncode == 0, result.stderr
    result = run_script(
        "predict_model",
        "--model",
        tmp_path / "m.safetensors",
        "--bins",
        folder / "bins.h5ad",
        "--expression",
        folder / "genes.h5ad",
        "--predictions",
        tmp_path / "new.tsv",
        "--table",
        tmp_path / "wide.tsv",
    )
    assert result.returncode == 0, result.stderr
    keys = ["id", "target", "observed", "predicted", "predicted_mean"]
    judged, new = table(tmp_path / "p.tsv").select(keys), table(tmp_path / "new.tsv").select(keys)
    assert new.filter(pl.col("id").is_in(judged["id"].implode())).equals(judged)
    assert table(tmp_path / "wide.tsv").shape == (9, 17)
    curves = table(tmp_path / "h.tsv")
    assert set(curves["part"]) == ({"train", "validation"} if architecture == "mlp" else set())


def test_bins_are_aligned_by_place(run_script, model, folder, values, tmp_path):
    """Chromosome 1 for chr1, bins in another order, unknown bins more, empty bins left out: the same predictions."""
    x = values[0][:3]
    other = bins(np.concatenate([x, np.ones((3, 5), np.float32)], 1), ["a", "b", "c"], chrom="1")
    keep = np.r_[np.flatnonzero(x.any(0)), 200:205][::-1]
    matrix.write(other[:, keep].copy(), tmp_path / "new.h5ad")
    result = run_script(
        "predict_model", "--model", model, "--bins", tmp_path / "new.h5ad", "--predictions", tmp_path / "new.tsv"
    )
    assert result.returncode == 0, result.stderr
    assert "5 of " in result.stderr
    run_script("predict_model", "--model", model, "--bins", folder / "bins.h5ad", "--predictions", tmp_path / "old.tsv")
    new, old = table(tmp_path / "new.tsv"), table(tmp_path / "old.tsv").head(27)
    np.testing.assert_allclose(new["predicted"], old["predicted"], rtol=1e-4)
    assert new["observed"].null_count() == 27


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": {**SETTINGS, "bin_size": 500}}, ["bin_size 500", "1000"]),
        ({"assembly": "other"}, ["assembly other", "toy"]),
        ({"chrom": "chrX"}, ["chrX", "chr1"]),
    ],
)
def test_bins_that_do_not_fit_the_model(run_script, assert_one_line_error, model, values, tmp_path, change, words):
    matrix.write(bins(values[0], **change), tmp_path / "new.h5ad")
    result = run_script(
        "predict_model", "--model", model, "--bins", tmp_path / "new.h5ad", "--predictions", tmp_path / "o.tsv"
    )
    assert_one_line_error(result, "new.h5ad", *words)
    assert not (tmp_path / "o.tsv").exists()


def test_sample_without_expression(train, assert_one_line_error, values, tmp_path):
    matrix.write(genes(values[1][1:], SAMPLES[1:]), tmp_path / "fewer.h5ad")
    assert_one_line_error(train(expression=tmp_path / "fewer.h5ad"), "bins.h5ad", "fewer.h5ad lacks", "s0")
    assert [p.name for p in tmp_path.iterdir()] == ["fewer.h5ad"]


def test_sample_without_peaks_is_said(train, folder, values, tmp_path):
    matrix.write(genes(np.concatenate([values[1], values[1][:1]]), [*SAMPLES, "extra"]), tmp_path / "more.h5ad")
    result = train(expression=tmp_path / "more.h5ad")
    assert result.returncode == 0
    assert "not used: extra" in result.stderr
    assert (tmp_path / "p.tsv").read_bytes() == (folder / "p.tsv").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0\ts3\t", "0\tS3\t", ["names 1 samples", "S3", "s3"]),
        ("\ttest", "\ttrain", ["fold 0 has no test part"]),
        ("0\ts0\td0\ttest", "0\ts0\td0\ttrain", ["group 'd0' is in both"]),
        ("fold\tid", "fold\tname", ["split.tsv:1", "id"]),
    ],
)
def test_bad_splits(train, assert_one_line_error, folder, tmp_path, old, new, words):
    (tmp_path / "split.tsv").write_text((folder / "split.tsv").read_text().replace(old, new))
    assert_one_line_error(train(split=tmp_path / "split.tsv"), *words)
    assert [p.name for p in tmp_path.iterdir()] == ["split.tsv"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"bins": "genes.h5ad"}, ["holds genes, bins are wanted"]),
        ({"bins": "missing.h5ad"}, ["no such file"]),
        ({"expression": "split.tsv"}, ["is not an .h5ad file"]),
    ],
)
def test_wrong_files(train, assert_one_line_error, folder, inputs, words):
    assert_one_line_error(train(**{k: folder / v for k, v in inputs.items()}), *words)


def test_gene_centred_needs_start_sites(train, assert_one_line_error, values, tmp_path):
    placeless = genes(values[1])
    del placeless.var["tss"]
    matrix.write(placeless, tmp_path / "placeless.h5ad")
    result = train("--architecture", "gene-centred", expression=tmp_path / "placeless.h5ad")
    assert_one_line_error(result, "start sites", "--annotation")


def test_negative_bins(train, assert_one_line_error, values, tmp_path):
    matrix.write(bins(-values[0]), tmp_path / "negative.h5ad")
    assert_one_line_error(train(bins=tmp_path / "negative.h5ad"), "negative.h5ad", "negative")


def test_option_without_its_partner(train, assert_one_line_error, tmp_path):
    assert_one_line_error(train("--permutation-table", tmp_path / "x"), "--permutations")


def rewritten(model, path, **changes):
    card, arrays = modelfile.read(model)
    card.update(changes)
    from safetensors.numpy import save_file

    save_file(arrays, path, metadata={"genloom": json.dumps(card)})


BOUNDARIES = Path(__file__).parents[1] / "test-data" / "steps" / "boundaries.safetensors"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda m, p: p.write_bytes(m.read_bytes()[:-100]), ["is not a whole .safetensors file"]),
        (lambda m, p: p.write_bytes(m.read_bytes()[:40]), ["is not a whole .safetensors file"]),
        (lambda m, p: rewritten(m, p, format=99), ["format version 99", "newer genloom"]),
        (lambda m, p: rewritten(m, p, task="boundaries"), ["'boundaries'", "card without members"]),
        (lambda m, p: p.write_bytes(BOUNDARIES.read_bytes()), ["'boundaries'", "'expression'"]),
        (lambda m, p: rewritten(m, p, architecture="oracle"), ["oracle"]),
        (lambda m, p: rewritten(m, p, targets={"names": ["g0"], "symbols": []}), ["another number of targets"]),
        (lambda m, p: rewritten(m, p, format="x"), ["damaged card"]),
        (lambda m, p: p.write_bytes(b"\x80\x04\x95pickle"), ["is not a whole .safetensors file"]),
    ],
)
def test_bad_model_files(run_script, assert_one_line_error, model, folder, tmp_path, make, words):
    make(model, tmp_path / "bad.safetensors")
    result = run_script(
        "predict_model",
        "--model",
        tmp_path / "bad.safetensors",
        "--bins",
        folder / "bins.h5ad",
        "--predictions",
        tmp_path / "o.tsv",
    )
    assert_one_line_error(result, "bad.safetensors", *words)
    assert not (tmp_path / "o.tsv").exists()
