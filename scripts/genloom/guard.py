"""A script's work in a child process, so that something is left to tell the user when the kernel kills it for its memory, or a
library crashes of a damaged file."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from . import resources
from .errors import InputError, named

CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
_PR_SET_PDEATHSIG = 1
# Files that are shared with the parent, of names: what was begun and is not yet in its place, and what HDF5 was given.
_begun: int | None = None
_opened: int | None = None


def begun(path: str) -> None:
    """Tell the parent of a file or folder that it must remove if this process cannot."""
    if _begun is not None:
        os.write(_begun, os.fsencode(path) + b"\0")


def opened(path: str | Path) -> None:
    """Tell the parent of a file that HDF5 is about to read: there are damaged ones that crash it."""
    if _opened is not None:
        os.write(_opened, os.fsencode(path) + b"\0")


def on_stop(handler: Callable | signal.Handlers) -> None:
    """Set what SIGTERM and Ctrl-C do, but for one that the shell has this process ignore."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def watched(work: Callable[[], int]) -> tuple[int, str]:
    """Do the work in a child; its exit status and, if a signal ended it, what is to be told of that.

    In the child this returns like in the parent, its exit status with nothing to tell. SIGTERM and SIGINT are passed on.
    """
    global _begun, _opened
    if not sys.platform.startswith("linux"):
        return work(), ""
    parent, _begun, _opened = os.getpid(), os.memfd_create("begun"), os.memfd_create("opened")
    child = os.fork()
    if not child:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        return (work() if os.getppid() == parent else 1), ""

    def pass_on(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    on_stop(pass_on)
    _, status, usage = os.wait4(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended >= 0:
        return ended, ""
    _remove_begun()
    limit, name = resources.memory(), signal.Signals(-ended).name
    if ended == -signal.SIGKILL or limit.source.startswith("ulimit"):  # libraries abort where they get no memory
        return resources.STATUS, str(resources.killed(name, usage.ru_maxrss << 10))
    if ended in (-signal.SIGTERM, -signal.SIGINT):  # before it could listen
        return 128 - ended, f"stopped by {name}"
    if -ended in CRASHES and (files := list(dict.fromkeys(_names(_opened)))):
        return 2, str(
            InputError(f"HDF5 ended by {name}, as it does of a damaged file", named(files), "copy or make it again")
        )
    return 128 - ended, f"ended by {name}: a fault of genloom or of a library that it stands on"


def leave(status: int) -> int:
    """The exit status; the child of `watched` ends with it at once, since what a library could not write, its end would try
    again, and fail with it."""
    if _begun is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _remove_begun() -> None:
    for path in map(Path, _names(_begun)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _names(shared: int | None) -> list[str]:
    """What the child wrote."""
    assert shared is not None
    written = os.pread(shared, os.fstat(shared).st_size, 0)
    return [os.fsdecode(name) for name in written.split(b"\0") if name]
