"""A model in one `.safetensors` file: arrays, and in the header a card (JSON) that says all that is needed to use them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from . import card as cards

FORMAT = 1  # raised when a reader of the previous number could not use the file


def write(path: str | Path, arrays: dict[str, np.ndarray], card: dict[str, Any]) -> None:
    """Write arrays and card. The card needs `task` and `architecture`; the format version is added here."""
    from safetensors.numpy import save_file

    assert "task" in card and "architecture" in card
    text = json.dumps({"format": FORMAT, **card}, sort_keys=True, allow_nan=False)
    save_file({name: np.asarray(a, order="C") for name, a in arrays.items()}, path, metadata={"genloom": text})


def add(path: Path, facts: dict[str, Any]) -> None:
    """Add to the card of a model file."""
    card, arrays = read(path)
    write(path, arrays, {**card, **facts})


def read(path: str | Path, task: str | None = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read card and arrays.

    Raises
    ------
    InputError : not a model of genloom's, cut off, of a newer format version, or of another task
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise InputError("no such file", path)
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get("genloom")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no iterator here)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"is not a whole .safetensors file: {error}", path, "copy or train it again") from None
    if text is None:
        raise InputError("has no genloom card", path, "only models made by train_model or import_model can be used")
    try:
        card = json.loads(text)
        version = int(card["format"])
        found = card["task"]
        if not isinstance(found, str):
            raise TypeError
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise InputError("has a damaged card", path, "train it again") from None
    if version > FORMAT:
        raise InputError(
            f"has format version {version}, this genloom reads up to {FORMAT}", path, "use a newer genloom"
        )
    if task is not None and found != task:
        raise InputError(f"is a model of task {found!r}, {task!r} is wanted", path)
    cards.check(card, path)
    return card, arrays


def digest(path: str | Path) -> str:
    """SHA-256 of a model file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(**paths: str | Path | None) -> dict[str, str]:
    """What tells model files apart, of those that are given."""
    return {f"the {name}": digest(path)[:16] for name, path in paths.items() if path is not None}
