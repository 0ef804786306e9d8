"""The tables that judging a model leaves behind: predictions of what was held out, scores, permutations, training curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import InputError, named, nearest
from . import text

MEAN = "mean"
BASELINE = "predicted_"  # a column predicted_knn holds what the baseline knn predicted
CHANGES = ("ag", "al", "dg", "dl")  # of splicing: acceptors gained and lost, donors gained and lost
EFFECTS = (
    *("record", "chrom", "position", "id", "ref", "alt", "gene", "strand"),
    *(f"ds_{change}" for change in CHANGES),
    *(f"dp_{change}" for change in CHANGES),
    *("reason", "note"),
)  # columns of the table of score_variants
_PLACE = r"^(?<chrom>.+):(?<position>[0-9]{1,15}):(?<strand>[+-])$"  # of a base


@dataclass(frozen=True)
class Predictions:
    """Predictions of held-out samples, a row for each fold, sample and target.

    Attributes
    ----------
    samples, targets, folds : names in the order of their first occurrence
    models : the chosen model first, then the baselines; `mean`, the mean of the training part, is among them
    sample, target, fold : (rows,) int64, places in those lists
    observed : (rows,) float64
    predicted : (models, rows) float64
    left_out : reason → number of rows of the table that are not judged
    """

    samples: list[str]
    targets: list[str]
    folds: list[str]
    models: list[str]
    sample: np.ndarray
    target: np.ndarray
    fold: np.ndarray
    observed: np.ndarray
    predicted: np.ndarray
    left_out: dict[str, int]


def read_predictions(path: str | Path, chosen: str = "model") -> Predictions:
    """Read a table of predictions. `chosen` names the model of the column `predicted`.

    Rows of the training and validation parts, and rows without an observed value, are counted and left out. A baseline
    of the chosen model's name is dropped where it repeats its values, otherwise the model becomes `<chosen> (chosen)`.

    Raises
    ------
    InputError : not such a table, a value that is missing or not a finite number, an id and target twice in a fold
    """
    if not chosen.strip() or not chosen.isprintable():
        raise InputError(f"{chosen!r} cannot name a model in a table", "--model-name", "use printable characters")
    header = _header(path, text.read(path))
    baselines = [name for name in header if name.startswith(BASELINE) and len(name) > len(BASELINE)]
    names = ("id", "target", "fold", "part")
    numbers = ("observed", "predicted", *baselines)
    if BASELINE + MEAN not in header:
        raise InputError(
            f"lacks the column {BASELINE + MEAN}",
            path,
            "every measure is held against the mean of the "
            "training part: judge the model with train_model, which writes it",
        )
    table = _read(
        path, names, numbers, "make the table with train_model or predict_model", empty=("fold", "part", "observed")
    )
    table = table.with_columns(table["fold"].fill_null(""))
    left_out = {}
    held = table["part"].is_null() | (table["part"] == "test")
    observed = table["observed"].is_not_null()
    if kept_back := int((~held).sum()):
        left_out["in the training or validation part"] = kept_back
    if unknown := int((held & ~observed).sum()):
        left_out["without an observed value"] = unknown
    if not (kept := held & observed).all():
        table = table.filter(kept)
    if table.is_empty():
        what = "without an observed value" if unknown else "of the part 'test'"
        raise InputError(
            f"has no row to judge: {'all are ' + what if unknown else 'none is ' + what}",
            path,
            "plot the predictions of samples that were held out and measured",
        )
    codes, lists = {}, {}
    for name in ("id", "target", "fold"):  # a column is let go as soon as it is taken over
        codes[name], lists[name] = _coded(table.drop_in_place(name))
    cell = (codes["fold"] * len(lists["id"]) + codes["id"]) * len(lists["target"]) + codes["target"]
    _, first, times = np.unique(cell, return_index=True, return_counts=True)
    if len(first) < len(cell):
        row = first[times > 1].min()
        one, target, fold = (lists[name][codes[name][row]] for name in ("id", "target", "fold"))
        what = f"id {one!r} and target {target!r} are in fold {fold} twice"
        raise InputError(what, path, "remove one of the rows")
    predicted = np.empty((1 + len(baselines), len(table)))
    for row, name in enumerate(("predicted", *baselines)):
        predicted[row] = table.drop_in_place(name).to_numpy()
    models = [name.removeprefix(BASELINE) for name in baselines]
    if chosen in models:
        place = 1 + models.index(chosen)
        if np.array_equal(predicted[0], predicted[place]):
            predicted = np.delete(predicted, place, axis=0)
            models.remove(chosen)
        else:
            chosen += " (chosen)"
    return Predictions(
        lists["id"],
        lists["target"],
        lists["fold"],
        [chosen, *models],
        codes["id"],
        codes["target"],
        codes["fold"],
        table["observed"].to_numpy(),
        predicted,
        left_out,
    )


@dataclass(frozen=True)
class Calls:
    """Probabilities that models gave to places of a genome that were held out, a row for each place and class.

    Attributes
    ----------
    targets : the classes, in the order they were asked for
    models : the chosen model first, then the baselines
    target : (rows,) int64, places in `targets`
    observed : (rows,) bool
    predicted : (models, rows) float64, 0 to 1
    window, gene : (rows,) text: the window of the place, and its genes by comma
    strand, position : (rows,) int64: a number for each chromosome and strand, and the base; empty where ids are windows
    fold : name of the one fold, "" of new sequence
    left_out : reason → number of rows of the table that are not judged
    """

    targets: list[str]
    models: list[str]
    target: np.ndarray
    observed: np.ndarray
    predicted: np.ndarray
    window: np.ndarray
    gene: np.ndarray
    strand: np.ndarray
    position: np.ndarray
    fold: str
    left_out: dict[str, int]


def read_calls(path: str | Path, chosen: str, targets: Sequence[str], bases: bool) -> Calls:
    """Read predictions of `train_model` or `predict_model` on windows. `chosen` names the model of `predicted`.

    bases : whether the ids are bases, as chr1:1234:+, or windows

    Raises
    ------
    InputError : not such a table, of another task, several folds, or values that are no probabilities
    """
    cure = "make the table anew with train_model or predict_model"
    header = _header(path, text.read(path))
    baselines = [name for name in header if name.startswith(BASELINE) and len(name) > len(BASELINE)]
    names = ["id", "target", "fold", "part", "gene", *(["window"] if bases else [])]
    numbers = ["observed", "predicted", *baselines]
    table = _read(path, names, numbers, cure, empty=("fold", "part", "gene"))
    line = pl.int_range(2, len(table) + 2).alias("line")
    table = table.with_columns(line, pl.col("fold", "gene").fill_null(""))
    if strange := sorted(set(table["target"]) - set(targets)):
        raise InputError(
            f"predicts {named(strange)}, {' and '.join(targets)} are wanted", path, "choose the --task of the model"
        )
    for name in numbers:
        probable = pl.col(name).is_in([0.0, 1.0]) if name == "observed" else pl.col(name).is_between(0, 1)
        wrong = table.filter(~probable)
        if len(wrong):
            allowed = "0 or 1" if name == "observed" else "from 0 to 1"
            where = f"{path}:{wrong['line'][0]}"
            raise InputError(f"column {name} holds {wrong[name][0]:g}, it is to be {allowed}", where, cure)
    held = table["part"].is_null() | table["part"].is_in(["test", "new"])
    left_out = {"in the training or validation part": int((~held).sum())} if not held.all() else {}
    table = table.filter(held)
    if table.is_empty():
        raise InputError("has no row of the part 'test'", path, "plot the predictions of what was held out")
    folds = table["fold"].unique(maintain_order=True).to_list()
    if len(folds) > 1:
        raise InputError(f"holds the folds {named(folds)}, scores are of one", path, "plot each fold by itself")
    strand = position = np.zeros(0, np.int64)
    if bases:
        parts = table.select("line", "id", place=pl.col("id").str.extract_groups(_PLACE)).unnest("place")
        if len(bad := parts.filter(pl.col("chrom").is_null())):
            raise InputError(f"id {bad['id'][0]!r} is no base, such as chr1:1234:+", f"{path}:{bad['line'][0]}", cure)
        strand, _ = _coded(parts["chrom"] + parts["strand"])
        position = parts["position"].cast(pl.Int64).to_numpy()
    return Calls(
        list(targets),
        [chosen, *(name.removeprefix(BASELINE) for name in baselines)],
        table["target"].replace_strict({name: i for i, name in enumerate(targets)}, return_dtype=pl.Int64).to_numpy(),
        table["observed"].to_numpy() > 0,
        np.ascontiguousarray(table.select("predicted", *baselines).to_numpy().T),
        table["window" if bases else "id"].to_numpy(),
        table["gene"].to_numpy(),
        strand,
        position,
        folds[0],
        left_out,
    )


@dataclass(frozen=True)
class Classified:
    """Probabilities of classes that models gave to held-out samples, a row for each fold and sample.

    Attributes
    ----------
    samples, classes, folds : names in the order of their first occurrence
    models : the chosen model first, then the baselines
    sample, fold, truth : (rows,) int64, places in those lists
    probability : (models, rows, classes) float64, each row with the sum 1
    distance : (rows,) float64, of the sample from the training samples
    abstained : (rows,) bool, whether that is too far to call a class
    left_out : reason → number of samples of the table that are not judged
    """

    samples: list[str]
    classes: list[str]
    folds: list[str]
    models: list[str]
    sample: np.ndarray
    fold: np.ndarray
    truth: np.ndarray
    probability: np.ndarray
    distance: np.ndarray
    abstained: np.ndarray
    left_out: dict[str, int]


def read_classified(path: str | Path, chosen: str) -> Classified:
    """Read predictions of `train_model --task classes`, or of `predict_model` on samples whose class is known. `chosen`
    names the model of `predicted`. Samples without an observed class are counted and left out.

    Raises
    ------
    InputError : not such a table, values that are no probabilities, a class of a sample that is missing or there twice, or
        a sample with no class observed, or two
    """
    cure = "make the table anew with train_model or predict_model"
    header = _header(path, text.read(path))
    baselines = [name for name in header if name.startswith(BASELINE) and len(name) > len(BASELINE)]
    names, columns = ["id", "target", "fold"], ["predicted", *baselines]
    table = _read(path, names, ["observed", "distance", "abstained", *columns], cure, empty=("fold", "observed"))
    table = table.with_columns(pl.col("fold").fill_null(""))
    known = table["observed"].is_not_null()
    left_out = {}
    if unknown := table.filter(~known).select("fold", "id").n_unique():
        left_out["without an observed class"] = unknown
    table = table.filter(known)
    if table.is_empty():
        raise InputError("has no sample whose class is known", path, "plot the predictions of samples of known classes")
    samples, classes, folds = (table[name].unique(maintain_order=True).to_list() for name in names)
    count = len(classes)
    table = table.with_columns(pl.col("target").cast(pl.Enum(classes)))
    order = table.with_row_index("place").with_columns(pl.col("place").min().over("fold", "id")).sort("place", "target")
    rows = len(table) // count
    whole = order.group_by("fold", "id", maintain_order=True).agg(pl.col("target").n_unique(), pl.len())
    if len(bad := whole.filter((pl.col("target") != count) | (pl.col("len") != count))):
        sample, fold = bad["id"][0], bad["fold"][0]
        raise InputError(f"id {sample!r} has not one row for each of {count} classes in fold {fold}", path, cure)
    probability = order.select(columns).to_numpy().T.reshape(len(columns), rows, count)
    if not ((probability >= 0) & (probability <= 1)).all() or np.abs(probability.sum(2) - 1).max() > 0.01:
        raise InputError("holds values that are no probabilities of classes, with the sum 1", path, cure)
    observed = order["observed"].to_numpy().reshape(rows, count)
    if not (np.sort(observed, axis=1) == np.eye(count)[-1]).all():
        raise InputError("has samples without one observed class", path, cure)
    first = order.gather_every(count)
    return Classified(
        samples,
        classes,
        folds,
        [chosen, *(name.removeprefix(BASELINE) for name in baselines)],
        first["id"].replace_strict({name: i for i, name in enumerate(samples)}, return_dtype=pl.Int64).to_numpy(),
        first["fold"].replace_strict({name: i for i, name in enumerate(folds)}, return_dtype=pl.Int64).to_numpy(),
        observed.argmax(1),
        probability / probability.sum(2, keepdims=True),
        first["distance"].to_numpy(),
        first["abstained"].to_numpy() > 0,
        left_out,
    )


def read_scores(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a table of metrics: `metric`, `model`, `value`, `low`, `high` (NaN for none) and `n`.

    Raises
    ------
    InputError : not such a table, or a metric of a model twice
    """
    values = ("value", "low", "high")
    table = _read(path, ("metric", "model"), (*values, "n"), "make the table with --metrics of train_model", values)
    if (twice := table.select("metric", "model").is_duplicated()).any():
        row = table.row(twice.to_list().index(True), named=True)
        raise InputError(f"holds {row['metric']} of {row['model']} twice", path, "give the metrics of one run")
    if (bad := ~_whole("n", table)).any():
        raise InputError("has an n that is no whole number", f"{path}:{bad.to_list().index(True) + 2}", "make it again")
    return table.with_columns(pl.col(values).fill_null(float("nan")), pl.col("n").cast(pl.Int64)).to_dicts()


