"""Linear models of very many targets from sums over the samples: one pass over the data in blocks, one factorisation.

All that mean, linear regression, ridge and kriging need of n samples are the sums of x, y, xx', xy' and y², whose size does
not depend on n. Sums of inner folds are kept beside the total, so that settings are chosen without a second pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

PENALTIES = tuple(float(f"{a:.3g}") for a in np.logspace(-2, 0.5, 8))
SHARPER = (0.0, 0.4, 0.8)
FEW = 200  # targets on which settings are chosen
MANY = 10  # samples for each input, beyond which two inner folds say enough
RANK = 1e-10  # of the largest eigenvalue: directions below hold rounding errors alone

Block = tuple[np.ndarray, np.ndarray, np.ndarray]  # x (b, p), y (b, q), number of the inner fold (b,)


@dataclass
class Moments:
    """Sums over samples of x (p) and y (q) about an origin near their means, in float64.

    Attributes
    ----------
    count : samples
    x, y : (p,), (q,) sums
    xx, xy : (p, p), (p, q) sums of products
    yy : (q,) sums of squares
    """

    count: int
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @classmethod
    def zero(cls, p: int, q: int) -> Moments:
        return cls(0, np.zeros(p), np.zeros(q), np.zeros((p, p)), np.zeros((p, q)), np.zeros(q))

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Add samples (b, p) and (b, q). Products are in their precision, the sums of blocks in double."""
        ones = np.ones(len(x), x.dtype)
        self.count += len(x)
        self.x += ones @ x
        self.y += ones @ y
        self.xx += x.T @ x
        self.xy += x.T @ y
        self.yy += np.einsum("ij,ij->j", y, y)

    def of(self, targets: slice) -> Moments:
        """Those of some targets alone."""
        return Moments(self.count, self.x, self.y[targets], self.xx, self.xy[:, targets], self.yy[targets])

    def without(self, other: Moments) -> Moments:
        """Those of the samples that `other` does not hold."""
        return Moments(*(a - b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def standard(self) -> Standard:
        """Means and standard deviations."""
        n = max(self.count, 1)
        mean_x, mean_y = self.x / n, self.y / n
        return Standard(
            mean_x,
            _spread(np.diagonal(self.xx) / n - mean_x**2, np.diagonal(self.xx) / n),
            mean_y,
            _spread(self.yy / n - mean_y**2, self.yy / n),
        )

    def correlations(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the x with each other (p, p), and with the y (p, q); 0 with what does not vary."""
        xx, xy, _ = self.standardised(self.standard())
        return xx / max(self.count, 1), xy / max(self.count, 1)

    def standardised(self, s: Standard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of products of z-scores by the standard `s` of others: xx (p, p), xy (p, q), yy (q,)."""
        n = self.count
        dx = self.x - n * s.mean_x
        xx = self.xx - np.outer(self.x, s.mean_x) - np.outer(s.mean_x, dx)
        xy = self.xy - np.outer(self.x, s.mean_y) - np.outer(s.mean_x, self.y - n * s.mean_y)
        yy = self.yy - 2 * s.mean_y * self.y + n * s.mean_y**2
        return xx / np.outer(s.sd_x, s.sd_x), xy / np.outer(s.sd_x, s.sd_y), yy / s.sd_y**2


@dataclass
class Standard:
    """Mean and standard deviation of inputs (p) and targets (q); what does not vary has a deviation of infinity."""

    mean_x: np.ndarray
    sd_x: np.ndarray
    mean_y: np.ndarray
    sd_y: np.ndarray

    def inputs(self, x: np.ndarray) -> np.ndarray:
        """z-scores of x, float32."""
        return ((x - self.mean_x) / self.sd_x).astype(np.float32)

    def targets(self, y: np.ndarray) -> np.ndarray:
        """z-scores of y, float32; 0 for what does not vary."""
        return ((y - self.mean_y) / self.sd_y).astype(np.float32)

    def values(self, z: np.ndarray) -> np.ndarray:
        """y of z-scores, float32."""
        return (self.mean_y + z * np.where(np.isfinite(self.sd_y), self.sd_y, 0)).astype(np.float32)


def _spread(variance: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Standard deviations; infinite where a variance is no more than the rounding of single precision."""
    return np.where(variance > 1e-10 * np.maximum(square, 1e-12), np.sqrt(np.maximum(variance, 0)), np.inf)


def gather(blocks: Iterable[Block], p: int, q: int, folds: int) -> tuple[Moments, list[Moments]]:
    """The moments of all samples, and for each inner fold those of `few(q)` targets. Blocks are about a common origin."""
    total, chosen = Moments.zero(p, q), few(q)
    parts = [Moments.zero(p, len(range(*chosen.indices(q)))) for _ in range(folds)]
    for x, y, fold in blocks:
        total.add(x, y)
        for number, part in enumerate(parts):
            if (inside := fold == number).any():
                part.add(x[inside], np.ascontiguousarray(y[inside, chosen]))
    return total, parts


def few(q: int) -> slice:
    """The targets on which settings are chosen: every k-th."""
    return slice(None, None, max(q // FEW, 1))


class Factored:
    """Correlations of the inputs, sharpened and factored once for all penalties.

    sharper : share of the cubed correlations, in those of inputs with each other and with targets alike. Cubes keep
        strong correlations and drop the many weak ones that few samples give by chance
    """

    def __init__(self, inner: np.ndarray, sharper: float = 0.0):
        self.sharper = sharper
        self.values, self.vectors = np.linalg.eigh(_sharpen(inner, sharper))

    def inverse(self, penalty: float) -> np.ndarray:
        """(p,) what to multiply coordinates in the eigenvectors by; 0 where rounding errors alone are."""
        values = self.values + penalty
        kept = values > RANK * values[-1]
        return np.where(kept, 1 / np.where(kept, values, 1), 0)

    def errors(self, cross: np.ndarray, penalties: Sequence[float], held: Moments, standard: Standard) -> list[float]:
        """The sum of squared errors of z-scores on held-out samples, for each penalty."""
        xx, xy, yy = (each.astype(cross.dtype) for each in held.standardised(standard))
        products = self.vectors.T @ xx @ self.vectors
        known, wanted = self.vectors.T @ _sharpen(cross, self.sharper), self.vectors.T @ xy
        found = []
        for penalty in penalties:
            slope = self.inverse(penalty)[:, None] * known
            found.append(float(yy.sum() - 2 * (slope * wanted).sum() + (slope * (products @ slope)).sum()))
        return found


def solved(inner: np.ndarray, cross: np.ndarray, sharper: float, penalty: float) -> np.ndarray:
    """(p, q) float32 weights from correlations, sharpened; without a penalty those of least norm."""
    cross = _sharpen(cross, sharper)
    if not penalty:
        factored = Factored(inner, sharper)
        return ((factored.vectors * factored.inverse(0)) @ factored.vectors.T @ cross).astype(np.float32)
    system = _sharpen(inner, sharper) + penalty * np.eye(len(inner))
    inverse = scipy.linalg.cho_solve(scipy.linalg.cho_factor(system), np.eye(len(inner)))
    return inverse.astype(np.float32) @ cross.astype(np.float32)


def _sharpen(r: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * r + share * r**3 if share else r


class LinearMap:
    """A model that is a matrix of weights on z-scores: `fit` takes moments, so the samples need not be in memory.

    Settings are `sharper` (see `Factored`) and `penalty`, for each landmark and sample: the penalty on correlations is this
    times landmarks / samples.
    """

    name: str
    sharper: Sequence[float] = (0.0,)
    penalties: Sequence[float] = (0.0,)

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}

    def fit(self, total: Moments, inner: Sequence[Moments]) -> LinearMap:
        """Learn from moments; those of `inner` folds, of `few` targets, choose the settings."""
        settings = self.settings or self._choose(total.of(few(len(total.y))), inner)
        weights = solved(*total.correlations(), settings["sharper"], _scaled(settings["penalty"], total))
        self.settings, self.arrays = settings, {"weights": weights}
        return self

    def predict(self, z: np.ndarray, targets: slice = slice(None)) -> np.ndarray:
        """(n, q) float32 z-scores of targets from those of inputs (n, p)."""
        return z @ self.arrays["weights"][:, targets]

    def _choose(self, total: Moments, inner: Sequence[Moments]) -> dict[str, float]:
        grid = [(sharper, penalty) for sharper in self.sharper for penalty in self.penalties]
        if len(grid) == 1 or not inner:
            sharper, penalty = grid[len(grid) // 2]
            return {"sharper": sharper, "penalty": penalty}
        loss = np.zeros(len(grid))
        many = total.count > MANY * len(total.x)
        for held in inner[: 2 if many else None]:
            fit = total.without(held)
            standard, (correlations, cross) = fit.standard(), fit.correlations()
            penalties = [_scaled(penalty, fit) for penalty in self.penalties]
            single = correlations.astype(np.float32), cross.astype(np.float32)
            for i, share in enumerate(self.sharper):
                errors = Factored(single[0], share).errors(single[1], penalties, held, standard)
                loss[i * len(penalties) : (i + 1) * len(penalties)] += errors
        sharper, penalty = grid[int(np.argmin(loss))]
        return {"sharper": sharper, "penalty": penalty}


def _scaled(penalty: float, m: Moments) -> float:
    return penalty * len(m.x) / max(m.count, 1)


class Mean(LinearMap):
    """The mean of the training samples: what any model has to beat."""

    name = "mean"

    def fit(self, total: Moments, inner: Sequence[Moments]) -> Mean:
        self.arrays = {"weights": np.zeros((len(total.x), len(total.y)), np.float32)}
        return self


class Linear(LinearMap):
    """Linear regression of each target, of least norm where samples are fewer than inputs: what LINCS infers genes with
    (doi:10.1016/j.cell.2017.10.049)."""

    name = "linear"


class Ridge(LinearMap):
    """Ridge regression of all targets, with one penalty."""

    name = "ridge"
    penalties = PENALTIES


class Kriging(LinearMap):
    """What measured genes say of the others by correlations between genes, sharpened as inner folds like it.

    Without cubes it is ridge regression. Correlations of few samples span no more directions than there are samples, and
    whatever else a new sample shows is lost on ridge; with cubes among them they span all.
    """

    name = "kriging"
    sharper = SHARPER
    penalties = PENALTIES


MAPS: dict[str, type[LinearMap]] = {each.name: each for each in (Mean, Linear, Ridge, Kriging)}
