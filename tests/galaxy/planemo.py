"""planemo's commands: pack, lint, test, publish."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .server import HOME, Galaxy

LINT = ("--fail_level", "warn")


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run one planemo command; its output, both streams together, is in `stdout`."""
    binaries = HOME / "planemo" / "bin"
    command = [str(binaries / "planemo"), "--directory", str(HOME / "workspace"), *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=processes.plain_environment(binaries),
        stdin=subprocess.DEVNULL,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=1200,
        check=False,
    )


def check(*arguments: object, cwd: Path | None = None) -> str:
    """Run a planemo command that must succeed; its output."""
    result = run(*arguments, cwd=cwd)
    assert result.returncode == 0, f"planemo {arguments[0]} ended with {result.returncode}:\n{result.stdout}"
    return result.stdout


@dataclass
class Report:
    """What `planemo test` said: its exit status, its output, and the verdict on each test by planemo's name for it."""

    returncode: int
    output: str
    tests: dict[str, dict]

    def problem(self, test: str) -> str | None:
        """Why the test did not pass, or None. A test that was not run did not pass."""
        verdict = self.tests.get(test)
        if verdict is None:
            return f"{test} was not run:\n{self.output}"
        if verdict["status"] == "success":
            return None
        said = [verdict.get("execution_problem"), *(verdict.get("output_problems") or ()), verdict.get("problem_log")]
        job = verdict.get("job") or {}
        said += [f"{stream}: {job[stream]}" for stream in ("command_line", "stdout", "stderr") if job.get(stream)]
        text = (re.sub(r"[^\t\n -~]+", "?", str(part)) for part in said if part)  # a binary output may be cited in full
        return "\n".join([f"{test}: {verdict['status']}", *(part[:2000] for part in text)])


def test(galaxy: Galaxy, paths: Sequence[Path], parallel: int = 1) -> Report:
    """`planemo test` on a running Galaxy, so many commands at a time."""
    groups = [group for start in range(parallel) if (group := paths[start::parallel])]
    with ThreadPoolExecutor(len(groups)) as pool:
        reports = list(pool.map(lambda group: _test(galaxy, group), groups))
    return Report(
        max(report.returncode for report in reports),
        "\n".join(report.output for report in reports),
        {name: verdict for report in reports for name, verdict in report.tests.items()},
    )


def test_installed(galaxy: Galaxy, tool: str) -> Report:
    """The tests of a tool by its id in Galaxy, with the program that planemo's own tests use; planemo wants a file."""
    with tempfile.TemporaryDirectory() as folder:
        verdicts, binaries = Path(folder) / "tests.json", HOME / "planemo" / "bin"
        result = subprocess.run(
            [
                binaries / "galaxy-tool-test",
                "--galaxy-url",
                galaxy.url,
                "--key",
                galaxy.key,
                "--admin-key",
                galaxy.key,
                "--tool-id",
                tool,
                "--output-json",
                verdicts,
                "--output",
                folder,
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            env=processes.plain_environment(binaries),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        tests = json.loads(verdicts.read_text())["tests"] if verdicts.exists() else []
    return Report(result.returncode, result.stdout, {each["id"]: each["data"] for each in tests})


def _test(galaxy: Galaxy, paths: Sequence[Path]) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        verdicts = Path(folder) / "tests.json"
        result = run(
            "test",
            "--engine",
            "external_galaxy",
            "--galaxy_url",
            galaxy.url,
            "--galaxy_user_key",
            galaxy.key,
            "--galaxy_admin_key",
            galaxy.key,
            "--test_output",
            Path(folder) / "tests.html",
            "--test_output_json",
            verdicts,
            "--test_timeout",
            "300",
            *paths,
            cwd=Path(folder),
        )
        tests = json.loads(verdicts.read_text())["tests"] if verdicts.exists() else []
    return Report(result.returncode, result.stdout, {each["id"]: each["data"] for each in tests})
