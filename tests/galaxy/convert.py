"""`make workflows`: write the .ga of each .gxwf.yml beside it. The same source gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from galaxy.tool_util.parameters import fill_static_defaults, input_models_for_tool_source
from galaxy.tool_util.parser import get_tool_source
from gxformat2.converter import python_to_workflow
from gxformat2.yaml import ordered_load

ROOT = Path(__file__).resolve().parents[2]


def sources() -> list[Path]:
    """The workflows as they are written by hand."""
    return sorted((ROOT / "workflows").glob("*/*.gxwf.yml"))


def generated(source: Path) -> Path:
    """Where the .ga of a source lies."""
    return source.with_name(source.name.removesuffix(".gxwf.yml") + ".ga")


def convert(source: Path) -> str:
    """The text of the .ga file.

    Settings that the source leaves out get the tools' defaults, without which Galaxy asks for a review before it runs
    the workflow. The workflow's id follows from its name, for gxformat2 would draw one at random.
    """
    workflow = ordered_load(source.read_text())
    for step in workflow["steps"].values():
        step["state"] = _whole(step["tool_id"], step.get("state") or {}, step["in"])
    native = python_to_workflow(workflow, workflow_directory=str(source.parent))
    native["uuid"] = str(uuid.UUID(bytes=hashlib.sha256(native["name"].encode()).digest()[:16], version=4))
    _lay_out(native["steps"])
    return json.dumps(native, indent=4, ensure_ascii=False) + "\n"


def _lay_out(steps: dict[str, dict[str, Any]]) -> None:
    """Where the editor draws the steps: inputs in two columns on the left, a tool to the right of all it takes from."""
    inputs, column = 0, {}
    for number, step in steps.items():  # in order: a step takes from earlier ones alone
        if step["type"] != "tool":
            step["position"] = {"left": 260 * (inputs % 2), "top": 110 * (inputs // 2)}
            inputs, column[number] = inputs + 1, 0
            continue
        links = [
            link for each in step["input_connections"].values() for link in (each if isinstance(each, list) else [each])
        ]
        column[number] = 1 + max(column[str(link["id"])] for link in links)
        beside = sum(steps[other]["type"] == "tool" and column[other] == column[number] for other in column) - 1
        step["position"] = {"left": 260 + 320 * column[number], "top": 520 * beside}


def _whole(tool_id: str, state: dict[str, Any], connected: dict[str, Any]) -> dict[str, Any]:
    """A step's state with the tool's defaults filled in, and nothing for data that may be left out."""
    tool = get_tool_source(ROOT / "tools" / f"{tool_id.removeprefix('genloom_')}.xml")
    models = input_models_for_tool_source(tool)
    filled = fill_static_defaults(state, models, tool.parse_profile())
    _leave_out(models.parameters, filled)
    for name in connected:
        *groups, last = name.split("|")
        place = filled
        for group in groups:
            place = place[group]
        place[last] = {"__class__": "ConnectedValue"}
    return filled


def _leave_out(parameters: Sequence[Any], state: dict[str, Any]) -> None:
    for each in parameters:
        if each.parameter_type in ("gx_data", "gx_data_collection") and each.optional:
            state.setdefault(each.name, None)
        elif each.parameter_type == "gx_section":
            _leave_out(each.parameters, state[each.name])
        elif each.parameter_type == "gx_conditional":
            inner = state[each.name]
            for when in each.whens:
                if when.discriminator == inner[each.test_parameter.name]:
                    _leave_out(when.parameters, inner)


def main() -> None:
    for source in sources():
        generated(source).write_text(convert(source))


if __name__ == "__main__":
    main()
