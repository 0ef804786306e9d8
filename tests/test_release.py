"""The publishing kit: what it makes is whole and the same each time, and each check finds the fault it is there for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rocrate.rocrate import ROCrate

from release import ROOT, build, check, crates, dockstore, pack, profiles, recipe, versions

FOLDERS = crates.folders()
QUICK = ROOT / "workflows" / check.TRIED


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of what the checks of texts read, to put faults into."""
    for name in ("pyproject.toml", "constraints.txt", "CITATION.cff", "CHANGELOG.md", ".dockstore.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("shed", "workflows", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("scripts", "static", "*.gz"))
    (tmp_path / "scripts" / "genloom").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "genloom" / "__init__.py", tmp_path / "scripts" / "genloom")
    return tmp_path


def plant(path: Path, old: str, new: str) -> None:
    """Put a fault into a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "faults", [versions.faults, check.registry, recipe.faults], ids=["versions", "registry", "recipe"]
)
def test_this_checkout_has_no_fault(faults):
    assert faults() == []


@pytest.mark.parametrize(
    ("place", "old", "new", "told"),
    [
        ("scripts/genloom/__init__.py", '"0.1.0"', '"0.1.1"', "0.1.1, where pyproject.toml has 0.1.0"),
        ("CITATION.cff", "version: 0.1.0", "version: 0.0.9", "0.0.9"),
        ("CITATION.cff", "date-released: 2026-11-21", "date-released: 2026-11-20", "2026-11-20"),
        ("CHANGELOG.md", "## [0.1.0] - 2026-11-21", "## [Unreleased]", "none"),
        ("tools/macros.xml", "0.1.0</token>", "0.2.0</token>", "0.2.0"),
        ("tools/bin_peaks.cwl", '["0.1.0"]', '["0.1"]', "0.1,"),
        ("tools/bin_peaks.cwl", "genloom: {", "genlom: {", "none"),
        ("shed/conda/recipe.yaml", "version: 0.1.0", "version: 1.0.0", "1.0.0"),
        ("shed/Dockerfile", 'version="0.1.0"', 'version="0.1"', "0.1,"),
        ("workflows/tune-and-judge/tune-and-judge.gxwf.yml", "0.1.0+galaxy0", "0.0.1+galaxy0", "0.0.1"),
        ("workflows/tune-and-judge/tune-and-judge.ga", "0.1.0+galaxy0", "0.0.1+galaxy0", "0.0.1"),
        (
            "workflows/tune-and-judge/CHANGELOG.md",
            "## [0.1]",
            "## [0.2]",
            "where tune-and-judge.gxwf.yml has the release 0.1",
        ),
        ("workflows/tune-and-judge/CHANGELOG.md", "2026-11-21", "unreleased", "has no day"),
    ],
)
def test_another_version_is_found(checkout, place, old, new, told):
    plant(checkout / place, old, new)
    found = versions.faults(checkout)
    assert found and all(each.startswith((f"{place}: ", "CHANGELOG.md: ")) for each in found)
    assert told in " ".join(found)


@pytest.mark.parametrize(
    ("place", "old", "new", "told"),
    [
        ("shed/conda/recipe.yaml", "- tqdm ==4.70.1", "- tqdm ==4.0.0", "to run, tqdm ==4.70.1 is missing"),
        ("shed/conda/recipe.yaml", "    - anndata", "    - boost\n    - anndata", "to run, boost is too much"),
        (
            "shed/conda/recipe.yaml",
            "      - genloom-bin-peaks --version\n",
            "",
            "to try, genloom-bin-peaks --version is missing",
        ),
        ("shed/conda/recipe.yaml", "noarch: python", "noarch: snake", "noarch"),
        ("shed/conda/recipe.yaml", "${{ version }}", "${{ versoin }}", "undefined value"),
        ("constraints.txt", "tqdm==", "tqdm==1", "to run, tqdm ==14.70.1 is missing"),
    ],
)
def test_a_recipe_that_cannot_be_built_or_asks_for_other_versions_is_found(checkout, place, old, new, told):
    plant(checkout / place, old, new)
    assert told in " ".join(recipe.faults(checkout))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: tune-and-judge-cwl", "name: tune-and-judge-galaxy", "tune-and-judge-galaxy: named twice"),
        ("name: tune-and-judge-cwl", "name: tune and judge", "tune and judge: a name has letters"),
        ("subclass: CWL", "subclass: Perl", "Perl is no language"),
        ("/workflows/tune-and-judge/job.yml", "/workflows/tune-and-judge/jobs.yml", "jobs.yml is no file"),
        ("Path: /workflows/tune-and-judge", "Path: workflows/tune-and-judge", "is no file, named from / on"),
        ("publish: true", "published: true", "published is unknown"),
        ("- name: The genloom authors", "- email: nobody@example.org", "an author has a name or an ORCID"),
        ("version: 1.2", "version: 1.0", "no version 1.2"),
    ],
)
def test_what_dockstore_would_refuse_is_found(checkout, old, new, told):
    plant(checkout / ".dockstore.yml", old, new)
    found = check.registry(checkout)
    assert "make workflows" in found[0] and any(told in each for each in found[1:])


def test_a_workflow_that_dockstore_is_not_told_of_is_found(checkout):
    shutil.copy(QUICK / f"{QUICK.name}.cwl", checkout / "workflows" / QUICK.name / "new.cwl")
    assert check.registry(checkout) == [".dockstore.yml: not as the workflows are: make workflows"]


def test_all_workflows_are_in_dockstore():
    listed = {each["primaryDescriptorPath"][1:] for each in dockstore.entries()}
    assert listed == {
        str(path.relative_to(ROOT)) for kind in ("ga", "cwl") for path in ROOT.glob(f"workflows/*/*.{kind}")
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_a_folder_is_ready_for_the_workflow_commission(folder):
    """What is looked for there beside what planemo's linter asks; and its jobs name nothing that a crate could not take."""
    assert dockstore.faults((folder / ".dockstore.yml").read_text(), folder) == []
    native = json.loads((folder / f"{folder.name}.ga").read_text())
    assert native["name"] and native["annotation"] and native["license"] and native["creator"] and native["release"]
    assert (folder / "README.md").exists() and (folder / "diagram.svg").exists()
    for job in ("job.yml", f"{folder.name}-tests.yml"):
        for path in crates.files(yaml.safe_load((folder / job).read_text())):
            assert path.startswith("../../test-data/") or Path(path).name == path
            assert (folder / path).exists()
            assert Path(path).suffix in crates.ENCODINGS or Path(path).suffix == ".safetensors"


