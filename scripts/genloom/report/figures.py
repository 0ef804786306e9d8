"""The figures of a report, each from the numbers that it shows; their look is that of `look`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from .look import (
    CHOSEN,
    DASHED,
    DENSITY,
    FAINT,
    INK,
    MEAN,
    OTHER,
    PALE,
    PANEL,
    SHADE,
    SMALL,
    WIDTH,
    contrast,
    finish,
    legend,
    short,
    styled,
)

FOLDS = 24  # training curves drawn at the most
SCALES = 4  # times wider may one axis be than the other on equal scales
BARS = 48  # samples that get a bar and a name of their own
POINTS = 600  # that are drawn one by one; more are counted in hexagons


def _unit(axes: Axes) -> None:
    """From 0 to 1 on both axes."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)


def _figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


@styled
def intervals(
    names: Sequence[str], spans: Sequence[tuple[float, float, float]], label: str, zero: str = "", title: str = ""
) -> Figure:
    """A dot and its interval (value, low, high) for each model, the chosen one first. `zero` says what lies at 0, for a
    measure that has a meaning there."""
    figure, axes = _figure(0.95 + 0.36 * (len(names) + 0.5))
    for i, (value, low, high) in enumerate(spans):
        colour = CHOSEN if i == 0 else OTHER
        axes.plot([low, high], [i, i], color=colour, linewidth=2.6 if i == 0 else 1.6, solid_capstyle="round")
        axes.plot([value], [i], "o" if i == 0 else "D", color=colour, markersize=8.5 if i == 0 else 5.5, zorder=3)
    axes.set_yticks(range(len(names)), [short(n) for n in names])
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_ylim(len(names) - 0.5, -1.05)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    finish(axes, title, label, "", "x")
    if not zero:
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        return figure
    axes.axvline(0, color=MEAN, linewidth=1.2, linestyle=DASHED, zorder=0)
    left, right = axes.get_xlim()
    place = -left / (right - left)
    note = axes.annotate(
        zero,
        (0, 1),
        (4 if place < 0.5 else -4, 0),
        xycoords=("data", "axes fraction"),
        color=MEAN,
        textcoords="offset points",
        fontsize=SMALL,
        va="top",
        ha="left" if place < 0.5 else "right",
    )
    note.set_in_layout(False)
    return figure


@styled
def density(x: np.ndarray, y: np.ndarray, xlabel: str, ylabel: str, title: str = "") -> Figure:
    """Predicted `y` against observed `x`, on equal scales: points when few, else counts in hexagons."""
    across, up = extent(x, y)
    inside = (np.abs(x) <= across) & (np.abs(y) <= up)
    figure, axes = _figure(0.7 + 3.6 * up / across)
    axes.axhline(0, color=MEAN, linewidth=1.2, linestyle=DASHED, zorder=3)
    axes.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    axes.plot([-across, across], [-across, across], color=INK, linewidth=0.9, linestyle=":", zorder=3)
    window = (-across, across, -up, up)
    _cloud(figure, axes, x[inside], y[inside], window, (44, max(int(25 * up / across), 8)), "predictions")
    axes.set_xlim(-across, across)
    axes.set_ylim(-up, up)
    axes.set_aspect("equal")
    finish(axes, title, xlabel, ylabel)
    return figure


