"""The task `classes`: from the measured features of a sample (genes, probes) to its class, such as a type of leukemia.

All that is learned (distribution of values, choice of features, scaling, settings, calibration, the limit beyond which no
class is called) is learned within the training part of a fold, by inner folds of it.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..console import progress, say
from ..errors import InputError, named, nearest
from ..formats import matrix, modelfile
from ..formats.split import Fold, Split
from ..models.classifiers import (
    Centroids,
    Classifier,
    Discriminant,
    Logistic,
    Majority,
    Neighbours,
    Perceptron,
    SupportVectors,
    softmax,
    weights,
)
from ..models.trees import Boosting, Forest
from .expression import whole
from .loop import Loop
from .profiles import Preparation, Profiles

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from anndata import AnnData

TASK = "classes"
MODELS: dict[str, type[Classifier]] = {
    m.name: m
    for m in (Logistic, SupportVectors, Centroids, Discriminant, Forest, Boosting, Perceptron, Neighbours, Majority)
}
IMAGE = "cnn"  # of learning.images, which needs torch
BASELINES = (Majority.name, Neighbours.name)
VOTE = "vote"
VOTERS = (Logistic.name, SupportVectors.name, Discriminant.name, Neighbours.name)
INNER = 4  # inner folds, where the split has none
LIMIT = 0.99  # of the distances of training samples held out in turn: beyond it no class is called
UNSAID = ("", "value")  # units of matrices whose unit nobody told
DRAWS = 100  # of labels at random, until each training part has two samples of each class
SCORES = ("balanced_accuracy", "macro_f1", "log_loss")  # of a permutation


@dataclass(frozen=True)
class Options:
    """The settings of a run, as `train_model` takes them."""

    label: str
    architecture: str
    compare: Sequence[str]
    normalise: str
    features: Sequence[int]
    variable: float
    permutations: int
    seed: int
    network: Mapping[str, Any] = field(default_factory=dict)
    loop: Loop = field(default_factory=Loop)

    @classmethod
    def of(cls, args: Namespace) -> Options:
        """The settings among the arguments of the script. Images are seen whole and as they are,
        whatever else is judged beside them."""
        if args.permutation_table and not args.permutations:
            raise InputError("--permutation-table needs --permutations", cure="say how many, for instance 100")
        images = IMAGE in (args.architecture, *args.compare)
        folder = Path(args.checkpoint) if args.checkpoint else None
        return cls(
            args.label,
            args.architecture,
            args.compare,
            "none" if images else args.normalise,
            () if images else args.select_features,
            args.variable_share,
            args.permutations,
            args.seed,
            {"width": args.image_width, "channels": args.channels} if images else {},
            Loop.of(args, folder=folder, one_cycle=True),
        )

    def classifier(self, name: str, settings: Mapping[str, Any]) -> Classifier:
        """A new model, to be fitted."""
        if name != IMAGE:
            return MODELS[name](**settings)
        from .images import Convolutional

        return Convolutional(self.loop, **self.network)

    def fits(self, name: str, x: np.ndarray, y: np.ndarray) -> Iterator[Classifier]:
        """A fitted model for each of the settings to choose from."""
        return (
            iter([self.classifier(name, {}).fit(x, y, self.seed)])
            if name == IMAGE
            else MODELS[name].fits(x, y, self.seed)
        )

    @property
    def models(self) -> list[str]:
        """All models to judge, the chosen one first."""
        return list(dict.fromkeys([self.architecture, *BASELINES, *self.compare]))


@dataclass
class Data:
    """Samples with their classes, row by row.

    Attributes
    ----------
    profiles : of (samples, features) values
    features : the feature table of the matrix
    labels : the class of each sample, blanks at the ends and repeated ones removed; empty where it has none
    about : kind, assembly and settings of the matrix
    """

    samples: list[str]
    profiles: Profiles
    features: pd.DataFrame
    labels: list[str]
    about: dict[str, Any]
    digest: str
    where: str

    def rows(self, names: Sequence[str]) -> np.ndarray:
        """Row numbers of samples, in ascending order: fits do not depend on the order of a split's lines."""
        place = {name: i for i, name in enumerate(self.samples)}
        return np.array(sorted(place[n] for n in names), dtype=np.int64)


