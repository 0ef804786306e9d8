"""The publishing kit: what a release is made of, and what has to hold before it. `docs/releasing.md` tells the steps."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base"}  # names of packages that differ there
