"""Xpresso's networks (Agarwal & Shendure 2020) from the HDF5 files that Keras wrote.

The released networks read six facts on the half-life of the messenger beside the sequence. Nobody wrote down which, so
they are zero here, as in the published predictions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from ..models.promoter import Promoter
from . import known
from .keras import Graph
from .weights import About, Member, fill

ABOUT = About(
    kind="xpresso",
    name="Xpresso",
    licence="MIT",
    citation=(
        "Agarwal V, Shendure J. Predicting mRNA abundance directly from genomic sequence using deep convolutional "
        "neural networks. Cell Reports 31, 107663 (2020)"
    ),
    doi="10.1016/j.celrep.2020.107663",
    trained_on="median RNA-seq expression of human genes over the tissues and cell types of Roadmap Epigenomics",
)
UPSTREAM, DOWNSTREAM = 7000, 3500  # of the published windows
_CONVOLUTIONS = ("conv1d_1", "conv1d_2")
_POOLS = ("max_pooling1d_1", "max_pooling1d_2")
_DENSE = ("dense_1", "dense_2")
_CURE = "give a file of Xpresso's, such as human_trainepoch.11-0.426.h5"


def fits(graph: Graph) -> bool:
    """Whether the model looks like one of Xpresso's: promoters and half-life in, one number out."""
    kinds = {layer.kind for layer in graph.layers.values()}
    return len(graph.inputs) == 2 and {"Conv1D", "MaxPooling1D", "Flatten", "Concatenate", "Dense"} <= kinds


def member(graph: Graph) -> Member:
    """The network of a file.

    Raises
    ------
    InputError : missing layers, a window of another length, or arrays of another shape
    """
    try:
        shapes = [graph.layers[name].config["batch_input_shape"] for name in graph.inputs]
        window, features = int(shapes[0][1]), int(shapes[1][1])
        config = {name: graph.layers[name].config for name in (*_CONVOLUTIONS, *_POOLS, *_DENSE)}
        dropout = [float(layer.config["rate"]) for layer in graph.of_kind("Dropout")]
        network = Promoter(
            window,
            features,
            [int(config[name]["filters"]) for name in _CONVOLUTIONS],
            [int(config[name]["kernel_size"][0]) for name in _CONVOLUTIONS],
            [int(config[name]["pool_size"][0]) for name in _POOLS],
            [int(config[name]["units"]) for name in _DENSE],
            dropout,
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"lacks what Xpresso's networks have: {error}", graph.path, _CURE) from None
    if window != UPSTREAM + DOWNSTREAM:
        raise InputError(f"reads {window} bases, Xpresso's networks {UPSTREAM + DOWNSTREAM}", graph.path, _CURE)
    arrays: dict[str, np.ndarray] = {}
    state = network.state_dict()
    for number, name in enumerate(_CONVOLUTIONS):
        after, before, width = state[f"convolutions.{number}.weight"].shape
        kernel = graph.weight(name, "kernel", (width, before, after))
        arrays[f"convolutions.{number}.weight"] = kernel.transpose(2, 1, 0)
        arrays[f"convolutions.{number}.bias"] = graph.weight(name, "bias", (after,))
    names = [f"dense.{number}" for number in range(len(_DENSE))] + ["last"]
    for ours, name in zip(names, (*_DENSE, f"dense_{len(_DENSE) + 1}"), strict=True):
        after, before = state[f"{ours}.weight"].shape
        arrays[f"{ours}.weight"] = graph.weight(name, "kernel", (before, after)).T
        arrays[f"{ours}.bias"] = graph.weight(name, "bias", (after,))
    fill(network, arrays, graph.path)
    return Member(network, partial(_reference, graph, features))


def _reference(graph: Graph, features: int, codes: np.ndarray) -> np.ndarray:
    """(k, window) base codes → (k,) expression, layer by layer as the file has them."""
    one_hot = np.eye(5, 4, dtype=np.float32)[codes]
    given = [torch.from_numpy(one_hot), torch.zeros(len(codes), features)]
    with torch.inference_mode():
        return graph.run(dict(zip(graph.inputs, given, strict=True)))[:, 0].numpy()


class RULES:
    """How such a network is shown known sequences, and what its card tells beside its source."""

    BASES = False  # it predicts one number for a sequence

    @staticmethod
    def known(network: Promoter) -> np.ndarray:
        """(2, window) base codes."""
        return np.stack([known.sequence(network.window, number) for number in (1, 2)])

    @staticmethod
    def predict(networks: list[Promoter], codes: np.ndarray) -> np.ndarray:
        """(k, window) base codes → (k,) expression, the mean of all networks."""
        with torch.inference_mode():
            return torch.stack([network(torch.from_numpy(codes)) for network in networks]).mean(0).numpy()

    @staticmethod
    def shown(output: np.ndarray) -> dict[str, float]:
        return {f"sequence {number}": float(value) for number, value in enumerate(output, 1)}

    @staticmethod
    def value(output: np.ndarray, shown: str) -> float:
        return float(output[int(shown.split(" ")[1]) - 1])

    @staticmethod
    def card(network: Promoter) -> dict[str, Any]:
        return {
            "task": "activity",
            "architecture": "promoter",
            "window": network.window,
            "upstream": UPSTREAM,
            "downstream": network.window - UPSTREAM,
            "strand": "in the direction of the gene",
            "target": "expression",
            "unit": "log10(median RPKM + 0.1), standardised over genes",
            "features": [],
            "notes": [
                f"{network.features} inputs on the half-life of the messenger are zero, as in the published table"
            ]
            if network.features
            else [],
        }
