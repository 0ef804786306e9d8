"""The report of a study: the plan, what was tried, what mattered, and the winner on the test part beside the default."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..formats import modelfile
from ..formats.results import read_history
from ..formats.studylog import FAILED, FINISHED, PRUNED, Trial
from ..learning import audit, search
from ..learning.metrics import Metric
from ..learning.plan import Dimension
from ..learning.study import DEFAULT, TUNED, Chance, Judged, Study, chance
from ..learning.trainer import NAMES, told
from . import figures, page
from .page import Block, Cell, Code, Facts, Part, Pictures, Report, Table, Text, number
from .parts import (
    ROWS,
    Plot,
    again,
    card_facts,
    count,
    data,
    interval,
    listed,
    sentence,
    span,
    standing,
    table,
    trained,
)

DIGITS = 3
_figure = partial(number, digits=DIGITS)
READING = {
    "Trial": "A run of train_model with the fixed settings of the plan and those of the trial, for each inner fold of the "
    "training part. Its score is the mean of the metric over the folds. Trial 0 is the hand-set default.",
    "Ended early": "After each inner fold the best mean of a trial so far is held against the median of the finished trials "
    "after as many folds. One that is worse is not run on the other folds. A network is also given up within a fold, where the "
    "least validation loss so far is above the median of those of the finished trials after as many epochs.",
    "Test part": "Neither trials nor the choice among them saw it. The winner and the default were each trained once on the "
    "whole training part, and judged on it once.",
    "Chance": "Of many equal settings the one with the luckiest folds comes out on top. The luck is estimated from how the "
    "scores of trials go up and down fold by fold, beyond what all trials share.",
    "Importance": "The share of the spread of the scores that a setting accounts for in a forest fitted to the trials (fANOVA). "
    "With few trials it is a hint.",
    "Differences": "Where training does not tell the interval of a difference in the same draws, it is made from those of the "
    "two, as if they were independent, and so rather too wide.",
}


def report(study: Study, trials: Mapping[int, Trial], judged: Judged, ended: str) -> Report:
    """The whole page.

    ended : why no more trials were run
    """
    plan, best = study.plan, judged.trial
    metric = plan.metric
    tuned, default = _metric(judged, metric, TUNED), _metric(judged, metric, DEFAULT)
    gain = _metric(judged, f"{metric}_difference", DEFAULT)
    first = trials.get(0)
    inner = plan.sign * (best.score(metric) - first.score(metric)) if first and first.folds else float("nan")
    luck = chance(plan, trials)
    numbers = [
        (f"{metric} on the test part", _figure(tuned.value), interval(tuned, _figure) or "no interval"),
        ("The hand-set default there", _figure(default.value), interval(default, _figure) or "no interval"),
        ("Gained on inner folds", _figure(inner), "by the best of the trials"),
        ("Gained on the test part", _figure(plan.sign * gain.value), "by the same settings"),
    ]
    return Report(
        title="Study of settings",
        asked=_asked(study, trials),
        found=_found(study, best, tuned, gain),
        compared=_compared(study, judged, inner, luck),
        good=not _worse(study, judged),
        numbers=numbers,
        baselines=_tested(study, judged),
        figures=[
            Part("What was tried", _tried(study, trials, judged, ended)),
            Part("How much of it is chance", _luck(study, trials, judged, inner, luck)),
            *_curves(judged),
        ],
        reading=READING,
        data=_data(study),
        model=_winner(study, trials, judged),
        again=_again(study, trials),
    )


def _metric(judged: Judged, name: str, model: str) -> Metric:
    found = judged.get(name, model)
    assert found is not None, (name, model)
    return found


def _asked(study: Study, trials: Mapping[int, Trial]) -> str:
    plan = study.plan
    names = [each.name for each in plan.search]
    return (
        f"The question: \N{LEFT DOUBLE QUOTATION MARK}{plan.question}\N{RIGHT DOUBLE QUOTATION MARK}, for which "
        f"{count(len(trials), 'trial')} of {listed(names)} were held against each other by {plan.metric} on "
        f"{count(len(study.inner), 'inner fold')} of the training part."
    )


def _found(study: Study, best: Trial, tuned: Metric, gain: Metric) -> str:
    sign, metric = study.plan.sign, study.plan.metric
    if best.trial == 0:
        return f"No trial was better than the hand-set default, which has a {metric} of {span(tuned, _figure)} on the test part."
    more = sign * gain.value
    low, high = sorted((sign * gain.low, sign * gain.high)) if np.isfinite(gain.low) else (np.nan, np.nan)
    place = "better" if more > 0 else "worse"
    sure = "" if low > 0 or high < 0 else "; the two cannot be told apart"
    around = f" (95% interval {_figure(low)} to {_figure(high)})" if np.isfinite(low) else ""
    return (
        f"The best settings, of trial {best.trial}, have a {metric} of {span(tuned, _figure)} on the test part: "
        f"{_figure(abs(more))} {place} than the hand-set default{around}{sure}."
    )


def _compared(study: Study, judged: Judged, inner: float, luck: Chance | None) -> str:
    metric, sign = study.plan.metric, study.plan.sign
    others = [_metric(judged, metric, name) for name in judged.models(metric) if name not in (TUNED, DEFAULT)]
    known = {other.model: _less(judged, metric, other) for other in others if other.value == other.value}
    places = standing(known, lambda name: f"{name} ({_figure(_metric(judged, metric, name).value)})", lower=sign < 0)
    inside = f"on the inner folds it was {_figure(judged.trial.score(metric))}"
    if luck is not None and judged.trial.trial != 0 and inner == inner:
        inside = (
            f"on the inner folds the gain was {_figure(inner)}, where choosing the best of {luck.trials} equal settings would "
            f"show about {_figure(luck.expected)}"
        )
    return sentence(f"compared with the baselines on the test part, it is {places}" if places else "", inside)


def _less(judged: Judged, metric: str, other: Metric) -> Metric:
    """The metric of the winner less that of another model, as it was measured, or else without an interval."""
    value = _metric(judged, metric, TUNED).value - other.value
    return judged.get(f"{metric}_difference", other.model) or Metric("", other.model, value, np.nan, np.nan, other.n)


def _worse(study: Study, judged: Judged) -> bool:
    """Behind the default or a baseline on the test part."""
    metric, sign = study.plan.metric, study.plan.sign
    own = _metric(judged, metric, TUNED).value
    return any(
        sign * (own - _metric(judged, metric, name).value) < 0 for name in judged.models(metric) if name != TUNED
    )


def _tested(study: Study, judged: Judged) -> list[Block]:
    metric = study.plan.metric
    models = judged.models(metric)
    spans = [_metric(judged, metric, name) for name in models]
    drawn = [(m.value, m.low if m.low == m.low else m.value, m.high if m.high == m.high else m.value) for m in spans]
    plot = Plot(
        "test",
        f"{metric} on the test part",
        partial(
            figures.intervals,
            models,
            drawn,
            metric,
            "" if all(low >= 0 and high <= 1 for _, low, high in drawn) else "0",
        ),
        "With its 95% interval: the tuned model on top, in blue, then the hand-set default and the baselines.",
        f"{metric} with interval: " + "; ".join(f"{m.model} {span(m, _figure)}" for m in spans) + ".",
    )
    names = [m.metric for m in judged.metrics if m.model == TUNED]
    rows: list[list[Cell]] = []
    for name in list(dict.fromkeys([metric, *names]))[:ROWS]:
        found = [judged.get(name, model) for model in models]
        rows.append([name, *((_figure(m.value), interval(m, _figure)) if m else "–" for m in found)])
    less = [_metric(judged, f"{metric}_difference", name) for name in models if name != TUNED]
    return [
        Table(
            "On the untouched test part, the metric of the plan first",
            ["Measure", *models],
            rows,
            strong=0,
            note="Small: 95% interval.",
        ),
        Pictures([plot.picture()]),
        Table(
            f"{metric} of the tuned model less that of the others",
            ["Model", "Difference"],
            [[m.model, (_figure(m.value), interval(m, _figure))] for m in less],
            note=f"{'More' if study.plan.sign > 0 else 'Less'} is better; an interval without 0 tells the two apart.",
        ),
    ]


def _tried(study: Study, trials: Mapping[int, Trial], judged: Judged, ended: str) -> list[Block]:
    plan = study.plan
    ordered = [trial for _, trial in sorted(trials.items())]
    scored = [trial for trial in ordered if trial.folds]
    scores = [trial.scores(plan.metric) for trial in scored]
    means, low, high = (np.array([what(each) for each in scores]) for what in (np.mean, np.min, np.max))
    early = np.array([trial.stopped != FINISHED for trial in scored])
    best = scored.index(judged.trial)
    default = means[0] if scored[0].trial == 0 else float("nan")
    stops = {kind: sum(trial.stopped == kind for trial in ordered) for kind in (FINISHED, PRUNED, FAILED)}
    plot = Plot(
        "trials",
        "Each trial on the inner folds",
        partial(
            figures.trials,
            np.array([trial.trial for trial in scored]),
            means,
            low,
            high,
            early,
            best,
            plan.metric,
            default,
        ),
        "Mean of the inner folds, with the range of them.",
        f"{plan.metric} of {len(scored)} trials, from {_figure(float(means.min()))} to {_figure(float(means.max()))}; the best "
        f"is trial {judged.trial.trial}.",
    )
    seconds = sum(trial.seconds for trial in ordered)
    text = (
        f"{stops[FINISHED]} trials were finished, {stops[PRUNED]} ended early and {stops[FAILED]} failed, in "
        f"{seconds / 60:.1f} minutes of their own; then {ended}."
    )
    codes = {trial.digests.get("code") for trial in ordered}
    if len(codes) > 1:
        text += f" They were run by {len(codes)} versions of the code."
    blocks: list[Block] = [Text([text]), Pictures([plot.picture()])]
    small = [picture for each in plan.search if (picture := _slice(study, each, scored, means, early, best))]
    if small:
        blocks.append(
            Pictures(small, small=True, caption="Each setting: a dot a trial, a cross one ended early, blue the best.")
        )
    blocks += _learned(study, trials, judged)
    if shares := search.importance(plan, trials):
        rows: list[list[Cell]] = [[name, f"{100 * share:.0f}%"] for name, share in shares.items()]
        blocks.append(Table("Importance of the settings", ["Setting", "Share of the spread"], rows))
    names = [each.name for each in plan.search]
    ranked = sorted(
        ordered, key=lambda t: (t.stopped != FINISHED, not t.folds, -plan.sign * t.score(plan.metric), t.trial)
    )
    tried: list[list[Cell]] = [
        [
            str(trial.trial),
            (_figure(trial.score(plan.metric)), ", ".join(_figure(each) for each in trial.scores(plan.metric)))
            if trial.folds
            else "–",
            *(told_list(trial.settings.get(name, "–")) for name in names),
            f"{trial.seconds:.0f} s",
            f"{trial.memory_mb:.0f} MB",
            (trial.stopped, trial.why),
        ]
        for trial in ranked
    ]
    header = ["Trial", plan.metric, *names, "Time", "Memory", "Ended"]
    return [*blocks, table("All trials, the best first", header, tried, "Small: the inner folds.", 0, "trial")]


def _learned(study: Study, trials: Mapping[int, Trial], judged: Judged) -> list[Block]:
    """The learning curves of all trials on the first inner fold."""
    fold = study.inner[0][0]
    own = [trial for _, trial in sorted(trials.items()) if trial.curves.get(fold)]
    if not own:
        return []
    curves = [np.array([np.nan if loss is None else loss for loss in trial.curves[fold]]) for trial in own]
    ended = np.array([fold not in trial.folds and trial.stopped == PRUNED for trial in own])
    best = next((place for place, trial in enumerate(own) if trial.trial == judged.trial.trial), -1)
    plot = Plot(
        "learned",
        "Learning curves",
        partial(figures.learned, curves, ended, best),
        f"Validation loss of the network of each trial on inner fold {fold}; a cross where a trial was ended.",
        f"{count(len(own), 'learning curve')}, {ended.sum()} of them ended early, after "
        f"{min(map(len, curves))} to {max(map(len, curves))} epochs.",
    )
    return [Pictures([plot.picture()])]


def told_list(value: object) -> str:
    """A setting for the eye."""
    return " ".join(told(each) for each in value) if isinstance(value, list) else told(value)


def _slice(
    study: Study, each: Dimension, trials: list[Trial], means: np.ndarray, early: np.ndarray, best: int
) -> page.Picture | None:
    """The scores by one setting; None where it was never said."""
    rows = [i for i, trial in enumerate(trials) if each.name in trial.settings]
    if best not in rows or len(rows) < 2:
        return None
    values = [trials[i].settings[each.name] for i in rows]
    shown = [told_list(value) for value in values] if each.choices else [float(value) for value in values]
    plot = Plot(
        f"setting-{[d.name for d in study.plan.search].index(each.name) + 1}",
        each.name,
        partial(
            figures.tried,
            shown,
            means[rows],
            early[rows],
            rows.index(best),
            study.plan.metric,
            each.log,
            [told_list(choice) for choice in each.choices],
        ),
        each.described(),
        f"{study.plan.metric} of {len(rows)} trials by {each.name}; the best has {told_list(values[rows.index(best)])}.",
    )
    return plot.picture()


def _luck(study: Study, trials: Mapping[int, Trial], judged: Judged, inner: float, luck: Chance | None) -> list[Block]:
    plan, best = study.plan, judged.trial
    test = _metric(judged, plan.metric, TUNED).value
    gain = plan.sign * _metric(judged, f"{plan.metric}_difference", DEFAULT).value
    facts = {
        "The winner on the inner folds": _figure(best.score(plan.metric)),
        "The winner on the test part": _figure(test),
        "Better on the inner folds by": f"{_figure(plan.sign * (best.score(plan.metric) - test))}: luck of the choice, and "
        "that the parts differ",
        "Gain over the default on the inner folds": _figure(inner),
        "Gain over the default on the test part": _figure(gain),
    }
    if inner == inner and best.trial:
        facts["Of the gain lost on the test part"] = _figure(inner - gain)
    if luck is None:
        facts["Chance"] = "not to be told with fewer than two finished trials, or one fold"
    else:
        facts["Spread of a trial's score by chance"] = f"{_figure(luck.noise)} (standard deviation)"
        facts[f"Expected of the best of {luck.trials} equal trials"] = f"{_figure(luck.expected)} above their mean"
    return [
        Text(
            [
                "The best of many trials looks better than it is: it was chosen for its score on the inner folds. What is left "
                "of its gain on the test part is what it is worth."
            ]
        ),
        Facts(facts),
    ]


def _winner(study: Study, trials: Mapping[int, Trial], judged: Judged) -> list[Block]:
    plan, first = study.plan, trials.get(0)
    default = first.settings if first else plan.default
    rows: list[list[Cell]] = [
        [
            each.name,
            told_list(judged.trial.settings.get(each.name, "–")),
            told_list(default.get(each.name, "–")),
            each.described(),
        ]
        for each in plan.search
    ]
    card, _ = modelfile.read(judged.folder / NAMES["model"])
    fixed = {f"Fixed: {name}": told_list(value) for name, value in plan.fixed.items()}
    return [
        Table("Settings of the winner", ["Setting", "The winner", "The default", "Searched"], rows),
        *([Facts(fixed)] if fixed else []),
        *card_facts(card),
    ]


def _curves(judged: Judged) -> list[Part]:
    """The training of the winner, where it has epochs."""
    history = judged.folder / NAMES["history"]
    some = history.exists() and len(history.read_text().splitlines()) > 1
    return trained(read_history(history)) if some else []


def _data(study: Study) -> list[Block]:
    fold = study.fold.outer[0]
    facts = {f"--{name}": study.plan.data.get(name, "") for name in study.files}
    facts["Outer fold"] = ", ".join(f"{len(fold.part(part)):,} {part}" for part in ("train", "validation", "test"))
    rows: list[list[Cell]] = [
        [name, *(f"{len(split.outer[0].part(part)):,}" for part in ("train", "validation", "test"))]
        for name, split in study.inner
    ]
    note = (
        "Groups of the split stay together. The validation part of the split, where there is one, ends the training of trials, "
        "too."
    )
    folds = Table(
        "Inner folds, of the training part alone", ["Fold", "Trained on", "Validation", "Judged on"], rows, note
    )
    digests = {"data": study.digests["data"], "split": study.digests["split"]}
    return data({**digests, "audit": audit.record(study.findings, study.allow_leak)}, facts, folds)


def _again(study: Study, trials: Mapping[int, Trial]) -> list[Block]:
    files = [f"--{name} {name}" for name in study.files]
    words = [
        "--plan plan.yml",
        *files,
        "--split split.tsv",
        "--log study.jsonl",
        "--model model.safetensors",
        "--report report.html",
    ]
    if study.allow_leak:
        words.append("--allow-leak REASON")
    parallel = 1 + max((trial.trial - trial.seen for trial in trials.values() if trial.seen), default=0)
    if parallel > 1:
        words.append(f"--parallel {parallel} --threads {parallel}")
    facts = {
        "SHA-256 of the plan": study.digests["plan"],
        "SHA-256 of the code": str(study.digests["code"]).partition(" ")[2],
        "SHA-256 of the split": study.digests["split"],
        **{f"SHA-256 of --{name}": digest for name, digest in study.digests["data"].items()},
        "Seeds": f"{study.plan.seed} of the search, {study.plan.training_seed} of training",
    }
    note = "The same plan, data and seed suggest the same trials."
    packages = ("optuna", "numpy", "scikit-learn", "torch")
    return [*again("tune-model", words, packages, facts, note), Text(["The plan:"]), Code(study.plan.text.rstrip("\n"))]
