"""Each test of each tool, in Galaxy, on the archive as shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from galaxy.tool_util.parser import get_tool_source

from . import archive as archives
from . import planemo
from .conftest import WRONG
from .server import ROOT, Galaxy


def names(path: Path) -> list[str]:
    """planemo's names of a tool's tests."""
    source = get_tool_source(path)
    return [f"{source.parse_id()}-{index}" for index in range(len(source.parse_tests_to_dict()["tests"]))]


@pytest.fixture(scope="module")
def report(galaxy: Galaxy, archive: dict[str, Path]) -> planemo.Report:
    return planemo.test(galaxy, archives.tools(archive["genloom"]), parallel=2)


@pytest.mark.parametrize("name", [name for path in archives.tools(ROOT / "tools") for name in names(path)])
def test_tool(report: planemo.Report, name: str):
    if problem := report.problem(name):
        pytest.fail(problem, pytrace=False)


def test_planemo_is_content(report: planemo.Report):
    assert report.returncode == 0, report.output


def test_a_failing_tool_test_is_seen(galaxy: Galaxy):
    """The proof that green means something: the first test of this tool is wrong, the second is right."""
    report = planemo.test(galaxy, [WRONG])
    assert report.returncode != 0
    wrong, right = names(WRONG)
    assert "expected line" in report.problem(wrong).lower(), report.problem(wrong)
    assert report.problem(right) is None
    assert "was not run" in report.problem("genloom_unheard_of-0")
