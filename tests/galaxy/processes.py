"""Servers as child processes: bound to 127.0.0.1, ended by their own ids, also when this process dies."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent() -> None:
    """In the child: let Linux send SIGTERM when the process that started it is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def launch(command: list[str | Path], log: Path, **options) -> subprocess.Popen:
    """Start a server in a session of its own (Ctrl-C reaches only us, who then end it), its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **options,
        )


def end(processes: list[subprocess.Popen], patience: float = 20) -> None:
    """End these processes and all that they started: SIGTERM first, SIGKILL for what is still there later."""
    family: list[psutil.Process] = []
    for process in processes:
        try:
            parent = psutil.Process(process.pid)
            family += [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    for each in family:
        _signal(each, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=patience)
    for each in alive:
        _signal(each, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)  # psutil checks that the id still belongs to the same process


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def wait_for(ready: Callable[[], bool], process: subprocess.Popen, log: Path, seconds: float = 300) -> None:
    """Wait until the server is ready; fail with the end of its log when it ends or takes too long."""
    limit = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > limit:
            why = "ended" if process.poll() is not None else f"is not ready after {seconds:.0f} s"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
            raise RuntimeError(f"{Path(str(process.args[0])).name} {why}; the end of {log}:\n{tail}")
        time.sleep(0.3)


def plain_environment(*first: Path, **more: str) -> dict[str, str]:
    """An environment without the caller's settings: PATH, HOME and what is given."""
    path = os.pathsep.join([*map(str, first), "/usr/local/bin", "/usr/bin", "/bin"])
    return {
        "PATH": path,
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONWARNINGS": "ignore",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        **more,
    }
