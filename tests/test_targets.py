"""Genes inferred from landmarks: planted programs are found, and not at random; sums in blocks are the plain models."""

from __future__ import annotations

import json
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge as SklearnRidge

import assemble_expression
import plot_results
import predict_model
import split_samples
import train_model
from genloom import console
from genloom.formats import blocks, matrix, modelfile
from genloom.learning import inferred, targets
from genloom.models import inference, moments
from genloom.models.inference import Lasso, Stack

DATA = Path(__file__).parents[1] / "test-data"
STEPS, LIST = DATA / "steps", DATA / "landmarks" / "landmarks.txt"


def run(script, *arguments) -> int:
    return console.run(script.build_parser, script.main, [str(each) for each in arguments])


def fails(capsys, script, *arguments) -> str:
    """The one line on stderr of a run that fails by the user's fault."""
    capsys.readouterr()
    try:
        status = run(script, *arguments)
    except SystemExit as stopped:
        status = stopped.code
    lines = [line for line in capsys.readouterr().err.splitlines() if ": error: " in line or "Traceback" in line]
    assert status == 2 and len(lines) == 1, lines
    return lines[0]


def write(path: Path, values: np.ndarray, samples=None, genes=None, symbols=None, obs=None) -> Path:
    samples = samples or [f"s{i}" for i in range(len(values))]
    genes = genes or [f"g{i}" for i in range(values.shape[1])]
    table = pd.DataFrame({"symbol": symbols or genes}, index=genes)
    facts = pd.DataFrame(obs or {}, index=samples)
    matrix.write(matrix.build(values.astype(np.float32), facts, table, "genes", {"unit": "log2"}), path)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A stack on the planted data, one study held out in turn."""
    folder = tmp_path_factory.mktemp("trained")
    given = ["--expression", STEPS / "landmarks.h5ad", "--landmarks", LIST, "--split", STEPS / "landmarks_split.tsv"]
    out = ["--model", folder / "model.safetensors", "--predictions", folder / "predictions.h5ad"]
    more = ["--compare", "kriging", "lasso", "kernel-ridge"]
    assert run(train_model, "--task", "targets", *given, *more, *out) == 0
    return folder


def test_planted_programs_are_found(trained):
    e = inferred.evaluate(trained / "predictions.h5ad", 200)
    mae, mean, reduction = e.get("mae"), e.get("mae", "mean"), e.get("mae_reduction")
    assert mae.value < 0.6 * mean.value and mae.high < mean.low
    assert reduction.low > 0.5
    assert e.get("genes_improved", "linear").value > 0.95 and e.get("genes_improved", "mean").low > 0.8
    assert {"stack", "kriging", "lasso", "kernel-ridge", "ridge", "knn", "pls", "linear", "mean"} == set(e.models)
    assert [fold[1] for fold in e.folds] == ["V", "W"] or [fold[1] for fold in e.folds] == ["W", "V"]


def test_nothing_is_found_where_the_genes_are_of_other_samples(tmp_path):
    assert (
        run(assemble_expression, "--matrix", DATA / "landmarks" / "permuted.gct", "--output", tmp_path / "m.h5ad") == 0
    )
    given = ["--expression", tmp_path / "m.h5ad", "--landmarks", LIST, "--split", STEPS / "landmarks_split.tsv"]
    out = ["--model", tmp_path / "model.safetensors", "--predictions", tmp_path / "p.h5ad"]
    assert run(train_model, "--task", "targets", *given, *out) == 0
    e = inferred.evaluate(tmp_path / "p.h5ad", 200)
    assert e.get("mae").value > 0.98 * e.get("mae", "mean").value


def test_the_measures_are_those_of_the_plain_arrays(trained):
    e = inferred.evaluate(trained / "predictions.h5ad", 300, 3)
    data = anndata.read_h5ad(trained / "predictions.h5ad")
    folds = [e.folds[i][0] for i in range(2)]
    number = [folds.index(name) for name in data.obs["fold"]]
    mean, sd = data.varm["mean"].T[number], data.varm["sd"].T[number]
    observed = (data.layers["observed"] - mean) / sd
    error = np.abs((data.X - mean) / sd - observed)
    linear = np.abs((data.layers["predicted_linear"] - mean) / sd - observed)
    assert e.get("mae").value == pytest.approx(error.mean(), rel=1e-5)
    assert e.get("mae_reduction").value == pytest.approx(1 - error.mean() / linear.mean(), rel=1e-4)
    assert e.get("genes_improved", "linear").value == (error.mean(0) < linear.mean(0)).mean()
    np.testing.assert_allclose(e.gene["stack"], error.mean(0), rtol=1e-4)
    np.testing.assert_allclose(e.sample["linear"], linear.mean(1), rtol=1e-4)
    r = [np.corrcoef(observed[:, j], ((data.X - mean) / sd)[:, j])[0, 1] for j in range(5)]
    np.testing.assert_allclose(e.r[:5], r, rtol=1e-3)
    # in the training part every gene has mean 0 and deviation 1 by what the file holds
    train = data.layers["observed"][data.obs["fold"] != folds[0]]
    np.testing.assert_allclose(train.mean(0), data.varm["mean"][:, 0], rtol=1e-4)
    np.testing.assert_allclose(train.std(0), data.varm["sd"][:, 0], rtol=1e-3)
    # paired: the difference is known better than either error
    difference, both = e.get("mae_difference", "mean"), (e.get("mae"), e.get("mae", "mean"))
    assert difference.high - difference.low < sum(each.high - each.low for each in both)


def test_what_is_held_out_does_not_touch_its_prediction(trained, tmp_path):
    """Other values of the targets of one study change no prediction of it."""
    data = anndata.read_h5ad(STEPS / "landmarks.h5ad")
    held = data.obs_names.str.startswith("W")
    data.X[np.ix_(held, np.arange(24, 84))] += 100 * np.random.default_rng(1).random((held.sum(), 60)).astype("f4")
    matrix.write(data, tmp_path / "m.h5ad")
    given = ["--expression", tmp_path / "m.h5ad", "--landmarks", LIST, "--split", STEPS / "landmarks_split.tsv"]
    out = ["--model", tmp_path / "model.safetensors", "--predictions", tmp_path / "p.h5ad"]
    assert run(train_model, "--task", "targets", *given, *out) == 0
    before, after = (
        anndata.read_h5ad(folder / name) for folder, name in ((trained, "predictions.h5ad"), (tmp_path, "p.h5ad"))
    )
    same = before.obs["group"] == "W"
    np.testing.assert_array_equal(before.X[same], after.X[same])
    assert not np.allclose(before.X[~same], after.X[~same])


def test_a_model_file_infers_as_the_model_did(trained, tmp_path):
    """Of a hold-out the model that judges is the one that is kept."""
    split = tmp_path / "split.tsv"
    assert run(split_samples, "--matrix", STEPS / "landmarks.h5ad", "--method", "hold-out", "--output", split) == 0
    given = ["--expression", STEPS / "landmarks.h5ad", "--landmarks", LIST, "--split", split]
    for name in ("mlp", "lasso", "knn", "linear"):
        more = ["--architecture", name, "--epochs", 4, "--hidden", 16]
        out = ["--model", tmp_path / "m.safetensors", "--predictions", tmp_path / "p.h5ad"]
        assert run(train_model, "--task", "targets", *given, *more, *out) == 0
        again = ["--model", tmp_path / "m.safetensors", "--landmarks", STEPS / "landmarks.h5ad"]
        assert run(predict_model, *again, "--inferred", tmp_path / "i.h5ad", "--table", tmp_path / "t.tsv") == 0
        held, new = anndata.read_h5ad(tmp_path / "p.h5ad"), matrix.read(tmp_path / "i.h5ad", "genes")
        np.testing.assert_allclose(new[held.obs_names].X, held.X, atol=2e-5, err_msg=name)
        assert list(new.var["symbol"]) == [f"TGT{i}" for i in range(1, 61)]


def test_gct_goes_round(trained, tmp_path):
    given = ["--model", trained / "model.safetensors", "--landmarks", STEPS / "new_landmarks.h5ad"]
    assert run(predict_model, *given, "--gct", tmp_path / "new.gct", "--inferred", tmp_path / "new.h5ad") == 0
    assert (tmp_path / "new.gct").read_text().splitlines()[:3] == [
        "#1.3",
        "60\t3\t1\t0",
        "id\tpr_gene_symbol\tN1\tN2\tN3",
    ]
    assert run(assemble_expression, "--matrix", tmp_path / "new.gct", "--output", tmp_path / "again.h5ad") == 0
    again, first = (matrix.read(tmp_path / f"{name}.h5ad", "genes") for name in ("again", "new"))
    assert list(again.var["symbol"]) == list(first.var["symbol"])
    np.testing.assert_allclose(again.X, first.X, rtol=1e-5)


def test_the_report_speaks_plainly(trained, tmp_path):
    given = [
        "--task",
        "targets",
        "--predictions",
        trained / "predictions.h5ad",
        "--model",
        trained / "model.safetensors",
    ]
    out = [
        f"--{name}={tmp_path / name}"
        for name in ("report", "metrics", "metrics-json", "gene-table", "sample-table", "figures")
    ]
    assert run(plot_results, *given, *out, "--bootstrap", 50) == 0
    report = (tmp_path / "report").read_text()
    assert "less than linear regression" in report and "and better in" in report and "<script" not in report
    assert "The best genes" in report and "The worst genes" in report
    rows = json.loads((tmp_path / "metrics-json").read_text())
    assert {row["metric"] for row in rows} == {"mae", "mae_reduction", "mae_difference", "genes_improved"}
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        f"{name}.png" for name in ("models", "errors", "genes", "pairs", "density")
    }


# ---------------------------------------------------------------- sums in blocks


def made(n: int, p: int = 12, q: int = 7, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(3, 2, (n, p))
    return x, x @ random.normal(0, 1, (p, q)) + random.normal(5, 1, (n, q))


def gathered(x, y, folds, size=16):
    parts = ((x[i : i + size], y[i : i + size], folds[i : i + size]) for i in range(0, len(x), size))
    return moments.gather(parts, x.shape[1], y.shape[1], int(folds.max()) + 1)


def test_ridge_from_sums_is_ridge(monkeypatch):
    x, y = made(90)
    total, inner = gathered(x, y, np.arange(90) % 3)
    model = moments.Ridge(sharper=0.0, penalty=0.5).fit(total, inner)
    s = total.standard()
    z, t = (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0)
    plain = SklearnRidge(alpha=0.5 * 12, fit_intercept=False).fit(z, t)  # 0.5 * landmarks / samples, on sums
    np.testing.assert_allclose(model.arrays["weights"], plain.coef_.T, atol=1e-5)
    np.testing.assert_allclose(s.inputs(x), z, atol=1e-5)


@pytest.mark.parametrize("n", [9, 90])
def test_linear_regression_is_that_of_least_norm(n):
    x, y = made(n)
    total, _ = gathered(x, y, np.zeros(n, int))
    z, t = (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0)
    weights = moments.Linear().fit(total, ()).arrays["weights"]
    np.testing.assert_allclose(weights, np.linalg.lstsq(z, t, rcond=None)[0], atol=1e-4)


def test_errors_from_sums_are_those_of_the_samples():
    x, y = made(60)
    folds = np.arange(60) % 3
    total, inner = gathered(x, y, folds)
    fit = total.without(inner[1])
    standard, (correlations, cross) = fit.standard(), fit.correlations()
    factored = moments.Factored(correlations, 0.4)
    found = factored.errors(cross, [0.01, 1.0], inner[1], standard)
    held = folds == 1
    for penalty, error in zip([0.01, 1.0], found, strict=True):
        predicted = standard.inputs(x[held]) @ moments.solved(correlations, cross, 0.4, penalty)
        assert error == pytest.approx(float(((predicted - standard.targets(y[held])) ** 2).sum()), rel=1e-4)


def test_inner_folds_see_noise(monkeypatch):
    """Where targets have nothing to do with the landmarks, the largest penalty is chosen."""
    random = np.random.default_rng(4)
    x, y = random.normal(0, 1, (60, 12)), random.normal(0, 1, (60, 30))
    total, inner = gathered(x, y, np.arange(60) % 5)
    assert moments.Ridge().fit(total, inner).settings["penalty"] == moments.PENALTIES[-1]


def test_large_matrices_are_read_in_blocks(trained, tmp_path, monkeypatch):
    """Nothing depends on whether a matrix is in memory: the same bytes."""
    args = [STEPS / "landmarks.h5ad", LIST, "none", "refuse"]
    small = targets.load(*args)
    monkeypatch.setattr(blocks, "IN_MEMORY", 10)
    monkeypatch.setattr(blocks, "ROWS", 7)
    large = targets.load(*args)
    assert small.reader.held is not None and large.reader.held is None
    assert small.digests == large.digests
    np.testing.assert_array_equal(small.x, large.x)
    parts = list(large.reader.blocks(np.array([1, 3, 45]), np.arange(5)))  # rows far apart are not read in one piece
    assert [part for part, _ in parts] == [slice(0, 2), slice(2, 3)]
    np.testing.assert_array_equal(np.concatenate([v for _, v in parts]), small.reader.held[[1, 3, 45], :5])
    given = ["--expression", STEPS / "landmarks.h5ad", "--landmarks", LIST, "--split", STEPS / "landmarks_split.tsv"]
    out = ["--model", tmp_path / "m.safetensors", "--predictions", tmp_path / "p.h5ad", "--architecture", "kriging"]
    assert run(train_model, "--task", "targets", *given, *out) == 0
    found, first = anndata.read_h5ad(tmp_path / "p.h5ad"), anndata.read_h5ad(trained / "predictions.h5ad")
    np.testing.assert_allclose(found.X, first.layers["predicted_kriging"], atol=1e-5)


def test_setting_right_and_trust():
    random = np.random.default_rng(2)
    t = random.normal(0, 1, (100, 5)).astype(np.float32)
    slope, shift = inference.set_right(2 * t + 3, t)
    assert (slope < 0.5).all() and (shift < 0).all()
    assert inference.trust(t, 0.5 * t) == 0.5 and inference.trust(t, -t) == 0
    folds = np.arange(100) % 4
    assert inference.gain(2 * t, t, folds) > 0
    assert inference.gain(random.normal(0, 0.01, t.shape).astype(np.float32) + t, t, folds) < 1


def test_a_lasso_is_sparse():
    x, _ = made(80, 30, 4)
    z = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    t = (z[:, :2] @ np.ones((2, 4)) / 2).astype(np.float32)
    model = Lasso().fit(z, t, np.arange(80) % 4)
    weights = model.arrays["weights"]
    assert np.abs(weights[:2]).min() > 0.3 and np.abs(weights[2:]).max() < 0.1
    assert Stack.members  # the stack has none of it


# ---------------------------------------------------------------- bad input


@pytest.fixture()
def given(tmp_path):
    """A matrix of 20 samples: 4 landmarks, 6 others; its split, and the options of a run."""
    x, y = made(20, 4, 6)
    write(tmp_path / "m.h5ad", np.concatenate([x, y], 1))
    (tmp_path / "list.txt").write_text("g0\ng1\ng2\ng3\n")
    assert run(split_samples, "--matrix", tmp_path / "m.h5ad", "--folds", 2, "--output", tmp_path / "split.tsv") == 0

    def options(**other):
        files = {"expression": "m.h5ad", "landmarks": "list.txt", "split": "split.tsv", **other}
        named = [part for name, file in files.items() for part in (f"--{name}", tmp_path / file)]
        out = ["--model", tmp_path / "model.safetensors", "--predictions", tmp_path / "p.h5ad"]
        return ["--task", "targets", "--architecture", "ridge", *named, *out]

    yield options
    if not (tmp_path / "model.safetensors").exists():
        assert not [path for path in tmp_path.iterdir() if path.name in ("p.h5ad",) or path.name.startswith(".genloom")]


def test_landmarks_that_are_missing_are_named(given, tmp_path, capsys):
    (tmp_path / "other.txt").write_text("g0\nG99\ng1\nG98\n")
    line = fails(capsys, train_model, *given(landmarks="other.txt"))
    assert "2 of the landmarks listed are not in m.h5ad: G99, G98" in line and "other.txt" in line
    assert run(train_model, *given(landmarks="other.txt"), "--missing-landmarks", "fill") == 0
    assert "2 landmarks not measured: left out" in capsys.readouterr().err
    card, _ = modelfile.read(tmp_path / "model.safetensors", "targets")
    assert card["features"]["names"] == ["g0", "g1"] and card["left_out"] == {"landmarks not measured": 2}


def test_new_samples_without_a_landmark_are_refused_or_filled(given, tmp_path, capsys):
    assert run(train_model, *given()) == 0
    data = matrix.read(tmp_path / "m.h5ad")
    matrix.write(data[:, [0, 1, 3, 5]].copy(), tmp_path / "new.h5ad")
    wanted = [
        "--model",
        tmp_path / "model.safetensors",
        "--landmarks",
        tmp_path / "new.h5ad",
        "--inferred",
        tmp_path / "i.h5ad",
    ]
    line = fails(capsys, predict_model, *wanted)
    assert "lacks 1 of the 4 landmarks of the model: g2" in line and not (tmp_path / "i.h5ad").exists()
    assert run(predict_model, *wanted, "--missing-landmarks", "fill") == 0
    assert "1 of 4 landmarks are filled" in capsys.readouterr().err
    filled = data.copy()
    filled.X[:, 2] = data.X[:, 2].mean()
    matrix.write(filled, tmp_path / "filled.h5ad")
    again = [*wanted[:3], tmp_path / "filled.h5ad", "--inferred", tmp_path / "j.h5ad"]
    assert run(predict_model, *again) == 0
    np.testing.assert_allclose(*(matrix.read(tmp_path / f"{name}.h5ad").X for name in "ij"), atol=1e-4)


def test_landmarks_by_symbol_entrez_or_ensembl(tmp_path):
    table = pd.DataFrame(
        {"symbol": ["A", "B", "C", "C"], "pr_gene_id": ["11", "12", "13", "13"], "ensembl": ["E1", "E2", "E3", "E3"]},
        index=["1_at", "2_at", "3_at", "4_at"],
    )
    for names in (["1_at", "3_at"], ["A", "B"], ["11", "12"], ["E1", "E2"]):
        rows = targets._match(names, table, "list")
        assert rows.tolist() == [0, 2 if names[0] == "1_at" else 1]


def test_landmarks_of_l1000_by_entrez_id(real_data, tmp_path):
    """What a GCT 1.3 says of its genes goes along, so that its landmarks are found by their Entrez ids."""
    gct = real_data("landmark/test_l1000.gct.gz")
    assert run(assemble_expression, "--matrix", gct, "--negative", "keep", "--output", tmp_path / "l.h5ad") == 0
    table = matrix.read(tmp_path / "l.h5ad", "genes").var
    entrez = ["5720", "55847", "7416"]
    assert table["symbol"].iloc[targets._match(entrez, table, "list")].tolist() == ["PSME1", "CISD1", "VDAC1"]


def test_a_symbol_of_two_probes_is_not_guessed(given, tmp_path, capsys):
    x, y = made(20, 4, 6)
    symbols = ["A", "B", "C", "C", *"DEFGHI"]
    write(tmp_path / "m.h5ad", np.concatenate([x, y], 1), symbols=symbols)
    (tmp_path / "list.txt").write_text("A\nC\n")
    assert "'C' may be 2 genes: g2, g3" in fails(capsys, train_model, *given())


def test_landmarks_among_the_targets_are_taken_out(given, tmp_path, capsys):
    x, _ = made(20, 4, 6)
    write(tmp_path / "l.h5ad", x)
    assert run(train_model, *given(landmarks="l.h5ad")) == 0
    assert "4 targets that are landmarks: left out" in capsys.readouterr().err
    assert list(anndata.read_h5ad(tmp_path / "p.h5ad").var_names) == [f"g{i}" for i in range(4, 10)]
    write(tmp_path / "m.h5ad", x)
    assert "holds no gene beside the landmarks" in fails(capsys, train_model, *given())


def test_genes_that_do_not_vary_are_counted_and_not_judged(given, tmp_path, capsys):
    x, y = made(20, 4, 6)
    x[:, 1], y[:, 2] = 5, 7
    write(tmp_path / "m.h5ad", np.concatenate([x, y], 1))
    (tmp_path / "list.txt").write_text("g0\ng1\ng2\ng2\ng3\n")
    assert run(train_model, *given(), "--allow-leak", "a constant gene is meant to be there") == 0
    said = capsys.readouterr().err
    assert "1 landmarks do not vary" in said and "1 targets do not vary" in said and "1 landmarks listed twice" in said
    e = inferred.evaluate(tmp_path / "p.h5ad", 20)
    assert e.constant == 1 and np.isnan(e.gene["ridge"][2]) and np.isfinite(e.gene["ridge"]).sum() == 5
    np.testing.assert_allclose(anndata.read_h5ad(tmp_path / "p.h5ad").X[:, 2], 7)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda folder: (folder / "list.txt").write_text("\n"), "is empty"),
        (lambda folder: (folder / "list.txt").write_text("x1\nx2\n"), "2 of the landmarks listed"),
        (lambda folder: (folder / "m.h5ad").write_text("gene\ts1\n"), "is not an .h5ad file"),
        (lambda folder: write(folder / "m.h5ad", np.full((20, 10), np.nan)), "not finite numbers"),
        (lambda folder: write(folder / "m.h5ad", made(15, 5, 5)[0]), "names 5 samples"),
    ],
)
def test_bad_files_are_refused(given, tmp_path, capsys, change, what):
    change(tmp_path)
    assert what in fails(capsys, train_model, *given())


def test_bad_options_are_refused(given, tmp_path, capsys):
    assert "--landmarks" in fails(capsys, train_model, *given()[:4], *given()[4:6], *given()[8:])
    assert "is no model of --task targets" in fails(capsys, train_model, *given(), "--compare", "forest")
    assert "--bins has no meaning for --task targets" in fails(
        capsys, train_model, *given(), "--bins", tmp_path / "m.h5ad"
    )
    write(tmp_path / "l.h5ad", -made(20, 4, 2)[0])
    assert "holds negative values" in fails(capsys, train_model, *given(landmarks="l.h5ad"), "--transform", "log")
    other = write(tmp_path / "o.h5ad", made(20)[0], samples=[f"t{i}" for i in range(20)])
    assert "20 samples that" in fails(capsys, train_model, *given(landmarks=other.name))


def test_other_models_and_matrices_are_refused(trained, tmp_path, capsys):
    wanted = [
        "--model",
        trained / "model.safetensors",
        "--landmarks",
        STEPS / "expression.h5ad",
        "--gct",
        tmp_path / "i.gct",
    ]
    assert "holds none of the 24 landmarks of the model" in fails(capsys, predict_model, *wanted)
    assert "--bins is for 'expression'" in fails(
        capsys,
        predict_model,
        "--model",
        trained / "model.safetensors",
        "--bins",
        STEPS / "bins.h5ad",
        "--gct",
        tmp_path / "i.gct",
    )
    line = fails(
        capsys,
        plot_results,
        "--task",
        "targets",
        "--predictions",
        STEPS / "expression.h5ad",
        "--metrics",
        tmp_path / "m",
    )
    assert "holds no predictions of targets" in line
    card, arrays = modelfile.read(trained / "model.safetensors")
    modelfile.write(tmp_path / "cut.safetensors", {k: v for k, v in arrays.items() if "weights" not in k}, card)
    wanted[1], wanted[3] = tmp_path / "cut.safetensors", STEPS / "new_landmarks.h5ad"
    assert "has arrays that do not fit together" in fails(capsys, predict_model, *wanted)
    assert not (tmp_path / "i.gct").exists()