def _whole(name: str, table: pl.DataFrame) -> pl.Series:
    """Whether each number of a column is a whole one, which fits into 64 bits, or unknown."""
    return ((table[name].round() == table[name]) & (table[name].abs() < 2**53)).fill_null(True)


def read_effects(path: str | Path) -> pl.DataFrame:
    """The table of score_variants, a row for each allele of a record and gene: all of `EFFECTS`.

    Numbers are null where there is a `reason`, and `reason` where there are numbers. `position` counts from 1.

    Raises
    ------
    InputError : not such a table, rows of two tables, or a row with neither scores nor a reason
    """
    cure = "give the table of one run of score_variants"
    names = ("chrom", "id", "ref", "alt", "gene", "strand", "reason", "note")
    empty = ("gene", "strand", "reason", "note", *(name for name in EFFECTS if name[:3] in ("ds_", "dp_")))
    table = _read(path, names, [name for name in EFFECTS if name not in names], cure, empty)
    scores, places = ([f"{kind}_{change}" for change in CHANGES] for kind in ("ds", "dp"))
    known = pl.sum_horizontal(pl.col(*scores, *places).is_not_null())
    whole = [_whole(name, table) for name in ("record", "position", *places)]
    one = pl.struct("chrom", "position", "ref").n_unique().over("record") == 1
    for right, what in (
        ((known == 8) | pl.col("reason").is_not_null(), "has neither all eight scores nor a reason"),
        ((known == 0) | pl.col("reason").is_null(), "has scores and a reason for having none"),
        ((known == 0) | pl.all_horizontal(pl.col("gene", "strand").is_not_null()), "has scores and no gene or strand"),
        (pl.all_horizontal(pl.col(*scores).is_between(-1, 1).fill_null(True)), "has a score beyond -1 and 1"),
        (pl.all_horizontal(*whole), "has a record or place that is no whole number"),
        (pl.col("record") >= 1, "has a record below 1"),
        (one, "is of a record that other rows have elsewhere"),
    ):
        if (bad := ~table.select(right).to_series()).any():
            raise InputError(what, f"{path}:{bad.to_list().index(True) + 2}", cure)
    return table.with_columns(pl.col("record", "position", *places).cast(pl.Int64)).select(EFFECTS)


