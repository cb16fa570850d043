"""Starting, watching and ending the processes of a measurement. Only processes started here are ever ended, by pid."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class BenchmarkError(Exception):
    """Says what went wrong and what to do; ends the run."""


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child with its output in a log file; a context manager that ends it."""

    def __init__(self, name: str, command: list[str], directory: Path, environment: dict[str, str] | None = None) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, start_new_session=True, preexec_fn=_die_with_parent,
            )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        ended_early = self.child.poll() is not None
        if not ended_early:
            self.child.terminate()
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                if kind is None:
                    raise BenchmarkError(f"{self.name} did not end within 30 s of SIGTERM")
        if kind is None and (ended_early or self.child.returncode != 0):
            raise BenchmarkError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def tree(self) -> list[int]:
        """The process and all its descendants."""
        found, waiting = [], [self.child.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        return sorted(found)

    def peak_memory_mb(self) -> float:
        """The sum of the tree's VmHWM, in units of 1,000,000 bytes."""
        total = 0
        for pid in self.tree():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total += int(line.split()[1]) * 1024
        return total / 1e6

    def cpu_ms(self) -> float:
        """User and system time of the tree, from the processes' CPU clocks (clock_getcpuclockid)."""
        return sum(time.clock_gettime((~pid << 3) | 2) * 1e3 for pid in self.tree())


def free_port() -> int:
    """A port below those that the kernel gives to outgoing connections, one of which might take it before the server does."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(what: str, process: Process, condition, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        if process.child.poll() is not None:
            raise BenchmarkError(f"{what}: {process.name} ended with {process.child.returncode}:\n{process.tail()}")
        if time.monotonic() > give_up:
            raise BenchmarkError(f"{what}: not within {seconds} s:\n{process.tail()}")
        time.sleep(0.02)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def busy_percent(seconds: float = 0.5) -> float:
    """How busy the machine is, in percent of all its cores."""

    def sample() -> tuple[int, int]:
        fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    total, idle = sample()
    time.sleep(seconds)
    total_after, idle_after = sample()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))
