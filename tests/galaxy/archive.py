"""The suite as it ships: the archives that planemo packs from shed/, unpacked."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

from . import planemo
from .server import ROOT

NAMES = ("genloom", "suite_genloom")


def build(folder: Path) -> dict[str, Path]:
    """Pack shed/ and unpack each repository into its own folder under `folder`: name → folder."""
    folder.mkdir(parents=True, exist_ok=True)
    planemo.check("shed_upload", "--tar_only", "--shed_target", "local", ROOT / "shed", cwd=folder)
    unpacked = {}
    for name in NAMES:
        unpacked[name] = folder / name
        shutil.unpack_archive(folder / f"shed_upload_{name}.tar.gz", unpacked[name])
    return unpacked


def tools(folder: Path) -> list[Path]:
    """The tool XMLs of a folder, without macros."""
    return [path for path in sorted(folder.glob("*.xml")) if ET.parse(path).getroot().tag == "tool"]
