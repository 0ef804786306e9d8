#!/usr/bin/env python3
"""In-silico mutagenesis beside one pass of the whole network for each mutated sequence; networks of random weights.

For splice sites the published network of 10,000 bases of context, which scores one base: each of the 10,001 bases it reads
is exchanged for the three others; for promoters that of 10,500 bases. One by one is a pass of the network, as it is used
for prediction, over a sequence with one exchanged base. Both on one thread, in processor seconds, in turn. A part of the
places, spread over all of the window, stands for all of them; the same exchanges give how far the scores are apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import measure

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import torch
from torch import Tensor

from genloom.models import mutagenesis, promoter, splice

COMMAND = "make benchmarks"
CONTEXT, WINDOW = 10_000, 10_500
STRETCH = 100  # places beside each other


def splice_network() -> splice.Splice:
    """With normalisations that do something, as after training."""
    torch.manual_seed(1)
    network = splice.Splice(CONTEXT)
    for module in network.modules():
        if (
            isinstance(module, torch.nn.BatchNorm2d)
            and module.running_mean is not None
            and module.running_var is not None
        ):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
    return splice.for_inference(network)


def promoter_network() -> promoter.Promoter:
    torch.manual_seed(1)
    return promoter.Promoter(WINDOW, slope=0.1).eval().requires_grad_(False)


def compare(
    name: str,
    codes: Tensor,
    whole: Callable[[Tensor], Tensor],
    fast: Callable[[Tensor], Tensor],
    args: argparse.Namespace,
) -> list[dict[str, object]]:
    """The entries of one network: how many times faster, and the largest difference of a score."""
    places = torch.arange(len(codes))
    places = places[places // STRETCH % args.every == args.every // 2]
    ratios, apart = [], 0.0
    random = np.random.default_rng(1)
    for number in range(args.rounds + 1):
        chosen = places if number else places[:STRETCH]  # a round to warm up, which does not count
        begin = time.process_time()
        found = fast(chosen)
        spent = (time.process_time() - begin) / (3 * len(chosen))
        passes = []
        for row in random.choice(len(chosen), args.passes, replace=False).tolist():
            for base in range(4):
                edited = codes.clone()
                edited[chosen[row]] = base
                begin = time.process_time()
                score = whole(edited[None])
                passes.append(time.process_time() - begin)
                apart = max(apart, float((score - found[row, base]).abs().max()))
        if number:
            ratios.append(float(np.median(passes)) / spent)
    return [
        measure.entry(f"{name}.vs.one_by_one", ratios, "ratio", COMMAND),
        measure.entry(f"{name}.difference", [apart], "score", COMMAND),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=4, help="one stretch of places in so many is mutated")
    parser.add_argument("--passes", type=int, default=10, help="places of a round that are mutated one by one, too")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.default_rng(1)
    with torch.inference_mode():
        sites = splice_network()
        codes = torch.from_numpy(random.integers(0, 4, CONTEXT + 1, dtype=np.uint8))
        entries = compare(
            "mutagenesis_10000", codes, lambda x: sites(x)[0, 0], lambda at: mutagenesis.of_site(sites, codes, at), args
        )
        expression = promoter_network()
        letters = torch.from_numpy(random.integers(0, 4, WINDOW, dtype=np.uint8))
        entries += compare(
            "mutagenesis_promoter",
            letters,
            expression,
            lambda at: mutagenesis.of_promoter(expression, letters, at),
            args,
        )
    measure.record(entries)


if __name__ == "__main__":
    main()
