"""The documentation: every command is run or accounted for, what is shown is what is printed, and the site is whole.

`python -m tests.test_docs` writes into the pages what their commands print.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from genloom import console  # noqa: E402

DOCS = ROOT / "docs"
WORKFLOWS = sorted(path.parent for path in ROOT.glob("workflows/*/README.md"))
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", *(folder / "README.md" for folder in WORKFLOWS)]
EDAM = "http://edamontology.org/"

# A workflow's small job → the test that runs it: twice would take minutes.
JOBS = {
    "atac-to-expression": "test_cwl.py::demo",
    "splice-boundaries": "test_cwl.py::boundaries",
    "variant-splicing": "test_cwl.py::test_variants_of_the_demo_are_scored_by_imported_weights",
    "promoter-expression": "test_cwl.py::test_planted_motifs_tell_expression_and_no_others",
    "promoter-prediction": "test_promoter_prediction.py::demo",
    "sample-classification": "test_cwl.py::test_planted_kinds_are_told_and_new_samples_called",
    "landmark-inference": "test_cwl.py::test_planted_programs_are_inferred_and_not_at_random",
    "tune-and-judge": "test_scattered.py::test_trials",
    "tune-and-judge-scattered": "test_scattered.py::test_trials",
    "bin-peaks-scattered": "test_scattered.py::test_samples",
    "extract-windows-scattered": "test_scattered.py::test_chromosomes_cut_into_windows",
    "annotate-boundaries-scattered": "test_scattered.py::test_chromosomes_predicted",
    "variant-splicing-scattered": "test_scattered.py::test_variants",
}
# Commands that are not run here, each or how it begins, and why
UNRUN = {
    "make demo": "sets up an environment; then the small job of atac-to-expression",
    "make galaxy": "starts a Galaxy; make test-galaxy runs all that is in it",
    "make test": "all tests",
    "make test-unit": "all tests but those of engines",
    "make -k release-check": "a quarter of an hour; test_release.py puts faults before each of its checks",
    "make dist": "half a minute; `make release-check` does it twice",
    "cwltool --no-container tune-and-judge.packed.cwl job.yml": "in an unpacked crate; test_release.py runs another",
    "make docs": "sets up an environment; then what `site` does",
    "make pictures": "minutes, and Chromium",
    "GENLOOM_TEST_DATA=/folder/with/atac_blood make results-atac-to-expression": "real data",
    "GENLOOM_TEST_DATA=/folder/with/genomes make results-splice-boundaries": "real data, hours",
    "GENLOOM_TEST_DATA=/folder/with/genomes make results-promoter-expression": "real data, half an hour",
    "GENLOOM_TEST_DATA=/folder/with/leukemia make results-sample-classification": "real data, minutes",
    "cwltool --no-container workflows/numerals-tutorial/numerals-tutorial.cwl workflows/numerals-tutorial/job.yml": "two "
    "minutes; test_cwl.py runs the workflow on 90 of its images",
    "pip install -c constraints.txt '.[cwl]'": "installs; make demo does the same",
    "pip install -c constraints.txt 'toil[cwl]'": "installs; make test-slurm does the same",
    "planemo shed_upload --tar_only shed/": "needs planemo; test_archive.py of tests/galaxy runs it",
    "conda env create --file shed/environment.yml": "needs conda and its channels; test_shed.py looks at the file",
    "docker build --file shed/Dockerfile --tag genloom .": "needs Docker; test_shed.py looks at the file",
    "cwltool --enable-ext --no-container --overrides tools/cuda.yml": "needs a graphics card; test_cwl.py has a false one",
    "toil-cwl-runner --no-container --jobStore ./store": "needs Toil; make test-slurm runs it",
    "toil-cwl-runner --no-container --batchSystem slurm": "needs Toil and Slurm; make test-slurm runs it",
}


class Block(NamedTuple):
    """A fenced block: its language, its lines, and the number of the first of them, from 0."""

    language: str
    lines: list[str]
    at: int


class Command(NamedTuple):
    """A command as it is typed, on one line; what is shown below it, if anything is to be; where that is in the page."""

    text: str
    shown: list[str] | None
    at: int


def blocks(path: Path) -> Iterator[Block]:
    found: Block | None = None
    for number, line in enumerate(path.read_text().splitlines()):
        if line.lstrip().startswith("```"):
            if found:
                yield found
            found = None if found else Block(line.strip().strip("`"), [], number + 1)
        elif found:
            found.lines.append(line)
    assert found is None, f"{path.name}: a block without an end"


def commands(block: Block) -> list[Command]:
    """Those of an sh block, a line each (or several with \\), or of a console block, after $ and before their output."""
    if block.language == "console":
        starts = [number for number, line in enumerate(block.lines) if line.startswith("$ ")]
        assert starts[0] == 0
        ends = [*starts[1:], len(block.lines)]
        return [
            Command(block.lines[a][2:], block.lines[a + 1 : b], block.at + a + 1)
            for a, b in zip(starts, ends, strict=True)
        ]
    text = "\n".join(block.lines).replace("\\\n", " ")
    bare = (re.sub(r"\s+#.*", "", line) for line in text.splitlines())
    return [Command(re.sub(r"\s+", " ", line.strip()), None, block.at) for line in bare if line.strip()]


def all_commands() -> dict[str, Path]:
    """Every command in an sh or a console block → a page that has it."""
    pages = ((page, block) for page in PAGES for block in blocks(page) if block.language in ("sh", "console"))
    return {command.text: page for page, block in pages for command in commands(block)}


def job_of(command: str) -> str | None:
    """The workflow whose small job a command runs, where another test does."""
    words = shlex.split(command)
    if words[0] != "cwltool" or words[-1].startswith("-") or not words[-1].startswith("workflows/"):
        return None
    return Path(words[-2]).stem if Path(words[-2]).stem in JOBS and Path(words[-1]).name.startswith("job") else None


def reason(command: str) -> str | None:
    """The entry of UNRUN for a command."""
    return next((key for key in UNRUN if command == key or command.startswith(f"{key} ")), None)


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command in a folder: its status, and what it prints. genloom's own run in this process, which saves the imports."""
    words = shlex.split(command)
    if re.search(r"[|>;&]", command) or not words[0].startswith("genloom-"):
        paths = (str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        environment = {**os.environ, "PATH": ":".join(paths)}
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
    script = importlib.import_module(words[0].removeprefix("genloom-").replace("-", "_"))
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = [words[0]]
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = console.run(script.build_parser, script.main, words[1:])
    finally:
        sys.argv = argv
    return status, out.getvalue() + err.getvalue()


def prepare(folder: Path) -> None:
    """A folder like the checkout: data, tools and workflows as they are, and the commands in bin/."""
    for name in ("test-data", "tools", "workflows", "scripts", "release"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    for script in (ROOT / "scripts").glob("*.py"):
        (folder / "bin" / f"genloom-{script.stem.replace('_', '-')}").symlink_to(script)


def played(page: Path, folder: Path) -> str:
    """The text of a page, its commands run from the first to the last, with what they print in place of what is shown."""
    lines: list[str | None] = list(page.read_text().splitlines())
    more: dict[int, list[str]] = {}
    for block in blocks(page):
        if block.language == "yaml" and (name := re.fullmatch(r"# (\w+\.yml)", block.lines[0])):
            (folder / name[1]).write_text("\n".join(block.lines))
        if block.language not in ("sh", "console"):
            continue
        for command in commands(block):
            if reason(command.text) or job_of(command.text):
                continue
            status, printed = run(command.text, folder)
            assert status in ((0, 2) if block.language == "console" else (0,)), f"{command.text}\n{printed}"
            if command.shown is not None:
                lines[command.at : command.at + len(command.shown)] = [None] * len(command.shown)
                more[command.at] = printed.splitlines()
    text = []
    for number, line in enumerate(lines):
        text += more.get(number, [])
        text += [line] if line is not None else []
    return "\n".join(text) + "\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_run_and_print_what_is_shown(page, tmp_path):
    prepare(tmp_path)
    assert played(page, tmp_path) == page.read_text(), "python -m tests.test_docs writes what is printed"


def test_every_command_that_is_not_run_is_accounted_for():
    found = all_commands()
    assert {reason(command) for command in found} - {None} == UNRUN.keys(), "no page has some of these any more"
    for command in filter(reason, found):
        words = [word for word in shlex.split(command) if "=" not in word or word.startswith("-")]
        for word in words[1:]:
            if re.match(r"(workflows|tools|shed|constraints)[/.]", word):
                assert (ROOT / word).exists(), f"{command}: there is no {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_is_to_be_made_can_be_made(page):
    """The targets of make, in commands and in running text."""
    rules = "".join(path.read_text() for path in (ROOT / "Makefile", *ROOT.glob("*.mk")))
    made = set(re.findall(r"(?:^|`| )make ([a-z][a-z-]+)(?:`|$| +#)", page.read_text(), re.M))
    assert made <= set(re.findall(r"^([a-z-]+):", rules, re.M))


def test_every_small_job_is_run_by_the_test_that_is_named():
    named = {job_of(command) for command in all_commands()} - {None}
    assert named == JOBS.keys()
    for workflow, test in JOBS.items():
        module, name = test.split("::")
        source = (ROOT / "tests" / module).read_text()
        function = next(f for f in ast.parse(source).body if isinstance(f, ast.FunctionDef) and f.name == name)
        body = ast.get_source_segment(source, function)
        assert workflow.removesuffix("-scattered") in body + ("promoter-prediction" if "FOLDER" in body else ""), test


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_options_in_the_text_exist(page):
    """Each --option in running text is one of genloom's, of a command that the page has, or of an engine."""
    own = set()
    for script in (ROOT / "scripts").glob("*.py"):
        parser = importlib.import_module(script.stem).build_parser()
        own |= {option for action in parser._actions for option in action.option_strings}
    own |= {"--parallel", "--outdir", "--restart", "--mem", "--gres", "--overrides", "--tar_only"}
    for block in blocks(page):
        own |= set(re.findall(r"(?<![\w-])--[a-z][\w-]*", "\n".join(block.lines), re.I))
    prose = re.sub(r"(?ms)^\s*```.*?^\s*```", "", page.read_text())
    for text in re.findall(r"`([^`\n]+)`", prose):
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", text):
            assert option in own or text.startswith(("pip", "scancel", "squeue")), text


def jobs() -> list[tuple[Path, str]]:
    """Tutorial and text of each job file that it shows."""
    return [(page, "\n".join(b.lines)) for page in TUTORIALS for b in blocks(page) if b.lines[:1] == ["# job.yml"]]


@pytest.mark.parametrize(("page", "text"), jobs(), ids=lambda value: getattr(value, "stem", ""))
def test_a_job_file_that_is_shown_fits_its_workflow(page, text):
    job = yaml.safe_load(text)
    inputs = yaml.safe_load((ROOT / "workflows" / page.stem / f"{page.stem}.cwl").read_text())["inputs"]
    assert job.keys() <= inputs.keys()
    for name, port in inputs.items():
        wanted = "default" not in port and "?" not in str(port["type"]) and "null" not in str(port["type"])
        assert name in job or not wanted, f"{name} is missing"
        files = job.get(name) if isinstance(job.get(name), list) else [job.get(name)]
        for each in files:
            if isinstance(each, dict):
                formats = port["format"] if isinstance(port["format"], list) else [port["format"]]
                known = {f.replace("edam:", EDAM) for f in formats} | {EDAM + "format_3613"}  # narrowPeak is a BED
                assert each["format"] in known, name
            elif isinstance(port["type"], dict) and "symbols" in port["type"]:
                assert each is None or each in port["type"]["symbols"], name


def test_figures_are_those_of_the_results():
    found = 0
    for page in DOCS.rglob("*.md"):
        for number, workflow, name in re.findall(r"(-?\d+\.\d+)<!-- (\S+) (.+?) -->", page.read_text()):
            results = json.loads((ROOT / "workflows" / workflow / "results.json").read_text())
            value = next(row["value"] for row in results if row["name"] == name)
            assert f"{value:.{len(number.partition('.')[2])}f}" == number, f"{page.name}: {name}"
            found += 1
    assert found > 20


def test_every_workflow_has_a_tutorial_with_its_whole_readme():
    text = {page: page.read_text() for page in TUTORIALS}
    for folder in WORKFLOWS:
        link = f"](../../workflows/{folder.name}/README.md"
        (page,) = [page for page, each in text.items() if f"{link})" in each]
        for heading in re.findall(r"^## (.+)$", (folder / "README.md").read_text(), re.M):
            anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            assert f"{link}#{anchor})" in text[page], f"{page.name} lacks {heading!r} of {folder.name}"


def test_what_developers_are_led_through_is_there():
    """Each `module.py: name` of that page."""
    named = re.findall(r"`([\w/]+\.py): (\w+)`", (DOCS / "developers.md").read_text())
    for module, name in named:
        tree = ast.parse((ROOT / "scripts" / "genloom" / module).read_text())
        assert name in {getattr(node, "name", None) for node in ast.walk(tree)}, f"{module} has no {name}"
    assert len(named) > 15


def test_reports_that_galaxy_is_to_trust():
    told = set(re.findall(r"^- `(genloom_\w+)`$", (DOCS / "galaxy.md").read_text(), re.M))
    made = {f"genloom_{p.stem}" for p in (ROOT / "tools").glob("*.xml") if 'format="html"' in p.read_text()}
    assert told == made


class Resources(HTMLParser):
    """What a page loads, and the pictures that it shows."""

    def __init__(self):
        super().__init__()
        self.loaded: list[str] = []
        self.pictures: set[str] = set()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "object", "embed", "video", "audio"):
            self.loaded += [given[name] for name in ("src", "data", "srcset") if given.get(name)]
        if tag == "link" and given.get("rel") != "canonical":
            self.loaded.append(given["href"])
        if tag == "img":
            assert given.get("alt"), f"a picture without words: {given}"
            self.pictures.add(Path(given["src"]).name)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` does: a link to nothing ends it."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def build(root: Path, folder: Path) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).with_name("properdocs"), "build", "--site-dir", folder]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[x](formats.md#no-such-section)", "no-such-section"),
        ("see [x](../workflows/no-such-workflow)", "no-such-workflow"),
        ("[x](../README.md#no-such-section)", "no-such-section"),
        ("![x](images/no-such-picture.png)", "no-such-picture"),
    ],
)
def test_a_link_to_nothing_ends_the_build(tmp_path, line, told):
    for name in ("docs", "workflows", "benchmarks", "tools"):
        leave = shutil.ignore_patterns("__pycache__", "work", "static", "*.gz", "scripts")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "properdocs.yml"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "docs" / "cwl.md").open("a") as page:
        page.write(f"\n{line}\n")
    done = build(tmp_path, tmp_path / "site")
    warnings = [each for each in done.stderr.splitlines() if each.startswith("WARNING")]
    assert done.returncode == 1 and warnings and all(told in each for each in warnings)


def test_nothing_in_the_site_is_loaded_from_elsewhere(site):
    for page in site.rglob("*.html"):
        parser = Resources()
        parser.feed(page.read_text())
        assert not [each for each in parser.loaded if re.match(r"(\w+:)?//", each)], page
    for style in site.rglob("*.css"):
        remote = re.findall(r"""(?:@import|url\()\s*["']?(?:https?:)?//[^"')]+""", style.read_text())
        assert not remote, f"{style.name}: {remote}"


def test_pictures_are_used_and_small(site):
    shown = set()
    for page in [*site.rglob("*.html"), ROOT / "README.md"]:
        parser = Resources()
        parser.feed(page.read_text())
        shown |= parser.pictures
    readme = set(re.findall(r"docs/images/([\w.-]+)", (ROOT / "README.md").read_text()))
    for picture in (DOCS / "images").iterdir():
        assert picture.name in shown | readme, f"no page shows {picture.name}"
        assert picture.stat().st_size < (250_000 if picture.name in readme else 150_000), picture.name


def test_a_readme_s_section_stands_in_its_tutorial(site):
    """A line that is a link to it was replaced by its text, and its links lead on."""
    page = (site / "tutorials" / "annotate-boundaries.html").read_text()
    assert "Thresholds, decode and gate were chosen on the validation chromosomes" in page
    assert 'href="splice-boundaries.html"' in page and "README.md" not in page
    assert (site / "files" / "workflows" / "annotate-boundaries" / "diagram.svg").exists()


if __name__ == "__main__":
    for each in PAGES:
        with tempfile.TemporaryDirectory() as name:
            prepare(Path(name))
            text = played(each, Path(name))
        if text != each.read_text():
            each.write_text(text)