def _mark(axes: Axes, x: np.ndarray, y: np.ndarray, marks: Mapping[int, str]) -> None:
    """Points to stand out, each with a label as near as there is room between the other labels and marked points."""
    left, right, bottom, top = (*axes.get_xlim(), *axes.get_ylim())
    points = {i: ((x[i] - left) / (right - left), (y[i] - bottom) / (top - bottom)) for i in marks}
    taken = [(u - 0.015, v - 0.015, u + 0.015, v + 0.015) for u, v in points.values()]  # boxes, in parts of the axes

    def cost(box: tuple[float, float, float, float]) -> float:
        beyond = max(0.0, -box[0], -box[1], box[2] - 1, box[3] - 1)
        overlaps = (
            max(0.0, min(box[2], b[2]) - max(box[0], b[0])) * max(0.0, min(box[3], b[3]) - max(box[1], b[1]))
            for b in taken
        )
        return 10 * beyond + sum(overlaps)

    for place, label in marks.items():
        text, (u, v) = short(label), points[place]
        width, height = 0.024 * len(text), 0.05
        boxes = [
            (u + side * away - (side < 0) * width, v + rise - height / 2)
            for away in (0.03, 0.06, 0.1, 0.15, 0.2, 0.3)
            for rise in (0, away, -away, 2 * away, -2 * away)
            for side in (1, -1)
        ]
        found = min(((low, up, low + width, up + height) for low, up in boxes), key=cost)
        taken.append(found)
        on_the_right = found[0] > u
        axes.plot([x[place]], [y[place]], "o", color=MEAN, markersize=6.5, markeredgecolor="white", zorder=7)
        axes.annotate(
            text,
            (x[place], y[place]),
            (found[0] if on_the_right else found[2], (found[1] + found[3]) / 2),
            textcoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": MEAN, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 3},
            bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.85, "linewidth": 0},
            fontsize=SMALL,
            color=MEAN,
            ha="left" if on_the_right else "right",
            va="center",
            zorder=6,
        )


def _cloud(
    figure: Figure,
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    window: tuple[float, float, float, float],
    cells: tuple[int, int],
    noun: str,
) -> None:
    """Points when few, else their counts in hexagons, with the scale of counts beside the axes."""
    if len(x) <= POINTS:
        axes.scatter(x, y, s=14, color=CHOSEN, alpha=0.8, linewidths=0, zorder=2)
        return
    found: PolyCollection = axes.hexbin(
        x, y, gridsize=cells, cmap=DENSITY, mincnt=1, norm=LogNorm(), extent=window, linewidths=0.15, zorder=2
    )
    found.set_edgecolor("face")
    bar = figure.colorbar(found, cax=axes.inset_axes((1.03, 0, 0.035, 1)))
    most = int(np.max(np.asarray(found.get_array())))
    ticks = [t for t in (10**k for k in range(7)) if t <= most]
    assert bar.solids is not None
    bar.solids.set(rasterized=False, edgecolor="face")  # as shapes, not as a picture
    bar.set_ticks(ticks, labels=[f"{t:,}" for t in ticks])
    bar.minorticks_off()
    bar.set_label(noun, fontsize=SMALL)
    bar.outline.set_visible(False)  # type: ignore[operator]


