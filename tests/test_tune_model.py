"""Studies: plans that are refused, suggestions that repeat, logs that outlive a kill, and a winner judged once."""

from __future__ import annotations

import csv
import json
import math
import multiprocessing
import random
import re
import statistics
import textwrap
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

import tune_model
from genloom import console
from genloom.errors import InputError
from genloom.formats import modelfile, studylog
from genloom.formats import split as splits
from genloom.formats.studylog import FINISHED, PRUNED, Trial
from genloom.learning import curve, search, spread, study
from genloom.learning import plan as plans
from genloom.learning.trainer import Run, Trainer

ROOT = Path(__file__).parents[1]
STEPS = ROOT / "test-data" / "steps"
REAL = ROOT / "scripts" / "train_model.py"
PLAN = {
    "question": "Which step size?",
    "task": "content",
    "split": {"inner-folds": 2},
    "fixed": {"epochs": 2, "context": 80},
    "search": {
        "learning-rate": {"from": "1e-4", "to": 1, "log": True},
        "channels": {"from": 4, "to": 16},
        "activation": ["relu", "leaky-relu"],
    },
    "metric": "pr_auc.boundary",
    "budget": {"trials": 8},
}
# A stand-in for training: the best step size is 0.02, folds differ, and each score has noise of its own; so has the loss.
FAKE = """
import hashlib, json, math, os, runpy, sys, time
from pathlib import Path

build_parser = runpy.run_path({real!r})["build_parser"]
if __name__ == "__main__":
    args = build_parser().parse_args()
    if args.learning_rate > float(os.environ.get("FAKE_LIMIT", "inf")):
        sys.exit("train_model.py: error: the loss is not a number; lower --learning-rate")
    rows = Path(args.split).read_text()
    luck = int(hashlib.sha256(f"{{rows}}{{args.learning_rate}}{{args.channels}}".encode()).hexdigest()[:8], 16) / 16**8
    away = abs(math.log10(args.learning_rate / 0.02))
    for epoch in range(1, args.epochs + 1):
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")) * luck / args.epochs)
        with open(os.environ["GENLOOM_CURVE"], "a") as file:
            losses = {{"train": 0.1, "validation": 0.3 + 0.1 * away + 0.02 * luck + 1 / epoch}}
            file.write(json.dumps({{"network": 1, "epoch": epoch, **losses}}) + "\\n")
    score = 0.9 - 0.1 * away + 0.02 * luck + 0.001 * (len(rows) % 7)
    table = [f"pr_auc.boundary\\tnetwork\\t{{score:.6g}}\\t{{score - 0.05:.6g}}\\t{{score + 0.05:.6g}}\\t50"]
    table.append("pr_auc.boundary\\tkmers\\t0.6\\t0.5\\t0.7\\t50")
    Path(args.metrics).write_text("metric\\tmodel\\tvalue\\tlow\\thigh\\tn\\n" + "\\n".join(table) + "\\n")
    Path(args.predictions).write_text("id\\n")
    Path(args.history).write_text("fold\\tepoch\\tpart\\tloss\\n1.1\\t1\\ttrain\\t0.5\\n1.1\\t2\\ttrain\\t0.4\\n")
"""


def changed(**changes: object) -> dict:
    """The plan with other values; `search__channels` is a key within a key, None takes a key away."""
    made = json.loads(json.dumps(PLAN))
    for name, value in changes.items():
        place, *keys = made, *name.split("__")
        for key in keys[:-1]:
            place = place.setdefault(key.replace("_", "-"), {})
        if value is None:
            del place[keys[-1].replace("_", "-")]
        else:
            place[keys[-1].replace("_", "-")] = value
    return made


def parsed(content: dict, script: Path = REAL) -> plans.Plan:
    return plans.parse(yaml.safe_dump(content), lambda task: Trainer(script, task))


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    path = tmp_path / "train_fake.py"
    path.write_text(FAKE.format(real=str(REAL)))
    return path


def arguments(folder: Path, content: dict, **more: object) -> Namespace:
    path = folder / "plan.yml"
    path.write_text(yaml.safe_dump(content))
    given = {"plan": path, "split": STEPS / "content_split.tsv", "windows": STEPS / "content.h5", "allow_leak": None}
    return Namespace(**given | more)


def run(
    folder: Path,
    script: Path,
    content: dict | None = None,
    log: str = "log.jsonl",
    parallel: int = 1,
    threads: int = 1,
    only: int | None = None,
) -> dict[int, Trial]:
    """The trials of a study with the stand-in."""
    given = study.prepare(arguments(folder, content or PLAN), script)
    with studylog.Writer(folder / log, given.header) as writer:
        study.search_all(given, writer, parallel, threads, only)
    return studylog.read(folder / log).trials


