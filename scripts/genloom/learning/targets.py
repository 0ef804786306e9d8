"""The task `targets`: from a thousand measured genes of a sample, the landmarks, to thousands of others.

Everything is learned on z-scores by mean and deviation of the training part alone. Samples pass in blocks: what is held of
them for linear models are sums (`models.moments`), so that their number does not matter.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..console import say
from ..errors import InputError, named, nearest
from ..formats import modelfile, scratch, tables
from ..formats.blocks import IN_MEMORY, ROWS, Reader, Writer
from ..formats.split import Fold, Split
from ..models.inference import Lasso, Stack, held_out, trust
from ..models.linear import KernelRidge, PartialLeastSquares
from ..models.moments import MAPS, LinearMap, Moments, Standard, gather
from ..models.neighbours import NearestNeighbours
from ..models.regressor import Regressor
from . import run
from .expression import whole
from .loop import Loop
from .tasks import versions

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

TASK = "targets"
NETWORK = "mlp"
REGRESSORS: dict[str, type[Regressor]] = {m.name: m for m in (NearestNeighbours, PartialLeastSquares, KernelRidge)}
BASELINES = ("mean", "linear", "ridge", "knn", "pls")
INNER = 5  # inner folds
PRECISE = 4  # fewer samples for each landmark are summed in double precision
PLACES = ("chrom", "start", "end", "strand", "tss")


@dataclass(frozen=True)
class Options:
    """The settings of a run, as `train_model` takes them."""

    architecture: str
    compare: Sequence[str]
    network: dict[str, Any]
    loop: Loop
    seed: int

    @classmethod
    def of(cls, args: Namespace) -> Options:
        same = run.Options.of(args)
        return cls(same.architecture, same.compare, same.network, same.loop, same.seed)

    def models(self, values: int) -> list[str]:
        """All models to judge, the chosen one first. Baselines that hold samples are left out where those are too many."""
        known = [name for name in BASELINES if name in MAPS or values <= IN_MEMORY]
        if len(known) < len(BASELINES):
            say(f"{named(sorted(set(BASELINES) - set(known)))} hold all samples and are not compared: too many")
        return list(dict.fromkeys([self.architecture, *known, *self.compare]))


@dataclass
class Data:
    """Landmarks and targets of the same samples.

    Attributes
    ----------
    x : (samples, landmarks) float32, transformed
    reader, rows, columns : where the targets are: samples and genes of a matrix
    landmarks, targets : tables of genes
    left_out : why genes or samples are not used → how many
    """

    samples: list[str]
    x: np.ndarray
    reader: Reader
    rows: np.ndarray
    columns: np.ndarray
    landmarks: pd.DataFrame
    targets: pd.DataFrame
    unit: str
    assembly: str
    transform: str
    digests: dict[str, str]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def inputs(self) -> AnnData:
        """The landmarks as a matrix, for the audit of a split."""
        import anndata

        return anndata.AnnData(self.x, self.reader.obs.iloc[self.rows], self.landmarks)

    def places(self, names: Sequence[str]) -> np.ndarray:
        """Row numbers of samples, in the order of the matrix of targets."""
        place = {name: i for i, name in enumerate(self.samples)}
        return np.array(sorted(place[name] for name in names), dtype=np.int64)

    def blocks(self, places: np.ndarray):
        """The targets of some samples, block by block: (slice of `places`, values)."""
        return self.reader.blocks(self.rows[places], self.columns)


def load(expression: str | Path, landmarks: str | Path, transform: str, missing: str) -> Data:
    """Read targets and landmarks.

    Parameters
    ----------
    expression : matrix of genes: the targets, and where `landmarks` is a list, the landmarks too
    landmarks : a list of genes (ids, symbols, Entrez ids, probes: whatever the matrix knows), or a matrix of their own

    Raises
    ------
    InputError : landmarks that the matrix lacks, or of several genes; other samples; nothing left to infer
    """
    import h5py

    reader = Reader(expression, "genes")
    left_out: dict[str, int] = {}
    if h5py.is_hdf5(landmarks):
        inputs = Reader(landmarks, "genes")
        known = {name: i for i, name in enumerate(reader.samples)}
        if lost := [name for name in inputs.samples if name not in known]:
            cure = nearest(lost[0], known) or "give the same samples in both"
            raise InputError(f"has {len(lost)} samples that {expression} lacks: {named(lost)}", landmarks, cure)
        if spare := len(known) - len(inputs.samples):
            left_out["samples without landmarks"] = spare
        order = np.argsort([known[name] for name in inputs.samples])
        samples = [inputs.samples[i] for i in order]
        rows = np.array([known[name] for name in samples])
        values = inputs.rows(np.arange(len(inputs.samples)), np.arange(len(inputs.var)))[order]
        about, columns = inputs.var, np.arange(0)
        digests = {"landmarks": inputs.digest(), "expression": reader.digest()}
    else:
        columns, absent, repeated = _listed(landmarks, reader.var)
        if absent and missing == "refuse":
            cure = nearest(absent[0], reader.var.index) or "leave them out of the list, or use --missing-landmarks fill"
            what = f"{len(absent)} of the landmarks listed are not in {Path(expression).name}: {named(absent)}"
            raise InputError(what, landmarks, cure)
        if not len(columns):
            raise InputError(f"names no gene of {Path(expression).name}", landmarks, "list genes as the matrix does")
        left_out.update({"landmarks not measured": len(absent), "landmarks listed twice": repeated})
        samples, rows = reader.samples, np.arange(len(reader.samples))
        values = np.empty((len(rows), len(columns)), np.float32)
        for part, block in reader.blocks(rows, columns):
            values[part] = block
        about, digests = reader.var.iloc[columns], {"expression": reader.digest()}
    free = np.ones(len(reader.var), bool)
    free[columns] = False
    same = free & reader.var.index.isin(about.index)
    left_out["targets that are landmarks"] = int(same.sum())
    targets = np.flatnonzero(free & ~same)
    if other := int(_symbols(reader.var.iloc[targets]).isin(set(_symbols(about)) - {""}).sum()):
        say(f"{other} targets have the symbol of a landmark under another id, such as a further probe: kept")
    if not len(targets):
        raise InputError("holds no gene beside the landmarks", expression, "give the genes to infer too")
    left_out = {reason: count for reason, count in left_out.items() if count}
    for reason, count in left_out.items():
        say(f"{count} {reason}: left out")
    return Data(
        samples,
        transformed(values, transform, landmarks),
        reader,
        rows,
        targets,
        about,
        reader.var.iloc[targets],
        reader.about["settings"].get("unit", ""),
        reader.about["assembly"],
        transform,
        digests,
        left_out,
    )


def transformed(x: np.ndarray, how: str, where: object) -> np.ndarray:
    """Landmarks as models look at them: `rank` within the sample from 0 to 1, `log` for log2(1 + x), `none`."""
    if how == "rank":
        from scipy.stats import rankdata

        return (rankdata(x, axis=1) / x.shape[1]).astype(np.float32)
    if how == "log":
        if x.min() < 0:
            raise InputError("holds negative values, of which there is no logarithm", where, "use --transform none")
        return np.log2(1 + x)
    return x


def _symbols(table: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return table["symbol"].astype(str) if "symbol" in table else pd.Series("", index=table.index)


def _named(table: pd.DataFrame) -> dict[str, pd.Series]:
    """What genes may be called by: their ids, and any column but those of places."""
    import pandas as pd

    ids = pd.Series(table.index.astype(str), index=table.index)
    return {"": ids, **{name: table[name].astype(str) for name in table.columns if name not in PLACES}}


def _match(wanted: Sequence[str], table: pd.DataFrame, where: object) -> np.ndarray:
    """The row of each wanted gene in a table, by the column that knows most of them; -1 where it is not."""
    best = np.full(len(wanted), -1)
    for names in _named(table).values():
        place: dict[str, list[int]] = {}
        for row, name in enumerate(names):
            place.setdefault(name, []).append(row)
        if sum(name in place for name in wanted) > (best >= 0).sum():
            if unclear := [name for name in wanted if len(place.get(name, ())) > 1]:
                what = f"{unclear[0]!r} may be {len(place[unclear[0]])} genes: {named(table.index[place[unclear[0]]])}"
                raise InputError(what, where, "name landmarks by their ids")
            best = np.array([place[name][0] if name in place else -1 for name in wanted])
    return best


def _listed(path: str | Path, table: pd.DataFrame) -> tuple[np.ndarray, list[str], int]:
    """The rows of listed genes in a table of genes, ascending; the names it lacks; how many are repeated."""
    from ..formats.expression import read_list

    wanted = read_list(path)
    once = list(dict.fromkeys(wanted))
    rows = _match(once, table, path)
    absent = [name for name, row in zip(once, rows, strict=True) if row < 0]
    return np.unique(rows[rows >= 0]), absent, len(wanted) - len(once)


def inner_folds(data: Data, fold: Fold, places: np.ndarray, seed: int) -> np.ndarray:
    """The inner fold of each training sample: whole groups where the split has groups, else at random.

    Where the groups of the split leave but one to train on (one of two studies), clusters of samples take their place: models
    are then to predict samples unlike those they saw, as in the group that is held out.
    """
    from sklearn.model_selection import GroupKFold, KFold

    group_of = fold.group_of()
    groups = np.array([group_of[data.samples[p]] for p in places])
    if len(places) < 2:
        return np.zeros(len(places), np.int64)
    if any(group_of.values()) and len(set(groups)) == 1:
        groups = clusters(data.x[places], INNER, seed)
    result = np.zeros(len(places), np.int64)
    several = len(set(groups)) > 1
    count = min(INNER, len(set(groups)) if several else len(places))
    splitter = GroupKFold(count) if several else KFold(count, shuffle=True, random_state=seed)
    for number, (_, held) in enumerate(splitter.split(places, groups=groups if several else None)):
        result[held] = number
    return result


def clusters(x: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The names of clusters of samples (n, p), as many as `count` at the most: groups, where there are no others."""
    from sklearn.cluster import KMeans

    z = (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)
    return KMeans(min(count, len(x)), n_init=5, random_state=seed).fit_predict(z).astype(str)


