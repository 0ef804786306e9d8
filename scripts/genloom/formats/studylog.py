"""The log of a study: a line of JSON for the plan, for each trial, and for each time its winner was judged.

A line is on disk before the next thing is done. What a kill leaves of a line is cut off by the next run.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..console import blaming
from ..errors import InputError
from .facts import wrong

FORMAT = 1
FINISHED, PRUNED, FAILED = "finished", "pruned", "failed"
CURE = "give the log of a study, as tune_model writes it"
_STUDY = {
    "plan": dict.fromkeys(("question", "task", "metric"), str),
    "digests": {"plan": str, "data": dict, "split": str},
}
_TRIAL = {
    **dict.fromkeys(("trial", "seed", "seen"), int),
    **dict.fromkeys(("seconds", "memory_mb"), float),
    **dict.fromkeys(("stopped", "why"), str),
    **dict.fromkeys(("settings", "digests"), dict),
    "folds": {str: {str: float}},
}
_CURVES = {str: [float | None]}
_JUDGED = {
    "metrics": [{**dict.fromkeys(("metric", "model"), str), **dict.fromkeys(("value", "low", "high"), float | None)}]
}


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes
    ----------
    trial : its number; 0 is the hand-set default
    settings : those that are searched; none in trial 0 where it leaves them to train_model
    seed : of training
    seen : the trials before this number were known when its settings were suggested
    folds : inner fold → metric → value of the chosen model, in the order they were run
    seconds, memory_mb : all its runs together; the largest of them
    stopped : finished, pruned or failed, and `why`
    digests : SHA-256 of the plan, of each data file, of the split and of the code
    curves : inner fold → validation loss of its (first) network after each epoch, None where it is no number; of a trial that
        was ended within a fold, up to where it was
    """

    trial: int
    settings: dict[str, Any]
    seed: int
    seen: int
    folds: dict[str, dict[str, float]]
    seconds: float
    memory_mb: float
    stopped: str
    why: str
    digests: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, list[float | None]] = field(default_factory=dict)

    def scores(self, metric: str) -> list[float]:
        """The metric on each fold that was run."""
        return [values[metric] for values in self.folds.values()]

    def score(self, metric: str) -> float:
        """The mean of the metric over the folds that were run; NaN without one."""
        scores = self.scores(metric)
        return sum(scores) / len(scores) if scores else float("nan")


@dataclass(frozen=True)
class Log:
    """What a log holds. `header` has the plan and the digests, `judged` what was found last of the winner, or nothing."""

    where: str
    header: dict[str, Any]
    trials: dict[int, Trial]
    judged: dict[str, Any] | None

    @property
    def metric(self) -> str:
        return self.header["plan"]["metric"]


def read(path: str | Path) -> Log:
    """Read a log. A last line without its end, as a kill leaves it, is passed over.

    Raises
    ------
    InputError : not such a log (file:line), or a trial twice
    """
    with blaming(path):
        content = Path(path).read_bytes()
    return _parse(content[: content.rfind(b"\n") + 1], str(path))


def _parse(content: bytes, where: str) -> Log:
    header: dict[str, Any] | None = None
    trials: dict[int, Trial] = {}
    judged = None
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError("is not a line of JSON", f"{where}:{number}", CURE) from None
        if not isinstance(record, dict) or (header is None) != ("study" in record):
            raise InputError("is not a line of a study's log", f"{where}:{number}", CURE)
        if header is None:
            if record["study"] != FORMAT:
                raise InputError(f"is the log of a study of format {record['study']}", where, "use that genloom")
            if bad := wrong(record, _STUDY):
                raise InputError(f"is not the first line of a study's log: {bad}", f"{where}:{number}", CURE)
            header = record
        elif "judged" in record:
            judged = record["judged"]
            if bad := wrong(judged, _JUDGED):
                raise InputError(f"is not the line of a winner that was judged: {bad}", f"{where}:{number}", CURE)
        elif bad := _amiss(record, header["plan"]["metric"]):
            raise InputError(f"is not the line of a trial: {bad}", f"{where}:{number}", CURE)
        elif record["trial"] in trials:
            raise InputError(f"holds trial {record['trial']} twice", f"{where}:{number}", "remove one of the lines")
        else:
            trials[record["trial"]] = Trial(**record)
    if header is None:
        raise InputError("holds no study", where, CURE)
    return Log(where, header, trials, judged)


