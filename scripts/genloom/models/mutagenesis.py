"""What each other base at each place of a sequence would do to a score: in-silico mutagenesis, exact and not one by one.

All sequences differ from one reference in a base. Its activations are kept, and of each edited sequence only those are
computed that the edit changes and the score looks at. Of a network of dilated convolutions one score looks at few: a
group whose dilation is 25 is read at every 25th base alone, the group before it, of dilation 10, at every fifth.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from .cone import MARGIN, Edits, Reference, Rows, convolved, cut, grown, halfway, joined, within
from .content import Content
from .promoter import Promoter
from .splice import GROUPS, UNITS, UNKNOWN, Splice, one_hot

LETTERS = 4
_BLOCK = 25  # places run together: of one block, edits have nearly the same bases in the last group


class _Group(NamedTuple):
    """Of a group of units, in the network of one wanted base: which bases it is read at.

    grid : all these bases are multiples of it, counted from the wanted base
    rows : residues modulo the dilation that they have
    limit : the furthest base from the wanted one at which the group's outputs are looked at
    """

    dilation: int
    grid: int
    rows: int
    limit: int


def _groups(network: Splice) -> list[_Group]:
    found: list[_Group] = []
    grid = limit = 0
    for width, dilation in reversed(GROUPS[: len(network.groups)]):
        grid = math.gcd(grid, dilation)
        found.append(_Group(dilation, grid, dilation // grid, limit))
        limit += UNITS * (width - 1) * dilation
    return found[::-1]


def of_site(network: Splice, codes: Tensor, positions: Tensor) -> Tensor:
    """The logits of one base, with each base at each of some positions beside it.

    Parameters
    ----------
    network : as `splice.for_inference` makes it
    codes : (context + 1,) uint8 base codes; the wanted base is in the middle
    positions : (n,) int64 indices into `codes`

    Returns
    -------
    (n, 4, sum of heads) float32
    """
    reference, groups = Reference(network, codes), _groups(network)
    out = reference.logits[0].expand(len(positions), LETTERS, -1).clone()
    at = positions - network.context // 2
    block = at // _BLOCK
    order, bases = _others(codes[positions])
    for number in block.unique().tolist():
        rows = torch.nonzero(block[order] == number)[:, 0]
        out[order[rows], bases[rows].long()] = _edited(reference, groups, at[order[rows]], bases[rows])
    return out


def _others(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Index and base of each base that is not the one that is there."""
    index, base = torch.nonzero(codes[:, None] != torch.arange(LETTERS, device=codes.device), as_tuple=True)
    return index, base.to(torch.uint8)


