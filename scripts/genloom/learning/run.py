"""One run of `train_model`: cross-validate, permute, fit the model that is kept, write everything down."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from ..console import say
from ..errors import InputError
from ..formats import modelfile, tables
from ..formats.split import Fold, Split
from ..models.regressor import Regressor
from . import expression
from .loop import Loop
from .tasks import versions


@dataclass
class Options:
    """The settings of a run, as `train_model` takes them."""

    architecture: str
    compare: Sequence[str]
    permutations: int
    network: dict[str, Any]
    loop: Loop
    checkpoint: str | None
    seed: int

    @classmethod
    def of(cls, args: Namespace) -> Options:
        """The settings among the arguments of the script."""
        if args.permutation_table and not args.permutations:
            raise InputError("--permutation-table needs --permutations", cure="say how many, for instance 200")
        return cls(
            args.architecture,
            args.compare,
            args.permutations,
            {"hidden": args.hidden, "dropout": args.dropout},
            Loop.of(args),
            args.checkpoint,
            args.seed,
        )

    @property
    def models(self) -> list[str]:
        """All models to judge, the chosen one first."""
        return list(dict.fromkeys([self.architecture, *expression.BASELINES, *self.compare]))

    def maker(self, data: expression.Data, split: Split, stage: str) -> Any:
        """A function name → new model. Networks keep their checkpoints in a folder of this run and `stage`."""
        told = json.dumps([self.network, asdict(self.loop), data.digests, split.digest])
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        count = 0

        def make(name: str) -> Regressor:
            if name != "mlp":
                return expression.MODELS[name]()
            from .training import Network

            nonlocal count
            count += 1
            folder = Path(self.checkpoint, key, f"{stage}-{count}") if self.checkpoint else None
            return Network(replace(self.loop, folder=folder), **self.network)

        return make


def train(data: expression.Data, split: Split, options: Options, paths: dict[str, Path]) -> None:
    """Judge the models on every fold of `split`, fit the chosen one for keeping, and write the outputs named in `paths`.

    `paths` has `model` and `predictions`, and may have `history` and `permutation_table`.
    """
    split.require(data.samples, "--bins")
    chosen = options.architecture
    curves: list[tuple[str, int, str, float]] = []

    def note(fold: Fold, model: Regressor) -> None:
        curves.extend((fold.name, *epoch) for epoch in getattr(model, "history", []))

    judged = list(expression.cross_validate(data, split, options.models, options.maker(data, split, "fold"), note))
    scores = [expression.scores(data, judged, chosen)]
    say(f"{chosen} on held-out samples: skill {scores[0]['skill']:.3f} against the mean of the training samples")
    if options.permutations:
        make = options.maker(data, split, "permutation")
        scores += expression.permuted(data, split, chosen, make, options.permutations, options.seed)
    fold = expression.whole(split)
    model = expression.fit(chosen, data, fold, options.maker(data, split, "whole"))
    note(fold, model)

    known = {name: value for name, value in scores[0].items() if value == value}
    card = {**expression.card(data, split, model, options.seed), "metrics": known, "versions": versions()}
    modelfile.write(paths["model"], {**model.arrays, **expression.context(data, split, model)}, card)
    tables.write(expression.table(data, judged, options.models), paths["predictions"])
    if "history" in paths:
        tables.write(pl.DataFrame(curves, ["fold", "epoch", "part", "loss"], orient="row"), paths["history"])
    if "permutation_table" in paths:
        rows = [{"permutation": i, **score} for i, score in enumerate(scores)]
        tables.write(pl.DataFrame(rows), paths["permutation_table"])