def test_what_is_not_committed_is_found(tmp_path):
    for words in (
        ["init", "--quiet"],
        ["config", "user.email", "nobody@example.org"],
        ["config", "user.name", "nobody"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "a").write_text("1")
    assert check.tree(tmp_path) == ["not committed: ?? a"]
    subprocess.run("git add a && git commit --quiet --message a", shell=True, cwd=tmp_path, check=True)
    assert check.tree(tmp_path) == []
    (tmp_path / "a").write_text("2")
    assert check.tree(tmp_path) == ["not committed:  M a"]


def test_what_is_made_in_another_way_each_time_is_found(tmp_path):
    assert check.differing({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == []
    assert check.differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == [
        "b: not the same bytes twice",
        "c: not the same bytes twice",
    ]


@pytest.fixture(scope="module")
def crate(tmp_path_factory) -> Path:
    """A crate, unpacked far from the checkout."""
    folder = tmp_path_factory.mktemp("crate")
    with zipfile.ZipFile(crates.make(QUICK, folder / "first.crate.zip")) as archive:
        archive.extractall(folder / "crate")
    return folder / "crate"


def test_a_crate_is_the_same_when_it_is_made_again(crate, tmp_path):
    again = crates.make(QUICK, tmp_path / "second.crate.zip")
    assert again.read_bytes() == (crate.parent / "first.crate.zip").read_bytes()


def test_a_crate_keeps_to_its_profiles_and_tells_all_it_holds(crate):
    assert profiles.faults(crate.parent / "first.crate.zip") == []
    read = ROCrate(crate)
    main = read.mainEntity
    assert main.id == f"{QUICK.name}.ga" and main["programmingLanguage"]["name"] == "Galaxy"
    assert main["subjectOf"].id == f"{QUICK.name}.packed.cwl" and main["image"].id == "diagram.svg"
    assert read.license.id == "https://spdx.org/licenses/MIT"
    assert read.test_suites[0].definition.id == f"{QUICK.name}-tests.yml"
    held = {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()}
    assert {each.id for each in read.data_entities} == held - {"ro-crate-metadata.json"}
    for job in ("job.yml", f"{QUICK.name}-tests.yml"):
        assert set(crates.files(yaml.safe_load((crate / job).read_text()))) <= held


def without(graph: dict[str, dict], entity: str, key: str) -> None:
    del graph[entity][key]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda graph: without(graph, "./", "license"), "license"),
        (lambda graph: without(graph, "./", "mainEntity"), "Main Workflow"),
        (
            lambda graph: without(graph, f"{QUICK.name}-tests.yml", "conformsTo"),
            "TestDefinition MUST refer to the test engine",
        ),
        (lambda graph: graph["README.md"].update({"@id": "READMINE.md"}), "READMINE.md"),
    ],
    ids=["licence", "workflow", "engine", "file"],
)
def test_a_crate_that_lacks_something_is_found(crate, tmp_path, change: Callable[[dict[str, dict]], None], told):
    shutil.copytree(crate, tmp_path / "crate")
    path = tmp_path / "crate" / "ro-crate-metadata.json"
    document = json.loads(path.read_text())
    change({each["@id"]: each for each in document["@graph"]})
    path.write_text(json.dumps(document))
    assert told in " ".join(profiles.faults(tmp_path / "crate"))


