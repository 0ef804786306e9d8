#!/usr/bin/env python3
"""The results of a study: GENLOOM_TEST_DATA=FOLDER make results-tune-and-judge.

Tunes a small feeder of *P. falciparum* (FOLDER/genomes/pfalciparum) by plan-pfalciparum.yml, and writes results.json and the
tables of the README. GENLOOM_RESULTS=FOLDER keeps what is made; a second run goes on there.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import publish  # noqa: E402

COMMAND = "make results-tune-and-judge"
METRIC = "pr_auc.boundary"
TRAINING, VALIDATION, TEST = ("Pf3D7_02_v3", "Pf3D7_03_v3"), "Pf3D7_01_v3", "Pf3D7_04_v3"
PARALLEL = 3  # of the search, on any number of cores
MODELS = {"tuned": "the best of the trials", "default": "hand-set default", "kmers": "words of four bases"}
LUCK = {
    "inner.gain": "gained on the inner folds over the default",
    "expected": "of which choosing the best of so many equal trials would show",
    "test.gain": "gained on the test part over the default",
}


def study(folder: Path, data: Path) -> None:
    """The windows, their split, and the study with its tables, in `folder`."""
    genome, annotation = (next((data / "genomes" / "pfalciparum").glob(f"*.{kind}.gz")) for kind in ("fa", "gtf"))
    windows, split = folder / "windows.h5", folder / "split.tsv"
    region = ("--region", VALIDATION, *TRAINING, TEST)
    cut = (
        "--window",
        200,
        "--context",
        80,
        "--strand",
        "gene",
        "--empty-share",
        0.5,
        "--without-stop",
        "keep",
        *region,
    )
    given = ("--genome", genome, "--annotation", annotation, "--assembly", "Pf3D7")
    publish.run("extract_windows", "--kind", "content", *given, *cut, "--output", windows)
    named = ("--test-groups", TEST, "--validation-groups", VALIDATION)
    publish.run("split_samples", "--windows", windows, "--method", "explicit", *named, "--output", split)
    out = ("--trials", folder / "trials.tsv", "--metrics", folder / "metrics.tsv", "--report", folder / "report.html")
    plan = ("--plan", HERE / "plan-pfalciparum.yml", "--windows", windows, "--split", split)
    cores = ("--parallel", PARALLEL, "--threads", min(PARALLEL, os.cpu_count() or 1))
    publish.run("tune_model", *plan, *cores, "--log", folder / "study.jsonl", *out)


def entries(folder: Path) -> list[publish.Entry]:
    """All entries of results.json."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from genloom.formats import studylog
    from genloom.learning import study as studies
    from genloom.learning.plan import parse
    from genloom.learning.trainer import Trainer

    with (folder / "metrics.tsv").open() as file:
        rows = {(row["metric"], row["model"]): row for row in csv.DictReader(file, delimiter="\t")}
    log = studylog.read(folder / "study.jsonl")
    script = ROOT / "scripts" / "train_model.py"
    plan = parse((HERE / "plan-pfalciparum.yml").read_text(), lambda task: Trainer(script, task))
    best, luck = studies.winner(plan, log.trials), studies.chance(plan, log.trials)
    assert best is not None and luck is not None

    def entry(name: str, metric: str, model: str) -> publish.Entry:
        row = rows[metric, model]
        value, low, high = (float(row[each]) for each in ("value", "low", "high"))
        return publish.entry(name, value, low, high, int(row["n"]), "", COMMAND)

    def plain(name: str, value: float) -> publish.Entry:
        return publish.entry(name, value, None, None, len(log.trials), "", COMMAND)

    stopped = [trial.stopped for trial in log.trials.values()]
    gain = best.score(METRIC) - log.trials[0].score(METRIC)
    return [
        *(entry(f"test.{model}", METRIC, model) for model in MODELS),
        entry("test.gain", f"{METRIC}_difference", "default"),
        plain("inner.tuned", best.score(METRIC)),
        plain("inner.default", log.trials[0].score(METRIC)),
        plain("inner.gain", gain),
        plain("expected", luck.expected),
        plain("trials", len(stopped)),
        plain("trials.pruned", stopped.count(studylog.PRUNED)),
        plain("trials.failed", stopped.count(studylog.FAILED)),
    ]


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""
    judged = [
        [words, publish.cell(results.get(f"inner.{model}")), publish.cell(results.get(f"test.{model}"))]
        for model, words in MODELS.items()
    ]
    counts = [results.get(name) for name in ("trials", "trials.pruned", "trials.failed")]
    tried, pruned, failed = (str(int(each["value"])) if each else "–" for each in counts)
    luck = [[words, publish.cell(results.get(name))] for name, words in LUCK.items()]
    luck.append(["trials: all, ended early, failed", f"{tried}, {pruned}, {failed}"])
    return {
        "judged": publish.table(["settings", "inner folds", "test chromosome"], judged),
        "gain": publish.table(["", "PR-AUC"], luck),
    }


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    return {HERE / "README.md": publish.insert(HERE / "README.md", blocks(results))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", ""))
    if not (data / "genomes" / "pfalciparum").is_dir():
        raise SystemExit("set GENLOOM_TEST_DATA to a folder that holds genomes/pfalciparum")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("GENLOOM_RESULTS") or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        study(folder, data)
        publish.write(entries(folder), HERE / "results.json")
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
