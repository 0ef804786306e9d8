"""Splice sites from windows of sequence: train an ensemble, calibrate it, choose thresholds, judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from ..console import progress, say
from ..errors import InputError
from ..formats import modelfile, tables
from ..formats.split import Split
from ..formats.windows import Windows
from ..models import onnxfile, splice
from ..models.integers import Integers
from ..models.introns import Rules
from ..models.splice import CODING, CONTEXTS, Dinucleotides, Splice, WeightMatrices
from . import coding, decoding, sequences, sites
from .metrics import Metric
from .sequences import Options
from .sites import CLASSES, SITES, Candidates

TASK = "boundaries"
CHOSEN = "network"
BASELINES = (Dinucleotides, WeightMatrices)
WEIGHTS = {(3,): (200.0,), CODING: (200.0, 1.0, 100.0)}  # sites are rare: their mean cross-entropy is small
BIASES = (0.0, 0.7)  # that the decode is tried with: above 0 it takes sites on less evidence
_RUN = 400  # windows decoded in one piece
_LOAD = 4096  # windows in memory at once
TRIED = 16  # windows that rounding is set and held against single precision on
MOVED = 0.2  # the furthest that rounding to 8-bit integers may move a probability
_SAMPLE = 200  # windows with sites, and as many without, that the temperature is fitted on

Found = dict[str, Candidates]  # class → its candidates


@dataclass
class Model:
    """An ensemble with all that turns its scores into sites.

    temperature : divides the logits
    decode : one of decoding.KINDS, with its `rules`
    thresholds : class → probability from which on a base is called a site
    integers : the networks in 8-bit integers, where they are to predict so
    """

    networks: list[Splice]
    temperature: float = 1.0
    decode: str = "bases"
    rules: Rules = field(default_factory=Rules)
    thresholds: Mapping[str, float] | None = None
    integers: Sequence[Integers] = ()

    @property
    def context(self) -> int:
        return self.networks[0].context

    @property
    def heads(self) -> tuple[int, ...]:
        return self.networks[0].heads

    @cached_property
    def ready(self) -> list[Splice]:
        """The networks as they predict fastest."""
        return [splice.for_inference(network) for network in self.networks]

    @property
    def device(self) -> torch.device:
        return next(self.networks[0].parameters()).device

    def to(self, device: str) -> Model:
        for network in self.networks:
            network.to(device)
        return self

    def scores(self, codes: np.ndarray) -> np.ndarray:
        """(k, context + window) base codes → (k, window, sum of heads) probabilities."""
        ready = self.integers or self.ready
        out = np.zeros((len(codes), codes.shape[1] - self.context, sum(self.heads)), np.float32)
        for part, logits in _logits(ready, codes, self.device):
            out[part] += splice.probabilities(logits / self.temperature, self.heads).cpu().numpy() / len(ready)
        return out

    def rounded(self, codes: np.ndarray) -> Model:
        """The same in 8-bit integers: (k, context + n) base codes, k > 1, of which every other row sets their scales and
        the rest tells how far probabilities move.

        Raises
        ------
        InputError : they move further than `MOVED`, the networks are not on the processor, or onnx or onnxruntime is
        not installed
        """
        if self.device.type != "cpu":
            raise InputError("--precision int8 runs on the processor", None, "use --device cpu, or leave it out")
        onnxfile.require("--precision int8")
        made = replace(self, integers=[Integers(network, codes[::2]) for network in self.networks])
        moved = float(np.abs(made.scores(codes[1::2]) - self.scores(codes[1::2])).max())
        bases = codes[1::2].shape[0] * (codes.shape[1] - self.context)
        if not moved <= MOVED:
            raise InputError(
                f"8-bit integers move probabilities by up to {moved:.2f} on {bases:,} bases, {MOVED} is allowed",
                None,
                "leave --precision int8 out",
            )
        say(f"8-bit integers: probabilities within {moved:.2g} of single precision on {bases:,} bases")
        return made

    def decoded(self, codes: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Scores of windows that follow each other, (k, window, sum of heads) → (k, window, 3) of the structure."""
        if self.decode == "bases":
            return scores[..., :3]
        half = self.context // 2
        inner = codes[:, half : codes.shape[1] - half].reshape(-1)
        found = decoding.structure(self.decode, inner, scores.reshape(len(inner), -1), self.rules)
        return found.probabilities.reshape(*scores.shape[:2], 3)