@dataclass
class Part:
    """The training part of a fold: sums for linear maps, and on demand the z-scores themselves.

    origin : what was taken from x (p) and y (q) before they were summed
    """

    data: Data
    places: np.ndarray
    folds: np.ndarray
    origin: tuple[np.ndarray, np.ndarray]
    total: Moments
    inner: list[Moments]

    @classmethod
    def of(cls, data: Data, fold: Fold, seed: int) -> Part:
        places = data.places(fold.part("train", "validation"))
        folds = inner_folds(data, fold, places, seed)
        landmarks = data.x.shape[1]
        precise = np.float64 if len(places) < PRECISE * landmarks else np.float32
        centre = np.zeros(landmarks)
        for start in range(0, len(places), ROWS):
            centre += data.x[places[start : start + ROWS]].sum(0, dtype=np.float64)
        origin = (centre / max(len(places), 1)).astype(np.float32), next(data.blocks(places))[1].mean(0)
        blocks = (
            (
                (data.x[places[part]] - origin[0]).astype(precise, copy=False),
                (y - origin[1]).astype(precise, copy=False),
                folds[part],
            )
            for part, y in data.blocks(places)
        )
        total, inner = gather(blocks, landmarks, len(data.columns), int(folds.max()) + 1 if folds.any() else 0)
        return cls(data, places, folds, origin, total, inner)

    @cached_property
    def standard(self) -> Standard:
        """In the values themselves, not about the origin."""
        s = self.total.standard()
        return Standard(s.mean_x + self.origin[0], s.sd_x, s.mean_y + self.origin[1], s.sd_y)

    @cached_property
    def z(self) -> np.ndarray:
        return self.standard.inputs(self.data.x[self.places])

    @cached_property
    def t(self) -> np.ndarray:
        """(n, q) float32 z-scores of the targets.

        Raises
        ------
        InputError : too many to hold
        """
        count = len(self.places) * len(self.data.columns)
        if count > 4 * IN_MEMORY:
            what = f"{count:,} values of training samples are too many to hold"
            raise InputError(what, "--architecture", f"choose one of {', '.join(MAPS)}, which do not hold them")
        return np.concatenate([self.standard.targets(y) for _, y in self.data.blocks(self.places)])


