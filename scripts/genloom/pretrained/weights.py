"""What the readers of published weights share: a network filled with arrays, and the facts on where they are from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..errors import InputError
from ..models.introns import Rules
from ..models.splice import ACCEPTOR, CONTEXTS, DONOR, UNITS, Splice, probabilities
from . import known

_SITES = {"acceptor": ACCEPTOR, "donor": DONOR}
_COUNTER = "num_batches_tracked"  # of a normalisation; of no use once trained


@dataclass(frozen=True)
class About:
    """Where weights are from, for the card of a model and for the user.

    trained_on : what their authors trained them on
    ensemble : how many networks their authors average
    """

    kind: str
    name: str
    licence: str
    citation: str
    doi: str
    trained_on: str
    ensemble: int = 1


@dataclass
class Member:
    """A network with published weights, and what its file itself says it computes.

    reference : (k, length) base codes → the output as the layers of the file give it, one by one
    """

    network: Any
    reference: Callable[[np.ndarray], np.ndarray]


def fill(network: nn.Module, arrays: Mapping[str, np.ndarray], where: object) -> None:
    """Set all weights of a network.

    Raises
    ------
    InputError : an array of another shape
    """
    state = network.state_dict()
    for name, value in arrays.items():
        if tuple(state[name].shape) != value.shape:
            raise InputError(
                f"has weights of {'×'.join(map(str, value.shape))} where the network has "
                f"{'×'.join(map(str, state[name].shape))} ({name})",
                where,
                "give the file as its authors published it",
            )
        state[name] = torch.from_numpy(np.ascontiguousarray(value, np.float32))
    assert {name for name in state if not name.endswith(_COUNTER)} == set(arrays)
    network.load_state_dict(state)
    network.eval()


def context_of(groups: int) -> int:
    return int(CONTEXTS[groups - 1])


def units_of(groups: int) -> list[tuple[int, int]]:
    """Group and place in it of every residual unit, in order."""
    return [(group, unit) for group in range(groups) for unit in range(UNITS)]


class SpliceSites:
    """How a network of splice sites is shown a known sequence, and what its card tells beside its source."""

    BASES = True  # it predicts every base of a sequence of any length
    WANTED = 400  # bases that the known sequence is predicted for

    @classmethod
    def known(cls, network: Splice) -> np.ndarray:
        """(1, context + bases) base codes."""
        return known.sequence(network.context + cls.WANTED)[None]

    @staticmethod
    def predict(networks: list[Splice], codes: np.ndarray) -> np.ndarray:
        """(k, context + n) base codes → (k, n, 3) probabilities, the mean of all networks."""
        with torch.inference_mode():
            found = [probabilities(network(torch.from_numpy(codes)), network.heads) for network in networks]
        return torch.stack(found).mean(0).numpy()

    @staticmethod
    def shown(output: np.ndarray) -> dict[str, float]:
        """The acceptor and the donor whose probability is next to a half, by base: "donor 220" → probability.

        There a difference between two networks shows best.
        """
        found = {}
        for name, index in _SITES.items():
            base = int(np.abs(output[0, :, index] - 0.5).argmin())
            found[f"{name} {base}"] = float(output[0, base, index])
        return found

    @staticmethod
    def value(output: np.ndarray, shown: str) -> float:
        """What an output has at a place that was `shown`."""
        name, base = shown.split(" ")
        return float(output[0, int(base), _SITES[name]])

    @staticmethod
    def card(network: Splice) -> dict[str, Any]:
        return {
            "task": "boundaries",
            "architecture": "splice",
            "classes": ["none", "acceptor", "donor"],
            "window": 5000,
            "flank": "N",
            "transcripts": "one a gene",
            "strand": "each strand in its own direction",
            "unit": "probability",
            "temperature": 1.0,
            "decode": "bases",
            "rules": asdict(Rules(maximum=100_000)),  # long enough for all but a few introns of vertebrates
            "thresholds": {"acceptor": 0.5, "donor": 0.5},
            "notes": ["thresholds of 0.5 are a convention: none was fitted to data"],
        }
