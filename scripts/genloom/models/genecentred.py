"""Expression of each gene from the open chromatin around it: weights shared by all genes, then a kernel on what is left.

Fourteen samples cannot tell which of 300,000 bins matter to a gene. Seen from the genes, the same data are 17,000 × 14
examples of one question (how does expression follow the peaks near a start site?), which a handful of shared weights
answer. What a gene does beyond that is left to kernel ridge between samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from .regressor import Regressor, inner_folds

# (share of the gene's own kernel, penalty)
GRID = tuple((local, penalty) for local in (0.0, 0.3, 0.6) for penalty in (0.03, 0.1, 0.3))
SHRINKAGE = 0.01  # of the shared weights: hundreds of thousands of rows need next to none
SPARSER = 5  # inner folds look at every fifth gene
BLOCK = 2048  # genes whose kernels are in memory at once


class GeneCentred(Regressor):
    """Shared weights plus kernel ridge on the differences from the training mean.

    Inputs are neighbourhoods: x (n, q, k) holds k features of the surroundings of each of the q targets, NaN for a target
    whose place is unknown, which the shared weights skip and the kernel over all located genes still predicts.

    1. d = x - mean over training samples, scaled by its spread over genes and samples, one number a feature.
    2. Ridge of all differences of expression on d at once: k weights, the same for every gene.
    3. Kernel ridge between samples on the residuals of each gene, with the kernel
       (1 - local) · average over genes + local · the gene's own, the latter damped by the typical gene's variance.

    4. The sum is multiplied by a trust between 0 and 1.

    `local`, the penalty and the trust are chosen by inner folds that leave groups out; where the inner folds see no
    relation the trust is 0, and the prediction is the mean.
    """

    name = "gene-centred"
    inputs = "neighbourhoods"

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> GeneCentred:
        if "penalty" not in self.settings:
            self.settings.update(self._chosen(x, y, groups))
        fit = _Fit.of(x, y)
        self.arrays = {**vars(fit), "dual": fit.dual(self.settings["local"], self.settings["penalty"])}
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        fit = _Fit(*(a[field.name] for field in fields(_Fit)))
        difference = fit.difference(x, a["dual"], self.settings["local"])
        return (a["mean_y"] + self.settings["trust"] * difference).astype(np.float32)

    @staticmethod
    def _chosen(x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> dict[str, float]:
        """The candidate, with its trust, that the inner folds like best."""
        few = slice(None, None, SPARSER if y.shape[1] > 1000 else 1)
        x, y = x[:, few], y[:, few]
        moments = np.zeros((len(GRID), 2))  # of prediction with observation, and with itself
        for rows, held in inner_folds(groups):
            fit = _Fit.of(x[rows], y[rows])
            observed = y[held] - fit.mean_y
            for block, i, predicted in fit.candidates(x[held]):
                moments[i] += (predicted * observed[:, block]).sum(), (predicted**2).sum()
        # With trust t the squared error falls by 2 t cross - t² square; its best t within 0 to 1 is taken.
        cross, square = moments.T
        trust = np.clip(cross / np.maximum(square, 1e-12), 0, 1)
        best = int(np.argmax(2 * trust * cross - trust**2 * square))
        local, penalty = GRID[best]
        return {"local": local, "penalty": penalty, "trust": float(trust[best])}


@dataclass
class _Fit:
    """The shared weights, and all that the kernels need. n training samples, q genes, k features a gene."""

    mean_x: np.ndarray  # (q, k)
    mean_y: np.ndarray  # (q,)
    scale: np.ndarray  # (k,)
    weights: np.ndarray  # (k,)
    rows: np.ndarray  # (n, q, k): the training samples, centred and scaled; 0 where a gene's place is unknown
    residual: np.ndarray  # (n, q): what the shared weights leave
    spread: np.ndarray  # (q,): what a gene's own kernel is divided by

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> _Fit:
        located = np.isfinite(x).all((0, 2))
        mean_x, mean_y = x.mean(0, dtype=np.float64).astype(np.float32), y.mean(0, dtype=np.float64).astype(np.float32)
        centred = x - mean_x
        some = slice(None) if located.all() else located  # of all there is no need of a copy
        scale = np.maximum(centred[:, some].std((0, 1)), 1e-12)
        rows = np.nan_to_num(centred / scale)
        difference = y - mean_y
        flat = rows[:, some].reshape(-1, len(scale)).astype(np.float64)
        gram = flat.T @ flat + SHRINKAGE * len(flat) * np.eye(len(scale))
        weights = np.linalg.solve(gram, flat.T @ difference[:, some].ravel()).astype(np.float32)
        # A gene with little variation must not get a kernel of pure noise: the typical gene's variance is added.
        variance = (rows**2).sum((0, 2)) / max(len(x) - 1, 1)
        spread = variance + max(float(np.median(variance[located])), 1e-12)
        return cls(mean_x, mean_y, scale, weights, rows, difference - rows @ weights, spread)

    def dual(self, local: float, penalty: float) -> np.ndarray:
        """The (n, q) coefficients of kernel ridge on the residuals."""
        average = self._average(self.rows)
        return np.concatenate(
            [self._solve(average, block, local, penalty) for block in self._blocks()],
            axis=1,
        )

    def difference(self, x: np.ndarray, dual: np.ndarray, local: float) -> np.ndarray:
        """How far from the training mean the expression in new neighbourhoods (new, q, k) is: (new, q)."""
        rows = self._rows(x)
        average = self._average(rows)
        return np.concatenate(
            [self._predict(rows, average, dual[:, block], block, local) for block in self._blocks()],
            axis=1,
        )

    def candidates(self, x: np.ndarray) -> Iterator[tuple[slice, int, np.ndarray]]:
        """`difference` for each candidate of `GRID`, as (genes, number of the candidate, (new, genes) values)."""
        rows = self._rows(x)
        average, new_average = self._average(self.rows), self._average(rows)
        for block in self._blocks():
            for i, (local, penalty) in enumerate(GRID):
                dual = self._solve(average, block, local, penalty)
                yield block, i, self._predict(rows, new_average, dual, block, local)

    def _solve(self, average: np.ndarray, block: slice, local: float, penalty: float) -> np.ndarray:
        """The (n, genes) coefficients of some genes.

        A gene's own kernel has no more dimensions than it has features: the kernel of all genes is inverted once, and each gene
        adds its few to it (Woodbury), so that no gene has a system of as many equations as there are samples.
        """
        system = (1 - local) * average + penalty * np.eye(len(average))
        residual = self.residual[:, block]
        if not local:
            return np.linalg.solve(system, residual)
        inverse = np.linalg.inv(system)
        dual = inverse @ residual
        own = self.rows[:, block] * np.sqrt(local / self.spread[block].astype(np.float64))[:, None]  # (n, genes, k)
        known = (inverse @ own.reshape(len(own), -1)).reshape(own.shape)
        inner = np.eye(own.shape[2]) + np.einsum("ngk,ngl->gkl", own, known, optimize=True)
        share = np.linalg.solve(inner, np.einsum("ngk,ng->gk", own, dual)[..., None])[..., 0]
        return dual - np.einsum("ngk,gk->ng", known, share)

    def _predict(
        self, rows: np.ndarray, average: np.ndarray, dual: np.ndarray, block: slice, local: float
    ) -> np.ndarray:
        out = rows[:, block] @ self.weights + (1 - local) * average @ dual
        if not local:
            return out
        slope = np.einsum("ngk,ng->gk", self.rows[:, block], dual) / self.spread[block, None]
        return out + local * np.einsum("agk,gk->ag", rows[:, block], slope)

    def _rows(self, x: np.ndarray) -> np.ndarray:
        return np.nan_to_num((x - self.mean_x) / self.scale)

    def _average(self, rows: np.ndarray) -> np.ndarray:
        """The kernel of all genes together, (rows, n); the training samples have a mean of about 1 with themselves."""
        n = len(self.rows)
        known = self.rows.reshape(n, -1).astype(np.float64)
        total = max(float(np.vdot(known, known)) / max(n - 1, 1), 1e-12)
        new = known if rows is self.rows else rows.reshape(len(rows), -1).astype(np.float64)
        return new @ known.T / total

    def _blocks(self) -> Iterator[slice]:
        return (slice(i, i + BLOCK) for i in range(0, len(self.spread), BLOCK))