def load(path: str | Path, label: str, normalise: str) -> Data:
    """Read a matrix and the column of its samples that holds their classes.

    Raises
    ------
    InputError : no such column
    """
    data = matrix.read(path, foreign=True)
    if label not in data.obs.columns:
        columns = list(data.obs.columns)
        cure = nearest(label, columns) or f"its columns are {named(columns) or 'none'}"
        raise InputError(f"has no column {label!r} for its samples", path, cure)
    labels = clean(data.obs[label])
    if changed := sum(new != str(old) for new, old in zip(labels, data.obs[label].astype(object), strict=True) if new):
        say(f"{changed} labels of {label} had stray blanks, which were taken away")
    alike = Counter(name.casefold() for name in set(labels))
    if twice := [name for name in sorted(set(labels)) if alike[name.casefold()] > 1]:
        say(f"{named(twice)} differ in case alone, and are taken for different classes")
    return Data(
        list(data.obs_names),
        Profiles.of(matrix.dense(data), normalise),
        data.var,
        labels,
        matrix.about(data),
        matrix.digest(data),
        str(path),
    )


def clean(column: pd.Series) -> list[str]:
    """Labels as text without stray blanks; empty for missing ones."""
    return ["" if v is None or v != v else " ".join(str(v).split()) for v in column.astype(object)]


def check(data: Data, split: Split) -> tuple[list[str], np.ndarray]:
    """The classes in the order of their names, and (samples) the class of each sample, -1 where the split leaves it out.

    Raises
    ------
    InputError : samples without a class, one class alone, a class too small for a training part, or features that do not
        vary
    """
    split.require(data.samples, data.where)
    used = data.rows(split.ids)
    if bare := [data.samples[i] for i in used if not data.labels[i]]:
        cure = "fill them in, or leave these samples out of the split: split_samples --keep-classes"
        raise InputError(f"has no class for {len(bare)} samples of the split: {named(bare)}", data.where, cure)
    classes = sorted({data.labels[i] for i in used})
    if len(classes) == 1:
        what = f"all {len(used)} samples of the split are {classes[0]!r}"
        raise InputError(f"{what}: there is nothing to tell apart", data.where, "give samples of two classes or more")
    y = np.full(len(data.samples), -1)
    y[used] = [classes.index(data.labels[i]) for i in used]
    for fold in split.folds:
        _enough(data, y, classes, fold, split.where)
    if (np.ptp(data.profiles.values[used], axis=0) == 0).all():
        raise InputError("has the same values in all samples", data.where, "give measured values")
    return classes, y


def _enough(data: Data, y: np.ndarray, classes: Sequence[str], fold: Fold, where: str) -> None:
    trained = fold.part("train", "validation") if fold.outer is None else fold.part("train")
    count = np.bincount(y[data.rows(trained)], minlength=len(classes))
    least = 2 if fold.outer is None else 1
    if (count < least).any():
        told = ", ".join(f"{name!r} ({n})" for name, n in zip(classes, count.tolist(), strict=True) if n < least)
        raise InputError(
            f"the training part of fold {fold.name} has too few samples of {told}",
            where,
            "use fewer folds with --stratify, or leave such classes out: split_samples --drop-classes",
        )


# ---------------------------------------------------------------- fitting


@dataclass
class Member:
    """A classifier that sees the first `features` of those chosen; its scores are divided by `temperature`."""

    classifier: Classifier
    features: int
    temperature: float

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        return softmax(self.classifier.scores(x[:, : self.features]) / self.temperature)


@dataclass
class Fitted:
    """A model that can be kept: one classifier, or several whose probabilities are averaged.

    `limit` is the distance from the nearest class beyond which no class is called. `held` are the probabilities of the
    training samples, each by models of inner folds that had not seen it; NaN where inner folds leave it out.
    """

    name: str
    preparation: Preparation
    members: list[Member]
    temperature: float
    limit: float
    held: np.ndarray = field(repr=False, default_factory=lambda: np.zeros((0, 0)))

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """(n, chosen features) in standard deviations → (n, classes)."""
        mean = np.mean([member.probabilities(x) for member in self.members], axis=0)
        return softmax(np.log(np.maximum(mean, 1e-12)) / self.temperature)

    @property
    def curves(self) -> list[tuple[int, str, float]]:
        """Epoch, part and loss of its networks."""
        return [epoch for member in self.members for epoch in getattr(member.classifier, "history", [])]

    @property
    def features(self) -> int:
        """How many of the chosen features are looked at."""
        return max(member.features for member in self.members)


