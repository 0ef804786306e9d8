"""The conda environment and the image: the versions of the project, and what they copy is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from .wrappers import CONDA

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "shed" / "Dockerfile"


def lint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    hadolint = Path(sys.executable).with_name("hadolint")
    return subprocess.run([hadolint, "-"], input=dockerfile, capture_output=True, text=True, check=False)


def test_the_environment_has_the_versions_of_the_constraints() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    pins = {name.lower(): version for name, version in pins.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [f"{CONDA.get(name, name)}={pins[name]}" for name in project["dependencies"]]
    found = yaml.safe_load((ROOT / "shed" / "environment.yml").read_text())["dependencies"]
    assert sorted(found) == sorted([*wanted, f"python{project['requires-python']}", "pip"])


def test_the_image_passes_a_linter() -> None:
    found = lint(DOCKERFILE.read_text())
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    "change", [(r":[\d.]+-debian12-slim", ""), ("--no-cache-dir ", ""), ("WORKDIR /data", "WORKDIR data")]
)
def test_the_linter_finds_a_fault(change: tuple[str, str]) -> None:
    assert lint(re.sub(*change, DOCKERFILE.read_text())).returncode == 1


def test_the_image_is_given_what_it_copies() -> None:
    copied = re.findall(r"^COPY --chown=\S+ (.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    kept = (ROOT / "shed" / "Dockerfile.dockerignore").read_text().split()
    assert names == {name.removeprefix("!") for name in kept if name.startswith("!")}
    assert all((ROOT / name).exists() for name in names)
