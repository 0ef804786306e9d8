"""One archive, one Galaxy and one Tool Shed for all tests of this folder; `make test-galaxy` runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import runs

WRONG = Path(__file__).parent / "data" / "wrong_test.xml"
try:
    import bioblend  # noqa: F401
    import playwright  # noqa: F401
except ImportError:
    collect_ignore_glob = ["test_*.py"]  # they need the environment that `make test-galaxy` makes
else:
    from . import archive as archives
    from . import demo
    from .server import HOME, ROOT, Galaxy
    from .toolshed import ToolShed


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="FOLDER", help="keep pictures of the browser tests here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Linting goes first: Galaxy starts meanwhile."""
    items.sort(key=lambda item: "galaxy" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for servers and logs. It is kept when a test fails."""
    yield from runs.folder(HOME, request.session, "Galaxy and the Tool Shed")


@pytest.fixture(scope="session")
def archive(run_folder: Path) -> dict[str, Path]:
    """The unpacked archives, name → folder."""
    return archives.build(run_folder / "archive")


@pytest.fixture(scope="session")
def servers(archive: dict[str, Path], run_folder: Path) -> Iterator[tuple[Galaxy, ToolShed]]:
    """Galaxy with the tools as shipped, and a Tool Shed: started, perhaps not ready yet."""
    shed = ToolShed(run_folder / "shed")
    galaxy = Galaxy(
        run_folder / "galaxy", archives.tools(archive["genloom"]), ROOT / ".venv", hidden=[WRONG], shed_url=shed.url
    )
    demo.add_tours(galaxy)
    try:
        galaxy.start()
        shed.start()
        yield galaxy, shed
    finally:
        shed.stop()
        galaxy.stop()


@pytest.fixture(scope="session", autouse=True)
def _early_start(request: pytest.FixtureRequest) -> None:
    """Let the servers start while the first tests, which do not need them, run."""
    if any("galaxy" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("servers")


@pytest.fixture(scope="session")
def galaxy(servers: tuple[Galaxy, ToolShed]) -> Galaxy:
    return servers[0].wait()


@pytest.fixture(scope="session")
def tool_shed(servers: tuple[Galaxy, ToolShed]) -> ToolShed:
    return servers[1].wait()
