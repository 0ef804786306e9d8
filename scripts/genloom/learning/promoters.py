"""Training on promoters: a network, what has to be beaten beside it, and how well held-out genes are predicted."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import TensorDataset

from ..console import say
from ..errors import InputError, named
from ..formats import modelfile, observed, tables
from ..formats.annotation import strip_versions
from ..formats.observed import Observed
from ..formats.results import MEAN
from ..formats.split import Split
from ..formats.windows import Windows
from ..models import composition
from ..models.promoter import Promoter
from . import activity, sequences, skill, tasks
from .activity import Scaling
from .loop import Loop
from .metrics import Metric

LEAST = 50  # genes to train on
LONGEST = 6  # bases of words counted
CHOSEN, SHUFFLED = "network", "network-shuffled"
_SEVERAL = "the symbol of several genes"
_ATTEMPTS = 5  # to train a network that does not die
_PLACES = 35  # along the promoter, after the pooling: as many as published
_SLOPE, _SHIFT = 0.1, 4


@dataclass(frozen=True)
class Options:
    """The settings of a run on promoters, as `train_model` takes them."""

    channels: int
    ensemble: int
    fold: str | None
    without_features: bool
    shuffled: bool
    id_column: str | None
    value_column: str | None
    scale: str
    loop: Loop
    checkpoint: str | None
    seed: int

    @classmethod
    def of(cls, args: Namespace) -> Options:
        loop = Loop.of(args, one_cycle=True, average=0.99, clip=5.0)
        own = {name: getattr(args, name) for name in cls.__dataclass_fields__ if name != "loop"}
        return cls(**own | {"loop": loop})

    def folder(self, *digests: str) -> Path | None:
        """Where the checkpoints of this run are kept."""
        if not self.checkpoint:
            return None
        told = {name: value for name, value in asdict(self).items() if name != "checkpoint"}
        key = hashlib.sha256(json.dumps([told, *digests], sort_keys=True).encode()).hexdigest()
        return Path(self.checkpoint, key[:12])


@dataclass(frozen=True)
class Part:
    """Promoters with a value: (n, window) codes, (n, features) scaled features, (n,) expression, rows in the file."""

    codes: np.ndarray
    features: np.ndarray
    values: np.ndarray
    rows: np.ndarray

    def data(self, centre: float, spread: float, codes: np.ndarray | None = None) -> TensorDataset:
        """What a network is trained on: codes and features, and values on a scale of their own."""
        inputs = [torch.from_numpy(self.codes if codes is None else codes)]
        if self.features.shape[1]:
            inputs.append(torch.from_numpy(self.features))
        return TensorDataset(*inputs, torch.from_numpy(((self.values - centre) / spread).astype(np.float32)))


def train(
    windows_path: str | Path, expression_path: str | Path, split: Split, options: Options, paths: Mapping[str, Path]
) -> None:
    """Train networks, judge them on the test part beside the baselines, and write the outputs."""
    device = options.loop.device
    known = observed.read(expression_path, options.id_column, options.value_column, options.scale)
    with Windows(windows_path, activity.KIND) as windows:
        chosen = sequences.fold(split, options.fold)
        rows = sequences.parts(windows, split, chosen, "training ends by it")
        values, counts = match(windows, known)
        rows = {part: own[np.isfinite(values[own])] for part, own in rows.items()}
        _require(rows, values, windows, known, counts)
        names = [] if options.without_features else list(windows.features)
        scaling = Scaling.of(names, activity.columns(windows, names)[rows["train"]])
        parts = {
            part: Part(windows.codes(own), scaling.scaled(activity.columns(windows, names)[own]), values[own], own)
            for part, own in rows.items()
        }
        digest = windows.digest()
        folder = options.folder(digest, known.digest, split.digest)
        networks, curves = ensemble(parts, options, folder)
        model = activity.Model([network.to(device) for network in networks], scaling)
        test = parts["test"]
        found = {CHOSEN: model.of_scaled(test.codes, test.features)}
        if options.shuffled:
            others, more = ensemble(parts, options, folder and folder / "shuffled", shuffled=True)
            curves += more
            blind = activity.Model([network.to(device) for network in others], scaling)
            found[SHUFFLED] = blind.of_scaled(composition.shuffled(test.codes, options.seed), test.features)
        found |= baselines(parts)
        genes = windows.table["gene"][test.rows].tolist()
        metrics = skill.measure(test.values, found, genes, options.seed)
        metrics += [Metric(name, CHOSEN, float(count), np.nan, np.nan, of) for name, (count, of) in counts.items()]
        settings = windows.settings
        card = {
            "task": activity.TASK,
            "architecture": "promoter",
            "settings": networks[0].settings,
            "members": len(networks),
            "window": windows.window,
            "upstream": settings.get("upstream"),
            "downstream": settings.get("downstream"),
            "transcripts": settings.get("transcripts", ""),
            "features": names,
            "scaling": scaling.card(),
            "target": known.target,
            "unit": known.unit,
            "assembly": windows.assembly,
            "data": {"windows": digest, "expression": known.digest, **windows.sources},
            "split": split.digest,
            "fold": chosen.name,
            "trained_on": len(rows["train"]),
            "seed": options.seed,
            "training": options.loop.settings,
            "versions": tasks.versions(),
            "metrics": {m.metric: m.value for m in metrics if m.model == CHOSEN and m.value == m.value},
        }
        modelfile.write(paths["model"], sequences.packed(networks), card)
        frame = activity.table(
            windows, found[CHOSEN], known.target, chosen.name, "test", test.rows, test.values,
            {name: predicted for name, predicted in found.items() if name != CHOSEN},
        )  # fmt: skip
        tables.write(frame, paths["predictions"])
    sequences.write_measures(metrics, curves, chosen.name, paths)
    _tell(metrics)


def match(windows: Windows, known: Observed) -> tuple[np.ndarray, dict[str, tuple[int, int]]]:
    """The value of each promoter's gene, by its id without a version, or else its symbol; NaN for none.

    Returns
    -------
    (promoters,) float64, and measure → (count, of how many): what was matched how, and what was not
    """
    genes = strip_versions(pl.Series(windows.table["gene"].tolist(), dtype=pl.String)).to_list()
    symbols = windows.table["symbol"].tolist()
    owners: dict[str, set[str]] = {}
    for gene, symbol in zip(genes, symbols, strict=True):
        owners.setdefault(symbol, set()).add(gene)
    place = {name: i for i, name in enumerate(known.ids)}
    values = np.full(len(genes), np.nan)
    how: dict[str, set[str]] = {"id": set(), "symbol": set(), _SEVERAL: set()}
    used: set[int] = set()
    for row, (gene, symbol) in enumerate(zip(genes, symbols, strict=True)):
        way, at = "id", place.get(gene, -1)
        if at < 0 and symbol:
            way, at = "symbol", place.get(symbol, known.symbols.get(symbol, known.symbols.get(gene, -1)))
            way = _SEVERAL if len(owners[symbol]) > 1 else way
        if at >= 0:
            how[way].add(gene)
        if at >= 0 and way != _SEVERAL:
            used.add(at)
            values[row] = known.values[at]
    all_genes = len(set(genes))
    matched = len(how["id"]) + len(how["symbol"])
    return values, {
        "genes_by_id": (len(how["id"]), all_genes),
        "genes_by_symbol": (len(how["symbol"]), all_genes),
        "genes_of_one_symbol": (len(how[_SEVERAL]), all_genes),
        "genes_without_value": (all_genes - matched, all_genes),
        "values_without_promoter": (len(known.ids) - len(used), len(known.ids)),
    }


def _require(
    rows: Mapping[str, np.ndarray],
    values: np.ndarray,
    windows: Windows,
    known: Observed,
    counts: Mapping[str, tuple[int, int]],
) -> None:
    """Refuse what is too little to learn from, and expression of other genes."""
    matched = counts["genes_by_id"][0] + counts["genes_by_symbol"][0]
    genes = {part: len(set(windows.table["gene"][own].tolist())) for part, own in rows.items()}
    if matched < LEAST:
        raise InputError(
            f"shares {matched} genes with the promoters of {windows.path}: it has {named(known.ids)} in "
            f"{known.id_column}, they have {named(dict.fromkeys(windows.table['gene'].tolist()))}",
            known.path,
            f"choose the column with the same ids or symbols; {LEAST} genes are needed to train on",
        )
    if genes["train"] < LEAST:
        raise InputError(
            f"leaves {genes['train']} genes with a promoter and a value to train on", known.path,
            f"{LEAST} are needed: give more genes, or another split",
        )  # fmt: skip
    for part in ("validation", "test"):
        if genes[part] < 3 or np.ptp(values[rows[part]]) == 0:
            raise InputError(
                f"leaves {genes[part]} genes with a promoter and values that differ in the {part} part",
                known.path,
                "at least 3 are needed: give more genes, or another split",
            )
    say(
        f"{matched:,} of {counts['genes_by_id'][1]:,} genes with a promoter have a value, "
        f"{counts['genes_by_symbol'][0]:,} of them by symbol; {counts['values_without_promoter'][0]:,} of "
        f"{len(known.ids):,} values are of other genes"
    )


def shape(window: int, features: int, channels: int) -> Promoter:
    """A network for promoters of that length: Xpresso's for its 10,500 bases, pools less wide for shorter ones.

    Leaky where the published one is not, and with more than two units in its last layer: these could all end up at zero
    for every promoter, and then learn no more.
    """
    first = 30 if window >= 6000 else 10 if window >= 600 else 5
    first = min(first, window)
    second = max(1, window // first // _PLACES)
    return Promoter(
        window,
        features,
        filters=(channels, max(8, min(32, channels // 2))),
        pools=(first, second),
        dense=(64, 16),
        dropout=(0.4, 0.1),
        slope=_SLOPE,
        shift=_SHIFT,
    )


def ensemble(
    parts: Mapping[str, Part], options: Options, folder: Path | None, shuffled: bool = False
) -> tuple[list[Promoter], list[tuple[str, int, str, float]]]:
    """The networks, and their curves: (member, epoch, part, loss)."""
    fit, stop = parts["train"], parts["validation"]
    centre, spread = float(fit.values.mean()), float(fit.values.std())
    codes = [
        composition.shuffled(part.codes, options.seed + i) if shuffled else None for i, part in enumerate((fit, stop))
    ]
    data = [part.data(centre, spread, each) for part, each in zip((fit, stop), codes, strict=True)]
    networks: list[Promoter] = []
    curves: list[tuple[str, int, str, float]] = []
    for number in range(options.ensemble):
        loop = replace(
            options.loop,
            seed=options.seed + number,
            folder=folder and folder / f"member{number + 1}",
            label=f"{'shuffled ' if shuffled else ''}network {number + 1} of {options.ensemble}",
        )
        torch.manual_seed(loop.seed)
        network = shape(fit.codes.shape[1], fit.features.shape[1], options.channels)
        network, own = revived(network, data[0], data[1], loop)
        with torch.no_grad():  # from the scale of the training back to that of the values
            network.last.weight *= spread
            network.last.bias.mul_(spread).add_(centre)
        networks.append(network)
        curves += [(f"{'shuffled.' if shuffled else ''}{number + 1}", *epoch) for epoch in own]
    return networks, curves


def revived(
    network: Promoter, fit: TensorDataset, stop: TensorDataset, loop: Loop
) -> tuple[Promoter, list[tuple[int, str, float]]]:
    """Train the network; where it ends up dead, train another one in its place, a few times at the most.

    A network of ReLU dies when the units of a layer are below zero for every promoter: nothing of what they say goes through
    them, and no gradient. A leaky one cannot.
    """
    from .training import train as train_network

    for attempt in range(_ATTEMPTS):
        own = replace(loop, folder=loop.folder and Path(f"{loop.folder}.{attempt}")) if attempt else loop
        curves = train_network(network, functional.mse_loss, fit, stop, own)
        if not dead(network, fit.tensors[:-1]) or attempt == _ATTEMPTS - 1:
            break
        say(f"{loop.label}: dead, it gives every promoter the same; trained again from another start")
        torch.manual_seed(loop.seed + 7919 * (attempt + 1))
        network = Promoter(**network.settings)  # type: ignore[arg-type]
    return network, curves


def dead(network: Promoter, inputs: Sequence[Tensor]) -> bool:
    """Whether the network gives the first of these promoters, 256 at the most, one number exactly."""
    with torch.inference_mode():
        found = network.eval()(*(each[:256] for each in inputs))
    return bool((found == found[0]).all())


def baselines(parts: Mapping[str, Part]) -> dict[str, np.ndarray]:
    """What models without position, or without sequence, predict for the test part. Lengths of words and penalties were
    chosen on the validation part."""
    fit, stop, test = (parts[name] for name in ("train", "validation", "test"))
    half_life = fit.features.shape[1] > 0
    kinds = {"kmers": False, **({"kmers-half-life": True} if half_life else {})}
    best: dict[str, tuple[float, np.ndarray]] = {}
    for size in range(1, min(LONGEST, fit.codes.shape[1]) + 1):
        words = [composition.counts(part.codes, size) for part in (fit, stop, test)]
        for name, with_features in kinds.items():
            x, held, asked = (
                np.hstack([count, part.features]) if with_features else count
                for count, part in zip(words, (fit, stop, test), strict=True)
            )
            model = composition.Penalised(x, fit.values, held, stop.values)
            if name not in best or model.error < best[name][0]:
                best[name] = model.error, model.predict(asked)
    found = {name: predicted for name, (_, predicted) in best.items()}
    if half_life:
        model = composition.Penalised(fit.features, fit.values, stop.features, stop.values)
        found["half-life"] = model.predict(test.features)
    return {**found, MEAN: np.full(len(test.values), fit.values.mean())}


def _tell(metrics: Sequence[Metric]) -> None:
    value = {(m.metric, m.model): m.value for m in metrics}
    for name in dict.fromkeys(m.model for m in metrics if m.metric == "skill"):
        say(f"{name}: skill {value['skill', name]:.3f}, r² {value['r2', name]:.3f} on held-out genes")
    say(f"{metrics[0].model} is {skill.verdict(metrics)}")