def extent(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """How far `density` reaches from 0 across and up: all but a thousandth of the points on each axis."""
    across, up = (float(np.quantile(np.abs(values), 0.999)) * 1.08 or 1.0 for values in (x, y))
    return across, float(np.clip(up, 0.55 * across, 1.2 * across))


@styled
def pairs(
    x: np.ndarray, y: np.ndarray, xlabel: str, ylabel: str, marks: Mapping[int, str] | None = None, title: str = ""
) -> Figure:
    """Two values of each id, `y` against `x`: points when few, else counts in hexagons; `marks`: place → its label."""
    figure, axes = _figure(4.4)
    limits = [(float(low), float(high)) for low, high in ((v.min(), v.max()) for v in (x, y))]
    spans = [high - low for low, high in limits]
    alike = max(spans) <= SCALES * min(spans)
    if alike:  # one scale for both, so that the diagonal is one
        limits = [(min(low for low, _ in limits), max(high for _, high in limits))] * 2
    (left, right), (bottom, top) = ((low - 0.05 * (high - low), high + 0.05 * (high - low)) for low, high in limits)
    ends = (max(left, bottom), min(right, top))
    if ends[0] < ends[1]:
        axes.plot(ends, ends, color=INK, linewidth=0.9, linestyle=":", zorder=3)
    _cloud(figure, axes, x, y, (left, right, bottom, top), (48, 28), "ids")
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if alike:
        axes.set_aspect("equal")
    _mark(axes, x, y, marks or {})
    finish(axes, title, short(xlabel, 60), short(ylabel, 50))
    return figure


@styled
def spread(values: np.ndarray, label: str, noun: str, title: str = "", floor: float = -1.0) -> Figure:
    """How many genes have which skill: blue above 0, grey below; all at or under `floor` in the first bar."""
    figure, axes = _figure(3.2)
    edges = np.linspace(floor, 1, 41)
    counts, _ = np.histogram(np.clip(values, floor, 1), edges)
    middle = (edges[:-1] + edges[1:]) / 2
    axes.bar(middle, counts, width=0.9 * (edges[1] - edges[0]), color=[CHOSEN if m > 0 else PALE for m in middle])
    axes.axvline(0, color=MEAN, linewidth=1.2, linestyle=DASHED)
    median = float(np.median(values))
    shown = f"median {0 if abs(median) < 0.005 else median:.2f}".replace("-", "\N{MINUS SIGN}")
    median = max(median, floor)
    axes.axvline(median, color=INK, linewidth=1.2)
    axes.annotate(
        shown,
        (median, 1),
        (4 if median < 0.6 else -4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=SMALL,
        ha="left" if median < 0.6 else "right",
    )
    ticks = np.linspace(floor, 1, 5)
    axes.set_xticks(ticks, [f"{'≤ ' if t == floor else ''}{t:.1f}".replace("-", "\N{MINUS SIGN}") for t in ticks])
    axes.set_ylim(0, max(counts.max(), 1) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    finish(axes, title, label, noun)
    return figure


@styled
def permuted(
    rows: Sequence[tuple[str, float, np.ndarray, float]], what: str = "true pairing", title: str = ""
) -> Figure:
    """Rows of (label, true value, values under permutation, p): a histogram each, a line where the true one lies."""
    figure = Figure(figsize=(WIDTH, 0.2 + 1.15 * len(rows)))
    all_axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axes, (label, true, null, p) in zip(all_axes, rows, strict=True):
        null = null[np.isfinite(null)]
        low, high = min([true, *null]), max([true, *null])
        margin = (high - low) * 0.04 or 0.5
        counts, edges = np.histogram(null, np.linspace(low - margin, high + margin, 49))
        axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=PALE)
        axes.axvline(true, color=CHOSEN, linewidth=2.4)
        left = true > (low + high) / 2
        axes.annotate(
            f"{what}, p = {p:.2g}",
            (true, 1),
            (-5 if left else 5, -1),
            va="top",
            fontsize=SMALL,
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=CHOSEN,
            ha="right" if left else "left",
        )
        axes.set_ylim(0, max(counts.max(initial=0), 1) * 1.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(label)
    finish(all_axes[0], title)
    return figure


@styled
def bars(names: Sequence[str], values: np.ndarray, label: str, noun: str, title: str = "") -> Figure:
    """A bar for each sample, in the order given; when there are too many for names, a rank plot."""
    if len(names) > BARS:
        figure, axes = _figure(2.9)
        ordered = np.sort(values[np.isfinite(values)])[::-1]
        axes.step(np.arange(1, len(ordered) + 1), ordered, where="mid", color=CHOSEN)
        axes.axhline(0, color=MEAN, linewidth=1.2, linestyle=DASHED)
        finish(axes, "", f"{noun}, ordered", label)
    else:
        figure, axes = _figure(0.8 + 0.24 * len(names))
        axes.barh(
            range(len(names)),
            np.nan_to_num(values),
            height=0.68,
            color=[CHOSEN if v > 0 else PALE for v in values],
        )
        axes.axvline(0, color=MEAN, linewidth=1.2, linestyle=DASHED)
        axes.set_yticks(range(len(names)), [short(n) for n in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        finish(axes, "", label, "", "x")
    finish(axes, title)
    return figure


@styled
def panel(observed: np.ndarray, predicted: np.ndarray, mean: np.ndarray, title: str = "", unit: str = "") -> Figure:
    """One gene: a blue dot a prediction, a small orange stroke where the mean of its training part lay."""
    figure, axes = _figure(PANEL, PANEL)
    low, high = (function(np.concatenate([observed, predicted, mean])) for function in (np.min, np.max))
    margin = (high - low) * 0.07 or 0.5
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color=INK, linewidth=0.9, linestyle=":")
    axes.axhline(float(mean.mean()), color=MEAN, linewidth=1.2, linestyle=DASHED, zorder=1)
    axes.plot(observed, mean, "_", color=MEAN, markersize=5, markeredgewidth=1, alpha=0.8, zorder=2)
    axes.plot(observed, predicted, "o", color=CHOSEN, markersize=5, alpha=0.8, markeredgewidth=0, zorder=3)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    finish(axes, title, "observed", "predicted")
    return figure


@styled
def precision_recall(
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]],
    points: Mapping[str, tuple[float, float]],
    chosen: str,
    title: str = "",
) -> Figure:
    """Recall and precision of models: a line each, and a point at the threshold of each; the chosen model in blue."""
    figure, axes = _figure(4.1)
    others = [name for name in dict.fromkeys([*lines, *points]) if name != chosen]
    looks = dict(zip(others, [*zip("sD^vPX", [(3, 1.5), (1, 1)] * 3, strict=True)] * len(others), strict=False))
    for name, (recall, precision) in reversed(list(lines.items())):
        style = "solid" if name == chosen else (0, looks[name][1])
        colour = CHOSEN if name == chosen else OTHER
        axes.plot(recall, precision, color=colour, linestyle=style, linewidth=2 if name == chosen else 1.4, label=name)
    for name, (recall, precision) in reversed(list(points.items())):
        own = name == chosen
        axes.plot(
            [recall],
            [precision],
            "o" if own else looks[name][0],
            color=CHOSEN if own else OTHER,
            markersize=9 if own else 6.5,
            markeredgecolor="white",
            clip_on=False,
            zorder=4,
            label=f"{name} at its threshold",
        )
    _unit(axes)
    legend(axes)
    finish(axes, title, "recall", "precision", "both")
    return figure


@styled
def reliability(lines: Mapping[str, tuple[np.ndarray, ...]], title: str = "") -> Figure:
    """Lines of (predicted, observed, low, high), a dot a bin with its interval; on the dotted line all is as predicted."""
    figure, axes = _figure(4.1)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.9, linestyle=":")
    looks = [("o", CHOSEN, "solid"), ("D", MEAN, (0, (3, 1.5))), ("^", OTHER, (0, (1, 1)))]
    for i, (name, values) in enumerate(lines.items()):
        known = np.isfinite(values[0])
        x, y, low, high = (each[known] for each in values)
        marker, colour, style = looks[i % len(looks)]
        axes.vlines(x, np.where(np.isfinite(low), low, y), np.where(np.isfinite(high), high, y), color=colour)
        axes.plot(x, y, marker, color=colour, linestyle=style, markersize=6, clip_on=False, zorder=3, label=name)
    _unit(axes)
    legend(axes)
    finish(axes, title, "predicted probability", "share observed", "both")
    return figure


@styled
def trials(
    numbers: np.ndarray, scores: np.ndarray, low: np.ndarray, high: np.ndarray, ended: np.ndarray, best: int, label: str,
    default: float = float("nan"), title: str = "",
) -> Figure:  # fmt: skip
    """The score of each trial with the range of its folds; crosses where `ended` early; `best` is the place of the winner."""
    figure, axes = _figure(3.2)
    done = ~ended
    if np.isfinite(default):
        axes.axhline(default, color=MEAN, linewidth=1.2, linestyle=DASHED, zorder=0, label="hand-set default")
    axes.vlines(numbers[done], low[done], high[done], color=PALE, linewidth=2.2, zorder=1)
    axes.plot(numbers[done], scores[done], "o", color=OTHER, markersize=5, zorder=2, label="finished, with its folds")
    if ended.any():
        axes.plot(numbers[ended], scores[ended], "x", color=OTHER, markersize=5, zorder=2, label="ended early")
    axes.plot(numbers[[best]], scores[[best]], "o", color=CHOSEN, markersize=9, zorder=3, label="the best")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    legend(axes)
    finish(axes, title, "trial", short(label, 40))
    return figure


@styled
def learned(curves: Sequence[np.ndarray], ended: np.ndarray, best: int, title: str = "") -> Figure:
    """The validation loss of the network of each trial, epoch by epoch; a cross where it was `ended`; `best` is the place of the
    winner."""
    figure, axes = _figure(3.2)
    for place, losses in enumerate(curves):
        epochs, last = np.arange(1, len(losses) + 1), place == best
        axes.plot(epochs, losses, color=CHOSEN if last else OTHER, alpha=1 if last else 0.8, zorder=3 if last else 1,
                  linewidth=2.2 if last else 1.0, label="the best" if last else None)  # fmt: skip
        if ended[place]:
            first = not ended[:place].any()
            axes.plot(
                epochs[-1:],
                losses[-1:],
                "x",
                color=OTHER,
                markersize=6,
                zorder=2,
                label="ended early" if first else None,
            )
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if axes.get_legend_handles_labels()[0]:
        legend(axes)
    finish(axes, title, "epoch", "validation loss")
    return figure


@styled
def tried(
    values: Sequence[float] | Sequence[str], scores: np.ndarray, ended: np.ndarray, best: int, label: str, log: bool = False,
    order: Sequence[str] = (),
    title: str = "",
) -> Figure:  # fmt: skip
    """One setting: a dot a trial, names side by side, in this order, or numbers along an axis."""
    figure, axes = _figure(PANEL, PANEL)
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys([*order, *map(str, values)]))
        x = np.array([names.index(str(value)) for value in values], float)
        axes.set_xticks(
            range(len(names)), [short(name, 14) for name in names], rotation=90 if sum(map(len, names)) > 16 else 0
        )
        axes.set_xlim(-0.6, len(names) - 0.4)
    else:
        x = np.array(values, float)
        if log:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
            ends = sorted({float(x.min()), float(x.max())})
            axes.set_xticks(ends, [f"{each:.2g}" for each in ends])
        else:
            axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.plot(x[~ended], scores[~ended], "o", color=OTHER, markersize=5, alpha=0.8, markeredgewidth=0)
    axes.plot(x[ended], scores[ended], "x", color=OTHER, markersize=4.5)
    axes.plot(x[[best]], scores[[best]], "o", color=CHOSEN, markersize=8, zorder=3)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    finish(axes, title, "", short(label, 26))
    return figure