class Residual:
    """A multilayer perceptron on what ridge leaves, as far as inner folds trust it.

    It is trained on what ridge leaves of samples in inner folds that ridge did not see; one of those folds is kept from the
    network, ends its training, and says which share of its prediction is added: none where it does not help.
    """

    name = NETWORK

    def __init__(self, **settings: Any):
        self.settings: dict[str, Any] = settings
        self.arrays: dict[str, np.ndarray] = {}
        self.history: list[Any] = []

    def fit(self, part: Part, ridge: LinearMap, options: Options) -> Residual:
        from .training import Network

        residual = part.t - held_out(ridge, part.z, part.t, part.folds)
        stop = np.flatnonzero(part.folds == 0)
        network = Network(options.loop, **options.network)
        network.fit(part.z, residual, [str(number) for number in part.folds], stop)
        share = trust(network.predict(part.z[stop]), residual[stop])
        self.settings = {**network.settings, "share": share, "ridge": ridge.settings}
        self.history = network.history
        self.arrays = {f"ridge.{name}": each for name, each in ridge.arrays.items()}
        self.arrays.update({f"mlp.{name}": each for name, each in network.arrays.items()})
        return self

    def predict(self, z: np.ndarray) -> np.ndarray:
        from .training import Network

        predicted = z @ self.arrays["ridge.weights"]
        if not self.settings["share"]:
            return predicted
        network = Network(Loop(), self.settings["hidden"], self.settings["dropout"])
        network.arrays = {k.removeprefix("mlp."): v for k, v in self.arrays.items() if k.startswith("mlp.")}
        return predicted + np.float32(self.settings["share"]) * network.predict(z)


