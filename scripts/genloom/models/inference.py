"""Models of target genes that need all training samples in memory, beside the linear maps of `moments`.

All of them go from z-scores of landmark genes to z-scores of target genes, standardised by the training part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from .linear import KernelRidge
from .moments import Kriging, LinearMap, Ridge, few, gather

ALPHAS = (0.02, 0.04, 0.08, 0.15, 0.3)  # of the lasso, on z-scores
PULL = 40  # samples' worth of the typical gene in the slope of each
STEP = 0.25  # between the shares of a stack
REFITTED = ("penalty", "neighbours", "components")  # settings that a further fit keeps


def refit(model: Any, z: np.ndarray, t: np.ndarray) -> Any:
    """A model of the same kind and settings, fitted on other samples."""
    if isinstance(model, LinearMap):
        block = (z.astype(np.float64), t.astype(np.float64), np.zeros(len(z), np.int64))
        total, _ = gather([block], z.shape[1], t.shape[1], 0)
        return type(model)(**model.settings).fit(total, ())
    kept = {name: value for name, value in model.settings.items() if name in REFITTED}
    return type(model)(**kept).fit(z, t, [str(i) for i in range(len(z))])


def held_out(model: Any, z: np.ndarray, t: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """What a fitted model predicts of each sample when its inner fold is left out: (n, q) float32."""
    predicted = np.zeros_like(t)
    for number in np.unique(folds):
        held = folds == number
        predicted[held] = refit(model, z[~held], t[~held]).predict(z[held])
    return predicted


class Lasso:
    """Lasso of each target, with one penalty, of scikit-learn: for small sets."""

    name = "lasso"

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}

    def fit(self, z: np.ndarray, t: np.ndarray, folds: np.ndarray) -> Lasso:
        if not self.settings:
            some = np.ascontiguousarray(t[:, few(t.shape[1])])
            loss = np.zeros(len(ALPHAS))
            for number in np.unique(folds):
                held = folds == number
                for i, alpha in enumerate(ALPHAS):
                    loss[i] += ((some[held] - z[held] @ self._weights(z[~held], some[~held], alpha)) ** 2).sum()
            self.settings = {"alpha": ALPHAS[int(np.argmin(loss))]}
        self.arrays = {"weights": self._weights(z, t, self.settings["alpha"])}
        return self

    def predict(self, z: np.ndarray) -> np.ndarray:
        return z @ self.arrays["weights"]

    @staticmethod
    def _weights(z: np.ndarray, t: np.ndarray, alpha: float) -> np.ndarray:
        import warnings

        from sklearn.linear_model import Lasso as One

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of targets that do not converge to the last digit
            found = One(alpha=alpha, fit_intercept=False, precompute=True, tol=1e-3).fit(z, t).coef_
        return np.ascontiguousarray(np.atleast_2d(found).T, np.float32)


class Stack:
    """Ridge, kriging and kernel ridge in shares that inner folds choose by absolute error, then set right gene by gene.

    A gene's predictions are multiplied by a slope, drawn towards that of all genes, and shifted by the median of what is
    left: both from predictions of inner folds, and only where they lower the error there.
    """

    name = "stack"
    members = (Ridge, Kriging, KernelRidge)

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}

    def fit(self, z: np.ndarray, t: np.ndarray, folds: np.ndarray, fit: Callable[[str], Any]) -> Stack:
        """Learn from z-scores; `fit` gives the members fitted on them, by name."""
        models = {member.name: fit(member.name) for member in self.members}
        held = [held_out(model, z, t, folds) for model in models.values()]
        steps = np.arange(0, 1 + STEP / 2, STEP)
        grid = [shares for shares in product(steps, repeat=len(held)) if abs(sum(shares) - 1) < 1e-9]
        some = few(t.shape[1])
        errors = [np.abs(t[:, some] - _mix([h[:, some] for h in held], shares)).mean() for shares in grid]
        shares = grid[int(np.argmin(errors))]
        mixed = _mix(held, shares)
        slope, shift = np.ones(t.shape[1], np.float32), np.zeros(t.shape[1], np.float32)
        right = gain(mixed, t, folds) > 0
        if right:
            slope, shift = set_right(mixed, t)
        used = {name: float(share) for name, share in zip(models, shares, strict=True) if share}
        self.settings = {
            "shares": used,
            "set_right": right,
            **{name: models[name].settings for name in used},
        }
        self.arrays = {"slope": slope, "shift": shift}
        for name in used:
            self.arrays.update({f"{name}.{key}": value for key, value in models[name].arrays.items()})
        return self

    def predict(self, z: np.ndarray) -> np.ndarray:
        kinds = {member.name: member for member in self.members}
        parts = []
        for name in self.settings["shares"]:
            model: Any = kinds[name](**self.settings[name])
            model.arrays = _under(self.arrays, name)
            parts.append(model.predict(z))
        mixed = _mix(parts, list(self.settings["shares"].values()))
        return mixed * self.arrays["slope"] + self.arrays["shift"]


def set_right(predicted: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(q,) slopes and shifts that bring predictions of held-out samples (n, q) near what was observed."""
    square, crossed = (np.einsum("ij,ij->j", predicted, each, dtype=np.float64) for each in (predicted, t))
    typical = crossed.sum() / max(square.sum(), 1e-12)
    pull = PULL * max(square.mean(), 1e-12) / len(t)
    slope = np.clip((crossed + typical * pull) / (square + pull), 0, 1.5).astype(np.float32)
    return slope, np.median(t - slope * predicted, axis=0).astype(np.float32)


def gain(predicted: np.ndarray, t: np.ndarray, folds: np.ndarray) -> float:
    """By how much setting right lowers the absolute error in inner folds that it was not learned from."""
    found = 0.0
    for number in np.unique(folds):
        held = folds == number
        if (~held).sum() < 2:
            continue
        slope, shift = set_right(predicted[~held], t[~held])
        before, after = np.abs(t[held] - predicted[held]), np.abs(t[held] - slope * predicted[held] - shift)
        found += float((before - after).sum())
    return found


def trust(predicted: np.ndarray, residual: np.ndarray) -> float:
    """The share of a prediction that leaves the least absolute error, 0 to 1 in steps of a tenth."""
    grid = np.arange(11) / 10
    return float(grid[int(np.argmin([np.abs(residual - share * predicted).mean() for share in grid]))])


def _mix(parts: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    total = np.zeros_like(parts[0])
    for part, share in zip(parts, shares, strict=True):
        if share:
            total += np.float32(share) * part
    return total


def _under(arrays: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """Those whose name starts with `name` and a dot, without it."""
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
