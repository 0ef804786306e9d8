#!/usr/bin/env python3
"""Divide a plan into its trials, for jobs that run beside each other."""

from __future__ import annotations

import argparse
from math import inf
from pathlib import Path

from genloom import console

TRAINER = Path(__file__).with_name(Path(__file__).name.replace("split", "train").replace("plan", "model"))


def build_parser() -> argparse.ArgumentParser:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--plan",
        required=True,
        metavar="YAML",
        help="the plan of a study whose trials do not look at each other: sampler quasi-random or random, and no pruning",
    )
    parser.add_argument(
        "--output", required=True, metavar="FOLDER", help="a file for each trial, to be given to tune_model as --trial"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    from genloom.learning import spread, study

    plan = study.read_plan(args.plan, TRAINER)
    with console.Outputs() as outputs:
        spread.write(plan, outputs.folder(args.output))
    console.say(f"{plan.trials:,} trials{'; the minutes of the plan do not end them' if plan.minutes < inf else ''}")


if __name__ == "__main__":
    raise SystemExit(console.run(build_parser, main))