@styled
def means(
    x: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray, xlabel: str, ylabel: str, title: str = ""
) -> Figure:
    """Means of groups, `y` against `x`, with intervals of `y`; on the dotted line both are the same."""
    figure, axes = _figure(4.1)
    least, most = (np.where(np.isfinite(each), each, y) for each in (low, high))
    ends = (min(x.min(), least.min()), max(x.max(), most.max()))
    axes.plot(ends, ends, color=INK, linewidth=0.9, linestyle=":")
    axes.vlines(x, least, most, color=CHOSEN)
    axes.plot(x, y, "o", color=CHOSEN, linestyle="solid", markersize=6, zorder=3)
    finish(axes, title, xlabel, ylabel, "both")
    return figure


@styled
def stacked(
    panels: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]], names: Sequence[str], title: str = ""
) -> Figure:
    """Panels of bars side by side for each name: group → (counts, further counts on top of them, hatched)."""
    figure = Figure(figsize=(WIDTH, 0.3 + 2.0 * len(panels)))
    all_axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
    for axes, (label, groups) in zip(all_axes, panels.items(), strict=True):
        width = 0.8 / len(groups)
        for i, (group, (lower, upper)) in enumerate(groups.items()):
            place = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * width
            colour = (CHOSEN, MEAN, OTHER)[i % 3]
            axes.bar(place, lower, 0.9 * width, color=colour, label=group)
            light = {"facecolor": "white", "edgecolor": colour, "hatch": "////", "linewidth": 0.8}
            axes.bar(
                place, np.where(upper, upper, np.nan), 0.9 * width, bottom=lower, label=f"{group}, other class", **light
            )
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_ylim(0, max(1.0, 1.05 * max(float((lower + upper).max()) for lower, upper in groups.values())))
        axes.set_ylabel(label)
        axes.tick_params(axis="x", length=0)
    all_axes[-1].set_xticks(range(len(names)), names)
    all_axes[-1].set_xlabel("bases to the nearest")
    legend(all_axes[0])
    finish(all_axes[0], title)
    return figure


