"""Classifiers of samples, fitted with scikit-learn and kept as plain arrays: what is stored needs no pickle to be used.

All see the features of a sample in standard deviations. Classes weigh alike in what is learned, however many samples each
has: a class of five among a hundred would otherwise never be called.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

_DISTANCES = 1 << 22  # held at once


class Classifier:
    """From (n, features) to a score of each class, which `softmax` makes probabilities.

    `grid` holds the settings to choose from, simplest first; `arrays` all that `scores` needs.
    """

    name: ClassVar[str]
    grid: ClassVar[Sequence[dict[str, Any]]] = ({},)
    selects: ClassVar[bool] = True  # whether the number of features is to be chosen, too; else it sees all it may

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}

    def fit(self, x: np.ndarray, y: np.ndarray, seed: int) -> Classifier:
        """Learn from `x` (n, features) and `y` (n) in 0 … classes - 1, each of which occurs."""
        with warnings.catch_warnings():  # of few steps or few samples: what was learned is judged on held-out ones
            warnings.simplefilter("ignore")
            self.arrays = self.learn(x, y, seed)
        return self

    @classmethod
    def fits(cls, x: np.ndarray, y: np.ndarray, seed: int) -> Iterator[Classifier]:
        """A fitted model for each of the settings of `grid`."""
        return (cls(**settings).fit(x, y, seed) for settings in cls.grid)

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """The arrays of the model."""
        raise NotImplementedError

    def scores(self, x: np.ndarray) -> np.ndarray:
        """(n, classes) float64: logarithms of probabilities, each row but for a constant."""
        raise NotImplementedError


def softmax(scores: np.ndarray) -> np.ndarray:
    """(n, classes) scores as probabilities."""
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def weights(y: np.ndarray) -> np.ndarray:
    """(n) weights by which each class has the same sum, 1 on average."""
    count = np.bincount(y)
    return len(y) / (len(count) * count[y])


def two_sided(values: np.ndarray) -> np.ndarray:
    """The last axis of one score for the second of two classes as that of a score each; others as they are."""
    return np.concatenate([-values / 2, values / 2], axis=-1) if values.shape[-1] == 1 else values


class Majority(Classifier):
    """How often each class was seen: what is reached without looking at the sample."""

    name = "majority"
    selects = False

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        return {"score": np.log(np.bincount(y) / len(y))}

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.tile(self.arrays["score"], (len(x), 1))


class Neighbours(Classifier):
    """The classes of the nearest training samples, by Euclidean distance."""

    name = "knn"
    grid = tuple({"neighbours": k} for k in (5, 3, 1))

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        return {"samples": x.astype(np.float32), "class": y.astype(np.int32)}

    def scores(self, x: np.ndarray) -> np.ndarray:
        samples, y = self.arrays["samples"], self.arrays["class"]
        votes = np.zeros((len(x), int(y.max()) + 1))
        for near in _nearest(x, samples, min(self.settings["neighbours"], len(samples))):
            votes[np.arange(len(x)), y[near]] += 1
        return np.log(votes + 1 / votes.shape[1])


def _nearest(x: np.ndarray, samples: np.ndarray, count: int) -> np.ndarray:
    """(count, n) numbers of the samples (m, features) nearest to each x (n, features), the nearest first; of those as near the
    first. Some at a time: there are n × m distances."""
    samples = samples.astype(np.float64)
    square = np.einsum("ij,ij->i", samples, samples)
    scale = float(square.mean()) or 1.0
    found = np.zeros((count, len(x)), np.int64)
    for start in range(0, len(x), step := max(1, _DISTANCES // len(samples))):
        block = x[start : start + step].astype(np.float64)
        distance = square - 2 * block @ samples.T + np.einsum("ij,ij->i", block, block)[:, None]
        distance = np.round(distance / scale, 9)  # what differs by rounding alone is as near
        for near in found[:, start : start + step]:
            near[:] = distance.argmin(1)
            np.put_along_axis(distance, near[:, None], np.inf, 1)
    return found


class Linear(Classifier):
    """Scores that are linear in the features."""

    def keep(self, weight: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
        """(classes, features) and (classes), or those of the second of two classes."""
        weight, bias = two_sided(np.asarray(weight).T), two_sided(np.asarray(bias))
        return {"weight": weight.T.astype(np.float32), "bias": bias.astype(np.float64)}

    def scores(self, x: np.ndarray) -> np.ndarray:
        return x.astype(np.float64) @ self.arrays["weight"].T.astype(np.float64) + self.arrays["bias"]


class Logistic(Linear):
    """Multinomial logistic regression with an L2 penalty."""

    name = "logistic"
    grid = tuple({"c": c} for c in (0.001, 0.01, 0.1))

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=self.settings["c"], class_weight="balanced", max_iter=300, tol=1e-3).fit(x, y)
        return self.keep(model.coef_, model.intercept_)


class SupportVectors(Linear):
    """A linear support vector machine, each class against the rest."""

    name = "svm"
    grid = tuple({"c": c} for c in (0.0003, 0.003, 0.03))

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.svm import LinearSVC

        model = LinearSVC(C=self.settings["c"], class_weight="balanced", random_state=seed, max_iter=3000, tol=1e-3)
        model.fit(x, y)
        return self.keep(model.coef_, model.intercept_)


class Centroids(Linear):
    """Nearest shrunken centroids (Tibshirani et al. 2002, doi:10.1073/pnas.082099299), classes equally likely."""

    name = "centroids"
    grid = tuple({"shrink": s} for s in (3.0, 2.0, 1.0, 0.5, 0.0))

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.neighbors import NearestCentroid

        model = NearestCentroid(shrink_threshold=self.settings["shrink"] or None).fit(x, y)
        spread = model.within_class_std_dev_
        spread = spread + np.median(spread) if np.median(spread) > 0 else np.maximum(spread, 1e-3)
        weight = model.centroids_ / spread**2
        return self.keep(weight if len(weight) > 2 else weight[1:] - weight[:1], self._bias(model.centroids_ / spread))

    @staticmethod
    def _bias(centroids: np.ndarray) -> np.ndarray:
        bias = -0.5 * (centroids**2).sum(1)
        return bias if len(bias) > 2 else bias[1:] - bias[:1]


class Discriminant(Linear):
    """Linear discriminant analysis, the covariance shrunk towards equal and independent features, classes equally likely.

    As scikit-learn's, but solved among samples (n × n) where these are fewer than features.
    """

    name = "discriminant"
    grid = tuple({"shrink": s} for s in (0.9, 0.75, 0.6, 0.45, 0.3))

    @classmethod
    def fits(cls, x: np.ndarray, y: np.ndarray, seed: int) -> Iterator[Classifier]:
        known = cls._products(x, y)
        for settings in cls.grid:
            model = cls(**settings)
            model.arrays = model._solved(*known)
            yield model

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        return self._solved(*self._products(x, y))

    @staticmethod
    def _products(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What does not depend on how much is shrunk: the means (classes, features), samples (n, features) about those, and the
        products of these among samples or features, whichever are fewer."""
        x = x.astype(np.float64)
        classes, count = int(y.max()) + 1, np.bincount(y)
        means = np.stack([x[y == c].mean(0) for c in range(classes)])
        within = (x - means[y]) / np.sqrt(classes * count[y])[:, None]  # its square is the mean covariance of classes
        return means, within, within @ within.T if len(x) < x.shape[1] else within.T @ within

    def _solved(self, means: np.ndarray, within: np.ndarray, products: np.ndarray) -> dict[str, np.ndarray]:
        from scipy.linalg import solve

        shrink = self.settings["shrink"]
        ridge = max(shrink * np.trace(products) / within.shape[1], 1e-9)
        diagonal = np.diag_indices(len(products))
        if len(within) < within.shape[1]:
            inner = products.copy()
            inner[diagonal] += ridge / max(1 - shrink, 1e-9)
            weight = (means - solve(inner, within @ means.T, assume_a="pos").T @ within) / ridge
        else:
            covariance = (1 - shrink) * products
            covariance[diagonal] += ridge
            weight = solve(covariance, means.T, assume_a="pos").T
        bias = -0.5 * (weight * means).sum(1)
        if len(means) == 2:
            weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
        return self.keep(weight, bias)


class Perceptron(Classifier):
    """A network with one hidden layer."""

    name = "mlp"
    grid = ({"hidden": 16, "penalty": 3.0},)

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.neural_network import MLPClassifier

        hidden, penalty = self.settings["hidden"], self.settings["penalty"]
        model = MLPClassifier((hidden,), solver="lbfgs", alpha=penalty, max_iter=100, random_state=seed)
        model.fit(x.astype(np.float64), y, sample_weight=weights(y))
        (first, last), (shift, bias) = model.coefs_, model.intercepts_
        kept = {"hidden.weight": first, "hidden.bias": shift, "weight": two_sided(last), "bias": two_sided(bias)}
        return {key: value.astype(np.float32) for key, value in kept.items()}

    def scores(self, x: np.ndarray) -> np.ndarray:
        a = {key: value.astype(np.float64) for key, value in self.arrays.items()}
        return np.maximum(x @ a["hidden.weight"] + a["hidden.bias"], 0) @ a["weight"] + a["bias"]
