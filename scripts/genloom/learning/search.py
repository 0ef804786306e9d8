"""Which settings a study tries next, and which trials it ends early: Optuna's samplers and pruner, made repeatable.

A suggestion is a function of the plan, of the number of the trial, and of the trials it may look at, and of nothing else. So
a study that was killed goes on as if nothing had happened, and trials that run side by side do not depend on which of them is
ready first: with n beside each other, a trial looks at those that came n or more before it.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..formats.studylog import FINISHED, PRUNED, Trial
from .plan import DOWN, Dimension, Plan

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 64  # at settings that were not there before
KNOWN = 4  # finished trials before others are held against them
WARM = 10  # epochs, at the most, before a learning curve is held against others
DIGITS = 4  # of a number that is tried


def settings(plan: Plan, number: int, trials: Mapping[int, Trial], taken: Sequence[Mapping[str, Any]]) -> dict | None:
    """The searched settings of a trial; None if there are no others left.

    number : 0 for the hand-set default
    trials : those that may be looked at
    taken : the settings of all trials before this one, looked at or not
    """
    if number == 0:
        return dict(plan.default)
    known = {key_of(each) for each in taken}
    for attempt in range(ATTEMPTS):
        found = _suggested(plan, number, trials, attempt)
        if key_of(found) not in known:
            return found
    return None


def key_of(settings: Mapping[str, Any]) -> str:
    """Settings as a text that is the same for the same settings."""
    return json.dumps(settings, sort_keys=True)


def independent(plan: Plan) -> bool:
    """Whether no suggestion looks at another trial: they can then be run anywhere, in any order."""
    return plan.sampler != "tpe" and not plan.pruning


def require_independent(plan: Plan, otherwise: str) -> None:
    """Refuse to run a trial of a plan apart from the others where it looks at them.

    Raises
    ------
    InputError : saying what is so `otherwise`
    """
    if not independent(plan):
        raise InputError(otherwise, "plan", "say in it sampler: quasi-random, and pruning: false")


def first(plan: Plan) -> int:
    """How many trials of `tpe` are spread over the space before it goes by what was found."""
    return 2 + 2 * len(plan.search)


def _suggested(plan: Plan, number: int, trials: Mapping[int, Trial], attempt: int) -> dict[str, Any]:
    judged = sum(trial.stopped == FINISHED for trial in trials.values())
    if plan.sampler == "tpe" and number > first(plan) and judged >= 2:
        return _by_tpe(plan, trials, _seed(plan.seed, number, attempt))
    if plan.sampler == "random" or attempt:
        point = np.random.default_rng([plan.seed, number, attempt]).random(len(plan.search))
    else:
        point = _spread(len(plan.search), plan.seed, number)
    return {each.name: _at(each, float(u)) for each, u in zip(plan.search, point, strict=True)}


def _seed(*key: int) -> int:
    return int(np.random.SeedSequence(key).generate_state(1)[0])


@lru_cache(maxsize=8)
def _sobol(dimensions: int, seed: int, count: int) -> np.ndarray:
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, rng=np.random.default_rng(seed)).random(count)


def _spread(dimensions: int, seed: int, number: int) -> np.ndarray:
    """Point `number`, from 1, of a scrambled Sobol sequence, which fills the unit cube evenly."""
    return _sobol(dimensions, seed, 1 << (number - 1).bit_length())[number - 1]


def _at(dimension: Dimension, u: float) -> Any:
    """The value at a share of the way through a dimension."""
    if dimension.choices:
        return dimension.choices[int(u * len(dimension.choices))]
    low, high = dimension.low, dimension.high
    if dimension.log:
        top = high + 1 if dimension.whole else high
        value = math.exp(math.log(low) + u * (math.log(top) - math.log(low)))
        return min(int(value), int(high)) if dimension.whole else rounded(dimension, value)
    step = dimension.step or (1 if dimension.whole else 0)
    if step:
        value = low + int(u * (math.floor((high - low) / step + 1e-9) + 1)) * step
        return int(value) if dimension.whole else rounded(dimension, value)
    return rounded(dimension, low + u * (high - low))


def rounded(dimension: Dimension, value: float) -> float:
    """A number that a reader can type, within its range."""
    return min(max(float(f"{value:.{DIGITS}g}"), dimension.low), dimension.high)


def _distributions(plan: Plan) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, optuna.distributions.BaseDistribution] = {}
    for each in plan.search:
        if each.choices:
            found[each.name] = CategoricalDistribution([json.dumps(choice) for choice in each.choices])
        elif each.whole:
            found[each.name] = IntDistribution(int(each.low), int(each.high), each.log, int(each.step or 1))
        else:
            found[each.name] = FloatDistribution(each.low, each.high, each.log, each.step)
    return found


def study_of(plan: Plan, trials: Mapping[int, Trial], seed: int, whole: bool = False) -> optuna.Study:
    """An Optuna study that knows these trials, in the order of their numbers: the finished alone if `whole`. A default
    outside of the searched space is left out."""
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Optuna holds for experimental
        sampler = optuna.samplers.TPESampler(n_startup_trials=0, multivariate=True, seed=seed)
        study = optuna.create_study(direction=plan.direction, sampler=sampler)  # type: ignore[arg-type]
        distributions = _distributions(plan)
        for _, trial in sorted(trials.items()):
            if trial.stopped not in (FINISHED,) if whole else trial.stopped not in (FINISHED, PRUNED):
                continue
            if not _inside(plan, trial.settings):
                continue
            params = {
                each.name: json.dumps(trial.settings[each.name]) if each.choices else trial.settings[each.name]
                for each in plan.search
            }
            finished = trial.stopped == FINISHED
            study.add_trial(
                create_trial(
                    state=TrialState.COMPLETE if finished else TrialState.PRUNED,
                    value=trial.score(plan.metric) if trial.folds else None,
                    params=params,
                    distributions=distributions,
                    intermediate_values=_steps(trial.scores(plan.metric)),
                )
            )
    return study


def _inside(plan: Plan, settings: Mapping[str, Any]) -> bool:
    for each in plan.search:
        value = settings.get(each.name)
        if value is None or (value not in each.choices if each.choices else not each.low <= value <= each.high):
            return False
    return True


def _steps(scores: Sequence[float]) -> dict[int, float]:
    """The mean after each fold."""
    return {step: float(np.mean(scores[: step + 1])) for step in range(len(scores))}


def _by_tpe(plan: Plan, trials: Mapping[int, Trial], seed: int) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = study_of(plan, trials, seed).ask(_distributions(plan)).params
    return {
        each.name: json.loads(found[each.name])
        if each.choices
        else found[each.name]
        if each.whole
        else rounded(each, found[each.name])
        for each in plan.search
    }


def hopeless(plan: Plan, scores: Sequence[float], trials: Mapping[int, Trial]) -> bool:
    """Whether a trial with these scores on its first folds is to be ended: its best mean so far is worse than the median of
    the finished trials after as many folds."""
    if not plan.pruning or not scores:
        return False
    done = [trial.scores(plan.metric) for trial in trials.values() if trial.stopped == FINISHED]
    return _pruned(plan.direction, _steps(scores), [_steps(each) for each in done])


def behind(curve: Sequence[float | None], others: Sequence[Sequence[float | None]], epochs: int) -> bool:
    """Whether a network with this validation loss after each epoch is to be given up: its least so far is above the median of
    that of `others` by then. A curve that has ended goes on at its least.

    epochs : at the most. The first quarter of them, at least two and `WARM` at the most, says nothing yet, and at the last
        there is nothing left to save
    """
    if not min(max(2, math.ceil(epochs / 4)), WARM) < len(curve) < epochs:
        return False
    return _pruned(DOWN, _least(curve, len(curve)), [_least(each, len(curve)) for each in others])


def _least(curve: Sequence[float | None], count: int) -> dict[int, float]:
    """The least loss up to each of so many epochs."""
    known = [math.inf if loss is None else loss for loss in curve[:count]]
    least = np.minimum.accumulate(known) if known else np.array([math.inf])
    return dict(enumerate(np.pad(least, (0, count - len(least)), "edge").tolist()))


def _pruned(direction: str, own: dict[int, float], others: Sequence[dict[int, float]]) -> bool:
    """What Optuna's MedianPruner says of a trial that has come so far. Fewer than `KNOWN` others do not count."""
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction=direction, pruner=optuna.pruners.MedianPruner(KNOWN, 0))  # type: ignore[arg-type]
    study.add_trials([create_trial(value=each[max(each)], intermediate_values=each) for each in others if each])
    return study.pruner.prune(study, create_trial(state=TrialState.RUNNING, intermediate_values=own))


def importance(plan: Plan, trials: Mapping[int, Trial]) -> dict[str, float]:
    """Searched setting → the share of the spread of the scores that it accounts for, alone and with others (fANOVA, Hutter
    et al. 2014), the largest first; empty where there is too little to tell."""
    scores = [trial.score(plan.metric) for trial in trials.values() if trial.stopped == FINISHED]
    if len(scores) < 2 + len(plan.search) or np.ptp(scores) == 0:
        return {}
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=plan.seed)
        study = study_of(plan, trials, plan.seed, whole=True)
        if len(study.trials) < 2:
            return {}
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items() if share == share}
