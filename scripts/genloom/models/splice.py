"""Dilated residual networks for splice sites (the SpliceAI family), and the simple models they have to beat.

A sequence is one byte a base: A, C, G, T = 0, 1, 2, 3 and anything else 4, read in the direction of transcription.
Classes are none, acceptor, donor: a donor is the last base of an exon, an acceptor the first base of the next one.

Architecture: Jaganathan et al., Cell 176, 535 (2019). LeakyReLU variant: Chao et al., OpenSpliceAI (2025).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from . import fourier

NONE, ACCEPTOR, DONOR = 0, 1, 2
UNKNOWN = 4
COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)

# Four residual units a group: kernel width and dilation. A network of a given context has the first one to four.
GROUPS = ((11, 1), (11, 4), (21, 10), (41, 25))
UNITS = 4
CONTEXTS = tuple(np.cumsum([2 * UNITS * dilation * (width - 1) for width, dilation in GROUPS]).tolist())

# Any multiple of 100 stays divisible by each dilation on its way through the groups.
STEP = 100

# Coding state and edges beside the splice sites: what a structured decode can lean on.
CODING = (3, 5, 3)

_ONE_HOT = torch.cat([torch.eye(4), torch.zeros(1, 4)])


def one_hot(codes: Tensor) -> Tensor:
    """(..., length) uint8 base codes → (..., length, 4) float32; unknown bases are zero."""
    return functional.embedding(codes.int(), _ONE_HOT.to(codes.device))


class _Unit(nn.Module):
    """Normalise, activate, convolve, twice; added to what came in, cropped to what the convolutions could reach."""

    def __init__(self, channels: int, width: int, slope: float, eps: float):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels, eps)
        self.conv1: nn.Module = nn.Conv2d(channels, channels, (1, width))
        self.norm2: nn.Module = nn.BatchNorm2d(channels, eps)
        self.conv2: nn.Module = nn.Conv2d(channels, channels, (1, width))
        self.slope, self.crop = slope, width - 1

    def activate(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(x, self.slope, inplace=True) if self.slope else functional.relu(x, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(self.activate(self.norm1(x)))
        y = self.conv2(self.activate(self.norm2(y)))
        return y + x[..., self.crop : -self.crop]


class Splice(nn.Module):
    """A SpliceAI network of 80, 400, 2,000 or 10,000 bases of context.

    Parameters
    ----------
    context : bases looked at beside each predicted base, both sides together; one of CONTEXTS
    channels : width of the network; 32 as published
    heads : classes of each softmax over the outputs; (3,) is none, acceptor, donor, which always come first. CODING
        adds, for labels of coding exons, the coding state (outside, intron, first to third base of a codon) and the
        gene's edges (none, first base of the start codon, last base of the stop codon)
    slope : of LeakyReLU below zero; 0 is ReLU (SpliceAI), 0.1 OpenSpliceAI
    eps : of batch normalisation; 1e-3 SpliceAI, 1e-5 OpenSpliceAI
    prior : expected share of acceptors, and of donors, at the start of training

    All convolutions are valid ones, which equals "same" padding with the context cropped at the end. A convolution of
    dilation d runs as d dense ones, on every d-th base: on a CPU, two to three times faster than a dilated kernel.
    """

    def __init__(
        self,
        context: int = 400,
        channels: int = 32,
        heads: Sequence[int] = (3,),
        slope: float = 0.0,
        eps: float = 1e-5,
        prior: float = 1e-3,
    ):
        super().__init__()
        if context not in CONTEXTS:
            raise ValueError(f"context {context} is none of {', '.join(map(str, CONTEXTS))}")
        self.heads = tuple(heads)
        self.settings: dict[str, object] = {
            "context": context,
            "channels": channels,
            "heads": list(heads),
            "slope": slope,
            "eps": eps,
        }
        self.context = context
        groups = GROUPS[: CONTEXTS.index(context) + 1]
        self.first = nn.Linear(4, channels)
        self.skips = nn.ModuleList(nn.Linear(channels, channels) for _ in range(len(groups) + 1))
        self.groups = nn.ModuleList(
            nn.Sequential(*(_Unit(channels, width, slope, eps) for _ in range(UNITS))) for width, _ in groups
        )
        self.last = nn.Linear(channels, sum(heads))
        with torch.no_grad():
            self.last.bias.zero_()
            self.last.bias[[ACCEPTOR, DONOR]] = math.log(prior)

    def forward(self, sequence: Tensor) -> Tensor:
        """(batch, context + n) base codes, or (batch, context + n, 4) floats → (batch, n, sum of heads) logits."""
        if sequence.shape[1] <= self.context:
            raise ValueError(f"{sequence.shape[1]} bases are no more than the network's context of {self.context}")
        wanted = sequence.shape[1] - self.context
        x = one_hot(sequence) if sequence.dtype == torch.uint8 else sequence
        x = self.first(functional.pad(x, (0, 0, 0, -x.shape[1] % STEP)))
        batch, length, channels = x.shape
        end = length - self.context
        total = self.skips[0](x[:, self.context // 2 :][:, :end])
        for (_, dilation), group, skip in zip(GROUPS, self.groups, self.skips[1:], strict=False):
            # Every d-th base becomes a row of its own: (batch · d, channels, 1, length / d), channels innermost.
            x = x.reshape(batch, -1, dilation, channels).transpose(1, 2).reshape(batch * dilation, 1, -1, channels)
            x = group(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).reshape(batch, dilation, -1, channels).transpose(1, 2)
            x = x.reshape(batch, -1, channels)
            total = total + skip(x[:, (x.shape[1] - end) // 2 :][:, :end])
        return self.last(total)[:, :wanted]


def build(settings: dict[str, Any]) -> Splice:
    """The network whose `settings` these are, with fresh weights."""
    return Splice(**settings)


def for_inference(network: Splice) -> Splice:
    """A copy for prediction: no gradients, each second normalisation folded into the convolution before it, and wide
    convolutions by Fourier transforms on a CPU."""
    network = copy.deepcopy(network).eval().requires_grad_(False)
    for unit in network.modules():
        if isinstance(unit, _Unit) and isinstance(unit.norm2, nn.BatchNorm2d):
            one, two = fuse_conv_bn_eval(cast(nn.Conv2d, unit.conv1), unit.norm2), cast(nn.Conv2d, unit.conv2)
            fast = unit.crop + 1 >= fourier.NARROWEST and one.weight.device.type == "cpu"
            unit.conv1, unit.conv2 = (fourier.Convolution(one), fourier.Convolution(two)) if fast else (one, two)
            unit.norm2 = nn.Identity()
    return network


def probabilities(logits: Tensor, heads: Sequence[int]) -> Tensor:
    """(..., sum of heads) logits → the same shape, each head's softmax in its place."""
    return torch.cat([part.softmax(-1) for part in logits.split(list(heads), -1)], -1)


