"""The shape all matrix models share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np


class Regressor:
    """From samples × features to samples × targets.

    `fit` learns everything, settings included, from the rows it is given: where a setting is to be chosen, inner
    folds that leave whole groups out decide. `settings` holds what was chosen, `arrays` all that `predict` needs.
    """

    name: ClassVar[str]
    inputs: ClassVar[str] = "bins"  # or "neighbourhoods": (samples, targets, features a target)

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> Regressor:
        """Learn from `x` (n, p) and `y` (n, q); `groups` (n) names the samples that belong together."""
        raise NotImplementedError

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The (n, q) float32 predictions for `x` (n, p)."""
        raise NotImplementedError


def inner_folds(groups: Sequence[str], most: int = 20) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row indices (fit, held out), leaving whole groups out; at the most `most` folds. None for a single group."""
    from sklearn.model_selection import GroupKFold

    count = len(set(groups))
    if count < 2:
        return iter(())
    return GroupKFold(min(count, most)).split(np.zeros(len(groups)), groups=np.asarray(groups, dtype=str))


def choose(
    candidates: Sequence[Any],
    predict: Callable[[np.ndarray, np.ndarray], Iterable[np.ndarray]],
    y: np.ndarray,
    groups: Sequence[str],
    default: Any,
) -> Any:
    """The candidate with the least squared error over the inner folds; `default` where there is but one group.

    `predict(fit_rows, held_rows)` returns one (held, q) array a candidate.
    """
    loss = np.zeros(len(candidates))
    folds = 0
    for fit, held in inner_folds(groups):
        folds += 1
        for i, predicted in enumerate(predict(fit, held)):
            loss[i] += float(((y[held] - predicted) ** 2).sum(dtype=np.float64))
    return candidates[int(np.argmin(loss))] if folds else default
