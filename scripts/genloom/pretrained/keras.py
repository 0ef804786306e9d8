"""Models that Keras wrote into HDF5, read with h5py alone: their layers, as JSON in the file tells them, and weights.

The layers can be run one by one as they stand in the file. That is slow, and knows nothing of the network they make up:
what a network of genloom with the same weights computes is held against it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..errors import InputError, named
from ..formats import hdf

_CURE = "give the .h5 file as its authors published it"
_LARGEST = 1 << 26  # numbers in one array of weights; no network here comes near it


@dataclass
class Layer:
    """A layer: what kind it is, its configuration, the layers it takes its input from, and its weights by name."""

    name: str
    kind: str
    config: dict[str, Any]
    inputs: list[str]
    weights: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass
class Graph:
    """A model: its layers by name, and the names of those that take the input and give the output."""

    path: str | Path
    layers: dict[str, Layer]
    inputs: list[str]
    output: str

    def of_kind(self, kind: str) -> list[Layer]:
        return [layer for layer in self.layers.values() if layer.kind == kind]

    def told(self) -> str:
        """The kinds of layers with their numbers, for a message."""
        kinds = Counter(layer.kind for layer in self.layers.values() if layer.weights)
        return ", ".join(f"{kind} × {count}" for kind, count in kinds.items()) or "no weights at all"

    def weight(self, layer: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """An array of a layer.

        Raises
        ------
        InputError : no such layer or array, or another shape
        """
        if layer not in self.layers:
            raise InputError(f"lacks the layer {layer}", self.path, _CURE)
        found = self.layers[layer].weights.get(name)
        if found is None:
            raise InputError(f"has a layer {layer} without {name}", self.path, _CURE)
        if found.shape != shape:
            raise InputError(
                f"has in the layer {layer} a {name} of {_shape(found.shape)}, not {_shape(shape)}", self.path
            )
        return found

    def run(self, given: Mapping[str, Tensor]) -> Tensor:
        """What the layers compute, one after the other. `given` : input layer → (batch, ...) float32."""
        known: dict[str, Tensor] = {}
        waiting = dict(self.layers)
        while waiting:
            ready = [layer for layer in waiting.values() if all(name in known for name in layer.inputs)]
            if not ready:
                raise InputError(f"has layers without a beginning: {named(waiting)}", self.path, _CURE)
            for layer in ready:
                del waiting[layer.name]
                if layer.kind == "InputLayer":
                    known[layer.name] = given[layer.name]
                    continue
                try:
                    known[layer.name] = _RUN[layer.kind](layer, *(known[name] for name in layer.inputs))
                except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
                    raise InputError(
                        f"has a layer {layer.name} that cannot be run: {str(error).splitlines()[0]}", self.path, _CURE
                    ) from None
        return known[self.output]


def read(path: str | Path) -> Graph:
    """The model of an HDF5 file.

    Raises
    ------
    InputError : a damaged file, one that holds no model of Keras, or layers that only code in the file could run
    """
    hdf.check(path)
    try:
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs or "model_weights" not in file:
                raise InputError(
                    f"holds no whole model of Keras, but {named(file) or 'nothing'}", path, _CURE + ", with its layers"
                )
            graph = _graph(json.loads(_text(file.attrs["model_config"])), path)
            for name, group in file["model_weights"].items():
                if name in graph.layers:
                    graph.layers[name].weights = _weights(group, path)
    except OSError as error:
        raise InputError(f"is cut off or damaged: {error}", path, "copy it again") from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, RecursionError) as error:
        raise InputError(f"holds a model of Keras that cannot be read: {error!r}", path, _CURE) from None
    return graph


def _graph(model: dict[str, Any], path: str | Path) -> Graph:
    config = model["config"]
    if model["class_name"] not in ("Model", "Functional") or len(config["output_layers"]) != 1:
        raise InputError(f"holds a Keras model of class {model['class_name']!r}, not one with one output", path, _CURE)
    layers = {}
    for each in config["layers"]:
        name, kind = str(each["name"]), str(each["class_name"])
        if kind not in _RUN and kind != "InputLayer":
            raise InputError(f"has a layer {name} of the kind {kind!r}, which no known network has", path, _CURE)
        nodes = each["inbound_nodes"]
        layers[name] = Layer(name, kind, each["config"], [str(node[0]) for node in nodes[0]] if nodes else [])
    inputs = [str(each[0]) for each in config["input_layers"]]
    return Graph(path, layers, inputs, str(config["output_layers"][0][0]))


def _weights(group: h5py.Group, path: str | Path) -> dict[str, np.ndarray]:
    """The arrays below a group, by the last part of their names. Links to other files are not followed."""
    found: dict[str, np.ndarray] = {}

    def take(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.size > _LARGEST or item.dtype.kind != "f" or item.external:
            raise InputError(f"has a {name} that is no array of weights", path, _CURE)
        values = item[()].astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(f"has numbers in {name} that are not finite", path, "copy it again")
        found[name.split("/")[-1].removesuffix(":0")] = values

    group.visititems(take)
    return found


def _text(value: bytes | str) -> str:
    """Keras 2.0 wrote attributes as text or as bytes, depending on h5py."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


