"""Outputs are whole or absent; errors are one line; every script answers at once."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genloom import console
from genloom.errors import InputError, named, nearest

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))


def test_outputs_appear_together(tmp_path):
    with console.Outputs() as outputs:
        a, b = outputs.file(tmp_path / "a.tsv"), outputs.folder(tmp_path / "b")
        a.write_text("1")
        (b / "c.svg").write_text("2")
        assert not (tmp_path / "a.tsv").exists()
        assert a.suffix == ".tsv"
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == ["a.tsv", "b", "b/c.svg"]


def test_outputs_have_the_mode_of_new_files(tmp_path):
    (tmp_path / "plain").touch()
    with console.Outputs() as outputs:
        outputs.file(tmp_path / "made").write_text("x")
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failure_leaves_nothing_and_keeps_the_old_output(tmp_path):
    (tmp_path / "old").write_text("old")
    with pytest.raises(RuntimeError), console.Outputs() as outputs:
        outputs.file(tmp_path / "old").write_text("half")
        outputs.folder(tmp_path / "new")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda o, p: o.file(p), "is a folder"),
        (lambda o, p: o.file(p / "no" / "x"), "no such folder"),
        (lambda o, p: o.folder(p / "a"), "is a file"),
    ],
)
def test_impossible_outputs_are_refused_first(tmp_path, make, words):
    (tmp_path / "a").touch()
    with pytest.raises(InputError, match=words), console.Outputs() as outputs:
        make(outputs, tmp_path)


def test_device_as_output():
    with console.Outputs() as outputs:
        outputs.file(os.devnull).write_text("x")
    assert not Path(os.devnull).is_file()


def test_pipes_as_output(tmp_path):
    """A named pipe, and /dev/stdout be it a pipe or a file, are written to as they are."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    with console.Outputs() as outputs:
        outputs.file(pipe).write_text("x")
    assert reader.communicate(timeout=10)[0] == "x" and pipe.is_fifo()
    code = "from genloom import console\nwith console.Outputs() as o: o.file('/dev/stdout').write_text('y')"
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS[0].parent)}
    words = [sys.executable, "-c", code]
    assert subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout == "y"
    with (tmp_path / "file").open("w") as file:
        subprocess.run(words, env=environment, stdout=file, check=True)
    assert (tmp_path / "file").read_text() == "y" and Path("/dev/stdout").is_symlink()


def test_a_full_disk_is_told_in_one_line():
    import errno

    assert "No space left" in console._no_room(OSError(errno.ENOSPC, "x"))
    assert "No space left" in console._no_room(RuntimeError("file write failed: errno = 28, error message = 'x'"))
    assert console._no_room(OSError(errno.ENOENT, "x")) == console._no_room(ValueError("28")) == ""


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        (console.integer(1, 3), "3", True),
        (console.integer(1, 3), "4", False),
        (console.number(0), "-0.1", False),
        (console.number(0), "nan", False),
        (console.number(0, 1), "1", True),
    ],
)
def test_ranges(kind, text, good):
    if good:
        assert kind(text) == float(text)
    else:
        with pytest.raises(argparse.ArgumentTypeError, match="not within"):
            kind(text)


def test_messages_are_one_line():
    error = InputError("bad\nname", "a\nb.bed:3", "rename\tit")
    assert str(error) == "a b.bed:3: bad name; rename it"
    assert named("abcdefg") == "a, b, c, d, e and 2 more"
    assert nearest("sampel1", ["sample1", "other"]) == "did you mean 'sample1'?"
    assert nearest("x", ["sample1"]) == ""


def test_what_a_message_quotes_is_shortened():
    text = str(InputError("lacks a column", "a.tsv", "\0" * 900))
    assert text.startswith("a.tsv: lacks a column") and " … " in text and len(text) < 1010 and text.isprintable()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_scripts_answer_at_once(script):
    """Help and argument errors load none of the heavy libraries: that, not a clock, is what keeps them quick."""
    watch = (
        "import sys, runpy\nsys.argv = sys.argv[1:]\nsys.path.insert(0, sys.argv[0].rpartition('/')[0])\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as e: print('status', e.code)\n"
        "print('heavy', sorted(set(sys.modules) & {'numpy', 'torch', 'pandas', 'polars', 'anndata', 'matplotlib', 'scipy'}))\n"
    )
    for arguments, status in ((["--help"], 0), (["--version"], 0), (["--nonsense"], 2)):
        result = subprocess.run([sys.executable, "-c", watch, str(script), *arguments], capture_output=True, text=True)
        assert f"status {status}" in result.stdout, result
        assert "heavy []" in result.stdout, result.stdout
        if status:
            assert len(result.stderr.splitlines()) == 1, result.stderr


def test_sigterm_leaves_no_output(tmp_path):
    code = (
        "import sys, time\nfrom genloom import console\n"
        "def main(args):\n"
        "    with console.Outputs() as outputs:\n"
        "        outputs.file('out').write_text('half'); print('ready', flush=True); time.sleep(30)\n"
        "sys.exit(console.run(lambda: console.Parser('x'), main))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS[0].parent)}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
