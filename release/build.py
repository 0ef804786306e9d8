"""All that is published, into one folder: sdist and wheel, packed CWL, crates. `make dist`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from . import ROOT, crates, pack


def build(folder: Path) -> dict[str, str]:
    """Make everything; path in the folder → SHA-256."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pack.write(folder / "cwl")
    crates.write(folder / "crates")
    return digests(folder)


def digests(folder: Path) -> dict[str, str]:
    """Path → SHA-256 of each file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    for place, digest in build(Path(sys.argv[1]).resolve()).items():
        print(digest, place, sep="  ")
