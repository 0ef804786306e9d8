"""A study: trials of settings on inner folds of the training part, the winner trained on all of it and judged once.

A trial is a run of train_model for each inner fold. What tests a trial is held out of the training part; the test part of the
split is touched at the end alone, by the winner, and by the hand-set default for comparison.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import shutil
import time
from argparse import Namespace
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..console import say
from ..errors import InputError, named, nearest
from ..formats import matrix, modelfile, results, studylog, text
from ..formats import split as split_files
from ..formats.results import Predictions
from ..formats.split import Fold, Split
from ..formats.studylog import FAILED, FINISHED, PRUNED, Log, Trial
from . import audit, classification, inferred, metrics, search, splits
from .audit import Finding
from .metrics import Metric, find
from .plan import Plan, parse
from .trainer import FILES, NAMES, Run, Trainer

if TYPE_CHECKING:
    from anndata import AnnData

INNER_FOLDS = 3  # where plan and split say nothing
TUNED, DEFAULT = "tuned", "default"
_WAIT = 0.02  # seconds between looks at the runs


@dataclass(frozen=True)
class Study:
    """All that a trial needs.

    files : option of train_model → path
    fold : the outer fold, alone; inner : a split for each inner fold, whose test part is that fold's validation part
    digests : SHA-256 of the plan, of each file, of the split and of the code
    findings : of the audit of the split
    """

    plan: Plan
    trainer: Trainer
    files: dict[str, str]
    fold: Split
    inner: tuple[tuple[str, Split], ...]
    digests: dict[str, Any]
    findings: tuple[Finding, ...]
    allow_leak: str | None

    @property
    def header(self) -> dict[str, Any]:
        """What a log begins with."""
        return {"plan": self.plan.content, "text": self.plan.text, "digests": self.digests}


def read_plan(path: str | Path, script: Path) -> Plan:
    """Read a plan file.

    script : train_model

    Raises
    ------
    InputError : no such file, or as `parse`
    """
    return parse(text.read(path).decode(errors="replace"), lambda task: Trainer(script, task), str(path))


def prepare(args: Namespace, script: Path) -> Study:
    """Read the plan and the split that the arguments name, audit the split, and divide its training part.

    script : train_model

    Raises
    ------
    InputError : of the plan, of the files, or a leak
    """
    plan = read_plan(args.plan, script)
    trainer = Trainer(script, plan.task)
    files = {name: str(path) for name in FILES if (path := getattr(args, name, None))}
    whole = split_files.read(args.split)
    outer = _outer(whole, plan.fold)
    fold = Split((outer,), whole.where)
    settled = trainer.namespace({**plan.fixed, **plan.default}, files)
    settled.allow_leak = args.allow_leak
    if lost := [name for name in plan.data if name in FILES and name not in files]:
        raise InputError(f"tells of --{lost[0]}, which is not given", f"{args.plan}: data", "give it, or leave it out")
    digests = {
        "plan": plan.digest,
        "data": {name: _digest(path) for name, path in files.items()},
        "split": whole.digest,
        "code": _code(script),
    }
    measured = _landmarks(settled) if plan.task == "targets" else None
    findings = tuple(audit.guard(fold, settled, measured))
    inner = tuple(_inner(plan, whole, outer, files, settled, measured))
    return Study(plan, trainer, files, fold, inner, digests, findings, args.allow_leak)


def _landmarks(settled: Namespace) -> AnnData:
    from . import targets

    return targets.load(settled.expression, settled.landmarks, settled.transform, settled.missing_landmarks).inputs


def _outer(split: Split, name: str | None) -> Fold:
    folds = {fold.name: fold for fold in split.outer}
    if name is None and len(folds) > 1:
        cure = f"say in the plan, under split:, fold: {next(iter(folds))!r}"
        raise InputError(f"has {len(folds)} folds, a study is of one", split.where, cure)
    if name is not None and name not in folds:
        raise InputError(f"has no fold {name!r}, it has {named(folds)}", split.where, nearest(name, folds) or None)
    return folds[name] if name is not None else split.outer[0]


def _inner(
    plan: Plan, split: Split, outer: Fold, files: Mapping[str, str], settled: Namespace, landmarks: AnnData | None
) -> Iterable[tuple[str, Split]]:
    """The inner folds of a nested split, or else the groups (or ids) of the training part dealt into folds, classes evenly. The
    validation part goes along: the test part of a trial is never what ends its training. Where one group is left to infer genes
    from (one of two studies), clusters of its samples take the place of groups, as they do in train_model."""
    given = split.inner(outer.name)
    if given and plan.inner_folds not in (None, len(given)):
        raise InputError(
            f"has {len(given)} inner folds, the plan wants {plan.inner_folds}", split.where, "leave inner-folds out"
        )
    if given:
        judged = [fold.part("validation") for fold in given]
    else:
        rows = [i for i, part in enumerate(outer.parts) if part == "train"]
        ids, groups = (np.array([each[i] for i in rows], dtype=str) for each in (outer.ids, outer.groups))
        count = plan.inner_folds or INNER_FOLDS
        if landmarks is not None and len(set(groups)) == 1 and groups[0]:
            groups = _clusters(landmarks, ids, count, plan.seed)
            cluster = dict(zip(ids.tolist(), groups.tolist(), strict=True))
            renamed = [cluster.get(i, g) for i, g in zip(outer.ids, outer.groups, strict=True)]
            outer = replace(outer, groups=tuple(renamed))
        own = np.where(groups == "", ids, groups) if (groups != "").any() else None
        labels = None if plan.task != "classes" else _labels(settled, ids)
        units = splits.Units(ids, own, labels, f"the training part of {split.where}")
        made = splits.make(units, "k-fold", folds=count, seed=plan.seed)
        judged = [fold.part("test") for fold in made.outer]
    folds = []
    for number, tests in enumerate(map(set, judged), start=1):
        members = given[number - 1].ids if given else outer.ids
        kept = {*members, *outer.part("validation")}
        parts = ["test" if name in tests else part for name, part in zip(outer.ids, outer.parts, strict=True)]
        rows = [i for i, name in enumerate(outer.ids) if name in kept and outer.parts[i] != "test"]
        folds.append(
            Fold(str(number), *(tuple(each[i] for i in rows) for each in (outer.ids, outer.groups, parts)))  # type: ignore[arg-type]
        )
    whole = Split(tuple(folds), f"inner folds of {split.where}")
    if "windows" in files and plan.task != "activity":  # promoters of paralogs may be in two parts, as the audit has it
        whole = splits.part_paralogs(files["windows"], whole, "remove", audit.SHARED)
    return [(f"{outer.name}/{fold.name}", Split((fold,), whole.where)) for fold in whole.folds]


def _clusters(landmarks: AnnData, ids: np.ndarray, count: int, seed: int) -> np.ndarray:
    from . import targets

    say("the training part is one group: clusters of its samples are kept together in inner folds instead")
    found = targets.clusters(np.asarray(landmarks[ids.tolist()].X), max(targets.INNER, count), seed)
    return np.array([f"cluster {int(name) + 1}" for name in found])


def _labels(settled: Namespace, ids: np.ndarray) -> np.ndarray:
    """The classes of these samples; others of the matrix need not have any."""
    from .classes import clean

    column = matrix.read(settled.matrix, foreign=True, backed=True).obs[settled.label]
    label = dict(zip(map(str, column.index), clean(column), strict=True))
    return np.array([label[name] for name in ids])


def _digest(path: str | Path) -> str:
    """SHA-256 of a file, unpacked."""
    found = hashlib.sha256()
    with text.opened(path) as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _code(script: Path) -> str:
    """Version and SHA-256 of what is run: the library and train_model."""
    found = hashlib.sha256(script.read_bytes())
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return f"{__version__} {found.hexdigest()}"


# ---------------------------------------------------------------- trials


@dataclass
class _Trial:
    """A trial under way.

    epochs : of its network, at the most; 0 where it is none
    looked : so many epochs of the fold under way have been held against those of others
    """

    number: int
    settings: dict[str, Any]
    seen: int
    folds: dict[str, dict[str, float]]
    epochs: int
    seconds: float = 0.0
    memory_mb: float = 0.0
    run: Run | None = None
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    looked: int = 0


@contextlib.contextmanager
def runs(log: studylog.Writer) -> Iterator[Path]:
    """A folder for the files of runs, beside the log. It is removed at the end, or if that never came, before the next."""
    folder = log.path.with_name(f".{log.path.name}.runs")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def search_all(study: Study, log: studylog.Writer, parallel: int, threads: int, only: int | None = None) -> str:
    """Run the trials that the log lacks, each appended as it ends. Returns why there are no more.

    parallel : a trial looks at those that came so many or more before it, so that as many can run beside each other; fewer do
        with fewer cores, `threads`, and suggest the same
    only : this trial alone

    Raises
    ------
    InputError : the hand-set default cannot be trained, or `only` depends on other trials
    """
    plan = study.plan
    if only is not None:
        search.require_independent(plan, f"trial {only} depends on those before it")
    queue = deque(i for i in ([only] if only is not None else range(plan.trials)) if i not in log.trials)
    running: dict[int, _Trial] = {}
    chosen: dict[int, dict[str, Any] | None] = {number: trial.settings for number, trial in log.trials.items()}

    def ready(number: int) -> bool:
        return search.independent(plan) or all(i in log.trials for i in range(number - parallel + 1))

    def choose(number: int) -> dict[str, Any] | None:
        if number not in chosen:
            before = [choose(i) for i in range(number)]
            taken = [each for each in before if each is not None]
            seen = {i: log.trials[i] for i in range(number - parallel + 1) if i in log.trials}
            chosen[number] = search.settings(plan, number, seen, taken) if len(taken) == number else None
        return chosen[number]

    workers, each_threads = shares(parallel, threads)
    ended = f"all {plan.trials} trials of the plan were run" if only is None else f"trial {only} was run"
    with runs(log) as folder:
        for name, split in study.inner:
            split_files.write(split, _split_path(folder, name))
        try:
            while queue or running:
                while queue and len(running) < workers and ready(queue[0]):
                    settings = choose(queue[0])
                    if over := _over(plan, queue[0], log.trials, settings):
                        ended = over
                        queue.clear()
                    elif settings is not None:
                        epochs = study.trainer.epochs({**plan.fixed, **settings}, study.files)
                        trial = _Trial(queue[0], settings, max(0, queue.popleft() - parallel + 1), {}, epochs)
                        running[trial.number] = _started(study, trial, folder, each_threads)
                for each in list(running.values()):
                    if done := _advanced(study, each, log.trials, parallel, folder, each_threads):
                        log.add(done)
                        _tell(plan, done, log.trials)
                        del running[each.number]
                time.sleep(_WAIT)
        finally:
            for each in running.values():
                if each.run:
                    each.run.stop()
    return ended


def shares(parallel: int, threads: int) -> tuple[int, int]:
    """How many runs beside each other, and the cores of each."""
    workers = min(parallel, threads)
    return workers, threads // workers


def _over(plan: Plan, number: int, trials: Mapping[int, Trial], settings: Mapping[str, Any] | None) -> str:
    """Why no further trial is started; empty if one is."""
    if settings is None:
        return f"the search space holds no more than {number} settings"
    if sum(trial.seconds for trial in trials.values()) >= 60 * plan.minutes:
        return f"the {plan.minutes:g} minutes of the plan were over"
    return ""


def _split_path(folder: Path, name: str) -> Path:
    return folder / f"{name.replace('/', '-')}.tsv"


def _started(study: Study, trial: _Trial, folder: Path, threads: int) -> _Trial:
    """Start the trial's run on its next inner fold."""
    name, _ = study.inner[len(trial.folds)]
    place = folder / f"trial-{trial.number}"
    shutil.rmtree(place, ignore_errors=True)
    trial.run = Run(_command(study, trial.settings, _split_path(folder, name), place), place, threads).start()
    trial.looked = 0
    return trial


