"""Model files of every format that was ever released are read, and compute what they did; newer ones are refused by name.

`test-data/models/format-N` holds one of each task as the first genloom that wrote this format made it. It is never made
again: when FORMAT is raised, a folder is added. `python -m tests.test_old_models N` writes what they compute, once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import card as cards
from genloom.formats import modelfile
from genloom.formats.genome import Genome

MODELS = Path(__file__).parents[1] / "test-data" / "models"
VERSIONS = range(1, modelfile.FORMAT + 1)


def computed(path: Path) -> list[float]:
    """Some numbers that a model gives for input that is always the same."""
    from genloom.learning import activity, boundaries, classes, content, expression, targets
    from genloom.pretrained import known

    card, arrays = modelfile.read(path)
    task = card["task"]
    if task in (boundaries.TASK, content.TASK):
        model = {boundaries.TASK: boundaries, content.TASK: content}[task].restore(card, arrays, path)
        found = model.scores(known.sequence(card["window"] + model.context, 3)[None])
    elif task == activity.TASK:
        model = activity.restore(card, arrays, path)
        features = np.array([card["scaling"]["mean"]], np.float32) if card["features"] else None
        with Genome(MODELS.parent / "promoters" / "genome.fa") as genome:  # its N content is what the network knows
            found = model.predict(genome.fetch(next(iter(genome.sizes)), 0, card["window"])[None], features)
    elif task == "expression":
        model = expression.restore(card, arrays, path)
        wide = model.inputs == "neighbourhoods"
        shape = (2, *arrays["mean_x"].shape) if wide else (2, len(arrays["bins.start"]))
        found = model.predict(np.linspace(0, 2, int(np.prod(shape)), dtype=np.float32).reshape(shape))
    elif task == "classes":
        model = classes.restore(card, arrays, path)
        found = model.probabilities(np.linspace(-1, 1, len(model.preparation.chosen), dtype=np.float32)[None])
    else:
        model, _ = targets.restore(card, arrays, path)
        found = model.predict(np.linspace(-1, 1, len(card["features"]["names"]), dtype=np.float32)[None])
    values = np.asarray(found, np.float64).reshape(-1)
    return [float(f"{value:.6g}") for value in (*values[:3], *values[-3:], values.mean(), values.std())]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_released_format_is_read(version):
    folder = MODELS / f"format-{version}"
    answers = json.loads((folder / "answers.json").read_text())
    assert set(answers) == {path.stem for path in folder.glob("*.safetensors")}
    if version == modelfile.FORMAT:
        assert set(answers) == set(cards.FACTS)  # a file of every task
    for task, numbers in answers.items():
        path = folder / f"{task}.safetensors"
        assert modelfile.read(path)[0]["format"] == version
        np.testing.assert_allclose(computed(path), numbers, rtol=1e-3, atol=1e-4, err_msg=task)


@pytest.mark.parametrize("task", sorted(cards.FACTS))
def test_a_newer_format_is_refused_by_name(task, tmp_path):
    card, arrays = modelfile.read(MODELS / f"format-{modelfile.FORMAT}" / f"{task}.safetensors")
    newer = modelfile.FORMAT + 1
    modelfile.write(tmp_path / "m.safetensors", arrays, {**card, "format": newer})
    with pytest.raises(
        InputError, match=f"has format version {newer}, this genloom reads up to {modelfile.FORMAT}; use a newer"
    ):
        modelfile.read(tmp_path / "m.safetensors")


if __name__ == "__main__":
    folder = MODELS / f"format-{int(sys.argv[1])}"
    found = {path.stem: computed(path) for path in sorted(folder.glob("*.safetensors"))}
    (folder / "answers.json").write_text(json.dumps(found, indent=1) + "\n")
