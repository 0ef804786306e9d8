"""The training mean, ridge, kernel ridge and partial least squares, for many more features than samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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

        def solve(rows: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
            mean = y[rows].mean(0, dtype=np.float64)
            system = gram[np.ix_(rows, rows)] + penalty * np.eye(len(rows))
            return np.linalg.solve(system, y[rows] - mean), mean

        def predict(fit: np.ndarray, held: np.ndarray) -> list[np.ndarray]:
            out = []
            for penalty in PENALTIES:
                dual, mean = solve(fit, penalty)
                out.append(mean + gram[np.ix_(held, fit)] @ dual)
            return out

        penalty = self.settings.get("penalty") or choose(PENALTIES, predict, y, groups, 1.0)
        dual, mean = solve(np.arange(len(y)), penalty)
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
    """Partial least squares (scikit-learn's PLSRegression) between the spans of inputs and targets.

    The method sees inputs and targets only through inner products, so both are first turned into coordinates in
    their own spans: (n, r) and (n, s) with r, s < n, which changes nothing and makes 17,000 targets cheap.
    """

    name = "pls"

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> PartialLeastSquares:
        from sklearn.cross_decomposition import PLSRegression

        inputs, targets = Span.of(x), Span.of(y)
        z, t = inputs.coordinates(x), targets.coordinates(y)

        def coefficients(rows: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rank = np.linalg.matrix_rank(z[rows] - z[rows].mean(0))
            if rank == 0 or t.shape[1] == 0:
                return z[rows].mean(0), np.zeros((z.shape[1], t.shape[1])), t[rows].mean(0)
            model = PLSRegression(int(min(components, rank)), scale=False).fit(z[rows], t[rows])
            return z[rows].mean(0), model.coef_.T, t[rows].mean(0)

        def predict(fit: np.ndarray, held: np.ndarray) -> list[np.ndarray]:
            fits = [coefficients(fit, c) for c in COMPONENTS]
            return [(z[held] - zero) @ slope + mean for zero, slope, mean in fits]

        components = self.settings.get("components") or choose(COMPONENTS, predict, t, groups, 2)
        zero, slope, mean = coefficients(np.arange(len(y)), components)
        self.settings["components"] = components
        # (z - zero) slope + mean, in target coordinates; then back to the targets themselves.
        weights = (slope @ targets.basis.T).astype(np.float32)
        offset = targets.centre + (mean - zero @ slope) @ targets.basis.T
        self.arrays = {
            "centre": inputs.centre,
            "basis": inputs.basis,
            "weights": weights,
            "offset": offset.astype(np.float32),
        }
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        z = Span(a["centre"], a["basis"]).coordinates(x)
        return (a["offset"] + z @ a["weights"]).astype(np.float32)
