"""The convolutional network among the classifiers: what it sees are pixels, row by row."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch.nn import functional
from torch.utils.data import TensorDataset

from ..errors import InputError
from ..models.classifiers import Classifier
from ..models.image import Image
from .loop import Loop
from .training import Epoch, train

STOP = 0.2  # of the training samples, whose loss says which epoch to keep
_BATCH = 1024


@dataclass
class Shape:
    """Rows and columns of pixels."""

    height: int
    width: int

    @classmethod
    def of(cls, pixels: int, width: int | None) -> Shape:
        """Of images that are so wide, square ones by default.

        Raises
        ------
        InputError : so many pixels make no such image
        """
        width = width or math.isqrt(pixels)
        if pixels % width or min(pixels // width, width) < 2:
            raise InputError(
                f"{pixels} features are no image of {width} columns of pixels",
                None,
                "give --image-width, and a matrix of all pixels, row by row",
            )
        return cls(pixels // width, width)


class Convolutional(Classifier):
    """Trained with early stopping on a fifth of the samples it is given."""

    name = "cnn"
    selects = False

    def __init__(self, loop: Loop | None = None, **settings: Any):
        super().__init__(**settings)
        self.loop = loop or Loop()
        self.history: list[Epoch] = []

    def learn(self, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        fit, stop = train_test_split(np.arange(len(y)), test_size=STOP, stratify=y, random_state=seed)
        torch.manual_seed(seed)
        network = self._network(x.shape[1], int(y.max()) + 1)
        values, labels = torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))
        self.history = train(
            network,
            functional.cross_entropy,
            TensorDataset(values[fit], labels[fit]),
            TensorDataset(values[stop], labels[stop]),
            replace(self.loop, seed=seed, folder=self._folder(x, y, seed)),
        )
        return {f"network.{name}": value.numpy() for name, value in network.state_dict().items()}

    def scores(self, x: np.ndarray) -> np.ndarray:
        weights = {name.removeprefix("network."): torch.from_numpy(a.copy()) for name, a in self.arrays.items()}
        network = self._network(x.shape[1], len(weights["head.4.bias"]))
        network.load_state_dict(weights)
        network.eval()
        with torch.inference_mode():
            parts = [network(torch.from_numpy(x[i : i + _BATCH])) for i in range(0, len(x), _BATCH)]
        return torch.cat(parts).double().numpy()

    def _folder(self, x: np.ndarray, y: np.ndarray, seed: int) -> Path | None:
        """Of the checkpoints of a fit to these images, of which a run makes several."""
        if self.loop.folder is None:
            return None
        state = hashlib.sha256(repr((self.settings, replace(self.loop, folder=None), seed)).encode())
        state.update(x.tobytes() + y.tobytes())
        return self.loop.folder / state.hexdigest()[:12]

    def _network(self, pixels: int, classes: int) -> Image:
        shape = Shape.of(pixels, self.settings.get("width"))
        return Image(shape.height, shape.width, classes, self.settings.get("channels", 32))
