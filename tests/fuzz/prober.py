"""Whether HDF5 crashes of a file: looked through by a small process beside this one, in a child for each file.

A script ends with 2 and a line where that happens, see `genloom.guard`; here it would end the tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import h5py

from genloom import guard
from genloom.formats import hdf

SECONDS = 10  # of one file


class Prober:
    def __enter__(self) -> Prober:
        command = [sys.executable, "-m", "tests.fuzz.prober"]
        root = Path(__file__).parents[2]
        path = os.pathsep.join([str(root / "scripts"), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root, env=environment)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def crashes(self, path: Path) -> bool:
        assert self._process.stdin and self._process.stdout
        print(path, file=self._process.stdin, flush=True)
        return -int(self._process.stdout.readline()) in guard.CRASHES


def look_through(path: str) -> None:
    hdf.check(path)
    with h5py.File(path) as file:
        items: list[h5py.Group | h5py.Dataset] = [file]
        file.visititems(lambda name, item: items.append(item))
        for item in items:
            with suppress(Exception):
                list(item.attrs.values())
            with suppress(Exception):
                item[()]


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            signal.alarm(SECONDS)
            with suppress(BaseException):
                look_through(line.removesuffix("\n"))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
