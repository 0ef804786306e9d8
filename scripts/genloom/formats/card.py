"""What the card of a model must tell, by its task: names of facts and the kinds of their values."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .facts import wrong

_NAMES = [str]
_WINDOWS: dict[str, Any] = {
    "settings": dict,
    "members": int,
    "classes": _NAMES,
    "window": int,
    "flank": str,
    "assembly": str,
}
# As `facts.wrong` has kinds.
FACTS: dict[str, dict[str, Any]] = {
    "expression": {
        "settings": dict,
        "features": {"settings": dict, "chromosomes": _NAMES, "transform": str, "count": int},
        "targets": {"names": _NAMES},
        "assembly": str,
        "unit": str,
    },
    "boundaries": {**_WINDOWS, "temperature": float, "decode": str, "rules": dict, "thresholds": dict},
    "content": {**_WINDOWS, "gate": float, "metrics": dict},
    "activity": {
        "settings": dict,
        "members": int,
        "window": int,
        "upstream": int,
        "downstream": int,
        "target": str,
        "features": _NAMES,
    },
    "classes": {
        "settings": {"normalise": str},
        "members": [{"architecture": str, "features": int, "settings": dict, "temperature": float}],
        "features": {"names": _NAMES},
        "targets": {"names": _NAMES, "label": str},
        "temperature": float,
        "limit": {"distance": float},
        "unit": str,
    },
    "targets": {
        "settings": dict,
        "features": {"names": _NAMES, "symbols": _NAMES, "transform": str},
        "targets": {"names": _NAMES, "symbols": _NAMES},
        "assembly": str,
        "unit": str,
    },
}


def check(card: dict[str, Any], where: object) -> None:
    """Refuse a card that lacks a fact of its task, or has something else in its place.

    Raises
    ------
    InputError : an unknown task, or naming the fact
    """
    if card["task"] not in FACTS:
        raise InputError(
            f"is a model of the task {card['task']!r}, which this genloom does not know", where, "use a newer genloom"
        )
    wanted = {"architecture": str, **FACTS[card["task"]]}
    if lacking := [name for name in wanted if name not in card]:
        what = f"has a card without {', '.join(lacking)}, which the task {card['task']!r} needs"
        raise InputError(what, where, "train it again")
    if bad := wrong(card, wanted):
        raise InputError(f"has a damaged card: {bad}", where, "train it again")
