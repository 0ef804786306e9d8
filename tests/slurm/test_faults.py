"""Faults while a workflow runs: a job cancelled, a node lost, the leader killed. The same bytes at the end, each time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from . import engines
from .cluster import Cluster

# Several steps, one of them of some seconds, so that there is something to hit.
TASKS = ("atac-to-expression", "variant-splicing", "promoter-prediction")
KINDS = ("cancel", "node", "leader")


def victim(cluster: Cluster, leader: engines.Toil, delay: float, seconds: float = 120) -> tuple[int, str]:
    """A job that runs and has run for a while; its number and node."""
    limit = time.monotonic() + seconds
    while leader.runs() and time.monotonic() < limit:
        seen = cluster.running()
        if seen:
            time.sleep(delay)
            still = cluster.running()
            if both := sorted(seen.keys() & still.keys()):
                return both[0], still[both[0]]
            delay /= 2
        time.sleep(0.1)
    raise AssertionError(f"no job to hit:\n{engines.tail(leader)}")


def test_a_fault_loses_nothing(
    fault: int,
    request: pytest.FixtureRequest,
    cluster: Cluster,
    reference: Callable[[engines.Task], engines.Run],
    toil: Callable[..., engines.Toil],
    note: Callable[[str], None],
):
    chance = random.Random(1000 * request.config.getoption("--fault-seed") + fault)
    kind = KINDS[fault % len(KINDS)]
    tasks = [t for t in engines.tasks() if t.name in TASKS]
    task, hits = chance.choice(tasks), chance.randint(0, 1)
    expected = reference(task)
    before = len(cluster.accounting())
    leader = toil(task)
    for _ in range(hits):  # let some steps pass
        victim(cluster, leader, 0)
        passed = len(cluster.accounting())
        while leader.runs() and len(cluster.accounting()) == passed:
            time.sleep(0.1)
    number, node = victim(cluster, leader, chance.uniform(0, 3))
    if kind == "cancel":
        cluster.cancel(number)
    elif kind == "node":
        cluster.kill_node(node)
    else:
        leader.kill()
        cluster.cancel_all()  # the jobs of a leader that is gone: whoever starts it again cancels them first
        leader.start(restart=True)
    got = leader.finish()
    if kind == "node":
        cluster.start_node(node)
        cluster.wait_for_nodes()
    assert engines.differing(task, got, expected) == []
    jobs = cluster.accounting()[before:]
    (hit,) = (job for job in jobs if job.number == number)
    assert hit.state == {"cancel": "CANCELLED", "node": "NODE_FAIL", "leader": "CANCELLED"}[kind]
    # one that was hit in its last moment may have done its work
    assert sum(job.state == "COMPLETED" or job is hit for job in jobs) >= expected.calls
    note(f"fault {fault}: {kind} in {task.name} ({hit.name} on {node}), the same bytes after {got.seconds:.0f} s")
