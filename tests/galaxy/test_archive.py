"""What ships is whole and clean: the archives hold every file, and linting finds nothing to say."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from . import archive as archives
from . import planemo
from .server import ROOT


def files(folder: Path, *patterns: str) -> set[str]:
    return {
        str(path.relative_to(folder))
        for pattern in patterns
        for path in folder.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_holds_every_file(archive: dict[str, Path]):
    """Every tool, picture, script and library file, at the place the tools look for it; and nothing else."""
    expected = files(ROOT / "tools", "*.xml", "static/**/*")
    expected |= {f"scripts/{name}" for name in files(ROOT / "scripts", "**/*")}
    expected |= {f"test-data/{name}" for name in files(ROOT / "test-data", "**/*")}
    assert files(archive["genloom"], "**/*") == expected
    assert files(archive["suite_genloom"], "**/*") == {"repository_dependencies.xml"}


def test_holds_real_files(archive: dict[str, Path]):
    assert not [path for path in archive["genloom"].rglob("*") if path.is_symlink()]


def test_packed_again_it_is_the_same(archive: dict[str, Path], tmp_path: Path):
    for name, again in archives.build(tmp_path).items():
        assert files(again, "**/*") == files(archive[name], "**/*")
        for path in files(again, "**/*"):
            assert (again / path).read_bytes() == (archive[name] / path).read_bytes(), path


def test_scripts_run_from_the_archive(archive: dict[str, Path]):
    """The library is found beside the scripts, wherever they lie."""
    for script in sorted((archive["genloom"] / "scripts").glob("*.py")):
        result = subprocess.run(
            [ROOT / ".venv" / "bin" / "python", "-B", script, "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0 and result.stdout.startswith("genloom "), (script.name, result.stderr)


def test_every_script_has_a_tool(archive: dict[str, Path]):
    """One or more: a script with several tasks has several forms."""
    scripts = {path.stem for path in (archive["genloom"] / "scripts").glob("*.py")}
    forms = [ET.parse(path).getroot() for path in archives.tools(archive["genloom"])]
    assert {form.find("expand[@macro='script']").get("script") for form in forms} == scripts


def test_tools_are_short(archive: dict[str, Path]):
    """A form shows only what its task needs; a longer one would be split."""
    lengths = {path.name: len(path.read_text().splitlines()) for path in archive["genloom"].glob("*.xml")}
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_lint(archive: dict[str, Path]):
    planemo.check("lint", *planemo.LINT, "-r", archive["genloom"])


def test_shed_lint():
    planemo.check("shed_lint", "--tools", *planemo.LINT, "--skip", "version_bumped", ROOT / "shed")
