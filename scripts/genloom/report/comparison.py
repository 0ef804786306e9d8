"""The report of the task `comparison`: how alike the values of two tables are, such as published and own predictions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError, named
from ..formats import places, text, values
from ..formats.values import Columns, Values
from ..learning import comparison, metrics
from ..learning.comparison import Pairs
from ..learning.metrics import Metric
from . import figures
from .page import Block, Cell, Part, Report, Table, Text, number
from .parts import ROWS, Made, Plot, drawn, interval, sentence, span

TITLE = "Two tables of values compared"
SAME = 1e-4  # of the range of the values: below it, two predictions of one model on two machines may differ
WORDS = {0.98: "nearly the same but for scale", 0.5: "much alike", 0.1: "somewhat alike", 0.0: "hardly alike"}
READING = {
    "r²": "Square of the correlation: the share of the spread of one that a straight line through the other accounts for. "
    "It does not see a difference in scale or level: the mean difference and the diagonal do.",
    "Spearman": "The same of ranks, not squared: whether the order is the same. Few far-off values cannot make it.",
    "Ids paired at random": "What two tables would show that have nothing to do with each other. The mean difference does not "
    "depend on the pairing.",
    "Mean difference": "The first less the second. Its mean size (absolute) and the largest say how far the two lie apart.",
    "95% intervals": "Percentiles of the bootstrap: ids drawn with replacement. That of r² is the square of that of the "
    "correlation, and begins at 0 where the correlation may have either sign.",
}


@dataclass(frozen=True)
class Results:
    """Two tables, the ids they share, and how alike these are; `names` of the values, `marked` places of genes."""

    tables: tuple[Values, Values]
    names: tuple[str, str]
    pairs: Pairs
    marked: list[int]
    metrics: list[Metric]
    made: Made
    places: str = ""

    def get(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.metric == name)


def read(args: Namespace) -> Results:
    """Read the two tables that the arguments name, and measure how alike they are."""
    ids, value = args.compare_id_column, args.compare_value_column
    first = values.read(
        args.predictions, Columns(args.id_column, args.value_column, args.name_columns, places=args.places)
    )
    second = values.read(args.compare, Columns(ids, value, args.name_columns, "--compare-", args.places))
    if args.places and not any(each.id_column.count(",") + 1 in places.PARTS for each in (first, second)):
        raise InputError(
            "no table has places for ids", "--places", "choose chrom,start,end,strand with --compare-id-column"
        )
    if lost := [name for name in args.name_columns if name not in {**first.texts, **second.texts}]:
        raise InputError(
            f"neither table has the column {named(lost)}", "--name-columns", "choose names of their headers"
        )
    own, other = args.model_name or first.value_column, args.compare_name or second.value_column
    if own == other:
        own, other = f"{own} (first table)", f"{other} (second table)"
    pairs = comparison.match(first, second, args.ignore_case)
    marked = pairs.marked(args.genes)
    found = comparison.measure(pairs, own, args.bootstrap, args.seed)
    return Results(
        (first, second),
        (own, other),
        pairs,
        marked,
        [*found, *_counts((first, second), pairs, own, other)],
        Made.of(args, TITLE),
        text.digest(text.read(args.places)) if args.places else "",
    )


def tables(results: Results) -> dict[str, Callable[[Path], None]]:
    """Output → what writes it."""
    return {
        "metrics": partial(metrics.write_table, results.metrics),
        "metrics_json": partial(metrics.write_json, results.metrics),
        "pair_table": partial(comparison.write, results.pairs, results.marked),
    }


def plots(results: Results) -> list[Plot]:
    """The one figure."""
    p, (own, other) = results.pairs, results.names
    marks = {i: p.names[i] for i in results.marked}
    marked = f" Marked: {', '.join(marks.values())}." if marks else ""
    return [
        Plot(
            "pairs",
            f"{own} against {other}",
            partial(figures.pairs, p.compared, p.value, other, own, marks),
            f"Each of the {len(p.ids):,} ids that both tables have. Dotted: the same value in both.{marked}",
            f"{own} against {other} of {len(p.ids):,} ids: r² {span(results.get('r2'))}, Spearman "
            f"{span(results.get('spearman'))}.{marked}",
        )
    ]


def report(results: Results, plots: Sequence[Plot]) -> Report:
    """The report around its figure."""
    r2, spearman, mean = (results.get(name) for name in ("r2", "spearman", "mean_difference"))
    size, largest = results.get("mean_absolute_difference"), results.get("largest_difference")
    pairs, (first, second) = results.pairs, results.tables
    ids = f"of {len(first.ids):,} and {len(second.ids):,}"
    numbers = [
        ("r²", number(r2.value, 3), interval(r2, partial(number, digits=3)) or "no interval"),
        ("Spearman", number(spearman.value, 3), interval(spearman, partial(number, digits=3)) or "no interval"),
        ("Ids in both", f"{len(pairs.ids):,}", ids),
        ("Mean difference", _plain(mean.value), interval(mean, _plain) or "no interval"),
        ("Largest difference", _plain(largest.value), "without its sign"),
    ]
    shown: dict[str, tuple[Metric, Callable[[float], str]]] = {
        "r²": (r2, partial(number, digits=4)),
        "Correlation (r)": (results.get("r"), partial(number, digits=4)),
        "Spearman": (spearman, partial(number, digits=4)),
        "Mean difference": (mean, _plain),
        "Mean absolute difference": (size, _plain),
        "Largest absolute difference": (largest, _plain),
    }
    chance = _at_random(pairs)
    rows: list[list[Cell]] = [
        [name, show(m.value), interval(m, show) or "\N{EN DASH}", show(chance.get(m.metric, np.nan))]
        for name, (m, show) in shown.items()
    ]
    far = np.argsort(-np.abs(pairs.difference), kind="stable")[:10].tolist()
    return Report(
        title=results.made.title,
        asked=f"The question: how alike are {results.names[0]} and {results.names[1]} in the {len(pairs.ids):,} ids that both "
        "tables have?",
        found=_found(results),
        compared=_apart(results, chance["r2"]),
        good=results.get("r").value > 0 and not results.get("r").low <= 0,
        numbers=numbers,
        baselines=[
            Table(
                "How alike the values are",
                ["Measure", "Value", "95% interval", "Ids paired at random"],
                rows,
                "The last column is the mean over all ways to pair the ids of the one table with those of the other.",
            )
        ],
        figures=[
            Part(
                "Each id in both",
                [*drawn(plots, "pairs"), *([_rows(results, "Marked genes", results.marked)] if results.marked else [])],
            ),
            Part("Where they differ most", [_rows(results, "The largest differences", far)]),
        ],
        reading=READING,
        data=_matched(results),
        model=[Text(["There is none: two tables of values are compared."])],
        again=results.made.again(f"{len(pairs.ids):,} ids"),
    )


def _at_random(pairs: Pairs) -> dict[str, float]:
    """The measures if ids were paired at random: their means over all pairings."""
    x, y = pairs.value, np.sort(pairs.compared)
    sums, n = np.concatenate([[0], np.cumsum(y)]), len(y)
    below = np.searchsorted(y, x)
    away = (2 * below - n) * x + sums[-1] - 2 * sums[below]  # of each x from all y
    return {
        "r2": 1 / (n - 1),
        "r": 0.0,
        "spearman": 0.0,
        "mean_difference": float(x.mean() - y.mean()),
        "mean_absolute_difference": float(away.mean() / n),
    }


def _found(results: Results) -> str:
    """How alike, in plain words."""
    r, r2, largest = (results.get(name) for name in ("r", "r2", "largest_difference"))
    own, other = results.names
    explained = f"r² is {span(r2, partial(number, digits=3))}"
    if largest.value <= SAME * float(np.ptp(results.pairs.compared)):
        exact = "the same" if largest.value == 0 else f"the same to {_plain(largest.value)}"
        return f"They are {exact} in every id: {explained}."
    if r.low <= 0 <= r.high:
        return (
            f"No relation between {own} and {other} can be told: {explained}, which is as good as none, since the correlation "
            f"is {span(r)} and may have either sign."
        )
    if r.value < 0:
        return f"They run against each other: where {other} is high, {own} tends to be low; {explained}."
    words = next(words for least, words in WORDS.items() if r2.value >= least)
    return f"They are {words}: {explained}."


def _apart(results: Results, chance: float) -> str:
    """Against chance; in which direction they differ, and what was left out."""
    mean, largest = results.get("mean_difference"), results.get("largest_difference")
    own, other = results.names
    if largest.value == 0:
        said = "there is no difference between them"
    else:
        level = "above" if mean.value > 0 else "below"
        told = "" if not mean.low <= 0 <= mean.high else ", too little to tell from none"
        around = interval(mean, _plain)
        said = (
            f"{own} lies {_plain(abs(mean.value))} {level} {other} on average"
            f"{f' (difference {_plain(mean.value)}, 95% interval {around})' if around else ''}{told}"
        )
    first, second = (len(ids) for ids in results.pairs.alone)
    return sentence(
        f"with ids paired at random r² would be {'below 0.001' if chance < 0.001 else number(chance, 3)} on average",
        said,
        f"{first:,} ids are in the predictions alone, {second:,} in the other table alone",
    )


def _rows(results: Results, caption: str, places: Sequence[int]) -> Table:
    p, (own, other) = results.pairs, results.names
    named_rows = bool(p.texts)
    rows: list[list[Cell]] = [
        [p.ids[i], *([p.names[i]] if named_rows else []), *(_plain(v[i]) for v in (p.value, p.compared, p.difference))]
        for i in places[:ROWS]
    ]
    return Table(caption, ["Id", *(["Name"] if named_rows else []), own, other, "Difference"], rows)


def _matched(results: Results) -> list[Block]:
    def row(name: str, cells: Iterable[Cell]) -> list[Cell]:
        return [name, *cells]

    both = results.tables
    reasons = list(dict.fromkeys(reason for table in both for reason in table.left_out))
    rows = [
        row("Ids", (f"{len(table.ids):,}" for table in both)),
        row("in both tables", [f"{len(results.pairs.ids):,}"] * 2),
        row("in this table alone", ((f"{len(ids):,}", named(ids, 3)) for ids in results.pairs.alone)),
        *(row(f"Rows left out: {why}", (f"{table.left_out.get(why, 0):,}" for table in both)) for why in reasons),
        row("Column of ids", (table.id_column for table in both)),
        row("Column of values", (table.value_column for table in both)),
    ]
    note = "Ids are matched without the versions of Ensembl and RefSeq."
    if results.places:
        note += f" Places are named by a BED, SHA-256 {results.places}."
    return [Table("Ids and rows", ["What", "Predictions", "Compared with"], rows, note=note)]


def _counts(both: tuple[Values, Values], pairs: Pairs, own: str, other: str) -> list[Metric]:
    """What was left out of each table, as rows of the metrics; `n` is what it is a part of."""
    found = []
    for table, alone, name in zip(both, pairs.alone, (own, other), strict=True):
        counts = [("ids_unmatched", len(alone), len(table.ids))]
        counts += [
            (key, table.left_out.get(reason, 0), table.rows)
            for key, reason in {
                "rows_repeated": values.REPEATED,
                "rows_without_id": values.UNNAMED,
                "rows_without_value": values.UNVALUED,
                "rows_without_name": values.UNPLACED,
            }.items()
        ]
        found += [Metric(key, name, float(count), np.nan, np.nan, n) for key, count, n in counts]
    return found


def _plain(value: float) -> str:
    """A number of any size: three significant digits, a true minus sign."""
    if not np.isfinite(value):
        return number(np.nan)
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".removesuffix(".") if value else "0"
    return text.replace("-", "\N{MINUS SIGN}")