def _command(study: Study, settings: Mapping[str, Any], split: Path, folder: Path) -> list[str]:
    files = {name: str(Path(path).resolve()) for name, path in study.files.items()}
    command = study.trainer.command({**study.plan.fixed, **settings}, files, split, folder, study.plan.training_seed)
    return [*command, "--allow-leak", study.allow_leak] if study.allow_leak else command


def _advanced(
    study: Study, trial: _Trial, known: Mapping[int, Trial], parallel: int, folder: Path, threads: int
) -> Trial | None:
    """Look at the run of a trial. End it where the learning curve of its network says so; when it is over take over what it
    found, and start the next one. Returns the trial itself when it has ended."""
    run, plan = trial.run, study.plan
    assert run is not None
    name, split = study.inner[len(trial.folds)]
    seen = {i: each for i, each in known.items() if i <= trial.number - parallel}
    over = run.poll()
    epoch = _behind(study, trial, name, seen)  # of what is over, too: what is noted does not depend on who was quicker
    if not over and epoch is None:
        return None
    run.stop()
    trial.seconds += run.seconds
    trial.memory_mb = max(trial.memory_mb, run.memory_mb)
    if trial.epochs and (curve := run.curve[:epoch]):
        trial.curves[name] = [None if loss is None else float(f"{loss:.6g}") for loss in curve]
    if epoch is not None:
        why = f"at epoch {epoch} of fold {name}: the loss of its network is worse than the median of the trials before"
        return _ended(study, trial, PRUNED, why)
    if error := run.error.replace(f"{folder}{os.sep}", ""):
        if trial.number == 0:
            raise InputError(f"the hand-set default cannot be trained: {error}", "trial 0")
        return _ended(study, trial, FAILED, f"fold {name}: {error}")
    found = {m.metric: m.value for m in measured(plan.task, run.folder, split, 0) if math.isfinite(m.value)}
    if plan.metric not in found:
        if trial.number == 0:
            raise InputError(
                f"fold {name} of the hand-set default has no {plan.metric}", "trial 0", "choose another metric"
            )
        return _ended(study, trial, FAILED, f"fold {name}: no {plan.metric}")
    trial.folds[name] = found
    shutil.rmtree(run.folder, ignore_errors=True)
    scores = [values[plan.metric] for values in trial.folds.values()]
    if len(scores) == len(study.inner):
        return _ended(study, trial, FINISHED, "")
    if trial.number and search.hopeless(plan, scores, seen):
        return _ended(study, trial, PRUNED, f"after fold {name}: worse than the median of the trials before")
    _started(study, trial, folder, threads)
    return None


