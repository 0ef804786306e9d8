"""Records that are JSON in a file, held against what must be in them: names of facts and the kinds of their values."""

from __future__ import annotations

import sys
from types import UnionType
from typing import Any, get_args


def wrong(value: Any, kind: Any, largest: int = 1 << 31, name: str = "") -> str:
    """The name of the first fact that is not of its kind; empty where all are.

    Parameters
    ----------
    kind : a type, or several as `float | None`; a list with the kind of its members; a tuple with the kind of each; a dict of
        facts that must be there, if they may not be None, or `{str: kind}` for any. A float may be a whole number
    largest : no whole number reaches it
    """

    def first(pairs: Any) -> str:
        return next((found for each, kind, told in pairs if (found := wrong(each, kind, largest, told))), "")

    if isinstance(kind, UnionType):
        return "" if any(not wrong(value, each, largest, name) for each in get_args(kind)) else name or "all of it"
    if isinstance(kind, dict) and isinstance(value, dict):
        if set(kind) == {str}:
            return first((each, kind[str], _under(name, key)) for key, each in value.items())
        return first((value.get(key), each, _under(name, key)) for key, each in kind.items())
    if isinstance(kind, list) and isinstance(value, list):
        return first((each, kind[0], name) for each in value)
    if isinstance(kind, tuple) and isinstance(value, list) and len(value) == len(kind):
        return first((each, own, name) for each, own in zip(value, kind, strict=True))
    return "" if isinstance(kind, type) and _is(value, kind, largest) else name or "all of it"


def _under(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _is(value: Any, kind: type, largest: int) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < largest
    return isinstance(value, kind)
