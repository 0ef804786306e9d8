"""Workflows run by cwltool, by Toil on one machine and by Toil on Slurm, and their outputs held against each other."""

from __future__ import annotations

import io
import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import yaml

from tests.galaxy import processes

from .cluster import Cluster

ROOT = Path(__file__).resolve().parents[2]
TOIL = ROOT / ".toil" / "bin" / "toil-cwl-runner"
BIN = ROOT / ".venv" / "bin"


@dataclass(frozen=True)
class Task:
    """A workflow with a job of its small data."""

    cwl: Path
    job: Path

    @property
    def name(self) -> str:
        return self.cwl.stem


def tasks(folder: Path = ROOT / "workflows") -> list[Task]:
    """Each workflow with its job: `job.yml` of the one that is named as its folder, `job-NAME.yml` of another NAME.cwl."""
    found = []
    for cwl in sorted(folder.glob("*/*.cwl")):
        job = cwl.with_name("job.yml" if cwl.stem == cwl.parent.name else f"job-{cwl.stem}.yml")
        if job.exists():
            found.append(Task(cwl, job))
    return found


@dataclass
class Run:
    """What an engine made of a task: outputs by name, seconds by the clock, calls of tools, memory of steps."""

    outputs: dict[str, object]
    seconds: float
    calls: int = 0
    memory: dict[str, int] = field(default_factory=dict)  # step → the most that one of its calls used, MiB


def reserved(task: Task) -> dict[str, int]:
    """The memory that each step of a workflow reserves, MiB."""
    workflow = yaml.safe_load(task.cwl.read_text())
    found = {}
    for name, step in workflow["steps"].items():
        tool = yaml.safe_load((task.cwl.parent / step["run"]).read_text())
        memory = tool["hints"]["ResourceRequirement"]["ramMin"]
        if isinstance(memory, str):  # an input of the tool, which may be one of the workflow
            ports = (workflow if "memory" in step["in"] else tool)["inputs"]
            memory = ports["memory"]["default"]
        found[name] = memory
    return found


def commands(folder: Path) -> Path:
    """A folder with this checkout's scripts under the names that they have on PATH."""
    folder.mkdir(parents=True)
    for path in (ROOT / "scripts").glob("*.py"):
        (folder / f"genloom-{path.stem.replace('_', '-')}").symlink_to(path)
    return folder


