"""A multilayer perceptron that starts as the zero function."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def mlp(inputs: int, hidden: Sequence[int], outputs: int, dropout: float) -> nn.Sequential:
    """Linear → ReLU → dropout for each hidden width, then a linear layer.

    (batch, inputs) → (batch, outputs). The last layer starts at zero: a network that predicts differences from the
    training mean begins as that mean, and training has to earn every departure from it.
    """
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout)]
        inputs = width
    last = nn.Linear(inputs, outputs)
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)
