"""Forests and boosted trees for classes, grown by scikit-learn and kept as arrays of nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .classifiers import Classifier, two_sided, weights


def flatten(trees: Iterable[Any]) -> dict[str, np.ndarray]:
    """Scikit-learn's trees as arrays: `root` (trees), and of all nodes `feature`, `threshold`, `left`, `right` and `value`.

    A sample whose feature is at the threshold or below goes left. A leaf leads to itself.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots, start = [], 0
    for tree in trees:
        node = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        for name, child in (("left", tree.children_left), ("right", tree.children_right)):
            parts[name].append((start + np.where(leaf, node, child)).astype(np.int32))
        parts["feature"].append(np.where(leaf, 0, tree.feature).astype(np.int32))
        parts["threshold"].append(np.where(leaf, np.inf, tree.threshold))
        parts["value"].append(tree.value.reshape(tree.node_count, -1).astype(np.float32))
        roots.append(start)
        start += tree.node_count
    return {"root": np.array(roots, np.int32), **{name: np.concatenate(each) for name, each in parts.items()}}


def walk(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """(n, features) → (n, trees, outputs) the values of the leaves that samples come to."""
    x = x.astype(np.float32)
    rows = np.arange(len(x))[:, None]
    node = np.tile(arrays["root"], (len(x), 1))
    while True:
        left = x[rows, arrays["feature"][node]] <= arrays["threshold"][node]
        below = np.where(left, arrays["left"][node], arrays["right"][node])
        if (below == node).all():
            return arrays["value"][node]
        node = below


class Forest(Classifier):
    """A random forest (Breiman 2001, doi:10.1023/A:1010933404324)."""

    name = "forest"
    selects = False
    grid = ({"trees": 200, "leaf": 2},)

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(
            self.settings["trees"],
            min_samples_leaf=self.settings["leaf"],
            class_weight="balanced",
            random_state=seed,
        ).fit(x, y)
        return flatten(each.tree_ for each in model.estimators_)

    def scores(self, x: np.ndarray) -> np.ndarray:
        votes = walk(x, self.arrays).astype(np.float64).sum(1)
        return np.log(votes + 1 / votes.shape[1])


class Boosting(Classifier):
    """Gradient-boosted trees on random parts of samples and features (Friedman 2002, doi:10.1016/S0167-9473(01)00065-2)."""

    name = "boosting"
    selects = False
    grid = ({"trees": 60, "depth": 2, "rate": 0.1},)

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        from sklearn.ensemble import GradientBoostingClassifier

        model = GradientBoostingClassifier(
            n_estimators=self.settings["trees"],
            max_depth=self.settings["depth"],
            learning_rate=self.settings["rate"],
            subsample=0.7,
            max_features="sqrt",
            random_state=seed,
        ).fit(x, y, sample_weight=weights(y))
        start = model._raw_predict_init(x[:1].astype(np.float32))[0]  # the same for every sample
        return {
            "start": np.asarray(start, np.float64),
            **flatten(each.tree_ for stage in model.estimators_ for each in stage),
        }

    def scores(self, x: np.ndarray) -> np.ndarray:
        start = self.arrays["start"]
        steps = walk(x, self.arrays)[..., 0].astype(np.float64).reshape(len(x), -1, len(start)).sum(1)
        return two_sided(start + self.settings["rate"] * steps)
