"""The places that name the version or the day of the release; all have to say the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

from . import ROOT


def named(root: Path) -> Iterator[tuple[str, str]]:
    """Place and version, for every place that names genloom's."""

    def found(path: str, pattern: str) -> Iterator[tuple[str, str]]:
        text = (root / path).read_text()
        for version in sorted(set(re.findall(pattern, text, re.MULTILINE))) or ["none"]:
            yield path, version

    yield from found("scripts/genloom/__init__.py", r'^__version__ = "(.+)"$')
    yield from found("CITATION.cff", r"^version: (.+)$")
    yield from found("tools/macros.xml", r'<token name="@TOOL_VERSION@">(.+)</token>')
    yield from found("shed/conda/recipe.yaml", r"^  version: ([\d.]+)$")
    yield from found("shed/Dockerfile", r'image\.version="(.+?)"')
    yield "CHANGELOG.md", _newest(root / "CHANGELOG.md")[0]
    for path in sorted(root.glob("tools/*.cwl")):
        yield from found(path.relative_to(root).as_posix(), r'genloom: \{version: \["(.+)"\]\}')
    for pattern in ("*.gxwf.yml", "*.ga"):
        for path in sorted(root.glob(f"workflows/*/{pattern}")):
            yield from found(path.relative_to(root).as_posix(), r'tool_version"?: "?([^"\s]+?)\+galaxy\d+')


def faults(root: Path = ROOT) -> list[str]:
    """Where the version is another than in pyproject.toml, and where a day is missing or another."""
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    told = [f"{place}: {each}, where pyproject.toml has {version}" for place, each in named(root) if each != version]
    day = str(yaml.safe_load((root / "CITATION.cff").read_text())["date-released"])
    if _newest(root / "CHANGELOG.md")[1] != day:
        told.append(f"CHANGELOG.md: its newest version has not the day of CITATION.cff, {day}")
    for source in sorted(root.glob("workflows/*/*.gxwf.yml")):
        changes = source.with_name("CHANGELOG.md")
        place = changes.relative_to(root).as_posix()
        release, (newest, dated) = yaml.safe_load(source.read_text())["release"], _newest(changes)
        if newest != release:
            told.append(f"{place}: {newest}, where {source.name} has the release {release}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", dated):
            told.append(f"{place}: {newest} has no day")
    return told


def _newest(changelog: Path) -> tuple[str, str]:
    """The version at the top of a changelog, and its day or what stands there."""
    heading = re.search(r"^## \[(.+?)\] - (.+)$", changelog.read_text(), re.MULTILINE)
    return (heading[1], heading[2]) if heading else ("none", "")
