#!/usr/bin/env python3
"""Promoters of 20,000 genes: cut from an indexed genome, scored by Xpresso's network, and trained on.

The limit of a network is the product of two matrices in the same process, as in splice_network.py. The arithmetic is counted
as if the first convolution were a product, two operations a multiply-add; a training step has three times those of its forward
pass. The network looks its first convolution up in a table, so that a share may be above 1. Scoring is all from the file of
windows to the table of predictions; a training step all between two batches.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import genomes
import measure
from splice_network import product

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import TensorDataset

from genloom.formats.windows import Windows
from genloom.learning import activity, training
from genloom.models.promoter import Promoter

COMMAND = "make benchmarks"
SCRIPT = Path(__file__).parents[1] / "scripts" / "extract_windows.py"
FEATURES, BATCH = 8, 128  # as published


def operations(network: Promoter) -> float:
    """Of the forward pass of one promoter."""
    places, before, total = network.window, 4, 0.0
    for convolution, width, pool in zip(network.convolutions, network.widths, network.pools, strict=True):
        assert isinstance(convolution, nn.Conv1d)
        total += places * before * width * convolution.out_channels
        places, before = places // pool, convolution.out_channels
    return 2 * (total + sum(layer.weight.numel() for layer in (*network.dense, network.last)))


def extract(folder: Path, count: int, rounds: int) -> list[measure.Cost]:
    """Cut the promoters of so many genes; the last ones stay in the folder as promoters.h5."""
    some = list(genomes.genes(count, 20, isoforms=1, gap=5000, intron=1000))
    sizes = genomes.write_gff3(folder / "genes.gff3", some)
    genomes.write_genome(folder / "genome.fa", sizes, index=True)
    given = (
        "--genome",
        folder / "genome.fa",
        "--annotation",
        folder / "genes.gff3",
        "--output",
        folder / "promoters.h5",
    )
    command = (sys.executable, SCRIPT, "--kind", "promoters", *given)
    costs = measure.interleave({"extract_windows": command}, rounds)["extract_windows"]
    with Windows(folder / "promoters.h5") as windows:
        if len(windows) != count:
            raise SystemExit(f"{len(windows)} promoters, {count} are there")
    return costs


def score(folder: Path, rounds: int) -> list[float]:
    """The share of the matrix product's rate that scoring the promoters reaches."""
    model = activity.Model([Promoter(features=FEATURES)])
    with Windows(folder / "promoters.h5") as windows:
        work = operations(model.networks[0]) * len(windows)
        card = {**windows.settings, "window": windows.window, "target": "expression"}
    shares = []
    for number in range(rounds + 1):
        before, start = product(), time.process_time()
        activity.predict_windows(folder / "promoters.h5", model, card, {"predictions": folder / "predictions.tsv"})
        spent = time.process_time() - start
        if number:
            shares.append(work / spent / ((before + product()) / 2))
    return shares


def steps(folder: Path, count: int) -> tuple[list[float], float]:
    """The shares of the matrix product's rate that training steps reach, and that of a step spent on its batch."""
    random = np.random.default_rng(1)
    with Windows(folder / "promoters.h5") as windows:
        codes = torch.from_numpy(windows.codes(slice(0, BATCH * (count + 2))))
    features, values = (torch.from_numpy(random.normal(size=(len(codes), n)).astype(np.float32)) for n in (FEATURES, 1))
    data = TensorDataset(codes, features, values[:, 0])
    network = Promoter(features=FEATURES)
    work = 3 * operations(network) * BATCH
    began: list[float] = []
    spent: list[float] = []
    rates: list[float] = []

    def loss(found: Tensor, wanted: Tensor) -> Tensor:  # is called once a step: from one call to the next is one
        if torch.is_grad_enabled():
            spent.append(time.process_time() - began[-1] if began else 0.0)
            rates.append(product())
            began.append(time.process_time())
        return functional.mse_loss(found, wanted)

    loop = training.Loop(epochs=1, batch=BATCH, one_cycle=True, average=0.99, clip=5.0, device="cpu")
    training.train(network, loss, data, TensorDataset(*(each[:1] for each in data.tensors)), loop)
    shares = [work / spent[i] / ((rates[i - 1] + rates[i]) / 2) for i in range(2, len(spent))]
    begin = time.process_time()
    for _ in range(10):
        data[random.permutation(len(codes))[:BATCH].tolist()]
    return shares, (time.process_time() - begin) / 10 / float(np.median(spent[2:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--promoters", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        costs = extract(folder, args.promoters, args.rounds)
        shares, loading = steps(folder, args.steps)
        measure.record(
            [
                measure.entry("extract_promoters.seconds", [cost.seconds for cost in costs], "s", COMMAND),
                measure.entry("extract_promoters.peak_mb", [cost.megabytes for cost in costs], "MiB", COMMAND),
                measure.entry("predict_promoters.of_sgemm", score(folder, args.rounds), "ratio", COMMAND),
                measure.entry("train_promoters.of_sgemm", shares, "ratio", COMMAND),
                measure.entry("train_promoters.loading", [loading], "ratio", COMMAND),
            ]
        )


if __name__ == "__main__":
    main()