def _logits(
    ready: Sequence[Callable[[Tensor], Tensor]], codes: np.ndarray, device: torch.device
) -> Iterator[tuple[slice, Tensor]]:
    """Each network's logits of each batch of windows."""
    for part in sequences.batches(*codes.shape):
        batch = torch.from_numpy(codes[part]).to(device)
        for network in ready:
            with torch.inference_mode():
                yield part, network(batch)


def train(windows_path: str | Path, split: Split, options: Options, paths: Mapping[str, Path]) -> None:
    """Train the ensemble, judge it on the test part, and write the outputs named in `paths`: `model` and `predictions`;
    `metrics` and `history` where wanted."""
    device = options.loop.device
    start = sequences.read_start(options)
    with Windows(windows_path, TASK) as windows:
        sequences.require_classes(windows, CLASSES)
        if start:
            sequences.require_windows(start[0], windows)
        chosen = sequences.fold(split, options.fold)
        rows = sequences.parts(windows, split, chosen)
        _require_sites(windows, rows, split)
        digest = windows.digest()
        networks, curves = _ensemble(windows, rows, options, start, options.folder(digest, split))
        model = Model(networks).to(device)
        model = _calibrated(model, windows, rows["validation"], options.seed)
        model, validation = _with_thresholds(model, windows, rows)
        baselines = _baselines(windows, rows["train"])
        limits = _thresholds_of(baselines, windows, rows["validation"])
        plain = replace(model, decode="bases")
        judged = judge({CHOSEN: model, "bases": plain, **baselines}, windows, rows["test"])
        assert model.thresholds is not None
        limits |= {CHOSEN: model.thresholds, "bases": validation[f"bases, bias {BIASES[0]:g}"][1]}
        metrics = [
            metric
            for name, found in judged.items()
            for metric in sites.measure(
                name, found, limits[name], rows["test"], windows.table["gene"].tolist(), windows.window, options.seed
            )
        ]
        card = sequences.card(options, windows, split, chosen, networks, digest) | {
            "architecture": "splice",
            "temperature": model.temperature,
            "decode": model.decode,
            "rules": decoding.settings(model.rules),
            "thresholds": dict(model.thresholds),
            "unit": "probability",
            "validation": {kind: score for kind, (score, _) in validation.items()},
            "metrics": {m.metric: m.value for m in metrics if m.model == CHOSEN and m.value == m.value},
        }
        modelfile.write(paths["model"], sequences.packed(networks), card)
        tables.write(
            sites.predictions(judged, windows.table, windows.window, chosen.name, "test"), paths["predictions"]
        )
    sequences.write_measures(metrics, curves, chosen.name, paths)
    _tell(metrics)


def _tell(metrics: Sequence[Metric]) -> None:
    value = {(m.metric, m.model): m for m in metrics}
    for name in dict.fromkeys(m.model for m in metrics):
        f1, rank, area = (value[key, name].value for key in ("f1", "top_k", "pr_auc"))
        false = value["false_positives_per_mb", name].value
        say(
            f"{name} on the test part: F1 {f1:.3f}, top-k {rank:.3f}, PR-AUC {area:.3f}, {false:.0f} false sites per Mb"
        )


def _require_sites(windows: Windows, rows: Mapping[str, np.ndarray], split: Split) -> None:
    assert windows.sites is not None
    for part, chosen in rows.items():
        own = np.isin(windows.sites[0], chosen)
        for name, index in SITES.items():
            if not (windows.sites[2][own] == index).any():
                raise InputError(f"the {part} part has no {name}", split.where, "put more windows into it")


def _ensemble(
    windows: Windows, rows: Mapping[str, np.ndarray], options: Options, start: Any, folder: Path | None
) -> tuple[list[Splice], list[tuple[int, int, str, float]]]:
    """The trained networks, and their training curves: member, epoch, part, loss."""
    from .training import Order  # which loads Lightning: seconds that prediction can do without
    from .training import train as train_network

    sited = _sited(windows)
    fit, stop = rows["train"], rows["validation"]
    stop = sequences.drawn(stop[sited[stop]], stop[~sited[stop]], options.empty_share, options.seed)
    heads = (3,) if options.annotation is None else CODING
    data, judge_data = (_stock(windows, each, options) for each in (fit, stop))
    count = sequences.others_beside(int(sited[fit].sum()), options.empty_share)
    prior = (windows.dense(fit[sited[fit]]) > 0).mean() / 2 * (1 - options.empty_share)
    loss = partial(_loss, heads=heads)
    networks, curves = [], []
    for number in range(options.ensemble):
        loop = options.member(number, folder)
        torch.manual_seed(loop.seed)
        network = Splice(
            options.context,
            options.channels,
            heads,
            sequences.SLOPES[options.activation],
            prior=float(max(prior, 1e-6)),
        )
        if start:
            sequences.started(network, start[0], start[1], number)
        order = Order(np.flatnonzero(sited[fit]), loop.batch, loop.seed, np.flatnonzero(~sited[fit]), count, loop.label)
        curves += [(number + 1, *epoch) for epoch in train_network(network, loss, data, judge_data, loop, order)]
        networks.append(network)
    return networks, curves


