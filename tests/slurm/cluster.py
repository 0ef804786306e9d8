"""A Slurm on 127.0.0.1: munge, a controller and a few nodes, which are all this machine, as child processes."""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from tests.galaxy import processes

# Debian's packages, and a program of each. Servers lie under sbin, which is not on everyone's PATH.
PACKAGES = {"munge": "munged", "slurmctld": "slurmctld", "slurmd": "slurmd", "slurm-client": "sbatch"}
PLUGINS = ["slurm-wlm-basic-plugins"]
SBIN = "/usr/sbin"

# The memory of a node is what it is said to be: the nodes share one machine. A dead node is noticed within SlurmdTimeout.
CONFIG = """\
ClusterName=genloom
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={run}/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={run}/state
SlurmdSpoolDir={run}/spool-%n
SlurmctldPidFile={run}/slurmctld.pid
SlurmdPidFile={run}/slurmd-%n.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory,CR_LLN
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={run}/accounting.txt
ReturnToService=2
SlurmdTimeout={timeout}
SlurmctldTimeout=20
KillWait=2
MinJobAge=600
DefMemPerCPU=500
EnforcePartLimits=ALL
NodeName=node[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{ports}] CPUs={cpus} RealMemory={memory}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Job:
    """One job as the accounting has it."""

    number: int
    name: str
    state: str
    node: str
    cores: int
    waited: float  # seconds from its submission to its start


class Cluster:
    """Munge, slurmctld and slurmd of each node, with their own folder, key and ports; ended at the exit, by their ids."""

    def __init__(self, run: Path, nodes: int = 3, cpus: int = 2, memory: int = 8000, timeout: int = 10):
        self.run, self.nodes = run.resolve(), [f"node{number + 1}" for number in range(nodes)]
        self._servers: dict[str, subprocess.Popen] = {}
        for name in ("munge", "state", "log", *(f"spool-{node}" for node in self.nodes)):
            (self.run / name).mkdir(parents=True, exist_ok=True)
        (self.run / "munge").chmod(0o711)
        key = self.run / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        self._config = self.run / "slurm.conf"
        self._config.write_text(
            CONFIG.format(
                host=socket.gethostname().split(".")[0],
                run=self.run,
                port=processes.free_port(),
                nodes=nodes,
                ports=",".join(str(processes.free_port()) for _ in self.nodes),
                cpus=cpus,
                memory=memory,
                timeout=timeout,
            )
        )
        self._accounting = self.run / "accounting.txt"

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's commands need beside PATH."""
        return {"SLURM_CONF": str(self._config)}

    def __enter__(self) -> Cluster:
        try:
            munge = self.run / "munge"
            self._start(
                "munge",
                *(f"{SBIN}/munged", "--foreground", "--force", f"--key-file={munge}/key", f"--socket={munge}/socket"),
                *(f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed"),
            )
            processes.wait_for((munge / "socket").exists, self._servers["munge"], self._log("munge"), 20)
            self._start("slurmctld", f"{SBIN}/slurmctld", "-D", "-f", self._config)
            for node in self.nodes:
                self.start_node(node)
            processes.wait_for(
                lambda: self.idle() == self.nodes, self._servers["slurmctld"], self._log("slurmctld"), 60
            )
            return self
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_) -> None:
        self.stop()

    def _log(self, name: str) -> Path:
        return self.run / "log" / f"{name}.log"

    def _start(self, name: str, *command: str | Path) -> None:
        environment = processes.plain_environment(Path(SBIN), **self.environment)
        self._servers[name] = processes.launch(list(command), self._log(name), cwd=self.run, env=environment)

    def stop(self) -> None:
        """Cancel what runs, then end the servers."""
        if "slurmctld" in self._servers:
            with contextlib.suppress(subprocess.SubprocessError):
                self.cancel_all()
        steps = self._steps()
        processes.end(list(self._servers.values()))
        self._kill(steps)
        self._servers = {}

    def call(self, *command: object) -> str:
        """One of Slurm's commands; its output."""
        environment = processes.plain_environment(Path(SBIN), **self.environment)
        return subprocess.run(
            [str(part) for part in command], env=environment, text=True, capture_output=True, check=True, timeout=60
        ).stdout

    # ---- nodes

    def start_node(self, node: str) -> None:
        self._start(node, f"{SBIN}/slurmd", "-D", "-N", node, "-f", self._config)

    def idle(self) -> list[str]:
        """The nodes that wait for work."""
        return sorted(self._in_states("idle"))

    def up(self) -> list[str]:
        """The nodes that take work, now or when they have room again."""
        return sorted(self._in_states("idle,mixed,allocated,completing"))

    def _in_states(self, states: str) -> set[str]:
        try:
            listed = self.call("sinfo", "--noheader", "--Node", "--responding", "--states", states, "--format", "%N")
        except subprocess.SubprocessError:
            return set()
        return set(listed.split())

    def kill_node(self, node: str) -> None:
        """As a power cut would: the node's daemon and all that it started are gone at once, with no word to anyone."""
        steps = self._steps(node)
        daemon = self._servers.pop(node)
        daemon.kill()
        daemon.wait()
        self._kill(steps)

    def wait_for_nodes(self, seconds: float = 60) -> None:
        limit = time.monotonic() + seconds
        while self.up() != self.nodes:
            if time.monotonic() > limit:
                raise RuntimeError(f"nodes up after {seconds:.0f} s: {self.up()}")
            time.sleep(0.5)

    def _steps(self, node: str | None = None) -> list[psutil.Process]:
        """The processes that watch over jobs, which Slurm sets apart from the daemon that starts them; found by their jobs."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                of = process.environ()
                here = of.get("SLURM_CONF") == str(self._config) and node in (None, of.get("SLURMD_NODENAME"))
                if here and (parent := process.parent()) and parent.name() == "slurmstepd":
                    found[parent.pid] = parent
        return list(found.values())

    @staticmethod
    def _kill(steps: list[psutil.Process]) -> None:
        family = []
        for step in steps:
            with contextlib.suppress(psutil.Error):
                family += [step, *step.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)

    # ---- jobs

    def running(self) -> dict[int, str]:
        """The jobs that run now: number → node."""
        lines = self.call("squeue", "--noheader", "--states", "RUNNING", "--format", "%A %N").splitlines()
        return {int(number): node for number, node in (line.split() for line in lines)}

    def cancel(self, *numbers: object) -> None:
        self.call("scancel", *numbers)

    def cancel_all(self, seconds: float = 30) -> None:
        """Cancel whatever waits or runs, and wait until it is gone."""
        limit = time.monotonic() + seconds
        while jobs := self.call(
            "squeue", "--noheader", "--states", "PENDING,RUNNING,COMPLETING", "--format", "%A"
        ).split():
            if time.monotonic() > limit:
                raise RuntimeError(f"jobs that do not end: {', '.join(jobs)}")
            self.cancel(*jobs)
            time.sleep(0.3)

    def accounting(self) -> list[Job]:
        """All jobs that are over, in the order of their ends, a line each as Slurm has written them."""
        if not self._accounting.exists():
            return []
        found = []
        for line in self._accounting.read_text().splitlines():
            facts = dict(part.split("=", 1) for part in re.findall(r"(?:^|(?<= ))\w+=\S*", line))
            started, submitted = (_seconds(facts[name]) for name in ("StartTime", "SubmitTime"))
            found.append(
                Job(
                    number=int(facts["JobId"]),
                    name=facts["Name"],
                    state=facts["JobState"],
                    node=facts["NodeList"],
                    cores=int(facts["ProcCnt"]),
                    waited=started - submitted,
                )
            )
        return found


def _seconds(text: str) -> float:
    """A time of the accounting; not a number for what never came."""
    return datetime.fromisoformat(text).timestamp() if text[0].isdigit() else math.nan


def missing() -> list[str]:
    """Debian's packages that are not there."""
    path = os.pathsep.join([os.environ.get("PATH", ""), SBIN])
    return [package for package, program in PACKAGES.items() if not shutil.which(program, path=path)]
