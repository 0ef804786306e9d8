"""Publish the suite to a Tool Shed, install it from there, and test what was installed."""

from __future__ import annotations

import re
import urllib.request

import pytest

from . import planemo
from .server import Galaxy
from .toolshed import OWNER, ToolShed


@pytest.fixture(scope="module")
def installed(galaxy: Galaxy, tool_shed: ToolShed) -> list[str]:
    """Ids of the tools that installing the suite brought into Galaxy."""
    tool_shed.publish()
    # Galaxy answers an installation that failed with success too: the status tells
    assert tool_shed.install(galaxy, "suite_genloom") == {"suite_genloom": "Installed", "genloom": "Installed"}
    prefix = f"{tool_shed.url.removeprefix('http://')}/repos/{OWNER}/genloom/"
    return [each["id"] for each in galaxy.client.tools.get_tools() if each["id"].startswith(prefix)]


def test_installs_every_tool(galaxy: Galaxy, installed: list[str]):
    own = {each["id"] for each in galaxy.client.tools.get_tools() if each["id"].startswith("genloom_")}
    assert {each.split("/")[-2] for each in installed} == own - {"genloom_wrong_test"}


def test_installed_tool_works(galaxy: Galaxy, installed: list[str]):
    (tool,) = (each for each in installed if "/genloom_split_samples/" in each)
    report = planemo.test_installed(galaxy, tool)
    assert len(report.tests) >= 2 and report.returncode == 0, report.output
    assert [problem for name in report.tests if (problem := report.problem(name))] == []


def test_installed_tool_shows_its_picture(galaxy: Galaxy, installed: list[str]):
    history = galaxy.client.histories.create_history("Pictures")["id"]
    for tool in installed:
        source = re.search(r'<img [^>]*src="([^"]+)"', galaxy.client.tools.build(tool, history_id=history)["help"])[1]
        with urllib.request.urlopen(f"{galaxy.url}/{source.lstrip('/')}", timeout=60) as answer:
            assert answer.read(8) == b"\x89PNG\r\n\x1a\n", source
