"""The feeder: does a window hold exon, intron, a boundary between them? It decides what the larger networks look at."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .splice import Splice, for_inference

CLASSES = ("exon", "intron", "boundary")


class Content(nn.Module):
    """The trunk of a Splice network, its greatest and its mean activation over the window, a logit a class.

    Parameters
    ----------
    context, channels, slope, eps : of the trunk
    prior : expected share of windows that hold each class, at the start of training
    """

    def __init__(
        self,
        context: int = 400,
        channels: int = 16,
        slope: float = 0.0,
        eps: float = 1e-5,
        prior: Sequence[float] = (0.5, 0.5, 0.5),
    ):
        super().__init__()
        self.settings: dict[str, object] = {"context": context, "channels": channels, "slope": slope, "eps": eps}
        self.context = context
        self.trunk = Splice(context, channels, (3,), slope, eps)
        self.trunk.last = nn.Identity()  # type: ignore[assignment]
        self.norm = nn.BatchNorm1d(2 * channels)  # means and maxima have scales of their own
        self.last = nn.Linear(2 * channels, len(CLASSES))
        with torch.no_grad():
            self.last.bias.copy_(torch.logit(torch.tensor(prior, dtype=torch.float32, device="cpu"), eps=1e-3))

    def forward(self, sequence: Tensor) -> Tensor:
        """(batch, context + window) base codes → (batch, 3) logits of exon, intron and boundary."""
        features = self.trunk(sequence)
        return self.last(self.norm(torch.cat([features.amax(1), features.mean(1)], -1)))


def ready(network: Content) -> Content:
    """A copy for prediction."""
    network = copy.deepcopy(network).eval().requires_grad_(False)
    network.trunk = for_inference(network.trunk)
    return network
