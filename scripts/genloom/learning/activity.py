"""Expression from promoters: the networks of a model file, and what they predict for windows around start sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from ..console import say
from ..errors import InputError, named
from ..formats import tables
from ..formats.observed import PSEUDO
from ..formats.windows import Windows
from ..models.promoter import Promoter
from . import sequences

TASK = "activity"
KIND = "promoters"  # of windows
_BATCH = 64  # promoters predicted at once


@dataclass
class Scaling:
    """What turns features of genes into inputs: log10(x + 0.1) of lengths and densities, shares of G and C as they are;
    then less the mean and over the standard deviation of the training part.

    Attributes
    ----------
    names : of the features, in the order they are read
    mean, deviation : (features,) float64
    """

    names: list[str] = field(default_factory=list)
    mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    deviation: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, names: Sequence[str], values: np.ndarray) -> Scaling:
        """Learn it from the (n, features) values of the training part."""
        own = cls(list(names))
        logs = own._logs(values)
        return cls(own.names, logs.mean(0), _firm(logs.std(0)))

    def _logs(self, values: np.ndarray) -> np.ndarray:
        logs = np.array(values, np.float64)
        for column, name in zip(logs.T, self.names, strict=True):
            if not name.endswith("GC"):
                column[:] = np.log10(column + PSEUDO)
        return logs

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """(n, features) as they stand in a file of windows → float32 inputs."""
        return ((self._logs(values) - self.mean) / self.deviation).astype(np.float32)

    def card(self) -> dict[str, list[float]]:
        """For the card of a model."""
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}


def columns(windows: Windows, names: Sequence[str]) -> np.ndarray:
    """(promoters, features) of these names.

    Raises
    ------
    InputError : a feature that the file lacks
    """
    if lacking := [name for name in names if name not in windows.features]:
        raise InputError(
            f"lacks {named(lacking)}, which the model reads beside the sequence",
            windows.path,
            "extract_windows --kind promoters --half-life adds these features",
        )
    return np.stack([windows.features[name] for name in names], 1) if names else np.zeros((len(windows), 0))


@dataclass
class Model:
    """An ensemble of networks whose predictions are averaged, and how the features that they read are scaled."""

    networks: list[Promoter]
    scaling: Scaling = field(default_factory=Scaling)

    @cached_property
    def ready(self) -> list[Promoter]:
        return [network.eval().requires_grad_(False) for network in self.networks]

    def predict(self, codes: np.ndarray, features: np.ndarray | None = None) -> np.ndarray:
        """(k, window) base codes, (k, features) as they stand in a file of windows → (k,) float32 expression."""
        return self.of_scaled(codes, None if features is None else self.scaling.scaled(features))

    def of_scaled(self, codes: np.ndarray, features: np.ndarray | None = None) -> np.ndarray:
        """The same, of features that are scaled already. Networks that no features were named for read zeros."""
        where = next(self.networks[0].parameters()).device
        out = np.zeros(len(codes), np.float32)
        for start in range(0, len(codes), _BATCH):
            part = slice(start, start + _BATCH)
            batch = torch.from_numpy(codes[part]).to(where)
            facts = torch.from_numpy(features[part]).to(where) if features is not None and self.scaling.names else None
            with torch.inference_mode():
                found = torch.stack([network(batch, facts) for network in self.ready]).mean(0)
            out[part] = found.cpu().numpy()
        return out


def restore(card: dict[str, Any], arrays: dict[str, np.ndarray], where: object, device: str = "cpu") -> Model:
    """The model of a model file, ready to predict.

    Raises
    ------
    InputError : an unknown architecture, or a card that does not fit the arrays
    """
    wanted = ("settings", "members", "window", "upstream", "downstream", "target", "features")
    if lacking := [name for name in wanted if name not in card]:
        raise InputError(f"has a card without {named(lacking)}", where, "import or train it again")
    if card["architecture"] != "promoter":
        what = f"has the architecture {card['architecture']!r}, which this genloom does not know"
        raise InputError(what, where, "use a newer genloom")
    scaling = _scaling(card, where)
    networks = []
    for number in range(1, int(card["members"]) + 1):
        networks.append(sequences.restored(Promoter, card["settings"], arrays, number, where).to(device))
    return Model(networks, scaling)


def _scaling(card: dict[str, Any], where: object) -> Scaling:
    names = list(map(str, card["features"]))
    if not names:
        return Scaling()
    try:
        mean, deviation = (np.array(card["scaling"][name], np.float64) for name in ("mean", "deviation"))
        if not mean.shape == deviation.shape == (int(card["settings"]["features"]),) == (len(names),):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        what = f"has a card that does not tell how to scale {named(names)}"
        raise InputError(what, where, "train it again") from None
    return Scaling(names, mean, _firm(deviation))


def _firm(deviation: np.ndarray) -> np.ndarray:
    """Deviations to divide by. One of 1e-15 is that of equal values, summed in floating point."""
    return np.where(deviation > 1e-9, deviation, 1.0)


def require_windows(card: dict[str, Any], windows: Windows) -> None:
    """Refuse promoters that lie otherwise around their start sites than those a model was made for."""
    settings = windows.settings
    places = [("upstream", settings.get("upstream")), ("downstream", settings.get("downstream"))]
    if any(found != card[name] for name, found in places) or windows.window != int(card["window"]):
        raise InputError(
            f"holds promoters of {settings.get('upstream')} bases before the start site and "
            f"{settings.get('downstream')} from it on, the model reads {card['upstream']} and {card['downstream']}",
            windows.path,
            f"extract_windows --kind promoters --upstream {card['upstream']} --downstream {card['downstream']}",
        )


def predict_windows(
    path: str | Path, model: Model, card: dict[str, Any], paths: Mapping[str, Path], seed: int = 1
) -> None:
    """Predict the promoters of a file: the table `predictions`."""
    with Windows(path, KIND) as windows:
        require_windows(card, windows)
        names = model.scaling.names
        facts = columns(windows, names)
        if windows.features and not names:
            say(f"{path}: the model reads no half-life features; those of the file are not used")
        step = 16 * _BATCH
        starts = range(0, len(windows), step)
        batches = zip(starts, windows.batches(step, 0), strict=True)
        found = np.concatenate([model.predict(codes, facts[start : start + step]) for start, codes in batches])
        tables.write(table(windows, found, card["target"]), paths["predictions"])
        say(f"{len(found)} promoters predicted, in {card.get('unit', 'the units of the training')}")


def table(
    windows: Windows,
    predicted: np.ndarray,
    target: str,
    fold: str = "",
    part: str = "new",
    rows: np.ndarray | None = None,
    observed: np.ndarray | None = None,
    baselines: Mapping[str, np.ndarray] | None = None,
) -> pl.DataFrame:
    """A line a promoter, of all or of these rows of the file; what was observed is empty where it is not known."""

    def column(name: str) -> list[Any]:
        values = windows.table[name]
        return (values if rows is None else values[rows]).tolist()

    names = column("name")
    return pl.DataFrame(
        {
            "id": names,
            "target": [target] * len(names),
            "fold": [fold] * len(names),
            "part": [part] * len(names),
            "observed": pl.Series([None] * len(names) if observed is None else observed, dtype=pl.Float64),
            "predicted": predicted.astype(np.float64),
            **{f"predicted_{name}": values.astype(np.float64) for name, values in (baselines or {}).items()},
            "gene": column("gene"),
            "symbol": column("symbol"),
            **{name: column(name) for name in ("chrom", "start", "end", "strand")},
        }
    )
