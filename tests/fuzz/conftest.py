"""How many examples are made, and what an example may take."""

from __future__ import annotations

import faulthandler
import resource
import signal
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# For one example: far more than any takes, far less than a hang or a bomb would. Of a processor, and of a clock where the
# machine has other things to do.
SECONDS, PATIENCE, MEMORY = 10, 120, 1 << 30

_COMMON = {
    "deadline": None,  # the alarm below is what holds time
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
settings.register_profile("quick", max_examples=200, derandomize=True, **_COMMON)
settings.register_profile("fuzz", max_examples=5000, **_COMMON)
settings.load_profile("quick")  # --hypothesis-profile=fuzz comes after this


class Endless(BaseException):
    """An example took longer than it may."""


@pytest.fixture(scope="package", autouse=True)
def _memory():
    """Address space beyond what the process has once all libraries are loaded: reading a bomb fails here."""
    for name in ("anndata", "h5py", "openpyxl", "polars", "pysam", "scipy.sparse", "torch"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            __import__(name)
    import polars

    polars.DataFrame({"a": list(range(1000))}).lazy().sort("a").collect()  # its threads are there from now on
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * MEMORY, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.fixture(scope="session")
def in_time():
    """A context for one example."""
    import contextlib

    def ring(number, frame):
        raise Endless(f"more than {SECONDS} s")

    @contextlib.contextmanager
    def held():
        before = signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)  # where no handler runs: within a library
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            faulthandler.cancel_dump_traceback_later()

    return held
