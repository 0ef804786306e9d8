"""Nearest neighbours among samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .regressor import Regressor, choose
from .span import Span

NEIGHBOURS = (1, 2, 3, 5, 10)


class NearestNeighbours(Regressor):
    """The mean of the k most similar training samples, weighted by 1 / distance."""

    name = "knn"

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> NearestNeighbours:
        span = Span.of(x)
        z = span.coordinates(x)

        def predict(fit: np.ndarray, held: np.ndarray) -> list[np.ndarray]:
            return [_neighbours(z[fit], y[fit], z[held], k) for k in NEIGHBOURS]

        count = self.settings.get("neighbours") or choose(NEIGHBOURS, predict, y, groups, 3)
        self.settings["neighbours"] = count
        self.arrays = {"centre": span.centre, "basis": span.basis, "rows": z, "targets": y.astype(np.float32)}
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        z = Span(a["centre"], a["basis"]).coordinates(x)
        return _neighbours(a["rows"], a["targets"], z, self.settings["neighbours"]).astype(np.float32)


def _neighbours(rows: np.ndarray, targets: np.ndarray, z: np.ndarray, k: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(rows))
    if rows.shape[1] == 0:  # all training samples are alike
        return np.repeat(targets.mean(0)[None], len(z), 0)
    distance, index = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(z)
    near = 1 / np.maximum(distance, 1e-9 * max(float(distance.max()), 1e-9))
    weights = np.zeros((len(z), len(rows)))
    np.put_along_axis(weights, index, near / near.sum(1, keepdims=True), 1)
    return weights @ targets
