"""Each workflow's small job by Toil on Slurm: run by Slurm on its nodes, with the bytes of cwltool."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from . import engines
from .cluster import Cluster
from .conftest import SHORT

STEP = 10.0  # seconds that Slurm may add to a step
START = 20.0  # seconds that Toil may take to start and to end a workflow, on two busy cores
STEPS: list[tuple[int, float]] = []  # of each workflow: steps, and the seconds that Slurm and Toil added to cwltool's


def test_the_bytes_of_cwltool(
    task: engines.Task,
    cluster: Cluster,
    reference: Callable[[engines.Task], engines.Run],
    toil: Callable[..., engines.Toil],
    note: Callable[[str], None],
):
    expected = reference(task)
    before = len(cluster.accounting())
    got = toil(task).finish()
    assert got.outputs.keys() == expected.outputs.keys()
    assert engines.differing(task, got, expected) == []
    jobs = cluster.accounting()[before:]
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert len(jobs) == expected.calls, jobs  # each call of a tool was a job of Slurm
    nodes = {job.node for job in jobs}
    assert nodes <= set(cluster.nodes)
    added = got.seconds - expected.seconds
    waited = max(job.waited for job in jobs)
    STEPS.append((expected.calls, added))
    note(
        f"{task.name}: {expected.calls} steps, cwltool {expected.seconds:.0f} s, Toil on Slurm {got.seconds:.0f} s: "
        f"{added / expected.calls:+.1f} s a step; {len(nodes)} of the nodes, at most {waited:.0f} s in Slurm's queue"
    )
    assert added < START + STEP * expected.calls


@pytest.mark.short
def test_what_slurm_adds_to_a_step(
    reference: Callable[[engines.Task], engines.Run], toil: Callable[..., engines.Toil], note: Callable[[str], None]
):
    """Beside Toil on this machine alone, for its start and end are not Slurm's."""
    (task,) = (each for each in engines.tasks() if each.name == SHORT)
    alone, on_slurm = toil(task, alone=True).finish(), toil(task).finish()
    assert engines.differing(task, alone, on_slurm) == []
    added = (on_slurm.seconds - alone.seconds) / reference(task).calls
    note(
        f"{task.name}: Toil alone {alone.seconds:.0f} s, Toil on Slurm {on_slurm.seconds:.0f} s: {added:+.1f} s a step"
    )
    assert added < STEP


def test_what_toil_and_slurm_add(note: Callable[[str], None]):
    """Beside cwltool, over all workflows."""
    if not STEPS:
        pytest.skip("no workflow was run")
    steps, added = map(sum, zip(*STEPS, strict=True))
    note(f"in all: {steps} steps of {len(STEPS)} workflows, {added / steps:+.1f} s a step")
    assert added < START * len(STEPS) + STEP * steps


def test_memory_is_enough(task: engines.Task, reference: Callable[[engines.Task], engines.Run]):
    used, reserved = reference(task).memory, engines.reserved(task)
    assert used.keys() <= reserved.keys()
    assert {step: used[step] for step in used if used[step] > reserved[step]} == {}


@pytest.mark.short
@pytest.mark.parametrize("engine", ["cwltool", "toil"])
def test_more_than_there_is_is_refused(
    engine: str, scripts: Path, toil: Callable[..., engines.Toil], cluster: Cluster, tmp_path: Path
):
    """Nothing waits for ever, and nothing is made."""
    (task,) = (each for each in engines.tasks() if each.name == SHORT)
    job = tmp_path / "job.json"
    job.write_text(json.dumps(absolute(yaml.safe_load(task.job.read_text()), task.job.parent) | {"threads": 512}))
    greedy = engines.Task(task.cwl, job)
    if engine == "cwltool":
        with pytest.raises(AssertionError, match="Requested at least 512 cores but only"):
            engines.cwltool(greedy, tmp_path / "run", scripts, "--parallel")
        assert not any((tmp_path / "run").glob("out/*"))
    else:
        before = len(cluster.accounting())
        leader = toil(greedy, retries=0)
        assert leader.wait(180) != 0
        assert "More processors requested than permitted" in leader.log.read_text()
        assert all(job.node not in cluster.nodes for job in cluster.accounting()[before:])
        assert not any(leader.folder.glob("out/*"))


def absolute(value: object, folder: Path) -> object:
    """A job whose files are found from anywhere."""
    if isinstance(value, list):
        return [absolute(each, folder) for each in value]
    if isinstance(value, dict):
        return {k: str((folder / v).resolve()) if k == "path" else absolute(v, folder) for k, v in value.items()}
    return value