def inner_folds(split: Split, fold: Fold, data: Data, rows: np.ndarray, y: np.ndarray, seed: int) -> list[np.ndarray]:
    """Boolean (rows) for each inner fold: what is held out. Those of the split, or else drawn by class and whole groups."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    names = [data.samples[r] for r in rows]
    if made := split.inner(fold.name):
        return [np.isin(names, each.part("validation")) for each in made]
    group_of = fold.group_of()
    groups = np.array([group_of[name] or f"\t{name}" for name in names])
    lots = Counter(c for c, _ in set(zip(y[rows].tolist(), groups.tolist(), strict=True)))
    count = min(INNER, min(lots.values()))
    if count < 2:
        small = min(lots, key=lambda c: lots[c])
        raise InputError(
            f"samples of {data.labels[rows[y[rows] == small][0]]!r} in the training part of fold {fold.name} are of one group",
            split.where,
            "two groups or more are needed to tune: use a finer --group, or leave that class out",
        )
    kind = StratifiedKFold if len(set(groups)) == len(groups) else StratifiedGroupKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = kind(count, shuffle=True, random_state=seed).split(names, y[rows], groups)
        held = [np.isin(np.arange(len(rows)), test) for _, test in parts]
    for each in held:
        if len(set(y[rows][~each])) < len(lots):
            raise InputError(
                f"groups of fold {fold.name} are too few to divide its training part with each class on both sides",
                split.where,
                "use a finer --group, or split_samples --inner-folds 2",
            )
    return held


def temperature(scores: np.ndarray, y: np.ndarray) -> float:
    """By what to divide scores for the likeliest probabilities of classes `y` (Guo et al. 2017, arXiv:1706.04599).

    One sample more is taken to be of another class (after Platt 1999): all right would otherwise make all certain.
    """
    from scipy.optimize import minimize_scalar

    wanted = np.full(scores.shape, 1 / (len(y) + 2) / (scores.shape[1] - 1))
    wanted[np.arange(len(y)), y] = 1 - 1 / (len(y) + 2)

    def loss(log: float) -> float:
        return float(-(wanted * np.log(np.maximum(softmax(scores / np.exp(log)), 1e-12))).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 7), method="bounded", options={"xatol": 1e-3}).x))


def fit(
    names: Sequence[str], data: Data, rows: np.ndarray, y: np.ndarray, held: Sequence[np.ndarray], options: Options
) -> dict[str, Fitted]:
    """Each of the models `names`, its settings chosen by the inner folds `held` of these rows, then fitted on all of them.

    The settings with the least log-loss win, each class weighing alike, after the best temperature; that stays with them.
    """
    known, profiles = y[rows], data.profiles
    most = max(options.features, default=None)
    folds: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    distance = []
    for out in held:
        inner = Preparation.learn(profiles, rows[~out], known[~out], most, options.variable)
        x_in, x_out = (inner.apply(profiles, rows[each]) for each in (~out, out))
        folds.append((out, x_in, x_out))
        distance.append(inner.distance(x_out))
    preparation = Preparation.learn(profiles, rows, known, most, options.variable)
    x = preparation.apply(profiles, rows)
    seen = np.any(held, axis=0)
    limit = float(np.quantile(np.concatenate(distance), LIMIT))
    counts = sorted({min(count, x.shape[1]) for count in options.features or x.shape[1:]})
    importance = weights(known)[seen]

    def tuned(name: str) -> tuple[Member, np.ndarray]:
        """The best candidate, fitted, and its probabilities of samples held out."""
        selects, grid = (False, ({},)) if name == IMAGE else (MODELS[name].selects, MODELS[name].grid)
        best, least = None, np.inf
        for count in counts if selects else counts[-1:]:
            all_scores = [np.zeros((len(rows), int(known.max()) + 1)) for _ in grid]
            for out, x_in, x_out in folds:
                fitted = options.fits(name, x_in[:, :count], known[~out])
                for scores, model in zip(all_scores, fitted, strict=True):
                    scores[out] = model.scores(x_out[:, :count])
            for settings, scores in zip(grid, all_scores, strict=True):
                heat = temperature(scores[seen], known[seen])
                probability = softmax(scores / heat)
                given = np.maximum(probability[np.arange(len(rows)), known][seen], 1e-12)
                loss = float(-(importance * np.log(given)).mean())
                if best is None or loss < least:
                    best, least = (count, settings, heat, probability), loss
        assert best is not None
        count, settings, heat, probability = best
        return Member(
            options.classifier(name, settings).fit(x[:, :count], known, options.seed), count, heat
        ), probability

    wanted = dict.fromkeys(each for name in names for each in (VOTERS if name == VOTE else (name,)))
    found = {name: tuned(name) for name in wanted}
    made = {}
    for name in names:
        members, probabilities = zip(*(found[each] for each in (VOTERS if name == VOTE else (name,))), strict=True)
        mean, heat = np.mean(probabilities, axis=0), 1.0
        if len(members) > 1:
            scores = np.log(np.maximum(mean, 1e-12))
            heat = temperature(scores[seen], known[seen])
            mean = softmax(scores / heat)
        mean[~seen] = np.nan
        made[name] = Fitted(name, preparation, list(members), heat, limit, mean)
    return made


# ---------------------------------------------------------------- judging


@dataclass
class Judged:
    """What was held out in a fold: model → (held, classes) probabilities; distances from the nearest class, and the
    features of the chosen model. `curves` are those of its networks."""

    fold: str
    rows: np.ndarray
    probability: dict[str, np.ndarray]
    distance: np.ndarray
    limit: float
    chosen: np.ndarray
    curves: list[tuple[int, str, float]]


def cross_validate(
    data: Data, y: np.ndarray, split: Split, folds: Sequence[Fold], names: Sequence[str], options: Options
) -> Iterator[Judged]:
    """Fit each of `names` on the training part of each fold, and predict its test part. The first one's features are noted."""
    for fold in folds:
        rows, test = data.rows(fold.part("train", "validation")), data.rows(fold.part("test"))
        held = inner_folds(split, fold, data, rows, y, options.seed)
        models = fit(names, data, rows, y, held, options)
        first = models[names[0]]
        x = first.preparation.apply(data.profiles, test)
        yield Judged(
            fold.name,
            test,
            {name: model.probabilities(x) for name, model in models.items()},
            first.preparation.distance(x),
            first.limit,
            first.preparation.chosen[: first.features],
            first.curves,
        )


