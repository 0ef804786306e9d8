"""How alike two tables of values are: ids that both have, and correlation and difference of their values.

Intervals are percentiles of the bootstrap over ids. That of r² is the square of that of r, so that it reaches 0 where r may
have either sign; squares of drawn r never would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError, named, nearest
from ..formats import tables
from ..formats.values import Values
from .metrics import LEVELS, Metric

LEAST = 3  # ids, for a correlation
MOST = 20  # genes marked: more names do not fit a figure


@dataclass(frozen=True)
class Pairs:
    """The ids that two tables share, in the order of the first.

    Attributes
    ----------
    ids : as they stand in the first table, without versions
    value, compared : (ids,) float64
    texts : name of a column → its text for each id, of the first table that has it
    alone : ids of each table that the other lacks
    """

    ids: list[str]
    value: np.ndarray
    compared: np.ndarray
    texts: dict[str, list[str]]
    alone: tuple[list[str], list[str]]

    @property
    def difference(self) -> np.ndarray:
        return self.value - self.compared

    @property
    def names(self) -> list[str]:
        """The first text that each id has, or else the id."""
        columns = list(self.texts.values())
        return [next((t for t in texts if t), name) for name, *texts in zip(self.ids, *columns, strict=True)]

    def marked(self, genes: Sequence[str]) -> list[int]:
        """Places of genes by id, by name, or else by a text that a name or description holds; case does not count.

        Raises
        ------
        InputError : a gene that is not among the pairs, or too many for a figure
        """
        names = [[name.lower() for name in column] for column in (self.ids, *self.texts.values())]
        found: dict[int, None] = {}
        for gene in genes:
            wanted = gene.strip().lower()
            places = [i for column in names for i, name in enumerate(column) if name == wanted]
            places = places or [i for column in names[1:] for i, name in enumerate(column) if wanted and wanted in name]
            if not places:
                known = [name for column in (self.ids, *self.texts.values()) for name in column]
                hint = nearest(gene, known) or f"give an id or a text of the columns {named(self.texts) or 'of names'}"
                raise InputError(f"{gene!r} is none of the {len(self.ids)} that both tables have", "--genes", hint)
            found |= dict.fromkeys(places)
        if len(found) > MOST:
            raise InputError(
                f"matches {len(found)}, at most {MOST} can be marked", "--genes", "give ids, or longer texts"
            )
        return list(found)


def match(first: Values, second: Values, ignore_case: bool = False) -> Pairs:
    """The ids that both tables have.

    Raises
    ------
    InputError : none, or fewer than `LEAST`; with `ignore_case`, ids of a table that are then the same; values that do not
        vary
    """
    places = [_places(table, ignore_case) for table in (first, second)]
    shared = [(i, places[1][key]) for key, i in places[0].items() if key in places[1]]
    if not shared:
        raise InputError(
            f"has none of the ids of {first.path}: it has {named(second.ids) or 'none'} in {second.id_column}, and the other "
            f"{named(first.ids) or 'none'} in {first.id_column}",
            second.path,
            _elsewhere(first, second) or "choose the columns with the same ids, or try --ignore-case",
        )
    if len(shared) < LEAST:
        raise InputError(
            f"shares {len(shared)} of its {len(second.ids)} ids with the {len(first.ids)} of {first.path}",
            second.path,
            f"at least {LEAST} are needed",
        )
    one, two = (np.array(side) for side in zip(*shared, strict=True))
    texts = {name: [column[i] for i in two] for name, column in second.texts.items()}
    texts |= {name: [column[i] for i in one] for name, column in first.texts.items()}
    texts = {name: texts[name] for name in dict.fromkeys([*first.texts, *second.texts])}
    for table, rows in ((first, one), (second, two)):
        if np.ptp(table.values[rows]) == 0:
            raise InputError(
                f"{table.value_column} is {table.values[rows[0]]:g} in each of the {len(rows)} ids that both tables have",
                table.path,
                "choose another column: what does not vary cannot be correlated",
            )
    alone = (
        [first.ids[i] for key, i in places[0].items() if key not in places[1]],
        [second.ids[i] for key, i in places[1].items() if key not in places[0]],
    )
    return Pairs([first.ids[i] for i in one], first.values[one], second.values[two], texts, alone)


def _elsewhere(first: Values, second: Values) -> str:
    """Which other column of a table has the ids of the other one, if there is one."""
    for one, other, option in ((first, second, "--id-column"), (second, first, "--compare-id-column")):
        ids = set(other.ids)
        for name, texts in one.texts.items():
            if found := len(ids.intersection(texts)):
                return f"{found} of {len(ids)} are in the column {name!r} of {one.path}: {option} {name}"
    return ""


def _places(table: Values, ignore_case: bool) -> dict[str, int]:
    """Id, as it is matched → its place."""
    if not ignore_case:
        return {name: i for i, name in enumerate(table.ids)}
    places: dict[str, int] = {}
    for i, name in enumerate(table.ids):
        other = places.setdefault(name.upper(), i)
        if other != i and table.values[other] != table.values[i]:
            raise InputError(
                f"ids {table.ids[other]!r} and {name!r} are the same without case, and have two values",
                table.path,
                "leave out --ignore-case, or one of them",
            )
    return places


def measure(pairs: Pairs, model: str, bootstrap: int = 1000, seed: int = 1) -> list[Metric]:
    """r², r, Spearman's correlation and mean difference with intervals; mean absolute and largest difference."""
    x, y = (values - values.mean() for values in (pairs.compared, pairs.value))
    n, difference = len(x), pairs.difference
    groups = [np.unique(values, return_inverse=True)[1] for values in (pairs.compared, pairs.value)]

    def values(weight: np.ndarray) -> list[float]:
        rank_x, rank_y = (_ranks(group, weight) for group in groups)
        means = [float(weight @ each / n) for each in (difference, np.abs(difference))]
        return [_r(x, y, weight), _r(rank_x, rank_y, weight), *means]

    value = values(np.ones(n))
    random = np.random.default_rng(seed)
    drawn = np.array([values(np.bincount(random.integers(n, size=n), minlength=n)) for _ in range(bootstrap)])
    spans = [_span(draws) for draws in drawn.reshape(bootstrap, len(value)).T]
    low, high = spans[0]
    squares = sorted((low**2, high**2))
    squared = (0.0 if low <= 0 <= high else squares[0], squares[1])
    names = ("r2", "r", "spearman", "mean_difference", "mean_absolute_difference")
    found = zip(names, [value[0] ** 2, *value], [squared, *spans], strict=True)
    largest = float(np.abs(difference).max())
    return [
        *(Metric(name, model, each, low, high, n) for name, each, (low, high) in found),
        Metric("largest_difference", model, largest, np.nan, np.nan, n),
    ]


