"""The training loop of the networks (Lightning): early stopping, checkpoints that resume exactly, any device."""

from __future__ import annotations

import copy
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.fabric.plugins.environments import LightningEnvironment
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor, distributed, nn
from torch.utils.data import DataLoader, Dataset, Sampler, TensorDataset

from .. import console
from ..errors import InputError
from ..models.mlp import mlp
from ..models.regressor import Regressor
from ..models.span import Span
from . import curve
from .loop import Loop

WIDEST = 5_000  # inputs of a perceptron; beyond, its first layer would outgrow all that the samples can say
Loss = Callable[[Tensor, Tensor], Tensor]


Epoch = tuple[int, str, float]  # number, part, mean loss


class Order(Sampler[list[int]]):
    """Batches of rows, in a new order each epoch. It depends on seed and epoch alone: a resumed run sees the same ones.

    rows : taken in every epoch
    others, count : so many of these, drawn anew, are taken beside them
    Where several processes train together, each is given its share of a batch, some rows twice where it is uneven.
    """

    def __init__(
        self, rows: np.ndarray, batch: int, seed: int, others: np.ndarray | None = None, count: int = 0, label: str = ""
    ):
        self.rows, self.others = rows, np.zeros(0, np.int64) if others is None else others
        self.batch, self.seed, self.count, self.label, self.epoch = batch, seed, min(count, len(self.others)), label, 0

    def set_epoch(self, epoch: int) -> None:  # called by Lightning
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.default_rng([self.seed, self.epoch])
        drawn = random.choice(self.others, self.count, replace=False) if self.count else self.others[:0]
        batches = _cut(random.permutation(np.concatenate([self.rows, drawn])), self.batch)
        first, among = _processes()
        shares = (_share(np.resize(rows, -(-len(rows) // among) * among).tolist()) for rows in batches)
        if self.label and not first:
            yield from console.progress(shares, len(batches), f"{self.label}, epoch {self.epoch + 1}")
        else:
            yield from shares

    def __len__(self) -> int:
        return -(-(len(self.rows) + self.count) // self.batch)


class _Once(Sampler[list[int]]):
    """Batches of all of `count` rows in their order; of several processes, each has its share, none twice."""

    def __init__(self, count: int, batch: int):
        self.batches = _cut(np.arange(count), batch)

    def __iter__(self) -> Iterator[list[int]]:
        return map(_share, self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def _cut(rows: np.ndarray, batch: int) -> list[list[int]]:
    return [rows[start : start + batch].tolist() for start in range(0, len(rows), batch)]


def _processes() -> tuple[int, int]:
    """Which of how many processes that train together this is."""
    alone = not (distributed.is_available() and distributed.is_initialized())
    return (0, 1) if alone else (distributed.get_rank(), distributed.get_world_size())


def _share(rows: list[int]) -> list[int]:
    first, step = _processes()
    return rows[first::step]


class _Module(lightning.LightningModule):
    def __init__(self, network: nn.Module, loss: Loss, loop: Loop):
        super().__init__()
        self.network, self.loss, self.loop = network, loss, loop
        self.average = copy.deepcopy(network).requires_grad_(False) if loop.average else None
        self.history: list[Epoch] = []
        self.number = curve.network()
        self.threads = max(torch.get_num_threads() // loop.devices, 1)
        self._sums: dict[str, list[float]] = {}

    def __setstate__(self, state: dict) -> None:  # in a process that trains beside others
        _quiet()
        super().__setstate__(state)

    def setup(self, stage: str) -> None:
        if self.loop.devices > 1:
            torch.set_num_threads(self.threads)

    @property
    def judged(self) -> nn.Module:
        """The network that is judged and kept."""
        return self.network if self.average is None else self.average

    def _step(self, network: nn.Module, batch: Sequence[Tensor], part: str) -> Tensor:
        *inputs, target = batch
        total = self._sums.setdefault(part, [0.0, 0.0])
        if not len(target):  # of a last batch of fewer rows than processes
            return torch.zeros(())
        loss = self.loss(network(*inputs), target)
        total[0] += float(loss.detach()) * len(target)
        total[1] += len(target)
        return loss

    def training_step(self, batch: Sequence[Tensor], index: int) -> Tensor:
        step = self.global_step + (self.global_rank << 40)
        torch.manual_seed((self.loop.seed * 1_000_003 + step) % 2**63)  # dropout is the same on resuming
        return self._step(self.network, batch, "train")

    def on_train_batch_end(self, *args: object) -> None:
        if self.average is None:
            return
        share = 1 - min(self.loop.average, self.global_step / (self.global_step + 10))  # the first steps weigh little
        with torch.no_grad():
            for mean, value in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                mean.lerp_(value, share) if mean.is_floating_point() else mean.copy_(value)

    def validation_step(self, batch: Sequence[Tensor], index: int) -> None:
        self._step(self.judged, batch, "validation")

    def on_validation_epoch_end(self) -> None:
        self.log("validation", self._mean("validation"))

    def on_train_epoch_end(self) -> None:  # comes after the epoch's validation
        losses = {part: self._mean(part) for part in self._sums}
        self.history += [(self.current_epoch, part, loss) for part, loss in losses.items()]
        if self.trainer.is_global_zero:
            curve.tell(self.number, self.current_epoch + 1, losses)
        self._sums.clear()

    def _mean(self, part: str) -> float:
        """The mean loss of a part in this epoch, over all processes."""
        sums = torch.tensor(self._sums.get(part, [0.0, 1.0]), dtype=torch.float64, device=self.device)
        total, count = self.trainer.strategy.reduce(sums, reduce_op="sum").tolist()
        return total / count

    def configure_optimizers(self) -> Any:
        rate = self.loop.rate
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=self.loop.decay)
        if not self.loop.one_cycle:
            return optimizer
        cycle = one_cycle(optimizer, rate, int(self.trainer.estimated_stepping_batches))
        return [optimizer], [{"scheduler": cycle, "interval": "step"}]

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        self.history = [tuple(row) for row in checkpoint["history"]]


def one_cycle(optimizer: torch.optim.Optimizer, rate: float, steps: int) -> torch.optim.lr_scheduler.OneCycleLR:
    """The learning rate rises to `rate` for a tenth of so many steps, then falls."""
    steps = max(steps, 2)
    return torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        rate,
        total_steps=steps,
        pct_start=0.2 if steps == 10 else 0.1,  # a rise of just one step would be divided by its length less one
        div_factor=20,
        final_div_factor=100,
        cycle_momentum=False,
    )


def train(
    network: nn.Module, loss: Loss, fit: Dataset, stop: Dataset, loop: Loop, order: Order | None = None
) -> list[Epoch]:
    """Train `network` in place on `fit` and leave it at the epoch with the least loss on `stop`.

    Parameters
    ----------
    fit, stop : inputs, one or several, and targets, taken by lists of rows
    loss : (predicted, target) → mean loss of the batch
    order : the rows of `fit` to take each epoch; by default all of them

    Returns
    -------
    (epoch, part, mean loss) of both parts in every epoch, for the training curves
    """
    order = order or Order(np.arange(len(fit)), loop.batch, loop.seed, label=loop.label)  # type: ignore[arg-type]
    module = _Module(network, loss, loop)
    if loop.devices > 1:
        _on_this_machine()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        _quiet()
        folder = loop.folder or Path(scratch)
        best, last, finished = folder / "best.ckpt", folder / "last.ckpt", folder / "finished"
        if not finished.exists():
            trainer = lightning.Trainer(
                accelerator={"cuda": "gpu"}.get(loop.device, loop.device),
                devices=loop.devices,
                strategy="ddp_spawn" if loop.devices > 1 else "auto",
                plugins=LightningEnvironment(),  # a cluster's job is one process, whatever its variables say
                use_distributed_sampler=False,
                sync_batchnorm=loop.devices > 1 and loop.device == "cuda",  # a processor's part is judged by itself
                default_root_dir=folder,
                max_epochs=loop.epochs,
                callbacks=[
                    EarlyStopping("validation", patience=loop.patience),
                    ModelCheckpoint(folder, best.stem, "validation", enable_version_counter=False),
                    ModelCheckpoint(folder, last.stem, enable_version_counter=False),  # of every epoch
                ],
                precision="bf16-mixed" if loop.precision == "bf16" else "32-true",
                gradient_clip_val=loop.clip or None,
                logger=False,
                deterministic=True,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
            )
            if last.exists():
                console.say(f"going on from {folder.name}/{last.name}")
            trainer.fit(
                module,
                DataLoader(fit, batch_size=None, sampler=order),
                DataLoader(stop, batch_size=None, sampler=_Once(len(stop), 4 * loop.batch)),  # type: ignore[arg-type]
                ckpt_path=last if last.exists() else None,
                weights_only=True,
            )
            finished.touch()
        weights = torch.load(best, weights_only=True, map_location="cpu")["state_dict"]
        kept = "average." if loop.average else "network."
        network.cpu().load_state_dict({k.removeprefix(kept): v for k, v in weights.items() if k.startswith(kept)})
        history = torch.load(last, weights_only=True, map_location="cpu")["history"]
    network.eval()
    return [tuple(row) for row in history]


def _on_this_machine() -> None:
    """Processes that train together speak over the loopback, at a port that is found free for each training."""
    for library in ("GLOO", "NCCL"):
        os.environ.setdefault(f"{library}_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    os.environ.pop("MASTER_PORT", None)  # of a training before


def _quiet() -> None:
    """Lightning advises workers and intervals that small data have no use for."""
    warnings.simplefilter("ignore")
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Network(Regressor):
    """A multilayer perceptron on the difference from the training mean.

    Inputs are centred and divided by one number, the root mean square of the training values, so that bins keep their
    relative weight; more than `WIDEST` of them are first turned into coordinates in the span of the training samples.
    The rows named by `stop` are kept out of training and end it; without them a fifth of the groups is.
    """

    name = "mlp"

    def __init__(self, loop: Loop, hidden: Sequence[int], dropout: float):
        super().__init__(hidden=list(hidden), dropout=dropout)
        self.loop = loop
        self.history: list[Epoch] = []

    def fit(self, x: np.ndarray, y: np.ndarray, groups: Sequence[str], stop: np.ndarray | None = None) -> Network:
        stop = _stop_rows(groups, self.loop.seed) if stop is None else stop
        rows = np.setdiff1d(np.arange(len(x)), stop)
        mean = y[rows].mean(0, dtype=np.float64).astype(np.float32)
        self.arrays = {"mean": mean, **_frame(x[rows])}
        inputs = self._inputs(x)
        torch.manual_seed(self.loop.seed)
        network = mlp(inputs.shape[1], self.settings["hidden"], y.shape[1], self.settings["dropout"])
        targets = torch.from_numpy(y - mean)
        self.history = train(
            network,
            nn.functional.mse_loss,
            TensorDataset(inputs[rows], targets[rows]),
            TensorDataset(inputs[stop], targets[stop]),
            self.loop,
        )
        self.arrays.update({f"network.{k}": v.numpy() for k, v in network.state_dict().items()})
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        inputs, mean = self._inputs(x), self.arrays["mean"]
        network = mlp(inputs.shape[1], self.settings["hidden"], len(mean), self.settings["dropout"]).eval()
        network.load_state_dict(
            {
                k.removeprefix("network."): torch.from_numpy(np.array(v))
                for k, v in self.arrays.items()
                if k.startswith("network.")
            }
        )
        with torch.inference_mode():
            return mean + network(inputs).numpy()

    def _inputs(self, x: np.ndarray) -> Tensor:
        a = self.arrays
        values = Span(a["centre"], a["basis"]).coordinates(x) if "basis" in a else x - a["centre"]
        return torch.from_numpy((values / a["scale"][0]).astype(np.float32))


def _frame(x: np.ndarray) -> dict[str, np.ndarray]:
    """What turns values of bins into inputs: their centre, their scale, and for very many of them a basis."""
    span = Span.of(x) if x.shape[1] > WIDEST else None
    centre = span.centre if span else x.mean(0, dtype=np.float64).astype(np.float32)
    values = span.coordinates(x) if span else x - centre
    scale = np.array([np.sqrt((values**2).mean(dtype=np.float64)) or 1.0], np.float32)
    return {"centre": centre, "scale": scale, **({"basis": span.basis} if span else {})}


def _stop_rows(groups: Sequence[str], seed: int) -> np.ndarray:
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

    names = np.asarray(groups, dtype=str)
    if len(names) < 3:
        raise InputError(f"{len(names)} training samples are too few for a network", None, "choose ridge or give more")
    splitter = (GroupShuffleSplit if len(set(names)) > 1 else ShuffleSplit)(1, test_size=0.2, random_state=seed)
    return np.sort(next(iter(splitter.split(names, groups=names)))[1])