def loss(logits: Tensor, labels: Tensor, heads: Sequence[int], weights: Sequence[float]) -> Tensor:
    """Weighted sum of each head's mean cross-entropy: (batch, n, sum of heads) and (heads, batch, n) int64 labels."""
    parts = logits.flatten(0, 1).split(list(heads), -1)
    terms = [w * functional.cross_entropy(z, y.flatten()) for z, y, w in zip(parts, labels, weights, strict=True)]
    return torch.stack(terms).sum()


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Base codes of the other strand, in its own direction: (..., length) → (..., length)."""
    return np.ascontiguousarray(COMPLEMENT[codes[..., ::-1]])


def predict_tiles(
    networks: Sequence[Splice], codes: np.ndarray, tile: int = 100_000, strands: str = "+-", temperature: float = 1.0
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Predict a sequence of any length, tile by tile; no base differs from a prediction in one piece.

    Parameters
    ----------
    networks : an ensemble with one set of heads, averaged after the softmax; contexts may differ
    codes : (length,) uint8, the plus strand; an array on disk will do
    tile : bases predicted at once; what is beside them is read from the sequence, or unknown beyond its ends
    temperature : divides all logits

    Yields
    ------
    start, end : of the tile
    scores : (strands, end - start, sum of heads) float32, bases in the order of the plus strand on both strands
    """
    heads = networks[0].heads
    if any(network.heads != heads for network in networks):
        raise ValueError("the networks of an ensemble have different heads")
    ready = [for_inference(network) for network in networks]
    device = next(ready[0].parameters()).device
    margin = max(network.context for network in ready) // 2
    for start in range(0, len(codes), tile):
        end = min(start + tile, len(codes))
        piece = np.full(end - start + 2 * margin, UNKNOWN, np.uint8)
        low, high = max(start - margin, 0), min(end + margin, len(codes))
        piece[low - start + margin : high - start + margin] = codes[low:high]
        scores = np.zeros((len(strands), end - start, sum(heads)), np.float32)
        for row, strand in enumerate(strands):
            read = torch.from_numpy(piece if strand == "+" else reverse_complement(piece))[None].to(device)
            for network in ready:
                cut = margin - network.context // 2
                with torch.inference_mode():
                    logits = network(read[:, cut : read.shape[1] - cut]) / temperature
                found = probabilities(logits, heads)[0].cpu().numpy()
                scores[row] += (found if strand == "+" else found[::-1]) / len(ready)
        yield start, end, scores


