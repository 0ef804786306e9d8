"""Imported networks as one ONNX model, for programs that run that format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..console import say
from ..models import onnxfile
from .importing import Imported

TOLERANCE = 1e-5
_TOLD = ("task", "architecture", "classes", "window", "upstream", "downstream", "flank", "unit", "source", "notes")


class _Ensemble(nn.Module):
    """The mean of the networks: probabilities of bases, or the expression of promoters."""

    def __init__(self, imported: Imported):
        super().__init__()
        self.networks = nn.ModuleList(imported.networks)
        self.bases = imported.source.RULES.BASES

    def forward(self, sequence: Tensor) -> Tensor:
        outputs = [network(sequence) for network in self.networks]
        return torch.stack([each.softmax(-1) for each in outputs] if self.bases else outputs).mean(0)


def write(imported: Imported, card: dict[str, Any], path: str | Path) -> float:
    """Write the ONNX model and run it on sequences of several numbers and lengths. Returns the largest difference.

    Its input `sequence` is (batch, length, 4) float32, one-hot of A, C, G, T, unknown bases zero; its output
    `probabilities` (batch, length - context, 3) of none, acceptor and donor, or `expression` (batch,).

    Raises
    ------
    InputError : onnx or onnxruntime is not installed
    RuntimeError : the exported model computes something else
    """
    onnxfile.require("--export")
    import onnx

    codes = imported.source.RULES.known(imported.networks[0])
    module = _Ensemble(imported).eval()
    bases = imported.source.RULES.BASES
    output = "probabilities" if bases else "expression"
    axes = {"sequence": {0: "batch"}, output: {0: "batch"}}
    if bases:
        axes = {"sequence": {0: "batch", 1: "length"}, output: {0: "batch", 1: "bases"}}
    example = torch.from_numpy(_one_hot(codes))
    onnxfile.write(module, example, path, output, axes)
    model = onnx.load(path)
    told = {name: card[name] for name in _TOLD if name in card}
    onnx.helper.set_model_props(model, {"genloom": json.dumps(told, sort_keys=True)})
    onnx.checker.check_model(model)
    onnx.save_model(model, path)
    session = onnxfile.session(path)
    others = [codes, np.concatenate([codes, codes[:, ::-1]])]
    if bases:  # of other lengths, too; the last has unknown bases
        others += [codes[:, :-217], np.where(np.arange(codes.shape[1]) < 3 * codes.shape[1] // 5, codes, 4)]
    furthest = 0.0
    for each in others:
        given = _one_hot(each)
        with torch.inference_mode():
            wanted = module(torch.from_numpy(given)).numpy()
        found = session.run([output], {"sequence": given})[0]
        furthest = max(furthest, float(np.abs(found - wanted).max()))
    if not furthest <= TOLERANCE:
        raise RuntimeError(f"the ONNX model differs by {furthest:.2g} from the networks it was made of")
    say(f"ONNX model, opset {onnxfile.OPSET}: within {furthest:.1g} of the model file's networks")
    return furthest


def _one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(5, 4, dtype=np.float32)[codes]
