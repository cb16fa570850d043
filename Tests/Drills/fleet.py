"""Workers that come and go, each with a key of its own at the provider, so that its calls can be told from those of the others."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from stage import DrillFailure, Stage


@dataclass
class Worker:
    name: str
    process: subprocess.Popen
    # Milliseconds since 1970; none if it was not killed.
    killed_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


class Fleet:
    def __init__(self, stage: Stage):
        self.stage = stage
        self.workers: list[Worker] = []
        self.kills = 0
        # Calls that were in flight at the moments of the kills.
        self.in_flight_at_kills = 0

    @property
    def running(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.is_running]

    def add(self) -> Worker:
        name = f"worker-{len(self.workers) + 1}"
        self.workers.append(Worker(name, self.stage.start(name, self.stage.worker_command())))
        return self.workers[-1]

    def wait_until_joined(self, worker: Worker) -> None:
        self.stage.wait(lambda: "partitions assigned" in self.stage.log(worker.name), worker.name, worker.process)

    def busy(self) -> list[Worker]:
        """Those that have calls in flight; waits for one, at most for two minutes."""
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up:
            keys = self.stage.simulator_statistics()["keys"]
            busy = [worker for worker in self.running if keys.get(worker.name, {}).get("in_flight", 0) > 0]
            if busy:
                return busy
            time.sleep(0.05)
        raise DrillFailure("no worker has had a call in flight for two minutes: the requests are done, or the workers stand still")

    def kill(self, worker: Worker) -> None:
        """Stops the worker, counts its calls in flight at that moment, and kills it.

        Those are the calls in flight a moment before, for an answer takes its time to reach whoever remembers it, and those begun until the
        worker stood still.
        """
        before = self.stage.calls(worker.name)
        time.sleep(0.05)
        worker.process.send_signal(signal.SIGSTOP)
        self.stage.wait(lambda: state(worker.process) in "Tt", f"{worker.name} to stand still", worker.process)
        after = self.stage.calls(worker.name)
        worker.process.kill()
        worker.process.wait()
        worker.killed_at = time.time() * 1000
        self.kills += 1
        self.in_flight_at_kills += before["in_flight"] + after["requests"] - before["requests"]

    def end(self) -> None:
        """Asks all workers to stop and waits until they have."""
        for worker in self.running:
            worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            self.stage.end(worker.process)
        for worker in self.workers:
            if worker.process.returncode != (0 if worker.killed_at is None else -signal.SIGKILL):
                raise DrillFailure(f"{worker.name} ended with {worker.process.returncode}\n{self.stage.log(worker.name)[-2_000:]}")


def state(process: subprocess.Popen) -> str:
    """The letter of the process's state, as in ps."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
