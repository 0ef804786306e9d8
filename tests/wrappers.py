"""The Galaxy forms and CWL tools of each script. A script with several tasks has several: no form shows what only another
needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from genloom.learning import tasks
from release import CONDA as CONDA

TOOLS = Path(__file__).parents[1] / "tools"
TASK = {  # a wrapper of one task alone, whose defaults it shows
    "train_model": "expression",
    "train_promoter_model": "activity",
    "train_classifier": "classes",
    "train_image_classifier": "classes",
    "train_gene_inference": "targets",
}
ONLY = {("train_image_classifier", "architecture"): "cnn"}  # where a wrapper offers one choice alone


def script_of(wrapper: str) -> str:
    """The script that a wrapper calls: the command of its CWL tool."""
    command = yaml.safe_load((TOOLS / f"{wrapper}.cwl").read_text())["baseCommand"]
    return command.removeprefix("genloom-").replace("-", "_")


def default_of(wrapper: str, name: str, value: Any) -> Any:
    """The default that a wrapper should show for an option, which is `value` where the script has one for all tasks."""
    if (wrapper, name) in ONLY:
        return ONLY[wrapper, name]
    return tasks.DEFAULTS.get(name, {}).get(TASK.get(wrapper, ""), value)


SCRIPT = {path.stem: script_of(path.stem) for path in sorted(TOOLS.glob("*.cwl"))}
WRAPPERS: dict[str, list[str]] = {}
for _wrapper, _script in SCRIPT.items():
    WRAPPERS.setdefault(_script, []).append(_wrapper)