def _behind(study: Study, trial: _Trial, name: str, seen: Mapping[int, Trial]) -> int | None:
    """The first epoch of the fold under way after which the network is to be given up; None so far. The hand-set default never
    is. Each epoch is looked at in turn, however many have come since the last look."""
    assert trial.run is not None
    if not (trial.number and trial.epochs and study.plan.by_curve):
        return None
    curve = trial.run.curve
    others = [each.curves[name] for each in seen.values() if each.stopped == FINISHED and name in each.curves]
    for epoch in range(trial.looked + 1, len(curve) + 1):
        if search.behind(curve[:epoch], others, trial.epochs):
            return epoch
    trial.looked = len(curve)
    return None


def _ended(study: Study, trial: _Trial, stopped: str, why: str) -> Trial:
    return Trial(
        trial.number,
        trial.settings,
        study.plan.training_seed,
        trial.seen,
        {name: {key: float(f"{value:.6g}") for key, value in values.items()} for name, values in trial.folds.items()},
        round(trial.seconds, 2),
        round(trial.memory_mb, 1),
        stopped,
        why,
        study.digests,
        trial.curves,
    )


def _tell(plan: Plan, trial: Trial, trials: Mapping[int, Trial]) -> None:
    score = f"{plan.metric} {trial.score(plan.metric):.4g}" if trial.folds else "no score"
    best = winner(plan, trials)
    more = f"; best so far {best.score(plan.metric):.4g} of trial {best.trial}" if best else ""
    settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items())
    say(f"trial {trial.trial} ({settings}): {trial.stopped}, {score}{more}")


