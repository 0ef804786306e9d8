"""The training mean, ridge, kernel ridge and partial least squares, for many more features than samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.linalg

from .regressor import Regressor, choose
from .span import Span

# Penalties relative to the mean squared length of a centred training row, so that they mean the same on any scale.
PENALTIES = tuple(float(f"{a:.3g}") for a in np.logspace(-3, 2, 16))
COMPONENTS = (1, 2, 3, 4, 5)


class Mean(Regressor):
    """Every new sample is the mean of the training samples: what any other model has to beat."""

    name = "mean"

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> Mean:
        self.arrays = {"mean": y.mean(0, dtype=np.float64).astype(np.float32)}
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.repeat(self.arrays["mean"][None], len(x), 0)


class _Kernel(Regressor):
    """Ridge in the dual: a kernel between samples, the difference from the training mean as target."""

    def kernel(self, a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
        raise NotImplementedError

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> _Kernel:
        span = Span.of(x)
        z = span.coordinates(x)
        # The scale of the samples, learned here once: the mean squared distance from their centre.
        width = float((z**2).sum(1).mean()) or 1.0
        gram = self.kernel(z, z, width)

        def predict(fit: np.ndarray, held: np.ndarray) -> Iterator[np.ndarray]:
            mean = y[fit].mean(0, dtype=np.float64)
            values, vectors = np.linalg.eigh(gram[np.ix_(fit, fit)])  # once for all penalties
            known, new = vectors.T @ (y[fit] - mean), gram[np.ix_(held, fit)] @ vectors
            for penalty in PENALTIES:
                yield mean + (new / (values + penalty)) @ known

        penalty = self.settings.get("penalty") or choose(PENALTIES, predict, y, groups, 1.0)
        mean = y.mean(0, dtype=np.float64)
        dual = np.linalg.solve(gram + penalty * np.eye(len(y)), y - mean)
        self.settings.update(penalty=penalty, width=width)
        self.arrays = {
            "centre": span.centre,
            "basis": span.basis,
            "rows": z,
            "dual": dual,
            "mean": mean.astype(np.float32),
        }
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        z = Span(a["centre"], a["basis"]).coordinates(x)
        kernel = self.kernel(z, a["rows"], self.settings["width"])
        return (a["mean"] + kernel @ a["dual"]).astype(np.float32)


class Ridge(_Kernel):
    """Linear ridge regression of all targets at once."""

    name = "ridge"

    def kernel(self, a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
        return a @ b.T / width


class KernelRidge(_Kernel):
    """Ridge with a Gaussian kernel whose width is the spread of the training samples."""

    name = "kernel-ridge"

    def kernel(self, a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
        squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
        return np.exp(-np.maximum(squared, 0) / (2 * width))


class PartialLeastSquares(Regressor):
    """Partial least squares. The method sees inputs only through inner products, so they are turned into coordinates in their own
    span: (n, r) with r < n, which changes nothing and makes 300,000 inputs cheap."""

    name = "pls"

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> PartialLeastSquares:
        span = Span.of(x)
        z = span.coordinates(x)

        def predict(fit: np.ndarray, held: np.ndarray) -> Iterator[np.ndarray]:
            zero, mean = z[fit].mean(0), y[fit].mean(0, dtype=np.float64)
            for slope in components_of(z[fit] - zero, y[fit] - mean, max(COMPONENTS)):
                yield (z[held] - zero) @ slope + mean

        components = self.settings.get("components") or choose(COMPONENTS, predict, y, groups, 2)
        zero, mean = z.mean(0), y.mean(0, dtype=np.float64)
        *_, slope = components_of(z - zero, y - mean, components)
        self.settings["components"] = components
        self.arrays = {
            "centre": span.centre,
            "basis": span.basis,
            "weights": slope.astype(np.float32),
            "offset": (mean - zero @ slope).astype(np.float32),
        }
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        z = Span(a["centre"], a["basis"]).coordinates(x)
        return (a["offset"] + z @ a["weights"]).astype(np.float32)


def components_of(z: np.ndarray, t: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """The (r, s) slopes of partial least squares with 1, 2, … `count` components, of centred z (n, r) and t (n, s).

    By the kernel algorithm (Dayal and MacGregor 1997, doi:10.1002/(SICI)1099-128X(199701)11:1<73::AID-CEM435>3.0.CO;2-#), which
    goes on in the products zᵀz and zᵀt: samples are looked at once. The direction of a component is the eigenvector itself, where
    NIPALS comes near it by steps, of which targets that nothing tells of take hundreds.
    """
    inner, cross = z.T @ z, z.T @ t
    slope = np.zeros(cross.shape)
    loadings: list[np.ndarray] = []
    rotations: list[np.ndarray] = []
    least = np.finfo(np.float64).eps * max(z.shape, default=0) * float(np.trace(inner))
    for _ in range(count):
        direction = _leading(cross)
        for loading, rotation in zip(loadings, rotations, strict=True):
            direction = direction - (loading @ direction) * rotation
        length = float(direction @ inner @ direction)
        if length > least:  # else no direction is left
            rotation, loading = direction, inner @ direction / length
            known = cross.T @ rotation / length
            cross = cross - length * np.outer(loading, known)
            slope = slope + np.outer(rotation, known)
            loadings.append(loading)
            rotations.append(rotation)
        yield slope


def _leading(cross: np.ndarray) -> np.ndarray:
    """(r,) the first left singular vector of (r, s); zeros where there is none."""
    if not cross.size or not cross.any():
        return np.zeros(len(cross))
    wide = cross.shape[0] <= cross.shape[1]
    square = cross @ cross.T if wide else cross.T @ cross
    found = scipy.linalg.eigh(square, subset_by_index=[len(square) - 1] * 2)[1][:, 0]
    found = found if wide else cross @ found
    return found / np.linalg.norm(found)
