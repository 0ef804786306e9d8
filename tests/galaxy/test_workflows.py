"""The workflows: generated from their sources, to the checklist of the Intergalactic Workflow Commission, and right."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import convert, demo, outputs, planemo
from .server import ROOT, Galaxy

SOURCES = convert.sources()
named = pytest.mark.parametrize("source", SOURCES, ids=[source.parent.name for source in SOURCES])


@named
def test_generated_from_the_source(source: Path):
    assert convert.generated(source).read_text() == convert.convert(source), "run make workflows"


@named
def test_lint(source: Path, tmp_path: Path):
    """The folder as it would be published: with the generated workflow, without its source."""
    (tmp_path / "test-data").symlink_to(ROOT / "test-data")
    folder = tmp_path / "workflows" / source.parent.name
    shutil.copytree(
        source.parent, folder, ignore=shutil.ignore_patterns("*.gxwf.yml", "*.cwl", "job*.yml", "*.tour.yml")
    )
    planemo.check("workflow_lint", "--iwc", *planemo.LINT, folder)


@named
def test_every_output_is_tested(source: Path):
    tests = yaml.safe_load(convert.generated(source).with_name(f"{source.parent.name}-tests.yml").read_text())
    assert set(tests[0]["outputs"]) == set(yaml.safe_load(source.read_text())["outputs"])


@named
def test_changelog_tells_the_release(source: Path):
    release = yaml.safe_load(source.read_text())["release"]
    assert f"## [{release}]" in (source.parent / "CHANGELOG.md").read_text()


# Workflow → Galaxy's label of an output → its name in CWL, of those that hold the bytes that cwltool makes.
SAME = {"tune-and-judge-scattered": {"Model": "model", "Metrics": "metrics", "Predictions": "predictions"}}


@named
def test_run(galaxy: Galaxy, source: Path, tmp_path: Path):
    path = convert.generated(source)
    same = SAME.get(source.parent.name)
    reference = outputs.by_cwltool(path, tmp_path) if same else None
    report = planemo.test(galaxy, [path])
    assert report.tests and report.returncode == 0, (
        "\n".join(filter(None, map(report.problem, report.tests))) or report.output
    )
    if same and reference:
        (verdict,) = report.tests.values()
        invocation = verdict["invocation_details"]["details"]["invocation_id"]
        assert outputs.differing(galaxy, invocation, reference, same) == []


UNDER_WAY = {"new", "upload", "waiting", "queued", "running", "resubmitted"}


def invoke(galaxy: Galaxy, path: Path, inputs: dict[str, Any]) -> str:
    """Run a workflow until nothing of it is under way any more; its invocation."""
    history = demo.upload(galaxy, path.stem, inputs, path.parent)
    demo.wait_for_history(galaxy, history)
    client = galaxy.client
    sources = {"dataset": "hda", "dataset_collection": "hdca"}
    held = {
        each["name"]: {"src": sources[each["history_content_type"]], "id": each["id"]}
        for each in client.histories.show_history(history, contents=True)
    }
    given = {name: held[name] if isinstance(value, dict) else value for name, value in inputs.items()}
    imported = client.workflows.import_workflow_from_local_path(str(path))["id"]
    invocation = client.workflows.invoke_workflow(imported, given, history_id=history, inputs_by="name")["id"]
    limit = time.monotonic() + 300
    while time.monotonic() < limit:
        summary = client.invocations.get_invocation_summary(invocation)
        if summary["populated_state"] == "ok" and summary["states"] and not UNDER_WAY & summary["states"].keys():
            return invocation
        time.sleep(0.5)
    raise RuntimeError(f"the workflow is not over after 300 s: {summary}")


def test_when_one_job_fails_there_is_no_result_of_the_others(galaxy: Galaxy, tmp_path: Path):
    """The merge waits for the sample that failed."""
    (tmp_path / "bad.narrowPeak").write_text("chr1\t20\t10\tx\t0\t.\t1\t1\t1\t5\n")
    path = ROOT / "workflows" / "bin-peaks-scattered" / "bin-peaks-scattered.ga"
    inputs = demo.job(path)
    samples = inputs["Peaks"]["elements"]
    samples[2]["path"] = str(tmp_path / "bad.narrowPeak")
    invocation, client = invoke(galaxy, path, inputs), galaxy.client
    jobs = client.jobs.get_jobs(invocation_id=invocation)
    states = [
        sorted(job["state"] for job in jobs if job["tool_id"] == f"genloom_{tool}")
        for tool in ("bin_sample", "merge_parts")
    ]
    assert states == [["error", *["ok"] * (len(samples) - 1)], ["paused"]]
    made = client.invocations.show_invocation(invocation)["outputs"].values()
    assert [client.datasets.show_dataset(each["id"])["state"] for each in made] == ["paused"] * 2
