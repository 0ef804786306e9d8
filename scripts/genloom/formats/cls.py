"""CLS: the class of each sample of a GCT (https://www.genepattern.org/file-formats-guide/#CLS)."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, named
from . import text

_CURE = "three lines: numbers of samples and classes and a 1; # and the classes' names; the class of each sample"


def read(path: str | Path) -> list[str]:
    """The class of each sample, in their order.

    The third line has the names of the second, or numbers. The first number in it means the first name, as the format has
    it; where that is not 0 the files of some programs mean another, so that it is refused.

    Raises
    ------
    InputError : a file of another layout, of continuous values, or with other numbers than it says
    """
    lines = [line.split() for line in text.decoded(text.read(path), path).splitlines() if line.strip()]
    if lines and lines[0][0].lower() == "#numeric":
        raise InputError("holds continuous values, not classes", path, "give them in a sample sheet")
    if len(lines) != 3 or len(lines[0]) != 3 or None in map(text.whole, lines[0]):
        raise InputError("is not CLS", path, _CURE)
    (samples, classes, _), names, given = lines
    names = [name for name in (names[0].lstrip("#"), *names[1:]) if name]
    found = list(dict.fromkeys(given))
    if (len(given), len(names), len(found)) != (int(samples), int(classes), int(classes)):
        what = f"has {len(given)} samples, {len(names)} names and {len(found)} classes, its first line says"
        raise InputError(f"{what} {samples} and {classes}", path, _CURE)
    if set(found) == set(names):
        return given
    if found != [str(number) for number in range(len(found))]:
        what = f"calls the classes {named(found)} in the order of the samples, and {named(names)}"
        raise InputError(what, f"{path}:3", "write the names in line 3")
    return [names[int(number)] for number in given]
