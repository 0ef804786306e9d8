"""Parts of any kind joined: which kind it is shows in the files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..console import blaming, say
from ..errors import InputError
from . import parts, text

WRITTEN = ("output", "sites", "introns", "tracks", "summary")
# kind → what is written of it
TAKES = {
    "matrix": ("output", "summary"),
    "windows": ("output", "summary"),
    "prediction": ("sites", "introns", "tracks", "summary"),
    "VCF": ("output",),
    "table": ("output",),
}
_CURE = "give parts that bin_peaks, extract_windows, predict_model or score_variants made"


def kind(paths: Sequence[str | Path]) -> str:
    """What the files are parts of.

    Raises
    ------
    InputError : no such file, no parts, or parts of several kinds
    """
    kinds = {path: _kind(path) for path in paths}
    first, *_ = kinds.values()
    for path, found in kinds.items():
        if found != first:
            raise InputError(f"is of a {found}, {paths[0]} of a {first}", path, "give parts of one kind")
    if len(kinds) < len(paths):
        twice = next(path for path in paths if list(paths).count(path) > 1)
        raise InputError("is there twice", twice, "give each part once")
    return first


def _kind(path: str | Path) -> str:
    with blaming(path, _CURE), Path(path).open("rb") as file:
        packed = file.read(8) == b"\x89HDF\r\n\x1a\n"
    if packed:
        from . import hdf

        with hdf.opened(path, _CURE) as file:
            if "uns" in file:
                return "matrix"
            return "windows" if "codes" in file else "prediction"
    with text.opened(path) as stream:
        start = stream.read(len(parts.COMMENT))
    if start == parts.COMMENT.encode():
        return "table"
    if start.startswith((b"##fileformat"[: len(start)], b"BCF")) and start:
        return "VCF"
    raise InputError("is no part of anything", path, _CURE)


def settle(args: Namespace, kind: str) -> None:
    """Refuse outputs that parts of a kind do not give, and a run for nothing.

    Raises
    ------
    InputError : such an output, or none
    """
    for name in WRITTEN:
        if getattr(args, name) and name not in TAKES[kind]:
            raise InputError(f"--{name} has no meaning for parts of a {kind}", None, "leave it out")
    needed = TAKES[kind][:1] if "output" in TAKES[kind] else TAKES[kind]
    if not any(getattr(args, name) for name in needed):
        wanted = " or ".join(f"--{name}" for name in needed)
        raise InputError("there is no output to write", None, f"parts of a {kind} give {wanted}")


def join(kind: str, files: Sequence[str | Path], paths: Mapping[str, Path], track_format: str = "bedgraph") -> None:
    """Write the whole, as far as `paths` name it.

    Raises
    ------
    InputError : damaged parts, or parts that do not make a whole: of several, made otherwise, there twice or missing
    """
    if kind == "prediction":
        from . import predicted

        predicted.join(files, predicted.Outputs(**paths, format=track_format))
        return
    from . import bins, extraction, matrix, tables, variants

    if kind == "matrix":
        data, table = bins.join(files)
        matrix.write(data, paths["output"])
        if "summary" in paths:
            tables.write(table, paths["summary"])
        say(bins.summary(table, data.n_vars))
    elif kind == "windows":
        count, tally = extraction.join(files, paths["output"])
        if "summary" in paths:
            tally.write(paths["summary"])
        say(f"{count} windows written")
    elif kind == "VCF":
        say(f"{variants.join(files, paths['output'])} records written")
    else:
        say(f"{variants.join_tables(files, paths['output'])} rows written")