def measured(task: str, folder: Path, fold: Split, bootstrap: int, model: str | None = None) -> list[Metric]:
    """What train_model measured on the test part, or what its predictions show: of the chosen model, or of all models with
    the chosen one renamed `model`."""
    table = folder / NAMES["metrics"]
    if table.exists():
        found = [Metric(**row) for row in results.read_scores(table)]
    else:
        found = PREDICTED[task](folder / NAMES["predictions"], fold, bootstrap)
    chosen = found[0].model
    if model is None:
        return [m for m in found if m.model == chosen]
    return [replace(m, model=model) if m.model == chosen else m for m in found]


def _expression(path: Path, fold: Split, bootstrap: int) -> list[Metric]:
    found: Predictions = results.read_predictions(path, TUNED)
    return metrics.evaluate(found, metrics.groups_of(found, fold), bootstrap).metrics


def _classes(path: Path, fold: Split, bootstrap: int) -> list[Metric]:
    found = results.read_classified(path, TUNED)
    return classification.evaluate(found, metrics.groups_of(found, fold), bootstrap).metrics


def _targets(path: Path, fold: Split, bootstrap: int) -> list[Metric]:
    return inferred.evaluate(path, bootstrap).metrics


# of the tasks whose training writes predictions and no measures
PREDICTED: dict[str, Callable[[Path, Split, int], list[Metric]]] = {
    "expression": _expression,
    "classes": _classes,
    "targets": _targets,
}


