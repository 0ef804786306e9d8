"""Each script, its Galaxy form and its CWL tool agree: flags, types, defaults, choices, ranges, outputs, versions."""

from __future__ import annotations

import importlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import cwl_utils.parser as cwl
import pytest
import yaml
from galaxy.tool_util.parser import get_tool_source

from genloom import __version__, console

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "tools"
SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py") if (TOOLS / f"{path.stem}.xml").exists())

# Options that a form leaves out or says in another way, and why.
NOT_IN_XML = {
    "--names": "the names of a list's elements",
    "--threads": "Galaxy's slots",
    "--checkpoint": "a job has no folder that outlives it",
}
NOT_IN_CWL = {
    "--checkpoint": "a job has no folder that outlives it",
}
CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base"}

each_script = pytest.mark.parametrize("script", SCRIPTS)


@dataclass(frozen=True)
class Option:
    """What a user can say with one flag."""

    kind: str  # flag, choice, int, float, text (also the path of a file)
    many: bool
    default: Any
    choices: frozenset[str] = frozenset()
    minimum: float | None = None
    maximum: float | None = None


def plain(value: Any) -> Any:
    """A default in one spelling: nothing given is None, a number a float, a list a tuple."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(each) for each in value) or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None if value in ("", None) else value


# ---------------------------------------------------------------- the script


def parser_options(script: str) -> dict[str, Option]:
    parser = importlib.import_module(script).build_parser()
    options = {}
    for action in parser._actions:
        flag = action.option_strings[-1]
        if flag in ("--help", "--version"):
            continue
        numeric = isinstance(action.type, console.Range)
        kind = (
            "flag"
            if action.nargs == 0
            else "choice"
            if action.choices
            else action.type.kind.__name__
            if numeric
            else "text"
        )
        bounds = (action.type.minimum, action.type.maximum) if numeric else (None, None)
        options[flag] = Option(
            kind, action.nargs == "+", plain(action.default), frozenset(action.choices or ()), *bounds
        )
    return options


# ---------------------------------------------------------------- Galaxy


def tool(script: str) -> Element:
    return get_tool_source(TOOLS / f"{script}.xml").root


def xml_options(script: str) -> dict[str, Option]:
    """The parameters with an `argument`. One that stands in several branches is the same in all, but for choices."""
    options: dict[str, Option] = {}
    for param in tool(script).find("inputs").iter("param"):
        if flag := param.get("argument"):
            option = xml_option(param)
            if known := options.get(flag):
                assert (known.kind, known.default, known.minimum, known.maximum) == (
                    option.kind,
                    option.default,
                    option.minimum,
                    option.maximum,
                ), flag
                option = Option(**{**vars(option), "choices": known.choices | option.choices})
            options[flag] = option
    return options


def xml_option(param: Element) -> Option:
    kind = param.get("type")
    if kind == "boolean":
        assert (param.get("truevalue"), param.get("falsevalue")) == (param.get("argument"), "")
        return Option("flag", False, param.get("checked") == "true")
    if kind == "select":
        many, values = param.get("multiple") == "true", [option.get("value") for option in param.iter("option")]
        chosen = [option.get("value") for option in param.iter("option") if option.get("selected") == "true"]
        default = plain(chosen) if many else (chosen or values)[0]
        return Option("choice", many, default, frozenset(values))
    if kind in ("data", "data_collection"):
        return Option("text", kind == "data_collection", None)
    value, bounds = param.get("value"), [param.get(name) and float(param.get(name)) for name in ("min", "max")]
    if kind in ("integer", "float"):
        return Option(kind.removesuffix("eger"), False, plain(value and float(value)), frozenset(), *bounds)
    return Option("text", False, plain(value))


# ---------------------------------------------------------------- CWL


def cwl_tool(script: str) -> Any:
    path = TOOLS / f"{script}.cwl"
    return cwl.load_document_by_yaml(yaml.safe_load(path.read_text()), path.as_uri())


def cwl_options(script: str) -> dict[str, Option]:
    return {item.inputBinding.prefix: cwl_option(item) for item in cwl_tool(script).inputs if item.inputBinding}


def cwl_option(item: Any) -> Option:
    types = item.type_ if isinstance(item.type_, list) else [item.type_]
    (kind,) = (each for each in types if each != "null")
    many = getattr(kind, "type_", None) == "array"
    kind = kind.items if many else kind
    if symbols := getattr(kind, "symbols", None):
        return Option(
            "choice", many, plain(item.default), frozenset(re.split("[#/]", symbol)[-1] for symbol in symbols)
        )
    name = {"boolean": "flag", "long": "int", "double": "float", "File": "text", "Directory": "text", "string": "text"}
    default = bool(item.default) if kind == "boolean" else plain(item.default)
    stated = re.search(r"\((\S+) to (\S+)\)$", item.doc or "")
    bounds = [float(stated[1]), float(stated[2])] if stated else [None, None]
    return Option(name.get(kind, kind), many, default, frozenset(), *bounds)


def cwl_outputs(script: str) -> set[str]:
    """The flags that name outputs: those the tool sets itself, and inputs that an output's glob cites."""
    document = cwl_tool(script)
    words = [each if isinstance(each, str) else each.prefix for each in document.arguments or ()]
    flags = {word for word in words if word.startswith("--")}
    cited = {
        name for output in document.outputs for name in re.findall(r"inputs\.(\w+)", str(output.outputBinding.glob))
    }
    return flags | {f"--{name.replace('_', '-')}" for name in cited}


