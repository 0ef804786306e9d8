"""OpenSpliceAI's networks (Chao et al. 2025) from the state dicts (.pt) that it writes and publishes.

A `.pt` file is a pickle inside a zip. It is read with an unpickler that knows tensors and nothing else: anything that
could run is refused before it runs. Bare pickles, as PyTorch wrote them before 2020, are not opened at all.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..errors import InputError, named
from ..models.splice import GROUPS, UNITS, Splice
from .weights import About, Member, SpliceSites, context_of, fill, units_of

ABOUT = About(
    kind="openspliceai",
    name="OpenSpliceAI",
    licence="GPL-3.0",
    citation=(
        "Chao KH, Mao A, Liu A, Salzberg SL, Pertea M. OpenSpliceAI provides an efficient modular implementation of "
        "SpliceAI enabling easy retraining across nonhuman species. eLife 14:RP107454 (2025)"
    ),
    doi="10.7554/eLife.107454",
    trained_on="genes alone, with N outside them; the species is that of the published file",
    ensemble=5,
)
RULES = SpliceSites
SLOPE, EPS = 0.1, 1e-5  # in the authors' code alone, not in the files
_CURE = "give a .pt file as OpenSpliceAI publishes it"
_HALF = ("weight", "bias", "running_mean", "running_var")
State = dict[str, np.ndarray]


def read(path: str | Path) -> State:
    """The arrays of a .pt file by name. Nothing in the file is run.

    Raises
    ------
    InputError : a file that would run code, that is cut off, or that holds anything but arrays
    """
    try:
        with zipfile.ZipFile(path) as file:
            names = {name.split("/")[-1] for name in file.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise InputError("is a .pt file that is cut off or damaged", path, "copy it again") from None
    if "data.pkl" not in names or "constants.pkl" in names:  # the latter is a program, which PyTorch would load
        raise InputError("is a zip file without weights of PyTorch's", path, _CURE)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        what = re.search(r"GLOBAL ([\w.]+)", str(error))
        holds = f"holds {what[1]}, which is" if what else "holds what are"
        raise InputError(f"{holds} no weights; nothing of it was run", path, _CURE) from None
    except (RuntimeError, ValueError, KeyError, IndexError, EOFError, OSError, AttributeError, TypeError) as error:
        raise InputError(f"cannot be read as weights: {str(error).splitlines()[0]}", path, _CURE) from None
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError("holds something else than a state dict, arrays by name", path, _CURE)
    state = {str(name): value.numpy() for name, value in found.items() if not str(name).endswith("num_batches_tracked")}
    for name, value in state.items():
        if value.dtype.kind != "f" or not np.isfinite(value).all():
            raise InputError(f"has numbers in {name} that are not finite", path, "copy it again")
    return state


def fits(state: State) -> bool:
    """Whether the arrays look like those of OpenSpliceAI."""
    return {"initial_conv.weight", "initial_skip.conv.weight", "final_conv.weight"} <= set(state)


def member(state: State, path: str | Path) -> Member:
    """The network of a file.

    Raises
    ------
    InputError : missing arrays, others than the network has, or of another shape
    """
    numbers = {int(found[1]) for name in state if (found := re.match(r"residual_units\.([0-9]+)\.", name))}
    groups, rest = divmod(len(numbers), UNITS + 1)
    if rest or not 1 <= groups <= len(GROUPS) or numbers != set(range(len(numbers))):
        raise InputError(
            f"has {len(numbers)} units and skips; OpenSpliceAI's networks have 5, 10, 15 or 20, for 80, 400, 2000 and "
            "10000 bases of context",
            path,
            _CURE,
        )
    names = _names(groups)
    if lacking := [name for name in names.values() if name not in state]:
        raise InputError(f"lacks {named(lacking)}", path, _CURE)
    if strange := sorted(set(state) - set(names.values())):
        raise InputError(f"holds {named(strange)}, which OpenSpliceAI's networks have not", path, _CURE)
    network = Splice(context_of(groups), len(state["initial_conv.weight"]), (3,), SLOPE, EPS)
    # a convolution of width 1 is a linear layer here, and others run over an image of height 1
    arrays = {
        ours: value if value.ndim != 3 else value[:, :, None] if ".conv" in ours else value[..., 0]
        for ours, value in ((ours, state[theirs]) for ours, theirs in names.items())
    }
    fill(network, arrays, path)
    return Member(network, partial(_reference, state, groups))


def _names(groups: int) -> dict[str, str]:
    """The name of every array in genloom's network → the name that OpenSpliceAI has for it."""
    names: dict[str, str] = {}
    pairs = {"first": "initial_conv", "skips.0": "initial_skip.conv", "last": "final_conv"}
    pairs |= {f"skips.{group + 1}": f"residual_units.{(UNITS + 1) * group + UNITS}.conv" for group in range(groups)}
    for group, unit in units_of(groups):
        for half in ("1", "2"):
            ours, theirs = f"groups.{group}.{unit}", f"residual_units.{(UNITS + 1) * group + unit}"
            pairs[f"{ours}.conv{half}"] = f"{theirs}.conv{half}"
            names |= {f"{ours}.norm{half}.{each}": f"{theirs}.batchnorm{half}.{each}" for each in _HALF}
    return names | {f"{ours}.{each}": f"{theirs}.{each}" for ours, theirs in pairs.items() for each in _HALF[:2]}


def _reference(state: State, groups: int, codes: np.ndarray) -> np.ndarray:
    """(k, context + n) base codes → (k, n, 3) probabilities, as the authors draw the network.

    Convolutions keep the length, with zeros beyond the ends; what the context is for is cut off at the end.
    """
    weights = {name: torch.from_numpy(value.astype(np.float32)) for name, value in state.items()}

    def convolve(name: str, x: Tensor, dilation: int = 1) -> Tensor:
        kernel = weights[f"{name}.weight"]
        around = dilation * (kernel.shape[2] - 1) // 2
        return functional.conv1d(x, kernel, weights[f"{name}.bias"], padding=around, dilation=dilation)

    def half(unit: str, number: int, x: Tensor, dilation: int) -> Tensor:
        scale, shift, mean, variance = (weights[f"{unit}.batchnorm{number}.{name}"] for name in _HALF)
        x = functional.batch_norm(x, mean, variance, scale, shift, eps=EPS)
        return convolve(f"{unit}.conv{number}", functional.leaky_relu(x, SLOPE), dilation)

    with torch.inference_mode():
        x = convolve("initial_conv", torch.from_numpy(np.eye(5, 4, dtype=np.float32)[codes]).transpose(1, 2))
        total = convolve("initial_skip.conv", x)
        for number in range((UNITS + 1) * groups):
            name = f"residual_units.{number}"
            if number % (UNITS + 1) == UNITS:
                total = total + convolve(f"{name}.conv", x)
            else:
                dilation = GROUPS[number // (UNITS + 1)][1]
                x = x + half(name, 2, half(name, 1, x, dilation), dilation)
        cut = context_of(groups) // 2
        return convolve("final_conv", total)[..., cut:-cut].softmax(1).transpose(1, 2).numpy()