def winner(plan: Plan, trials: Mapping[int, Trial]) -> Trial | None:
    """The finished trial with the best mean, the first of equals."""
    done = [trial for _, trial in sorted(trials.items()) if trial.stopped == FINISHED]
    return max(done, key=lambda trial: plan.sign * trial.score(plan.metric), default=None)


# ---------------------------------------------------------------- the winner


@dataclass(frozen=True)
class Judged:
    """The winner and the default, trained on the whole training part, on the test part.

    metrics : of the models "tuned", "default", and the baselines beside the tuned one
    folder : the outputs of the winner's run
    """

    trial: Trial
    metrics: list[Metric]
    folder: Path

    def get(self, metric: str, model: str) -> Metric | None:
        return find(self.metrics, metric, model)

    def models(self, metric: str) -> list[str]:
        """Those that have this metric: tuned, default, then the baselines."""
        return list(dict.fromkeys(m.model for m in self.metrics if m.metric == metric))


def judge(study: Study, log: studylog.Writer, folder: Path, parallel: int, threads: int) -> Judged:
    """Train the winner and the default on the whole training part, judge both on the test part, and note it in the log.

    folder : for the outputs of the runs

    Raises
    ------
    InputError : no trial was finished, or training fails
    """
    plan = study.plan
    best = winner(plan, log.trials)
    if best is None:
        raise InputError("no trial was finished", log.path, "look into the log why, and change the plan")
    split = folder / "split.tsv"
    split_files.write(study.fold, split)
    wanted = {TUNED: best.settings, DEFAULT: log.trials[0].settings if 0 in log.trials else plan.default}
    if wanted[TUNED] == wanted[DEFAULT]:
        del wanted[DEFAULT]
    workers, each_threads = shares(parallel, threads)
    waiting = [
        Run(_command(study, each, split, folder / name), folder / name, each_threads) for name, each in wanted.items()
    ]
    running: list[Run] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(waiting.pop(0).start())
            for run in [each for each in running if each.poll()]:
                if run.error:
                    raise InputError(f"the {run.folder.name} settings cannot be trained: {run.error}", "the test part")
                running.remove(run)
            time.sleep(_WAIT)
    finally:
        for run in running:
            run.stop()
    found = measured(plan.task, folder / TUNED, study.fold, 1000, TUNED)
    other = [
        replace(m, model=DEFAULT)
        for m in (measured(plan.task, folder / (DEFAULT if DEFAULT in wanted else TUNED), study.fold, 1000))
    ]
    keys = [m.metric for m in found if m.model == TUNED]
    ordered = [m for key in dict.fromkeys([*keys, *(m.metric for m in found)]) for m in _beside(key, found, other)]
    judged = Judged(best, [*ordered, *differences(plan.metric, ordered)], folder / TUNED)
    log.judge(
        {
            "trial": best.trial,
            "trials": len(log.trials),
            "metrics": [
                {
                    "metric": m.metric,
                    "model": m.model,
                    **{k: _known(getattr(m, k)) for k in ("value", "low", "high")},
                    "n": m.n,
                }
                for m in judged.metrics
            ],
        }
    )
    return judged