# ---------------------------------------------------------------- the tests


@each_script
def test_cwl_agrees_with_the_script(script: str):
    ours, theirs = parser_options(script), cwl_options(script)
    outputs = cwl_outputs(script)
    assert set(theirs) - outputs == set(ours) - outputs - set(NOT_IN_CWL)
    for flag in set(theirs) - outputs:
        # cwltool cannot bind an array of enums, so that a list of choices is one of texts there
        expected = ours[flag]
        if expected.kind == "choice" and expected.many:
            expected = Option("text", True, expected.default)
        assert theirs[flag] == expected, flag


@each_script
def test_form_agrees_with_the_script(script: str):
    ours, theirs = parser_options(script), xml_options(script)
    outputs = cwl_outputs(script)
    assert set(theirs) - outputs == set(ours) - outputs - set(NOT_IN_XML)
    for flag in set(theirs) - outputs:
        expected, found = ours[flag], theirs[flag]
        if expected.many and not found.many:  # a list in one text field, which checks the numbers itself
            written = expected.default and " ".join(
                f"{each:g}" if isinstance(each, float) else each for each in expected.default
            )
            expected = Option("text", False, written)
        assert found == expected, flag


@each_script
def test_outputs_agree(script: str):
    """Each output of the script is one of the CWL tool and one of the form."""
    flags = cwl_outputs(script) - {"--figure-format"}
    assert flags <= set(parser_options(script))
    assert len(cwl_tool(script).outputs) == len(flags)
    assert {f"--{each.get('name').replace('_', '-')}" for each in tool(script).find("outputs")} == flags


@each_script
def test_columns_in_help_are_those_written(script: str):
    """The columns that a form names for an output stand in its help, and in the header that a tool test finds in it."""
    root = tool(script)
    headers = {line.get("line") for line in root.iter("has_line")}
    for action in root.iter("action"):
        columns = action.get("default").split(",")
        assert "\t".join(columns) in headers, columns
        missing = [name for name in columns if not re.search(rf"\b{name}\b", root.find("help").text)]
        assert missing == []


@each_script
def test_versions_agree(script: str):
    assert tool(script).get("version").startswith(f"{__version__}+galaxy")
    packages = next(hint.packages for hint in cwl_tool(script).hints if hint.class_ == "SoftwareRequirement")
    assert [each.version for each in packages if each.package == "genloom"] == [[__version__]]


def test_requirements_are_the_constraints():
    """The macro pins every dependency of the project, under conda's name, to the version in constraints.txt."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    pins = {name.lower(): version for name, version in pins.items()}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found = {each.text: each.get("version") for each in tool(SCRIPTS[0]).iter("requirement")}
    assert found == {CONDA.get(name, name): pins[name] for name in wanted}
