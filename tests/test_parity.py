"""Each script, its Galaxy forms and its CWL tools agree: flags, types, defaults, choices, ranges, outputs, versions."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import cwl_utils.parser as cwl
import pytest
import yaml
from galaxy.tool_util.parser import get_tool_source

from genloom import __version__, console
from genloom.learning import tasks

from .wrappers import CONDA, SCRIPT, TOOLS, WRAPPERS, default_of

ROOT = Path(__file__).parents[1]

# Options that a form leaves out or says in another way, and why.
NOT_IN_XML = {
    "--names": "the names of a list's elements",
    "--threads": "Galaxy's slots",
    "--devices": "the administrator's: $GENLOOM_DEVICES",
    "--checkpoint": "a job has no folder that outlives it",
    "--export": "needs onnx and onnxruntime, which the tools do not require",
}
NOT_IN_CWL = {
    "--checkpoint": "a job has no folder that outlives it",
    "--export": "needs onnx and onnxruntime, which the tools do not require",
}

# Scripts that a script runs.
RUNS = {name: ["scripts/train_model.py"] for name in ("split_plan", "tune_model")}

each_script = pytest.mark.parametrize("script", WRAPPERS)
each_wrapper = pytest.mark.parametrize("wrapper", SCRIPT)


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


def tool(wrapper: str) -> Element:
    return get_tool_source(TOOLS / f"{wrapper}.xml").root


def xml_options(wrapper: str) -> dict[str, Option]:
    """The parameters with an `argument`, and the task of a form for one alone. One that stands in several branches is the
    same in all, but for choices."""
    options: dict[str, Option] = {}
    if task := re.search(r"--task (\w+)", tool(wrapper).find("command").text):
        options["--task"] = Option("choice", False, task[1], frozenset({task[1]}))
    for param in tool(wrapper).find("inputs").iter("param"):
        if flag := param.get("argument"):
            option = xml_option(param)
            if known := options.get(flag):
                assert replace(known, choices=option.choices) == option, flag
                option = replace(option, choices=known.choices | option.choices)
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
        unsaid = None if param.get("optional") == "true" else values[0]
        default = plain(chosen) if many else next(iter(chosen), unsaid)
        return Option("choice", many, default, frozenset(values))
    if kind in ("data", "data_collection"):
        return Option("text", kind == "data_collection", None)
    value, bounds = param.get("value"), [param.get(name) and float(param.get(name)) for name in ("min", "max")]
    if kind in ("integer", "float"):
        return Option(kind.removesuffix("eger"), False, plain(value and float(value)), frozenset(), *bounds)
    return Option("text", False, plain(value))


# ---------------------------------------------------------------- CWL


def cwl_tool(wrapper: str) -> Any:
    path = TOOLS / f"{wrapper}.cwl"
    return cwl.load_document_by_yaml(yaml.safe_load(path.read_text()), path.as_uri())


def cwl_options(wrapper: str) -> dict[str, Option]:
    document = cwl_tool(wrapper)
    options = {item.inputBinding.prefix: cwl_option(item) for item in document.inputs if item.inputBinding}
    for argument in document.arguments or ():
        if not isinstance(argument, str) and argument.prefix == "--task":  # of a tool for one alone
            task = argument.valueFrom
            options["--task"] = Option("choice", False, task, frozenset({task}))
    return options


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


def cwl_outputs(wrapper: str) -> set[str]:
    """The flags that name outputs: those the tool sets itself, but for a task, and inputs that an output's glob cites."""
    document = cwl_tool(wrapper)
    words = [each if isinstance(each, str) else each.prefix for each in document.arguments or ()]
    flags = {word for word in words if word.startswith("--")} - {"--task"}
    globs = [str(output.outputBinding.glob) for output in document.outputs]
    cited = {name for glob in globs for name in re.findall(r"^\$\(inputs\.(\w+)\)$", glob)}
    return flags | {f"--{name.replace('_', '-')}" for name in cited}


# ---------------------------------------------------------------- the tests


def wanted(script: str, left_out: Mapping[str, str]) -> dict[str, Option]:
    """The options of a script that its wrappers should show between them."""
    outputs = {flag for wrapper in WRAPPERS[script] for flag in cwl_outputs(wrapper)}
    return {flag: option for flag, option in parser_options(script).items() if flag not in {*outputs, *left_out}}


def assert_shown(ours: Mapping[str, Option], theirs: Mapping[str, Mapping[str, Option]]) -> None:
    """Each option stands in a wrapper or more, as it is in the script; choices may be divided among the wrappers.

    A wrapper without the option stands for its default. Where it does not offer that choice, it may have another default.
    """
    assert set().union(*theirs.values()) == set(ours)
    for flag, option in ours.items():
        shown = {wrapper: options[flag] for wrapper, options in theirs.items() if flag in options}
        offered = frozenset().union(*(each.choices for each in shown.values()))
        if isinstance(option.default, str) and len(shown) < len(theirs):
            offered |= option.choices & {option.default}
        assert offered == option.choices, flag
        for wrapper, found in shown.items():
            default = default_of(wrapper, flag.removeprefix("--").replace("-", "_"), option.default)
            if default is not None and found.choices and default not in found.choices and not found.many:
                default = found.default
            one = len(theirs) > 1 and option.kind == "text"  # a wrapper may take one where the script takes many
            wanted = replace(
                option, default=plain(default), choices=found.choices, many=found.many if one else option.many
            )
            assert found == wanted, (wrapper, flag)


