"""`python -m tests.slurm.install`: Slurm from Debian's packages, unless it is there."""

from __future__ import annotations

import os
import shutil
import subprocess

from .cluster import PLUGINS, missing


def main() -> None:
    absent = missing()
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        print(f"installing {', '.join(absent)}", flush=True)
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *absent, *PLUGINS]):
            subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        absent = missing()
    if absent:
        raise SystemExit(
            f"missing: {', '.join(absent)}; install them first, on Debian: apt-get install {' '.join(absent)}"
        )
    if os.geteuid() != 0:
        raise SystemExit("run it as root: the nodes of Slurm are, so that they can start jobs")


if __name__ == "__main__":
    main()
