"""The scores of an edited sequence from those of the reference: only what the edit can reach is computed anew.

A base changes the scores of all bases within half the context of it, but on the way there few activations: each
convolution widens what is changed by its own reach, and each convolution still to come narrows what is wanted. In
between, and beside it, the activations of the reference stay, moved by as many bases as the edit adds or takes away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from .splice import GROUPS, STEP, UNITS, Splice, one_hot

# Outputs to have in a reference beyond those wanted on either side: as many as what is wanted is rounded by, in all.
MARGIN = sum(dilation for _, dilation in GROUPS)

Span = tuple[int, int]


class Rows(NamedTuple):
    """Activations of the reference: (bases, channels), the first of them at base `origin`."""

    values: Tensor
    origin: int


class _Stage(NamedTuple):
    """What a residual unit is given, and what its second convolution is."""

    entry: Rows
    middle: Rows


@dataclass
class Edits:
    """Replacements of some reference bases by others, each in a copy of the sequence of its own.

    Base `b` of an edited sequence is base `b` of the reference before the edit, and base `b + shift` after it.

    Attributes
    ----------
    at : (k,) int64, the first base replaced; base 0 is the first one with a score
    bases : (k, width) uint8 codes that stand from there on, as many for each edit
    shift : (k,) int64, bases removed less bases inserted. Where `bases` goes on with bases of the reference after the
        edit, so that all have one width, that does not change it
    """

    at: Tensor
    bases: Tensor
    shift: Tensor

    @property
    def width(self) -> int:
        return self.bases.shape[1]

    def to(self, device: torch.device) -> Edits:
        return Edits(self.at.to(device), self.bases.to(device), self.shift.to(device))


class _Plan(NamedTuple):
    """Of a group of units: the first changed base, and in dilations from there what is changed and what is wanted."""

    first: int
    changed: Span
    wanted: Span  # of the group's last unit


class Reference:
    """A network's scores of a stretch of sequence, with all activations on the way to them.

    Parameters
    ----------
    network : as `splice.for_inference` makes it
    codes : (context + n,) uint8 base codes

    Attributes
    ----------
    logits : (n, sum of heads) float32

    The memory is 128 bytes · channels / 32 · 2 · residual units a base: 4 kB for the network of 10,000 bases.
    """

    def __init__(self, network: Splice, codes: Tensor):
        self.network = network
        half = network.context // 2
        wanted = len(codes) - network.context
        x = network.first(functional.pad(one_hot(codes), (0, 0, 0, -len(codes) % STEP)))
        self.stages: list[list[_Stage]] = []
        self.exits = [Rows(x, -half)]
        for (_, dilation), group in zip(GROUPS, network.groups, strict=False):
            origin, stages = self.exits[-1].origin, []
            x = x.reshape(-1, dilation, x.shape[-1]).transpose(0, 1)[None]
            for unit in cast(Any, group):
                reach = unit.crop // 2 * dilation
                middle = halfway(unit, x)
                stages.append(_Stage(Rows(_flat(x), origin), Rows(_flat(middle), origin + reach)))
                x = convolved(unit.conv2, middle) + x[:, :, unit.crop : -unit.crop]
                origin += 2 * reach
            x = _flat(x)
            self.stages.append(stages)
            self.exits.append(Rows(x, origin))
        skips = zip(network.skips, self.exits, strict=True)
        total = [skip(rows.values[-rows.origin :][:wanted]) for skip, rows in skips]
        self.logits = network.last(torch.stack(total).sum(0))

    def edited(self, edits: Edits, span: Span) -> Tensor:
        """Scores of edited sequences: (k, span) logits of the bases from `edits.at` + span[0] to before span[1].

        The reference has to reach MARGIN bases, and as many as are removed, further than the last of these bases, and
        MARGIN further than the first.
        """
        network, width = self.network, edits.width
        x, at = network.first(one_hot(edits.bases))[:, None], (0, width)
        total = network.skips[0](self._wanted(x, at, span, self.exits[0], edits))[:, 0]
        plans = _plans(network, width, span)
        for plan, (_, dilation), group, stages, skip, end in zip(
            plans, GROUPS, network.groups, self.stages, network.skips[1:], self.exits[1:], strict=False
        ):
            a, b = plan.changed
            first = plan.first
            place = (first + a * dilation, first + b * dilation)
            x = self._wanted(x, at, place, stages[0].entry, edits)
            x = x.reshape(len(x), b - a, dilation, -1).transpose(1, 2)
            here, wanted = (a, b), plan.wanted
            for number, (unit, stage) in enumerate(zip(group, stages, strict=True), 1):
                reach = unit.crop // 2
                left = 2 * reach * (UNITS - number)  # that the units to come narrow it by
                out = within(grown(here, 2 * reach), grown(wanted, left))
                middle = within(grown(here, reach), grown(out, reach))
                needed = joined(grown(middle, reach), out)
                x = self._wanted(x, here, needed, stage.entry, edits, first, dilation)
                y = halfway(unit, cut(x, needed, grown(middle, reach)))
                y = self._wanted(y, middle, grown(out, reach), stage.middle, edits, first, dilation)
                x = convolved(unit.conv2, y) + cut(x, needed, out)
                here = out
            x = x.transpose(1, 2).reshape(len(x), 1, -1, x.shape[-1])
            at = (first + here[0] * dilation, first + here[1] * dilation)
            total = total + skip(self._wanted(x, at, span, end, edits))[:, 0]
        return network.last(total)

    def _wanted(
        self, x: Tensor, have: Span, want: Span, rows: Rows, edits: Edits, first: int = 0, dilation: int = 1
    ) -> Tensor:
        """Cut `x`, (k, dilation, bases / dilation, channels), or put activations of the reference beside it."""
        parts = [cut(x, have, within(have, want))]
        if want[0] < have[0]:
            parts.insert(0, self._beside(rows, edits, (want[0], have[0]), first, dilation))
        if want[1] > have[1]:
            parts.append(self._beside(rows, edits, (have[1], want[1]), first, dilation))
        return torch.cat(parts, 2) if len(parts) > 1 else parts[0]

    def _beside(self, rows: Rows, edits: Edits, span: Span, first: int, dilation: int) -> Tensor:
        where = edits.at.device
        step = torch.arange(*span, device=where) * dilation + first
        base = step + torch.arange(dilation, device=where)[:, None]
        after = (base >= edits.width) * edits.shift[:, None, None]
        return functional.embedding(edits.at[:, None, None] + base + after - rows.origin, rows.values)


def _plans(network: Splice, width: int, span: Span) -> list[_Plan]:
    groups = list(zip(GROUPS, network.groups, strict=False))
    changed: Span = (0, width)
    counts = []
    for (size, dilation), _ in groups:
        count, reach = -(-(changed[1] - changed[0]) // dilation), UNITS * (size - 1)
        counts.append((changed[0], count))
        changed = (changed[0] - reach * dilation, changed[0] + (count + reach) * dilation)
    plans: list[_Plan] = []
    for ((size, dilation), _), (first, count) in zip(reversed(groups), reversed(counts), strict=True):
        wanted = ((span[0] - first) // dilation, -((first - span[1]) // dilation))
        entry = grown(wanted, UNITS * (size - 1))
        plans.append(_Plan(first, within((0, count), entry), wanted))
        span = (min(span[0], first + entry[0] * dilation), max(span[1], first + entry[1] * dilation))
    return plans[::-1]


def grown(span: Span, by: int) -> Span:
    return span[0] - by, span[1] + by


def within(span: Span, limits: Span) -> Span:
    return max(span[0], limits[0]), min(span[1], limits[1])


def joined(one: Span, other: Span) -> Span:
    return min(one[0], other[0]), max(one[1], other[1])


def cut(x: Tensor, have: Span, want: Span) -> Tensor:
    return x[:, :, want[0] - have[0] : want[1] - have[0]]


def _flat(x: Tensor) -> Tensor:
    """(1, dilation, n, channels) → (dilation · n, channels), base after base."""
    return x[0].transpose(0, 1).reshape(-1, x.shape[-1])


def convolved(conv: torch.nn.Module, x: Tensor) -> Tensor:
    """Convolve (k, dilation, n, channels) along n: every dilation-th base is a row of its own, channels innermost."""
    k, dilation, n, channels = x.shape
    y = conv(x.reshape(k * dilation, 1, n, channels).permute(0, 3, 1, 2))
    return y.permute(0, 2, 3, 1).reshape(k, dilation, -1, y.shape[1])


def halfway(unit: Any, x: Tensor) -> Tensor:
    """What a unit's second convolution is given; the second normalisation is part of the first convolution."""
    k, dilation, n, channels = x.shape
    rows = x.reshape(k * dilation, 1, n, channels).permute(0, 3, 1, 2)
    y = unit.activate(unit.conv1(unit.activate(unit.norm1(rows))))
    return y.permute(0, 2, 3, 1).reshape(k, dilation, -1, y.shape[1])
