"""What the tasks on windows of sequence share: settings, the parts of a split, and networks in model files."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import torch
from torch import nn

from ..console import say
from ..errors import InputError, named
from ..formats import modelfile, tables
from ..formats.split import PARTS, Fold, Split
from ..formats.windows import Windows
from . import loop as loops
from . import sites, tasks
from .loop import Loop
from .metrics import Metric

Network = TypeVar("Network", bound=nn.Module)

SLOPES = {"relu": 0.0, "leaky-relu": 0.1}
_COUNTER = "num_batches_tracked"  # of a normalisation; of no use once trained
_BASES = 200_000  # predicted at once


@dataclass(frozen=True)
class Options:
    """The settings of a run on windows, as `train_model` takes them."""

    task: str
    context: int
    channels: int
    activation: str
    ensemble: int
    start: str | None
    annotation: str | None
    fold: str | None
    empty_share: float
    gate_recall: float
    loop: Loop
    checkpoint: str | None
    seed: int

    @classmethod
    def of(cls, args: Namespace) -> Options:
        precision = loops.precision(args.precision, loops.device(args.device))
        loop = Loop.of(args, precision=precision, one_cycle=True, average=0.995, clip=5.0)
        own = {name: getattr(args, name) for name in cls.__dataclass_fields__ if name != "loop"}
        return cls(**own | {"loop": loop, "context": int(args.context)})

    def member(self, number: int, folder: Path | None) -> Loop:
        """The loop of one network of the ensemble, each with a seed of its own."""
        return replace(
            self.loop,
            seed=self.seed + number,
            folder=folder and folder / f"member{number + 1}",
            label=f"network {number + 1} of {self.ensemble}",
        )

    def folder(self, windows: str, split: Split) -> Path | None:
        """Where the checkpoints of this run are kept: another setting, window or split has another folder."""
        if not self.checkpoint:
            return None
        told = {
            name: value for name, value in asdict(self).items() if name not in ("checkpoint", "start", "annotation")
        }
        told["files"] = [
            hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in (self.start, self.annotation) if path
        ]
        key = hashlib.sha256(json.dumps([told, windows, split.digest], sort_keys=True).encode()).hexdigest()
        return Path(self.checkpoint, key[:12])


def fold(split: Split, name: str | None) -> Fold:
    """The fold to train: the one there is, or the one of that name.

    Raises
    ------
    InputError : several and no name, or an unknown name
    """
    folds = {each.name: each for each in split.outer}
    if name is None and len(folds) > 1:
        raise InputError(
            f"has {len(folds)} folds, one is trained in a run", split.where, f"say --fold {next(iter(folds))}"
        )
    if name is not None and name not in folds:
        raise InputError(f"has no fold {name!r}, it has {named(folds)}", split.where)
    return folds[name] if name is not None else split.outer[0]


def parts(
    windows: Windows, split: Split, chosen: Fold, why: str = "thresholds are chosen on it"
) -> dict[str, np.ndarray]:
    """Part → the rows of its windows in the file, ascending. `why` a validation part is needed goes into the message.

    Raises
    ------
    InputError : windows that the file does not hold, or no validation part
    """
    split.require(windows.table["name"].tolist(), windows.path, "window")
    place = {name: row for row, name in enumerate(windows.table["name"].tolist())}
    rows = {part: np.sort(np.array([place[name] for name in chosen.part(part)], np.int64)) for part in PARTS}
    if not len(rows["validation"]):
        raise InputError(
            f"fold {chosen.name} has no validation part: {why}",
            split.where,
            "split_samples --validation-groups or --validation-share makes one",
        )
    return rows


def drawn(rows: np.ndarray, others: np.ndarray, share: float, seed: int) -> np.ndarray:
    """`rows`, and so many of the `others` that they are that share of all, at the most; ascending."""
    count = min(others_beside(len(rows), share), len(others))
    return np.sort(np.concatenate([rows, np.random.default_rng(seed).choice(others, count, replace=False)]))


def others_beside(count: int, share: float) -> int:
    """How many to add to `count` for them to be that share of all."""
    return round(share / (1 - share) * count)


def batches(count: int, length: int) -> Iterator[slice]:
    """Slices of `count` windows of that length, as many at once as a network takes in well."""
    step = max(1, _BASES // length)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def packed(networks: Sequence[nn.Module]) -> dict[str, np.ndarray]:
    """The arrays of an ensemble for a model file."""
    return {
        f"member{number}.{name}": value.detach().cpu().numpy()
        for number, network in enumerate(networks, 1)
        for name, value in network.state_dict().items()
        if not name.endswith(_COUNTER)
    }


def unpack(network: nn.Module, arrays: dict[str, np.ndarray], number: int, where: object) -> None:
    """Set the weights of a network from those of a member, from 1 on.

    Raises
    ------
    InputError : arrays that do not fit the network
    """
    found, own = _fitting(network, arrays, number, where), network.state_dict()
    network.load_state_dict({**own, **{name: torch.from_numpy(np.array(value)) for name, value in found.items()}})
    network.eval()


def unpacked(
    kind: Callable[..., Network], card: dict[str, Any], arrays: dict[str, np.ndarray], where: object
) -> list[Network]:
    """The networks of a model file, members in order.

    Raises
    ------
    InputError : settings that no network of this kind has, or arrays that do not fit them
    """
    networks = []
    for number in range(1, int(card["members"]) + 1):
        networks.append(restored(kind, card["settings"], arrays, number, where))
    return networks


def restored(
    kind: Callable[..., Any], settings: dict[str, Any], arrays: dict[str, np.ndarray], number: int, where: object
) -> Any:
    """The network of a member, from 1 on. Its shapes are held against the arrays before it is given memory.

    Raises
    ------
    InputError : settings that no network of this kind has, or arrays that do not fit them
    """
    try:
        with torch.device("meta"):
            drawn = kind(**settings)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(f"has settings of no network: {error}", where, "train it again") from None
    _fitting(drawn, arrays, number, where)
    network = kind(**settings)
    unpack(network, arrays, number, where)
    return network


def _fitting(network: nn.Module, arrays: dict[str, np.ndarray], number: int, where: object) -> dict[str, np.ndarray]:
    """The arrays of a member, if they fit the network."""
    prefix = f"member{number}."
    found = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
    own = network.state_dict()
    wanted = {name: tuple(value.shape) for name, value in own.items() if not name.endswith(_COUNTER)}
    numbers = all(value.dtype.kind == "f" and np.isfinite(value).all() for value in found.values())
    if not numbers or {name: value.shape for name, value in found.items()} != wanted:
        raise InputError("has arrays that do not fit the network its card tells of", where, "train it again")
    return found


def write_measures(
    metrics: Sequence[Metric],
    curves: Sequence[tuple[int | str, int, str, float]],
    fold: str,
    paths: Mapping[str, Path],
) -> None:
    """Write `metrics`, and the curves as `history`, each where wanted. A curve: member, epoch, part, loss."""
    if "metrics" in paths:
        tables.write(sites.table(metrics), paths["metrics"])
    if "history" in paths:
        rows = [(f"{fold}.{member}", epoch, part, loss) for member, epoch, part, loss in curves]
        tables.write(pl.DataFrame(rows, ["fold", "epoch", "part", "loss"], orient="row"), paths["history"])


def started(network: nn.Module, card: dict[str, Any], arrays: dict[str, np.ndarray], number: int) -> None:
    """Give a new network the weights of a member of the model that training starts from; heads it lacks stay new.

    Its normalisations take over the epsilon, too: imported weights are right with their own alone.
    """
    if (eps := card["settings"].get("eps")) is not None:
        network.settings["eps"] = eps  # type: ignore[operator, index]
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.eps = eps
    prefix = f"member{number % int(card['members']) + 1}."
    own = network.state_dict()
    for name, value in own.items():
        if (old := arrays.get(prefix + name)) is None:
            continue
        if old.shape == tuple(value.shape):
            value.copy_(torch.from_numpy(np.array(old)))
        elif name.startswith("last."):
            shared = min(len(old), len(value))
            value[:shared] = torch.from_numpy(np.array(old[:shared]))
    network.load_state_dict(own)


def read_start(options: Options) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The model that training starts from.

    Raises
    ------
    InputError : of another task, or another network than the options ask for
    """
    if options.start is None:
        return None
    card, arrays = modelfile.read(options.start, options.task)
    require_card(card, options.start)
    wanted = {"context": options.context, "channels": options.channels, "slope": SLOPES[options.activation]}
    for name, value in wanted.items():
        if (found := card["settings"].get(name)) != value:
            option = "--activation" if name == "slope" else f"--{name}"
            raise InputError(f"has {name} {found}, the new network {value}", options.start, f"change {option}")
    return card, arrays


