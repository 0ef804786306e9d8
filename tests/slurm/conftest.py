"""One Slurm for all tests of this folder; `make test-slurm` runs them."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .. import runs
from . import cluster as slurm
from . import engines

HOME = engines.ROOT / ".toil"
FIGURES = pytest.StashKey[list[str]]()
SHORT = "annotate-boundaries"  # a step of seconds
collect_ignore_glob = []
if slurm.missing() or not engines.TOIL.exists():
    collect_ignore_glob.append("test_*.py")  # they need what `make test-slurm` installs
try:
    import bioblend  # noqa: F401
except ImportError:
    collect_ignore_glob.append("test_galaxy.py")  # it runs in the environment that drives Galaxy


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("slurm")
    group.addoption("--faults", type=int, default=3, metavar="N", help="faults to inject, each into a run of its own")
    group.addoption("--fault-seed", type=int, default=1, metavar="N", help="seed of when and where they come")
    group.addoption("--workflows", default=engines.ROOT / "workflows", type=Path, metavar="FOLDER", help="what to run")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """These tests are run when they are asked for, not with all others: only then is this file read in time for options."""
    return True if config.getoption("--faults", None) is None else None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "short: the part of the tests on Slurm that takes a minute")
    config.stash[FIGURES] = []
    # ended by SIGTERM as by Ctrl-C: fixtures end what they started
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "task" in metafunc.fixturenames:
        tasks = engines.tasks(metafunc.config.getoption("--workflows").resolve())
        marks = {SHORT: [pytest.mark.short]}
        metafunc.parametrize("task", [pytest.param(t, id=t.name, marks=marks.get(t.name, ())) for t in tasks])
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize("fault", range(metafunc.config.getoption("--faults")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was measured."""
    if config.stash.get(FIGURES, None):
        terminalreporter.section("Slurm")
        terminalreporter.write_line("\n".join(config.stash[FIGURES]))


@pytest.fixture(scope="session")
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a line for the summary."""
    return request.config.stash[FIGURES].append


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for servers, jobs and logs, where every node finds it. It is kept when a test fails."""
    yield from runs.folder(HOME, request.session, "Slurm and Toil")


@pytest.fixture(scope="session")
def cluster(run_folder: Path) -> Iterator[slurm.Cluster]:
    with slurm.Cluster(run_folder / "slurm") as running:
        yield running


@pytest.fixture(scope="session")
def scripts(run_folder: Path) -> Path:
    return engines.commands(run_folder / "bin")


@pytest.fixture(scope="session")
def reference(run_folder: Path, scripts: Path) -> Callable[[engines.Task], engines.Run]:
    """`reference(task)`: what cwltool makes of it, run once."""
    known: dict[engines.Task, engines.Run] = {}

    def run(task: engines.Task) -> engines.Run:
        if task not in known:
            known[task] = engines.cwltool(task, run_folder / "cwltool" / task.name, scripts)
        return known[task]

    return run


@pytest.fixture
def toil(run_folder: Path, scripts: Path, cluster: slurm.Cluster) -> Iterator[Callable[..., engines.Toil]]:
    """`toil(task)`: a leader on Slurm, or on this machine alone, started; it and its jobs are ended with the test."""
    leaders: list[engines.Toil] = []

    def start(task: engines.Task, alone: bool = False, **options) -> engines.Toil:
        folder = Path(tempfile.mkdtemp(prefix=f"{task.name}-", dir=run_folder))
        leaders.append(engines.Toil(task, folder, scripts, None if alone else cluster, **options))
        return leaders[-1].start()

    yield start
    for leader in leaders:
        leader.stop()
    cluster.cancel_all()
