#!/usr/bin/env python3
"""Set up what a real Galaxy needs, once: two environments in .galaxy/, Redis, and Chromium for the browser tests.

`.galaxy/galaxy` holds Galaxy and the Tool Shed, `.galaxy/planemo` what drives them. An environment is made again when
its requirements change. Only the standard library is used here.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE.parents[1] / ".galaxy"
UV = "uv>=0.9"
ENVIRONMENTS = {"galaxy": ["requirements-galaxy.txt", "overrides.txt"], "planemo": ["requirements-planemo.txt"]}


def have_programs(names: list[str]) -> None:
    """Find the programs or install the Debian packages of these names; say what is missing if that fails."""
    missing = [name for name in names if not shutil.which(name)]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=quiet, stdout=subprocess.DEVNULL, check=False)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing],
            env=quiet,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    if missing := [name for name in missing if not shutil.which(name)]:
        raise SystemExit(
            f"missing: {', '.join(missing)}; install them first, on Debian: apt-get install {' '.join(missing)}"
        )


def bootstrap_uv() -> Path:
    uv = HOME / "uv" / "bin" / "uv"
    if not uv.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOME / "uv"], check=True)
        subprocess.run(
            [uv.with_name("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], check=True
        )
    return uv


def wanted(name: str) -> str:
    """What an environment is made of, as one digest."""
    text = sys.version + "".join((HERE / each).read_text() for each in ENVIRONMENTS[name])
    return hashlib.sha256(text.encode()).hexdigest()


def make(uv: Path, name: str) -> subprocess.Popen:
    """Start to fill an environment."""
    folder, (requirements, *overrides) = HOME / name, ENVIRONMENTS[name]
    clean = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], env=clean, check=True)
    print(f"installing {name} into {folder}", flush=True)
    return subprocess.Popen(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            folder,
            "--requirement",
            HERE / requirements,
            *(part for each in overrides for part in ("--override", HERE / each)),
        ],
        env=clean,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-browser", action="store_true", help="Chromium is not needed")
    args = parser.parse_args()
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    with (HOME / "install.lock").open("w") as lock:  # two runs at a time: the second waits, then finds all done
        fcntl.flock(lock, fcntl.LOCK_EX)
        have_programs(["redis-server"] if args.no_browser else ["redis-server", "chromium"])
        stale = [name for name in ENVIRONMENTS if stamp(name) != wanted(name)]
        running = {name: make(bootstrap_uv(), name) for name in stale}
        failed = [name for name, process in running.items() if process.wait() != 0]
        if failed:
            raise SystemExit(f"could not install: {', '.join(failed)}")
        for name in stale:
            (HOME / name / "stamp").write_text(wanted(name))


def stamp(name: str) -> str | None:
    path = HOME / name / "stamp"
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    main()