def _sited(windows: Windows) -> np.ndarray:
    assert windows.sites is not None
    sited = np.zeros(len(windows), bool)
    sited[windows.sites[0]] = True
    return sited


def _stock(windows: Windows, rows: np.ndarray, options: Options) -> TensorDataset:
    """Codes (n, context + window) and labels (n, heads, window), a byte each: turned into numbers batch by batch."""
    labels = windows.dense(rows)[:, None]
    if options.annotation is not None:
        labels = np.concatenate([labels, coding.labels(windows, rows, options.annotation)], 1)
    return TensorDataset(torch.from_numpy(windows.codes(rows, options.context)), torch.from_numpy(labels))


def _loss(logits: Tensor, labels: Tensor, heads: tuple[int, ...]) -> Tensor:
    return splice.loss(logits.float(), labels.long().transpose(0, 1), heads, WEIGHTS[heads])


def _calibrated(model: Model, windows: Windows, rows: np.ndarray, seed: int) -> Model:
    """The model at the temperature where the sites of some validation windows are likeliest (Guo et al. 2017,
    arXiv:1706.04599)."""
    from scipy.optimize import minimize_scalar

    sited, random = _sited(windows)[rows], np.random.default_rng(seed)
    strata = [part for part in (rows[sited], rows[~sited]) if len(part)]
    chosen = [np.sort(random.choice(part, min(len(part), _SAMPLE), replace=False)) for part in strata]
    weights = np.concatenate(
        [np.full(len(some), len(part) / len(some)) for part, some in zip(strata, chosen, strict=True)]
    )
    picked = np.concatenate(chosen)
    labels = torch.from_numpy(windows.dense(picked)).long()
    ready = model.ready
    logits = torch.zeros(len(ready), *labels.shape, 3)
    for turn, (part, values) in enumerate(_logits(ready, windows.codes(picked, model.context), model.device)):
        logits[turn % len(ready), part] = values[..., :3].float().cpu()
    weight = torch.from_numpy(weights)[:, None]

    def cost(log_temperature: float) -> float:
        share = (logits / float(np.exp(log_temperature))).softmax(-1).mean(0)
        likelihood = share.gather(-1, labels[..., None])[..., 0].clamp_min(1e-12).log()
        return -float((likelihood.double() * weight).mean())

    best = minimize_scalar(cost, bounds=(-1.5, 1.5), method="bounded", options={"xatol": 1e-3})
    return replace(model, temperature=float(np.exp(best.x)))


def _with_thresholds(
    model: Model, windows: Windows, rows: Mapping[str, np.ndarray]
) -> tuple[Model, dict[str, tuple[float, dict[str, float]]]]:
    """The model with the way to decode that has the best F1 on the validation part, and the thresholds of each way."""
    runs = decoding.runs(windows.table, rows["train"], _RUN)
    lengths = decoding.intron_lengths([windows.dense(run).reshape(-1) for run in _merged(runs)])
    tried = {
        f"{kind}, bias {bias:g}": replace(model, decode=kind, rules=Rules(**lengths, bias=bias))
        for kind in decoding.kinds(model.heads)
        for bias in (BIASES if kind != "bases" else BIASES[:1])
    }
    found = {kind: _limits(each) for kind, each in judge(tried, windows, rows["validation"]).items()}
    best = max(found, key=lambda kind: found[kind][0])
    return replace(tried[best], thresholds=found[best][1]), found


