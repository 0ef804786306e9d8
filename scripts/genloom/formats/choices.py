"""How windows are to be made, and the account of what was left out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Options:
    """The choices of extract_windows, as its help tells them."""

    kind: str = "boundaries"
    window: int = 5000
    stride: int = 0
    context: int = 10_000
    strand: str = "both"
    flank: str = "real"
    empty_share: float = 1.0
    max_n: float = 0.5
    upstream: int = 7000
    downstream: int = 3500
    half_life: bool = False
    transcripts: str = "canonical"
    gene_type: tuple[str, ...] = ()
    without_stop: str = "skip"
    region: tuple[str, ...] = ()
    seed: int = 1
    assembly: str = ""
    compress: bool = False

    @classmethod
    def of(cls, args: Any) -> Options:
        values: dict[str, Any] = {name: getattr(args, name) for name in cls.__dataclass_fields__}
        return cls(**values | {name: tuple(values[name] or ()) for name in ("gene_type", "region")})

    def __post_init__(self) -> None:
        if self.context % 2:
            raise InputError(f"--context {self.context} is odd", None, "half of it lies on each side of a window")

    @property
    def tiled(self) -> bool:
        return self.kind != "promoters"

    def settings(self) -> dict[str, Any]:
        """What goes into the file: the choices that this kind of window depends on."""
        others = (
            {"upstream", "downstream", "half_life"}
            if self.tiled
            else {"window", "stride", "context", "strand", "flank", "empty_share", "seed"}
        )
        own = {
            name: value for name, value in asdict(self).items() if name not in others | {"kind", "assembly", "compress"}
        }
        return own | {"stride": self.stride or self.window} if self.tiled else own


class Tally:
    """Counts of what was left out or is worth knowing, by reason, for the table beside the windows."""

    COLUMNS = ("item", "reason", "action", "count", "example")

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], list] = {}

    def add(self, item: str, reason: str, action: str, count: int = 1, example: object = "") -> None:
        if count:
            row = self.rows.setdefault((item, reason, action), [0, str(example)])
            row[0] += int(count)

    def update(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add the rows of another tally, as `listed` has them."""
        for item, reason, action, count, example in rows:
            self.add(item, reason, action, count, example)

    def listed(self) -> list[list[Any]]:
        """The rows: item, reason, action, count, example."""
        return [[*key, *row] for key, row in self.rows.items()]

    def write(self, path: str | Path) -> None:
        """Write the table, separated by tabs."""
        lines = ["\t".join(self.COLUMNS), *("\t".join(map(str, row)) for row in self.listed())]
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
