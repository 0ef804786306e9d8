"""What has to hold before a release, beside the tests: `python -m release.check`, or the names of some checks after it.

Each check returns what is wrong, a line each. `make release-check` runs all of them, and the tests that belong to a release.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from . import ROOT, build, dockstore, profiles, recipe, versions

TRIED = "bin-peaks-scattered"  # the quickest workflow; it scatters, and joins what it scattered
CWLTOOL = Path(sys.executable).with_name("cwltool")


def _run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words, variables = [str(word) for word in command], {**os.environ, "PYTHONPATH": "", **environment}
    return subprocess.run(words, cwd=cwd, env=variables, capture_output=True, text=True, check=False)


def tree(root: Path = ROOT) -> list[str]:
    """Everything is committed."""
    done = _run("git", "status", "--porcelain", cwd=root)
    return [f"not committed: {line}" for line in done.stdout.splitlines()] or done.stderr.splitlines()


def registry(root: Path = ROOT) -> list[str]:
    """.dockstore.yml is as the workflows are, and keeps to Dockstore's rules."""
    text = (root / ".dockstore.yml").read_text()
    stale = [] if text == dockstore.text(root) else [".dockstore.yml: not as the workflows are: make workflows"]
    return stale + dockstore.faults(text, root)


@cache
def made(number: int) -> Path:
    """A folder with all that is published, made for the first or for the second time."""
    folder = Path(tempfile.mkdtemp(prefix=f"release-{number}-"))
    atexit.register(shutil.rmtree, folder)
    build.build(folder)
    return folder


def again() -> list[str]:
    """What is published has the same bytes when it is made again."""
    return differing(build.digests(made(1)), build.digests(made(2)))


def differing(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """The files that are not the same in both."""
    return [
        f"{path}: not the same bytes twice"
        for path in sorted(first.keys() | second.keys())
        if first.get(path) != second.get(path)
    ]


def crates() -> list[str]:
    """Every crate keeps to its profiles."""
    return [fault for path in sorted((made(1) / "crates").iterdir()) for fault in profiles.faults(path)]


def packed() -> list[str]:
    """Every packed workflow is valid, and names no file beside it."""
    return [fault for path in sorted((made(1) / "cwl").iterdir()) for fault in alone(path)]


def alone(path: Path) -> list[str]:
    """What keeps a packed workflow from standing alone."""
    places = sorted(set(re.findall(r'file:[^"]+|(?<=")\.{0,2}/[^"]*|\$schemas', path.read_text())))
    if places:
        return [f"{path.name}: names {place}" for place in places]
    done = _run(CWLTOOL, "--validate", path, cwd=path.parent)
    said = done.stdout + done.stderr
    return [] if done.returncode == 0 and "WARNING" not in said else [f"{path.name}: {said}"]


def installed() -> list[str]:
    """From the wheel, then from the sdist, in an empty environment: every script answers, and a packed workflow runs."""
    (wheel,), (sdist,) = made(1).glob("*.whl"), made(1).glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        binaries = folder / "venv" / "bin"
        told = []
        for package, options in (
            (wheel, ["--constraint", ROOT / "constraints.txt"]),
            (sdist, ["--no-deps", "--force-reinstall"]),
        ):
            done = _run(binaries / "pip", "install", "--quiet", *options, package, cwd=folder)
            told += [f"{package.name}: {done.stderr}"] if done.returncode else answers(binaries, recipe.scripts())
        with zipfile.ZipFile(made(1) / "crates" / f"{TRIED}.crate.zip") as archive:
            archive.extractall(folder / "crate")
        return told + runs(folder / "crate", TRIED, binaries)


def answers(binaries: Path, scripts: Iterable[str]) -> list[str]:
    """The scripts that are not in an environment, or do not tell how they are used."""
    told = []
    for script in scripts:
        if not (binaries / script).exists():
            told.append(f"{script}: not installed")
        elif (done := _run(binaries / script, "--help", cwd=binaries)).returncode or "usage:" not in done.stdout:
            told.append(f"{script} --help: {done.stderr}")
    return told


def runs(crate: Path, name: str, binaries: Path) -> list[str]:
    """What keeps the packed workflow of an unpacked crate from its small job, where only these binaries are on PATH."""
    options = ("--quiet", "--no-container", "--outdir", "out")
    done = _run(CWLTOOL, *options, f"{name}.packed.cwl", "job.yml", cwd=crate, PATH=f"{binaries}:/usr/bin:/bin")
    return [f"{name}.packed.cwl: {done.stderr}"] if done.returncode else []


CHECKS: dict[str, Callable[[], list[str]]] = {
    "tree": tree,
    "versions": versions.faults,
    "registry": registry,
    "recipe": recipe.faults,
    "again": again,
    "crates": crates,
    "packed": packed,
    "installed": installed,
}


def main(names: list[str]) -> int:
    """Run some checks or all, tell what each found, and end with 1 if any found something."""
    failed = False
    for name in names or CHECKS:
        told = CHECKS[name]()
        print(f"{name}: {'failed' if told else 'ok'}", *told, sep="\n  ", flush=True)
        failed |= bool(told)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
