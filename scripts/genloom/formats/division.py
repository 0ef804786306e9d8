"""A genome divided into parts of whole chromosomes, each a BED file for a job of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from . import parts, text
from .chromosomes import Region
from .parts import Part

_CURE = "give a file that split_genome made"


def divide(regions: Sequence[Region], count: int) -> list[list[Region]]:
    """Regions in order into at most `count` parts, so that the largest has as few bases as can be.

    Regions of one chromosome stay together, for windows are cut from one chromosome after the other.
    """
    chroms: dict[str, list[Region]] = {}
    for region in regions:
        chroms.setdefault(region.chrom, []).append(region)
    groups = [*chroms.values()]
    bases = [sum(region.end - region.start for region in group) for group in groups]
    low, high = max(bases), sum(bases)
    while low < high:  # the least room in which the parts hold all
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(bases, middle)) <= count else (middle + 1, high)
    return [[region for index in held for region in groups[index]] for held in _filled(bases, low)]


def _filled(bases: Sequence[int], room: int) -> list[list[int]]:
    """The indices of what goes into each part, filled one after the other."""
    found: list[list[int]] = [[]]
    held = 0
    for index, size in enumerate(bases):
        if held + size > room and found[-1]:
            found.append([])
            held = 0
        found[-1].append(index)
        held += size
    return found


def _whole(regions: Sequence[Region]) -> str:
    return parts.digest(map(str, regions))


def write(regions: Sequence[Region], count: int, folder: Path) -> int:
    """Write the parts of some regions as BED files, named by their numbers. Returns how many there are."""
    found = divide(regions, count)
    whole, digits = _whole(regions), len(str(len(found)))
    for number, held in enumerate(found, 1):
        part = Part((number,), len(found), whole, facts={"regions": len(held)})
        lines = [parts.COMMENT + part.text, *("\t".join(map(str, region)) for region in held)]
        (folder / f"part_{number:0{digits}}.bed").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return len(found)


def read(path: str | Path, whole: Sequence[Region]) -> tuple[Part, list[Region]]:
    """Which part of a genome a file is, and its regions.

    Parameters
    ----------
    whole : all regions that are wanted, of which it must be a part

    Raises
    ------
    InputError : no such file, no part, a part of other regions, or one that is cut off
    """
    first, *rows = text.read(path).decode("utf-8-sig", "replace").splitlines()
    if not first.startswith(parts.COMMENT):
        raise InputError("is no part of a genome", f"{path}:1", _CURE)
    part = Part.read(first.removeprefix(parts.COMMENT), f"{path}:1")
    if part.whole != _whole(whole):
        raise InputError("is a part of another genome, or of other regions", path, "give split_genome the same")
    part.require({"regions": int}, path)
    wanted = {"\t".join(map(str, region)): region for region in whole}
    regions = []
    for number, row in enumerate(rows, 2):
        if row not in wanted:
            raise InputError("is none of the regions that the whole has", f"{path}:{number}", _CURE)
        regions.append(wanted[row])
    count = part.facts["regions"]
    if len(regions) != count:
        raise InputError(f"has {len(regions)} of its {count} regions", path, "is it cut off?")
    own = set(regions)
    if regions != [region for region in whole if region in own]:
        raise InputError("has a region twice, or not in the order of the whole", path, _CURE)
    return part, regions