Kept = LinearMap | Regressor | Lasso | Stack | Residual


def fitter(part: Part, options: Options) -> Callable[[str], Kept]:
    """A function name → model fitted on a part; a model that others build on is fitted once."""
    made: dict[str, Kept] = {}

    def fit(name: str) -> Kept:
        if name not in made:
            made[name] = _fitted(name)
        return made[name]

    def _fitted(name: str) -> Kept:
        if name in MAPS:
            return MAPS[name]().fit(part.total, part.inner)
        if name in REGRESSORS:
            return REGRESSORS[name]().fit(part.z, part.t, [str(number) for number in part.folds])
        if name == Lasso.name:
            return Lasso().fit(part.z, part.t, part.folds)
        if name == Stack.name:
            return Stack().fit(part.z, part.t, part.folds, fit)
        return Residual().fit(part, fit("ridge"), options)  # type: ignore[arg-type]

    return fit


def train(data: Data, split: Split, options: Options, paths: Mapping[str, Path]) -> None:
    """Judge the models on every outer fold of `split`, fit the chosen one for keeping, and write what `paths` names:
    `model`, `predictions` (`.h5ad`) and maybe `history`.

    Raises
    ------
    InputError : the split names other samples, or a part with fewer than two to train on
    """
    import polars as pl

    split.require(data.samples, "--expression")
    largest = max(len(fold.part("train", "validation")) for fold in split.outer) * len(data.columns)
    names = options.models(largest)
    curves: list[tuple[str, int, str, float]] = []
    error = dict.fromkeys(names, 0.0)
    count = 0
    held = [(fold, data.places(fold.part("test"))) for fold in split.outer]
    kept: tuple[Part, Kept] | None = None
    with _writer(paths["predictions"], data, held, names) as file:
        start = 0
        for number, (fold, places) in enumerate(held):
            part = _part(data, fold, options.seed)
            standard, fit = part.standard, fitter(part, options)
            models = {name: fit(name) for name in names}
            curves.extend((fold.name, *epoch) for each in models.values() for epoch in getattr(each, "history", []))
            varies = np.isfinite(standard.sd_y)
            for block, y in data.blocks(places):
                at, z, t = start + block.start, standard.inputs(data.x[places[block]]), standard.targets(y)
                file.write(at, y, "observed")
                count += len(y) * int(varies.sum())
                for i, (name, model) in enumerate(models.items()):
                    predicted = model.predict(z)
                    error[name] += float(np.abs(predicted - t)[:, varies].sum(dtype=np.float64))
                    file.write(at, standard.values(predicted), "X" if i == 0 else f"predicted_{name}")
            file.file["varm"]["mean"][:, number] = standard.mean_y
            file.file["varm"]["sd"][:, number] = np.where(varies, standard.sd_y, 0)
            start += len(places)
            kept = part, models[names[0]]
    scores = {name: each / max(count, 1) for name, each in error.items()}
    chosen = options.architecture
    say(
        f"{chosen} on held-out samples: mean absolute error {scores[chosen]:.3f} z-scores; "
        f"linear regression {scores['linear']:.3f}, mean {scores['mean']:.3f}"
    )
    assert kept is not None
    part, model = kept
    if len(split.outer) > 1:
        part = _part(data, whole(split), options.seed)
        model = fitter(part, options)(chosen)
        curves.extend(("all", *epoch) for epoch in getattr(model, "history", []))
    modelfile.write(
        paths["model"], {**model.arrays, **_context(part)}, _card(data, split, part, model, scores, options)
    )
    if "history" in paths:
        tables.write(pl.DataFrame(curves, ["fold", "epoch", "part", "loss"], orient="row"), paths["history"])


