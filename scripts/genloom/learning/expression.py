"""The task `expression`: from the open chromatin of a sample (bins) to the expression of each of its genes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..console import progress, say
from ..errors import InputError, named, nearest
from ..formats import chromosomes, matrix
from ..formats.split import Fold, Split
from ..models.genecentred import GeneCentred
from ..models.linear import KernelRidge, Mean, PartialLeastSquares, Ridge
from ..models.neighbours import NearestNeighbours
from ..models.regressor import Regressor
from . import metrics
from .chromatin import levels, neighbourhoods

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from anndata import AnnData

TASK = "expression"
MODELS: dict[str, type[Regressor]] = {
    m.name: m for m in (Mean, NearestNeighbours, Ridge, KernelRidge, PartialLeastSquares, GeneCentred)
}
BASELINES = (Mean.name, NearestNeighbours.name, Ridge.name, KernelRidge.name, PartialLeastSquares.name)
BINNING = ("bin_size", "assign", "value", "minimum", "normalise")  # settings that new bins must share with a model's
PLACES = {  # arrays of a model file that say where its inputs lie
    "neighbourhoods": ("genes.chromosome", "genes.tss", "genes.plus"),
    "bins": ("bins.chromosome", "bins.start", "bins.end"),
}
PLACE = ("chrom", "tss", "strand")  # columns of a gene table that gene-centred models need


@dataclass
class Data:
    """Bins and expression of the same samples, row by row.

    Attributes
    ----------
    x : (samples, bins) float32 levels, see `chromatin.levels`
    y : (samples, genes) float32, in `unit`
    bins, genes : the feature tables of the two matrices, in column order
    """

    samples: list[str]
    x: np.ndarray
    y: np.ndarray
    bins: pd.DataFrame
    genes: pd.DataFrame
    unit: str
    assembly: str
    transform: str
    settings: dict[str, Any]
    digests: dict[str, str]

    @cached_property
    def neighbourhoods(self) -> np.ndarray:
        """(samples, genes, features) float32, see `chromatin.neighbourhoods`."""
        if not set(PLACE) <= set(self.genes.columns) or not (self.genes["tss"] >= 0).any():
            raise InputError(
                "holds no start sites of genes, which gene-centred models need",
                "--expression",
                "give assemble_expression an --annotation",
            )
        return neighbourhoods(self.x, self.bins, self.genes)

    def paired(self, order: np.ndarray) -> Data:
        """The same data with the open chromatin of sample `order[i]` beside the expression of sample i."""
        other = replace(self, x=self.x[order])
        if "neighbourhoods" in vars(self):
            other.neighbourhoods = self.neighbourhoods[order]
        return other

    def rows(self, names: Sequence[str]) -> np.ndarray:
        """Row numbers of samples, in ascending order: fits do not depend on the order of a split's lines."""
        place = {name: i for i, name in enumerate(self.samples)}
        return np.array(sorted(place[n] for n in names), dtype=np.int64)


def load(bins_path: str | Path, expression_path: str | Path, transform: str) -> Data:
    """Read and join the two matrices by sample name; `transform` makes levels of the bins.

    Raises
    ------
    InputError : a sample with peaks but without expression; matrices of different assemblies; negative bin values
    """
    bins, genes = matrix.read(bins_path, "bins"), matrix.read(expression_path, "genes")
    known = set(genes.obs_names)
    if lost := [s for s in bins.obs_names if s not in known]:
        raise InputError(
            f"has {len(lost)} samples that {Path(expression_path).name} lacks: {named(lost)}",
            bins_path,
            nearest(lost[0], known) or "add their expression, or leave their peaks out",
        )
    present = set(bins.obs_names)
    if spare := [s for s in genes.obs_names if s not in present]:
        say(f"{len(spare)} samples have expression but no peaks and are not used: {named(spare)}")
    about, other = matrix.about(bins), matrix.about(genes)
    if about["assembly"] and other["assembly"] and about["assembly"] != other["assembly"]:
        raise InputError(
            f"is on assembly {about['assembly']}, {Path(expression_path).name} on {other['assembly']}",
            bins_path,
            "make both on one assembly",
        )
    genes = genes[bins.obs_names]
    x = _levels(bins_path, bins, transform, about["settings"].get("bins", bins.n_vars))
    return Data(
        list(bins.obs_names),
        x,
        matrix.dense(genes),
        bins.var,
        genes.var,
        other["settings"].get("unit", ""),
        about["assembly"],
        transform,
        about["settings"],
        {"bins": matrix.digest(bins), "expression": matrix.digest(genes)},
    )


