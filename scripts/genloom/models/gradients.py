"""What a network's score owes to each base, by its gradients: in one pass, or along a path from a sequence of unknown bases.

Integrated gradients: Sundararajan et al., ICML 2017. Unknown bases are zero to these networks, so that they are the natural
start of the path; the attributions then add up to the score less that of a sequence of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 32
_AT_ONCE = 4  # steps of the path: what is kept for the gradient is large

Score = Callable[[Tensor], Tensor]  # (batch, length, 4) → (batch,)


def gradient(score: Score, x: Tensor) -> tuple[float, Tensor]:
    """The score of one sequence, (length, 4) floats, and its gradient, (length, 4)."""
    x = x[None].clone().requires_grad_()
    value = score(x)
    (found,) = torch.autograd.grad(value.sum(), x)
    return float(value.detach()), found[0]


def integrated(score: Score, x: Tensor, steps: int = STEPS) -> Tensor:
    """The mean gradient on the straight path from unknown bases to the sequence, (length, 4), by the midpoint rule."""
    total = torch.zeros_like(x)
    for share in ((torch.arange(steps, device=x.device) + 0.5) / steps).split(_AT_ONCE):
        path = (share[:, None, None] * x).requires_grad_()
        total += torch.autograd.grad(score(path).sum(), path)[0].sum(0)
    return total / steps