def facts(trials: dict[int, Trial]) -> dict[int, tuple]:
    """What has to be the same whenever a trial is run."""
    return {
        number: (trial.settings, trial.folds, trial.stopped, trial.seen, trial.why, trial.curves)
        for number, trial in sorted(trials.items())
    }


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"serach": {}}, "serach is no key of a plan; did you mean 'search'?"),
        ({"budget__trails": 3}, "trails is no key of it; did you mean 'trials'?"),
        ({"search__lerning_rate": [1, 2]}, "lerning-rate is no option of train_model; did you mean 'learning-rate'?"),
        ({"fixed__transform": "log"}, "transform is no setting of the task content"),
        ({"fixed__windows": "a.h5"}, "windows is a file; give it to tune_model as --windows"),
        ({"search__channels": {"from": 16, "to": 4}}, "channels: goes from 16 to 4; from: is to be below to:"),
        ({"search__channels": {"from": 0, "to": 4}}, "channels: goes from 0 to 4; train_model takes 1 to 1024"),
        ({"search__channels": {"from": 4.5, "to": 9}}, "channels: is of whole numbers"),
        ({"search__channels": {"from": 4, "to": 9, "log": True, "step": 2}}, "has steps on a log scale"),
        ({"search__channels": {"from": 4, "upto": 9}}, "upto is no key of a range"),
        ({"search__channels": {"from": 4}}, "channels: has no to"),
        ({"search__weight_decay": {"from": 0, "to": 1, "log": True}}, "has a log scale from 0"),
        ({"search__activation": ["relu", "gelu"]}, "activation is 'gelu', none of relu, leaky-relu"),
        ({"search__activation": {"from": 1, "to": 2}}, "activation: has no range; list choices:"),
        ({"search__activation": ["relu"]}, "has fewer than two choices"),
        ({"fixed__channels": 8}, "channels is both fixed and searched"),
        ({"default__epochs": 8}, "epochs is not searched"),
        ({"metric": "skill"}, "metric skill is one of the task expression, not of content"),
        ({"metric": "pr_auc.boundry"}, "unknown metric pr_auc.boundry; did you mean 'pr_auc.boundary'?"),
        ({"task": "contents"}, "task 'contents' is none of"),
        ({"question": None}, "has no question"),
        ({"budget__trials": 0}, "trials is 0, it is to be a whole number from 1"),
        ({"budget__minutes": -1}, "minutes is -1, it is to be above 0"),
        ({"sampler": "grid"}, "sampler 'grid' is none of tpe, quasi-random, random"),
        ({"pruning": "often"}, "pruning is 'often', it is to be true, folds or false"),
        ({"seeds": [1]}, "seeds is [1], it is to be names with values"),
        ({"data__bins": "peaks"}, "bins is no input of the task content"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_by_name(changes: dict, said: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(changed(**changes))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", "plan:2: is not YAML"),
        ("task: content\ntask: content\n", "plan:1: is not YAML: key 'task' is there twice"),
        ("- 1\n", "holds no plan"),
        ("!!python/object/apply:os.system ['true']\n", "is not YAML"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said).replace("plan:2", "plan:\\d").replace("plan:1", "plan:\\d")):
        plans.parse(text, lambda task: Trainer(REAL, task))


def test_each_task_can_be_tuned_with_its_own_settings_alone() -> None:
    for task, own, other in (
        ("expression", "architecture", "context"),
        ("boundaries", "empty-share", "gate-recall"),
        ("content", "gate-recall", "transform"),
        ("activity", "without-features", "context"),
        ("classes", "select-features", "context"),
        ("targets", "missing-landmarks", "context"),
    ):
        settings = Trainer(REAL, task).settings
        assert own in settings and other not in settings, task
        assert not set(settings) & {"windows", "split", "model", "seed", "threads", "checkpoint", "metrics"}


def test_words_and_budget_do_not_make_another_study() -> None:
    plan = parsed(PLAN)
    assert parsed(changed(question="Another?", budget__trials=99)).digest == plan.digest
    assert parsed(changed(seeds={"search": 2})).digest != plan.digest
    assert parsed(changed(search__channels={"from": 4, "to": 17})).digest != plan.digest


# ---------------------------------------------------------------- suggestions


def trial(number: int, settings: dict, scores: list[float], stopped: str = FINISHED) -> Trial:
    folds = {f"1/{i}": {"pr_auc.boundary": score} for i, score in enumerate(scores, 1)}
    return Trial(number, settings, 1, number, folds, 1.0, 1.0, stopped, "")


def played(plan: plans.Plan, score: object, count: int) -> dict[int, Trial]:
    """So many trials, each scored by a function of its settings."""
    trials: dict[int, Trial] = {}
    for number in range(count):
        settings = search.settings(plan, number, trials, [each.settings for each in trials.values()])
        assert settings is not None
        trials[number] = trial(number, settings, [score(settings)] * 2)  # type: ignore[operator]
    return trials


def closeness(settings: dict) -> float:
    return -abs(math.log10(settings["learning-rate"] / 0.05)) - 0.3 * (settings["activation"] == "relu")


@pytest.mark.parametrize("sampler", plans.SAMPLERS)
def test_suggestions_stay_in_range_repeat_and_never_come_twice(sampler: str) -> None:
    plan = parsed(changed(sampler=sampler))
    trials = played(plan, closeness, 16)
    assert trials[0].settings == {"learning-rate": 0.003, "channels": 16, "activation": "relu"}  # train_model's own
    for each in trials.values():
        assert 1e-4 <= each.settings["learning-rate"] <= 1
        assert each.settings["channels"] in range(4, 17) and isinstance(each.settings["channels"], int)
        assert each.settings["activation"] in ("relu", "leaky-relu")
    assert len({search.key_of(each.settings) for each in trials.values()}) == 16
    assert facts(played(plan, closeness, 16)) == facts(trials)
    other = parsed(changed(sampler=sampler, seeds={"search": 2}))
    assert facts(played(other, closeness, 16)) != facts(trials)


def test_the_search_goes_by_what_was_found() -> None:
    """Beyond its first trials it stays nearer to the planted optimum than chance does."""

    def last(sampler: str) -> float:
        trials = played(parsed(changed(sampler=sampler)), closeness, 30)
        return float(np.mean([closeness(trials[i].settings) for i in range(15, 30)]))

    assert last("tpe") > last("random") + 0.3


def test_a_small_space_is_tried_once_and_then_over() -> None:
    plan = parsed(changed(search={"activation": ["relu", "leaky-relu"], "channels": {"from": 4, "to": 6, "step": 2}}))
    taken = [{"activation": a, "channels": c} for a in ("relu", "leaky-relu") for c in (4, 6)]
    assert search.settings(plan, 3, {}, taken[:3]) == taken[3]
    assert search.settings(plan, 4, {}, taken) is None


def test_a_trial_worse_than_the_median_is_ended() -> None:
    plan = parsed(PLAN)
    known = {i: trial(i, {}, [0.5 + i / 10, 0.5]) for i in range(5)}  # first folds 0.5 to 0.9
    assert search.hopeless(plan, [0.69], known)
    assert not search.hopeless(plan, [0.71], known)
    assert not search.hopeless(plan, [0.69], {i: known[i] for i in range(3)})  # too few to tell
    assert not search.hopeless(parsed(changed(pruning=False)), [0.1], known)


def test_a_network_whose_loss_stays_above_the_median_is_given_up() -> None:
    others = [[1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], [1, 0.9, 0.8, 0.7, 0.6], [2.0] * 8, [1, 0.9, 0.8, 0.75, 0.7]]
    late = [1, 1, 1, 1, 0.62, 0.61, 0.1, 0.1]
    assert [search.behind(late[:epoch], others, 9) for epoch in range(9)] == [*[False] * 4, True, *[False] * 4]
    assert not search.behind(late[:3], others[:3], 8)  # too few to tell
    assert search.behind(late[:3], others, 8) and not search.behind(late[:3], others, 3)  # at the end nothing is saved
    assert search.behind([None, None, None], others, 8)  # a loss that is no number
    assert not search.behind(late[:10], others, 200) and search.behind([3.0] * 11, others, 200)


def test_curves_of_different_things_are_not_held_against_each_other() -> None:
    assert parsed(PLAN).by_curve
    for changes in ({"pruning": False}, {"pruning": "folds"}):
        assert not parsed(changed(**changes)).by_curve
    assert not parsed(changed(fixed={"context": 80}, search__epochs={"from": 2, "to": 9})).by_curve


def test_a_learning_curve_is_read_while_it_grows(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "curve.jsonl"
    curve.tell(1, 1, {"validation": 0.5})  # nobody looks on: nothing is written
    assert curve.read(path) == []
    monkeypatch.setenv(curve.VARIABLE, str(path))
    for number, epoch, loss in ((1, 1, 0.5), (1, 2, math.nan), (2, 1, 0.1)):
        curve.tell(number, epoch, {"train": 0.1, "validation": loss})
    path.write_text(path.read_text() + '{"network": 1, "epoch": 3, "valid')
    assert curve.read(path) == [0.5, None]


def test_importance_is_of_what_was_planted() -> None:
    plan = parsed(PLAN)
    shares = search.importance(plan, played(plan, closeness, 24))
    assert next(iter(shares)) == "learning-rate" and shares["channels"] < 0.2
    assert search.importance(plan, {}) == {}


def test_chance_is_told_from_the_folds() -> None:
    assert study.highest(1) == pytest.approx(0, abs=1e-9)
    assert study.highest(2) == pytest.approx(1 / math.sqrt(math.pi))
    random_ = np.random.default_rng(1)
    folds = random_.normal(0, 1, 4)  # shared by all trials: no noise of theirs
    equal = {i: trial(i, {}, list(folds + random_.normal(0, 0.1, 4))) for i in range(200)}
    plan = parsed(PLAN)
    found = study.chance(plan, equal)
    assert found is not None and found.noise == pytest.approx(0.05, rel=0.1)
    scores = [each.score(plan.metric) for each in equal.values()]
    assert found.expected == pytest.approx(max(scores) - np.mean(scores), rel=0.4)
    exact = {i: trial(i, {}, list(folds + i)) for i in range(5)}
    assert study.chance(plan, exact).noise == pytest.approx(0, abs=1e-9)  # type: ignore[union-attr]


def test_the_table_of_trials_tells_their_spread_over_the_folds() -> None:
    folds = [0.5, 0.7, 0.9]
    found = study.trial_table(parsed(PLAN), {0: trial(0, {}, folds), 1: trial(1, {}, [0.5])})
    assert found["score"].to_list() == pytest.approx([0.7, 0.5]) and found["folds"].to_list() == [3, 1]
    assert found["sd"][0] == pytest.approx(statistics.stdev(folds)) and found["sd"][1] is None


# ---------------------------------------------------------------- the log


def test_inner_folds_are_of_the_training_part_alone(tmp_path: Path) -> None:
    given = study.prepare(arguments(tmp_path, PLAN), REAL)
    outer = given.fold.outer[0]
    train, validation, test = (set(outer.part(part)) for part in splits.PARTS)
    judged = [set(inner.outer[0].part("test")) for _, inner in given.inner]
    assert len(judged) == 2
    for (_, inner), tests in zip(given.inner, judged, strict=True):
        fold = inner.outer[0]
        assert set(fold.ids) <= train | validation and not set(fold.ids) & test
        assert set(fold.part("validation")) <= validation
        assert tests <= train and not tests & set(fold.part("train"))
    assert set.union(*judged) == train


def test_a_study_goes_on_from_its_log_and_refuses_another(tmp_path: Path, fake: Path) -> None:
    content = changed(budget__trials=3)
    first = run(tmp_path, fake, content)
    assert sorted(first) == [0, 1, 2]
    assert {each.stopped for each in first.values()} == {FINISHED}
    assert all(
        each.digests["split"] and each.digests["data"]["windows"] and each.digests["code"] for each in first.values()
    )
    assert all(each.seconds > 0 and each.memory_mb > 1 for each in first.values())
    assert list(first[0].folds) == ["1/1", "1/2"] and list(first[0].folds["1/1"]) == ["pr_auc.boundary"]
    more = run(tmp_path, fake, changed(budget__trials=4))
    assert {i: more[i] for i in first} == first and sorted(more) == [0, 1, 2, 3]
    for other, said in (
        (changed(seeds={"search": 5}), "is the log of another plan: seeds differ"),
        (changed(metric="spared"), "is the log of another plan: metric differ"),
    ):
        with pytest.raises(InputError, match=said):
            run(tmp_path, fake, other)
    rows = (STEPS / "content_split.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "fewer.tsv").write_text("".join(rows[:1] + rows[2:]))
    for given, said in (
        ({"split": tmp_path / "fewer.tsv"}, "is the log of another split"),
        ({"start": STEPS / "content.safetensors"}, "is the log of other data: --start differs"),
    ):
        prepared = study.prepare(arguments(tmp_path, content, **given), REAL)
        with pytest.raises(InputError, match=said), studylog.Writer(tmp_path / "log.jsonl", prepared.header):
            pass


def header() -> dict:
    return {
        "plan": {"question": "", "task": "boundaries", "metric": "pr_auc.boundary"},
        "text": "",
        "digests": {"plan": "p", "data": {}, "split": "s", "code": "c"},
    }


def test_a_torn_line_is_cut_off_and_nothing_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with studylog.Writer(path, header()) as log:
        log.add(trial(0, {}, [1.0]))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"trial": 1, "set')
    assert list(studylog.read(path).trials) == [0]
    with studylog.Writer(path, header()) as log:
        assert path.read_bytes() == whole
        log.add(trial(1, {"a": 1}, [1.0]))
        with pytest.raises(InputError, match="in use by another run"), studylog.Writer(path, header()):
            pass
    other = tmp_path / "other.jsonl"
    with studylog.Writer(other, header()) as log:
        log.add(trial(1, {"a": 2}, [1.0]))
    with (
        pytest.raises(InputError, match=r"has another trial 1 than log\.jsonl"),
        studylog.Writer(path, header()) as log,
    ):
        log.merge([studylog.read(other)])
    path.write_bytes(path.read_bytes() + whole.splitlines(keepends=True)[1])
    with pytest.raises(InputError, match="holds trial 0 twice"):
        studylog.read(path)


@pytest.mark.parametrize(
    ("line", "change", "said"),
    [
        (0, {"plan": {}}, "plan.question"),
        (0, {"plan": {**header()["plan"], "metric": None}}, "plan.metric"),
        (0, {"plan": {**header()["plan"], "metric": "sk ill"}}, "folds.1/1.sk ill"),
        (0, {"digests": {"plan": "p"}}, "digests.data"),
        (1, {"trial": "0"}, "trial"),
        (1, {"folds": {"1/1": {"pr_auc.boundary": "1"}}}, "folds.1/1.pr_auc.boundary"),
        (1, {"curves": {"1/1": ["x"]}}, "curves.1/1"),
        (1, {"more": 1}, "more"),
        (2, {"judged": 5}, "all of it"),
        (2, {"judged": {"metrics": [{"metric": "spared"}]}}, "metrics.model"),
    ],
)
def test_a_line_that_lacks_something_is_refused(tmp_path: Path, line: int, change: dict, said: str) -> None:
    path = tmp_path / "log.jsonl"
    with studylog.Writer(path, header()) as log:
        log.add(trial(0, {}, [1.0]))
        log.judge({"trial": 0, "trials": 1, "metrics": []})
    records = [json.loads(each) for each in path.read_text().splitlines()]
    records[line].update(change)
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    with pytest.raises(InputError, match=rf"log\.jsonl:[123]: is not the .*line of a .*: {said};"):
        studylog.read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no study"),
        ("a\tb\n", "is not a line of JSON"),
        ("[" * 100_000 + "\n", "is not a line of JSON"),
        ('{"a": 1}\n', "is not a line of a study's log"),
    ],
)
def test_what_is_no_log_is_refused_and_kept(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        studylog.read(path)
    if content:
        with pytest.raises(InputError, match=said), studylog.Writer(path, header()):
            pass
        assert path.read_text() == content


# ---------------------------------------------------------------- trials


def test_trials_beside_each_other_do_not_depend_on_who_is_first(tmp_path: Path, fake: Path, monkeypatch) -> None:
    content = changed(budget__trials=7)
    slow = []
    for seconds, threads in (("0", 1), ("0.4", 3)):
        monkeypatch.setenv("FAKE_SECONDS", seconds)
        slow.append(run(tmp_path, fake, content, f"{threads}.jsonl", 3, threads))
    assert facts(slow[0]) == facts(slow[1])
    assert [trial.seen for _, trial in sorted(slow[0].items())] == [0, 0, 0, 1, 2, 3, 4]


def test_a_trial_is_ended_by_its_learning_curve_at_the_same_epoch_however_fast_it_is(
    tmp_path: Path, fake: Path, monkeypatch
) -> None:
    content = changed(budget__trials=10, fixed__epochs=12, sampler="random")
    found = []
    for seconds, threads in (("0", 1), ("0.6", 3)):
        monkeypatch.setenv("FAKE_SECONDS", seconds)
        found.append(run(tmp_path, fake, content, f"{threads}.jsonl", 3, threads))
    assert facts(found[0]) == facts(found[1])
    ended = [each for each in found[0].values() if "epoch" in each.why]
    assert ended and all(each.stopped == PRUNED for each in ended)
    for each in ended:
        epoch, fold = re.match(r"at epoch (\d+) of fold (1/\d): the loss of its network is worse", each.why).groups()  # type: ignore[union-attr]
        assert int(epoch) > 3 and len(each.curves[fold]) == int(epoch) and fold not in each.folds
    finished = [each for each in found[0].values() if each.stopped == FINISHED]
    assert all(len(loss) == 12 for each in finished for loss in each.curves.values())
    best = {abs(math.log10(each.settings["learning-rate"] / 0.02)) for each in finished}
    assert min(abs(math.log10(each.settings["learning-rate"] / 0.02)) for each in ended) > min(best)


def test_by_folds_alone_no_trial_is_ended_within_one(tmp_path: Path, fake: Path) -> None:
    trials = run(tmp_path, fake, changed(budget__trials=9, fixed__epochs=12, sampler="random", pruning="folds"))
    assert {each.why.partition(":")[0] for each in trials.values()} == {"", "after fold 1/1"}
    assert all(len(losses) == 12 for each in trials.values() for losses in each.curves.values())


def test_the_curve_of_a_run_is_its_history(tmp_path: Path) -> None:
    trainer = Trainer(REAL, "expression")
    settings = {"architecture": "mlp", "epochs": 4, "hidden": [8]}
    files = {name: str(STEPS / f"{name}.h5ad") for name in ("bins", "expression")}
    assert trainer.epochs(settings, files) == 4 and trainer.epochs(settings | {"architecture": "ridge"}, files) == 0
    fold = splits.Split(splits.read(STEPS / "split.tsv").outer[:1], "first")
    splits.write(fold, tmp_path / "split.tsv")
    started = Run(
        trainer.command(settings, files, tmp_path / "split.tsv", tmp_path / "run", 1), tmp_path / "run", 1
    ).start()
    while not started.poll():
        time.sleep(0.05)
    assert not started.error
    history = [float(row["loss"]) for row in rows(tmp_path / "run" / "history.tsv") if row["part"] == "validation"]
    assert started.curve == pytest.approx(history[:4], rel=1e-5)  # of the first network: another is trained to be kept


def test_inner_folds_hold_each_class_alike_and_groups_together(tmp_path: Path) -> None:
    plan = {
        "question": "Which?", "task": "classes", "split": {"fold": "1", "inner-folds": 3}, "fixed": {"label": "type"},
        "search": {"architecture": ["logistic", "centroids"]}, "metric": "mcc", "budget": {"trials": 2},
    }  # fmt: skip
    matrix_path = STEPS / "classes.h5ad"
    import anndata

    data = anndata.read_h5ad(matrix_path)
    label = dict(zip(data.obs_names, data.obs["type"].astype(str), strict=True))
    lines = [line.split("\t") for line in (STEPS / "classes_split.tsv").read_text().splitlines()]
    pairs = {name: f"g{i // 2}" for i, name in enumerate(sorted(label, key=lambda name: (label[name], name)))}
    grouped = ["\t".join(lines[0]), *("\t".join([f, name, pairs[name], part]) for f, name, _, part in lines[1:])]
    held = {fold: {pairs[name] for f, name, _, part in lines[1:] if (f, part) == (fold, "test")} for fold in "1"}
    kept = [row for row in grouped[1:] if row.split("\t")[0] == "1"]
    kept = [row for row in kept if row.split("\t")[3] == "test" or row.split("\t")[2] not in held["1"]]
    (tmp_path / "grouped.tsv").write_text("\n".join([grouped[0], *kept]) + "\n")
    for split in (STEPS / "classes_split.tsv", tmp_path / "grouped.tsv"):
        given = study.prepare(arguments(tmp_path, plan, windows=None, matrix=matrix_path, split=split), REAL)
        counts = [Counter(label[name] for name in inner.outer[0].part("test")) for _, inner in given.inner]
        assert len(counts) == 3
        for kind in set(label.values()):
            found = [count[kind] for count in counts]
            assert min(found) > 0 and max(found) - min(found) <= (1 if split.parent == STEPS else 2), (kind, found)


def test_genes_are_inferred_by_trials_on_clusters_of_the_one_group_that_is_left(tmp_path: Path) -> None:
    plan = yaml.safe_load((STEPS.parent / "plans" / "targets.yml").read_text())
    files = {"expression": STEPS / "landmarks.h5ad", "landmarks": STEPS.parent / "landmarks" / "landmarks.txt"}
    split = STEPS / "landmarks_split.tsv"
    given = study.prepare(arguments(tmp_path, plan, windows=None, split=split, **files), REAL)
    assert given.files == {name: str(path) for name, path in files.items()}
    trained = set(given.fold.outer[0].part("train"))
    judged = [set(inner.outer[0].part("test")) for _, inner in given.inner]
    assert set.union(*judged) == trained and not set.intersection(*judged)
    assert {group for _, inner in given.inner for group in inner.outer[0].groups if group.startswith("cluster ")}
    (tmp_path / "predictions.tsv").write_bytes((STEPS / "landmarks_predictions.h5ad").read_bytes())
    found = study.measured("targets", tmp_path, given.fold, 0)
    assert {each.metric for each in found} >= {"mae", "mae_reduction"} and len({each.model for each in found}) == 1
    lost = Namespace(**vars(arguments(tmp_path, plan, windows=None, split=split, **files)) | {"landmarks": None})
    with pytest.raises(InputError, match="--task targets needs --landmarks"):
        study.prepare(lost, REAL)


def test_a_trial_that_fails_is_noted_and_a_default_that_fails_ends_the_study(
    tmp_path: Path, fake: Path, monkeypatch
) -> None:
    monkeypatch.setenv("FAKE_LIMIT", "0.05")
    trials = run(tmp_path, fake, changed(budget__trials=5, sampler="random"))
    failed = [each for each in trials.values() if each.settings["learning-rate"] > 0.05]
    assert failed and all(each.stopped == studylog.FAILED for each in failed)
    assert all("the loss is not a number; lower --learning-rate" in each.why for each in failed)
    assert all(each.stopped == FINISHED for each in trials.values() if each not in failed)
    monkeypatch.setenv("FAKE_LIMIT", "0.001")
    with pytest.raises(InputError, match="trial 0: the hand-set default cannot be trained: the loss is not a number"):
        run(tmp_path, fake, log="other.jsonl")
    assert not list(tmp_path.glob(".*.runs"))


def test_the_minutes_of_a_plan_end_it(tmp_path: Path, fake: Path) -> None:
    trials = run(tmp_path, fake, changed(budget={"trials": 50, "minutes": 0.0001}))
    assert sorted(trials) == [0]


def test_independent_trials_run_anywhere_and_are_gathered(tmp_path: Path, fake: Path) -> None:
    content = changed(sampler="quasi-random", pruning=False, budget__trials=4)
    whole = run(tmp_path, fake, content, "whole.jsonl")
    for number in (3, 0, 2, 1):
        assert sorted(run(tmp_path, fake, content, f"{number}.jsonl", only=number)) == [number]
    given = study.prepare(arguments(tmp_path, content), fake)
    with studylog.Writer(tmp_path / "all.jsonl", given.header) as log:
        log.merge(studylog.read(tmp_path / f"{number}.jsonl") for number in (2, 0, 3, 1))
    parts = studylog.read(tmp_path / "all.jsonl").trials
    assert {i: each[:3] for i, each in facts(parts).items()} == {i: each[:3] for i, each in facts(whole).items()}
    with pytest.raises(InputError, match="trial 1 depends on those before it"):
        run(tmp_path, fake, log="x.jsonl", only=1)


def test_a_plan_is_divided_into_its_trials(tmp_path: Path) -> None:
    content = changed(sampler="quasi-random", pruning=False, budget__trials=11)
    spread.write(parsed(content), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"trial_{number:02}.json" for number in range(11)]
    assert [spread.read(tmp_path / name, parsed(content)) for name in names] == list(range(11))
    longer = parsed(content | {"budget": {"trials": 12}, "question": "Is a longer study of other words the same?"})
    assert spread.read(tmp_path / "trial_10.json", longer) == 10
    with pytest.raises(InputError, match="is trial 10, the plan has trials 0 to 9"):
        spread.read(tmp_path / "trial_10.json", parsed(content | {"budget": {"trials": 10}}))
    with pytest.raises(InputError, match="is a trial of another plan"):
        spread.read(tmp_path / "trial_00.json", parsed(content | {"seeds": {"search": 2}}))
    with pytest.raises(InputError, match="its trials depend on those before them"):
        spread.write(parsed(PLAN), tmp_path)


@pytest.mark.parametrize(
    "content", ["3", "[3]", '{"trial": 3}', '{"trial": true, "plan": "x"}', '{"trial": -1, "plan": "x"}', "[" * 100_000]
)
def test_what_is_no_trial_of_a_plan_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "trial.json"
    path.write_text(content)
    with pytest.raises(InputError, match="is no trial of a plan; give a file that split_plan made"):
        spread.read(path, parsed(PLAN))


def _study(folder: Path, script: Path) -> None:
    run(folder, script, KILLED)


KILLED = changed(budget__trials=12, fixed__epochs=8)


def test_a_study_killed_twenty_times_has_every_trial_once(tmp_path: Path, fake: Path, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_SECONDS", "0.05")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["genloom.learning.study", "optuna"])
    dice, log, seen = random.Random(1), tmp_path / "log.jsonl", 0
    for _ in range(20):
        process = context.Process(target=_study, args=(tmp_path, fake))
        process.start()
        time.sleep(dice.uniform(0.1, 0.9))
        process.kill()
        process.join()
        if log.exists() and log.stat().st_size:
            lines = log.read_bytes().splitlines(keepends=True)
            finished = [line for line in lines if line.endswith(b"\n")]
            assert len(finished) >= seen  # what was there is there
            seen = len(finished)
    interrupted = run(tmp_path, fake, KILLED)
    assert sorted(interrupted) == list(range(12))
    assert len(log.read_bytes().splitlines()) == 13
    assert facts(interrupted) == facts(run(tmp_path, fake, KILLED, "whole.jsonl"))
    assert {each.stopped for each in interrupted.values()} == {FINISHED, PRUNED}
    assert [each for each in interrupted.values() if "epoch" in each.why]
    assert not list(tmp_path.glob(".*.runs"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="runs end with a killed study on Linux alone")
def test_no_run_outlives_a_killed_study(tmp_path: Path, fake: Path) -> None:
    fake.write_text(
        fake.read_text().replace(
            "time.sleep(", "Path(__file__).with_name('pid').write_text(str(os.getpid())); time.sleep(60 + "
        )
    )
    process = multiprocessing.get_context("forkserver").Process(target=_study, args=(tmp_path, fake))
    process.start()
    end = time.monotonic() + 60
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < end:
        time.sleep(0.05)
    pid = int((tmp_path / "pid").read_text())
    process.kill()
    process.join()
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


# ---------------------------------------------------------------- the script

EXPRESSION = textwrap.dedent("""
    question: Which model tells expression best
    task: expression
    data: {bins: made-up peaks}
    split: {fold: "1", inner-folds: 2}
    search:
      architecture: [gene-centred, mean]
    metric: skill
    budget: {trials: 2}
    """)


def tune(*options: object) -> int:
    return console.run(tune_model.build_parser, tune_model.main, [str(each) for each in options])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with the real train_model."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "plan.yml").write_text(EXPRESSION)
    assert tune(*given(folder), *outputs(folder)) == 0
    return folder


def given(folder: Path) -> tuple[object, ...]:
    files = ("--bins", STEPS / "bins.h5ad", "--expression", STEPS / "expression.h5ad", "--split", STEPS / "split.tsv")
    return ("--plan", folder / "plan.yml", *files, "--log", folder / "log.jsonl")


def outputs(folder: Path) -> tuple[object, ...]:
    names = {
        "trials": "tsv",
        "model": "safetensors",
        "predictions": "tsv",
        "metrics": "tsv",
        "report": "html",
    }
    return tuple(word for name, end in names.items() for word in (f"--{name}", folder / f"{name}.{end}"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_winner_is_judged_beside_the_default_and_baselines(made: Path) -> None:
    trials = rows(made / "trials.tsv")
    assert [row["trial"] for row in trials] == ["0", "1"] and trials[0]["settings"] == "architecture gene-centred"
    scores = {row["settings"]: float(row["score"]) for row in trials}
    assert scores["architecture mean"] == 0
    best = max(scores, key=lambda name: scores[name])
    card, _ = modelfile.read(made / "model.safetensors", "expression")
    assert f"architecture {card['architecture']}" == best
    assert card["study"]["of"] == 2 and card["study"]["inner_folds"] == pytest.approx(scores[best], abs=1e-4)
    measures = {(row["metric"], row["model"]): float(row["value"] or "nan") for row in rows(made / "metrics.tsv")}
    assert {"tuned", "default", "mean", "knn"} <= {model for metric, model in measures if metric == "skill"}
    gain = measures["skill", "tuned"] - measures["skill", "default"]
    assert measures["skill_difference", "default"] == pytest.approx(gain, abs=1e-5)
    tested = set(splits.read(STEPS / "split.tsv").outer[0].part("test"))
    assert {row["id"] for row in rows(made / "predictions.tsv")} == tested


def test_the_report_tells_the_study(made: Path) -> None:
    page = (made / "report.html").read_text()
    assert (
        len(page) < 3_000_000
        and "<script" not in page
        and "http" not in re.sub(r"www\.w3\.org\S*|https?://www\.w3", "", page)
    )
    text = re.sub(r"<[^>]+>", " ", page)
    for said in (
        "Which model tells expression best\N{RIGHT DOUBLE QUOTATION MARK}, for which",
        "2 trials of architecture were held against each other by skill on 2 inner folds",
        "hand-set default",
        "How much of it is chance",
        "What was tried",
        "made-up peaks",
        "no leak was found",
        "genloom-tune-model",
        "search:",
    ):
        assert said in " ".join(text.split()), said


def test_the_report_shows_learning_curves_of_trials_that_were_ended(made: Path, tmp_path: Path) -> None:
    from genloom.report import study as report

    given_ = study.prepare(arguments(tmp_path, PLAN), REAL)
    curves = {0: [1.0, 0.9, 0.8, 0.7], 1: [1.1, 1.0, None]}
    folds = {"1/1": {"pr_auc.boundary": 0.8}, "1/2": {"pr_auc.boundary": 0.8}}
    trials = {
        0: Trial(0, {}, 1, 0, folds, 1, 1, FINISHED, "", {}, {"1/1": curves[0]}),
        1: Trial(1, {}, 1, 0, {}, 1, 1, PRUNED, "at epoch 3 of fold 1/1: behind", {}, {"1/1": curves[1]}),
    }  # fmt: skip
    blocks = report._learned(given_, trials, study.Judged(trials[0], [], tmp_path))
    picture = blocks[0].pictures[0]  # type: ignore[union-attr]
    assert "2 learning curves, 1 of them ended early, after 3 to 4 epochs." in str(picture)
    assert report._learned(given_, {0: trial(0, {}, [1.0, 1.0])}, study.Judged(trials[0], [], tmp_path)) == []


def test_a_second_run_of_the_script_tries_nothing_again(made: Path, tmp_path: Path, capsys) -> None:
    log = (made / "log.jsonl").read_bytes()
    assert tune(*given(made), "--trials", tmp_path / "trials.tsv") == 0
    assert (made / "log.jsonl").read_bytes() == log
    assert (tmp_path / "trials.tsv").read_bytes() == (made / "trials.tsv").read_bytes()
    assert "all 2 trials of the plan were run" in capsys.readouterr().err


def test_logs_are_compared_in_one_table(made: Path, tmp_path: Path) -> None:
    with studylog.Writer(tmp_path / "other.jsonl", json.loads((made / "log.jsonl").read_text().splitlines()[0])) as log:
        log.add(studylog.read(made / "log.jsonl").trials[0])
    assert tune("--compare", made / "log.jsonl", tmp_path / "other.jsonl", "--trials", tmp_path / "t.tsv") == 0
    first, second = rows(tmp_path / "t.tsv")
    assert first["finished_trials"] == "2" and second["finished_trials"] == "1"
    measures = {(row["metric"], row["model"]): row["value"] for row in rows(made / "metrics.tsv")}
    assert float(first["best_test"]) == pytest.approx(float(measures["skill", "tuned"]), abs=1e-5)
    assert second["best_test"] == "" and second["best_inner"] == second["default_inner"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--log", "x.jsonl"), "--plan is missing"),
        (("--report", "no/such/report.html"), "no such folder"),
        (("--trial", "t.json", "--model", "m"), "--model has no meaning with --trial"),
        (("--trial", "{plan}"), "is no trial of a plan; give a file that split_plan made"),
        (("--trial", STEPS.parent / "parts" / "trial_1.json"), "is a trial of another plan; give split_plan the same plan"),
        (("--windows", STEPS / "content.h5"), "--windows has no meaning for --task expression"),
        (("--compare", "a.jsonl"), "--compare needs --trials"),
        (("--compare", "a.jsonl", "--trials", "t.tsv"), "--plan has no meaning with --compare"),
        (("--resume", "{plan}"), "is not a line of JSON"),
        (("--log", "{plan}"), "is not a line of JSON"),
    ],
)  # fmt: skip
def test_bad_options_are_one_line(made: Path, tmp_path: Path, capsys, options: tuple, said: str) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(EXPRESSION)
    words = [] if said.startswith("--plan is missing") else list(given(tmp_path))
    assert tune(*words, *(str(each).format(plan=path) for each in options)) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) == 1
    assert {each.name for each in tmp_path.iterdir()} <= {"plan.yml", "log.jsonl"} and path.read_text() == EXPRESSION


def test_another_fold_is_named(tmp_path: Path, capsys) -> None:
    for fold, said in (("", "has 3 folds, a study is of one"), ('{fold: "4"}', "has no fold '4', it has 1, 2, 3")):
        (tmp_path / "plan.yml").write_text(re.sub("split: {.*}", f"split: {fold}", EXPRESSION))
        assert tune(*given(tmp_path)) == 2
        assert said in capsys.readouterr().err
