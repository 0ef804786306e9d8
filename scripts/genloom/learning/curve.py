"""The learning curve of a network while it is being trained: a line of JSON an epoch, for whoever looks on.

Nothing is written unless the environment names a file in `VARIABLE`: a study does, of the runs that it starts.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "GENLOOM_CURVE"
_networks = itertools.count(1)


def network() -> int:
    """The number of the next network that this process trains, from 1."""
    return next(_networks)


def tell(number: int, epoch: int, losses: Mapping[str, float]) -> None:
    """Append the mean losses, part by part, of an epoch (from 1) of a network."""
    if path := os.environ.get(VARIABLE):
        known = {part: loss if math.isfinite(loss) else None for part, loss in losses.items()}
        with Path(path).open("a") as file:
            file.write(json.dumps({"network": number, "epoch": epoch, **known}) + "\n")


def read(path: Path) -> list[float | None]:
    """The validation loss of the first network after each epoch, as far as it is known; None for one that is no number."""
    if not path.exists():
        return []
    content = path.read_text()
    rows = map(json.loads, content[: content.rfind("\n") + 1].splitlines())
    return [row["validation"] for row in rows if row["network"] == 1 and "validation" in row]
