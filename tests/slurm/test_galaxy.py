"""Galaxy with the job configuration of docs/slurm.md: Slurm runs its jobs, and one that lacked memory runs again with more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.galaxy import archive, convert, planemo
from tests.galaxy.server import Galaxy

from .cluster import Cluster
from .engines import BIN, ROOT

WORKFLOW = "annotate-boundaries"
TOOL = "genloom_predict_sequence_model"


def documented() -> str:
    """The job configuration, as an administrator would copy it."""
    (found,) = re.findall(r"```yaml\n(# job_conf\.yml.*?)```", (ROOT / "docs" / "slurm.md").read_text(), re.DOTALL)
    return found


def short_of_memory() -> str:
    """The same, but the tool gets too little memory at first."""
    jobs = yaml.safe_load(documented())
    environments = jobs["execution"]["environments"]
    environments["scarce"] = environments["small"] | {"env": [{"execute": "ulimit -v 900000"}]}
    jobs["tools"].append({"id": TOOL, "environment": "scarce"})
    return yaml.safe_dump(jobs)


@pytest.fixture(scope="module")
def galaxy(cluster: Cluster, run_folder: Path) -> Iterator[Galaxy]:
    class OnSlurm(Galaxy):
        jobs = short_of_memory()
        settings = cluster.environment

    tools = archive.tools(archive.build(run_folder / "archive")["genloom"])
    with OnSlurm(run_folder / "galaxy", tools, BIN.parent) as running:
        yield running


def test_the_workflow_runs_on_slurm(galaxy: Galaxy, cluster: Cluster, note: Callable[[str], None]):
    before = len(cluster.accounting())
    (source,) = (path for path in convert.sources() if path.parent.name == WORKFLOW)
    report = planemo.test(galaxy, [convert.generated(source)])
    assert report.tests and report.returncode == 0, (
        "\n".join(filter(None, map(report.problem, report.tests))) or report.output
    )
    tried = [job for job in cluster.accounting()[before:] if TOOL in job.name]
    assert len(tried) == 2, tried  # with too little memory, then with more
    assert {job.node for job in tried} <= set(cluster.nodes)
    assert tried[-1].state == "COMPLETED"
    assert [job.cores for job in tried] == [1, 2]
    (job,) = [each for each in galaxy.client.jobs.get_jobs() if each["tool_id"] == TOOL]
    shown = galaxy.client.jobs.show_job(job["id"], full_details=True)
    assert (
        "--threads 2" in " ".join(shown["command_line"].split()) or '--threads "${GALAXY_SLOTS' in shown["command_line"]
    )
    note(f"Galaxy: {WORKFLOW} by Slurm on {tried[-1].node}; short of memory at first, run again with more")