def _edited(reference: Reference, groups: list[_Group], at: Tensor, bases: Tensor) -> Tensor:
    """(k, sum of heads) logits of base 0, with `bases` (k,) at the bases `at` (k,)."""
    network = reference.network
    x, first, grid = network.first(one_hot(bases))[:, None], at, 1  # changed: (k, n, channels) from `first` on, by grid
    total = network.skips[0](_at_zero(x, first, grid, reference.exits[0]))
    for group, units, stages, skip, entry, leaving in zip(
        groups, cast(Any, network.groups), reference.stages, network.skips[1:], reference.exits, reference.exits[1:],
        strict=False,
    ):  # fmt: skip
        start, x = _entered(x, first, grid, entry, group)
        here = (0, x.shape[2])
        low = -((group.limit + int(start.max()) + group.dilation - group.grid) // group.dilation)
        wanted = (low, (group.limit - int(start.min())) // group.dilation + 1)
        for number, (unit, stage) in enumerate(zip(units, stages, strict=True), 1):
            reach = unit.crop // 2
            out = within(grown(here, 2 * reach), grown(wanted, 2 * reach * (UNITS - number)))
            middle = within(grown(here, reach), grown(out, reach))
            needed = joined(grown(middle, reach), out)
            x = _beside(x, here, needed, stage.entry, start, group)
            y = halfway(unit, cut(x, needed, grown(middle, reach)))
            y = _beside(y, middle, grown(out, reach), stage.middle, start, group)
            x = convolved(unit.conv2, y) + cut(x, needed, out)
            here = out
        first, grid = start + here[0] * group.dilation, group.grid
        x = x.transpose(1, 2).flatten(1, 2)
        total = total + skip(_at_zero(x, first, grid, leaving))
    return network.last(total)


def _entered(x: Tensor, first: Tensor, grid: int, rows: Rows, group: _Group) -> tuple[Tensor, Tensor]:
    """What is changed, at the bases that the next group is read at: the first of them, and (k, rows, n, channels)."""
    start = -(-first // group.grid) * group.grid
    step = group.grid // grid
    count = -(-x.shape[1] // (step * group.rows)) * group.rows
    at = torch.arange(count, device=x.device) * step + ((start - first) // grid)[:, None]
    kept = functional.embedding((first[:, None] + at * grid - rows.origin).clamp(0, len(rows.values) - 1), rows.values)
    changed = x.gather(1, at.clamp(max=x.shape[1] - 1)[..., None].expand(-1, -1, x.shape[2]))
    found = torch.where((at < x.shape[1])[..., None], changed, kept)
    return start, found.view(len(x), -1, group.rows, x.shape[2]).transpose(1, 2)


def _beside(
    x: Tensor, have: tuple[int, int], want: tuple[int, int], rows: Rows, start: Tensor, group: _Group
) -> Tensor:
    """Cut `x`, (k, rows, n, channels), or put activations of the reference beside it."""
    parts = [cut(x, have, within(have, want))]
    for low, high in ((want[0], have[0]), (have[1], want[1])):
        if low < high:
            row = torch.arange(group.rows, device=x.device)[:, None]
            base = torch.arange(low, high, device=x.device) * group.dilation + row * group.grid
            index = (start[:, None, None] + base - rows.origin).clamp(0, len(rows.values) - 1)
            parts.insert(0 if low == want[0] else len(parts), functional.embedding(index, rows.values))
    return torch.cat(parts, 2) if len(parts) > 1 else parts[0]


def _at_zero(x: Tensor, first: Tensor, grid: int, rows: Rows) -> Tensor:
    """(k, channels) of the wanted base: of `x`, (k, n, channels) from `first` on, or of the reference."""
    index = -first // grid
    inside = (index >= 0) & (index < x.shape[1])
    own = x[torch.arange(len(x), device=x.device), index.clamp(0, x.shape[1] - 1)]
    return torch.where(inside[:, None], own, rows.values[-rows.origin])


def of_window(network: Content, codes: Tensor, positions: Tensor) -> Tensor:
    """The logits of a window, with each base at each of some positions in it or in the context beside it.

    Parameters
    ----------
    network : as `content.ready` makes it
    codes : (context + window,) uint8 base codes
    positions : (n,) int64 indices into `codes`

    Returns
    -------
    (n, 4, classes) float32

    Of the trunk's activations the greatest and the mean are looked at: those that an edit cannot reach are counted once.
    """
    half, beside = network.context // 2, network.context + MARGIN
    reference = Reference(network.trunk, functional.pad(codes, (beside, beside), value=UNKNOWN))
    kept = reference.logits[beside:-beside]
    window = len(kept)
    edge = kept.new_full((1, kept.shape[1]), -math.inf)
    before, after = torch.cat([edge, kept.cummax(0)[0]]), torch.cat([kept.flip(0).cummax(0)[0].flip(0), edge])
    sums = functional.pad(kept.double().cumsum(0), (0, 0, 1, 0))
    out = _judged(network, kept.amax(0), kept.mean(0)).expand(len(positions), LETTERS, -1).clone()
    order, bases = _others(codes[positions])
    for rows in torch.arange(len(order), device=codes.device).split(3 * _BLOCK):
        at = positions[order[rows]] - half
        edits = Edits(at + beside, bases[rows, None], torch.zeros_like(at))
        found = reference.edited(edits, (-half, half + 1))
        place = at[:, None] + torch.arange(-half, half + 1, device=codes.device)
        inside = ((place >= 0) & (place < window))[..., None]
        low, high = place[:, 0].clamp(0, window), (place[:, -1] + 1).clamp(0, window)
        most = torch.where(inside, found, -math.inf).amax(1)
        most = torch.maximum(torch.maximum(before[low], after[high]), most)
        total = sums[low] + sums[-1] - sums[high] + torch.where(inside, found, 0).double().sum(1)
        out[order[rows], bases[rows].long()] = _judged(network, most, (total / window).float())
    return out


def _judged(network: Content, most: Tensor, mean: Tensor) -> Tensor:
    return network.last(network.norm(torch.cat([most, mean], -1).view(-1, 2 * most.shape[-1])))


def of_promoter(network: Promoter, codes: Tensor, positions: Tensor, features: Tensor | None = None) -> Tensor:
    """The expression of a promoter, with each base at each of some positions.

    Parameters
    ----------
    network : for prediction
    codes : (window,) uint8 base codes
    positions : (n,) int64 indices into `codes`
    features : (features,) float32

    Returns
    -------
    (n, 4) float32

    An edit changes one to three places after the first pooling, and as many after the next one.
    """
    reference = [one_hot(codes).T]
    layers = list(zip(network.convolutions, network.widths, network.pools, strict=True))
    for convolution, width, pool in layers:
        x = functional.pad(reference[-1], ((width - 1) // 2, width // 2))[None]
        reference.append(functional.max_pool1d(network.activate(convolution(x)), pool)[0])
    facts = None if features is None else features[None]
    out = _expressed(network, reference[-1][None], facts).expand(len(positions), LETTERS).clone()
    order, bases = _others(codes[positions])
    block = positions[order] // network.pools[0]
    for number in block.unique().tolist():
        rows = torch.nonzero(block == number)[:, 0]
        have = (number * network.pools[0], min((number + 1) * network.pools[0], len(codes)))
        x = reference[0][:, slice(*have)].repeat(len(rows), 1, 1)
        x[torch.arange(len(rows), device=x.device), :, positions[order[rows]] - have[0]] = one_hot(bases[rows])
        for (convolution, width, pool), rest, found in zip(layers, reference, reference[1:], strict=False):
            left, right = (width - 1) // 2, width // 2
            places = max((have[0] - right) // pool, 0), min(-(-(have[1] + left) // pool), found.shape[1])
            if places[0] >= places[1]:  # what does not fill a pool is not looked at
                break
            want = (places[0] * pool - left, places[1] * pool + right)
            x = network.activate(convolution(_framed(x, have, want, rest)))
            x, have = functional.max_pool1d(x, pool), places
        else:
            last = reference[-1].repeat(len(rows), 1, 1)
            last[:, :, slice(*have)] = x
            out[order[rows], bases[rows].long()] = _expressed(network, last, facts)
    return out


def _framed(x: Tensor, have: tuple[int, int], want: tuple[int, int], rest: Tensor) -> Tensor:
    """(k, channels, `have`) with what the reference, (channels, n), has beside it, zeros beyond its ends: `want`."""
    low, high = max(want[0], 0), min(want[1], rest.shape[1])
    parts = [rest[:, low : have[0]].expand(len(x), -1, -1), x, rest[:, have[1] : high].expand(len(x), -1, -1)]
    found = torch.cat(parts, 2)[:, :, max(low - have[0], 0) :]
    return functional.pad(found, (low - want[0], want[1] - high))


def _expressed(network: Promoter, x: Tensor, features: Tensor | None) -> Tensor:
    """What the layers after the convolutions make of (k, channels, places), for prediction."""
    x = x.transpose(1, 2).flatten(1)
    if network.features:
        zero = x.new_zeros(1, network.features) if features is None else features
        x = torch.cat([x, zero.expand(len(x), -1)], 1)
    for layer in network.dense:
        x = network.activate(layer(x))
    return network.last(x)[:, 0]