@styled
def histogram(
    groups: Mapping[str, np.ndarray],
    edges: np.ndarray,
    label: str,
    noun: str,
    limits: Sequence[float] = (),
    title: str = "",
) -> Figure:
    """How many values lie where, the groups on top of each other. With `limits` to tell apart what is rare beyond them,
    each a dashed line, the counts stand on a scale of logarithms."""
    figure, axes = _figure(3.1)
    below = np.zeros(len(edges) - 1)
    for i, (group, values) in enumerate(groups.items()):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        look: dict[str, Any] = {"facecolor": "white", "edgecolor": MEAN, "hatch": "////"} if i else {"color": CHOSEN}
        axes.bar((edges[:-1] + edges[1:]) / 2, counts, np.diff(edges) * 0.9, below, label=group, linewidth=0.8, **look)
        below += counts
    most = max(float(below.max()), 1.0)
    if limits:
        axes.set_yscale("symlog", linthresh=1, linscale=0.5)
        ticks = [tick for tick in (0, *(10**k for k in range(9))) if tick <= most]
        axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(0, most * 2.2)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylim(0, most * 1.1)
    for limit in limits:
        axes.axvline(limit, color=MEAN, linewidth=1.2, linestyle=DASHED)
        where = axes.get_xaxis_transform()
        axes.annotate(f"{limit:g}", (limit, 1), (3, 0), where, "offset points", color=MEAN, fontsize=SMALL, va="top")
    axes.set_xlim(edges[0], edges[-1])
    if len(groups) > 1:
        legend(axes)
    finish(axes, title, label, noun)
    return figure