# ---------------------------------------------------------------- what each kind of layer does, channels last


def _activate(name: str, x: Tensor) -> Tensor:
    return {"linear": lambda: x, "relu": x.relu, "softmax": lambda: x.softmax(-1)}[name]()


def _convolve(layer: Layer, x: Tensor) -> Tensor:
    """Padding "same" as TensorFlow has it: of an odd number of zeros the last goes to the end."""
    config = layer.config
    kernel = torch.from_numpy(layer.weights["kernel"]).permute(2, 1, 0)
    dilation, stride = config["dilation_rate"][0], config["strides"][0]
    x = x.transpose(1, 2)
    if config["padding"] == "same" and stride == 1:
        total = dilation * (kernel.shape[2] - 1)
        x = functional.pad(x, (total // 2, total - total // 2))
    elif config["padding"] != "valid":
        raise ValueError(f"padding {config['padding']!r} with a stride of {stride}")
    bias = torch.from_numpy(layer.weights["bias"])
    return _activate(config["activation"], functional.conv1d(x, kernel, bias, stride, 0, dilation).transpose(1, 2))


def _normalise(layer: Layer, x: Tensor) -> Tensor:
    weights = {name: torch.from_numpy(value) for name, value in layer.weights.items()}
    scale = weights["gamma"] / (weights["moving_variance"] + layer.config["epsilon"]).sqrt()
    return (x - weights["moving_mean"]) * scale + weights["beta"]


def _pool(layer: Layer, x: Tensor) -> Tensor:
    config = layer.config
    if config["padding"] != "valid":
        raise ValueError(f"padding {config['padding']!r}")
    return functional.max_pool1d(x.transpose(1, 2), config["pool_size"][0], config["strides"][0]).transpose(1, 2)


def _dense(layer: Layer, x: Tensor) -> Tensor:
    weights = layer.weights
    return _activate(
        layer.config["activation"], x @ torch.from_numpy(weights["kernel"]) + torch.from_numpy(weights["bias"])
    )


def _crop(layer: Layer, x: Tensor) -> Tensor:
    first, last = layer.config["cropping"]
    return x[:, first : x.shape[1] - last]


_RUN: dict[str, Callable[..., Tensor]] = {
    "Conv1D": _convolve,
    "BatchNormalization": _normalise,
    "Activation": lambda layer, x: _activate(layer.config["activation"], x),
    "Add": lambda layer, *x: torch.stack(x).sum(0),
    "Concatenate": lambda layer, *x: torch.cat(x, layer.config["axis"]),
    "Cropping1D": _crop,
    "MaxPooling1D": _pool,
    "Flatten": lambda layer, x: x.flatten(1),
    "Dense": _dense,
    "Dropout": lambda layer, x: x,
}