def predict(
    networks: Sequence[Splice], codes: np.ndarray, tile: int = 100_000, strands: str = "+-", temperature: float = 1.0
) -> np.ndarray:
    """All tiles of `predict_tiles` at once: (strands, length, sum of heads) float32."""
    return np.concatenate([scores for _, _, scores in predict_tiles(networks, codes, tile, strands, temperature)], 1)


def windows_of(codes: np.ndarray, left: int, right: int) -> np.ndarray:
    """(length,) → (length, left + 1 + right) view: each base with its neighbours, unknown beyond the ends."""
    padded = np.concatenate([np.full(left, UNKNOWN, np.uint8), codes, np.full(right, UNKNOWN, np.uint8)])
    return np.lib.stride_tricks.sliding_window_view(padded, left + 1 + right)


class Dinucleotides:
    """Every GT after an exon and AG before one, each at the rate at which it was a site in training.

    A base with GT right after it has the share of such bases that were donors as its probability, and so for AG.
    """

    name = "dinucleotides"

    def fit(self, codes: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Dinucleotides:
        """`codes` and `labels` (none 0, acceptor 1, donor 2): equal-length uint8 arrays, one pair a sequence."""
        seen, sites = np.zeros(2), np.zeros(2)
        for sequence, label in zip(codes, labels, strict=True):
            for row, (site, where) in enumerate(zip((ACCEPTOR, DONOR), _dinucleotides(sequence), strict=True)):
                seen[row] += where.sum()
                sites[row] += (label[where] == site).sum()
        self.arrays = {"rates": (sites / np.maximum(seen, 1)).astype(np.float32)}
        return self

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """(length,) → (length, 3) probabilities of none, acceptor and donor."""
        out = np.zeros((len(codes), 3), np.float32)
        for site, rate, where in zip((ACCEPTOR, DONOR), self.arrays["rates"], _dinucleotides(codes), strict=True):
            out[where, site] = rate
        return _complete(out)


def _dinucleotides(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bases right after AG, and bases right before GT, as masks."""
    near = windows_of(codes, 2, 2)
    return (near[:, 0] == 0) & (near[:, 1] == 2), (near[:, 3] == 2) & (near[:, 4] == 3)


def _complete(out: np.ndarray) -> np.ndarray:
    out[:, NONE] = np.maximum(1 - out[:, ACCEPTOR] - out[:, DONOR], 0)
    return out


class WeightMatrices:
    """Position weight matrices of acceptors and donors: log odds of each base against the rest of the sequence.

    The sum over positions plus the log odds of a site is a probability, under independence. Reach (bases before and
    after the site's own): 25 and 3 for acceptors, 3 and 8 for donors.
    """

    name = "weight-matrices"
    reach: ClassVar[dict[int, tuple[int, int]]] = {ACCEPTOR: (25, 3), DONOR: (3, 8)}

    def fit(self, codes: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> WeightMatrices:
        """`codes` and `labels` (none 0, acceptor 1, donor 2): equal-length uint8 arrays, one pair a sequence."""
        background = np.sum([np.bincount(c, minlength=5)[:4] for c in codes], 0) + 1.0
        total = max(sum(len(c) for c in codes), 1)
        self.arrays = {}
        for site, (left, right) in self.reach.items():
            rows = np.concatenate([windows_of(c, left, right)[y == site] for c, y in zip(codes, labels, strict=True)])
            counts = np.stack([np.bincount(column, minlength=5)[:4] for column in rows.T]) + 0.5
            matrix = np.zeros((left + 1 + right, 5), np.float32)  # an unknown base says nothing
            matrix[:, :4] = np.log(counts / counts.sum(1, keepdims=True)) - np.log(background / background.sum())
            share = (len(rows) + 0.5) / (total + 1)
            self.arrays[f"matrix{site}"] = matrix
            self.arrays[f"prior{site}"] = np.array([np.log(share / (1 - share))], np.float32)
        return self

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """(length,) → (length, 3) probabilities of none, acceptor and donor."""
        out = np.zeros((len(codes), 3), np.float32)
        for site, (left, right) in self.reach.items():
            near = windows_of(codes, left, right)
            odds = np.full(len(codes), self.arrays[f"prior{site}"][0], np.float32)
            for position, row in enumerate(self.arrays[f"matrix{site}"]):
                odds += row[near[:, position]]
            out[:, site] = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
        sites = out[:, ACCEPTOR] + out[:, DONOR]
        out /= np.maximum(sites, 1)[:, None]  # a base that fits both cannot be more than one of them
        return _complete(out)
