"""What all scripts share: arguments, messages, progress, and outputs that are whole or absent."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import shutil
import signal
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from . import __version__, guard, resources
from .errors import InputError, undecodable


class _Formatter(argparse.HelpFormatter):
    """Tells the defaults that are values; `None`, an empty list and a flag that is off go without saying."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.help and action.default not in (None, False, "", [], argparse.SUPPRESS):
            default = " ".join(map(str, action.default)) if isinstance(action.default, list) else action.default
            return f"{action.help} (default: {default})"
        return action.help


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line and exit with status 2."""

    def __init__(self, description: str, **options: Any):
        options.setdefault("formatter_class", _Formatter)
        super().__init__(description=description, allow_abbrev=False, **options)
        self.add_argument("--version", action="version", version=f"genloom {__version__}")

    def error(self, message: str):
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


class Range:
    """An argparse type: a number within bounds, both inclusive. The bounds are public: wrappers are checked against them."""

    def __init__(self, kind: type, minimum: float | None = None, maximum: float | None = None):
        self.kind, self.minimum, self.maximum = kind, minimum, maximum
        self.__name__ = kind.__name__  # argparse names it in its message

    def __call__(self, text: str):
        value = self.kind(text)
        if (
            value != value
            or (self.minimum is not None and value < self.minimum)
            or (self.maximum is not None and value > self.maximum)
        ):
            low = "-inf" if self.minimum is None else self.minimum
            high = "inf" if self.maximum is None else self.maximum
            raise argparse.ArgumentTypeError(f"{text} is not within {low} to {high}")
        return value


def integer(minimum: int | None = None, maximum: int | None = None) -> Range:
    return Range(int, minimum, maximum)


def number(minimum: float | None = None, maximum: float | None = None) -> Range:
    return Range(float, minimum, maximum)


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=integer(0, 2**32 - 1), default=1, help="seed of every random choice")


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=integer(1, 1024), default=1, help="processor cores to use")


def add_device(parser: argparse._ActionsContainer, what: str = "run") -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="cpu",
        help=f"where networks are {what}; auto: on a GPU if there is one",
    )


def limit_threads(threads: int) -> None:
    """Hold the numeric libraries to so many cores. Call before polars, numpy or torch is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ[name] = str(threads)
    if "torch" in sys.modules:  # in a test process the libraries are loaded already
        sys.modules["torch"].set_num_threads(threads)


def say(message: str) -> None:
    """One line for the user, on stderr."""
    print(message, file=sys.stderr, flush=True)


def progress(items: Iterable, total: int | None, label: str) -> Iterable:
    """Wrap a loop: a bar on a terminal, otherwise a line every 30 seconds."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    return tqdm(
        items,
        total=total,
        desc=label,
        file=sys.stderr,
        mininterval=0.2 if terminal else 30,
        leave=terminal,
        delay=0 if terminal else 30,
        ascii=not terminal,
    )


class Outputs:
    """The files and folders a script writes: all of them appear together at the end, or none does.

    >>> with Outputs() as outputs:              # doctest: +SKIP
    ...     write_table(outputs.file(args.output))

    Each is written beside its final place, under a hidden name that keeps the suffixes, and renamed when the
    block ends without an exception.
    """

    def __init__(self) -> None:
        self._pending: list[tuple[Path, Path]] = []

    def __enter__(self) -> Outputs:
        return self

    def file(self, path: str | os.PathLike) -> Path:
        """The temporary path to write for the final `path`."""
        final = Path(path)
        if final.is_dir():
            raise InputError("is a folder, a file is to be written there", final)
        folder = tempfile.gettempdir() if _is_stream(final) else self._folder(final)
        try:
            handle, name = tempfile.mkstemp(prefix=".genloom-", suffix="".join(final.suffixes[-2:]), dir=folder)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", final) from None
        os.close(handle)
        guard.begun(name)
        self._pending.append((Path(name), final))
        return Path(name)

    def folder(self, path: str | os.PathLike) -> Path:
        """The temporary folder to fill for the final folder `path`, whose files are moved in one by one."""
        final = Path(path)
        if final.exists() and not final.is_dir():
            raise InputError("is a file, a folder is to be written there", final)
        try:
            name = tempfile.mkdtemp(prefix=".genloom-", dir=self._folder(final))
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", final) from None
        guard.begun(name)
        self._pending.append((Path(name), final))
        return Path(name)

    @staticmethod
    def _folder(final: Path) -> Path:
        folder = final.parent
        if not folder.is_dir():
            raise InputError(f"no such folder {folder}", final, "make it first, or name another output")
        return folder

    def __exit__(self, kind, error, trace) -> None:
        streams = [each for each in self._pending if _is_stream(each[1])]
        try:
            if kind is None:
                with _undisturbed():
                    for each in self._pending:
                        if each not in streams:
                            self._place(*each)
                for temporary, final in streams:
                    with temporary.open("rb") as source, final.open("wb") as target:
                        shutil.copyfileobj(source, target)
        finally:
            for temporary, _ in self._pending:
                with contextlib.suppress(OSError):
                    if temporary.is_dir():
                        shutil.rmtree(temporary)
                    else:
                        temporary.unlink()

    @staticmethod
    def _place(temporary: Path, final: Path) -> None:
        mask = os.umask(0)
        os.umask(mask)
        if temporary.is_dir():
            final.mkdir(exist_ok=True)
            for each in temporary.iterdir():
                each.replace(final / each.name)
        else:
            temporary.chmod(0o666 & ~mask)  # temporary files are private; outputs are as any new file
            temporary.replace(final)


def _is_stream(path: Path) -> bool:
    """Whether it is written to as it is, since nothing can lie beside it: a pipe, /dev/null, or /dev/stdout whatever that is."""
    return (path.exists() and not (path.is_file() or path.is_dir())) or str(path.absolute().parent) in (
        "/dev",
        "/dev/fd",
        "/proc/self/fd",
    )


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """SIGTERM and Ctrl-C wait until the block is over: outputs are put in their places all together."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Terminated(BaseException):
    """Raised by SIGTERM, so that open `Outputs` clean up."""


