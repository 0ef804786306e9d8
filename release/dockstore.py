"""`.dockstore.yml`: all workflows for Dockstore, for Galaxy and in CWL, each with its tests. `make workflows` writes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from . import ROOT, pack

# Dockstore's rules for its format 1.2
NAME = re.compile(r"[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*")
LANGUAGES = ("CWL", "WDL", "NFL", "Galaxy", "GALAXY", "SMK")
KEYS = {
    *("name", "subclass", "primaryDescriptorPath", "testParameterFiles", "readMePath", "authors", "publish", "filters"),
    *("latestTagAsDefault", "topic", "enableAutoDois"),
}
HEAD = "# All workflows for Dockstore. `make workflows` writes this.\n"


def entries(root: Path = ROOT) -> list[dict[str, Any]]:
    """An entry for each workflow: the one for Galaxy with planemo's tests, those in CWL with their small jobs."""
    authors = [{"name": each["name"]} for each in yaml.safe_load((root / "CITATION.cff").read_text())["authors"]]

    def entry(path: Path, name: str, language: str, tests: Path) -> dict[str, Any]:
        return {
            "name": name,
            "subclass": language,
            "publish": True,
            "filters": {"tags": ["v*"]},
            "primaryDescriptorPath": f"/{path.relative_to(root).as_posix()}",
            "testParameterFiles": [f"/{tests.relative_to(root).as_posix()}"] if tests.exists() else [],
            "readMePath": f"/{(path.parent / 'README.md').relative_to(root).as_posix()}",
            "authors": authors,
        }

    galaxy = [
        entry(path, f"{path.stem}-galaxy", "Galaxy", path.with_name(f"{path.stem}-tests.yml"))
        for path in sorted(root.glob("workflows/*/*.ga"))
    ]
    cwl = []
    for path in pack.workflows(root):
        own = path.stem == path.parent.name
        cwl.append(
            entry(path, f"{pack.name(path)}-cwl", "CWL", path.with_name("job.yml" if own else f"job-{path.stem}.yml"))
        )
    return galaxy + cwl


class _Plain(yaml.SafeDumper):
    """Says again what is said twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text(root: Path = ROOT) -> str:
    """The text of the file."""
    return HEAD + yaml.dump({"version": 1.2, "workflows": entries(root)}, Dumper=_Plain, sort_keys=False, width=120)


def faults(given: str, root: Path = ROOT) -> list[str]:
    """What Dockstore would refuse in a .dockstore.yml, or not find."""
    document = yaml.safe_load(given)
    told = (
        []
        if str(document.get("version")) == "1.2" and document.get("workflows")
        else ["no version 1.2, or no workflows"]
    )
    names = [str(each.get("name")) for each in document.get("workflows") or []]
    told += [f"{name}: named twice" for name in sorted({each for each in names if names.count(each) > 1})]
    for name, each in zip(names, document.get("workflows") or [], strict=True):
        if not NAME.fullmatch(name) or len(name) > 256:
            told.append(f"{name}: a name has letters, digits, and hyphens or underscores within")
        if each.get("subclass") not in LANGUAGES:
            told.append(f"{name}: {each.get('subclass')} is no language of Dockstore's")
        told += [f"{name}: {key} is unknown" for key in sorted(each.keys() - KEYS)]
        told += [
            f"{name}: an author has a name or an ORCID"
            for who in each.get("authors", [])
            if not {"name", "orcid"} & set(who)
        ]
        paths = [each.get("primaryDescriptorPath", ""), *each.get("testParameterFiles", [])]
        for path in [*paths, each.get("readMePath", "/README.md")]:
            if not path.startswith("/") or not (root / path[1:]).is_file():
                told.append(f"{name}: {path or 'no descriptor'} is no file, named from / on")
    return [f".dockstore.yml: {each}" for each in told]


if __name__ == "__main__":
    (ROOT / ".dockstore.yml").write_text(text())
