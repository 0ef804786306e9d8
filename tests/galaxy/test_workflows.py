"""The workflows: generated from their sources, to the checklist of the Intergalactic Workflow Commission, and right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from . import convert, planemo
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


@named
def test_run(galaxy: Galaxy, source: Path):
    report = planemo.test(galaxy, [convert.generated(source)])
    assert report.tests and report.returncode == 0, (
        "\n".join(filter(None, map(report.problem, report.tests))) or report.output
    )
