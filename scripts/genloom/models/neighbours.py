"""Nearest neighbours among samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
            return list(_neighbours(z[fit], y[fit], z[held], NEIGHBOURS))

        count = self.settings.get("neighbours") or choose(NEIGHBOURS, predict, y, groups, 3)
        self.settings["neighbours"] = count
        self.arrays = {"centre": span.centre, "basis": span.basis, "rows": z, "targets": y.astype(np.float32)}
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        z = Span(a["centre"], a["basis"]).coordinates(x)
        (found,) = _neighbours(a["rows"], a["targets"], z, [self.settings["neighbours"]])
        return found.astype(np.float32)


def _neighbours(rows: np.ndarray, targets: np.ndarray, z: np.ndarray, counts: Sequence[int]) -> Iterator[np.ndarray]:
    """The (len(z), q) predictions by so many neighbours, for each of the `counts`."""
    from sklearn.neighbors import NearestNeighbors

    if rows.shape[1] == 0:  # all training samples are alike
        yield from (np.repeat(targets.mean(0)[None], len(z), 0) for _ in counts)
        return
    distance, index = NearestNeighbors(n_neighbors=min(max(counts), len(rows))).fit(rows).kneighbors(z)
    for k in counts:
        own = distance[:, :k]
        # a sample that equals a training sample is that one
        near = 1 / np.maximum(own, 1e-9 * np.maximum(own[:, -1:], 1e-9))
        near /= near.sum(1, keepdims=True)
        found = np.zeros((len(z), targets.shape[1]))
        for weight, row in zip(near.T, index.T, strict=False):
            found += weight[:, None] * targets[row]
        yield found