def read_features(path: str | Path) -> pl.DataFrame:
    """The features that folds chose: `feature`, `symbol`, `share`, `rank` and `highest`, of train_model --feature-table."""
    cure = "make the table with train_model --feature-table"
    return _read(path, ("feature", "symbol", "highest"), ("share", "rank"), cure, ("symbol", "highest", "rank"))


def read_samples(path: str | Path) -> pl.DataFrame:
    """The samples, their classes and places in two dimensions, of train_model --sample-table."""
    cure = "make the table with train_model --sample-table"
    return _read(path, ("id", "class", "used"), ("pc1", "pc2", "pc1_share", "pc2_share"), cure, ("class",))


def read_permutations(
    path: str | Path, scores: Sequence[str] = ("skill", "share_positive", "delta_r")
) -> dict[str, np.ndarray]:
    """score → (1 + permutations,) float64; the true pairing first.

    Raises
    ------
    InputError : not such a table, no row 0, or no other
    """
    table = _read(
        path, ("permutation",), scores, "make the table with train_model --permutation-table", empty=("delta_r",)
    )
    true = table["permutation"] == "0"
    if int(true.sum()) != 1:
        raise InputError(f"has {int(true.sum())} rows of permutation 0, the true pairing; one is wanted", path)
    if len(table) == 1:
        raise InputError("has the true pairing alone", path, "train with --permutations 200")
    ordered = [*np.flatnonzero(true.to_numpy()), *np.flatnonzero(~true.to_numpy())]
    return {name: table[name].to_numpy().astype(np.float64)[ordered] for name in scores}


