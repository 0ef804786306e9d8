"""Inputs expressed in the span of the training samples: exact, and small when features far outnumber samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Span:
    """An orthonormal basis of the centred training rows.

    With n training samples and p features, distances and inner products among centred rows (and so ridge, kernel
    and partial-least-squares fits) are the same on the (n, r) coordinates as on the (n, p) values, where
    r = rank <= min(n - 1, p). What a new sample has outside the span no such model can use.

    Attributes
    ----------
    centre : (p,) float32, the training mean
    basis : (p, r) float32, orthonormal columns
    """

    centre: np.ndarray
    basis: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Span:
        """The span of `x` (n, p); directions with under 1e-6 of the largest singular value are left out."""
        centre = x.mean(0, dtype=np.float64)
        centred = x - centre.astype(np.float32)
        if x.shape[0] <= x.shape[1]:  # through the (n, n) products: no (p, p) matrix is ever made
            values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
            keep = values > max(values.max(), 0) * 1e-12
            keep &= values > 0
            basis = centred.T @ (vectors[:, keep] / np.sqrt(values[keep])).astype(np.float32)
        else:
            values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
            basis = vectors[:, values > max(values.max(), 0) * 1e-12]
        return cls(centre.astype(np.float32), np.ascontiguousarray(basis[:, ::-1], dtype=np.float32))

    def coordinates(self, x: np.ndarray) -> np.ndarray:
        """The (n, r) float64 coordinates of the rows of `x` (n, p)."""
        return ((x - self.centre) @ self.basis).astype(np.float64)
