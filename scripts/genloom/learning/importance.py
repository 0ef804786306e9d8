"""Why a model of a matrix predicts what it does: its coefficients, and how much worse it gets without a feature.

Importance is what is lost on held-out samples when the values of a feature are exchanged for those of other samples, drawn at
random (`exchange`): skill of models of expression; of classes and of genes inferred the loss that is gained instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..console import say
from ..errors import InputError, named, nearest
from ..formats import annotation, chromosomes, matrix, tables
from ..formats import split as splits
from ..formats.split import Fold, Split
from ..models.genecentred import GeneCentred
from ..models.regressor import Regressor
from . import classes, exchange, expression
from .chromatin import RINGS
from .expression import MODELS, Data

ALL = "all"  # targets together
MOST = 20_000_000  # values of genes that held-out samples are judged by at the most


@dataclass(frozen=True)
class Options:
    """See `explain_model`."""

    method: str
    targets: Sequence[str]
    top: int
    repeats: int
    bootstrap: int
    seed: int


@dataclass(frozen=True)
class Feature:
    """A feature and what it is worth: a coefficient, or skill lost; its place, and the nearest gene's start site.

    low, high : 95% interval; NaN for coefficients
    accuracy : of a classifier, the balanced accuracy that is lost; else NaN
    distance : bases from the start site to the bin, 0 if it holds it; below 0 upstream of the gene
    """

    target: str
    name: str
    value: float
    low: float = np.nan
    high: float = np.nan
    chrom: str = ""
    start: int | None = None
    end: int | None = None
    gene: str = ""
    symbol: str = ""
    distance: int | None = None
    accuracy: float = np.nan


@dataclass(frozen=True)
class Result:
    """The features worth most, a target after the other.

    measure : what a value is: "coefficient", or what is lost or gained
    scores : by name, of the model on the samples that it was held against, for permutation
    skill : how much less its loss there is than that of a model that looks at nothing, as a share
    """

    task: str
    architecture: str
    options: Options
    features: list[Feature]
    considered: int
    unit: str
    measure: str = "coefficient"
    scores: Mapping[str, float] = field(default_factory=dict)
    skill: float = np.nan
    samples: int = 0
    tried: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Genes:
    """Start sites, sorted by chromosome and position."""

    places: Mapping[str, tuple[np.ndarray, list[tuple[str, str, str]]]]  # chrom → positions, (id, symbol, strand)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str, int, str]], known: Iterable[str], where: object) -> Genes:
        """From (id, symbol, chrom, start site, strand), of chromosomes that are named as those of the bins, or nearly."""
        by_chrom: dict[str, list[tuple[int, tuple[str, str, str]]]] = {}
        for gene, symbol, chrom, tss, strand in rows:
            if chrom and tss >= 0:
                by_chrom.setdefault(chrom, []).append((tss, (gene, symbol, strand)))
        names = chromosomes.match(list(by_chrom), list(known), where, partial=True) if by_chrom else {}
        found = {}
        for chrom, name in names.items():
            own = sorted(by_chrom[chrom])
            found[name] = np.array([tss for tss, _ in own]), [about for _, about in own]
        return cls(found)

    def nearest(self, chrom: str, start: int, end: int) -> dict[str, Any]:
        """Of the gene whose start site is nearest to a bin: gene, symbol, distance. Empty where there is none."""
        if chrom not in self.places:
            return {}
        sites, about = self.places[chrom]
        gaps = np.maximum(np.maximum(start - sites, sites - (end - 1)), 0)
        best = int(gaps.argmin())
        gene, symbol, strand = about[best]
        after = (start > sites[best]) == (strand != "-")
        return {"gene": gene, "symbol": symbol, "distance": int(gaps[best]) * (1 if after else -1)}


def run(args: Any, card: dict[str, Any], arrays: dict[str, np.ndarray], options: Options) -> Result:
    """Explain a model of a matrix as the arguments of `explain_model` say.

    Raises
    ------
    InputError : a target that the model does not have; files that are not those the model learned from
    """
    if card["task"] in (classes.TASK, "targets"):
        if options.method == "permutation":
            from . import exchanged

            return (exchanged.classes if card["task"] == classes.TASK else exchanged.targets)(
                args, card, arrays, options
            )
        weigh = _weights if card["task"] == classes.TASK else _responses
        return weigh(card, arrays, args.model, options)
    model = expression.restore(card, arrays, args.model)
    wanted = _targets(card, options.targets, args.model)
    if options.method == "coefficients":
        expressed = matrix.read(args.expression, "genes").var if args.expression else None
        genes = _genes(args, card, arrays, expressed)
        features = [
            feature
            for target, columns in (wanted or {ALL: np.arange(len(card["targets"]["names"]))}).items()
            for feature in _coefficients(model, card, target, columns, options.top, genes)
        ]
        count = len(arrays["weights"]) if isinstance(model, GeneCentred) else len(arrays["bins.start"])
        return Result(card["task"], card["architecture"], options, features, count, card["unit"])
    data = expression.load(args.bins, args.expression, card["features"]["transform"])
    if list(data.genes.index) != list(card["targets"]["names"]):
        raise InputError("has other genes than the model predicts", args.expression, "give what the model learned from")
    split = splits.read(args.split)
    split.require(data.samples, args.bins, "sample")
    columns = np.concatenate(list(wanted.values())) if wanted else np.arange(len(data.genes))
    target = ",".join(wanted) if wanted else ALL
    judged = _held_out(data, split, card, model)
    return _permutation(data, judged, target, columns, options, card, _genes(args, card, arrays, data.genes))


def _targets(card: Mapping[str, Any], wanted: Sequence[str], where: object) -> dict[str, np.ndarray]:
    """Target → its column; by id or symbol."""
    names, symbols = card["targets"]["names"], card["targets"].get("symbols") or []
    found = {}
    for each in wanted:
        columns = [i for i, name in enumerate(names) if name == each] or [
            i for i, name in enumerate(symbols) if name == each
        ]
        if not columns:
            cure = nearest(each, [*names, *symbols]) or f"it predicts {named(names)}"
            raise InputError(f"predicts no target {each!r}", where, cure)
        found[each] = np.array(columns)
    return found


def _genes(args: Any, card: Mapping[str, Any], arrays: Mapping[str, np.ndarray], expressed: Any) -> Genes:
    """The start sites of an annotation, else of the expression matrix, else of the model itself; or none."""
    known = card["features"].get("chromosomes", [])
    if args.annotation:
        frame = annotation.read(args.annotation).genes
        columns = [frame[name].cast(pl.String).to_list() for name in ("id", "symbol", "chrom")]
        rows = zip(*columns, frame["tss"].to_list(), frame["strand"].cast(pl.String).to_list(), strict=True)
        return Genes.of(((a, b or "", c, t, s) for a, b, c, t, s in rows), known, args.annotation)
    if expressed is not None and {"chrom", "tss", "strand"} <= set(expressed.columns):
        symbols = expressed["symbol"] if "symbol" in expressed else [""] * len(expressed)
        rows = zip(
            expressed.index, map(str, symbols), expressed["chrom"], expressed["tss"], expressed["strand"], strict=True
        )
        return Genes.of(rows, known, args.expression)
    if "genes.tss" in arrays:
        names = card["targets"]["names"]
        symbols = card["targets"].get("symbols") or [""] * len(names)
        chroms = ["" if i < 0 else known[i] for i in arrays["genes.chromosome"]]
        strands = np.where(arrays["genes.plus"], "+", "-").tolist()
        return Genes.of(
            zip(names, symbols, chroms, arrays["genes.tss"].tolist(), strands, strict=True), known, args.model
        )
    return Genes({})


def rings() -> list[str]:
    """What the features of a gene-centred model are, in order."""
    found = [f"within {RINGS[0] // 1000} kb"]
    for low, high in pairwise(RINGS):
        found += [f"{low // 1000} to {high // 1000} kb {side}" for side in ("upstream", "downstream")]
    return found


def coefficients(model: Regressor, columns: np.ndarray) -> np.ndarray:
    """(bins,) of a linear model: of one target its coefficients, of several the root of their mean square."""
    a = model.arrays
    factor = a["weights"] if "weights" in a else a["rows"].T @ a["dual"] / model.settings["width"]
    factor = factor[:, columns].astype(np.float64)
    if len(columns) == 1:
        return a["basis"] @ factor[:, 0]
    return np.sqrt(np.maximum(((a["basis"] @ (factor @ factor.T)) * a["basis"]).sum(1) / len(columns), 0))


def _coefficients(
    model: Regressor, card: Mapping[str, Any], target: str, columns: np.ndarray, top: int, genes: Genes
) -> list[Feature]:
    if isinstance(model, GeneCentred):
        if target != ALL:
            raise InputError(
                "has one set of coefficients for all targets", "--targets", "leave it out, or --method permutation"
            )
        per_unit = model.settings["trust"] * model.arrays["weights"]  # of one standard deviation of the feature
        return [Feature(target, name, float(value)) for name, value in zip(rings(), per_unit, strict=True)]
    values, a = coefficients(model, columns), model.arrays
    kept = np.argsort(-np.abs(values), kind="stable")[:top]
    return [
        _placed(
            target,
            card["features"]["chromosomes"][a["bins.chromosome"][i]],
            int(a["bins.start"][i]),
            int(a["bins.end"][i]),
            genes,
            values[i],
        )
        for i in kept
    ]


def _placed(
    target: str, chrom: str, start: int, end: int, genes: Genes, value: float, low: float = np.nan, high: float = np.nan
) -> Feature:
    name = f"{chrom}:{start}-{end}"
    return Feature(
        target, name, float(value), float(low), float(high), chrom, start, end, **genes.nearest(chrom, start, end)
    )


def _weights(card: Mapping[str, Any], arrays: dict[str, np.ndarray], where: object, options: Options) -> Result:
    """The coefficients of a linear classifier: of each class, of one standard deviation of a feature."""
    model = classes.restore(card, arrays, where)
    (member,) = model.members
    names = [str(card["features"]["names"][i]) for i in model.preparation.chosen[: member.features]]
    known = [str(name) for name in card["targets"]["names"]]
    if strange := [name for name in options.targets if name not in known]:
        raise InputError(f"has no class {strange[0]!r}", where, nearest(strange[0], known) or f"it has {named(known)}")
    weight = member.classifier.arrays["weight"]
    weight = np.stack([-weight[0], weight[0]]) if len(weight) == 1 else weight
    weight = weight - weight.mean(0)  # what is added to all classes changes none
    features = [
        Feature(name, names[i], float(row[i]))
        for name, row in zip(known, weight, strict=True)
        if not options.targets or name in options.targets
        for i in np.argsort(-np.abs(row), kind="stable")[: options.top]
    ]
    return Result(card["task"], card["architecture"], options, features, len(names), "log odds")


def _responses(card: Mapping[str, Any], arrays: dict[str, np.ndarray], where: object, options: Options) -> Result:
    """What a standard deviation more of a landmark gene adds to targets, all others at their means: of a linear model its
    coefficients, of any other how it answers there."""
    from . import targets

    model, _ = targets.restore(card, arrays, where)
    names = list(map(str, card["features"]["names"]))
    symbols = list(map(str, card["features"].get("symbols") or [""] * len(names)))
    given = np.concatenate([np.zeros((1, len(names))), np.eye(len(names))]).astype(np.float32)
    found = model.predict(given).astype(np.float64)
    effects = found[1:] - found[0]
    features = []
    for target, columns in (_targets(card, options.targets, where) or {ALL: np.arange(effects.shape[1])}).items():
        own = effects[:, columns[0]] if len(columns) == 1 else np.sqrt((effects[:, columns] ** 2).mean(1))
        kept = np.argsort(-np.abs(own), kind="stable")[: options.top]
        features += [Feature(target, names[i], float(own[i]), symbol=symbols[i]) for i in kept]
    return Result(card["task"], card["architecture"], options, features, len(names), "standard deviations")


@dataclass(frozen=True)
class _Held:
    """A model and the samples that it has not seen, with the mean of those that it has."""

    model: Regressor
    rows: np.ndarray
    mean: np.ndarray
    groups: list[str]


def _held_out(data: Data, split: Split, card: Mapping[str, Any], model: Regressor) -> list[_Held]:
    """The model of the file, if it was fitted on the training part of this split alone; else a new one for each fold."""
    folds = split.outer
    own = len(folds) == 1 and card.get("split") == split.digest

    def held(fold: Fold) -> _Held:
        train, rows, group_of = (
            data.rows(fold.part("train", "validation")),
            data.rows(fold.part("test")),
            fold.group_of(),
        )
        fitted = model if own else expression.fit(model.name, data, fold, lambda name: _new(name, card))
        groups = [group_of[data.samples[row]] or data.samples[row] for row in rows]
        return _Held(fitted, rows, data.y[train].mean(0, dtype=np.float64), groups)

    if not own:
        say(
            f"the model has seen all samples: {len(folds)} of its kind are fitted to the training parts of the split instead"
        )
    return [held(fold) for fold in folds]


def _new(name: str, card: Mapping[str, Any]) -> Regressor:
    if name == "mlp":
        from .training import Loop, Network

        return Network(Loop(seed=int(card.get("seed", 1))), **card["settings"])
    return MODELS[name]()


def _permutation(
    data: Data,
    judged: Sequence[_Held],
    target: str,
    columns: np.ndarray,
    options: Options,
    card: Mapping[str, Any],
    genes: Genes,
) -> Result:
    truth = np.concatenate([data.y[held.rows][:, columns] for held in judged]).astype(np.float64)
    baseline = sum(float(((data.y[held.rows][:, columns] - held.mean[columns]) ** 2).sum()) for held in judged)
    if not baseline > 0:
        raise InputError(
            "does not vary between the held-out samples and their training mean", "--targets", "choose others"
        )
    chrom = list(dict.fromkeys(data.bins["chrom"]))
    order = np.lexsort((data.bins["start"], [chrom.index(name) for name in data.bins["chrom"]]))
    rows = np.concatenate([held.rows for held in judged])

    def errors(places: np.ndarray | None, bins: np.ndarray | None) -> np.ndarray:
        """(held-out samples, 1) squared errors."""
        found, done = [], 0
        for held in judged:
            own, part = data.x[held.rows], slice(done, done + len(held.rows))
            if places is not None:
                own = own.copy()
                own[:, bins] = data.x[rows[places[part]]][:, bins]
            predicted = held.model.predict(_inputs(data, held.model, own))[:, columns]
            found.append(((truth[part] - predicted) ** 2).sum(1, keepdims=True))
            done += len(held.rows)
        return np.concatenate(found)

    whole = np.concatenate([((data.y[held.rows][:, columns] - held.mean[columns]) ** 2).sum(1) for held in judged])
    groups = [group for held in judged for group in held.groups]
    held = exchange.Held(errors, order, groups, whole, np.zeros(len(rows), np.int64))
    found, (loss,), tried = exchange.worth(held, options.top, options.repeats, options.bootstrap, options.seed)
    features = []
    for each in found:
        place = data.bins.iloc[each.feature]
        span = place["chrom"], int(place["start"]), int(place["end"])
        features.append(_placed(target, *span, genes, each.value, each.low, each.high))
    skill = float(1 - loss)
    say(f"skill {skill:.3f} on {len(rows)} held-out samples; {tried} stretches of bins exchanged")
    return Result(
        card["task"], card["architecture"], options, features, len(order), card["unit"], "skill lost", {"skill": skill}, skill,
        len(rows), tried, data.digests,
    )  # fmt: skip


def _inputs(data: Data, model: Regressor, x: np.ndarray) -> np.ndarray:
    from .chromatin import neighbourhoods

    return neighbourhoods(x, data.bins, data.genes) if model.inputs == "neighbourhoods" else x


def table(result: Result) -> pl.DataFrame:
    """A line a feature, a target after the other, the greatest first: its coefficient, or what is lost without it, and the start
    site nearest to it."""
    kinds = {
        "target": pl.String, "feature": pl.String, "chrom": pl.String, "start": pl.Int64, "end": pl.Int64,
        "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "gene": pl.String, "symbol": pl.String, "distance": pl.Int64,
        "accuracy": pl.Float64,
    }  # fmt: skip
    rows = [
        (f.target, f.name, f.chrom, f.start, f.end, f.value, f.low, f.high, f.gene, f.symbol, f.distance, f.accuracy)
        for f in result.features
    ]
    return pl.DataFrame(rows, kinds, orient="row")


def write(result: Result, paths: Mapping[str, Path]) -> None:
    """Write the table `importance`, where it is wanted."""
    if "importance" in paths:
        tables.write(table(result), paths["importance"])