@styled
def layers(names: Sequence[str], parts: Mapping[str, np.ndarray], label: str, title: str = "") -> Figure:
    """A bar of counts for each name, in parts one after the other, and the sum at its end."""
    figure, axes = _figure(0.9 + 0.36 * len(names) + 0.3 * (len(parts) > 1))
    total = np.zeros(len(names))
    shades = DENSITY(np.linspace(1, 0.25, len(parts))) if len(parts) > 1 else [CHOSEN]
    for (part, counts), shade in zip(parts.items(), shades, strict=True):
        axes.barh(range(len(names)), counts, 0.68, total, color=shade, edgecolor="white", linewidth=0.6, label=part)
        total = total + counts
    for i, count in enumerate(total.tolist()):
        axes.annotate(f"{count:,.0f}", (count, i), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.set_yticks(range(len(names)), [short(name, 36) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, max(float(total.max()), 1) * 1.15)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    if len(parts) > 1:
        legend(axes)
    finish(axes, title, label, "", "x")
    return figure


@styled
def curves(history: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]], title: str = "") -> Figure:
    """Loss by epoch: a thin line for each fold and part; a dot where a fold's validation loss was lowest."""
    figure, axes = _figure(3.1)
    looks: list[tuple[str, Any]] = [(OTHER, (0, (3, 1.5))), (CHOSEN, "solid"), (MEAN, (0, (1, 1)))]
    for i, (part, folds) in enumerate(history.items()):
        colour, line = looks[i % len(looks)]
        for j, (epochs, losses) in enumerate(list(folds.values())[:FOLDS]):
            axes.plot(
                epochs,
                losses,
                color=colour,
                linestyle=line,
                linewidth=1.1 if len(folds) < 4 else 0.8,
                label=part if j == 0 else None,
                alpha=0.8,
            )
            if part == "validation":
                best = int(np.argmin(losses))
                axes.plot(epochs[best], losses[best], "o", color=colour, markersize=3.5, zorder=3)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for key in axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0).get_lines():
        key.set_alpha(1)
        key.set_linewidth(1.8)
    finish(axes, title, "epoch", "loss")
    return figure