def _known(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _beside(key: str, found: Sequence[Metric], other: Sequence[Metric]) -> list[Metric]:
    own = [m for m in found if m.metric == key]
    return [
        *(m for m in own if m.model == TUNED),
        *(m for m in other if m.metric == key),
        *(m for m in own if m.model != TUNED),
    ]


def differences(metric: str, found: Sequence[Metric]) -> list[Metric]:
    """The metric of the tuned model less that of the default, and of baselines for which training does not tell it.

    Intervals are of the method of variance estimates recovery (Zou & Donner 2008, doi:10.1002/sim.3095) for independent
    estimates. On one test part both go up and down together, so they are rather too wide.
    """
    name = f"{metric}_difference"
    values = {m.model: m for m in found if m.metric == metric}
    told = {m.model for m in found if m.metric == name}
    own = values.pop(TUNED)
    rows = []
    for model, other in values.items():
        if model not in told:
            low = own.value - other.value - math.hypot(own.value - own.low, other.high - other.value)
            high = own.value - other.value + math.hypot(own.high - own.value, other.value - other.low)
            rows.append(Metric(name, model, own.value - other.value, low, high, own.n))
    return rows


def keep(study: Study, judged: Judged, log: studylog.Writer, paths: Mapping[str, Path]) -> None:
    """Write the winner's model, with what it came from in its card, its predictions, and the measures, where wanted."""
    plan, trial = study.plan, judged.trial
    if "model" in paths:
        card, arrays = modelfile.read(judged.folder / NAMES["model"], plan.task)
        card["study"] = {
            "question": plan.question,
            "plan": plan.digest,
            "trial": trial.trial,
            "of": len(log.trials),
            "settings": {**plan.fixed, **trial.settings},
            "metric": plan.metric,
            "inner_folds": trial.score(plan.metric),
        }
        modelfile.write(paths["model"], arrays, card)
    if "predictions" in paths:
        shutil.copyfile(judged.folder / NAMES["predictions"], paths["predictions"])
    if "metrics" in paths:
        metrics.write_table(judged.metrics, paths["metrics"])


# ---------------------------------------------------------------- chance


@dataclass(frozen=True)
class Chance:
    """How much of a gain on the inner folds choosing alone would bring.

    noise : standard deviation of a trial's mean score over the folds, beyond what all trials share on a fold
    expected : by how much the best of as many equal trials would lie above their mean
    """

    noise: float
    expected: float
    trials: int


def chance(plan: Plan, trials: Mapping[int, Trial]) -> Chance | None:
    """From the residuals of finished trials × inner folds after the means of both are taken off; None with too few."""
    done = [trial.scores(plan.metric) for trial in trials.values() if trial.stopped == FINISHED]
    if len(done) < 2 or len(done[0]) < 2:
        return None
    scores = np.array(done)
    rows, columns = scores.shape
    rest = scores - scores.mean(0) - scores.mean(1, keepdims=True) + scores.mean()
    noise = float(np.sqrt((rest**2).sum() / ((rows - 1) * (columns - 1)) / columns))
    tried = sum(trial.stopped in (FINISHED, PRUNED) for trial in trials.values())
    return Chance(noise, noise * highest(tried), tried)


def highest(count: int) -> float:
    """The expected highest of so many draws of the standard normal distribution."""
    from scipy.integrate import quad
    from scipy.stats import norm

    return float(quad(lambda x: x * count * norm.pdf(x) * norm.cdf(x) ** (count - 1), -12, 12)[0])


# ---------------------------------------------------------------- tables


def trial_table(plan: Plan, trials: Mapping[int, Trial]) -> Any:
    """A line a trial: how it ended, the metric on the inner folds, time and memory, and the searched settings."""
    import polars as pl

    rows = []
    for _, trial in sorted(trials.items()):
        scores = trial.scores(plan.metric)
        rows.append(
            {
                "trial": trial.trial,
                "stopped": trial.stopped,
                "score": trial.score(plan.metric) if scores else None,
                "sd": float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
                "folds": len(scores),
                "seconds": trial.seconds,
                "memory_mb": trial.memory_mb,
                "settings": _words(trial.settings),
                "why": " ".join(trial.why.split()),
            }
        )
    numbers = {"trial": pl.Int64, "folds": pl.Int64, "stopped": pl.String, "settings": pl.String, "why": pl.String}
    names = ("trial", "stopped", "score", "sd", "folds", "seconds", "memory_mb", "settings", "why")
    return pl.DataFrame(rows, schema={name: numbers.get(name, pl.Float64) for name in names})


def _words(settings: Mapping[str, Any]) -> str:
    def one(value: Any) -> str:
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)

    return "; ".join(f"{name} {one(value)}" for name, value in settings.items())