def _levels(path: str | Path, bins: AnnData, transform: str, count: int) -> np.ndarray:
    values = matrix.dense(bins)
    if values.min() < 0:
        raise InputError("holds negative values", path, "bin the peaks with a score or signal that is not negative")
    return levels(values, transform, count)


def fit(name: str, data: Data, fold: Fold, make: Callable[[str], Regressor]) -> Regressor:
    """A new model of architecture `name`, fitted on the training and validation parts of `fold`.

    The validation part ends the training of networks; all other models choose their settings by inner folds.
    """
    rows = data.rows(fold.part("train", "validation"))
    group_of = fold.group_of()
    groups = [group_of[data.samples[r]] or data.samples[r] for r in rows]
    model = make(name)
    x = inputs(data, model)[rows]
    if name == "mlp":
        stop = np.flatnonzero(np.isin(rows, data.rows(fold.part("validation"))))
        return model.fit(x, data.y[rows], groups, stop if len(stop) else None)  # type: ignore[call-arg]
    return model.fit(x, data.y[rows], groups)


def inputs(data: Data, model: Regressor) -> np.ndarray:
    """What a model looks at, a row a sample."""
    return data.neighbourhoods if model.inputs == "neighbourhoods" else data.x


@dataclass
class Judged:
    """Predictions of the held-out samples of one fold: model → (held, genes) float32, beside what was observed."""

    fold: str
    rows: np.ndarray
    predicted: dict[str, np.ndarray] = field(default_factory=dict)


def cross_validate(
    data: Data,
    split: Split,
    names: Sequence[str],
    make: Callable[[str], Regressor],
    fitted: Callable[[Fold, Regressor], None] = lambda *_: None,
) -> Iterator[Judged]:
    """Fit each of `names` on every outer fold and predict its test part. `fitted` sees each fitted model."""
    for fold in split.outer:
        judged = Judged(fold.name, data.rows(fold.part("test")))
        for name in names:
            model = fit(name, data, fold, make)
            judged.predicted[name] = model.predict(inputs(data, model)[judged.rows])
            fitted(fold, model)
        yield judged


def scores(data: Data, folds: Iterable[Judged], name: str) -> dict[str, float]:
    """Skill, share of genes with a skill above 0, and delta-r of one model, over all held-out samples."""
    folds = list(folds)
    observed = np.concatenate([data.y[fold.rows] for fold in folds])
    predicted, mean = (np.concatenate([fold.predicted[each] for fold in folds]) for each in (name, "mean"))
    return metrics.scores(observed, predicted, mean)


def table(data: Data, folds: Iterable[Judged], names: Sequence[str]) -> pl.DataFrame:
    """The held-out predictions, long: id, target, fold, part, observed, predicted (by the first of `names`), and a
    column `predicted_<model>` for each of the others."""
    import polars as pl

    parts = []
    for fold in folds:
        held, genes = len(fold.rows), len(data.genes)
        columns = {
            "id": np.repeat([data.samples[r] for r in fold.rows], genes),
            "target": np.tile(list(data.genes.index), held),
            "fold": np.repeat(fold.fold, held * genes),
            "part": np.repeat("test", held * genes),
            "observed": data.y[fold.rows].ravel(),
        }
        for i, name in enumerate(names):
            columns["predicted" if i == 0 else f"predicted_{name}"] = fold.predicted[name].ravel()
        if names[0] == "mean":
            columns["predicted_mean"] = columns["predicted"]
        parts.append(pl.DataFrame(columns))
    return pl.concat(parts)


def permuted(
    data: Data, split: Split, name: str, make: Callable[[str], Regressor], count: int, seed: int
) -> Iterator[dict[str, float]]:
    """The scores of the whole cross-validation again, with peaks and expression of the samples paired at random."""
    used = data.rows(split.ids)
    for i in progress(range(1, count + 1), count, "permutations"):
        order = np.arange(len(data.samples))
        order[used] = np.random.default_rng([seed, i]).permutation(used)
        yield scores(data, cross_validate(data.paired(order), split, list(dict.fromkeys(("mean", name))), make), name)


def whole(split: Split) -> Fold:
    """What the model file is fitted on: the one fold of a hold-out as it is, otherwise every sample of the split."""
    first = split.outer[0]
    if len(split.outer) == 1:
        return first
    group_of = {i: g for fold in split.outer for i, g in fold.group_of().items()}
    return Fold("all", split.ids, tuple(group_of[i] for i in split.ids), ("train",) * len(split.ids))


