"""What classifiers, and models of landmark genes, lose on held-out samples without a feature: see `exchange`.

Of classes the log-loss that is gained is what counts, each class weighing alike, and beside it the balanced accuracy that is
lost; of genes inferred the absolute error that is gained, in standard deviations of the training part.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..console import say
from ..errors import InputError, named, nearest
from ..formats import split as splits
from ..formats.split import Fold, Split
from . import classes as classifying
from . import targets as inferring
from .exchange import Held, alike, worth
from .importance import ALL, MOST, Feature, Options, Result, _targets

LEAST = 1e-12  # of a probability


def own_fold(card: Mapping[str, Any], split: Split) -> bool:
    """Whether the model of the file has not seen the test part of this split: it was fitted to its training part alone. If not,
    others of its kind are fitted to those of the folds."""
    folds = split.outer
    if own := len(folds) == 1 and card.get("split") == split.digest:
        return own
    say(
        f"the model has seen all samples: {len(folds)} of its kind are fitted to the training parts of the split instead"
    )
    return own


def _groups(folds: Sequence[Fold]) -> list[str]:
    return [fold.group_of()[name] or name for fold in folds for name in fold.part("test")]


def classes(args: Namespace, card: Mapping[str, Any], arrays: dict[str, np.ndarray], options: Options) -> Result:
    """Of a classifier. `options.targets`: by the samples of these classes alone.

    Raises
    ------
    InputError : another matrix or split, a class that the model does not have
    """
    settings, label = card["settings"], card["targets"]["label"]
    data = classifying.load(args.matrix, label, settings["normalise"])
    if list(map(str, data.features.index)) != list(card["features"]["names"]):
        raise InputError("has other features than the model", args.matrix, "give what the model learned from")
    split = splits.read(args.split)
    known, y = classifying.check(data, split)
    names = [str(name) for name in card["targets"]["names"]]
    if known != names:
        raise InputError(f"names samples of {named(known)}, the model tells {named(names)} apart", args.split)
    if strange := [name for name in options.targets if name not in names]:
        cure = nearest(strange[0], names) or f"it has {named(names)}"
        raise InputError(f"has no class {strange[0]!r}", args.model, cure)
    model = classifying.restore(card, arrays, args.model)
    own, fitted, tests = own_fold(card, split), [], []
    if not own and model.name == classifying.IMAGE:
        cure = "give the split of one fold that it was trained with"
        raise InputError("a network for images is not trained again here", args.split, cure)
    for fold in split.outer:
        tests.append(np.array([data.samples.index(name) for name in fold.part("test")]))
        fitted.append(model if own else _refitted(data, split, fold, y, card))
    rows = np.concatenate(tests)
    wanted = [names.index(name) for name in options.targets] or list(range(len(names)))
    kept = np.isin(y[rows], wanted)
    if not kept.any():
        raise InputError(f"no held-out sample is of {named(options.targets)}", "--targets", "choose another class")
    features = np.unique(np.concatenate([each.preparation.chosen[: each.features] for each in fitted]))
    column = [{int(f): i for i, f in enumerate(each.preparation.chosen[: each.features])} for each in fitted]
    every = [each.preparation.apply(data.profiles, rows) for each in fitted]
    ends = np.cumsum([len(test) for test in tests])

    def losses(places: np.ndarray | None, exchanged: np.ndarray | None) -> np.ndarray:
        """(held-out samples, 2): log-loss, and 1 for a wrong call."""
        found = []
        for each, place, x, end, test in zip(fitted, column, every, ends, tests, strict=True):
            part = slice(end - len(test), end)
            own, truth = x[part], y[test]
            if places is not None and exchanged is not None:
                at = [place[int(feature)] for feature in exchanged if int(feature) in place]
                own = own.copy()
                own[:, at] = x[places[part]][:, at]
            probability = each.probabilities(own)
            given = np.maximum(probability[np.arange(len(test)), truth], LEAST)
            found.append(np.stack([-np.log(given), probability.argmax(1) != truth], 1))
        return np.concatenate(found)

    order = features[alike(data.profiles.values[:, features])]
    held = Held(losses, order, _groups(split.outer), np.ones(len(rows)), np.where(kept, y[rows], -1))
    found, (loss, wrong), tried = worth(held, options.top, options.repeats, options.bootstrap, options.seed)
    symbols = data.features["symbol"].astype(str).tolist() if "symbol" in data.features else [""] * len(data.features)
    scores = {"log-loss": float(loss), "balanced accuracy": float(1 - wrong)}
    skill = float(1 - loss / np.log(len(names)))
    say(f"log-loss {loss:.3f} on {kept.sum()} held-out samples, balanced accuracy {1 - wrong:.3f}; {tried} exchanges")
    target = ",".join(options.targets) or ALL
    explained = [
        Feature(
            target, str(data.features.index[each.feature]), each.value, each.low, each.high,
            symbol=symbols[each.feature], accuracy=each.others[0],
        )
        for each in found
    ]  # fmt: skip
    return Result(
        card["task"], card["architecture"], options, explained, len(features), "nats", "log-loss gained", scores, skill,
        int(kept.sum()), tried, {"matrix": data.digest},
    )  # fmt: skip


def _refitted(
    data: classifying.Data, split: Split, fold: Fold, y: np.ndarray, card: Mapping[str, Any]
) -> classifying.Fitted:
    """A classifier of the same kind, fitted to the training part of a fold as `train_model` would."""
    settings, seed = card["settings"], int(card.get("seed", 1))
    features = tuple(settings["select_features"])
    options = classifying.Options(
        card["targets"]["label"], card["architecture"], (), settings["normalise"], features, settings["variable_share"], 0, seed
    )  # fmt: skip
    rows = data.rows(fold.part("train", "validation"))
    held = classifying.inner_folds(split, fold, data, rows, y, seed)
    return classifying.fit([card["architecture"]], data, rows, y, held, options)[card["architecture"]]


def targets(args: Namespace, card: Mapping[str, Any], arrays: dict[str, np.ndarray], options: Options) -> Result:
    """Of a model that infers genes from landmark genes, by all genes or by those of `options.targets`.

    Raises
    ------
    InputError : another matrix, landmarks or split; a gene that the model does not infer
    """
    model, standard = inferring.restore(card, arrays, args.model)
    data = inferring.load(args.expression, args.landmarks, card["features"]["transform"], "refuse")
    for what, own, names in (
        ("landmarks", data.landmarks, card["features"]["names"]),
        ("genes to infer", data.targets, card["targets"]["names"]),
    ):
        if list(own.index) != list(names):
            where = args.landmarks if what == "landmarks" else args.expression
            raise InputError(f"gives other {what} than the model has", where, "give what the model learned from")
    split = splits.read(args.split)
    split.require(data.samples, args.expression)
    wanted = _targets(card, options.targets, args.model)
    columns = np.concatenate(list(wanted.values())) if wanted else np.arange(len(data.targets))
    own, parts = own_fold(card, split), []
    for fold in _fewer(split, len(columns), options.seed):
        places = data.places(fold.part("test"))
        scale, kept = (standard, model) if own else _refit(data, fold, card)
        z = scale.inputs(data.x[places])
        t = np.concatenate([scale.targets(values)[:, columns] for _, values in data.blocks(places)])
        parts.append((fold, places, scale, kept, z, t, np.isfinite(scale.sd_y[columns])))
    if not any(varies.any() for *_, varies in parts):
        raise InputError("do not vary where the model was trained", "--targets", "choose others")
    rows = np.concatenate([places for _, places, *_ in parts])

    def losses(places: np.ndarray | None, exchanged: np.ndarray | None) -> np.ndarray:
        """(held-out samples, 1) mean absolute errors."""
        found, done = [], 0
        for _, own, scale, kept, z, t, varies in parts:
            x = z
            if places is not None and exchanged is not None:
                x = z.copy()
                x[:, exchanged] = scale.inputs(data.x[rows[places[done : done + len(own)]]])[:, exchanged]
            error = np.abs(kept.predict(x)[:, columns] - t)[:, varies]
            found.append(error.mean(1, keepdims=True, dtype=np.float64))
            done += len(own)
        return np.concatenate(found)

    group_of = [{**fold.group_of()} for fold, *_ in parts]
    groups = [
        names[data.samples[row]] or data.samples[row]
        for names, (_, places, *_) in zip(group_of, parts, strict=True)
        for row in places
    ]
    count = len(rows)
    held = Held(losses, alike(data.x[rows]), groups, np.ones(count), np.zeros(count, np.int64))
    found, (loss,), tried = worth(held, options.top, options.repeats, options.bootstrap, options.seed)
    mean = float(np.mean(np.concatenate([np.abs(t[:, varies]).mean(1) for *_, t, varies in parts])))
    names, symbols = (
        list(map(str, card["features"].get(key) or [""] * data.x.shape[1])) for key in ("names", "symbols")
    )
    say(f"mean absolute error {loss:.3f} on {count} held-out samples, of the mean {mean:.3f}; {tried} exchanges")
    target = ",".join(wanted) or ALL
    explained = [
        Feature(target, names[each.feature], each.value, each.low, each.high, symbol=symbols[each.feature])
        for each in found
    ]
    scores = {"mean absolute error": float(loss), "mean absolute error of the mean": mean}
    return Result(
        card["task"], card["architecture"], options, explained, len(names), "standard deviations", "error gained", scores,
        float(1 - loss / max(mean, LEAST)), count, tried, data.digests,
    )  # fmt: skip


def _fewer(split: Split, genes: int, seed: int) -> list[Fold]:
    """The folds, with some held-out samples that stand for all where these are very many."""
    total = sum(len(fold.part("test")) for fold in split.outer)
    share = max(MOST // genes, 100) / total
    if share >= 1:
        return list(split.outer)
    random, folds = np.random.default_rng(seed), []
    for fold in split.outer:
        tests = fold.part("test")
        used = set(random.choice(tests, max(int(share * len(tests)), 2), replace=False).tolist())
        rows = [
            i for i, (name, part) in enumerate(zip(fold.ids, fold.parts, strict=True)) if part != "test" or name in used
        ]
        folds.append(Fold(fold.name, *(tuple(each[i] for i in rows) for each in (fold.ids, fold.groups, fold.parts))))
    say(f"{sum(len(fold.part('test')) for fold in folds)} of {total} held-out samples stand for all")
    return folds


def _refit(data: inferring.Data, fold: Fold, card: Mapping[str, Any]) -> tuple[Any, Any]:
    """How z-scores are made in a fold, and a model of the same kind, fitted to its training part as `train_model` would."""
    from .loop import Loop

    seed, settings = int(card.get("seed", 1)), card["settings"]
    network = {name: settings[name] for name in ("hidden", "dropout") if name in settings}
    options = inferring.Options(card["architecture"], (), network, Loop(seed=seed, batch=32), seed)
    part = inferring.Part.of(data, fold, seed)
    return part.standard, inferring.fitter(part, options)(card["architecture"])
