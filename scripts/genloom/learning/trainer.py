"""The script train_model as seen from a study: its options as settings, and runs of it in processes of their own."""

from __future__ import annotations

import argparse
import ctypes
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..console import Range
from ..errors import InputError, nearest
from . import curve, tasks

FILES = ("bins", "expression", "windows", "annotation", "matrix", "landmarks", "start")  # as options of tune_model, too
NETWORKS = {"expression": ("mlp",), "classes": ("cnn",), "targets": ("mlp",)}  # of the others all models are
ENSEMBLES = ("boundaries", "content", "activity")  # tasks that average networks
OWN = ("task", "split", "fold", "allow_leak", "seed", "threads", "checkpoint", "permutations", "help", "version")


@dataclass(frozen=True)
class Trainer:
    """The script at `path`, for one task."""

    path: Path
    task: str

    @cached_property
    def parser(self) -> argparse.ArgumentParser:
        return runpy.run_path(str(self.path))["build_parser"]()

    @cached_property
    def settings(self) -> dict[str, argparse.Action]:
        """Name, as in a plan → option: what the task takes beside files, seed and folds."""
        found = {}
        for group in self.parser._action_groups:
            told = f"{group.title} {group.description}"
            shared = group.title in ("networks", "data")
            for action in group._group_actions:
                if action.dest in (*FILES, *OWN, *tasks.TRAINED):
                    continue
                if action.dest == "ensemble":
                    fits = self.task in ENSEMBLES
                elif action.dest in tasks.DEFAULTS:
                    fits = self.task in tasks.DEFAULTS[action.dest] or self.task in str(action.help)
                elif takers := [task for task, names in self._takers.items() if action.dest in names]:
                    fits = self.task in takers
                else:
                    fits = self._helped(action) and (shared or self.task in told)
                if fits:
                    found[action.dest.replace("_", "-")] = action
        return found

    @property
    def _takers(self) -> dict[str, tuple[str, ...]]:
        return {task: (*names, *tasks.OPTIONAL[task]) for task, names in tasks.FILES.items()}

    def _helped(self, action: argparse.Action) -> bool:
        """Whether the help of an option does not begin with the name of another task, or of a model this one lacks."""
        names = {*tasks.TASKS, *tasks.architectures()}
        who = {each.strip() for each in str(action.help).partition(":")[0].split(",")} & names
        return not who or bool(who & {self.task, *tasks.ARCHITECTURES.get(self.task, ())})

    def action(self, name: str, where: str) -> argparse.Action:
        """The option of a setting.

        Raises
        ------
        InputError : no such setting of this task; the nearest is named
        """
        if name in self.settings:
            return self.settings[name]
        known = {action.dest.replace("_", "-") for action in self.parser._actions}
        kind = f"is no setting of the task {self.task}" if name in known else "is no option of train_model"
        if name in {each.replace("_", "-") for each in FILES}:
            raise InputError(f"{name} is a file", where, f"give it to tune_model as --{name}")
        cure = nearest(name, self.settings) or f"there are {', '.join(self.settings)}"
        raise InputError(f"{name} {kind}", where, cure)

    def words(self, name: str, value: Any, where: str) -> list[str]:
        """A setting as words of the command line.

        Raises
        ------
        InputError : a value that train_model does not take
        """
        action = self.action(name, where)
        flag = f"--{name}"
        if action.nargs == 0:
            if not isinstance(value, bool):
                raise InputError(f"{name} is {value!r}, it is to be true or false", where)
            return [flag] if value else []
        values = value if isinstance(value, list) else [value]
        if len(values) != 1 and action.nargs != "+":
            raise InputError(f"{name} is {value!r}, it takes one value", where)
        words = [told(each) for each in values]
        for word in words:
            try:
                converted = action.type(word) if callable(action.type) else word
            except (argparse.ArgumentTypeError, ValueError) as error:
                message = str(error) if isinstance(error, argparse.ArgumentTypeError) else f"{word} is no number"
                raise InputError(f"{name}: {message}", where) from None
            if action.choices and converted not in action.choices:
                choices = [str(each) for each in action.choices]
                raise InputError(
                    f"{name} is {word!r}, none of {', '.join(choices)}", where, nearest(word, choices) or None
                )
        return [flag, *words]

    def bounds(self, name: str, where: str) -> Range:
        """What numbers a setting takes.

        Raises
        ------
        InputError : it takes no numbers
        """
        kind = self.action(name, where).type
        if not isinstance(kind, Range):
            raise InputError(f"{name} takes no numbers", where, "list its choices")
        return kind

    def namespace(self, settings: Mapping[str, Any], files: Mapping[str, str]) -> argparse.Namespace:
        """The arguments of a run with these settings, defaults of the task filled in."""
        words = ["--task", self.task, "--split", "split", "--model", "model", "--predictions", "predictions"]
        for name, value in settings.items():
            words += self.words(name, value, "plan")
        for name, path in files.items():
            words += [tasks.flag(name), path]
        args = self.parser.parse_args(words)
        tasks.settle(args)
        return args

    def epochs(self, settings: Mapping[str, Any], files: Mapping[str, str]) -> int:
        """How often at the most the network of these settings goes over its training part; 0 for a model that is none."""
        args = self.namespace(settings, files)
        return args.epochs if args.architecture in NETWORKS.get(self.task, (args.architecture,)) else 0

    def command(
        self, settings: Mapping[str, Any], files: Mapping[str, str], split: Path, folder: Path, seed: int
    ) -> list[str]:
        """The command of a run that leaves its outputs in `folder`."""
        words = [sys.executable, str(self.path), "--task", self.task, "--split", str(split), "--seed", str(seed)]
        for name, path in files.items():
            words += [tasks.flag(name), str(path)]
        for name, value in settings.items():
            words += self.words(name, value, "plan")
        for name in ("model", "predictions", "history", *(("metrics",) if self.writes_metrics else ())):
            words += [f"--{name}", str(folder / NAMES[name])]
        return words

    @property
    def writes_metrics(self) -> bool:
        return "metrics" in tasks.OPTIONAL[self.task]