def read_history(path: str | Path) -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """part → fold → (epochs, losses), in the table's order of parts and folds, epochs ascending. May be empty.

    Raises
    ------
    InputError : not such a table
    """
    table = _read(path, ("fold", "part"), ("epoch", "loss"), "make the table with train_model --history", rows=False)
    curves: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for (part, fold), rows in table.sort("epoch", maintain_order=True).group_by("part", "fold", maintain_order=True):
        curves.setdefault(str(part), {})[str(fold)] = (rows["epoch"].to_numpy(), rows["loss"].to_numpy())
    return {part: curves[part] for part in sorted(curves)}


def digest(path: str | Path) -> str:
    """SHA-256 of a table's text, unpacked."""
    return text.digest(text.read(path))


def _read(
    path: str | Path,
    names: Sequence[str],
    numbers: Sequence[str],
    cure: str,
    empty: Sequence[str] = (),
    rows: bool = True,
) -> pl.DataFrame:
    """The wanted columns: `names` as text, `numbers` as finite float64; null only in the columns of `empty`."""
    content = text.read(path)
    text.demand_lines(content, path)
    header = _header(path, content)
    if missing := [name for name in (*names, *numbers) if name not in header]:
        hint = nearest(missing[0], [name for name in header if name not in (*names, *numbers)])
        raise InputError(
            f"lacks the column {', '.join(missing)}; it has {named(header)}", path, f"{hint} {cure}" if hint else cure
        )
    options: dict[str, Any] = {"separator": "\t", "quote_char": None, "null_values": [""]}
    types = {name: pl.Float64 if name in numbers else pl.String for name in header}
    wanted = [*names, *numbers]
    try:
        table = pl.read_csv(content, schema=types, columns=wanted, **options)
    except pl.exceptions.PolarsError:
        table = _blame_cell(path, content, header, wanted, numbers, options)
    if rows and table.is_empty():
        raise InputError("holds no rows under its header", path, cure)
    for name in wanted:
        column = table[name]
        if name in numbers and (bad := ~column.is_finite().fill_null(True)).any():
            row = bad.to_list().index(True)
            raise InputError(
                f"column {name} holds {column[row]}, not a finite number",
                f"{path}:{row + 2}",
                "NaN and infinity cannot be judged: correct or remove that row",
            )
        if name not in empty and (bad := column.is_null()).any():
            raise InputError(
                f"column {name} has no value", f"{path}:{bad.to_list().index(True) + 2}", "fill it, or remove that row"
            )
    return table


def _header(path: str | Path, content: bytes) -> list[str]:
    header = text.decoded(content.partition(b"\n")[0], path).rstrip("\r").split("\t")
    if repeated := [name for name in header if header.count(name) > 1]:
        raise InputError(f"has the column {repeated[0]!r} twice", path, "remove one of them")
    return header


def _blame_cell(
    path: str | Path,
    content: bytes,
    header: Sequence[str],
    wanted: Sequence[str],
    numbers: Sequence[str],
    options: dict[str, Any],
) -> pl.DataFrame:
    """Read the columns as text, to find and name the first field that is not a number."""
    try:
        table = pl.read_csv(content, schema=dict.fromkeys(header, pl.String), columns=list(wanted), **options)
    except pl.exceptions.PolarsError as error:
        text.decoded(content, path)
        reason = str(error).splitlines()[0]
        raise InputError(f"is not a table separated by tabs: {reason}", path, "make it again") from None
    for name in numbers:
        bad = table[name].is_not_null() & table[name].cast(pl.Float64, strict=False).is_null()
        if bad.any():
            row = bad.to_list().index(True)
            raise InputError(
                f"column {name} holds {table[name][row]!r}, not a number",
                f"{path}:{row + 2}",
                "correct or remove that row",
            )
    return table.with_columns(pl.col(list(numbers)).cast(pl.Float64))


def _coded(column: pl.Series) -> tuple[np.ndarray, list[str]]:
    """Text as places in the list of its distinct values, which keeps their order."""
    names = column.unique(maintain_order=True)
    return column.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64), names.to_list()