# colours and marks of classes, told apart by either
CLASSES = (CHOSEN, MEAN, "#00875f", "#b85c8e", "#7a5cc0", "#a87000", INK, "#7f7f7f")
MARKS, DASHES = "osD^vPXd", ("solid", (0, (5, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)))


@styled
def places(
    groups: Mapping[str, tuple[np.ndarray, np.ndarray]], xlabel: str, ylabel: str, hollow: str = "", title: str = ""
) -> Figure:
    """Where the members of each group lie, in a colour and mark of its own; those of the group `hollow` are circles."""
    figure, axes = _figure(4.3)
    for i, (name, (x, y)) in enumerate(groups.items()):
        look: dict[str, Any] = {"color": CLASSES[i % 8], "linewidths": 0, "alpha": 0.9}
        if name == hollow:
            look = {"facecolors": "none", "edgecolors": OTHER, "linewidths": 1}
        mark = MARKS[(i + i // 8) % 8] if name != hollow else "o"
        axes.scatter(x, y, s=30, marker=mark, label=short(name), zorder=2, **look)
    legend(axes)
    finish(axes, title, xlabel, ylabel)
    return figure


@styled
def rates(
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]],
    xlabel: str,
    ylabel: str,
    diagonal: bool = False,
    title: str = "",
) -> Figure:
    """A line in the unit square for each class; `diagonal` for what chance reaches."""
    figure, axes = _figure(4.3)
    if diagonal:
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.9, linestyle=":")
    for i, (name, (x, y)) in enumerate(lines.items()):
        dashes: Any = DASHES[(i + i // 8) % 4]
        axes.plot(x, y, label=short(name), color=CLASSES[i % 8], linestyle=dashes, linewidth=1.8)
    _unit(axes)
    legend(axes)
    finish(axes, title, xlabel, ylabel, "both")
    return figure


@styled
def crossed(table: np.ndarray, names: Sequence[str], noun: str, title: str = "") -> Figure:
    """How many of each class (rows) were called which (columns): shade by the share of the row, the numbers written in."""
    size = min(max(0.62 * len(names) + 1.4, 3.4), 7.5)
    figure, axes = _figure(size, max(size, WIDTH - 0.4))
    share = table / np.maximum(table.sum(1, keepdims=True), 1e-9)
    shades = LinearSegmentedColormap.from_list("share", ["#ffffff", "#d6e6f2", CHOSEN])
    edges = np.arange(len(names) + 1) - 0.5
    axes.pcolormesh(edges, edges, share, cmap=shades, vmin=0, vmax=1, gid=SHADE)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    for row, column in np.ndindex(*table.shape):
        if table[row, column] and len(names) <= 20:
            text = f"{table[row, column]:.3g}" if table[row, column] < 1000 else f"{table[row, column]:,.0f}"
            colour = max("#ffffff", INK, key=lambda each: contrast(each, to_hex(shades(share[row, column]))))
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=SMALL)
    shown = [short(name, 16) for name in names]
    axes.set_xticks(range(len(names)), shown, rotation=35 if max(map(len, shown)) > 4 else 0, ha="right")
    axes.set_yticks(range(len(names)), shown)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    finish(axes, title, "called", f"{noun} of the class")
    return figure


@styled
def distributions(
    groups: Mapping[str, np.ndarray], edges: np.ndarray, label: str, chosen: str, title: str = ""
) -> Figure:
    """Counts between `edges` as lines of density, one for each name; the chosen one in blue."""
    figure, axes = _figure(3.2)
    looks = iter([(MEAN, DASHED), (OTHER, (0, (1, 1)))] * len(groups))
    for name, counts in groups.items():
        colour, style = (CHOSEN, "solid") if name == chosen else next(looks)
        height = counts / max(float(counts.sum()), 1.0) / np.diff(edges)
        axes.stairs(height, edges, color=colour, linestyle=style, linewidth=1.8 if name == chosen else 1.3, label=name)
    axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper right", fontsize=SMALL)
    finish(axes, title, label, "density")
    return figure