def _part(data: Data, fold: Fold, seed: int) -> Part:
    part = Part.of(data, fold, seed)
    if len(part.places) < 2:
        raise InputError(f"fold {fold.name} has {len(part.places)} samples to train on", "--split", "give it more")
    for what, sd in (("landmarks", part.standard.sd_x), ("targets", part.standard.sd_y)):
        if constant := int((~np.isfinite(sd)).sum()):
            meaning = "not looked at" if what == "landmarks" else "predicted as their mean and not judged"
            say(f"fold {fold.name}: {constant} {what} do not vary in the training part: {meaning}")
            if constant == len(sd):
                raise InputError(f"no {what[:-1]} varies in the training part of fold {fold.name}", "--expression")
    return part


def _writer(path: Path, data: Data, held: Sequence[tuple[Fold, np.ndarray]], names: Sequence[str]) -> Writer:
    """The file of the predictions of what was held out: a row for each fold and sample."""
    import pandas as pd

    ids = [data.samples[place] for _, places in held for place in places]
    folds = [fold.name for fold, places in held for _ in places]
    group_of = {i: g for fold, _ in held for i, g in fold.group_of().items()}
    repeated = len(set(ids)) < len(ids)
    index = [f"{i} (fold {fold})" for i, fold in zip(ids, folds, strict=True)] if repeated else ids
    obs = pd.DataFrame({"id": ids, "fold": folds, "group": [group_of[i] for i in ids]}, index=index, dtype=str)
    blank = np.zeros((len(data.columns), len(held)), np.float32)
    return Writer(
        path,
        obs.rename_axis("sample"),
        data.targets,
        ["observed", *(f"predicted_{name}" for name in names[1:])],
        {"unit": data.unit, "task": TASK, "model": names[0], "folds": [fold.name for fold, _ in held]},
        data.digests,
        {"mean": blank, "sd": blank},
        data.assembly,
    )


def _context(part: Part) -> dict[str, np.ndarray]:
    """The arrays of a model file beside the model's own: how its z-scores are made."""
    s = part.standard
    return {
        "landmarks.mean": s.mean_x,
        "landmarks.sd": s.sd_x,
        "targets.mean": s.mean_y,
        "targets.sd": s.sd_y,
    }


def _card(
    data: Data, split: Split, part: Part, model: Kept, scores: Mapping[str, float], options: Options
) -> dict[str, Any]:
    def genes(table: pd.DataFrame) -> dict[str, list[str]]:
        return {"names": list(table.index), "symbols": list(_symbols(table))}

    return {
        "task": TASK,
        "architecture": model.name,
        "settings": model.settings,
        "seed": options.seed,
        "features": {"kind": "landmarks", "transform": data.transform, **genes(data.landmarks)},
        "targets": genes(data.targets),
        "unit": data.unit,
        "assembly": data.assembly,
        "data": data.digests,
        "split": split.digest,
        "left_out": data.left_out,
        "fitted_on": {"fold": whole(split).name, "samples": len(part.places)},
        "metrics": {"mae": scores[options.architecture], "mae_linear": scores["linear"], "mae_mean": scores["mean"]},
        "versions": versions(),
    }


def restore(card: Mapping[str, Any], arrays: Mapping[str, np.ndarray], where: object) -> tuple[Kept, Standard]:
    """The model of a model file, ready to predict.

    Raises
    ------
    InputError : an architecture this version does not know, or arrays that do not fit together
    """
    name, settings = card["architecture"], dict(card.get("settings", {}))
    kinds: dict[str, Any] = {**MAPS, **REGRESSORS, **{each.name: each for each in (Lasso, Stack, Residual)}}
    if name not in kinds:
        what = f"has the architecture {name!r}, which this genloom does not know"
        raise InputError(what, where, "use a newer genloom")
    own = ("landmarks.", "targets.")
    try:
        model = kinds[name](**settings)
        model.arrays = {key: value for key, value in arrays.items() if not key.startswith(own)}
        keys = ("landmarks.mean", "landmarks.sd", "targets.mean", "targets.sd")
        standard = Standard(*(np.asarray(arrays[key], np.float64) for key in keys))
        shape = model.predict(np.zeros((1, len(card["features"]["names"])), np.float32)).shape
        fits = shape == (1, len(card["targets"]["names"])) == (1, len(standard.mean_y))
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(f"has arrays that do not fit together: {error}", where, "train it again") from None
    if not fits:
        raise InputError("has another number of targets than its card names", where, "train it again")
    return model, standard


