"""The plan of a study: a YAML file that says what is asked, what is tried, how it is judged, and for how long."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import InputError, nearest
from . import tasks
from .trainer import FILES, Trainer, told

UP, DOWN = "maximize", "minimize"
# task → metric → which way is better
METRICS: dict[str, dict[str, str]] = {
    "expression": {
        **dict.fromkeys(("skill", "skill_median", "delta_r", "share_positive", "across_gene_r"), UP),
        "mae": DOWN,
    },
    "boundaries": {
        **{
            f"{kind}{site}": UP
            for kind in ("f1", "top_k", "pr_auc", "precision", "recall")
            for site in ("", ".donor", ".acceptor")
        },
        "false_positives_per_mb": DOWN,
    },
    "content": {**{f"pr_auc.{name}": UP for name in ("exon", "intron", "boundary")}, "spared": UP},
    "activity": {"skill": UP, "r2": UP, "mae": DOWN},
    "classes": {
        **dict.fromkeys(("balanced_accuracy", "macro_f1", "mcc", "auc", "accuracy"), UP),
        **dict.fromkeys(("log_loss", "brier"), DOWN),
    },
    "targets": {"mae": DOWN, "mae_reduction": UP},
}
SAMPLERS = ("tpe", "quasi-random", "random")
KEYS = (
    "question", "task", "data", "split", "fixed", "search", "default", "metric", "budget", "sampler", "pruning", "seeds",
)  # fmt: skip
IDENTITY = ("task", "split", "fixed", "search", "default", "metric", "sampler", "pruning", "seeds")
DIMENSION = ("choices", "from", "to", "log", "step")
FOLDS = "folds"  # end trials after whole folds alone
OTHER_CURVES = ("epochs", "id-column", "label", "scale", "value-column")  # with other values, losses cannot be compared


@dataclass(frozen=True)
class Dimension:
    """What a setting is searched over: `choices`, or numbers from `low` to `high`, both included."""

    name: str
    choices: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    whole: bool = False
    log: bool = False
    step: float | None = None

    def described(self) -> str:
        """For a reader."""
        if self.choices:
            return "one of " + ", ".join(
                json.dumps(each) if isinstance(each, list) else str(each) for each in self.choices
            )
        more = " on a log scale" if self.log else f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{more}"


@dataclass(frozen=True)
class Plan:
    """A plan that holds to its rules.

    Attributes
    ----------
    data : input → what it is, in words
    fold, inner_folds : the outer fold, if there are several; how often its training part is divided, None for as the split
        has it, or else 3
    fixed, default : settings of every trial; the searched ones in trial 0, where not said train_model's own defaults
    trials, minutes : no new trial after so many, or once they have together run so long
    pruning : end trials early, after whole folds and by the learning curve of a network, or by `FOLDS` alone
    """

    question: str
    task: str
    data: dict[str, str]
    fold: str | None
    inner_folds: int | None
    fixed: dict[str, Any]
    search: tuple[Dimension, ...]
    default: dict[str, Any]
    metric: str
    trials: int
    minutes: float
    sampler: str
    pruning: bool | str
    seed: int
    training_seed: int
    text: str
    content: dict[str, Any]

    @property
    def direction(self) -> str:
        return METRICS[self.task][self.metric]

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.direction == UP else -1

    @property
    def by_curve(self) -> bool:
        """Whether a trial may be ended by its learning curve: not where those of two trials are of different things."""
        return self.pruning is True and not any(each.name in OTHER_CURVES for each in self.search)

    @property
    def digest(self) -> str:
        """SHA-256 of what makes a study another one: all but the words and the budget."""
        own = {key: self.content[key] for key in IDENTITY}
        return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a key twice, and aliases, with which a few lines stand for more than memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "an alias (*) is not taken", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def parse(text: str, trainer_of: Any, where: str = "plan") -> Plan:
    """Read a plan.

    trainer_of : task → `Trainer`

    Raises
    ------
    InputError : not YAML, an unknown key or setting, a range that cannot be, a metric of another task
    """
    try:
        content = yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        raise InputError(f"is not YAML: {getattr(error, 'problem', None) or error}", place, "correct it") from None
    if not isinstance(content, dict):
        raise InputError("holds no plan", where, f"a plan has the keys {', '.join(KEYS)}")
    _known(content, KEYS, where, "key of a plan")
    for key in ("question", "task", "search", "metric", "budget"):
        if content.get(key) in (None, "", {}):
            raise InputError(f"has no {key}", where, "say it in the plan")
    task = content["task"]
    if task not in METRICS:
        raise InputError(f"task {task!r} is none of {', '.join(METRICS)}", where, nearest(task, METRICS) or None)
    metric = str(content["metric"])
    if metric not in METRICS[task]:
        raise InputError(_metric_of(metric, task), where, _nearest_metric(metric, task))
    parts = {
        key: _mapping(content, key, where) for key in ("data", "split", "fixed", "search", "default", "budget", "seeds")
    }
    _known(parts["data"], (*tasks.FILES[task], *tasks.OPTIONAL[task]), f"{where}: data", f"input of the task {task}")
    _known(parts["split"], ("fold", "inner-folds"), f"{where}: split", "key of it")
    _known(parts["budget"], ("trials", "minutes"), f"{where}: budget", "key of it")
    _known(parts["seeds"], ("search", "training"), f"{where}: seeds", "key of it")
    trainer: Trainer = trainer_of(task)
    for key in ("fixed", "default"):
        for name, value in parts[key].items():
            trainer.words(str(name), value, f"{where}: {key}")
    search = tuple(_dimension(str(name), each, trainer, f"{where}: search") for name, each in parts["search"].items())
    names = [each.name for each in search]
    if twice := [name for name in parts["fixed"] if name in names]:
        raise InputError(f"{twice[0]} is both fixed and searched", where, "leave it in one of them")
    if lost := [name for name in parts["default"] if name not in names]:
        raise InputError(
            f"{lost[0]} is not searched", f"{where}: default", nearest(lost[0], names) or "put it under fixed"
        )
    default = {**_own_defaults(trainer, parts["fixed"], search), **parts["default"]}
    sampler = content.get("sampler", "tpe")
    if sampler not in SAMPLERS:
        raise InputError(
            f"sampler {sampler!r} is none of {', '.join(SAMPLERS)}", where, nearest(sampler, SAMPLERS) or None
        )
    pruning = content.get("pruning", True)
    if not isinstance(pruning, bool) and pruning != FOLDS:
        raise InputError(f"pruning is {pruning!r}, it is to be true, {FOLDS} or false", where)
    fold = parts["split"].get("fold")
    inner = parts["split"].get("inner-folds")
    settled = {
        "question": " ".join(str(content["question"]).split()),
        "task": task,
        "data": {str(name): str(words) for name, words in parts["data"].items()},
        "split": {
            "fold": None if fold is None else str(fold),
            "inner-folds": None if inner is None else _count(inner, "inner-folds", 2, 1000, f"{where}: split"),
        },
        "fixed": parts["fixed"],
        "search": parts["search"],
        "default": default,
        "metric": metric,
        "budget": {
            "trials": _count(parts["budget"].get("trials"), "trials", 1, 100_000, f"{where}: budget"),
            "minutes": _minutes(parts["budget"].get("minutes"), f"{where}: budget"),
        },
        "sampler": sampler,
        "pruning": pruning,
        "seeds": {
            name: _count(parts["seeds"].get(name, 1), name, 0, 2**32 - 1, f"{where}: seeds")
            for name in ("search", "training")
        },
    }
    return Plan(
        settled["question"], task, settled["data"], settled["split"]["fold"], settled["split"]["inner-folds"],
        dict(parts["fixed"]), search, default, metric, settled["budget"]["trials"],
        settled["budget"]["minutes"] or math.inf, sampler, pruning, settled["seeds"]["search"],
        settled["seeds"]["training"], text, settled,
    )  # fmt: skip


def _own_defaults(trainer: Trainer, fixed: Mapping[str, Any], search: Sequence[Dimension]) -> dict[str, Any]:
    """What train_model takes for the searched settings if it is told nothing of them; without those it then has none for."""
    args = trainer.namespace(fixed, {name: name for name in tasks.FILES[trainer.task] if name in FILES})
    found = {}
    for each in search:
        value = getattr(args, each.name.replace("-", "_"))
        if value is not None:
            alike = [choice for choice in each.choices if told(choice) == told(value)]
            found[each.name] = alike[0] if alike else value
    return found


def _metric_of(metric: str, task: str) -> str:
    others = [other for other, names in METRICS.items() if metric in names]
    return f"metric {metric} is one of the task {others[0]}, not of {task}" if others else f"unknown metric {metric}"


def _nearest_metric(metric: str, task: str) -> str:
    return nearest(metric, METRICS[task]) or f"choose one of {', '.join(METRICS[task])}"


def _known(given: Mapping[Any, Any], known: Sequence[str], where: str, noun: str) -> None:
    for key in given:
        if key not in known:
            raise InputError(f"{key} is no {noun}", where, nearest(str(key), known) or f"there are {', '.join(known)}")


def _mapping(content: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = content.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(
            f"{key} is {value!r}, it is to be names with values", where, f"write {key}: and a line for each"
        )
    return value


def _number(value: Any, name: str, where: str) -> float:
    """A number; YAML reads 1e-4, which has no point, as text."""
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(f"{name} is {value!r}, not a number", where) from None
    return number


def _count(value: Any, name: str, low: int, high: int, where: str) -> int:
    number = _number(value, name, where) if value is not None else math.nan
    if number != number:
        raise InputError(f"has no {name}", where, "say how many")
    if number != int(number) or not low <= number <= high:
        raise InputError(f"{name} is {value}, it is to be a whole number from {low} to {high}", where)
    return int(number)


def _minutes(value: Any, where: str) -> float | None:
    if value is None:
        return None
    minutes = _number(value, "minutes", where)
    if minutes <= 0:
        raise InputError(f"minutes is {value}, it is to be above 0", where)
    return minutes


def _dimension(name: str, given: Any, trainer: Trainer, where: str) -> Dimension:
    """What one setting is searched over."""
    action = trainer.action(name, where)
    at = f"{where}: {name}"
    if isinstance(given, list):
        given = {"choices": given}
    if not isinstance(given, dict):
        raise InputError(f"is {given!r}", at, "give choices: [a, b], or from: and to:; or put it under fixed")
    _known(given, DIMENSION, at, "key of a range")
    if "choices" in given:
        choices = given["choices"]
        if len(given) > 1:
            raise InputError("has choices and a range", at, "leave one of them")
        if not isinstance(choices, list) or len({json.dumps(each) for each in choices}) < 2:
            raise InputError("has fewer than two choices", at, "give more, or put it under fixed")
        if len({json.dumps(each) for each in choices}) < len(choices):
            raise InputError("has a choice twice", at, "leave one of them")
        for each in choices:
            trainer.words(name, each, where)
        return Dimension(name, tuple(choices))
    if action.choices or action.nargs == 0:
        known = [str(each) for each in action.choices or ("true", "false")]
        raise InputError("has no range", at, f"list choices: among {', '.join(known)}")
    bounds = trainer.bounds(name, where)
    if lost := [key for key in ("from", "to") if given.get(key) is None]:
        raise InputError(f"has no {lost[0]}", at, "give from: and to:, or choices:")
    low, high = (_number(given[key], key, at) for key in ("from", "to"))
    step = None if given.get("step") is None else _number(given["step"], "step", at)
    log = given.get("log", False)
    whole = bounds.kind is int
    if not isinstance(log, bool):
        raise InputError(f"log is {log!r}, it is to be true or false", at)
    wrong = (
        (low >= high, f"goes from {low:g} to {high:g}", "from: is to be below to:"),
        (
            (bounds.minimum is not None and low < bounds.minimum)
            or (bounds.maximum is not None and high > bounds.maximum),
            f"goes from {low:g} to {high:g}",
            f"train_model takes {bounds.minimum:g} to {bounds.maximum:g}",
        ),
        (log and low <= 0, f"has a log scale from {low:g}", "begin above 0"),
        (
            step is not None and not 0 < step <= high - low,
            f"has steps of {step}",
            "a step is above 0 and within the range",
        ),
        (step is not None and log, "has steps on a log scale", "leave one of them out"),
        (
            whole and any(each not in (None, int(each)) for each in (low, high, step or 0)),
            "is of whole numbers",
            "round",
        ),
    )
    for is_wrong, what, cure in wrong:
        if is_wrong:
            raise InputError(what, at, cure)
    return Dimension(name, (), low, high, whole, log, step)