def run(
    build_parser: Callable[[], argparse.ArgumentParser],
    main: Callable[[argparse.Namespace], None],
    argv: list[str] | None = None,
) -> int:
    """Parse the arguments and do the work.

    Returns the exit status: 0, 2 for the user's errors, 3 where memory is lacking, 130/143 when stopped. A script without
    --threads has one core.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    threads = getattr(args, "threads", 1)
    limit_threads(threads)
    if threads > (cores := resources.cores()).amount:
        say(f"{parser.prog}: --threads {threads} is more than the cores there are, {cores.amount} ({cores.source})")
    if argv is not None:
        return _work(parser.prog, main, args)
    try:
        resources.require()
    except resources.MemoryLack as error:
        say(f"{parser.prog}: error: {error}")
        return resources.STATUS
    _mute()
    status, why = guard.watched(lambda: _work(parser.prog, main, args))
    if why:
        say(f"{parser.prog}: error: {why}")
    return status


def _work(prog: str, main: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> int:
    """Do the work; the exit status. The first SIGTERM or Ctrl-C stops it, another does not disturb the cleaning up."""

    def stop(number, frame):
        guard.on_stop(signal.SIG_IGN)
        raise _Terminated if number == signal.SIGTERM else KeyboardInterrupt

    with contextlib.suppress(ValueError):  # not in the main thread
        guard.on_stop(stop)
    try:
        main(args)
    except InputError as error:
        say(f"{prog}: error: {error}")
        return resources.STATUS if isinstance(error, resources.MemoryLack) else 2
    except KeyboardInterrupt:
        say(f"{prog}: stopped")
        return 130
    except _Terminated:
        say(f"{prog}: stopped by SIGTERM")
        return 143
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except Exception as error:
        if full := _no_room(error):
            say(f"{prog}: error: {full}")
            return guard.leave(2)
        if (lack := resources.shortage(error)) is None:
            raise
        say(f"{prog}: error: {lack}")
        return resources.STATUS
    return 0


_FULL = {number: os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)}


def _no_room(error: BaseException | None) -> str:
    """What to tell of a disk that is full or cannot be written, which each library reports in its own way; "" otherwise."""
    while error is not None:
        for number, words in _FULL.items():
            told = re.search(rf"{words}|\b(errno = |os error ){number}\b", str(error))
            if told or getattr(error, "errno", None) == number:
                return (
                    f"outputs cannot be written: {words}; nothing was kept of them: make room, or name another folder"
                )
        error = error.__cause__ or error.__context__
    return ""


def _mute() -> None:
    """Of a file that a full disk cut off, h5py tells each time that it cannot close it; the one line of `_work` will do."""
    shown, ignored = sys.excepthook, sys.unraisablehook
    sys.excepthook = lambda kind, error, trace: None if _no_room(error) else shown(kind, error, trace)
    sys.unraisablehook = lambda told: None if _no_room(told.exc_value) else ignored(told)


@contextlib.contextmanager
def blaming(path: object, cure: str | None = None) -> Iterator[None]:
    """Turn the errors of opening, unpacking and decoding `path` into an InputError."""
    try:
        yield
    except FileNotFoundError:
        raise InputError("no such file", path) from None
    except IsADirectoryError:
        raise InputError("is a folder, not a file", path) from None
    except PermissionError:
        raise InputError("may not be read", path) from None
    except UnicodeDecodeError as error:
        raise undecodable(error, path) from None
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"cannot be read: {error}", path, cure) from None