def require_card(card: dict[str, Any], where: object) -> None:
    """Refuse a card that lacks what every model on windows tells."""
    if lacking := [name for name in ("settings", "members", "classes", "window", "flank") if name not in card]:
        raise InputError(f"has a card without {named(lacking)}", where, "train it again")


def require_classes(windows: Windows, classes: Sequence[str]) -> None:
    """Refuse windows whose classes are others, or in another order."""
    if list(windows.classes) != list(classes):
        raise InputError(
            f"has the classes {', '.join(windows.classes)}, {', '.join(classes)} are wanted",
            windows.path,
            "extract the windows anew",
        )


def require_windows(card: dict[str, Any], windows: Windows) -> None:
    """Refuse windows that a model was not made for.

    Raises
    ------
    InputError : another order of classes, another flank policy (of an imported model only said), or less context than
        the model looks at
    """
    require_classes(windows, card["classes"])
    if (found := windows.settings.get("flank", "real")) != card["flank"]:
        if card.get("source"):  # who imports a model wants it for what there is, and cannot train it again
            say(
                f"{windows.path}: shows flanks as {found}, the model was trained with {card['flank']}: scores may shift"
            )
        else:
            raise InputError(
                f"shows flanks as {found}, the model was trained with {card['flank']}",
                windows.path,
                f"extract_windows --flank {card['flank']}",
            )
    if (context := int(card["settings"]["context"])) > windows.context:
        raise InputError(
            f"holds {windows.context} bases of context, the model looks at {context}",
            windows.path,
            f"extract_windows --context {context}",
        )


def card(
    options: Options, windows: Windows, split: Split, chosen: Fold, networks: Sequence[Any], digest: str
) -> dict[str, Any]:
    """What every model on windows tells of itself."""
    settings = windows.settings
    return {
        "task": options.task,
        "settings": networks[0].settings,
        "members": len(networks),
        "classes": list(windows.classes),
        "window": windows.window,
        "flank": settings.get("flank", "real"),
        "transcripts": settings.get("transcripts", ""),
        "strand": "each strand in its own direction",
        "assembly": windows.assembly,
        "data": {"windows": digest, **windows.sources},
        "split": split.digest,
        "fold": chosen.name,
        "seed": options.seed,
        "training": options.loop.settings | {"empty_share": options.empty_share},
        "started_from": None if options.start is None else modelfile.digest(options.start),
        "versions": tasks.versions(),
    }
