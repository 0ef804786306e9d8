"""A few faults of each kind; `make faults` does a hundred, of all scripts."""

from __future__ import annotations

import random

import pytest

from . import faults

QUICK = {job.name: job for job in faults.JOBS if job.script in ("bin_peaks", "split_samples", "extract_windows")}


def test_every_script_is_disturbed():
    assert {job.script for job in faults.JOBS} == {path.stem for path in faults.SCRIPTS.glob("*.py")}
    assert len({job.name for job in faults.JOBS}) == len(faults.JOBS)


@pytest.fixture(scope="module")
def known():
    return {name: faults.undisturbed(job) for name, job in QUICK.items()}


@pytest.mark.parametrize(("kind", "name"), zip(faults.KINDS, [*QUICK, *QUICK], strict=True))
def test_a_fault_leaves_nothing_wrong(kind, name, known):
    mounts = faults.can_mount()
    if kind in ("full", "read-only") and not mounts:
        pytest.skip("no file system can be mounted here: it takes root")
    faults.disturb(QUICK[name], known[name], kind, random.Random(7), mounts)
