#!/usr/bin/env python3
"""Ridge of 9,520 genes on 943 landmarks beside scikit-learn and SciPy, and train_model on an .h5ad of many samples.

Fits are of 20,000 generated samples in memory, single precision, in processor seconds, interleaved. scikit-learn's
LinearRegression is fitted gene by gene on some genes, and its time multiplied up. The solver to hold against is SciPy's: one
Gram matrix, one Cholesky factorisation for all genes, without a choice of the penalty; genloom's fit standardises, and
chooses its penalty by five inner folds. Then `train_model --task targets` reads an .h5ad in blocks; its peak memory is told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import measure

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import pandas as pd
import scipy.linalg
from sklearn.linear_model import LinearRegression

from genloom.formats import blocks
from genloom.models import moments

COMMAND = "make benchmarks"
LANDMARKS, TARGETS, PROGRAMS, GENES = 943, 9520, 60, 4
SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def expression(count: int, seed: int, loadings: np.ndarray) -> np.ndarray:
    """(count, genes) float32 of samples whose genes follow some programs."""
    random = np.random.default_rng(seed)
    programs = random.standard_normal((count, PROGRAMS), dtype=np.float32)
    return programs @ loadings + random.standard_normal((count, loadings.shape[1]), dtype=np.float32)


def spent(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge as train_model fits it."""
    folds = np.arange(len(x)) % 5
    origin = x.mean(0), y[: blocks.ROWS].mean(0)
    parts = (slice(i, i + blocks.ROWS) for i in range(0, len(x), blocks.ROWS))
    total, inner = moments.gather(
        ((x[part] - origin[0], y[part] - origin[1], folds[part]) for part in parts), x.shape[1], y.shape[1], 5
    )
    return moments.Ridge().fit(total, inner).arrays["weights"]


def scipys(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same by one factorisation, its penalty given."""
    x, y = x - x.mean(0), y - y.mean(0)
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += 100
    return scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram, overwrite_a=True), x.T @ y)


def fits(count: int, rounds: int) -> list[dict[str, object]]:
    loadings = np.random.default_rng(0).standard_normal((PROGRAMS, LANDMARKS + TARGETS), dtype=np.float32) / 8
    values = expression(count, 1, loadings)
    x, y = (np.ascontiguousarray(values[:, part]) for part in (slice(LANDMARKS), slice(LANDMARKS, None)))
    del values

    def each() -> None:
        for gene in range(GENES):
            LinearRegression().fit(x, y[:, gene])

    loop, solver = [], []
    for number in range(rounds + 1):
        own, other, one = spent(lambda: ours(x, y)), spent(lambda: scipys(x, y)), spent(each) * TARGETS / GENES
        print(f"{number}/{rounds}  ridge {own:.1f} s, SciPy {other:.1f} s, LinearRegression {one:.0f} s", flush=True)
        if number or not rounds:
            loop.append(one / own)
            solver.append(own / other)
    return [
        measure.entry("landmarks.vs.linear_regression", loop, "ratio", COMMAND),
        measure.entry("landmarks.over_solver", solver, "ratio", COMMAND),
    ]


def train(count: int, folder: Path) -> list[dict[str, object]]:
    """train_model on so many samples: peak memory and processor seconds."""
    loadings = np.random.default_rng(0).standard_normal((PROGRAMS, LANDMARKS + TARGETS), dtype=np.float32) / 8
    samples = pd.DataFrame(index=[f"s{i}" for i in range(count)])
    genes = pd.DataFrame({"symbol": (names := [f"g{i}" for i in range(LANDMARKS + TARGETS)])}, index=names)
    with blocks.Writer(folder / "all.h5ad", samples, genes, (), {"unit": "log2"}) as file:
        for start in range(0, count, blocks.ROWS):
            file.write(start, expression(min(blocks.ROWS, count - start), start, loadings) + 7)
    (folder / "landmarks.txt").write_text("\n".join(names[:LANDMARKS]) + "\n")
    script = [sys.executable, SCRIPTS / "split_samples.py", "--matrix", folder / "all.h5ad", "--method", "hold-out"]
    measure.run([*script, "--test-share", "0.02", "--output", folder / "split.tsv"])
    given = [
        "--expression",
        folder / "all.h5ad",
        "--landmarks",
        folder / "landmarks.txt",
        "--split",
        folder / "split.tsv",
    ]
    out = ["--model", folder / "model.safetensors", "--predictions", folder / "held.h5ad"]
    script = [sys.executable, SCRIPTS / "train_model.py", "--task", "targets", "--architecture", "ridge"]
    cost = measure.run([*script, *given, *out])
    name = f"train_targets_{count // 1000}k"
    return [
        measure.entry(f"{name}.peak_mb", [cost.megabytes], "MiB", COMMAND),
        measure.entry(f"{name}.seconds", [cost.seconds], "s", COMMAND),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000, help="of the fits in memory; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", type=int, nargs="*", default=[20_000], help="samples of the files train_model reads")
    parser.add_argument("--work", type=Path, help="folder for these files; by default a temporary one")
    args = parser.parse_args()
    entries = fits(args.samples, args.rounds) if args.samples else []
    for count in args.train:
        with tempfile.TemporaryDirectory(dir=args.work) as temporary:
            entries += train(count, Path(temporary))
    measure.record(entries)


if __name__ == "__main__":
    main()