def card(data: Data, split: Split, model: Regressor, seed: int) -> dict[str, Any]:
    """What a reader and `predict_model` need to know of a model; `context` holds the long lists."""
    return {
        "task": TASK,
        "architecture": model.name,
        "settings": model.settings,
        "seed": seed,
        "features": {
            "kind": "bins",
            "count": len(data.bins),
            "transform": data.transform,
            "settings": data.settings,
            "chromosomes": list(dict.fromkeys(data.bins["chrom"])),
        },
        "targets": {"names": list(data.genes.index), "symbols": [str(s) for s in data.genes.get("symbol", [])]},
        "unit": data.unit,
        "assembly": data.assembly,
        "data": data.digests,
        "split": split.digest,
        "fitted_on": {"fold": whole(split).name, "samples": whole(split).part("train", "validation")},
    }


def context(data: Data, split: Split, model: Regressor) -> dict[str, np.ndarray]:
    """The arrays of a model file beside the model's own: the mean expression of the samples it was fitted on, and where
    its inputs lie. Chromosomes are numbers in the card's list, -1 for any other."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(data.bins["chrom"]))}

    def number(names: Iterable[str]) -> np.ndarray:
        return np.array([numbers.get(name, -1) for name in names], dtype=np.int32)

    mean = data.y[data.rows(whole(split).part("train", "validation"))].mean(0, dtype=np.float64)
    if model.inputs == "neighbourhoods":
        return {
            "targets.mean": mean,
            "genes.chromosome": number(data.genes["chrom"]),
            "genes.tss": data.genes["tss"].to_numpy(np.int64),
            "genes.plus": (data.genes["strand"] != "-").to_numpy(np.uint8),
        }
    return {
        "targets.mean": mean,
        "bins.chromosome": number(data.bins["chrom"]),
        "bins.start": data.bins["start"].to_numpy(np.int64),
        "bins.end": data.bins["end"].to_numpy(np.int64),
    }


def new_inputs(path: str | Path, bins: AnnData, model: Regressor, card: dict[str, Any]) -> np.ndarray:
    """What `model` looks at, of new samples: a row a sample.

    For models on bins, a bin the new matrix lacks holds no peak in it and is 0; bins the model does not know are counted
    on stderr.

    Raises
    ------
    InputError : binned with other settings, on another assembly, or with other chromosome names
    """
    import pandas as pd

    about = matrix.about(bins)
    wanted, found = card["features"]["settings"], about["settings"]
    if other := [k for k in BINNING if wanted.get(k) != found.get(k)]:
        raise InputError(
            f"was binned with {other[0]} {found.get(other[0])!r}, the model with {wanted.get(other[0])!r}",
            path,
            "bin the new peaks with the model's settings",
        )
    if not 0.9 < found.get("bins", 1) / wanted.get("bins", 1) < 1.1:  # scaffolds more or less do not matter
        raise InputError(f"covers {found['bins']} bins, the model {wanted['bins']}", path, "bin the same regions")
    if about["assembly"] and card["assembly"] and about["assembly"] != card["assembly"]:
        raise InputError(
            f"is on assembly {about['assembly']}, the model on {card['assembly']}",
            path,
            "lift the peaks over, or train on this assembly",
        )
    known = card["features"]["chromosomes"]
    names = chromosomes.match(list(dict.fromkeys(bins.var["chrom"])), known, path, partial=True)
    chrom = np.array([known.index(names[c]) if c in names else -1 for c in bins.var["chrom"]])
    x = _levels(path, bins, card["features"]["transform"], wanted.get("bins", card["features"]["count"]))
    a = model.arrays
    if model.inputs == "neighbourhoods":
        genes = pd.DataFrame(
            {"chrom": a["genes.chromosome"], "tss": a["genes.tss"], "strand": np.where(a["genes.plus"], "+", "-")}
        )
        return neighbourhoods(x, bins.var.assign(chrom=chrom), genes)
    have = pd.MultiIndex.from_arrays([chrom, bins.var["start"], bins.var["end"]])
    want = pd.MultiIndex.from_arrays([a["bins.chromosome"], a["bins.start"], a["bins.end"]])
    columns = have.get_indexer(want)
    shared = columns >= 0
    if not shared.any():
        raise InputError(
            "shares no bin with the model", path, "bin the peaks of the same regions with the same bin size"
        )
    if spare := len(have) - int(shared.sum()):
        say(f"{spare} of {len(have)} bins hold peaks where no training sample had one; they are not used")
    out = np.zeros((bins.n_obs, len(want)), np.float32)
    out[:, shared] = x[:, columns[shared]]
    return out


def restore(card: dict[str, Any], arrays: dict[str, np.ndarray], where: object) -> Regressor:
    """The model of a model file, ready to predict.

    Raises
    ------
    InputError : an architecture this version does not know, or arrays that do not fit together
    """
    name, settings = card["architecture"], card.get("settings", {})
    if name != "mlp" and name not in MODELS:
        raise InputError(
            f"has the architecture {name!r}, which this genloom does not know", where, "use a newer genloom"
        )
    try:
        if name == "mlp":
            from .training import Loop, Network

            model: Regressor = Network(Loop(), **settings)
        else:
            model = MODELS[name](**settings)
        model.arrays = arrays
        one = (1, *arrays["mean_x"].shape) if model.inputs == "neighbourhoods" else (1, len(arrays["bins.start"]))
        if {arrays[name].shape for name in PLACES[model.inputs]} != {one[1:2]}:
            raise ValueError(", ".join(PLACES[model.inputs]))
        shapes = {model.predict(np.zeros(one, np.float32)).shape, (1, *arrays["targets.mean"].shape)}
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(f"has arrays that do not fit together: {error}", where, "train it again") from None
    if shapes != {(1, len(card["targets"]["names"]))}:
        raise InputError("has another number of targets than its card names", where, "train it again")
    return model


def observed(path: str | Path, samples: Sequence[str], card: dict[str, Any]) -> np.ndarray:
    """What was measured for these samples and the targets of a model: (samples, genes) float32, NaN where unknown."""
    data = matrix.read(path, "genes")
    if (unit := matrix.about(data)["settings"].get("unit", "")) != card["unit"]:
        raise InputError(
            f"is in {unit}, the model predicts {card['unit']}", path, "assemble it with the same transformation"
        )
    rows, columns = data.obs_names.get_indexer(list(samples)), data.var_names.get_indexer(card["targets"]["names"])
    if (rows < 0).all() or (columns < 0).all():
        axis, own = ("sample", data.obs_names) if (rows < 0).all() else ("gene", data.var_names)
        raise InputError(f"shares no {axis} name with the predictions; it has {named(own)}", path)
    values = matrix.dense(data)[np.ix_(rows, columns)]
    values[rows < 0] = np.nan
    values[:, columns < 0] = np.nan
    return values


def new_table(
    samples: Sequence[str], values: np.ndarray, known: np.ndarray | None, names: Sequence[str], mean: np.ndarray
) -> pl.DataFrame:
    """Predictions of new samples in the columns of `table`, beside the mean of the samples the model was fitted on."""
    import polars as pl

    count, genes = values.shape
    seen = np.full(values.shape, np.nan, np.float32) if known is None else known
    return pl.DataFrame(
        {
            "id": np.repeat(list(samples), genes),
            "target": np.tile(list(names), count),
            "fold": "",
            "part": "new",
            "observed": pl.Series(seen.ravel(), nan_to_null=True),
            "predicted": values.ravel(),
            "predicted_mean": np.tile(mean, count),
        }
    )


def wide_table(samples: Sequence[str], values: np.ndarray, names: Sequence[str]) -> pl.DataFrame:
    """Predictions as genes × samples."""
    import polars as pl

    return pl.DataFrame({"gene": list(names), **dict(zip(samples, values, strict=True))})


def predict(
    where: str | Path,
    card: dict[str, Any],
    arrays: dict[str, np.ndarray],
    bins_path: str | Path,
    expression_path: str | Path | None,
    paths: Mapping[str, Path],
) -> None:
    """Predict new samples with the model file `where`, and write `predictions` and `table`, whichever `paths` names."""
    from ..formats import tables

    model = restore(card, arrays, where)
    bins = matrix.read(bins_path, "bins")
    samples, genes = list(bins.obs_names), card["targets"]["names"]
    values = model.predict(new_inputs(bins_path, bins, model, card))
    known = observed(expression_path, samples, card) if expression_path else None
    if "predictions" in paths:
        tables.write(new_table(samples, values, known, genes, arrays["targets.mean"]), paths["predictions"])
    if "table" in paths:
        tables.write(wide_table(samples, values, genes), paths["table"])
