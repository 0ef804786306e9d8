"""Parts of a whole: each is made by a job of its own, and knows which part of what it is.

What was divided into parts and made part by part is joined again by merge_parts, which gives what one job would have given.
A part has a record of itself, JSON in one line: in a comment of text, in a dataset of HDF5. No other tool takes a part for
the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from .facts import wrong

if TYPE_CHECKING:
    import h5py

KEY = "genloom-part"
COMMENT = f"#{KEY} "
MOST = 1 << 20  # places of a whole
_RECORD = {"places": [int], "of": int, "whole": str, "names": [str], "made": dict, "facts": dict}
_CURE = "give the parts of one division, made by one version of genloom"
_DAMAGED = "the part is damaged: make it again"


@dataclass(frozen=True)
class Part:
    """Which part of a whole something is.

    Attributes
    ----------
    places : those that it holds of the places 1 to `of` of the whole
    whole : tells what was divided, and how, from other wholes: a digest
    names : of all places, where they have names, as samples do
    made : setting → value; all parts are made by the same ones
    facts : what a merge of its kind needs further
    """

    places: tuple[int, ...]
    of: int
    whole: str
    names: tuple[str, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"part {named(self.places)} of {self.of}"

    @property
    def text(self) -> str:
        """The record in one line."""
        return json.dumps(vars(self))

    def by(self, made: Mapping[str, Any], **facts: Any) -> Part:
        """The same part of what was made of the whole by these settings."""
        return replace(self, made=dict(made), facts={**self.facts, **facts})

    @classmethod
    def read(cls, text: str, where: object) -> Part:
        """A record.

        Raises
        ------
        InputError : none of this genloom's
        """
        try:
            record = json.loads(text)
            json.dumps(record, ensure_ascii=False).encode()  # halves of characters cannot be written
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(f"has a damaged record of its part: {error}", where, _CURE) from None
        bad = wrong(record, _RECORD) or ", ".join({*record} - {*_RECORD})
        if not bad:
            part = cls(**{**record, "places": tuple(record["places"]), "names": tuple(record["names"])})
            held = set(part.places)
            if not held or not 0 < min(held) <= max(held) <= part.of <= MOST or len(held) < len(part.places):
                bad = f"places {named(part.places)} of {part.of}"
            elif len(part.names) not in (0, part.of):
                bad = "names"
        if bad:
            raise InputError(f"has a damaged record of its part: {bad}", where, _CURE)
        return part

    @classmethod
    def held(cls, file: h5py.File, name: str, where: object) -> Part | None:
        """The record under a name in HDF5; None where there is none.

        Raises
        ------
        InputError : something else
        """
        import h5py

        if name not in file:
            return None
        item = file[name]
        if not isinstance(item, h5py.Dataset) or item.shape != () or h5py.check_string_dtype(item.dtype) is None:
            raise InputError("has a damaged record of its part: it is no text", where, _CURE)
        return cls.read(item.asstr(errors="replace")[()], where)

    def require(self, facts: Any, where: object) -> None:
        """Refuse a part without the facts that a merge of its kind needs, or with other things in their places.

        Raises
        ------
        InputError : naming the first such fact
        """
        if bad := wrong(dict(self.facts), facts, largest=1 << 50):
            raise damaged(f"in its record: {bad}", where)

    def name(self, place: int) -> str:
        return repr(self.names[place - 1]) if self.names else f"part {place}"


def digest(lines: Iterable[str]) -> str:
    """What tells one whole from another."""
    state = hashlib.sha256()
    for line in lines:
        state.update(line.encode() + b"\n")
    return state.hexdigest()[:16]


def refuse(path: str | Path, part: object) -> InputError:
    """The error of a part that was given for a whole."""
    return InputError(f"is {part}, not the whole", path, "join all parts with merge_parts first")


def damaged(what: str, where: object) -> InputError:
    """The error of a part that is not what was written."""
    return InputError(f"is damaged {what}", where, _DAMAGED)


def in_order(parts: Sequence[tuple[str | Path, Part]]) -> list[int]:
    """The order of the parts by the first place of each, as indices.

    Raises
    ------
    InputError : parts of several wholes, made by different settings, a place twice, or places that no part holds
    """
    start, first = parts[0]
    holder: dict[int, str | Path] = {}
    for path, part in parts:
        if (part.whole, part.of, part.names) != (first.whole, first.of, first.names):
            raise InputError(f"is part of another whole than {start}", path, _CURE)
        for key in sorted({*part.made, *first.made}):
            if (own := part.made.get(key)) != (other := first.made.get(key)):
                what = f"was made with {key} {_short(own)}, {start} with {_short(other)}"
                raise InputError(what, path, "make all parts with the same settings")
        for place in part.places:
            if place in holder:
                what = f"holds {part.name(place)} of {part.of}, which {holder[place]} holds, too"
                raise InputError(what, path, "give each part once")
            holder[place] = path
    if missing := [place for place in range(1, first.of + 1) if place not in holder]:
        what = f"{named(map(first.name, missing))} of {first.of} missing"
        raise InputError(what, "parts", "give all of them; if a job failed, run it again")
    return sorted(range(len(parts)), key=lambda index: parts[index][1].places[0])


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
