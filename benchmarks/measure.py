"""Commands measured beside each other: processor seconds and peak memory of whole processes, interleaved in one run.

The absolute figures drift with the machine, the ratios hold. Run benchmarks with nothing else on the machine.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# What a process has in memory counts as its child's, too: so a process starts each command that has nothing there.
_START = """
import os, sys
nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[nowhere])
_, status, usage = os.wait4(child, 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
code = os.waitstatus_to_exitcode(status)
sys.exit(f"status {code}" if code else 0)
"""
RESULTS = Path(__file__).with_name("results.json")


class Cost(NamedTuple):
    seconds: float  # user and system time on the processors, children included
    megabytes: float  # most memory resident at once, in any one process


def run(command: Sequence[object]) -> Cost:
    """Run a command, its output thrown away.

    Raises
    ------
    RuntimeError : with what it said, where it is not there or its status is not 0
    """
    line = [sys.executable, "-I", "-S", "-c", _START, *map(str, command)]
    done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr}")
    seconds, kilobytes = done.stdout.split()
    return Cost(float(seconds), int(kilobytes) / 1024)


def interleave(commands: Mapping[str, Sequence[object]], rounds: int) -> dict[str, list[Cost]]:
    """Run every command once in each round, after a round to warm the disk's cache that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            cost = run(command)
            if number:
                costs[name].append(cost)
                print(f"{number}/{rounds}  {name:<24} {cost.seconds:8.2f} s {cost.megabytes:8.0f} MB", flush=True)
    return costs


def entry(name: str, values: Sequence[float], unit: str, command: str) -> dict[str, object]:
    """A line of the results: the median of `values`, one from each round, with the least and the greatest."""
    value, low, high = (float(f"{v:.3g}") for v in (statistics.median(values), min(values), max(values)))
    return {"name": name, "value": value, "low": low, "high": high, "n": len(values), "unit": unit, "command": command}


def ratio(name: str, above: Sequence[Cost], below: Sequence[Cost], command: str, scale: float = 1) -> dict[str, object]:
    """The entry of processor seconds of `above` over those of `below`, round by round.

    Give the peer above for `<tool>.vs.<peer>`, the tool above for `<tool>.of_limit`. `scale` multiplies the ratios: for
    a peer that ran on one of so many equal files.
    """
    return entry(name, [scale * a.seconds / b.seconds for a, b in zip(above, below, strict=True)], "ratio", command)


def record(entries: Sequence[dict[str, object]], path: Path = RESULTS, stale: Sequence[str] = ()) -> None:
    """Put entries among the results, in place of those of the same names and of `stale` ones, and print them."""
    known = {each["name"]: each for each in json.loads(path.read_text())} if path.exists() else {}
    known = {name: each for name, each in known.items() if name not in stale}
    known.update({each["name"]: each for each in entries})
    path.write_text(json.dumps([known[name] for name in sorted(known)], indent=1) + "\n")
    for each in entries:
        print(
            f"{each['name']:<44} {each['value']:>8} {each['unit']:<6} {each['low']} to {each['high']}, n = {each['n']}"
        )
