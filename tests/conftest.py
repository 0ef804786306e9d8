"""Fixtures that all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))  # the library beside the scripts, not an installed copy of it


@pytest.fixture(scope="session")
def run_script() -> Callable[..., subprocess.CompletedProcess]:
    """`run_script("bin_peaks", "--peaks", path, ...)` runs scripts/bin_peaks.py as a user would."""

    def run(name: str, *args: object, cwd: Path | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(SCRIPTS / f"{name}.py"), *map(str, args)],
            cwd=cwd,
            text=True,
            capture_output=True,
            timeout=1200,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def assert_one_line_error() -> Callable[..., None]:
    """`assert_one_line_error(result, "peaks.bed:3", "end")`: status 2, one line on stderr that holds every text."""

    def check(result: subprocess.CompletedProcess, *texts: object) -> None:
        assert result.returncode == 2, result.stderr
        assert len(result.stderr.splitlines()) == 1, result.stderr
        for text in texts:
            assert str(text) in result.stderr

    return check


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """`real_data("atac_blood/peaks")`: that path in the folder GENLOOM_TEST_DATA names; skips the test without it."""

    def find(name: str) -> Path:
        folder = os.environ.get("GENLOOM_TEST_DATA")
        if not folder:
            pytest.skip(f"GENLOOM_TEST_DATA is not set: it names the folder that holds the real data {name}")
        path = Path(folder) / name
        if not path.exists():
            pytest.skip(f"the folder of GENLOOM_TEST_DATA does not hold {name}")
        return path

    return find
