"""Convolutions over a promoter, then a few dense layers: expression from sequence.

Architecture: Agarwal & Shendure, Cell Reports 31, 107663 (2020), Xpresso. What its authors released counts on the
conventions of TensorFlow, which are kept: "same" padding puts the odd zero at the end, pooling drops what does not fill
a window, and the layers after the convolutions read position by position, channel by channel.

On a processor the first convolution is no product: what a filter gives to a word of bases is looked up in a table of all
words, of which the best of a pool is kept. Most of the work of the network would else be there.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .splice import UNKNOWN, one_hot

LETTERS = UNKNOWN + 1
WIDEST = 7  # bases of a word whose table is small enough: 5⁷ words


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
    shift : in training the promoters of a batch are moved by so many bases, at the most, either way
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
        shift: int = 0,
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
            "shift": shift,
        }
        self.window, self.features, self.slope, self.shift = window, features, slope, shift
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
        if self.training and self.shift and sequence.dtype == torch.uint8:
            by = int(torch.randint(-self.shift, self.shift + 1, ()))
            sequence = functional.pad(sequence, (by, -by), value=UNKNOWN)
        done = 0
        if sequence.dtype == torch.uint8 and not sequence.is_cuda and self.widths[0] <= WIDEST:
            x, done = self.activate(self._looked_up(sequence)), 1
        else:
            x = (one_hot(sequence) if sequence.dtype == torch.uint8 else sequence).transpose(1, 2)
        for convolution, width, pool in list(zip(self.convolutions, self.widths, self.pools, strict=True))[done:]:
            x = functional.pad(x, ((width - 1) // 2, width // 2))
            x = functional.max_pool1d(self.activate(convolution(x)), pool)
        x = x.transpose(1, 2).flatten(1)
        if self.features:
            x = functional.pad(x, (0, self.features)) if features is None else torch.cat([x, features], 1)
        for layer, share in zip(self.dense, self.dropout, strict=True):
            x = functional.dropout(self.activate(layer(x)), share, self.training)
        return self.last(x)[:, 0]

    def _looked_up(self, codes: Tensor) -> Tensor:
        """The first convolution and its pooling: (batch, window) → (batch, filters, places). Unknown bases are zero."""
        width, pool = self.widths[0], self.pools[0]
        places = codes.shape[1] // pool
        padded = functional.pad(codes, ((width - 1) // 2, width // 2), value=UNKNOWN).int()
        words = padded[:, : places * pool]
        for at in range(1, width):
            words = words * LETTERS + padded[:, at : at + places * pool]
        weight: Tensor = self.convolutions[0].weight  # type: ignore[assignment]
        table: Tensor = self.convolutions[0].bias[None]  # type: ignore[index]
        for at in range(width):
            letters = functional.pad(weight[:, :, at].T, (0, 0, 0, LETTERS - 4))
            table = (table[:, None] + letters).reshape(-1, len(weight))
        if torch.is_grad_enabled() and weight.requires_grad:
            best = functional.embedding_bag(words.reshape(-1, pool), table, mode="max")
        else:  # promoter by promoter: what is looked up stays in the cache
            best = weight.new_empty(len(codes) * places, len(weight))
            for row, out in zip(words, best.split(places), strict=True):
                torch.amax(table.index_select(0, row).view(places, pool, -1), 1, out=out)
        return best.view(len(codes), places, -1).transpose(1, 2)