def _amiss(record: dict[str, Any], metric: str) -> str:
    """What is wrong with a trial; empty if nothing is."""
    strange = record.keys() - {*_TRIAL, "curves"}
    bad = ", ".join(sorted(strange)) or wrong(record, _TRIAL, largest=1 << 33)
    bad = bad or wrong(record.get("curves", {}), _CURVES, name="curves")  # logs of before had none
    return bad or next(
        (f"folds.{fold}.{metric}" for fold, values in record["folds"].items() if metric not in values), ""
    )


def require_same(log: Log, header: Mapping[str, Any]) -> None:
    """Refuse the log of another plan, other data or another split.

    Raises
    ------
    InputError : naming what differs
    """
    own, other = header["digests"], log.header["digests"]
    if own["plan"] != other["plan"]:
        plan, theirs = header["plan"], log.header["plan"]
        keys = [key for key in plan if key not in FREE and plan[key] != theirs.get(key)]
        raise InputError(f"is the log of another plan: {', '.join(keys)} differ", log.where, "name another --log")
    for name, digest in own["data"].items():
        if other["data"].get(name) != digest:
            raise InputError(f"is the log of other data: --{name} differs", log.where, "name another --log")
    if own["split"] != other["split"]:
        raise InputError("is the log of another split", log.where, "name another --log")


FREE = ("question", "data", "budget")  # of a plan: may change while a study goes on


class Writer:
    """A log that grows, locked against a second run. Use as a context.

    Raises
    ------
    InputError : cannot be written, in use by another run, or the log of another study
    """

    def __init__(self, path: str | Path, header: Mapping[str, Any]):
        self.path, self.header = Path(path), dict(header)
        self.trials: dict[int, Trial] = {}

    def __enter__(self) -> Writer:
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise InputError("is no file to write", self.path, "name a file in a folder that exists")
        with blaming(self.path):
            self._file = self.path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InputError("is in use by another run", self.path, "wait for it, or name another --log") from None
        try:
            self._file.seek(0)
            content = self._file.read()
            whole = content.rfind(b"\n") + 1
            if whole:
                log = _parse(content[:whole], str(self.path))
                require_same(log, self.header)
                self.trials = dict(log.trials)
            elif content and not b'{"study"'.startswith(content[:8]):
                raise InputError("is not a log of a study", self.path, CURE)
            self._file.truncate(whole)
            if not whole:
                self._write({"study": FORMAT, **self.header})
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def merge(self, others: Iterable[Log]) -> None:
        """Take over the trials of other logs of this study that are not here.

        Raises
        ------
        InputError : another study, or another trial of the same number
        """
        for log in others:
            require_same(log, self.header)
            for number, trial in sorted(log.trials.items()):
                if number not in self.trials:
                    self.add(trial)
                elif self.trials[number].settings != trial.settings:
                    raise InputError(f"has another trial {number} than {self.path.name}", log.where, "leave it out")

    def add(self, trial: Trial) -> None:
        """Append a trial. It is on disk when this returns."""
        assert trial.trial not in self.trials
        self._write(asdict(trial))
        self.trials[trial.trial] = trial

    def judge(self, record: Mapping[str, Any]) -> None:
        """Append what was found of the winner."""
        self._write({"judged": record})

    def _write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record, allow_nan=False).encode() + b"\n")
        self._file.flush()
        with suppress(OSError):  # a pipe or a device has nothing to sync
            os.fsync(self._file.fileno())