def _merged(runs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Runs of more than one window; introns in a single one are few and as the others."""
    many = [run for run in runs if len(run) > 1]
    yield from many or runs


def _limits(found: Found) -> tuple[float, dict[str, float]]:
    """Mean of the best F1 of the classes, and where each has it."""
    best = {name: sites.threshold(candidates) for name, candidates in found.items()}
    return float(np.mean([f1 for _, f1 in best.values()])), {name: limit for name, (limit, _) in best.items()}


def _baselines(windows: Windows, rows: np.ndarray) -> dict[str, Any]:
    codes, labels = windows.codes(rows, 0), windows.dense(rows)
    return {kind.name: kind().fit(list(codes), list(labels)) for kind in BASELINES}


def _thresholds_of(models: Mapping[str, Any], windows: Windows, rows: np.ndarray) -> dict[str, Mapping[str, float]]:
    return {name: _limits(found)[1] for name, found in judge(models, windows, rows).items()}


def judge(models: Mapping[str, Any], windows: Windows, rows: np.ndarray) -> dict[str, Found]:
    """Model → class → the candidates it finds in these windows.

    models : `Model`s of one set of networks, which are run once for all of them, and baselines
    """
    collectors = {name: sites.Collector() for name in models}
    networks = [model for model in models.values() if isinstance(model, Model)]
    context = max([model.context for model in networks], default=min(windows.context, CONTEXTS[0]))
    runs = decoding.runs(windows.table, rows, _RUN)
    loads = list(_loads(runs))
    for some in progress(loads, len(loads), "predictions"):
        order = np.concatenate(some)
        codes, labels = windows.codes(order, context), windows.dense(order)
        at = 0
        for run in some:
            here = slice(at, at + len(run))
            scores = networks[0].scores(codes[here]) if networks else None
            for name, model in models.items():
                if isinstance(model, Model):
                    assert scores is not None
                    found = model.decoded(codes[here], scores)
                else:
                    found = _baseline_scores(model, codes[here], context)
                collectors[name].add(found, labels[here], run)
            at += len(run)
    return {name: collector.candidates() for name, collector in collectors.items()}


def _loads(runs: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    some: list[np.ndarray] = []
    for run in runs:
        some.append(run)
        if sum(map(len, some)) >= _LOAD:
            yield some
            some = []
    if some:
        yield some


def _baseline_scores(model: Any, codes: np.ndarray, context: int) -> np.ndarray:
    """What a baseline gives each base; it looks at most at half of the smallest context to either side."""
    half = min(context, CONTEXTS[0]) // 2
    cut = context // 2 - half
    near = codes[:, cut : codes.shape[1] - cut]
    found = model.predict(np.ascontiguousarray(near).reshape(-1)).reshape(*near.shape, 3)
    return found[:, half : near.shape[1] - half]


def restore(card: dict[str, Any], arrays: dict[str, np.ndarray], where: object, device: str = "cpu") -> Model:
    """The model of a model file, ready to predict.

    Raises
    ------
    InputError : an unknown architecture, another order of classes, or a card that does not fit the arrays
    """
    sequences.require_card(card, where)
    if card["architecture"] != "splice":
        raise InputError(
            f"has the architecture {card['architecture']!r}, which this genloom does not know",
            where,
            "use a newer genloom",
        )
    if tuple(card["classes"]) != CLASSES:
        raise InputError(
            f"has the classes {', '.join(map(str, card['classes']))}, {', '.join(CLASSES)} are wanted",
            where,
            "train it again",
        )
    networks = sequences.unpacked(Splice, card, arrays, where)
    try:
        model = Model(
            networks,
            float(card["temperature"]),
            card["decode"],
            Rules(**card["rules"]),
            {name: float(card["thresholds"][name]) for name in SITES},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"has a damaged card: {error}", where, "train it again") from None
    if model.decode not in decoding.kinds(model.heads):
        raise InputError(f"has no heads for the decode {model.decode!r}", where, "train it again")
    return model.to(device)


def spread(windows: Windows, context: int) -> np.ndarray:
    """Windows from all over a file to try rounding on: (TRIED, context + window) base codes."""
    return windows.codes(np.linspace(0, len(windows) - 1, TRIED).astype(int), context)


def predict_windows(
    path: str | Path,
    model: Model,
    card: dict[str, Any],
    paths: Mapping[str, Path],
    seed: int = 1,
    precision: str = "single",
) -> None:
    """Predict and judge the windows of a file: `predictions`, and `metrics` where wanted."""
    with Windows(path, TASK) as windows:
        sequences.require_windows(card, windows)
        rows = np.arange(len(windows))
        if precision == "int8":
            model = model.rounded(spread(windows, model.context))
        judged = judge({CHOSEN: model, "bases": replace(model, decode="bases")}, windows, rows)
        assert model.thresholds is not None
        if "predictions" in paths:
            tables.write(sites.predictions(judged, windows.table, windows.window, "", "new"), paths["predictions"])
        if "metrics" in paths:
            metrics = sites.measure(
                CHOSEN, judged[CHOSEN], model.thresholds, rows, windows.table["gene"].tolist(), windows.window, seed
            )
            tables.write(sites.table(metrics), paths["metrics"])
            _tell(metrics)