def test_a_packed_workflow_stands_alone_and_knows_the_kinds_of_its_formats(crate, tmp_path):
    path = crate / f"{QUICK.name}.packed.cwl"
    assert check.alone(path) == []
    (peaks,) = [
        port
        for process in json.loads(path.read_text())["$graph"]
        for port in process["inputs"]
        if process["id"] == "#main" and port["id"] == "#main/peaks"
    ]
    assert "http://edamontology.org/format_3613" in peaks["format"], "a narrowPeak is a BED"
    assert "http://edamontology.org/format_3475" not in peaks["format"]
    for number, (old, new, told) in enumerate(
        (
            ('"run": "#bin_sample.cwl"', f'"run": "{(ROOT / "tools" / "bin_sample.cwl").as_uri()}"', "names file:///"),
            (
                '"cwlVersion"',
                '"$schemas": ["../tools/edam_excerpt.owl"], "cwlVersion"',
                "names ../tools/edam_excerpt.owl",
            ),
            ('"class": "Workflow"', '"class": "Wrokflow"', "Wrokflow"),
        )
    ):
        broken = shutil.copy(path, tmp_path / f"{number}.cwl")
        plant(broken, old, new)
        assert told in " ".join(check.alone(broken))


def test_two_workflows_of_one_name_are_packed_into_two_files():
    names = [pack.name(path) for path in pack.workflows()]
    assert len(set(names)) == len(names) > len(FOLDERS)


def test_a_packed_workflow_gives_in_a_foreign_folder_what_the_checkout_gives(crate, tmp_path, monkeypatch):
    job = yaml.safe_load((crate / "job.yml").read_text())
    few = {"peaks": job["peaks"][:2], "peak_names": job["peak_names"][:2]}
    (crate / "job.yml").write_text(yaml.safe_dump(job | few))
    binaries = Path(sys.executable).parent
    assert check.runs(crate, QUICK.name, binaries) == []
    command = [check.CWLTOOL, "--quiet", "--no-container", "--outdir", tmp_path, QUICK / f"{QUICK.name}.cwl", "job.yml"]
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
    subprocess.run(command, cwd=crate, env=environment, check=True, capture_output=True)
    assert build.digests(crate / "out") == build.digests(tmp_path) != {}
    monkeypatch.setattr(check, "CWLTOOL", "false")
    assert check.runs(crate, QUICK.name, binaries) == [f"{QUICK.name}.packed.cwl: "]


def test_a_script_that_does_not_answer_is_found(tmp_path):
    for name, text in (("well", "echo usage: well"), ("ill", "echo no module >&2; exit 1"), ("mute", "true")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    told = check.answers(tmp_path, ["well", "ill", "mute", "missing"])
    assert told == ["ill --help: no module\n", "mute --help: ", "missing: not installed"]
    assert check.answers(Path(sys.executable).parent, recipe.scripts()[:2]) == []


def test_one_fault_fails_the_whole(monkeypatch, capsys):
    monkeypatch.setattr(check, "CHECKS", {"first": lambda: ["here: wrong"], "second": list})
    assert check.main(["second"]) == 0
    assert check.main([]) == 1
    assert capsys.readouterr().out == "second: ok\nfirst: failed\n  here: wrong\nsecond: ok\n"