def scores(y: np.ndarray, judged: Sequence[Judged], name: str) -> dict[str, float]:
    """`SCORES` of a model, all held-out samples together."""
    from sklearn.metrics import balanced_accuracy_score, f1_score

    truth = np.concatenate([y[fold.rows] for fold in judged])
    probability = np.concatenate([fold.probability[name] for fold in judged])
    called = probability.argmax(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are called but not held out
        return {
            "balanced_accuracy": float(balanced_accuracy_score(truth, called)),
            "macro_f1": float(f1_score(truth, called, average="macro")),
            "log_loss": float(-np.log(np.maximum(probability[np.arange(len(truth)), truth], 1e-12)).mean()),
        }


def first_repeat(split: Split) -> tuple[Fold, ...]:
    """The folds of the first repeat, or all where they are not repeated."""
    return tuple(f for f in split.outer if f.name.startswith("1.")) or split.outer


def permuted(data: Data, y: np.ndarray, split: Split, options: Options) -> Iterator[dict[str, float]]:
    """The scores of the cross-validation again, tuning and all, with classes given to samples at random. First comes the
    true one, then `options.permutations` others; all on the folds of the first repeat."""
    folds, used = first_repeat(split), np.flatnonzero(y >= 0)
    name = options.architecture
    yield scores(y, list(cross_validate(data, y, split, folds, [name], options)), name)
    for i in progress(range(1, options.permutations + 1), options.permutations, "permutations"):
        random = np.random.default_rng([options.seed, i])
        for _ in range(DRAWS):
            drawn = y.copy()
            drawn[used] = random.permutation(y[used])
            trained = (drawn[data.rows(fold.part("train", "validation"))] for fold in folds)
            if all((np.bincount(each, minlength=y.max() + 1) >= 2).all() for each in trained):
                break
        judged = list(cross_validate(data, drawn, _without_inner(split), folds, [name], options))
        yield scores(drawn, judged, name)


def _without_inner(split: Split) -> Split:
    """Inner folds that were made for the true classes need not hold the others."""
    return Split(split.outer, split.where)


# ---------------------------------------------------------------- what is written


def train(data: Data, split: Split, options: Options, paths: Mapping[str, Path]) -> None:
    """Judge the models on every fold of `split`, fit the chosen one for keeping, and write the outputs named in `paths`."""
    import polars as pl

    from ..formats import tables
    from .tasks import versions

    classes, y = check(data, split)
    chosen = options.architecture
    folds = progress(split.outer, len(split.outer), "folds")
    judged = list(cross_validate(data, y, split, folds, options.models, options))  # type: ignore[arg-type]
    found = scores(y, judged, chosen)
    balanced = found["balanced_accuracy"]
    say(f"{chosen} on held-out samples: balanced accuracy {balanced:.3f}; by chance {1 / len(classes):.3f}")
    permutations = list(permuted(data, y, split, options)) if options.permutations else []
    fold = whole(split)
    rows = data.rows(fold.part("train", "validation"))
    model = fit([chosen], data, rows, y, inner_folds(split, fold, data, rows, y, options.seed), options)[chosen]
    card = {**describe(data, split, fold, model, classes, options), "metrics": found, "versions": versions()}
    modelfile.write(paths["model"], arrays(model), card)
    tables.write(table(data, y, classes, judged, options.models), paths["predictions"])
    if "history" in paths:  # of networks: empty where there is none
        networks = [*((one.fold, one.curves) for one in judged), (fold.name, model.curves)]
        epochs = [(name, *epoch) for name, curves in networks for epoch in curves]
        columns = {"fold": pl.String, "epoch": pl.Int64, "part": pl.String, "loss": pl.Float64}
        tables.write(pl.DataFrame(epochs, columns, orient="row"), paths["history"])
    if "permutation_table" in paths:
        rows_of = [{"permutation": i, **score} for i, score in enumerate(permutations)]
        tables.write(pl.DataFrame(rows_of), paths["permutation_table"])
    if "feature_table" in paths:
        tables.write(feature_table(data, classes, model, judged), paths["feature_table"])
    if "sample_table" in paths:
        tables.write(sample_table(data, y, split, options), paths["sample_table"])


def arrays(model: Fitted) -> dict[str, np.ndarray]:
    """All that a model file keeps beside its card."""
    members = {
        f"{member.classifier.name}.{key}": value
        for member in model.members
        for key, value in member.classifier.arrays.items()
    }
    return {**model.preparation.arrays, **members}


def describe(
    data: Data, split: Split, fold: Fold, model: Fitted, classes: Sequence[str], options: Options
) -> dict[str, Any]:
    """What a reader and `predict_model` need to know of a model."""
    rows = data.rows(fold.part("train", "validation"))
    used = set(split.ids)
    left_out = Counter(c or "(none)" for name, c in zip(data.samples, data.labels, strict=True) if name not in used)
    return {
        "task": TASK,
        "architecture": model.name,
        "settings": {
            "normalise": options.normalise,
            "select_features": list(options.features),
            "variable_share": options.variable,
        },
        "members": [
            {
                "architecture": member.classifier.name,
                "settings": member.classifier.settings,
                "features": member.features,
                "temperature": member.temperature,
            }
            for member in model.members
        ],
        "temperature": model.temperature,
        "limit": {"distance": model.limit, "quantile": LIMIT},
        "seed": options.seed,
        "features": {"kind": data.about["kind"], "names": list(data.features.index)},
        "targets": {"names": list(classes), "label": options.label},
        "unit": data.about["settings"].get("unit", ""),
        "assembly": data.about["assembly"],
        "data": {"matrix": data.digest},
        "split": split.digest,
        "fitted_on": {"fold": fold.name, "samples": dict(sorted(Counter(data.labels[i] for i in rows).items()))},
        "left_out": dict(sorted(left_out.items())),
    }


def table(
    data: Data, y: np.ndarray, classes: Sequence[str], judged: Sequence[Judged], names: Sequence[str]
) -> pl.DataFrame:
    """The held-out predictions, a row for each fold, sample and class: observed is 1 for the sample's own class; predicted
    is the probability by the first of `names`, and a column `predicted_<model>` that of each other. `distance` is that from
    the nearest class, `abstained` 1 where it is beyond the fold's limit."""
    import polars as pl

    parts = []
    for fold in judged:
        held, count = len(fold.rows), len(classes)
        columns = {
            "id": np.repeat([data.samples[r] for r in fold.rows], count),
            "target": np.tile(list(classes), held),
            "fold": np.repeat(fold.fold, held * count),
            "part": np.repeat("test", held * count),
            "observed": (y[fold.rows][:, None] == np.arange(count)).astype(np.int64).ravel(),
            "distance": np.repeat(fold.distance, count),
            "abstained": np.repeat((fold.distance > fold.limit).astype(np.int64), count),
        }
        for i, name in enumerate(names):
            columns["predicted" if i == 0 else f"predicted_{name}"] = fold.probability[name].ravel()
        parts.append(pl.DataFrame(columns))
    return pl.concat(parts)


def feature_table(data: Data, classes: Sequence[str], model: Fitted, judged: Sequence[Judged]) -> pl.DataFrame:
    """The features that were chosen: `share` of the folds that did, `rank` in the model that is kept (from 1; empty for one
    it does not look at), and the class in which it is `highest` there."""
    import polars as pl

    own = model.preparation.chosen[: model.features]
    times = Counter(int(i) for fold in judged for i in fold.chosen)
    rank = {int(i): place for place, i in enumerate(own, start=1)}
    every = sorted({*rank, *times}, key=lambda i: (rank.get(i, len(rank) + 1), -times[i], i))
    highest = dict(zip(own.tolist(), model.preparation.centres[:, : model.features].argmax(0).tolist(), strict=True))
    symbols = data.features.get("symbol")
    return pl.DataFrame(
        {
            "feature": [str(data.features.index[i]) for i in every],
            "symbol": ["" if symbols is None else str(symbols.iloc[i]) for i in every],
            "share": [times[i] / len(judged) for i in every],
            "rank": [rank.get(i) for i in every],
            "highest": [classes[highest[i]] if i in highest else None for i in every],
        },
        schema_overrides={"rank": pl.Int64, "highest": pl.String},
    )


def sample_table(data: Data, y: np.ndarray, split: Split, options: Options) -> pl.DataFrame:
    """Every sample of the matrix: its class, whether it was used, and its place on the two axes along which the samples of
    the split differ most (principal components of the features that vary most; classes have no part in them)."""
    import polars as pl
    from sklearn.decomposition import PCA

    used, all_rows = np.flatnonzero(y >= 0), np.arange(len(y))
    reference = data.profiles.reference(used)
    spread = data.profiles.at(used, reference).std(0, dtype=np.float64)
    lively = np.sort(np.argsort(-spread, kind="stable")[: max(int(np.ceil(options.variable * len(spread))), 2)])
    x = data.profiles.at(all_rows, reference, lively).astype(np.float64)
    model = PCA(min(2, len(used)), random_state=options.seed).fit(x[used])
    place = model.transform(x)
    group_of = {i: g for fold in split.outer for i, g in fold.group_of().items()}
    return pl.DataFrame(
        {
            "id": data.samples,
            "class": data.labels,
            "group": [group_of.get(name, "") for name in data.samples],
            "used": ["yes" if each >= 0 else "not in the split" for each in y],
            "pc1": place[:, 0],
            "pc2": place[:, 1],
            "pc1_share": np.full(len(y), model.explained_variance_ratio_[0]),
            "pc2_share": np.full(len(y), model.explained_variance_ratio_[1]),
        }
    )


# ---------------------------------------------------------------- new samples


def restore(card: Mapping[str, Any], kept: dict[str, np.ndarray], where: object) -> Fitted:
    """The model of a model file, ready to predict.

    Raises
    ------
    InputError : a classifier this version does not know, or arrays that do not fit together
    """
    try:
        preparation = Preparation.restore(kept)
        members = []
        for each in card["members"]:
            name = each["architecture"]
            if name == IMAGE:
                from .images import Convolutional

                classifier: Classifier = Convolutional(**each["settings"])
            elif name in MODELS:
                classifier = MODELS[name](**each["settings"])
            else:
                what = f"has the classifier {name!r}, which this genloom does not know"
                raise InputError(what, where, "use a newer genloom")
            classifier.arrays = {
                key.removeprefix(f"{name}."): value for key, value in kept.items() if key.startswith(f"{name}.")
            }
            y = classifier.arrays.get("class", np.zeros(1, int))
            if y.min() < 0 or y.max() >= len(card["targets"]["names"]):
                raise ValueError("samples of other classes than the card names")
            members.append(Member(classifier, int(each["features"]), float(each["temperature"])))
        model = Fitted(card["architecture"], preparation, members, card["temperature"], card["limit"]["distance"])
        shape = model.probabilities(np.zeros((1, len(preparation.chosen)), np.float32)).shape
        features, classes = len(card["features"]["names"]), len(card["targets"]["names"])
        lengths = len(preparation.reference) in (0, features) and preparation.chosen.max() < features
        if shape != (1, classes) or not lengths:
            raise ValueError("other numbers of classes or features than the card names")
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(f"has arrays that do not fit together: {error}", where, "train it again") from None
    return model


def new_profiles(path: str | Path, data: AnnData, card: Mapping[str, Any]) -> Profiles:
    """Profiles of new samples over the features of the model, in its order.

    Raises
    ------
    InputError : features are missing; the message names how many, the first five, and what may be meant
    """
    names = card["features"]["names"]
    columns = data.var_names.get_indexer(names)
    if lost := [name for name, at in zip(names, columns, strict=True) if at < 0]:
        raise InputError(
            f"lacks {len(lost):,} of the {len(names):,} features of the model: {named(lost)}",
            path,
            nearest(lost[0], data.var_names[:50_000]) or "give the features that the model was trained on",
        )
    return Profiles.of(np.ascontiguousarray(matrix.dense(data)[:, columns]), card["settings"]["normalise"])


def predict(
    where: str | Path,
    card: Mapping[str, Any],
    kept: dict[str, np.ndarray],
    path: str | Path,
    paths: Mapping[str, Path],
) -> None:
    """Predict new samples with the model file `where`, and write `predictions` and `table`, whichever `paths` names."""
    from ..formats import tables

    model = restore(card, kept, where)
    data = matrix.read(path, foreign=True)
    profiles, rows = new_profiles(path, data, card), np.arange(data.n_obs)
    unit = matrix.about(data)["settings"].get("unit", "")
    if unit != card["unit"] and not {unit, card["unit"]} & set(UNSAID):
        raise InputError(f"is in {unit}, the model was trained on {card['unit']}", path, "assemble it alike")
    x = model.preparation.apply(profiles, rows)
    probability, distance = model.probabilities(x), model.preparation.distance(x)
    samples, classes, label = list(data.obs_names), card["targets"]["names"], card["targets"]["label"]
    known = clean(data.obs[label]) if label in data.obs.columns else [""] * len(samples)
    far = int((distance > model.limit).sum())
    say(f"{len(samples)} samples, {far} of them too far from the training samples to call")
    if "predictions" in paths:
        tables.write(new_table(samples, classes, known, probability, distance, model.limit), paths["predictions"])
    if "table" in paths:
        tables.write(call_table(samples, classes, probability, distance, model.limit), paths["table"])


def new_table(
    samples: Sequence[str],
    classes: Sequence[str],
    known: Sequence[str],
    probability: np.ndarray,
    distance: np.ndarray,
    limit: float,
) -> pl.DataFrame:
    """Predictions of new samples in the columns of `table`; observed is empty where a sample's class is not known."""
    import polars as pl

    count = len(classes)
    observed = [None if name not in classes else int(name == each) for name in known for each in classes]
    return pl.DataFrame(
        {
            "id": np.repeat(list(samples), count),
            "target": np.tile(list(classes), len(samples)),
            "fold": "",
            "part": "new",
            "observed": pl.Series(observed, dtype=pl.Int64),
            "distance": np.repeat(distance, count),
            "abstained": np.repeat((distance > limit).astype(np.int64), count),
            "predicted": probability.ravel(),
        }
    )


def call_table(
    samples: Sequence[str], classes: Sequence[str], probability: np.ndarray, distance: np.ndarray, limit: float
) -> pl.DataFrame:
    """A row a sample: the class that is called, empty where none is and why, and the probability of each."""
    import polars as pl

    best, far = probability.argmax(1), distance > limit
    likeliest = [classes[i] for i in best]
    reason = [
        f"its distance {d:.4g} from the nearest class is beyond {limit:.4g}" if out else ""
        for d, out in zip(distance, far, strict=True)
    ]
    return pl.DataFrame(
        {
            "id": list(samples),
            "called": ["" if out else name for name, out in zip(likeliest, far, strict=True)],
            "likeliest": likeliest,
            "probability": probability.max(1),
            "distance": distance,
            "limit": np.full(len(samples), limit),
            "abstained": far.astype(np.int64),
            "reason": reason,
            **{f"probability_{name}": probability[:, i] for i, name in enumerate(classes)},
        }
    )
