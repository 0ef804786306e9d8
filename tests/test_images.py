"""The convolutional network: what is written is read, in any kind of frame; labels at random are not."""

from __future__ import annotations

import gzip
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import train_model
from genloom import console
from genloom.errors import InputError
from genloom.learning.images import Convolutional, Shape
from genloom.learning.training import Loop
from genloom.models.image import Image, _shifted

ROOT = Path(__file__).parents[1]
QUICK = Loop(epochs=15, patience=15, batch=32, rate=2e-3, one_cycle=True)


def numerals(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    digits = load_digits(n_class=4)
    x = digits.data[:count].astype(np.float32)
    return (x - x.mean()) / x.std(), digits.target[:count]


def test_reads_numerals_and_not_labels_at_random() -> None:
    x, y = numerals()
    fit, test = slice(0, 300), slice(300, 400)
    read = Convolutional(QUICK, channels=8).fit(x[fit], y[fit], 1)
    assert (read.scores(x[test]).argmax(1) == y[test]).mean() >= 0.95
    shuffled = np.random.default_rng(1).permutation(y[fit])
    blind = Convolutional(QUICK, channels=8).fit(x[fit], shuffled, 1)
    assert (blind.scores(x[test]).argmax(1) == y[test]).mean() < 0.5
    parts = {part for _, part, _ in read.history}
    assert parts == {"train", "validation"} and len(read.history) == 2 * QUICK.epochs


def test_an_image_is_scored_alone_as_among_others_and_fits_repeat() -> None:
    x, y = numerals(120)
    one, two = (Convolutional(Loop(epochs=2, batch=32), channels=4).fit(x, y, 7) for _ in range(2))
    assert np.allclose(one.scores(x)[5:6], one.scores(x[5:6]), atol=1e-5)
    assert np.array_equal(one.scores(x), two.scores(x))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 9), (28, 28), (2, 2), (33, 16)])
def test_images_of_any_frame(height: int, width: int) -> None:
    network = Image(height, width, 3, channels=4)
    assert network(torch.randn(6, height * width)).shape == (6, 3)
    network.eval()
    assert network(torch.randn(1, height * width)).shape == (1, 3)


def test_images_move_by_a_pixel_at_the_most() -> None:
    torch.manual_seed(1)
    image = torch.zeros(500, 1, 5, 5)
    image[:, 0, 2, 2] = 1
    moved = _shifted(image).sum(0)[0]
    assert moved.sum() == 500 and (moved[1:4, 1:4] > 20).all()


@pytest.mark.parametrize(("pixels", "width"), [(64, 7), (60, None), (64, 64), (8, 8)])
def test_pixels_that_make_no_image(pixels: int, width: int | None) -> None:
    with pytest.raises(InputError, match="no image"):
        Shape.of(pixels, width)


def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    x, y = numerals(120)
    folder = tmp_path / "ck"
    half = Convolutional(Loop(epochs=2, batch=32, folder=folder), channels=4).fit(x, y, 1)
    again = Convolutional(Loop(epochs=2, batch=32, folder=folder), channels=4).fit(x, y, 1)
    assert np.array_equal(half.scores(x), again.scores(x))
    assert len(list(folder.iterdir())) == 1
    Convolutional(Loop(epochs=2, batch=32, folder=folder), channels=4).fit(x[1:], y[1:], 1)
    assert len(list(folder.iterdir())) == 2  # other images have other checkpoints


def test_the_tutorial_has_the_numerals_of_scikit_learn() -> None:
    folder = ROOT / "workflows" / "numerals-tutorial"
    text = runpy.run_path(str(folder / "digits.py"))["table"]()
    assert gzip.decompress((folder / "digits.csv.gz").read_bytes()).decode() == text
    small = (ROOT / "test-data" / "classes" / "numerals.csv").read_text().splitlines()
    assert set(small) <= set(text.splitlines()) and len(small) == 91


def test_width_is_for_images_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = ROOT / "test-data" / "steps"
    given = ["--bins", steps / "bins.h5ad", "--expression", steps / "expression.h5ad", "--split", steps / "split.tsv"]
    out = ["--model", tmp_path / "m", "--predictions", tmp_path / "p", "--image-width", 8]
    assert console.run(train_model.build_parser, train_model.main, [str(each) for each in (*given, *out)]) == 2
    assert "--image-width has no meaning for --task expression" in capsys.readouterr().err
