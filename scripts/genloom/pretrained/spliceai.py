"""SpliceAI's networks (Jaganathan et al. 2019) from the HDF5 files of its Python package, `spliceai/models`."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from ..errors import InputError
from ..models.splice import GROUPS, UNITS, Splice
from .keras import Graph
from .weights import About, Member, SpliceSites, context_of, fill, units_of

ABOUT = About(
    kind="spliceai",
    name="SpliceAI",
    licence="CC BY-NC 4.0: not for commercial use",
    citation="Jaganathan K et al. Predicting splicing from primary sequence with deep learning. Cell 176, 535-548 (2019)",
    doi="10.1016/j.cell.2018.12.015",
    trained_on="GENCODE genes of GRCh37, one transcript a gene, with N outside the transcript",
    ensemble=5,
)
RULES = SpliceSites
_IN_GROUP = 2 * UNITS + 1  # convolutions: two a unit, and the skip


def fits(graph: Graph) -> bool:
    """Whether the model looks like one of SpliceAI's: residual, with one output of three classes a base."""
    kinds = {layer.kind for layer in graph.layers.values()}
    output = graph.layers.get(graph.output)
    return (
        len(graph.inputs) == 1
        and {"Conv1D", "BatchNormalization", "Add", "Cropping1D"} <= kinds
        and not kinds & {"Dense", "Flatten", "MaxPooling1D"}
        and output is not None
        and output.config.get("filters") == 3
    )


def member(graph: Graph) -> Member:
    """The network of a file.

    Raises
    ------
    InputError : another number of layers, missing layers, or arrays of another shape
    """
    count = len(graph.of_kind("Conv1D"))
    groups, rest = divmod(count - 3, _IN_GROUP)
    if rest or not 1 <= groups <= len(GROUPS):
        sizes = [_IN_GROUP * number + 3 for number in range(1, len(GROUPS) + 1)]
        raise InputError(
            f"has {count} convolutions; SpliceAI's networks have {', '.join(map(str, sizes[:-1]))} or {sizes[-1]}",
            graph.path,
            "give a file of spliceai/models",
        )
    eps = {float(layer.config.get("epsilon", 1e-3)) for layer in graph.of_kind("BatchNormalization")}
    if len(eps) != 1:
        raise InputError("has normalisations that differ in epsilon", graph.path, "give a file of spliceai/models")
    channels = len(graph.layers["conv1d_1"].weights.get("bias", ())) if "conv1d_1" in graph.layers else 0
    network = Splice(context_of(groups), max(channels, 1), (3,), 0.0, eps.pop())
    fill(network, _arrays(graph, groups, channels), graph.path)
    return Member(network, partial(_reference, graph))


def _arrays(graph: Graph, groups: int, channels: int) -> dict[str, np.ndarray]:
    """The weights by the names that genloom's network has for them. The layers' own order is that of training code."""
    arrays: dict[str, np.ndarray] = {}

    def convolution(name: str, number: int, width: int, before: int, after: int) -> None:
        layer = f"conv1d_{number}"
        kernel = graph.weight(layer, "kernel", (width, before, after)).transpose(2, 1, 0)
        arrays[f"{name}.weight"] = kernel[:, :, None] if "conv" in name else kernel[:, :, 0]
        arrays[f"{name}.bias"] = graph.weight(layer, "bias", (after,))

    def normalisation(name: str, number: int) -> None:
        own = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
        for ours, theirs in own.items():
            arrays[f"{name}.{ours}"] = graph.weight(f"batch_normalization_{number}", theirs, (channels,))

    convolution("first", 1, 1, 4, channels)
    convolution("skips.0", 2, 1, channels, channels)
    for place, (group, unit) in enumerate(units_of(groups)):
        for half in (1, 2):
            name = f"groups.{group}.{unit}"
            number = 3 + _IN_GROUP * group + 2 * unit + half - 1
            convolution(f"{name}.conv{half}", number, GROUPS[group][0], channels, channels)
            normalisation(f"{name}.norm{half}", 2 * place + half)
    for group in range(groups):
        convolution(f"skips.{group + 1}", 2 + _IN_GROUP * (group + 1), 1, channels, channels)
    convolution("last", 3 + _IN_GROUP * groups, 1, channels, 3)
    return arrays


def _reference(graph: Graph, codes: np.ndarray) -> np.ndarray:
    """(k, context + n) base codes → (k, n, 3) probabilities, layer by layer as the file has them."""
    one_hot = np.eye(5, 4, dtype=np.float32)[codes]
    with torch.inference_mode():
        return graph.run({graph.inputs[0]: torch.from_numpy(one_hot)}).numpy()
