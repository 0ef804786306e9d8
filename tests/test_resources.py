"""Too little memory, too few cores: one line that says what is needed and what there is, status 3, nothing left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from genloom import guard, resources
from genloom.formats import matrix

SCRIPTS = Path(__file__).parents[1] / "scripts"
DATA = Path(__file__).parents[1] / "test-data"


def script(work: str, folder: Path, limit: int | None = None, **variables: str) -> subprocess.Popen:
    """A script that begins an output and then does some work, in at most `limit` bytes of address space."""
    code = (
        "import os, signal, sys, time\nfrom genloom import console\n"
        "def parser():\n    made = console.Parser('x', prog='x'); console.add_threads(made); return made\n"
        "def main(args):\n    with console.Outputs() as outputs:\n"
        "        outputs.file('out.tsv').write_text('half'); outputs.folder('figures')\n"
        f"        print('ready', flush=True); {work}\n"
        "sys.exit(console.run(parser, main))\n"
    )

    def hold() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what runs in its background ignore it
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-c", code, *variables.pop("arguments", "").split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hold,
    )


def ended(process: subprocess.Popen, folder: Path, status: int, *texts: str) -> None:
    _, told = process.communicate(timeout=60)
    assert process.returncode == status, told
    assert len(told.splitlines()) == 1, told
    assert all(text in told for text in texts), told
    assert list(folder.iterdir()) == []


def test_memory_that_runs_out_is_told(tmp_path):
    process = script("import numpy; numpy.ones((40000, 40000))", tmp_path, limit=2 << 30, OPENBLAS_NUM_THREADS="1")
    ended(
        process,
        tmp_path,
        3,
        "memory ran out: it needs 12.8 GB more than the",
        "it may use 2.1 GB (ulimit -v); ask for more",
    )


def test_so_it_is_by_python_itself(tmp_path):
    ended(script("bytearray(1 << 40)", tmp_path, limit=1 << 30), tmp_path, 3, "memory ran out", "1.1 GB (ulimit -v)")


def test_what_the_kernel_kills_is_told_and_cleaned_away(tmp_path):
    """As it kills where memory runs out."""
    process = script("os.kill(os.getpid(), signal.SIGKILL)", tmp_path, SLURM_MEM_PER_NODE="700")
    ended(process, tmp_path, 3, "ended by SIGKILL, as happens where memory runs out", "734 MB (SLURM_MEM_PER_NODE)")


def test_a_library_that_crashes_is_no_want_of_memory(tmp_path):
    process = script("os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    ended(process, tmp_path, 139, "ended by SIGSEGV: a fault of genloom or of a library")


def test_a_library_that_crashes_of_a_damaged_file_is_told_with_it(tmp_path):
    work = "from genloom import guard; guard.opened('a.h5'); guard.opened('b.h5'); guard.opened('a.h5'); "
    process = script(work + "os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    ended(
        process, tmp_path, 2, "a.h5, b.h5: HDF5 ended by SIGSEGV, as it does of a damaged file; copy or make it again"
    )


def test_a_script_that_is_killed_takes_its_work_along(tmp_path):
    process = script("print(os.getpid(), flush=True); time.sleep(60)", tmp_path)
    assert process.stdout is not None
    worker = [process.stdout.readline() for _ in range(2)][1]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    end = time.monotonic() + 20
    while Path(f"/proc/{int(worker)}/cmdline").exists() and Path(f"/proc/{int(worker)}/cmdline").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_signal_that_comes_when_the_work_has_ended(monkeypatch):
    wait4 = os.wait4

    def late(*arguments):
        ended = wait4(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)
        return ended

    monkeypatch.setattr(os, "wait4", late)
    for name in ("_begun", "_opened"):  # put back afterwards: by them a process knows that it is watched
        monkeypatch.setattr(guard, name, None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert guard.watched(lambda: os._exit(0)) == (0, "")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_it_once_and_again_cleans_up(tmp_path, number):
    process = script("time.sleep(60)", tmp_path)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.send_signal(number)
    ended(process, tmp_path, 128 + number, "stopped")


def test_more_threads_than_cores_are_noted(tmp_path):
    process = script("raise SystemExit(0)", tmp_path, arguments="--threads 3", SLURM_CPUS_PER_TASK="1")
    ended(process, tmp_path, 0, "--threads 3 is more than the cores there are, 1 (SLURM_CPUS_PER_TASK)")


@pytest.mark.parametrize(
    ("variables", "megabytes", "source"),
    [
        ({"SLURM_MEM_PER_NODE": "200"}, 200, "SLURM_MEM_PER_NODE"),
        ({"SLURM_MEM_PER_CPU": "100", "SLURM_CPUS_ON_NODE": "3"}, 300, "SLURM_MEM_PER_CPU"),
        ({"GALAXY_MEMORY_MB": "150", "SLURM_MEM_PER_NODE": "200"}, 150, "GALAXY_MEMORY_MB"),
        ({"SLURM_MEM_PER_NODE": "unlimited", "GALAXY_MEMORY_MB": ""}, None, None),
    ],
)
def test_who_limits_memory(monkeypatch, variables, megabytes, source):
    for name in ("SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE", "GALAXY_MEMORY_MB"):
        monkeypatch.delenv(name, raising=False)
    free = resources.memory()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert resources.memory() == (resources.Limit(megabytes << 20, source) if megabytes else free)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("[enforce fail] CPUAllocator: can't allocate memory: you tried to allocate 3000000000 bytes."), "3.0 GB"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has"), "on the GPU it needs 2.1 GB"),
        (OSError(12, "Cannot allocate memory"), "more than the"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "more than the"),
    ],
)  # fmt: skip
def test_libraries_say_it_in_their_own_ways(error, text):
    assert text in str(resources.shortage(error))


def test_other_errors_are_not_taken_for_it():
    assert resources.shortage(OSError(28, "No space left on device")) is None
    assert resources.shortage(RuntimeError("shapes do not match")) is None


def test_a_matrix_that_cannot_fit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.h5ad"
    with h5py.File(path, "w") as file:
        file["X"] = np.ones((1000, 600), np.float32)
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1")
    with pytest.raises(resources.MemoryLack, match=r"large\.h5ad: the matrix needs 2 MB of memory, it may use 1 MB"):
        matrix.read(path)


def test_a_tool_in_too_little_memory(run_script, tmp_path):
    """The real thing: torch does not even load. One line in the end, and no output."""
    made = [tmp_path / "model.safetensors", tmp_path / "predictions.tsv"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -v 900000; exec "$@"', "sh", sys.executable, SCRIPTS / "train_model.py", "--task", "content",
         "--windows", DATA / "steps" / "content.h5", "--split", DATA / "steps" / "content_split.tsv",
         "--model", made[0], "--predictions", made[1]],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    last = done.stderr.splitlines()[-1]
    assert "it needs" in last and "it may use 922 MB (ulimit -v)" in last and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_cores_are_counted_where_there_is_no_affinity(monkeypatch):
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity")
    assert 1 <= resources.cores().amount <= (os.cpu_count() or 1)
