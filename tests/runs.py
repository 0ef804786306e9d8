"""Folders for servers, jobs and logs of a test session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def folder(home: Path, session: pytest.Session, what: str) -> Iterator[Path]:
    """A folder in `home`/runs, which is kept, and named, when a test fails: `what` logs it holds."""
    (home / "runs").mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="test-", dir=home / "runs"))
    yield made
    if session.testsfailed:
        print(f"\nlogs of {what}: {made}")
    else:
        shutil.rmtree(made, ignore_errors=True)