def _span(draws: np.ndarray) -> tuple[float, float]:
    """The 95% interval; NaN without draws. A draw of few ids may have no correlation."""
    known = draws[np.isfinite(draws)]
    low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
    return float(low), float(high)


def _ranks(group: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Ranks of values drawn `weight` times, equal ones sharing the mean; `group` numbers the distinct values upwards."""
    count = np.bincount(group, weight)
    return (np.cumsum(count) - (count - 1) / 2)[group]


def _r(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Weighted correlation; NaN where one of the two does not vary."""
    there = weight > 0
    if np.ptp(x[there]) == 0 or np.ptp(y[there]) == 0:
        return float("nan")
    x, y = (values - weight @ values / weight.sum() for values in (x, y))
    spread = np.sqrt((weight @ (x * x)) * (weight @ (y * y)))
    return float(np.clip(weight @ (x * y) / spread, -1, 1)) if spread > 0 else float("nan")


def write(pairs: Pairs, marked: Sequence[int], path: str | Path) -> None:
    """Write the pairs as a table of id, name, value, compared, difference and marked (1 or 0)."""
    chosen = set(marked)
    tables.write(
        pl.DataFrame(
            {
                "id": pairs.ids,
                "name": pairs.names,
                "value": pairs.value,
                "compared": pairs.compared,
                "difference": pairs.difference,
                "marked": [int(i in chosen) for i in range(len(pairs.ids))],
            }
        ),
        path,
    )
