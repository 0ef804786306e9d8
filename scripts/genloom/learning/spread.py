"""The trials of a plan for jobs of their own: a file for each, with one line of JSON that says which trial of which plan."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import InputError
from ..formats import text
from . import search
from .plan import Plan

_CURE = "give a file that split_plan made"


def write(plan: Plan, folder: Path) -> None:
    """Write a file for each trial of a plan, named by its number.

    Raises
    ------
    InputError : trials of the plan look at each other
    """
    search.require_independent(plan, "its trials depend on those before them")
    digits = len(str(plan.trials - 1))
    for number in range(plan.trials):
        record = {"trial": number, "plan": plan.digest}
        (folder / f"trial_{number:0{digits}}.json").write_text(json.dumps(record) + "\n")


def read(path: str | Path, plan: Plan) -> int:
    """The number of the trial in such a file.

    Raises
    ------
    InputError : no such file, none of split_plan's, or of another plan
    """
    try:
        record = json.loads(text.read(path))
        number, digest = record["trial"], record["plan"]
        if type(number) is not int or number < 0 or not isinstance(digest, str):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputError("is no trial of a plan", path, _CURE) from None
    if digest != plan.digest:
        raise InputError("is a trial of another plan", path, "give split_plan the same plan")
    if number >= plan.trials:
        raise InputError(f"is trial {number}, the plan has trials 0 to {plan.trials - 1}", path, _CURE)
    return number
