"""The feeder: which windows hold exon, intron or a boundary, and which of them larger networks need not look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import TensorDataset

from ..console import say
from ..errors import InputError
from ..formats import modelfile, tables
from ..formats.split import Split
from ..formats.windows import Windows
from ..models import content
from ..models.content import CLASSES, Content
from . import sequences, sites
from .metrics import LEVELS, Metric
from .sequences import Options

TASK = "content"
BOUNDARY = CLASSES.index("boundary")
CHOSEN, BASELINE = "network", "kmers"
_K = 4


@dataclass
class Feeder:
    """An ensemble, and the probability of a boundary below which a window is passed over."""

    networks: list[Content]
    gate: float

    @property
    def context(self) -> int:
        return self.networks[0].context

    @cached_property
    def ready(self) -> list[Content]:
        return [content.ready(network) for network in self.networks]

    def scores(self, codes: np.ndarray) -> np.ndarray:
        """(k, context + window) base codes → (k, 3) probabilities of exon, intron and boundary."""
        out = np.zeros((len(codes), len(CLASSES)), np.float32)
        where = next(self.ready[0].parameters()).device
        for part in sequences.batches(*codes.shape):
            batch = torch.from_numpy(codes[part]).to(where)
            for network in self.ready:
                with torch.inference_mode():
                    out[part] += network(batch).sigmoid().cpu().numpy() / len(self.ready)
        return out


class Kmers:
    """Logistic regression on the counts of words of four bases: what the composition of a window alone tells."""

    def fit(self, codes: np.ndarray, labels: np.ndarray) -> Kmers:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        counts = _words(codes)
        self._models = [
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(counts, column)
            if 0 < column.sum() < len(column)
            else float(column.mean())
            for column in labels.T
        ]
        return self

    def predict(self, codes: np.ndarray) -> np.ndarray:
        counts = _words(codes)
        return np.stack(
            [
                np.full(len(counts), model) if isinstance(model, float) else model.predict_proba(counts)[:, 1]
                for model in self._models
            ],
            1,
        ).astype(np.float32)


def _words(codes: np.ndarray) -> np.ndarray:
    """(k, window) → (k, 4⁴) share of each word."""
    out = np.zeros((len(codes), 4**_K), np.float32)
    for row, window in enumerate(codes.astype(np.int64)):
        near = np.lib.stride_tricks.sliding_window_view(window, _K)
        known = (near < 4).all(1)
        out[row] = np.bincount(near[known] @ (4 ** np.arange(_K)), minlength=4**_K) / max(int(known.sum()), 1)
    return out


def train(windows_path: str | Path, split: Split, options: Options, paths: Mapping[str, Path]) -> None:
    """Train the feeder, set its gate on the validation part, judge it on the test part, and write the outputs."""
    device = options.loop.device
    start = sequences.read_start(options)
    with Windows(windows_path, TASK) as windows:
        sequences.require_classes(windows, CLASSES)
        if start:
            sequences.require_windows(start[0], windows)
        chosen = sequences.fold(split, options.fold)
        rows = sequences.parts(windows, split, chosen)
        assert windows.labels is not None
        for part, own in rows.items():
            if not windows.labels[own, BOUNDARY].any():
                raise InputError(
                    f"the {part} part has no window with a boundary", split.where, "put more windows into it"
                )
        digest = windows.digest()
        networks, curves = _ensemble(windows, rows, options, start, options.folder(digest, split))
        feeder = Feeder([network.to(device) for network in networks], 0.0)
        baseline = Kmers().fit(windows.codes(rows["train"], 0), windows.labels[rows["train"]])
        found = {
            part: {
                CHOSEN: feeder.scores(windows.codes(own, options.context)),
                BASELINE: baseline.predict(windows.codes(own, 0)),
            }
            for part, own in rows.items()
            if part != "train"
        }
        known = {part: windows.labels[own] for part, own in rows.items()}
        gates = {
            name: gate(scores[:, BOUNDARY], known["validation"][:, BOUNDARY] > 0, options.gate_recall)
            for name, scores in found["validation"].items()
        }
        genes = [windows.table["gene"][row] for row in rows["test"].tolist()]
        metrics = [
            metric
            for name, scores in found["test"].items()
            for metric in measure(name, scores, known["test"], gates[name], genes, options.seed)
        ]
        card = sequences.card(options, windows, split, chosen, networks, digest) | {
            "architecture": "feeder",
            "gate": gates[CHOSEN],
            "gate_recall": options.gate_recall,
            "unit": "probability",
            "metrics": {m.metric: m.value for m in metrics if m.model == CHOSEN and m.value == m.value},
        }
        modelfile.write(paths["model"], sequences.packed(networks), card)
        names = windows.table["name"][rows["test"]]
        tables.write(table(names, genes, found["test"], known["test"], chosen.name, "test"), paths["predictions"])
    sequences.write_measures(metrics, curves, chosen.name, paths)
    _tell(metrics)


def _tell(metrics: Sequence[Metric]) -> None:
    value = {(m.metric, m.model): m.value for m in metrics}
    for name in dict.fromkeys(m.model for m in metrics):
        say(
            f"{name}: keeps {value['recall.boundary', name]:.4f} of the windows with boundaries and spares "
            f"{value['spared', name]:.3f} of all; PR-AUC of boundary {value['pr_auc.boundary', name]:.3f}"
        )


def _ensemble(
    windows: Windows, rows: Mapping[str, np.ndarray], options: Options, start: Any, folder: Path | None
) -> tuple[list[Content], list[tuple[int, int, str, float]]]:
    from .training import Order  # which loads Lightning: seconds that prediction can do without
    from .training import train as train_network

    assert windows.labels is not None
    sited = windows.labels[:, BOUNDARY] > 0
    fit, stop = rows["train"], rows["validation"]
    stop = sequences.drawn(stop[sited[stop]], stop[~sited[stop]], 0.5, options.seed)
    data, judge_data = (
        TensorDataset(torch.from_numpy(windows.codes(each, options.context)), torch.from_numpy(windows.labels[each]))
        for each in (fit, stop)
    )
    with_site, without = np.flatnonzero(sited[fit]), np.flatnonzero(~sited[fit])
    count = min(len(with_site), len(without))  # half of an epoch, at the most
    prior = (
        (windows.labels[fit[with_site]].mean(0) + windows.labels[fit[without]].mean(0)) / 2
        if len(without)
        else (windows.labels[fit].mean(0))
    )
    networks, curves = [], []
    for number in range(options.ensemble):
        loop = options.member(number, folder)
        torch.manual_seed(loop.seed)
        network = Content(options.context, options.channels, sequences.SLOPES[options.activation], prior=prior.tolist())
        if start:
            sequences.started(network, start[0], start[1], number)
        order = Order(with_site, loop.batch, loop.seed, without, count, loop.label)
        curves += [(number + 1, *epoch) for epoch in train_network(network, _loss, data, judge_data, loop, order)]
        networks.append(network)
    return networks, curves


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits.float(), labels.float())


def gate(scores: np.ndarray, truth: np.ndarray, recall: float) -> float:
    """The highest score from which on at least that share of the true ones is kept."""
    ordered = np.sort(scores[truth])
    return float(ordered[int(np.floor((1 - recall) * len(ordered) + 1e-9))]) if recall > 0 else float(ordered[-1])


def measure(
    model: str,
    scores: np.ndarray,
    labels: np.ndarray,
    limit: float,
    genes: Sequence[str],
    seed: int = 1,
    draws: int = sites.DRAWS,
) -> list[Metric]:
    """Recall of windows with boundaries at the gate, the share of windows it spares, and PR-AUC of each class.

    Intervals are of the bootstrap over genes.
    """
    from sklearn.metrics import average_precision_score

    truth, kept = labels[:, BOUNDARY] > 0, scores[:, BOUNDARY] >= limit
    unit = np.unique(sites.units(genes), return_inverse=True)[1]
    count = int(unit.max()) + 1
    random = np.random.default_rng(seed)
    drawn = [random.multinomial(count, np.full(count, 1 / count))[unit].astype(float) for _ in range(draws)]
    table = []
    for weight in [np.ones(len(unit)), *drawn]:
        row = {
            "recall.boundary": _ratio(weight * truth * kept, weight * truth),
            "spared": _ratio(weight * ~kept, weight),
        }
        for index, name in enumerate(CLASSES):
            own = labels[:, index] > 0
            row[f"pr_auc.{name}"] = (
                float(average_precision_score(own, scores[:, index], sample_weight=weight))
                if (weight[own].any())
                else np.nan
            )
        table.append(row)
    found = []
    for name in table[0]:
        values = np.array([row[name] for row in table])
        known = values[1:][np.isfinite(values[1:])]
        low, high = np.percentile(known, LEVELS) if len(known) > 1 else (np.nan, np.nan)
        n = int(truth.sum()) if name == "recall.boundary" else len(truth)
        found.append(Metric(name, model, float(values[0]), float(low), float(high), n))
    return found


def _ratio(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() else np.nan


def table(
    names: np.ndarray, genes: Sequence[str], scores: Mapping[str, np.ndarray], labels: np.ndarray, fold: str, part: str
) -> pl.DataFrame:
    """A line a window and class, with what every model gives it, and the genes of the window by comma."""
    chosen, *others = scores
    return pl.DataFrame(
        {
            "id": np.repeat(names, len(CLASSES)).tolist(),
            "target": list(CLASSES) * len(names),
            "fold": fold,
            "part": part,
            "observed": labels.reshape(-1).astype(np.int64),
            "predicted": scores[chosen].reshape(-1),
            **{f"predicted_{name}": scores[name].reshape(-1) for name in others},
            "gene": np.repeat(np.array(genes, str), len(CLASSES)).tolist(),
        }
    )


def restore(card: dict[str, Any], arrays: dict[str, np.ndarray], where: object, device: str = "cpu") -> Feeder:
    """The feeder of a model file, ready to predict.

    Raises
    ------
    InputError : an unknown architecture, another order of classes, or a card that does not fit the arrays
    """
    sequences.require_card(card, where)
    if card["architecture"] != "feeder" or tuple(card["classes"]) != CLASSES:
        raise InputError(
            f"is a model {card['architecture']!r} of {', '.join(map(str, card['classes']))}, which this genloom "
            "does not know",
            where,
            "train it again",
        )
    networks = [network.to(device) for network in sequences.unpacked(Content, card, arrays, where)]
    try:
        float(card["metrics"]["recall.boundary"])
        return Feeder(networks, float(card["gate"]))
    except (KeyError, TypeError, ValueError):
        raise InputError("has a card without a gate and its recall", where, "train it again") from None


def predict_windows(
    path: str | Path, feeder: Feeder, card: dict[str, Any], paths: Mapping[str, Path], seed: int = 1
) -> None:
    """Predict and judge the windows of a file: `predictions`, and `metrics` where wanted."""
    with Windows(path, TASK) as windows:
        sequences.require_windows(card, windows)
        if windows.window != int(card["window"]):
            raise InputError(
                f"holds windows of {windows.window} bases, the model was trained on {card['window']}",
                path,
                f"extract_windows --window {card['window']}",
            )
        assert windows.labels is not None
        scores = np.concatenate([feeder.scores(codes) for codes in windows.batches(1 << 12, feeder.context)])
        genes = windows.table["gene"].tolist()
        if "predictions" in paths:
            tables.write(
                table(windows.table["name"], genes, {CHOSEN: scores}, windows.labels, "", "new"), paths["predictions"]
            )
        if "metrics" in paths:
            metrics = measure(CHOSEN, scores, windows.labels, feeder.gate, genes, seed)
            tables.write(sites.table(metrics), paths["metrics"])
            _tell(metrics)
