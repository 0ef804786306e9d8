"""Permutation importance of classifiers and of models of landmark genes: what is planted is found on held-out samples, with
shuffled weights or labels it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import explain_model
import train_model
from genloom import console
from genloom.formats import matrix
from genloom.learning import exchange
from genloom.learning.exchange import Held

from .test_explain_model import shuffled

STEPS = Path(__file__).parents[1] / "test-data" / "steps"
PLANTED = (3, 8, 11)  # features that classes differ in, and landmarks that genes follow
SAMPLES, FEATURES = 90, 30


def call(module, *words: object) -> int:
    return console.run(module.build_parser, module.main, list(map(str, words)))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Samples of three classes, told by a feature each; six genes that follow three landmarks, two each; models of both, and a
    classifier of classes at random."""
    folder = tmp_path_factory.mktemp("made")
    random = np.random.default_rng(1)
    names, labels = [f"s{i}" for i in range(SAMPLES)], np.repeat(["a", "b", "c"], SAMPLES // 3)
    x = random.normal(6, 1, (SAMPLES, FEATURES)).astype(np.float32)
    for kind, feature in zip("abc", PLANTED, strict=True):
        x[labels == kind, feature] += 3
    places = pd.DataFrame({"symbol": [f"P{i}" for i in range(FEATURES)]}, index=[f"p{i}" for i in range(FEATURES)])
    for name, own in (("classes", labels), ("random", random.permutation(labels))):
        obs = pd.DataFrame({"type": own}, index=names)
        matrix.write(matrix.build(x, obs, places, "genes", {"unit": "log2"}, assembly=""), folder / f"{name}.h5ad")
    z = random.normal(0, 1, (SAMPLES, FEATURES)).astype(np.float32)
    y = np.stack([z[:, PLANTED[i % 3]] * (1 if i < 3 else -1) for i in range(6)], 1)
    y = (y + random.normal(0, 0.2, y.shape)).astype(np.float32)
    both = pd.DataFrame({"symbol": [*(f"L{i}" for i in range(FEATURES)), *(f"T{i}" for i in range(6))]})
    both.index = [*(f"l{i}" for i in range(FEATURES)), *(f"t{i}" for i in range(6))]
    obs = pd.DataFrame(index=names)
    genes = matrix.build(np.concatenate([z, y], 1), obs, both, "genes", {"unit": "log2"}, assembly="")
    matrix.write(genes, folder / "genes.h5ad")
    (folder / "landmarks.txt").write_text("".join(f"l{i}\n" for i in range(FEATURES)))
    part = ["test" if i % 3 == 2 else "train" for i in range(SAMPLES)]
    write(folder / "split.tsv", [("1", name, part[i]) for i, name in enumerate(names)])
    folds = [(str(f), name, "test" if i % 3 == f else "train") for f in range(3) for i, name in enumerate(names)]
    write(folder / "folds.tsv", folds)
    for name in ("classes", "random"):
        words = ["--task", "classes", "--matrix", folder / f"{name}.h5ad", "--label", "type", "--normalise", "none"]
        words += ["--architecture", "logistic", "--select-features", FEATURES, "--variable-share", 1]
        train(folder, name, *words)
    train(folder, "genes", "--task", "targets", *landmarks(folder), "--architecture", "ridge")
    return folder


def write(path: Path, rows: list[tuple[str, str, str]]) -> None:
    path.write_text("fold\tid\tgroup\tpart\n" + "".join(f"{fold}\t{name}\t\t{part}\n" for fold, name, part in rows))


def landmarks(folder: Path) -> tuple[object, ...]:
    return ("--expression", folder / "genes.h5ad", "--landmarks", folder / "landmarks.txt")


def train(folder: Path, name: str, *words: object) -> None:
    out = ("--model", folder / f"{name}.safetensors", "--predictions", folder / "p", "--split", folder / "split.tsv")
    assert call(train_model, *words, *out, "--allow-leak", "planted") == 0


def lost(folder: Path, model: Path, *words: object, split: str = "split.tsv") -> pl.DataFrame:
    given = ("--method", "permutation", "--split", folder / split, "--repeats", 8, "--bootstrap", 300)
    out = ("--importance", folder / "i.tsv", "--report", folder / "r.html")
    assert call(explain_model, "--model", model, *given, *out, *words) == 0
    return pl.read_csv(folder / "i.tsv", separator="\t", schema_overrides={"low": pl.Float64, "high": pl.Float64})


@pytest.mark.parametrize("split", ["split.tsv", "folds.tsv"])
def test_planted_features_of_classes_matter_on_held_out_samples(made, split):
    model = made / "classes.safetensors"
    found = lost(made, model, "--matrix", made / "classes.h5ad", "--top", 6, split=split)
    assert sorted(found["feature"][:3]) == sorted(f"p{i}" for i in PLANTED)
    assert (found["low"][:3] > 0).all() and (found["accuracy"][:3] > 0.05).all()
    assert (found["value"][3:] < found["value"][2] / 3).all() and found["symbol"][0].startswith("P")
    page = (made / "r.html").read_text()
    for said in ("of log-loss is gained", "Balanced accuracy lost", f"{found['feature'][0]} ({found['symbol'][0]})"):
        assert said in page, said


def test_a_class_alone_is_told_by_its_own_feature(made):
    words = ("--matrix", made / "classes.h5ad", "--targets", "b", "--top", 3)
    found = lost(made, made / "classes.safetensors", *words)
    assert found["feature"][0] == f"p{PLANTED[1]}" and (found["target"] == "b").all()


def test_with_shuffled_weights_or_labels_no_planted_feature_is_found(made, tmp_path):
    names = {f"p{i}" for i in PLANTED}
    mixed = shuffled(made / "classes.safetensors", tmp_path / "mixed.safetensors")
    for model, data in ((mixed, "classes"), (made / "random.safetensors", "random")):
        found = lost(made, model, "--matrix", made / f"{data}.h5ad", "--top", 3)
        assert len(names & set(found["feature"])) <= 1
        page = " ".join((made / "r.html").read_text().split())
        assert "what it leans on means little" in page or not (found["low"] > 0).all()


@pytest.mark.parametrize("split", ["split.tsv", "folds.tsv"])
def test_planted_landmarks_matter_on_held_out_samples(made, split):
    found = lost(made, made / "genes.safetensors", *landmarks(made), "--top", 6, split=split)
    assert sorted(found["feature"][:3]) == sorted(f"l{i}" for i in PLANTED)
    assert (found["low"][:3] > 0).all() and (found["value"][3:] < found["value"][2] / 5).all()
    assert found["accuracy"].is_null().all()
    assert "of error is gained" in (made / "r.html").read_text()
    one = lost(made, made / "genes.safetensors", *landmarks(made), "--targets", "T4", "--top", 2, split=split)
    assert one["feature"][0] == f"l{PLANTED[1]}" and one["value"][0] > 0.5 and abs(one["value"][1]) < 0.1


def test_with_shuffled_weights_no_planted_landmark_is_found(made, tmp_path):
    model = shuffled(made / "genes.safetensors", tmp_path / "mixed.safetensors")
    found = lost(made, model, *landmarks(made), "--top", 3)
    assert len({f"l{i}" for i in PLANTED} & set(found["feature"])) <= 1


def test_the_same_run_gives_the_same_bytes(made):
    words = ("--matrix", made / "classes.h5ad", "--top", 4)
    first = (lost(made, made / "classes.safetensors", *words), (made / "r.html").read_bytes())
    second = (lost(made, made / "classes.safetensors", *words), (made / "r.html").read_bytes())
    assert first[0].equals(second[0]) and first[1] == second[1]


# ---------------------------------------------------------------- the search


def linear(weights: np.ndarray, x: np.ndarray, noise: float = 0.1) -> Held:
    """A model that is the truth: squared errors."""
    y = x @ weights + np.random.default_rng(5).normal(0, noise, len(x))

    def losses(places: np.ndarray | None, features: np.ndarray | None) -> np.ndarray:
        own = x.copy()
        if places is not None:
            own[:, features] = x[places][:, features]
        return ((own @ weights - y) ** 2)[:, None]

    count = len(x)
    return Held(losses, exchange.alike(x), list(map(str, range(count))), np.ones(count), np.zeros(count, int))


def test_among_many_features_groups_lead_to_the_planted_ones():
    random = np.random.default_rng(6)
    x, weights = random.normal(0, 1, (80, 900)), np.zeros(900)
    weights[[17, 423, 888]] = 1.0, -2.0, 3.0
    found, (loss,), tried = exchange.worth(linear(weights, x), 3, 5, 200, 1)
    assert [each.feature for each in found] == [888, 423, 17] and tried < 250
    for each in found:  # the loss of a feature exchanged is twice its share of the variance
        assert each.low < each.value < each.high
        assert each.value == pytest.approx(2 * weights[each.feature] ** 2, rel=0.5)
    assert loss == pytest.approx(0.01, rel=0.5)


def test_features_that_go_together_are_exchanged_together():
    random = np.random.default_rng(7)
    sources = random.normal(0, 1, (60, 100))
    x = np.repeat(sources, 4, axis=1)[:, random.permutation(400)]
    x = x * random.choice([-1, 1], 400) + random.normal(0, 0.05, (60, 400))
    order = exchange.alike(x)
    beside = [abs(np.corrcoef(x[:, a], x[:, b])[0, 1]) for a, b in zip(order[::2], order[1::2], strict=True)]
    assert sorted(order.tolist()) == list(range(400)) and np.mean(np.array(beside) > 0.9) > 0.9
    assert exchange.alike(x[:, :100]).tolist() == list(range(100))


def test_nobody_keeps_a_value_of_its_own():
    random = np.random.default_rng(8)
    for count in (2, 3, 10):
        found = exchange.others(count, random)
        assert sorted(found.tolist()) == list(range(count)) and (found != np.arange(count)).all()


def test_classes_weigh_alike():
    strata = np.array([0, 0, 0, 1])
    held = Held(lambda a, b: np.zeros((4, 1)), np.arange(1), list("abcd"), np.ones(4), strata)
    assert held.mean(np.array([[1.0], [1.0], [1.0], [3.0]])).tolist() == [2.0]


# ---------------------------------------------------------------- what is wrong is named

SPLIT = ("--split", "{made}/split.tsv")
BAD = {
    "no matrix": ("classes", ["--split", "{made}/split.tsv"], ["needs --matrix", "give what the model learned from"]),
    "bins of no use": (
        "classes",
        ["--matrix", "{made}/classes.h5ad", "--split", "{made}/split.tsv", "--bins", "{made}/genes.h5ad"],
        ["--bins has no meaning with permutation of a model of 'classes'"],
    ),
    "another matrix": (
        "classes",
        ["--matrix", f"{STEPS}/classes.h5ad", "--split", "{made}/split.tsv"],
        ["has other features than the model", "give what the model learned from"],
    ),
    "an unknown class": (
        "classes",
        ["--matrix", "{made}/classes.h5ad", "--split", "{made}/split.tsv", "--targets", "d"],
        ["has no class 'd'", "it has a, b, c"],
    ),
    "no landmarks": ("genes", ["--expression", "{made}/genes.h5ad", "--split", "{made}/split.tsv"], ["needs --landmarks"]),
    "other landmarks": (
        "genes",
        ["--expression", f"{STEPS}/landmarks.h5ad", "--landmarks", f"{STEPS.parent}/landmarks/landmarks.txt", *SPLIT],
        ["gives other landmarks than the model has"],
    ),
    "another split": (
        "genes",
        ["--expression", "{made}/genes.h5ad", "--landmarks", "{made}/landmarks.txt", "--split", f"{STEPS}/split.tsv"],
        ["genes.h5ad"],
    ),
    "a matrix of no use": (
        "genes",
        ["--expression", "{made}/genes.h5ad", "--landmarks", "{made}/landmarks.txt", *SPLIT, "--matrix", "{made}/classes.h5ad"],
        ["--matrix has no meaning with permutation of a model of 'targets'"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case, made, tmp_path, capfd):
    model, words, texts = BAD[case]
    given = [word.format(made=made) for word in words]
    model_words = ("--model", made / f"{model}.safetensors", "--method", "permutation")
    assert call(explain_model, *model_words, *given, "--importance", tmp_path / "i.tsv") == 2
    said = capfd.readouterr().err
    assert len(said.splitlines()) == 1
    for text in texts:
        assert text in said
    assert list(tmp_path.iterdir()) == []
