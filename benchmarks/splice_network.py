#!/usr/bin/env python3
"""Training steps and the prediction of a chromosome by networks for splice sites, beside the matrix product.

The limit is torch.mm of 2,048 × 2,048 single-precision matrices in the same process, on one thread, right before and
after what is measured; all in processor seconds. The arithmetic of a network is counted from its layers, two operations a
multiply-add, what pads a sequence left out; a training step has three times those of its forward pass. A step is all
that happens between two batches: taking the batch, one-hot, forward, loss, backward, clipping, AdamW, the running mean of
the weights, and what Lightning does. A prediction is all from the FASTA to
tracks, sites and introns, of both strands. Of 8-bit integers it is how much sooner a tile of 100,000 bases is predicted
than in single precision.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import genomes
import measure

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from genloom.learning import boundaries, scan, training
from genloom.models import splice

COMMAND = "make benchmarks"
SIDE, WINDOW, BATCH = 2048, 5000, 6


def product() -> float:
    """Operations a second of a matrix product."""
    a, b = torch.randn(2, SIDE, SIDE)
    start = time.process_time()
    torch.mm(a, b)
    return 2 * SIDE**3 / (time.process_time() - start)


def operations(network: splice.Splice, bases: int) -> float:
    """Of the forward pass that predicts so many bases in one piece."""
    channels = network.first.out_features
    reach = bases + network.context
    products = reach * 4 * channels + bases * channels * (len(network.skips) * channels + sum(network.heads))
    for width, dilation in splice.GROUPS[: len(network.groups)]:
        for _ in range(2 * splice.UNITS):
            reach -= dilation * (width - 1)
            products += reach * width * channels**2
    return 2 * products


def steps(context: int, count: int) -> tuple[list[float], float]:
    """The shares of the matrix product's rate that training steps reach, and that of a step spent on its batch."""
    random = np.random.default_rng(1)
    codes = torch.from_numpy(random.integers(0, 4, (BATCH * (count + 2), WINDOW + context), dtype=np.uint8))
    labels = torch.from_numpy((random.random((len(codes), 1, WINDOW)) < 0.002).astype(np.uint8))
    data = TensorDataset(codes, labels)
    network = splice.Splice(context)
    work = 3 * operations(network, WINDOW) * BATCH
    own = partial(boundaries._loss, heads=(3,))
    began: list[float] = []
    spent: list[float] = []
    rates: list[float] = []

    def loss(logits: Tensor, target: Tensor) -> Tensor:  # is called once a step: from one call to the next is one
        if torch.is_grad_enabled():
            spent.append(time.process_time() - began[-1] if began else 0.0)
            rates.append(product())
            began.append(time.process_time())
        return own(logits, target)

    loop = training.Loop(epochs=1, batch=BATCH, one_cycle=True, average=0.995, clip=5.0, device="cpu")
    training.train(network, loss, data, TensorDataset(codes[:1], labels[:1]), loop)
    shares = [work / spent[i] / ((rates[i - 1] + rates[i]) / 2) for i in range(2, len(spent))]
    begin = time.process_time()
    for _ in range(10):
        splice.one_hot(data[random.permutation(len(codes))[:BATCH].tolist()][0])
    return shares, (time.process_time() - begin) / 10 / float(np.median(spent[2:]))


def chromosome(context: int, size: int, rounds: int) -> list[float]:
    """The share of the matrix product's rate that the prediction of a chromosome reaches."""
    network = splice.Splice(context, prior=1e-5)
    model = boundaries.Model([network], thresholds={"acceptor": 0.5, "donor": 0.5})
    work = 2 * operations(network, scan.TILE) * size / scan.TILE
    shares = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        genomes.write_genome(folder / "genome.fa", {"chr1": size})
        outputs = scan.Outputs(folder / "sites.bed", folder / "introns.gff3", folder, folder / "summary.tsv", "bigwig")
        for number in range(rounds + 1):
            before = product()
            start = time.process_time()
            scan.predict(folder / "genome.fa", [], model, {"flank": "real"}, outputs)
            spent = time.process_time() - start
            if number:
                shares.append(work / spent / ((before + product()) / 2))
    return shares


def integers(context: int, rounds: int) -> list[float]:
    """Tiles in single precision, beside the same in 8-bit integers: ratios of processor seconds, in turns."""
    random = np.random.default_rng(2)
    codes = random.integers(0, 4, (2, scan.TILE + context), dtype=np.uint8)
    single = boundaries.Model([splice.Splice(context, prior=1e-5)])
    rounded = single.rounded(codes[:, : 5000 + context])
    spent: dict[str, list[float]] = {"single": [], "int8": []}
    for number in range(rounds + 1):
        for name, model in (("single", single), ("int8", rounded)):
            start = time.process_time()
            model.scores(codes[:1])
            if number:
                spent[name].append(time.process_time() - start)
    return [one / other for one, other in zip(spent["single"], spent["int8"], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contexts", type=int, nargs="+", default=[400, 2000, 10_000], choices=splice.CONTEXTS)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--bases", type=int, default=500_000, help="of the chromosome; whole tiles of 100,000")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    entries = []
    for context in args.contexts:
        shares, loading = steps(context, args.steps)
        entries += [
            measure.entry(f"train_{context}.of_sgemm", shares, "ratio", COMMAND),
            measure.entry(f"train_{context}.loading", [loading], "ratio", COMMAND),
            measure.entry(
                f"predict_{context}.of_sgemm", chromosome(context, args.bases, args.rounds), "ratio", COMMAND
            ),
            measure.entry(f"predict_{context}.int8", integers(context, 3 * args.rounds), "ratio", COMMAND),
        ]
    measure.record(entries)


if __name__ == "__main__":
    main()
