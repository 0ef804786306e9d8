"""A small convolutional network for images of one channel, such as written numerals."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SMALLEST = 4  # rows and columns that a last map of features has at the least


class Image(nn.Module):
    """Two 3 × 3 convolutions and a pooling that halves rows and columns, as often as the image is large, then two layers.

    Parameters
    ----------
    height, width : pixels, 2 or more each
    classes : to tell apart
    channels : maps of features of the first stage, doubled in each further one
    dropout : share of the hidden units left out in a step of training

    (batch, height · width) pixels, row by row → (batch, classes) logits
    """

    def __init__(self, height: int, width: int, classes: int, channels: int = 32, dropout: float = 0.5):
        super().__init__()
        self.height, self.width = height, width
        layers: list[nn.Module] = []
        inputs = 1
        while True:
            for given in (inputs, channels):
                layers += [nn.Conv2d(given, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            inputs, height, width = channels, -(-height // 2), -(-width // 2)
            if min(height, width) < 2 * SMALLEST:
                break
            channels *= 2
        self.maps = nn.Sequential(*layers)
        hidden = [nn.Linear(inputs * height * width, 128), nn.ReLU(), nn.Dropout(dropout)]
        self.head = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(128, classes))

    def forward(self, pixels: Tensor) -> Tensor:
        images = pixels.reshape(-1, 1, self.height, self.width)
        if self.training:
            images = _shifted(images)
        return self.head(self.maps(images))


def _shifted(images: Tensor) -> Tensor:
    """Each image moved by a row and a column at the most, at random: a numeral is the same one a pixel further on.

    What comes in at the edges repeats them.
    """
    padded = nn.functional.pad(images, (1, 1, 1, 1), mode="replicate")
    count, _, height, width = images.shape
    down, right = torch.randint(0, 3, (2, count, 1, 1), device=images.device)
    rows = down + torch.arange(height, device=images.device)[:, None]
    columns = right + torch.arange(width, device=images.device)[None]
    return padded[torch.arange(count, device=images.device)[:, None, None], 0, rows, columns][:, None]
