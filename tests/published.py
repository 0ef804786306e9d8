"""Published weights and the authors' software, where a test machine has them; a test without them says what it misses."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest


def spliceai() -> list[Path]:
    """The five files of SpliceAI, from GENLOOM_SPLICEAI_MODELS or the Python package `spliceai`, which is not imported."""
    names = [f"spliceai{number}.h5" for number in range(1, 6)]
    if folder := os.environ.get("GENLOOM_SPLICEAI_MODELS"):
        paths = [Path(folder) / name for name in names]
        if missing := [path.name for path in paths if not path.is_file()]:
            pytest.skip(f"the folder of GENLOOM_SPLICEAI_MODELS lacks {', '.join(missing)}")
        return paths
    try:
        files = metadata.files("spliceai") or []
    except metadata.PackageNotFoundError:
        pytest.skip(
            "the weights of SpliceAI are not here: pip install --no-deps spliceai, or set GENLOOM_SPLICEAI_MODELS"
        )
    return [Path(str(each.locate())) for name in names for each in files if each.name == name]
