"""The conda recipe: rattler-build can render it, it asks for what constraints.txt pins, and it tries every script."""

from __future__ import annotations

import tomllib
from pathlib import Path

from rattler_build import RattlerBuildError, Stage0Recipe

from . import CONDA, ROOT


def scripts(root: Path = ROOT) -> list[str]:
    """The commands that installing genloom puts on PATH."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    return sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-scripts"].values())


def faults(root: Path = ROOT) -> list[str]:
    """What is wrong with the recipe."""
    try:
        (variant,) = Stage0Recipe.from_file(str(root / "shed" / "conda" / "recipe.yaml")).render()
    except RattlerBuildError as error:
        return [f"recipe.yaml: {error}"]
    recipe = variant.recipe.to_dict()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = dict(line.lower().split("==") for line in (root / "constraints.txt").read_text().split() if "==" in line)
    needs = {f"{CONDA.get(name, name)} =={pins.get(name)}" for name in project["dependencies"]}
    tried = {command for test in recipe["tests"] for command in test.get("script", [])}
    return [
        *_compare("to run", set(recipe["requirements"]["run"]), needs | {f"python {project['requires-python']}"}),
        *_compare("to try", tried, {f"{name} --version" for name in scripts(root)}),
    ]


def _compare(what: str, found: set[str], wanted: set[str]) -> list[str]:
    lacking = [f"recipe.yaml: {what}, {each} is missing" for each in sorted(wanted - found)]
    return lacking + [f"recipe.yaml: {what}, {each} is too much" for each in sorted(found - wanted)]
