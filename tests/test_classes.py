"""Classes of samples: what is planted is told and noise is not, a new sample is predicted alone, what is wrong is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

import plot_results
import predict_model
import split_samples
import train_model
from genloom import console
from genloom.errors import InputError
from genloom.formats import modelfile, results
from genloom.formats.split import Fold, Split
from genloom.learning import classes, classification
from genloom.learning.profiles import Preparation, Profiles, variance_ratio
from genloom.models.classifiers import softmax

SCRIPTS = {m.__name__: m for m in (split_samples, train_model, predict_model, plot_results)}
STEPS = Path(__file__).parents[1] / "test-data" / "steps"
KINDS = ["x"] * 12 + ["y"] * 10 + ["z"] * 8
PLANTED = {kind: [f"f{30 * i + j}" for j in range(5)] for i, kind in enumerate("xyz")}


@pytest.fixture
def call(capsys):
    """`call("train_model", "--task", …)` runs a script in this process: its status and what it said."""

    def run(script: str, *args: object) -> tuple[int, str]:
        module = SCRIPTS[script]
        try:
            status = console.run(module.build_parser, module.main, [*map(str, args)])
        except SystemExit as stop:
            status = int(stop.code)
        return status, capsys.readouterr().err

    return run


def values(kinds: list[str], shift: float = 2.5, seed: int = 5) -> np.ndarray:
    """Profiles of 120 features, five of them higher in each kind."""
    random = np.random.default_rng(seed)
    x = np.linspace(4, 12, 120) + random.normal(0, 1, (len(kinds), 120))
    for kind, names in PLANTED.items():
        x[np.ix_(np.array(kinds) == kind, [int(name[1:]) for name in names])] += shift
    return x.astype(np.float32)


def data(x, kinds: list[str] | None = KINDS, **more) -> anndata.AnnData:
    """A matrix that genloom did not make."""
    samples = pd.DataFrame(more, index=[f"s{i}" for i in range(x.shape[0])])
    if kinds is not None:
        samples["kind"] = kinds
    return anndata.AnnData(x, samples, pd.DataFrame(index=[f"f{i}" for i in range(x.shape[1])]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("classes")
    data(values(KINDS), donor=[f"d{i // 2}" for i in range(30)]).write_h5ad(path / "kinds.h5ad")
    argv = ["--matrix", path / "kinds.h5ad", "--stratify", "kind", "--folds", 3, "--output", path / "split.tsv"]
    assert console.run(split_samples.build_parser, split_samples.main, [*map(str, argv)]) == 0
    return path


OUT = {
    "model": "m.safetensors",
    "predictions": "p.tsv",
    "permutation-table": "perm.tsv",
    "feature-table": "features.tsv",
    "sample-table": "samples.tsv",
}


def train_arguments(folder: Path, out: Path, architecture: str, permutations: int = 0, **files: object) -> list[object]:
    """The arguments of a run; forests and networks take a while, so that few numbers of features are tried."""
    given = {"matrix": folder / "kinds.h5ad", "split": folder / "split.tsv", "label": "kind", **files}
    names = {name: file for name, file in OUT.items() if permutations or name != "permutation-table"}
    parts = [part for name, value in given.items() for part in (f"--{name}", value)]
    parts += [part for name, file in names.items() for part in (f"--{name}", out / file)]
    parts += ["--architecture", architecture, "--select-features", 20, "--permutations", permutations]
    return ["--task", "classes", *parts]


@pytest.fixture(scope="module")
def trained(folder) -> Path:
    """A run of the vote beside every other model."""
    out = folder / "trained"
    out.mkdir()
    argv = [*train_arguments(folder, out, "vote", 3), "--compare", *classes.MODELS]
    assert console.run(train_model.build_parser, train_model.main, [*map(str, argv)]) == 0
    return out


def table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t")


# ---------------------------------------------------------------- learning


def test_what_is_planted_is_found_by_every_model(trained):
    found = results.read_classified(trained / "p.tsv", "vote")
    assert found.models == ["vote", "majority", "knn", *(m for m in classes.MODELS if m not in classes.BASELINES)]
    assert found.classes == ["x", "y", "z"] and len(found.samples) == len(found.sample) == 30
    right = dict(zip(found.models, (found.probability.argmax(2) == found.truth).mean(1), strict=True))
    assert right.pop("majority") == pytest.approx(0.4)
    assert min(right.values()) > 0.7 and right["vote"] > 0.9


def test_what_is_planted_stands_first_among_the_features(trained):
    features = table(trained / "features.tsv")
    first = features.filter(pl.col("rank") <= 12)
    known = {name: kind for kind, names in PLANTED.items() for name in names}
    assert sum(known.get(row["feature"]) == row["highest"] for row in first.to_dicts()) >= 11
    assert first["share"].min() == 1.0


def test_classes_at_random_are_not_told(trained):
    scores = table(trained / "perm.tsv")
    assert scores["permutation"].to_list() == [0, 1, 2, 3]
    assert scores["balanced_accuracy"][0] > 0.9
    assert scores["balanced_accuracy"][1:].max() < 0.7
    assert scores["log_loss"][0] < 0.5 < scores["log_loss"][1:].min()


def test_noise_is_not_told_though_there_are_many_features():
    """The leak of choosing features on all samples: 0.9 and more of noise would seem told."""
    random = np.random.default_rng(3)
    x, names = random.normal(size=(60, 3000)).astype(np.float32), [f"s{i}" for i in range(60)]
    kinds = np.arange(60) % 4
    known = classes.Data(
        names, Profiles.of(x, "none"), pd.DataFrame(index=range(3000)), [f"k{k}" for k in kinds], {}, "", "m"
    )
    parts = ["test" if i // 4 % 3 == 0 else "train" for i in range(60)]
    folds = [Fold(str(n), tuple(names), ("",) * 60, tuple(np.roll(parts, 4 * n).tolist())) for n in range(3)]
    options = classes.Options("kind", "discriminant", [], "none", [50], 1.0, 0, 1)
    judged = list(classes.cross_validate(known, kinds, Split(tuple(folds)), folds, ["discriminant"], options))
    assert 0.05 < classes.scores(kinds, judged, "discriminant")["balanced_accuracy"] < 0.45
    chosen = np.argsort(-variance_ratio(x, kinds))[:50]
    known.profiles = Profiles.of(x[:, chosen], "none")
    judged = list(classes.cross_validate(known, kinds, Split(tuple(folds)), folds, ["discriminant"], options))
    assert classes.scores(kinds, judged, "discriminant")["balanced_accuracy"] > 0.8


def test_each_sample_is_accounted_for(call, folder, tmp_path):
    """Samples that the split leaves out are in the table and counted in the card."""
    split = tmp_path / "two.tsv"
    given = ("--matrix", folder / "kinds.h5ad", "--stratify", "kind", "--folds", 2, "--output", split)
    status, said = call("split_samples", *given, "--drop-classes", "z")
    assert status == 0 and "left out: z 8" in said
    status, said = call("train_model", *train_arguments(folder, tmp_path, "centroids", split=split))
    assert status == 0, said
    samples = table(tmp_path / "samples.tsv")
    assert samples.filter(pl.col("used") != "yes")["class"].to_list() == ["z"] * 8
    card, _ = modelfile.read(tmp_path / "m.safetensors", "classes")
    assert card["left_out"] == {"z": 8} and card["fitted_on"]["samples"] == {"x": 12, "y": 10}
    assert card["targets"] == {"names": ["x", "y"], "label": "kind"}


@pytest.mark.parametrize("name", classes.MODELS)
def test_of_two_classes_every_model_gives_probabilities(name):
    x, y = values(KINDS)[:22], np.array(["xy".index(k) for k in KINDS[:22]])
    kind = classes.MODELS[name]
    model = kind(**kind.grid[-1]).fit(x - x.mean(0), y, 1)
    again = kind(**kind.grid[-1])
    again.arrays = model.arrays
    new = values(["x", "y"], seed=6) - x.mean(0)
    probability = softmax(again.scores(new))
    assert probability.shape == (2, 2)
    assert name == "majority" or probability.argmax(1).tolist() == [0, 1]


def test_sparse_and_dense_matrices_and_stray_blanks_give_the_same(call, folder, tmp_path):
    x = np.maximum(np.round(values(KINDS)) - 7, 0)
    made = []
    for i, matrix in enumerate((data(x), data(sp.csr_matrix(x), [f" {k} " for k in KINDS]))):
        out = tmp_path / str(i)
        out.mkdir()
        matrix.write_h5ad(out / "kinds.h5ad")
        files = {"matrix": out / "kinds.h5ad"}
        status, said = call("train_model", *train_arguments(folder, out, "logistic", **files))
        assert status == 0, said
        assert ("30 labels of kind had stray blanks" in said) == bool(i)
        made.append([(out / name).read_bytes() for name in ("p.tsv", "features.tsv", "samples.tsv")])
    assert made[0] == made[1]


def test_groups_stay_together_in_inner_folds(folder):
    known = classes.load(folder / "kinds.h5ad", "kind", "none")
    groups = tuple(f"d{i // 2}" for i in range(30))
    fold = Fold("1", tuple(known.samples), groups, ("train",) * 28 + ("test",) * 2)
    y = np.array(["xyz".index(k) for k in KINDS])
    held = classes.inner_folds(Split((fold,)), fold, known, np.arange(28), y, 1)
    assert np.sum(held, axis=0).tolist() == [1] * 28
    assert all((each[::2] == each[1::2]).all() for each in held)
    assert all(set(y[:28][~each]) == {0, 1, 2} for each in held)


def test_inner_folds_of_a_split_are_used(folder):
    known = classes.load(folder / "kinds.h5ad", "kind", "none")
    names = tuple(known.samples)
    fold = Fold("1", names, ("",) * 30, ("train",) * 29 + ("test",))
    inner = Fold("1/1", names[:29], ("",) * 29, tuple("validation" if i % 5 == 0 else "train" for i in range(29)))
    held = classes.inner_folds(Split((fold, inner)), fold, known, np.arange(29), np.zeros(30, int), 1)
    assert [np.flatnonzero(each).tolist() for each in held] == [[0, 5, 10, 15, 20, 25]]


# ---------------------------------------------------------------- models as arrays


def test_the_discriminant_is_scikit_learn_s():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    y = np.array(["xyz".index(k) for k in KINDS])
    for kept, features in ((y >= 0, 120), (y < 2, 120), (y >= 0, 10)):
        count, x = len(set(y[kept])), values(KINDS, 1.0)[:, :features]
        peer = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.6, priors=np.full(count, 1 / count))
        expected = peer.fit(x[kept], y[kept]).predict_proba(x)
        own = classes.Discriminant(shrink=0.6).fit(x[kept], y[kept], 1).scores(x)
        np.testing.assert_allclose(softmax(own), expected, atol=1e-3)


@pytest.mark.parametrize("count", [2, 3])
def test_trees_as_arrays_are_scikit_learn_s(count, monkeypatch):
    from sklearn import ensemble

    grown = {}
    for name in ("RandomForestClassifier", "GradientBoostingClassifier"):
        kind = getattr(ensemble, name)

        def fit(self, *args, kind=kind, name=name, fit=kind.fit, **kwargs):
            grown[name] = fit(self, *args, **kwargs)
            return grown[name]

        monkeypatch.setattr(kind, "fit", fit)
    kept = [i for i, k in enumerate(KINDS) if k in "xyz"[:count]]
    x, y = values(KINDS)[kept], np.array(["xyz".index(KINDS[i]) for i in kept])
    new = values(KINDS, seed=6)
    boosted = classes.Boosting(trees=20, depth=2, rate=0.1).fit(x, y, 1)
    np.testing.assert_allclose(
        softmax(boosted.scores(new)), grown["GradientBoostingClassifier"].predict_proba(new), atol=1e-5
    )
    forest = softmax(classes.Forest(trees=200, leaf=1).fit(x, y, 1).scores(new))
    np.testing.assert_allclose(forest, grown["RandomForestClassifier"].predict_proba(new), atol=0.01)


def test_the_analysis_of_variance_is_scikit_learn_s():
    from sklearn.feature_selection import f_classif

    x, y = values(KINDS), np.array(["xyz".index(k) for k in KINDS])
    np.testing.assert_allclose(variance_ratio(x, y), f_classif(x.astype(float), y)[0], rtol=1e-3)
    x[:, 0], x[:, 1] = 5, y
    assert variance_ratio(x, y)[:2].tolist() == [0, np.inf]


def test_probabilities_of_the_held_out_are_calibrated_not_certain():
    y = np.arange(40) % 2
    scores = np.stack([-(y * 2.0 - 1), y * 2.0 - 1], axis=1)  # all right
    sure = softmax(scores / classes.temperature(scores, y)).max(1)
    assert 0.9 < sure.min() < 0.99
    wrong = scores.copy()
    wrong[:10] *= -1
    assert softmax(wrong / classes.temperature(wrong, y)).max(1).mean() == pytest.approx(0.75, abs=0.03)


# ---------------------------------------------------------------- new samples


@pytest.fixture
def predict(call, trained, tmp_path):
    """Predict a matrix with the model of `trained`: its table of calls."""

    def run(matrix: anndata.AnnData) -> pl.DataFrame:
        matrix.write_h5ad(tmp_path / "new.h5ad")
        out = ("--predictions", tmp_path / "new.tsv", "--table", tmp_path / "calls.tsv")
        status, said = call(
            "predict_model", "--model", trained / "m.safetensors", "--matrix", tmp_path / "new.h5ad", *out
        )
        assert status == 0, said
        return table(tmp_path / "calls.tsv")

    return run


def test_a_new_sample_is_predicted_alone(predict, tmp_path):
    kinds = [*"xyzxyz"]
    x = values(kinds, seed=9)
    calls = predict(data(x, kinds))
    assert calls["likeliest"].to_list() == kinds
    np.testing.assert_allclose(calls.select("^probability_.*$").sum_horizontal(), 1, atol=1e-4)
    long = table(tmp_path / "new.tsv")
    assert long["part"].unique().to_list() == ["new"]
    assert long.filter(pl.col("observed") == 1)["target"].to_list() == kinds
    one = predict(data(x, None)[3:4, ::-1].copy())
    assert one.rows() == calls[3:4].rows()
    assert table(tmp_path / "new.tsv")["observed"].null_count() == 3
    other_scale = predict(data(2**x, None))
    assert other_scale.rows() == calls.rows()


def test_no_class_is_called_for_a_sample_unlike_all(predict):
    x = values(["x", "y"], seed=9)
    x[1] = 16 - x[1]
    calls = predict(data(x, None))
    assert calls["called"].to_list() == ["x", None] and calls["abstained"].to_list() == [0, 1]
    assert calls["reason"][0] is None and "beyond" in calls["reason"][1]
    assert calls["distance"][1] > calls["limit"][1] > calls["distance"][0]


def test_a_model_file_needs_no_pickle_and_its_faults_are_named(call, trained, tmp_path):
    card, arrays = modelfile.read(trained / "m.safetensors")
    assert {each["architecture"] for each in card["members"]} == set(classes.VOTERS)
    del arrays["svm.weight"]
    modelfile.write(tmp_path / "broken.safetensors", arrays, card)
    card["members"][0]["architecture"] = "oracle"
    modelfile.write(tmp_path / "newer.safetensors", arrays, card)
    data(values(["x"]), None).write_h5ad(tmp_path / "new.h5ad")
    for name, text in (
        ("broken", "arrays that do not fit together"),
        ("newer", "'oracle', which this genloom does not"),
    ):
        status, said = call(
            "predict_model", "--model", tmp_path / f"{name}.safetensors", "--matrix", tmp_path / "new.h5ad",
            "--table", tmp_path / "calls.tsv",
        )  # fmt: skip
        assert status == 2 and said.count("\n") == 1 and text in said
        assert not (tmp_path / "calls.tsv").exists()


def test_missing_features_are_counted_and_named(call, trained, tmp_path):
    data(values(["x", "y"]), None)[:, 7:].copy().write_h5ad(tmp_path / "new.h5ad")
    given = ("--model", trained / "m.safetensors", "--matrix", tmp_path / "new.h5ad", "--table", tmp_path / "calls.tsv")
    status, said = call("predict_model", *given)
    assert status == 2 and said.count("\n") == 1
    assert "lacks 7 of the 120 features of the model: f0, f1, f2, f3, f4 and 2 more; did you mean 'f" in said


# ---------------------------------------------------------------- bad input


@pytest.fixture
def refused(call, folder, tmp_path):
    """`refused("text", …, matrix=…)`: training ends with status 2, one line that holds the text, and no output."""

    def run(
        *texts: str, more: tuple = (), architecture: str = "centroids", split: str = "", matrix=None, **files
    ) -> None:
        if split:
            files["split"] = tmp_path / "given.tsv"
            files["split"].write_text(split)
        if matrix is not None:
            files["matrix"] = tmp_path / "given.h5ad"
            matrix.write_h5ad(files["matrix"])
        status, said = call("train_model", *train_arguments(folder, tmp_path, architecture, **files), *more)
        assert status == 2, said
        assert len([line for line in said.splitlines() if ": error: " in line]) == 1 and "Traceback" not in said
        for text in texts:
            assert text in said
        assert not {path.name for path in tmp_path.iterdir()} & set(OUT.values())

    return run


def test_bad_input_is_named(refused):
    x = values(KINDS)
    refused("has no column 'kin' for its samples", "kind", label="kin")
    refused("mean is no model of --task classes", architecture="mean")
    refused("--permutation-table needs --permutations", more=("--permutation-table", "x.tsv"))
    refused("--expression has no meaning for --task classes", more=("--expression", "x"))
    refused("all 30 samples of the split are 'x'", "nothing to tell apart", matrix=data(x, ["x"] * 30))
    refused("has no class for 2 samples of the split: s0, s1", matrix=data(x, [None, " ", *KINDS[2:]]))
    refused(
        "the same values in all samples", matrix=data(np.tile(x[:1], (30, 1)) * 0 + 5), more=("--allow-leak", "a test")
    )
    strange = x.copy()
    strange[3, 4] = np.nan
    refused("not finite numbers, the first in sample 's3', feature 'f4'", matrix=data(strange))
    lonely = ["odd", *KINDS[1:]]
    refused("has too few samples of 'odd'", "--drop-classes", matrix=data(x, lonely))
    refused("names 1 samples", "s99", split="fold\tid\tpart\n1\ts1\ttrain\n1\ts2\ttest\n1\ts99\ttrain\n")


def test_a_sample_under_two_names_is_refused(refused):
    x = values(KINDS)
    x[17] = x[3]
    names = [f"s{i}" for i in range(30)]
    rows = [f"1\t{name}\t{'test' if i >= 15 and i % 2 else 'train'}" for i, name in enumerate(names)]
    refused("s3", "s17", split="\n".join(["fold\tid\tpart", *rows]) + "\n", matrix=data(x))


def test_classes_are_left_out_of_a_split_only_if_asked(call, folder, tmp_path):
    def split(*more):
        given = ("--matrix", folder / "kinds.h5ad", "--folds", 9, "--output", tmp_path / "split.tsv")
        return call("split_samples", *given, *more)

    status, said = split("--stratify", "kind")
    assert status == 2 and "kind 'z' has 8 samples, fewer than 9 folds" in said and "--drop-classes" in said
    assert split("--stratify", "kind", "--drop-classes", "z")[0] == 0
    assert set(table(tmp_path / "split.tsv")["id"]) == {f"s{i}" for i in range(22)}
    status, said = split("--stratify", "kind", "--keep-classes", "x", "w")
    assert status == 2 and "unknown kind w" in said
    status, said = split("--keep-classes", "x")
    assert status == 2 and "--keep-classes is given without --stratify" in said
    status, said = split("--stratify", "kind", "--keep-classes", "x", "--drop-classes", "x")
    assert status == 2 and "no sample is left" in said


# ---------------------------------------------------------------- measures


def test_measures_are_scikit_learn_s(trained):
    from sklearn import metrics

    c = results.read_classified(trained / "p.tsv", "vote")
    e = classification.evaluate(c, None, 50)
    p, called = c.probability[4], c.probability[4].argmax(1)
    name = c.models[4]
    expected = {
        "balanced_accuracy": metrics.balanced_accuracy_score(c.truth, called),
        "macro_f1": metrics.f1_score(c.truth, called, average="macro"),
        "mcc": metrics.matthews_corrcoef(c.truth, called),
        "log_loss": metrics.log_loss(c.truth, p),
        "auc": metrics.roc_auc_score(c.truth, p, multi_class="ovr"),
        "accuracy": metrics.accuracy_score(c.truth, called),
    }
    for key, value in expected.items():
        found = e.get(key, name)
        assert found.value == pytest.approx(value, abs=1e-9), key
        assert found.low <= found.value <= found.high
    tied = np.array([0.2, 0.2, 0.5, 0.5, 0.9, 0.1])
    truth = np.array([False, True, True, False, True, False])
    area = classification.ranking(tied, truth)(np.ones((1, 6)))[0]
    assert area == pytest.approx(metrics.roc_auc_score(truth, tied))


def judged(kinds: list[str], right: float, repeats: int = 1) -> results.Classified:
    """Predictions that are right with a probability."""
    random, names = np.random.default_rng(1), sorted(set(kinds))
    truth = np.array([names.index(k) for k in kinds] * repeats)
    called = np.where(random.random(len(truth)) < right, truth, (truth + 1) % len(names))
    p = np.full((1, len(truth), len(names)), 0.2 / (len(names) - 1))
    p[0, np.arange(len(truth)), called] = 0.8
    samples, folds = [f"s{i}" for i in range(len(kinds))], [str(i) for i in range(repeats)]
    sample, fold = np.tile(np.arange(len(kinds)), repeats), np.repeat(np.arange(repeats), len(kinds))
    far = np.zeros(len(truth))
    return results.Classified(samples, names, folds, ["model"], sample, fold, truth, p, far, far > 0, {})


def test_classes_count_alike_however_many_samples_they_have():
    from sklearn import metrics

    table = np.array([[90.0, 10, 0], [4, 5, 1], [0, 1, 3]])
    observed, called = np.repeat(np.indices((3, 3)).reshape(2, -1), table.ravel().astype(int), axis=1)
    found = classification.of_confusion(table)
    assert found["balanced_accuracy"] == pytest.approx((0.9 + 0.5 + 0.75) / 3)
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(observed, called, average="macro"))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(observed, called))


def test_all_right_has_wilson_s_interval():
    assert classification.wilson(64, 64) == pytest.approx((0.9434, 1.0), abs=1e-4)
    e = classification.evaluate(judged(["x"] * 32 + ["y"] * 32, 1.1), None, 100)
    for name in ("balanced_accuracy", "accuracy"):
        found = e.get(name)
        assert (found.value, found.high) == (1, 1) and found.low == pytest.approx(0.9434, abs=1e-4)


def test_repeats_count_a_sample_once_and_groups_widen_intervals():
    kinds = ["x", "y"] * 40
    once, often = (classification.evaluate(judged(kinds, 0.8, n), None, 300).get("accuracy") for n in (1, 5))
    assert once.n == often.n == 80
    c = judged(kinds, 0.7)
    c.probability[0] = c.probability[0][np.repeat(np.arange(0, 80, 8), 8) + np.tile([0, 1], 40)]
    c.truth[:] = np.tile([0, 1], 40)
    own = classification.evaluate(c, None, 500).get("balanced_accuracy")
    e = classification.evaluate(c, {f"s{i}": f"g{i // 8}" for i in range(80)}, 500)
    wide = e.get("balanced_accuracy")
    assert (e.unit, e.units) == ("group", 10)
    assert wide.high - wide.low > own.high - own.low


# ---------------------------------------------------------------- the report


@pytest.fixture
def report(call, trained, tmp_path):
    """The text of the report on some predictions."""

    def run(predictions: Path, *more: object) -> str:
        path = tmp_path / "report.html"
        given = ("--task", "classes", "--predictions", predictions, "--report", path, "--bootstrap", 200)
        status, said = call("plot_results", *given, *more)
        assert status == 0, said
        return path.read_text()

    return run


def test_the_report_says_it_in_words(report, trained, folder, tmp_path):
    out = {name: tmp_path / f"{name}.tsv" for name in ("metrics", "sample-table", "confusion", "reliability")}
    text = report(
        trained / "p.tsv", "--model", trained / "m.safetensors", "--split", folder / "split.tsv",
        "--permutations", trained / "perm.tsv", "--features", trained / "features.tsv",
        "--samples", trained / "samples.tsv", "--figures", tmp_path / "figures",
        *(part for name, path in out.items() for part in (f"--{name}", path)),
    )  # fmt: skip
    assert "how well does the vote model tell the kind of a sample from 120 features" in text
    assert "it is better than majority" in text and "<script" not in text
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {
        "balanced-accuracy", "confusion", "roc", "precision-recall", "reliability", "permutations", "samples",
    }  # fmt: skip
    confusion = table(out["confusion"])
    assert confusion["n"].sum() == 30 and confusion.columns == ["observed", "called", "n", "share"]
    assert len(table(out["sample-table"])) == 30
    metrics = table(out["metrics"])
    assert metrics.filter(pl.col("metric") == "balanced_accuracy_p")["value"][0] == pytest.approx(0.25)


def test_the_report_admits_chance_and_praises_no_perfection(report, tmp_path):
    def written(c: results.Classified) -> Path:
        path = tmp_path / "p.tsv"
        rows = ["id\ttarget\tfold\tpart\tobserved\tdistance\tabstained\tpredicted"]
        for i, truth in enumerate(c.truth):
            rows += [
                f"s{i}\t{name}\t1\ttest\t{int(k == truth)}\t0\t0\t{c.probability[0, i, k]}"
                for k, name in enumerate(c.classes)
            ]
        path.write_text("\n".join(rows) + "\n")
        return path

    assert "is no better than chance" in report(written(judged(["x", "y"] * 30, 0.5)))
    text = report(written(judged(["x", "y"] * 32, 1.1)))
    assert "right on all 64 samples" in text and "94.3% to 100.0%" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.with_columns(predicted=pl.col("predicted") * 2), "no probabilities"),
        (lambda t: t.with_columns(observed=pl.lit(1)), "without one observed class"),
        (lambda t: t[1:], "has not one row for each of 3 classes"),
        (lambda t: t.drop("distance"), "lacks the column distance"),
        (lambda t: t.with_columns(observed=pl.lit(None)), "no sample whose class is known"),
    ],
)
def test_a_strange_table_of_predictions_is_refused(trained, tmp_path, change, message):
    change(table(trained / "p.tsv")).write_csv(tmp_path / "p.tsv", separator="\t")
    with pytest.raises(InputError, match=message):
        results.read_classified(tmp_path / "p.tsv", "vote")


def test_the_planted_steps_are_what_the_scripts_make(call, tmp_path):
    """The data of the tool tests: made again with one repeat of it they are the same."""
    for name in ("classes.h5ad", "classes_split.tsv"):
        shutil.copy(STEPS / name, tmp_path / name)
    given = ("--task", "classes", "--architecture", "vote", "--matrix", tmp_path / "classes.h5ad", "--label", "type")
    out = ("--model", tmp_path / "m.safetensors", "--predictions", tmp_path / "p.tsv")
    status, said = call(
        "train_model", *given, "--split", tmp_path / "classes_split.tsv", "--select-features", 10, 30, *out
    )
    assert status == 0, said
    made, kept = (table(path) for path in (tmp_path / "p.tsv", STEPS / "classes_predictions.tsv"))
    assert made.columns == kept.columns and made["id"].equals(kept["id"]) and made["observed"].equals(kept["observed"])
    np.testing.assert_allclose(made["predicted"], kept["predicted"], atol=1e-3)


def test_the_reference_is_of_the_training_samples_alone():
    x = values(KINDS)
    profiles = Profiles.of(x, "quantile")
    y = np.array(["xyz".index(k) for k in KINDS])
    rows = np.arange(0, 30, 2)
    first = Preparation.learn(profiles, rows, y[rows], 20, 1.0)
    x[1::2] = 100
    again = Preparation.learn(Profiles.of(x, "quantile"), rows, y[rows], 20, 1.0)
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
    np.testing.assert_allclose(first.reference, np.sort(x[rows], axis=1).mean(0), rtol=1e-6)
