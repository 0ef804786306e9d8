"""Workflow RO-Crates for WorkflowHub: one zip a workflow, the same bytes each time. `make crates`.

The main workflow is the one for Galaxy: WorkflowHub shows, runs and tests that kind, and planemo's test file makes of the
crate a Workflow Testing RO-Crate. The packed CWL, which has the same steps, is its description in CWL (`subjectOf`). All lies
flat, with the data of the small jobs below, so that the tests of either run on what was unpacked.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rocrate.model.computationalworkflow import ComputationalWorkflow, WorkflowDescription
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from . import ROOT, pack

PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
PLANEMO = ROOT / "tests" / "galaxy" / "requirements-planemo.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip can name
ENCODINGS = {
    **dict.fromkeys(["", ".bed", ".fa", ".fai", ".gct", ".gtf", ".narrowPeak", ".sizes", ".txt", ".vcf"], "text/plain"),
    **dict.fromkeys([".cwl", ".ga", ".json", ".jsonl"], "application/json"),  # CWL when packed
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".h5": "application/x-hdf5",
    ".h5ad": "application/x-hdf5",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    **dict.fromkeys([".results", ".tsv"], "text/tab-separated-values"),
    ".yml": "application/yaml",
}


def folders(root: Path = ROOT) -> list[Path]:
    """The folders of workflows."""
    return sorted(path.parent for path in root.glob("workflows/*/*.ga"))


def files(value: Any) -> Iterator[str]:
    """The paths that a job or a test names."""
    if isinstance(value, dict):
        if value.get("class") in ("File", "Directory"):
            yield value["path"]
        for each in value.values():
            yield from files(each)
    elif isinstance(value, list):
        for each in value:
            yield from files(each)


def fill(folder: Path, into: Path) -> None:
    """What a crate of a workflow holds, but for the metadata: paths that led out of its folder lead down."""
    name = folder.name
    for each in (f"{name}.ga", "README.md", "CHANGELOG.md", "diagram.svg"):
        shutil.copyfile(folder / each, into / each)
    shutil.copyfile(ROOT / "LICENSE", into / "LICENSE")
    for workflow in sorted(folder.glob("*.cwl")):
        (into / f"{pack.name(workflow)}.packed.cwl").write_text(pack.packed(workflow))
    for job in (f"{name}-tests.yml", "job.yml"):
        text = (folder / job).read_text()
        (into / job).write_text(text.replace("../../test-data/", "test-data/"))
        for path in files(yaml.safe_load(text)):
            source, target = folder / path, into / path.removeprefix("../../")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            if (index := source.with_name(f"{source.name}.fai")).exists():
                shutil.copyfile(index, target.with_name(index.name))


def describe(name: str, content: Path) -> ROCrate:
    """The crate of a workflow's content, as `fill` laid it out."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    native = json.loads((content / f"{name}.ga").read_text())
    crate = ROCrate(version="1.1")

    def context(identifier: str, kind: str, **facts: Any) -> ContextEntity:
        return crate.add(ContextEntity(crate, identifier, {"@type": kind, **facts}))

    licence = context(
        f"https://spdx.org/licenses/{native['license']}",
        "CreativeWork",
        name=f"{native['license']} License",
        description="Its text is in LICENSE",
    )
    authors = context("#authors", "Organization", name=citation["authors"][0]["name"])
    about = {"name": native["name"], "description": native["annotation"]}
    made = {"license": licence, "author": authors, "creator": authors, "version": native["release"]}
    whole = {"datePublished": str(citation["date-released"]), "keywords": native["tags"], "publisher": authors}
    for key, value in {**about, **made, **whole}.items():
        crate.root_dataset[key] = value

    profile = context(PROFILE, "CreativeWork", name="ComputationalWorkflow", version="1.0-RELEASE")
    main = crate.add_workflow(
        content / f"{name}.ga",
        main=True,
        lang="galaxy",
        properties={**about, **made, "conformsTo": profile, "encodingFormat": encoding(Path(f"{name}.ga"))},
    )
    for path in sorted(content.glob("*.packed.cwl")):
        description = path.name == f"{name}.packed.cwl"
        cwl = crate.add_workflow(
            path,
            lang="cwl",
            lang_version="v1.2",
            cls=WorkflowDescription if description else ComputationalWorkflow,
            properties={"name": label(path), "encodingFormat": encoding(path), **made},
        )
        if description:
            main["subjectOf"] = cwl

    suite = crate.add_test_suite("#tests", name="On small made-up data")
    planemo = next(line for line in PLANEMO.read_text().split() if line.startswith("planemo=="))
    tests = content / f"{name}-tests.yml"
    crate.add_test_definition(
        suite,
        tests,
        engine="planemo",
        engine_version=planemo.removeprefix("planemo=="),
        properties={"name": "What goes in and what has to come out", "encodingFormat": encoding(tests)},
    )

    told = {
        "README.md": {"name": "README", "about": crate.root_dataset},
        "CHANGELOG.md": {"name": "Changes"},
        "LICENSE": {"name": "Licence"},
        "diagram.svg": {"name": "The steps", "@type": ["File", "ImageObject"]},
        "job.yml": {"name": "What goes in, for the packed CWL"},
    }
    described = {str(entity.id) for entity in crate.data_entities}
    for path in sorted(each for each in content.rglob("*") if each.is_file()):
        inside = path.relative_to(content).as_posix()
        if inside not in described:
            facts = told.get(inside, {"name": f"{path.name} of the small job"})
            crate.add_file(path, inside, properties={**facts, "encodingFormat": encoding(path)})
    main["image"] = crate.get("diagram.svg")
    return crate


def encoding(path: Path) -> str:
    """The media type of a file, by its name. Of a table of its own: that of a machine may differ."""
    return ENCODINGS.get(path.suffix, "application/octet-stream")


def label(packed: Path) -> str:
    """The label of a packed workflow."""
    return next(each["label"] for each in json.loads(packed.read_text())["$graph"] if each["id"] == "#main")


def write(folder: Path) -> list[Path]:
    """Write <workflow>.crate.zip of every workflow into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [make(source, folder / f"{source.name}.crate.zip") for source in folders()]


def make(source: Path, target: Path) -> Path:
    """Write the crate of one folder."""
    with tempfile.TemporaryDirectory() as name:
        content, whole = Path(name) / "content", Path(name) / "crate"
        content.mkdir()
        fill(source, content)
        describe(source.name, content).write(whole)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in whole.rglob("*") if each.is_file()):
                member = zipfile.ZipInfo(path.relative_to(whole).as_posix(), EPOCH)
                member.external_attr = 0o644 << 16
                archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


if __name__ == "__main__":
    write(Path(sys.argv[1]))