@each_script
def test_cwl_agrees_with_the_script(script: str):
    ours = wanted(script, NOT_IN_CWL)
    for flag, option in ours.items():  # cwltool cannot bind an array of enums: a list of choices is one of texts there
        if option.kind == "choice" and option.many:
            ours[flag] = Option("text", True, option.default)
    found = {wrapper: cwl_options(wrapper) for wrapper in WRAPPERS[script]}
    assert_shown(ours, {name: without(options, cwl_outputs(name)) for name, options in found.items()})


@each_script
def test_form_agrees_with_the_script(script: str):
    ours = wanted(script, NOT_IN_XML)
    found = {wrapper: xml_options(wrapper) for wrapper in WRAPPERS[script]}
    for flag, option in ours.items():  # a list may be one text field, which checks the numbers itself
        if option.many and any(flag in options and not options[flag].many for options in found.values()):
            values = [f"{each:g}" if isinstance(each, float) else each for each in option.default or ()]
            ours[flag] = Option("text", False, plain(" ".join(values)))
    assert_shown(ours, {name: without(options, cwl_outputs(name)) for name, options in found.items()})


def without(options: Mapping[str, Option], flags: set[str]) -> dict[str, Option]:
    return {flag: option for flag, option in options.items() if flag not in flags}


@each_wrapper
def test_a_form_and_its_cwl_tool_drive_one_script(wrapper: str):
    root = tool(wrapper)
    assert root.get("id") == f"genloom_{wrapper}"
    path = f"scripts/{SCRIPT[wrapper]}.py"
    includes = [each.get("path") for each in root.iter("include") if each.get("type") != "glob"]
    assert includes == [path, *RUNS.get(SCRIPT[wrapper], ())]
    for command in ("command", "version_command"):
        assert set(re.findall(r"scripts/\w+\.py", root.find(command).text)) == {path}


@each_wrapper
def test_help_tells_the_defaults_of_tasks(wrapper: str):
    """Of an option left empty, the help of form and CWL tool says what each task takes."""
    shown = xml_options(wrapper)
    texts = {item.inputBinding.prefix: item.doc for item in cwl_tool(wrapper).inputs if item.inputBinding}
    helps = {param.get("argument"): param.get("help") for param in tool(wrapper).iter("param")}
    for name, values in tasks.DEFAULTS.items():
        flag = tasks.flag(name)
        if flag in shown and shown[flag].default is None:
            told = [f"{values[task]:g}" for task in shown["--task"].choices if task in values]
            assert [value for value in told if value not in texts[flag] or value not in helps[flag]] == [], flag


@each_wrapper
def test_outputs_agree(wrapper: str):
    """Each output of the wrapper's script is one of the CWL tool and one of the form."""
    flags = cwl_outputs(wrapper) - {"--figure-format"}
    assert flags <= set(parser_options(SCRIPT[wrapper]))
    assert len(cwl_tool(wrapper).outputs) == len(flags)
    assert {f"--{each.get('name').replace('_', '-')}" for each in tool(wrapper).find("outputs")} == flags


@each_wrapper
def test_columns_in_help_are_those_written(wrapper: str):
    """The columns that a form names for an output stand in its help, and in the header that a tool test finds in it."""
    root = tool(wrapper)
    headers = {line.get("line") for line in root.iter("has_line")}
    for action in root.iter("action"):
        columns = action.get("default").split(",")
        assert "\t".join(columns) in headers, columns
        missing = [name for name in columns if not re.search(rf"\b{name}\b", root.find("help").text)]
        assert missing == []


@each_wrapper
def test_versions_agree(wrapper: str):
    assert tool(wrapper).get("version").startswith(f"{__version__}+galaxy")
    packages = next(hint.packages for hint in cwl_tool(wrapper).hints if hint.class_ == "SoftwareRequirement")
    assert [each.version for each in packages if each.package == "genloom"] == [[__version__]]


def test_requirements_are_the_constraints():
    """The macro pins every dependency of the project, under conda's name, to the version in constraints.txt; and one tool
    what it runs 8-bit integers with."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    pins = {name.lower(): version for name, version in pins.items()}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    more = {"predict_sequence_model": ["onnx", "onnxruntime"]}
    for wrapper in SCRIPT:
        found = {each.text: each.get("version") for each in tool(wrapper).iter("requirement")}
        assert found == {CONDA.get(name, name): pins[name] for name in [*wanted, *more.get(wrapper, [])]}
