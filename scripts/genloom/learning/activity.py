"""Expression from promoters: the networks of a model file, and what they predict for windows around start sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from ..console import say
from ..errors import InputError, named
from ..formats import tables
from ..formats.windows import Windows
from ..models.promoter import Promoter
from . import sequences

TASK = "activity"
KIND = "promoters"  # of windows
_BATCH = 64  # promoters predicted at once


@dataclass
class Model:
    """An ensemble of networks whose predictions are averaged."""

    networks: list[Promoter]

    @cached_property
    def ready(self) -> list[Promoter]:
        return [network.eval().requires_grad_(False) for network in self.networks]

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """(k, window) base codes → (k,) float32 expression."""
        where = next(self.networks[0].parameters()).device
        out = np.zeros(len(codes), np.float32)
        for start in range(0, len(codes), _BATCH):
            batch = torch.from_numpy(codes[start : start + _BATCH]).to(where)
            with torch.inference_mode():
                found = torch.stack([network(batch) for network in self.ready]).mean(0)
            out[start : start + _BATCH] = found.cpu().numpy()
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
    if card["architecture"] != "promoter" or card["features"]:
        what = f"the architecture {card['architecture']!r}"
        if card["features"]:
            what += f" with the features {named(card['features'])}"
        raise InputError(f"has {what}, which this genloom does not know", where, "use a newer genloom")
    networks = []
    for number in range(1, int(card["members"]) + 1):
        try:
            network = Promoter(**card["settings"])
        except (TypeError, ValueError) as error:
            raise InputError(f"has settings of no network: {error}", where, "import or train it again") from None
        sequences.unpack(network, arrays, number, where)
        networks.append(network.to(device))
    return Model(networks)


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
        if windows.features:
            say(f"{path}: the model reads no half-life features; those of the file are not used")
        found = np.concatenate([model.predict(codes) for codes in windows.batches(16 * _BATCH, 0)])
        tables.write(table(windows, found, card["target"]), paths["predictions"])
        say(f"{len(found)} promoters predicted, in {card.get('unit', 'the units of the training')}")


def table(windows: Windows, predicted: np.ndarray, target: str, fold: str = "", part: str = "new") -> pl.DataFrame:
    """A line a promoter. What was observed is not in the file: it is empty."""
    names: Sequence[str] = windows.table["name"].tolist()
    return pl.DataFrame(
        {
            "id": names,
            "target": [target] * len(names),
            "fold": [fold] * len(names),
            "part": [part] * len(names),
            "observed": pl.Series([None] * len(names), dtype=pl.Float64),
            "predicted": predicted.astype(np.float64),
            "gene": windows.table["gene"].tolist(),
            "symbol": windows.table["symbol"].tolist(),
        }
    )
