"""Faults at random moments: a run is killed, stopped, or gets no more disk or memory; then it is run again.

    python -m tests.faults --count 100 --seed 1

Of every run holds: its outputs are all there and the same to the byte as those of an undisturbed run, or none of them is; a
run that had the chance to clean up left nothing else; and the next run, in the same place, makes the right outputs, without
doing again what was finished and kept.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA, SCRIPTS = ROOT / "test-data", ROOT / "scripts"
STEPS, PARTS = DATA / "steps", DATA / "parts"
KINDS = ("kill", "stop", "full", "file size", "read-only", "memory")


@dataclass(frozen=True)
class Job:
    """A run of a script.

    outputs : option → name of the file or folder that is compared
    kept : the same of what a run goes on from: it stays after a fault, and is not compared
    """

    script: str
    arguments: Sequence[object]
    outputs: dict[str, str]
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        task = self.arguments[self.arguments.index("--task") + 1] if "--task" in self.arguments else ""
        return f"{self.script} {task or next(iter(self.outputs))}"

    def command(self, folder: Path) -> list[str]:
        places = {**self.outputs, **self.kept}
        words = [*self.arguments, *(part for option, name in places.items() for part in (f"--{option}", folder / name))]
        return [sys.executable, str(SCRIPTS / f"{self.script}.py"), *map(str, words)]


_PEAKS = sorted((DATA / "peaks").glob("[AB]*.narrowPeak"))
_TABLES = sorted((DATA / "expression").glob("[AB]*.results"))
_SEQUENCE = ["--genome", DATA / "sequence/genome.fa", "--annotation", DATA / "sequence/genes.gtf"]
_TRAINED = {"model": "model.safetensors", "predictions": "predictions.tsv", "history": "history.tsv"}
JOBS = (
    Job(
        "bin_peaks",
        ["--peaks", *_PEAKS, "--sizes", DATA / "genome.sizes", "--bin-size", 500],
        {"output": "bins.h5ad", "summary": "summary.tsv"},
    ),
    Job("assemble_expression", ["--tables", *_TABLES, "--log2"], {"output": "genes.h5ad", "summary": "s.tsv", "gct": "g.gct"}),
    Job(
        "extract_windows",
        [*_SEQUENCE, "--kind", "boundaries", "--window", 500, "--context", 80],
        {"output": "windows.h5", "summary": "summary.tsv"},
    ),
    Job("split_samples", ["--samples", DATA / "samples.tsv", "--group", "donor", "--folds", 3], {"output": "split.tsv"}),
    Job("audit_split", ["--split", STEPS / "split.tsv", "--matrix", STEPS / "bins.h5ad"], {"findings": "findings.tsv"}),
    Job(
        "train_model",
        ["--task", "expression", "--bins", STEPS / "bins.h5ad", "--expression", STEPS / "expression.h5ad",
         "--split", STEPS / "split.tsv", "--architecture", "ridge"],
        {"model": "model.safetensors", "predictions": "predictions.tsv"},
    ),
    Job(
        "train_model",
        ["--task", "boundaries", "--windows", STEPS / "boundaries.h5", "--split", STEPS / "boundaries_split.tsv",
         "--context", 80, "--channels", 4, "--batch-size", 16, "--epochs", 3],
        _TRAINED,
        {"checkpoint": "checkpoint"},
    ),
    Job(
        "predict_model",
        ["--model", STEPS / "model.safetensors", "--bins", STEPS / "new_bins.h5ad"],
        {"predictions": "predictions.tsv"},
    ),
    Job(
        "predict_model",
        ["--model", STEPS / "boundaries.safetensors", "--genome", DATA / "sequence/genome.fa"],
        {"tracks": "tracks", "sites": "sites.bed"},
    ),
    Job(
        "score_variants",
        [*_SEQUENCE, "--variants", DATA / "sequence/many.vcf", "--model", STEPS / "boundaries.safetensors"],
        {"output": "scored.vcf", "table": "scores.tsv"},
        {"checkpoint": "checkpoint"},
    ),
    Job(
        "split_genome",
        ["--sizes", DATA / "sequence/genome.fa", "--parts", 4],
        {"output": "parts"},
    ),
    Job(
        "split_variants",
        ["--variants", DATA / "sequence/many.vcf", "--parts", 2],
        {"output": "parts"},
    ),
    Job(
        "split_plan",
        ["--plan", DATA / "plans/content.yml"],
        {"output": "trials"},
    ),
    Job(
        "merge_parts",
        ["--parts", PARTS / "found_1.h5", PARTS / "found_2.h5"],
        {"sites": "sites.bed", "tracks": "tracks", "summary": "summary.tsv"},
    ),
    Job(
        "merge_parts",
        ["--parts", PARTS / "bins_A1.h5ad", PARTS / "bins_B1.h5ad"],
        {"output": "bins.h5ad"},
    ),
    Job("import_model", ["--weights", DATA / "weights/xpresso.h5"], {"model": "model.safetensors"}),
    Job(
        "explain_model",
        ["--model", STEPS / "landmarks.safetensors", "--method", "coefficients"],
        {"importance": "importance.tsv"},
    ),
    Job(
        "plot_results",
        ["--task", "expression", "--predictions", STEPS / "predictions.tsv"],
        {"report": "report.html", "figures": "figures"},
    ),
    Job(
        "tune_model",
        ["--plan", DATA / "plans/expression.yml", "--bins", STEPS / "bins.h5ad", "--expression", STEPS / "expression.h5ad",
         "--split", STEPS / "split.tsv"],
        {"predictions": "predictions.tsv"},
        {"log": "log.jsonl"},
    ),
)  # fmt: skip


class Wrong(AssertionError):
    """What must not be."""


def content(job: Job, folder: Path) -> dict[str, bytes]:
    """Every file of the outputs of a job."""
    found = {}
    for name in job.outputs.values():
        place = folder / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def leftovers(job: Job, folder: Path) -> list[str]:
    """What lies beside the outputs, and in the folder for temporary files."""
    own = {*job.outputs.values(), *job.kept.values()}
    found = [path for place in (folder, folder.parent / "tmp") for path in place.iterdir() if path.name not in own]
    return [str(path.relative_to(folder.parent)) for path in found if not path.name.startswith("torchinductor_")]


@dataclass
class Undisturbed:
    """What a job makes, and what it takes: seconds, bytes of its outputs, of its largest output and of address space."""

    content: dict[str, bytes]
    seconds: float
    size: int
    largest: int
    memory: int


def kept(job: Job, folder: Path) -> dict[Path, tuple[int, bytes]]:
    """The files that a run goes on from: when each was written, and what is in it."""
    places = [folder / name for name in job.kept.values()]
    paths = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def went_on(before: dict[Path, tuple[int, bytes]], after: dict[Path, tuple[int, bytes]], said: str, told: str) -> bool:
    """Whether there was finished work to go on from. It is not done again: trials, batches of scores, epochs.

    Raises
    ------
    Wrong : it was
    """
    used = False
    for path, (written, content) in before.items():
        lines = content[: content.rfind(b"\n") + 1]
        if path.suffix == ".jsonl" and lines.count(b"\n") > 1:
            right, used = after[path][1].startswith(lines), True
        elif path.suffix == ".npy":
            right, used = after[path][0] == written, True
        elif path.name == "last.ckpt":
            right, used = path.with_name("finished") in before or "going on from" in said, True
        else:
            continue
        if not right:
            raise Wrong(f"{told}: the next run does {path.name} again")
    return used


def start(job: Job, folder: Path, limit: Callable[[], None] | None = None) -> subprocess.Popen:
    temporary = folder.parent / "tmp"
    environment = {**os.environ, "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    return subprocess.Popen(
        job.command(folder), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=limit, start_new_session=True,
    )  # fmt: skip


@contextmanager
def place() -> Iterator[Path]:
    """A folder for outputs, with one for temporary files beside it."""
    with tempfile.TemporaryDirectory() as name:
        for each in ("out", "tmp"):
            Path(name, each).mkdir()
        yield Path(name, "out")


def undisturbed(job: Job) -> Undisturbed:
    with place() as folder:
        began, most = time.monotonic(), 0
        process = start(job, folder)
        while process.poll() is None:
            most = max(most, _address_space(process.pid))
            time.sleep(0.02)
        if process.returncode:
            raise Wrong(f"{job.name} fails by itself: {process.stderr.read()}")
        made = content(job, folder)
        sizes = [len(each) for each in made.values()]
        return Undisturbed(made, time.monotonic() - began, sum(sizes), max(sizes), most)


def _address_space(pid: int) -> int:
    """Of a process and its children, the most that one of them has."""
    pids = [pid]
    try:
        pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return max(int(Path(f"/proc/{each}/statm").read_text().split()[0]) for each in pids) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


@contextmanager
def small_disk(folder: Path, size: int, readable: bool = False) -> Iterator[None]:
    """A file system of so many bytes in place of a folder."""
    page = resource.getpagesize()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={max(size // page, 1) * page}", "tmpfs", folder], check=True)
    try:
        if readable:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def can_mount() -> bool:
    if os.geteuid() or not shutil.which("mount"):
        return False
    with place() as folder:
        try:
            with small_disk(folder, 1 << 16):
                return True
        except (subprocess.CalledProcessError, OSError):
            return False


def ended(process: subprocess.Popen, told: str) -> str:
    """What a process said, once it has ended."""
    try:
        return process.communicate(timeout=300)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise Wrong(f"{told}: did not end") from None


def disturb(job: Job, known: Undisturbed, kind: str, random: random.Random, mounts: bool) -> tuple[str, int, bool]:
    """Run a job, do it harm, run it again. Returns what was done, how the first run ended, and whether the next went on from it.

    Raises
    ------
    Wrong : something that must not be
    """
    share, small = random.random(), kind in ("full", "read-only") and mounts
    with place() as folder:
        told = f"{kind} at {share:.2f} of {job.name}"
        if kind in ("kill", "stop"):
            process = start(job, folder)
            time.sleep(share * known.seconds)
            process.send_signal(signal.SIGKILL if kind == "kill" else signal.SIGTERM)
            errors = ended(process, told)
        elif small:
            with small_disk(folder, int(share * known.size), readable=kind == "read-only"):
                process = start(job, folder)
                errors = ended(process, told)
                _held(job, known, folder, process.returncode, errors, told, kind)
                for path in folder.iterdir() if kind == "full" else ():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        else:
            number, most = (
                (resource.RLIMIT_AS, int((0.2 + 0.8 * share) * known.memory))
                if kind == "memory"
                else (resource.RLIMIT_FSIZE, int(share * known.largest))
            )
            process = start(job, folder, lambda: resource.setrlimit(number, (most, most)))
            errors = ended(process, told)
        status = process.returncode
        if not small:
            _held(job, known, folder, status, errors, told, kind)
        left = kept(job, folder)
        again = start(job, folder)
        errors = ended(again, f"{told}, then again")
        if again.returncode:
            raise Wrong(f"{told}: the next run ends with {again.returncode}: {errors[-500:]}")
        if content(job, folder) != known.content:
            raise Wrong(f"{told}: the next run makes something else")
        return told, status, went_on(left, kept(job, folder), errors, told)


def _held(job: Job, known: Undisturbed, folder: Path, status: int, errors: str, told: str, kind: str) -> None:
    """What holds after a fault."""
    found = content(job, folder)
    if status == 0 and found != known.content:
        raise Wrong(f"{told}: ended well, and made something else")
    if strange := [name for name, each in found.items() if known.content.get(name) != each]:
        raise Wrong(f"{told}: {strange} are wrong")
    if status and found not in ({}, known.content) and kind != "kill":  # between two renames only SIGKILL comes
        raise Wrong(f"{told}: ended with {status} and left {list(found)}")
    if kind != "kill" and (left := leftovers(job, folder)):
        raise Wrong(f"{told}: left {left}, status {status}")
    if "Traceback" in errors and kind != "memory":
        raise Wrong(f"{told}: {errors[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chance, mounts = random.Random(args.seed), can_mount()
    known: dict[str, Undisturbed] = {}
    wrong, tally = 0, Counter[tuple[str, str]]()
    for number in range(args.count):
        job = JOBS[number % len(JOBS)]
        kind = KINDS[(number // len(JOBS) + number) % len(KINDS)]
        if kind in ("full", "read-only") and not mounts:
            kind = "file size"
        known[job.name] = known.get(job.name) or undisturbed(job)
        try:
            told, status, resumed = disturb(job, known[job.name], kind, chance, mounts)
            print(f"{told}: {status}{', then went on' * resumed}", flush=True)
            tally[kind, "ended before it" if status == 0 else f"status {status}"] += 1
            tally["all", "then went on"] += resumed
        except Wrong as error:
            wrong += 1
            print(f"WRONG {error}", flush=True)
    for (kind, how), count in sorted(tally.items()):
        print(f"{kind}\t{how}\t{count}")
    print(f"{args.count} faults, {wrong} wrong; {'small disks mounted' if mounts else 'no disk could be mounted'}")
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