NAMES = {
    "model": "model.safetensors",
    "predictions": "predictions.tsv",
    "history": "history.tsv",
    "metrics": "metrics.tsv",
}


def told(value: Any) -> str:
    """A value of a plan as a word: whole numbers without a point."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass
class Run:
    """A run of train_model that has been started. `poll` tells when it is over."""

    command: Sequence[str]
    folder: Path
    threads: int
    seconds: float = 0.0
    memory_mb: float = 0.0
    status: int | None = None
    _process: subprocess.Popen | None = field(default=None, repr=False)
    _started: float = 0.0
    _curve: tuple[int, list[float | None]] = (0, [])

    def start(self) -> Run:
        """Start it. It ends with this process, be that killed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stderr").open("wb") as said:
            self._process = subprocess.Popen(
                [*self.command, "--threads", str(self.threads)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=os.environ | {curve.VARIABLE: str(self._told)},
                preexec_fn=_ends_with(os.getpid()),
            )
        self._started = time.monotonic()
        return self

    @property
    def _told(self) -> Path:
        return self.folder / "curve.jsonl"

    @property
    def curve(self) -> list[float | None]:
        """The validation loss after each epoch so far, see `curve.read`."""
        size = self._told.stat().st_size if self._told.exists() else 0
        if size != self._curve[0]:
            self._curve = size, curve.read(self._told)
        return self._curve[1]

    def poll(self) -> bool:
        """Whether it is over; time, memory and status are then known."""
        return self.status is not None or self._waited(os.WNOHANG)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None and self.status is None:
            # Popen.kill would wait for one that has just ended, and lose what it tells of its memory.
            os.kill(self._process.pid, signal.SIGKILL)
            self._waited(0)

    def _waited(self, options: int) -> bool:
        assert self._process is not None
        pid, status, usage = os.wait4(self._process.pid, options)
        if pid == 0:
            return False
        self.status = self._process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self._started
        self.memory_mb = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        return True

    @property
    def error(self) -> str:
        """Why it failed, in a line; empty if it did not."""
        if self.status == 0:
            return ""
        if self.status is not None and self.status < 0:
            return f"ended by {signal.Signals(-self.status).name}, perhaps for want of memory"
        lines = (self.folder / "stderr").read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "said nothing")
        return last.partition(": error: ")[2] or last


def _ends_with(parent: int) -> Any:
    """What a child does first: on Linux, ask to be killed when its parent is gone."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask
