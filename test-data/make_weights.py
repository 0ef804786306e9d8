#!/usr/bin/env python3
"""Make the folder `weights` beside this file: random networks in the layouts of published ones, small, for tests.

None of the numbers is anyone's: the names, shapes and order of layers are those that the authors' software writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

FOLDER = Path(__file__).resolve().parent / "weights"
GROUPS = ((11, 1), (11, 4), (21, 10), (41, 25))  # width and dilation of four units each
CONTEXTS = (80, 400, 2000, 10_000)


class Keras:
    """A model as Keras 2.0.5 would have it: layers in the order of their making, each with what it takes its input from."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.layers: list[dict[str, Any]] = []
        self.weights: dict[str, dict[str, np.ndarray]] = {}
        self.count: dict[str, int] = {}

    def add(self, kind: str, *inputs: str, name: str | None = None, **config: Any) -> str:
        stem = {"Conv1D": "conv1d", "BatchNormalization": "batch_normalization", "MaxPooling1D": "max_pooling1d"}
        stem = stem.get(kind, kind.removesuffix("Layer").lower())
        self.count[stem] = self.count.get(stem, 0) + 1
        name = name or f"{stem}_{self.count[stem]}"
        nodes = [[[each, 0, 0, {}] for each in inputs]] if inputs else []
        self.layers.append(
            {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}
        )
        return name

    def numbers(self, *shape: int) -> np.ndarray:
        spread = 1.3 / np.sqrt(np.prod(shape[:-1])) if len(shape) > 1 else 0.2
        return self.random.normal(0, spread, shape).astype(np.float32)

    def convolution(self, x: str, width: int, before: int, after: int, dilation: int = 1, **config: Any) -> str:
        config = {"padding": "same", "activation": "linear", **config}
        name = self.add(
            "Conv1D", x, filters=after, kernel_size=[width], strides=[1], dilation_rate=[dilation], **config
        )
        self.weights[name] = {"kernel": self.numbers(width, before, after), "bias": self.numbers(after)}
        return name

    def normalisation(self, x: str, channels: int, eps: float) -> str:
        name = self.add("BatchNormalization", x, epsilon=eps, axis=-1)
        scale = self.random.uniform(0.5, 1.5, (2, channels)).astype(np.float32)
        self.weights[name] = {
            "gamma": scale[0] / 14,
            "beta": self.numbers(channels),
            "moving_mean": self.numbers(channels),
            "moving_variance": scale[1] / 200,  # small, as where an epsilon counts
        }
        return name

    def dense(self, x: str, before: int, after: int) -> str:
        name = self.add("Dense", x, units=after, activation="linear")
        self.weights[name] = {"kernel": self.numbers(before, after), "bias": self.numbers(after)}
        return name

    def write(self, path: str | Path, inputs: list[str], output: str) -> None:
        config = {
            "layers": self.layers,
            "input_layers": [[name, 0, 0] for name in inputs],
            "output_layers": [[output, 0, 0]],
            "name": "model_1",
        }
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = "2.0.5"
            file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config})
            top = file.create_group("model_weights")
            for layer in self.layers:
                name = layer["name"]
                group = top.create_group(name)
                own = self.weights.get(name, {})
                group.attrs["weight_names"] = np.array([f"{name}/{each}:0".encode() for each in own], "S")
                for each, values in own.items():
                    group[f"{name}/{each}:0"] = values


def spliceai(path: str | Path, groups: int = 1, channels: int = 4, seed: int = 1, eps: float = 1e-3) -> None:
    """A network of SpliceAI's. Its convolutions are numbered along the units, each skip after its group."""
    model = Keras(seed)
    given = model.add("InputLayer", batch_input_shape=[None, None, 4], name="input_1")
    x = model.convolution(given, 1, 4, channels)
    total = model.convolution(x, 1, channels, channels)
    for width, dilation in GROUPS[:groups]:
        for _ in range(4):
            y = x
            for _ in range(2):
                y = model.add("Activation", model.normalisation(y, channels, eps), activation="relu")
                y = model.convolution(y, width, channels, channels, dilation)
            x = model.add("Add", y, x)
        total = model.add("Add", total, model.convolution(x, 1, channels, channels))
    half = CONTEXTS[groups - 1] // 2
    total = model.add("Cropping1D", total, cropping=[half, half])
    output = model.convolution(total, 1, channels, 3, activation="softmax")
    model.weights[output]["bias"][0] += 5  # as where sites are rare
    model.write(path, [given], output)


def xpresso(
    path: str | Path, filters: tuple[int, int] = (4, 2), features: int = 6, seed: int = 1, window: int = 10_500
) -> None:
    """A network of Xpresso's."""
    model = Keras(seed)
    promoter = model.add("InputLayer", batch_input_shape=[None, window, 4], name="promoter")
    halflife = model.add("InputLayer", batch_input_shape=[None, features], name="halflife")
    x, before, length = promoter, 4, window
    for after, width, pool in zip(filters, (6, 9), (30, 10), strict=True):
        x = model.convolution(x, width, before, after, activation="relu")
        x = model.add("MaxPooling1D", x, pool_size=[pool], strides=[pool], padding="valid")
        before, length = after, length // pool
    x = model.add("Concatenate", model.add("Flatten", x), halflife, axis=-1)
    size = length * before + features
    for units, rate in ((8, 0.00099), (3, 0.0155)):
        x = model.add("Activation", model.dense(x, size, units), activation="relu")
        x, size = model.add("Dropout", x, rate=rate), units
    model.write(path, [promoter, halflife], model.dense(x, size, 1))


def openspliceai(path: str | Path, groups: int = 1, channels: int = 4, seed: int = 1) -> dict[str, Any]:
    """A network of OpenSpliceAI's, as its state dict; returned, too."""
    import torch

    random = np.random.default_rng(seed)
    state: dict[str, Any] = {}

    def add(name: str, *shape: int) -> None:
        spread = 1.3 / np.sqrt(np.prod(shape[1:]))
        state[f"{name}.weight"] = torch.from_numpy(random.normal(0, spread, shape).astype(np.float32))
        state[f"{name}.bias"] = torch.from_numpy(random.normal(0, 0.2, shape[0]).astype(np.float32))

    add("initial_conv", channels, 4, 1)
    add("initial_skip.conv", channels, channels, 1)
    for group, (width, _) in enumerate(GROUPS[:groups]):
        for unit in range(4):
            name = f"residual_units.{5 * group + unit}"
            for half in (1, 2):
                add(f"{name}.batchnorm{half}", channels)
                state[f"{name}.batchnorm{half}.running_mean"] = torch.zeros(channels)
                state[f"{name}.batchnorm{half}.running_var"] = torch.ones(channels)
                state[f"{name}.batchnorm{half}.num_batches_tracked"] = torch.tensor(7)
                add(f"{name}.conv{half}", channels, channels, width)
        add(f"residual_units.{5 * group + 4}.conv", channels, channels, 1)
    add("final_conv", 3, channels, 1)
    torch.save(state, path)
    return state


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for number in (1, 2):
        spliceai(FOLDER / f"spliceai_80_{number}.h5", seed=number)


if __name__ == "__main__":
    main()
