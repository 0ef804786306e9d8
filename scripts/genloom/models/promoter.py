"""Convolutions over a promoter, then a few dense layers: expression from sequence.

Architecture: Agarwal & Shendure, Cell Reports 31, 107663 (2020), Xpresso. What its authors released counts on the
conventions of TensorFlow, which are kept: "same" padding puts the odd zero at the end, pooling drops what does not fill
a window, and the layers after the convolutions read position by position, channel by channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .splice import one_hot


class Promoter(nn.Module):
    """A network of the shape of Xpresso's.

    Parameters
    ----------
    window : bases of a promoter
    features : numbers about the gene that are read beside its sequence
    filters, widths, pools : channels, kernel and pooling of each convolution
    dense : units of each layer after them, the last of one unit left out
    dropout : share of units dropped in training after each of those
    slope : of LeakyReLU below zero; 0 is ReLU, as published
    """

    def __init__(
        self,
        window: int = 10_500,
        features: int = 0,
        filters: Sequence[int] = (128, 32),
        widths: Sequence[int] = (6, 9),
        pools: Sequence[int] = (30, 10),
        dense: Sequence[int] = (64, 2),
        dropout: Sequence[float] = (0.00099, 0.0155),
        slope: float = 0.0,
    ):
        super().__init__()
        if not len(filters) == len(widths) == len(pools) or len(dense) != len(dropout):
            raise ValueError("each convolution needs its filters, width and pool, each dense layer its dropout")
        self.settings: dict[str, object] = {
            "window": window,
            "features": features,
            "filters": list(filters),
            "widths": list(widths),
            "pools": list(pools),
            "dense": list(dense),
            "dropout": list(dropout),
            "slope": slope,
        }
        self.window, self.features, self.slope = window, features, slope
        self.widths, self.pools, self.dropout = tuple(widths), tuple(pools), tuple(dropout)
        length = window
        for pool in pools:
            length //= pool
        if length < 1:
            raise ValueError(f"{window} bases are less than one place after the pooling")
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, width)
            for before, after, width in zip((4, *filters), filters, widths, strict=False)
        )
        sizes = (length * filters[-1] + features, *dense)
        self.dense = nn.ModuleList(nn.Linear(before, after) for before, after in zip(sizes, dense, strict=False))
        self.last = nn.Linear(sizes[-1], 1)

    def activate(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(x, self.slope) if self.slope else functional.relu(x)

    def forward(self, sequence: Tensor, features: Tensor | None = None) -> Tensor:
        """(batch, window) base codes, or (batch, window, 4) floats, and (batch, features) → (batch,) expression.

        Without `features` they are all zero.
        """
        if sequence.shape[1] != self.window:
            raise ValueError(f"promoters of {sequence.shape[1]} bases, the network reads {self.window}")
        x = (one_hot(sequence) if sequence.dtype == torch.uint8 else sequence).transpose(1, 2)
        for convolution, width, pool in zip(self.convolutions, self.widths, self.pools, strict=True):
            x = functional.pad(x, ((width - 1) // 2, width // 2))
            x = functional.max_pool1d(self.activate(convolution(x)), pool)
        x = x.transpose(1, 2).flatten(1)
        if self.features:
            x = functional.pad(x, (0, self.features)) if features is None else torch.cat([x, features], 1)
        for layer, share in zip(self.dense, self.dropout, strict=True):
            x = functional.dropout(self.activate(layer(x)), share, self.training)
        return self.last(x)[:, 0]
