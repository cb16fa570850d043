"""The processes of a drill: Redis, broker, simulator and workers on free ports, started in order and stopped by pid.

BROKERS=host:port takes another broker than the embedded one; topics and group then have names of their own.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("SWITCHYARD_BIN", ROOT / ".build" / "release" / "switchyard"))


class DrillFailure(Exception):
    pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    def __init__(self, *, partitions: int, simulator: list[str], worker: str, retry: str = "{}"):
        if not os.access(PROGRAM, os.X_OK):
            raise DrillFailure(f"no program at {PROGRAM}: run `make build`")
        self.directory = Path(tempfile.mkdtemp(prefix="switchyard-drill-"))
        self.processes: list[subprocess.Popen] = []
        external = os.environ.get("BROKERS")
        self.prefix = f"drill-{uuid.uuid4().hex[:8]}" if external else "llm"
        try:
            redis_port = free_port()
            self.start("redis", ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            if external:
                self.brokers = external
            else:
                self.start("broker", [PROGRAM, "broker", "--partitions", str(partitions), "--address-file", self.directory / "address"])
                self.brokers = self.contents("address")
            self.start("simulator", [PROGRAM, "simulate", "--port", "0", "--port-file", self.directory / "port", *simulator])
            self.simulator_port = int(self.contents("port"))
        except BaseException:
            self.stop()
            raise
        self.config = self.directory / "switchyard.yaml"
        self.config.write_text(f"""\
kafka:
  bootstrap.servers: {self.brokers}
  consumer: {{group.id: {self.prefix}-workers, session.timeout.ms: 6000, heartbeat.interval.ms: 1000}}
topics:
  requests: {self.prefix}.requests
  responses: {self.prefix}.responses
  events: {self.prefix}.events
  dead_letter: {self.prefix}.dead-letter
  partitions: {partitions}
worker: {worker}
retry: {retry}
redis: {{url: "redis://127.0.0.1:{redis_port}"}}
providers:
  simulator: {{kind: openai, base_url: "http://127.0.0.1:{self.simulator_port}/v1"}}
models:
  default: {{provider: simulator, model: simulated-1, price: {{input: 0.15, output: 0.6}}}}
""")

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: list) -> subprocess.Popen:
        log = open(self.directory / f"{name}.log", "ab")
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_worker(self, number: int) -> subprocess.Popen:
        worker = self.start(f"worker-{number}", self.worker_command())
        self.wait(lambda: "partitions assigned" in self.log(f"worker-{number}"), f"worker {number}", worker)
        return worker

    def worker_command(self) -> list:
        return [PROGRAM, "work", "--config", self.config]

    def run(self, *arguments: object) -> str:
        result = subprocess.run([str(PROGRAM), *map(str, arguments), "--config", str(self.config)], capture_output=True, text=True)
        if result.returncode != 0:
            raise DrillFailure(f"switchyard {arguments[0]} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result.stdout

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def contents(self, name: str) -> str:
        path = self.directory / name
        self.wait(lambda: path.exists() and path.read_text().endswith("\n"), name, self.processes[-1])
        return path.read_text().strip()

    def wait(self, condition, what: str, process: subprocess.Popen, seconds: float = 90) -> None:
        give_up = time.monotonic() + seconds
        while not condition():
            if process.poll() is not None:
                raise DrillFailure(f"{what}: process ended with {process.returncode}; see below\n{self.tails()}")
            if time.monotonic() > give_up:
                raise DrillFailure(f"{what}: not ready within {seconds} s\n{self.tails()}")
            time.sleep(0.02)

    def tails(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-800:]}" for path in sorted(self.directory.glob("*.log")))

    def simulator_statistics(self) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.simulator_port}/simulator/stats", timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> None:
        # The workers first: they have a word for the broker.
        for workers in (True, False):
            for process in self.processes:
                if process.poll() is None and (process.args[1] == "work") == workers:
                    process.send_signal(signal.SIGTERM)
            for process in self.processes:
                if (process.args[1] == "work") == workers:
                    self.end(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    @staticmethod
    def end(process: subprocess.Popen, stop: bool = False) -> None:
        if stop:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def memory_mb(process: subprocess.Popen) -> float:
    """The process's peak resident memory in 1,000,000 bytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0


def cpu_seconds(process: subprocess.Popen) -> float:
    return time.clock_gettime((~process.pid << 3) | 2)


def check_answers(path: Path, ids: list[str]) -> None:
    """Every id is answered once, with status ok, in the order of the input."""
    answered = []
    for line in path.open():
        response = json.loads(line)
        if response["status"] != "ok":
            raise DrillFailure(f"{response['id']} failed: {response['error']}")
        answered.append(response["id"])
    if answered != ids:
        raise DrillFailure(f"{len(answered)} answers, {len(set(answered))} different, for {len(ids)} requests; or not in their order")


def report(title: str, figures: dict) -> None:
    width = max(map(len, figures))
    print(title)
    for name, value in figures.items():
        print(f"  {name:{width}}  {value:,.2f}" if isinstance(value, float) else f"  {name:{width}}  {value:,}")
    print(json.dumps(figures, separators=(",", ":")))


def main(drill) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        drill()
    except DrillFailure as failure:
        sys.exit(f"drill failed: {failure}")
