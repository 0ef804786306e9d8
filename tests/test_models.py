"""The matrix models find what is there, shrink to the mean where nothing is, and equal their textbook forms."""

import numpy as np
import pytest

from genloom.learning.training import Loop, Network
from genloom.models.linear import KernelRidge, Mean, PartialLeastSquares, Ridge
from genloom.models.neighbours import NearestNeighbours
from genloom.models.regressor import inner_folds
from genloom.models.span import Span

SIMPLE = [Mean, Ridge, KernelRidge, PartialLeastSquares, NearestNeighbours]


def planted(seed=0, samples=40, features=300, targets=12, signal=True):
    """Groups of four samples whose hidden state shows in both inputs and targets, or in the inputs alone."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(samples, 4)) + np.repeat(rng.normal(size=(samples // 4, 4)), 4, 0)
    x = hidden @ rng.normal(size=(4, features)) + rng.normal(size=(samples, features))
    other = hidden if signal else rng.permutation(hidden)
    y = other @ rng.normal(size=(4, targets)) + 0.3 * rng.normal(size=(samples, targets)) + 5
    return x.astype(np.float32), y.astype(np.float32), [f"g{i // 4}" for i in range(samples)]


def skill(model, x, y, groups, held=8):
    model.fit(x[:-held], y[:-held], groups[:-held])
    mean = y[:-held].mean(0)
    return 1 - ((y[-held:] - model.predict(x[-held:])) ** 2).sum() / ((y[-held:] - mean) ** 2).sum()


def network(**loop):
    return Network(Loop(**{"epochs": 150, **loop}), [64], 0.1)


@pytest.mark.parametrize("make", [*SIMPLE[1:], network])
def test_planted_relation_is_found(make):
    assert skill(make(), *planted()) > 0.4


@pytest.mark.parametrize("make", [*SIMPLE[1:], network])
def test_no_relation_no_skill(make):
    assert np.mean([skill(make(), *planted(seed, signal=False)) for seed in range(4)]) < 0.05


def test_mean_is_the_mean():
    x, y, groups = planted()
    assert skill(Mean(), x, y, groups) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shape", [(12, 300), (300, 12)])
def test_span_keeps_inner_products(shape):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    z = Span.of(x).coordinates(x)
    centred = x - x.mean(0)
    assert z.shape[1] == min(shape[0] - 1, shape[1])
    np.testing.assert_allclose(z @ z.T, centred @ centred.T, atol=2e-4 * shape[1])


@pytest.mark.parametrize("shape", [(20, 50), (50, 20)])
def test_ridge_equals_scikit_learn(shape):
    from sklearn.linear_model import Ridge as Reference

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=shape), rng.normal(size=(shape[0], 3))
    new = rng.normal(size=(5, shape[1]))
    ours = Ridge(penalty=0.1).fit(x.astype(np.float32), y.astype(np.float32), ["a"] * shape[0])
    theirs = Reference(alpha=0.1 * ours.settings["width"]).fit(x, y)
    np.testing.assert_allclose(ours.predict(new.astype(np.float32)), theirs.predict(new), atol=1e-4)


def test_partial_least_squares_equals_scikit_learn():
    from sklearn.cross_decomposition import PLSRegression

    x, y, groups = planted(features=100)
    theirs = PLSRegression(3, scale=False).fit(x[:-8], y[:-8])
    ours = PartialLeastSquares(components=3).fit(x[:-8], y[:-8], groups[:-8])
    np.testing.assert_allclose(ours.predict(x[-8:]), theirs.predict(x[-8:]), atol=1e-2)


def test_neighbours_equal_scikit_learn():
    from sklearn.neighbors import KNeighborsRegressor

    x, y, groups = planted(features=20)
    theirs = KNeighborsRegressor(3, weights="distance").fit(x[:-8], y[:-8])
    ours = NearestNeighbours(neighbours=3).fit(x[:-8], y[:-8], groups[:-8])
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=1e-3)


@pytest.mark.parametrize("make", SIMPLE)
def test_samples_without_difference(make):
    """All inputs alike: nothing to learn from, and the mean is the answer."""
    _, y, groups = planted()
    x = np.ones((len(y), 30), np.float32)
    predicted = make().fit(x, y, groups).predict(x[:2])
    np.testing.assert_allclose(predicted, np.repeat(y.mean(0)[None], 2, 0), atol=1e-5)


def test_inner_folds_keep_groups_together():
    groups = ["a", "b", "a", "c", "b", "c", "c"]
    folds = list(inner_folds(groups))
    assert len(folds) == 3
    for fit, held in folds:
        assert not {groups[i] for i in fit} & {groups[i] for i in held}
    assert list(inner_folds(["a", "a"])) == []


def test_network_is_the_same_again_and_starts_as_the_mean():
    x, y, groups = planted()
    first, second = (network(epochs=5).fit(x, y, groups) for _ in range(2))
    assert all(np.array_equal(first.arrays[k], second.arrays[k]) for k in first.arrays)
    other = network(epochs=5, seed=2).fit(x, y, groups)
    assert not np.array_equal(first.predict(x), other.predict(x))
    still = network(epochs=1, rate=1e-12).fit(x, y, groups, np.arange(8))
    np.testing.assert_allclose(still.predict(x), np.repeat(y[8:].mean(0)[None], len(x), 0), atol=1e-5)


def test_network_on_very_many_bins(monkeypatch):
    monkeypatch.setattr("genloom.learning.training.WIDEST", 100)
    model = network()
    assert skill(model, *planted()) > 0.4
    assert model.arrays["network.0.weight"].shape[1] < 32


def test_two_processes_train_the_network_of_one(tmp_path):
    """Batches are shared out: the gradient is the same but for rounding, be the last batch even or not."""
    x, y, groups = planted(samples=36)
    own = {"epochs": 3, "one_cycle": True, "average": 0.9}
    one, two, again = (
        Network(Loop(**own, devices=n, folder=tmp_path / name), [8], 0.0).fit(x, y, groups)
        for n, name in ((1, "one"), (2, "two"), (2, "two"))  # the last one finds all done
    )
    np.testing.assert_allclose(two.predict(x), one.predict(x), atol=1e-5)
    assert np.array_equal(two.predict(x), again.predict(x))
    assert [row[:2] for row in two.history] == [row[:2] for row in one.history]


def test_killed_network_goes_on_to_the_same_end(tmp_path):
    x, y, groups = planted()
    straight = network(epochs=30, patience=30).fit(x, y, groups)

    class Killed(Exception):
        pass

    import torch

    from genloom.learning import training

    calls = 0
    original = training._Module.on_validation_epoch_end

    def stop(self):
        nonlocal calls
        calls += 1
        if calls == 12:
            raise Killed
        original(self)

    training._Module.on_validation_epoch_end = stop
    try:
        with pytest.raises(Killed):
            network(epochs=30, patience=30, folder=tmp_path).fit(x, y, groups)
    finally:
        training._Module.on_validation_epoch_end = original
    torch.rand(7)  # another state of the random generator than at the kill
    resumed = network(epochs=30, patience=30, folder=tmp_path).fit(x, y, groups)
    assert len(straight.history) == 60
    assert resumed.history == straight.history
    np.testing.assert_array_equal(resumed.predict(x), straight.predict(x))
    again = network(epochs=30, patience=30, folder=tmp_path).fit(x, y, groups)  # finished: nothing is trained anew
    np.testing.assert_array_equal(again.predict(x), straight.predict(x))


def test_history_goes_on_after_the_best_epoch():
    x, _, groups = planted()
    noise = np.random.default_rng(5).normal(size=(len(x), 3)).astype(np.float32)
    history = network(epochs=25, patience=25, rate=1e-2).fit(x, noise, groups).history
    losses = [loss for _, part, loss in history if part == "validation"]
    assert len(losses) == 25
    assert min(losses) < losses[-1]
