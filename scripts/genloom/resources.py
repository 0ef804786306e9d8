"""What memory and cores a process may use, and who says so: the shell, the control group, Slurm, Galaxy or the machine."""

from __future__ import annotations

import errno
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .errors import InputError

LEAST = 800 << 20  # of address space: with less, OpenBLAS tries for ever while it is loaded
STATUS = 3  # the exit status of a script that lacks memory; tools/macros.xml tells Galaxy
CURE = "ask for more (Slurm: --mem; Galaxy: its job configuration; CWL: ramMin of ResourceRequirement)"


class MemoryLack(InputError):
    """There is less memory than is needed. A script ends with `STATUS`, so that an engine can try again with more."""


class Limit(NamedTuple):
    """How much there is, bytes or cores, and who says so."""

    amount: int
    source: str


def memory() -> Limit:
    """The least of all limits on memory, bytes."""
    return min(_memory_limits())


def cores() -> Limit:
    """The least of all limits on cores."""
    return min(_core_limits())


def _memory_limits() -> Iterator[Limit]:
    yield Limit(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "the machine")
    for name, what in (("RLIMIT_AS", "ulimit -v"), ("RLIMIT_DATA", "ulimit -d")):
        soft, _ = resource.getrlimit(getattr(resource, name))
        if soft != resource.RLIM_INFINITY:
            yield Limit(soft, what)
    for name, factor in (
        ("SLURM_MEM_PER_NODE", 1),
        ("SLURM_MEM_PER_CPU", _number("SLURM_CPUS_ON_NODE") or 1),
        ("GALAXY_MEMORY_MB", 1),
    ):
        if megabytes := _number(name):
            yield Limit(megabytes * factor << 20, name)
    for folder in _groups():
        for name in ("memory.max", "memory.limit_in_bytes"):
            words = _words(folder / name)
            if words and words[0].isdigit() and int(words[0]) < 1 << 60:  # version 1 has no word for "no limit"
                yield Limit(int(words[0]), "the control group")


def _core_limits() -> Iterator[Limit]:
    if hasattr(os, "sched_getaffinity"):  # macOS has none
        yield Limit(len(os.sched_getaffinity(0)), "processor affinity")
    else:
        yield Limit(os.cpu_count() or 1, "the machine")
    if slurm := _number("SLURM_CPUS_PER_TASK"):
        yield Limit(slurm, "SLURM_CPUS_PER_TASK")
    for folder in _groups():
        quota, *period = _words(folder / "cpu.max") or ("max",)
        if quota.isdigit() and period:
            yield Limit(max(round(int(quota) / int(period[0])), 1), "the control group")


def _number(variable: str) -> int:
    """The whole number in an environment variable; 0 where there is none."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def _groups() -> Iterator[Path]:
    """The folders of the control groups of this process, from its own up to the root."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers in ("", "memory"):
            root = Path("/sys/fs/cgroup", controllers)
            folder = root / group.lstrip("/")
            yield from (each for each in (folder, *folder.parents) if each.is_relative_to(root))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def require() -> None:
    """Refuse address space in which the libraries that all scripts stand on cannot be loaded.

    Raises
    ------
    MemoryLack : there is less
    """
    limit = memory()
    if limit.source.startswith("ulimit") and limit.amount < LEAST:
        raise MemoryLack(f"the libraries need {told(LEAST)} of address space, {_got(limit)}", None, CURE)


def demand(size: float, what: str, where: object = None) -> None:
    """Say at once that memory will not do, where what is needed is known before it is used.

    size : bytes that must be held at the same time
    what : what they hold, to tell the user

    Raises
    ------
    MemoryLack : fewer are allowed
    """
    limit = memory()
    if size > limit.amount:
        raise MemoryLack(f"{what} needs {told(size)} of memory, {_got(limit)}", where, CURE)


def shortage(error: BaseException) -> MemoryLack | None:
    """The error that tells the user of memory that ran out, if that is what happened: NumPy, torch, the loader of libraries
    and the system each say it in their own way."""
    text = str(error)
    lacking = (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or re.search(
            r"can't allocate memory|cannot allocate memory|out of memory|bad_alloc|failed to map segment", text, re.I
        )
    )
    if not lacking:
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    asked = re.search(r"allocate (\d[\d.]*) ?([KMGT]i?)?B", text, re.I)
    more = f"{told(_bytes(*asked.groups()))} more than" if asked else "more than"
    device = "on the GPU " if "CUDA" in text else ""
    cure = "take a smaller --batch-size, or --device cpu" if device else CURE
    return MemoryLack(
        f"memory ran out: {device}it needs {more} the {told(used)} that it had used, {_got(memory())}", None, cure
    )


def killed(name: str, used: int) -> MemoryLack:
    """The error that tells of a process that was ended by a signal, and of the most memory that it had used, bytes."""
    return MemoryLack(
        f"ended by {name}, as happens where memory runs out: it needs more than the {told(used)} that it had used, "
        f"{_got(memory())}",
        None,
        CURE,
    )


def _bytes(number: str, unit: str | None) -> float:
    return float(number) * 1024 ** (" KMGT".index(unit[0].upper()) if unit else 0)


def _got(limit: Limit) -> str:
    return f"it may use {told(limit.amount)} ({limit.source})"


def told(size: float) -> str:
    """A number of bytes as a user reads it."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 1):.0f} MB"
