"""The rules of the house that a program can check."""

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "scripts" / "genloom"
# package → what it may import besides itself, console and errors
ALLOWED = {
    "formats": set(),
    "models": set(),
    "pretrained": {"models", "formats"},
    "report": {"learning", "models", "formats"},
    "learning": {"models", "formats", "report"},
}


def imports(path):
    """The packages of genloom that a module imports, relatively or by name."""
    package = path.relative_to(LIBRARY).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            base = [part for part in base if part]
            yield from [base[0]] if base else [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genloom"):
            yield (node.module + ".").split(".")[1] or node.names[0].name


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*/*.py")), ids=lambda p: p.relative_to(LIBRARY).as_posix())
def test_imports_run_one_way(path):
    own = path.parent.name
    strange = set(imports(path)) - ALLOWED[own] - {own, "console", "errors", "guard", "resources", "__version__"}
    assert not strange, f"{path.name} of {own} imports {strange}"


def tracked():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_machine_path_and_no_registry_in_any_file():
    forbidden = re.compile(
        r"/wor[k]/|/roo[t]/|/hom[e]/\w|pypi\.or[g]|pythonhoste[d]|registry\.npmj[s]|anaconda\.or[g]|debian\.or[g]"
    )
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found = forbidden.search(text)
        assert not found, f"{path.relative_to(ROOT)} names {found[0]!r}"


def test_no_large_file():
    for path in tracked():
        assert path.stat().st_size < 1_000_000, path


def test_versions_agree():
    import genloom

    version = genloom.__version__
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


TABLES = [
    *sorted(ROOT.glob("workflows/*/results.py")),
    ROOT / "workflows" / "glance.py",
    ROOT / "benchmarks" / "render.py",
]


@pytest.mark.parametrize("script", TABLES, ids=lambda p: p.parent.name)
def test_tables_equal_the_results(script, monkeypatch):
    """What a README shows is what its results.json holds."""
    import importlib.util

    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    specification = importlib.util.spec_from_file_location("results", script)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    for path, text in module.render().items():
        assert path.read_text() == text, f"{path.relative_to(ROOT)} is not as results.json has it: make results again"


def test_what_is_measured_is_the_command_s_own(monkeypatch):
    """Linux counts what a process holds among what its child does, until that is another program."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import measure

    held = bytearray(b"x") * 300_000_000
    assert measure.run(["true"]).megabytes < 50 < len(held) >> 20
    own = measure.run([sys.executable, "-c", "x = bytearray(b'x') * 200_000_000"])
    assert own.megabytes > 190
    with pytest.raises(RuntimeError, match=r"(?s)^bash: oh no.*status 3"):
        measure.run(["bash", "-c", "echo oh no >&2; exit 3"])
    with pytest.raises(RuntimeError, match="nowhere"):
        measure.run(["nowhere"])


def test_one_command_keeps_the_results_of_the_other(monkeypatch):
    """The results of variant-splicing are those of two commands; without those of one its cells are empty."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    names = runpy.run_path(str(ROOT / "workflows" / "variant-splicing" / "results.py"))
    new, old = ({"name": name, "value": value, "command": names["COMMAND"]} for name, value in (("a", 1), ("b", 2)))
    other = {"name": "c", "value": 3, "command": "make benchmarks-score-variants"}
    assert names["merged"]([new], [old, other]) == [new, other]
    assert (
        "| SpliceAI | variants: four scores to 0.01, four positions | – | – | 100% |" in names["blocks"]({})["parity"]
    )


def test_diagrams_are_those_of_the_workflows(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "workflows")
    import diagram

    for path, text in diagram.diagrams().items():
        assert path.read_text() == text, f"{path.relative_to(ROOT)}: run make workflows"