def new_inputs(
    path: str | Path, reader: Reader, card: Mapping[str, Any], standard: Standard, missing: str
) -> tuple[np.ndarray, int]:
    """The landmarks of new samples as z-scores (n, p), and how many were filled with the mean of the training samples.

    Raises
    ------
    InputError : landmarks that the matrix lacks, unless they are to be filled
    """
    features = card["features"]
    found = [_match(features[key], reader.var, path) for key in ("names", "symbols") if any(features[key])]
    columns = max(found, key=lambda each: int((each >= 0).sum()))
    absent = [name for name, column in zip(features["names"], columns, strict=True) if column < 0]
    if len(absent) == len(columns):
        what = f"holds none of the {len(columns)} landmarks of the model, such as {named(features['names'], 3)}"
        raise InputError(
            what, path, f"its genes are named as {named(reader.var.index, 3)}: name them as the model does"
        )
    if absent and missing == "refuse":
        what = f"lacks {len(absent)} of the {len(columns)} landmarks of the model: {named(absent)}"
        raise InputError(
            what, path, "measure them, or use --missing-landmarks fill for the mean of the training samples"
        )
    here, rows = columns >= 0, np.arange(len(reader.samples))
    z = np.zeros((len(rows), len(columns)), np.float32)
    for block, values in reader.blocks(rows, columns[here]):
        x = transformed(values, features["transform"], path)
        z[block, here] = ((x - standard.mean_x[here]) / standard.sd_x[here]).astype(np.float32)
    return z, len(absent)


def predict(
    where: str | Path,
    card: dict[str, Any],
    arrays: dict[str, np.ndarray],
    landmarks: str | Path,
    missing: str,
    paths: Mapping[str, Path],
) -> None:
    """Infer the target genes of new samples, and write what `paths` names: `inferred` (`.h5ad`), `gct`, `table`."""
    model, standard = restore(card, arrays, where)
    reader = Reader(landmarks, "genes")
    if (unit := reader.about["settings"].get("unit", "")) != card["unit"] and card["features"]["transform"] == "none":
        say(
            f"{Path(landmarks).name} is in {unit or 'an unknown unit'}, the model was trained on {card['unit'] or 'one'}"
        )
    z, filled = new_inputs(landmarks, reader, card, standard, missing)
    if filled:
        say(f"{filled} of {z.shape[1]} landmarks are filled with the mean of the training samples")
    genes = card["targets"]
    values = scratch.Table(len(genes["names"]))  # of all samples, so that text can be written gene by gene
    for start in range(0, len(z), 2048):
        values.add(standard.values(model.predict(z[start : start + 2048])))
    if "inferred" in paths:
        _write_matrix(paths["inferred"], reader, card, values)
    if "table" in paths:
        write_text(paths["table"], {"gene": genes["names"]}, reader.samples, values)
    if "gct" in paths:
        write_gct(paths["gct"], genes, reader.samples, values)


def _write_matrix(path: Path, reader: Reader, card: Mapping[str, Any], values: scratch.Table) -> None:
    import pandas as pd

    genes = pd.DataFrame({"symbol": card["targets"]["symbols"]}, index=card["targets"]["names"]).rename_axis("gene")
    settings = {"unit": card["unit"], "inferred_by": card["architecture"]}
    with Writer(path, reader.obs, genes, (), settings, {"landmarks": reader.digest()}, None, card["assembly"]) as file:
        for start in range(0, len(values), 2048):
            file.write(start, values.rows(start, min(start + 2048, len(values))))


def write_text(
    path: Path, heads: Mapping[str, Sequence[str]], samples: Sequence[str], values: scratch.Table, top: str = ""
) -> None:
    """Write genes × samples as text, under the columns `heads` (the gene, its symbol) and after the lines `top`."""
    parts = scratch.pieces(values.width, len(values))
    tables.write_wide(path, heads, samples, (values.columns(part.start, part.stop) for part in parts), top)


def write_gct(path: Path, genes: Mapping[str, Sequence[str]], samples: Sequence[str], values: scratch.Table) -> None:
    """Write genes × samples as GCT 1.3 with the symbol of each gene (https://clue.io/connectopedia/gct_format)."""
    top = f"#1.3\n{len(genes['names'])}\t{len(samples)}\t1\t0\n"
    write_text(path, {"id": genes["names"], "pr_gene_symbol": genes["symbols"]}, samples, values, top)