def cwltool(task: Task, folder: Path, scripts: Path, *options: str) -> Run:
    """The reference."""
    folder.mkdir(parents=True)
    started = time.monotonic()
    done = subprocess.run(
        [
            BIN / "cwltool",
            *options,
            "--no-container",
            "--disable-color",
            "--outdir",
            folder / "out",
            task.cwl,
            task.job,
        ],
        env=processes.plain_environment(scripts, BIN, OMP_WAIT_POLICY="passive"),
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    seconds = time.monotonic() - started
    calls = re.findall(r"^INFO \[job [^\]]+\] completed success", done.stderr, re.MULTILINE)
    memory: dict[str, int] = {}
    for step, used in re.findall(
        r"^INFO \[job ([^\]]+?)(?:_\d+)?\] Max memory used: (\d+)MiB", done.stderr, re.MULTILINE
    ):
        memory[step] = max(memory.get(step, 0), int(used))
    return Run(json.loads(done.stdout), seconds, len(calls), memory)


@dataclass
class Toil:
    """A Toil leader that runs a task, on Slurm or, without a cluster, on this machine alone.

    `start` returns at once; the leader can be killed and started again, when it goes on where it was.
    """

    task: Task
    folder: Path
    scripts: Path
    cluster: Cluster | None = None
    retries: int = 2
    options: tuple[str, ...] = ()
    seconds: float = 0.0
    _started: float = field(default=0.0, init=False)
    _leader: subprocess.Popen | None = field(default=None, init=False)

    def start(self, restart: bool = False) -> Toil:
        for name in ("work", "logs", "locks", "home", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        slurm = self.cluster is not None
        command = [
            *(TOIL, "--no-container", "--jobStore", self.folder / "store", "--outdir", self.folder / "out"),
            *("--workDir", self.folder / "work", "--coordinationDir", self.folder / "locks"),
            *("--batchSystem", "slurm" if slurm else "single_machine", "--statePollingWait", "1"),
            *("--statePollingTimeout", "30"),  # so long sbatch is tried again
            *("--retryCount", str(self.retries), "--retryBackoffSeconds", "0", "--disableProgress"),
            *("--publishWorkflowMetrics", "no", "--defaultMemory", "256M", "--defaultDisk", "100M"),
            *(("--batchLogsDir", self.folder / "logs", "--slurmArgs=--no-requeue") if slurm else ()),
            *("--disableChaining", "True"),  # each step is a job of its own, with what it asks for
            *self.options,
            *(("--restart",) if restart else ()),
            *(self.task.cwl, self.task.job),
        ]
        # Toil keeps its settings and its history in HOME; the tools find themselves by PATH, on the nodes too
        environment = processes.plain_environment(
            *(self.scripts, BIN, TOIL.parent),  # of the last, the worker
            HOME=str(self.folder / "home"),
            TMPDIR=str(self.folder / "tmp"),
            OMP_WAIT_POLICY="passive",
            **(self.cluster.environment if self.cluster else {}),
        )
        self._started = time.monotonic()
        self._leader = processes.launch(command, self.log, cwd=self.folder, env=environment)
        return self

    @property
    def log(self) -> Path:
        return self.folder / "toil.log"

    def runs(self) -> bool:
        return self._leader is not None and self._leader.poll() is None

    def kill(self) -> None:
        """End the leader as the kernel would that is out of memory."""
        assert self._leader is not None
        self._leader.kill()
        self._leader.wait()

    def stop(self) -> None:
        if self._leader is not None:
            processes.end([self._leader])

    def wait(self, seconds: float = 900) -> int:
        """The exit status, when it is over."""
        assert self._leader is not None
        try:
            status = self._leader.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise
        self.seconds = time.monotonic() - self._started
        return status

    def finish(self, seconds: float = 900) -> Run:
        """Wait for the end, which must be a good one; outputs as a run of cwltool has them."""
        status = self.wait(seconds)
        text = self.log.read_text(errors="replace")
        assert status == 0, f"Toil ended with {status}; the end of its log:\n{text[-6000:]}"
        outputs, _ = json.JSONDecoder().raw_decode(text, text.rindex("\n{\n") + 1)
        return Run(outputs, self.seconds)


def tail(toil: Toil, lines: int = 60) -> str:
    return "\n".join(toil.log.read_text(errors="replace").splitlines()[-lines:])


def contents(value: object) -> object:
    """What an output holds: of files their name and content, of folders the same of all within."""
    if isinstance(value, list):
        return [contents(each) for each in value]
    if not isinstance(value, dict):
        return value
    path = Path(value["location"].removeprefix("file://")) if "path" not in value else Path(value["path"])
    if value["class"] == "Directory":
        return {str(each.relative_to(path)): content(each.read_bytes()) for each in path.rglob("*") if each.is_file()}
    also = {other["basename"]: contents(other) for other in value.get("secondaryFiles", [])}
    return (path.name, content(path.read_bytes()), also)


def content(data: bytes) -> object:
    """Of HDF5, which notes the time, its datasets and attributes; of all else the bytes."""
    if not data.startswith(b"\x89HDF"):
        return data
    found: dict[str, object] = {}

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        value = item[()] if isinstance(item, h5py.Dataset) else None
        array = None if value is None else (str(item.dtype), np.shape(value), np.asarray(value).tolist())
        found[name] = (array, {key: str(attribute) for key, attribute in item.attrs.items()})

    with h5py.File(io.BytesIO(data)) as file:
        visit("/", file["/"])
        file.visititems(visit)
    return found


def unmeasured(value: object) -> object:
    """An output without the seconds and megabytes that a study notes of its trials."""
    if isinstance(value, tuple) and isinstance(value[1], bytes):
        text = re.sub(rb'"(seconds|memory_mb)": [\d.e+-]+', b"", value[1])
        if value[1].startswith(b"trial\t"):
            header, *lines = [line.split(b"\t") for line in text.split(b"\n")]
            kept = [i for i, column in enumerate(header) if column not in (b"seconds", b"memory_mb")]
            text = b"\n".join(b"\t".join(line[i] for i in kept if i < len(line)) for line in (header, *lines))
        shown = rb"<td[^>]*>[\d.,]+ (s|MB)</td>|in [\d.,]+ \w+ of their own"  # in the report
        return value[0], re.sub(shown, b"", text), value[2]
    return value


# Outputs that note how long their making took: no two runs of them are the same.
MEASURED = dict.fromkeys(("tune-and-judge", "tune-and-judge-scattered"), ("log", "trials", "report"))


def differing(task: Task, one: Run, other: Run) -> list[str]:
    """The names of outputs that are not the same in both, byte for byte."""
    timed = MEASURED.get(task.name, ())

    def held(run: Run, name: str) -> object:
        value = contents(run.outputs.get(name))
        return unmeasured(value) if name in timed else value

    return sorted(n for n in one.outputs.keys() | other.outputs.keys() if held(one, n) != held(other, n))
