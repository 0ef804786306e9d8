"""How a network is trained, and on what: settings that every task with networks shares. Imports nothing heavy."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Loop:
    """How a network is trained. `folder` keeps the checkpoints; a run that finds one there goes on from it.

    devices : processes, each on a GPU or a share of the processor, among which every batch is divided
    one_cycle : the step size rises over a tenth of the steps and falls to nearly nothing; otherwise it is constant
    average : decay, each step, of a running mean of the weights, which is then what is judged and kept; 0 for none
    clip : largest norm of a gradient; 0 for any
    precision : "single", or "bf16" for matrix products in bfloat16
    label : shown with the progress of each epoch; none is shown without it
    """

    epochs: int = 200
    patience: int = 20
    batch: int = 16
    rate: float = 1e-3
    decay: float = 1e-2
    seed: int = 1
    device: str = "cpu"
    devices: int = 1
    folder: Path | None = None
    one_cycle: bool = False
    average: float = 0.0
    clip: float = 0.0
    precision: str = "single"
    label: str = ""

    @classmethod
    def of(cls, args: Namespace, **own: Any) -> Loop:
        """That of the options of train_model, and what a task adds of its `own`.

        Raises
        ------
        InputError : a device that is not here, or more of them than there are
        """
        where = device(args.device)
        if args.devices > (most := _available(where, args.threads)):
            have, cure = (
                (f"{most} GPUs are here", None)
                if where == "cuda"
                else (f"--threads gives {most} to share among them", f"give --threads {args.devices} or more")
            )
            raise InputError(f"--devices {args.devices} is given, and {have}", None, cure)
        return cls(
            **{
                "epochs": args.epochs,
                "patience": args.patience or args.epochs,
                "batch": args.batch_size,
                "rate": args.learning_rate,
                "decay": args.weight_decay,
                "seed": args.seed,
                "device": where,
                "devices": args.devices,
                **own,
            }
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What shapes the networks, for a card."""
        return {name: value for name, value in asdict(self).items() if name not in ("seed", "folder", "label")}


def device(name: str) -> str:
    """Where to compute: what is there, for "auto".

    Raises
    ------
    InputError : cuda, where there is none
    """
    if name == "cpu":
        return name
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda is given, and there is no such device here", None, "use --device auto")
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision(name: str, where: str) -> str:
    """ "auto" is bfloat16 on a GPU, and single on a CPU, where few are faster with less."""
    return name if name != "auto" else "bf16" if where == "cuda" else "single"


def _available(where: str, threads: int) -> int:
    if where != "cuda":
        return threads
    import torch

    return torch.cuda.device_count()