def compare(logs: Sequence[Log]) -> Any:
    """A line a study: what was asked, how much was tried, the default and the winner on the inner folds and the test part."""
    import polars as pl

    rows = []
    for log in logs:
        content, metric = log.header["plan"], log.metric
        stopped = [trial.stopped for trial in log.trials.values()]
        done = [trial for trial in log.trials.values() if trial.stopped == FINISHED]
        sign = 1 if _direction(content["task"], metric) else -1
        best = max(done, key=lambda trial: sign * trial.score(metric), default=None)
        tests = {m["model"]: m for m in (log.judged or {}).get("metrics", []) if m["metric"] == metric}
        tuned, default = tests.get(TUNED, {}), tests.get(DEFAULT, {})
        first = log.trials.get(0)
        rows.append(
            {
                "question": content["question"],
                "task": content["task"],
                "metric": metric,
                **{f"{kind}_trials": stopped.count(kind) for kind in (FINISHED, PRUNED, FAILED)},
                "minutes": sum(trial.seconds for trial in log.trials.values()) / 60,
                "default_inner": first.score(metric) if first and first.folds else None,
                "best_inner": best.score(metric) if best else None,
                "best_trial": best.trial if best else None,
                "default_test": default.get("value"),
                "best_test": tuned.get("value"),
                "best_test_low": tuned.get("low"),
                "best_test_high": tuned.get("high"),
                "settings": _words(best.settings) if best else "",
                "plan": log.header["digests"]["plan"],
                "split": log.header["digests"]["split"],
            }
        )
    whole = ("finished_trials", "pruned_trials", "failed_trials", "best_trial")
    words = ("question", "task", "metric", "settings", "plan", "split")
    return pl.DataFrame(
        rows,
        schema={name: pl.Int64 if name in whole else pl.String if name in words else pl.Float64 for name in rows[0]},
    )


def _direction(task: str, metric: str) -> bool:
    from .plan import METRICS, UP

    return METRICS.get(task, {}).get(metric, UP) == UP
