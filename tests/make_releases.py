#!/usr/bin/env python3
"""Note in pretrained/releases.py what the authors' own software computes for genloom's known sequence.

Run it once for each software, in an environment that has it and numpy, on the released files:

    python tests/make_releases.py tensorflow spliceai1.h5 … spliceai5.h5 human_trainepoch.11-0.426.h5
    python tests/make_releases.py openspliceai model_80nt_rs10.pt model_400nt_rs10.pt model_10000nt_rs10.pt
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import re
import sys
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from genloom.pretrained import known  # noqa: E402
from genloom.pretrained.releases import RELEASES, Release  # noqa: E402

BASES = 400  # that the known sequence is predicted for


def sites(output: np.ndarray) -> dict[str, float]:
    """(bases, 3) probabilities → those next to a half."""
    found = {}
    for index, name in ((1, "acceptor"), (2, "donor")):
        base = int(np.abs(output[:, index] - 0.5).argmin())
        found[f"{name} {base}"] = round(float(output[base, index]), 6)
    return found


def tensorflow(path: str) -> dict[str, float]:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    def one_hot(codes: np.ndarray) -> np.ndarray:
        return np.eye(5, 4, dtype=np.float32)[codes]

    model = keras.models.load_model(path, compile=False)
    if len(model.inputs) == 1:
        context = 2 * next(layer.cropping[0] for layer in model.layers if hasattr(layer, "cropping"))
        return sites(model.predict(one_hot(known.sequence(context + BASES))[None], verbose=0)[0])
    window, features = (each.shape[1] for each in model.inputs)
    promoters = one_hot(np.stack([known.sequence(window, number) for number in (1, 2)]))
    output = model.predict([promoters, np.zeros((2, features), np.float32)], verbose=0)[:, 0]
    return {f"sequence {number}": round(float(value), 6) for number, value in enumerate(output, 1)}


def openspliceai(path: str) -> dict[str, float]:
    from openspliceai.predict.predict import predict

    context = int(re.search(r"_(\d+)nt", Path(path).name)[1])
    with contextlib.redirect_stdout(sys.stderr):
        output = predict(known.letters(known.sequence(context + BASES)), path, context).numpy()
    return sites(output[context // 2 : context // 2 + BASES])


def main(software: str, *paths: str) -> None:
    package = {"tensorflow": "tensorflow-cpu"}.get(software, software)
    label = f"{software} {importlib.metadata.version(package)}"
    if software == "tensorflow":
        label += f" with keras {importlib.metadata.version('keras')}"
    for path in paths:
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        RELEASES[digest] = Release(Path(path).name, label, globals()[software](path))
        print(*RELEASES[digest])
    module = SCRIPTS / "genloom" / "pretrained" / "releases.py"
    head, _, _ = module.read_text().partition("RELEASES: dict")
    rows = "".join(
        f'    "{digest}": Release(\n        "{each.name}",\n        "{each.software}",\n'
        f"        {str(each.output).replace(chr(39), chr(34))},\n    ),\n"
        for digest, each in sorted(RELEASES.items(), key=lambda item: item[1].name)
    )
    module.write_text(f"{head}RELEASES: dict[str, Release] = {{\n{rows}}}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
