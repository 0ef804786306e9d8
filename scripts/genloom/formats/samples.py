"""Samples named from their files, from given names, or from a sample sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, named, nearest
from . import parts, sheet
from .parts import Part

if TYPE_CHECKING:
    import pandas as pd

_SUFFIXES = re.compile(
    r"(_peaks|[._]?ReadsPerGene\.out)?(\.(narrowpeak|broadpeak|bed|txt|tsv|tab|tabular|encodepeak|genes|isoforms|results|sf|"
    r"counts|abundance|gene_abund))*(\.b?gz)?$",
    re.IGNORECASE,
)
_SHARED = {"quant", "abundance", "gene_abund", "readspergene.out.tab"}  # the same in every sample's folder


def stem(path: str | Path) -> str:
    """The sample that a file's name tells, without suffixes; that of its folder for Salmon's quant.sf and the like."""
    name = Path(path).name
    found = _SUFFIXES.sub("", name) or name
    return Path(path).parent.name or found if found.lower() in _SHARED else found


def identify(
    files: Sequence[str | Path], names: Sequence[str] | None = None, path: str | Path | None = None
) -> pd.DataFrame:
    """The samples of files, in their order: names (index) and labels (columns, strings).

    Parameters
    ----------
    files : their names tell the samples where nothing else does
    names : one for each file, in its place
    path : a sample sheet. Its column `sample`, or else its first, names samples; its column `file`, if there is one,
        the file of each. A line is found by the file's name (or that in `names`), with or without suffixes, in column
        `file`, or else among the samples. The other columns become labels

    Raises
    ------
    InputError : not a name for each file, two files of one sample, a file that the sheet lacks, or the reverse
    """
    import pandas as pd

    if names is not None and len(names) != len(files):
        raise InputError(f"{len(names)} names for {len(files)} files", "--names", "give one for each, in order")
    labels = [Path(file).name for file in files] if names is None else list(names)
    if path is None:
        found = [stem(file) for file in files] if names is None else labels
        table = pd.DataFrame(index=pd.Index(found, dtype=object))
    else:
        table = _sheet(path)
        found = _found(labels, table, path)
    first: dict[str, str | Path] = {}
    for file, sample in zip(files, found, strict=True):
        if not sample.strip() or "\t" in sample:
            raise InputError(f"{sample!r} is no name for a sample", file, "name it with --names")
        if sample in first:
            raise InputError(f"has sample {sample!r}, as {first[sample]} has", file, "name them by --names or --sheet")
        first[sample] = file
    return table.drop(columns="file", errors="ignore").loc[found].rename_axis("sample")


def identify_part(
    files: Sequence[str | Path],
    names: Sequence[str] | None = None,
    path: str | Path | None = None,
    whole: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, Part | None]:
    """The samples of files that are a part of all samples, and which part; without `whole` they are all.

    whole : what `names` would be of all samples. A sheet is of all samples

    Raises
    ------
    InputError : as `identify` has it of all samples, or a name that is none of theirs
    """
    if whole is None:
        return identify(files, names, path), None
    labels = identify(files, names).index.tolist()
    every = identify(whole, whole, path)
    places = {label: place for place, label in enumerate(whole, 1)}
    for label in labels:
        if label not in places:
            raise InputError(f"has no {label!r}", "--whole", nearest(label, whole) or "name all samples of the matrix")
    held = tuple(places[label] for label in labels)
    names = tuple(every.index)
    return every.iloc[[place - 1 for place in held]], Part(held, len(whole), parts.digest(names), names)


def _sheet(path: str | Path) -> pd.DataFrame:
    table = sheet.read(path)
    if "sample" in table.columns:
        table = table.reset_index().set_index("sample")
        if table.index.has_duplicates:
            twice = table.index[table.index.duplicated()][0]
            raise InputError(f"sample {twice!r} is there twice", path, "give each sample one line")
    elif table.index.name == "file":
        raise InputError("has no column 'sample'", path, "add one, beside 'file'")
    return table


def _found(labels: Sequence[str], table: pd.DataFrame, path: str | Path) -> list[str]:
    """The sample of each file label in a sheet."""
    keys = table["file"] if "file" in table.columns else table.index.to_series()
    keys = keys[keys != ""].map(lambda key: Path(key).name)
    found = []
    for label in labels:
        fits = keys[keys == Path(label).name]
        if fits.empty:
            fits = keys[keys.map(stem) == stem(label)]
        if len(fits) != 1:
            what = "is not in the sheet" if fits.empty else f"may be sample {named(fits.index)}"
            raise InputError(f"file {label!r} {what}", path, nearest(label, keys) or "name each file in column 'file'")
        found.append(fits.index[0])
    if "file" in table.columns and len(left := keys.drop(found)):
        raise InputError(f"files {named(left)} are not given", path, "give them with --peaks, or take their lines out")
    return found
