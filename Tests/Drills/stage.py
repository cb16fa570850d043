"""The processes of a drill: Redis, broker, simulator and workers on free ports, started in order and stopped by pid.

BROKERS=host:port takes another broker than the embedded one; topics and group then have names of their own. It takes no orders: what a
drill does to the embedded broker is left out there, and the drill says so.
"""

import json
import os
import random
import re
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
    """A port below those that the kernel gives to outgoing connections, one of which might take it before the server does."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Stage:
    """
    brokers: nodes of the embedded broker.
    topics: those that the embedded broker is to make with so many partitions; the others get four. All of them, unless given.
    redis: arguments for a Redis that is to keep its data through a restart.
    simulator: arguments for the provider. Without them there is none, and the drill adds providers to the configuration.
    key: what all processes have as their key at the provider. Each has one of its own, its name, unless given.
    more: further lines of the configuration.
    """

    def __init__(
        self, *, partitions: int, worker: str, simulator: list[str] | None = None, retry: str = "{}", http: str = "{}", brokers: int = 1,
        topics: list[str] | None = None, redis: tuple[str, ...] = ("--appendonly", "no"), limits: str = "{}", provider_limits: str = "{}",
        key: str | None = None, more: str = "",
    ):
        if not os.access(PROGRAM, os.X_OK):
            raise DrillFailure(f"no program at {PROGRAM}: run `make build`")
        self.directory = Path(tempfile.mkdtemp(prefix="switchyard-drill-"))
        self.processes: list[subprocess.Popen] = []
        self.keeps_logs = False
        self.key = key
        external = os.environ.get("BROKERS")
        self.is_embedded = not external
        self.broker_name = external or f"embedded, {brokers} node{'s'[:brokers > 1]}"
        self.prefix = f"drill-{uuid.uuid4().hex[:8]}" if external else "llm"
        providers = ""
        try:
            self.redis_port = free_port()
            self.redis_command = [
                "redis-server", "--port", self.redis_port, "--bind", "127.0.0.1", "--dir", self.directory, "--save", "", *redis]
            self.redis = self.start("redis", self.redis_command)
            if external:
                self.brokers = external
            else:
                command = [
                    PROGRAM, "broker", "--partitions", partitions, "--brokers", brokers, "--address-file", self.directory / "address",
                    *(["--topics", ",".join(topics)] if topics else [])]
                self.broker = self.start("broker", command, orders=True)
                self.brokers = self.contents("address")
            if simulator is not None:
                self.start("simulator", [PROGRAM, "simulate", "--port", "0", "--port-file", self.directory / "port", *simulator])
                self.simulator_port = int(self.contents("port"))
                providers = f"""\
providers:
  simulator: {{kind: openai, base_url: "http://127.0.0.1:{self.simulator_port}/v1", api_key: env:WORKER_KEY, limits: {provider_limits}}}
models:
  default: {{provider: simulator, model: simulated-1, price: {{input: 0.15, output: 0.6}}}}
"""
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
  chunks: {self.prefix}.chunks
  events: {self.prefix}.events
  dead_letter: {self.prefix}.dead-letter
  partitions: {partitions}
worker: {worker}
retry: {retry}
http: {http}
limits: {limits}
redis: {{url: "redis://127.0.0.1:{self.redis_port}"}}
{providers}{more}""")

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop(keep_logs=self.keeps_logs or kind is not None)

    def start(self, name: str, command: list, orders: bool = False) -> subprocess.Popen:
        """Starts a process whose key at the provider is its name, or the stage's. One that takes orders gets them line by line."""
        with open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE if orders else subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "WORKER_KEY": self.key or name})
        self.processes.append(process)
        return process

    def order(self, line: str) -> None:
        """Tells the embedded broker what to do."""
        self.broker.stdin.write(f"{line}\n".encode())
        self.broker.stdin.flush()

    def refused_orders(self) -> list[str]:
        """What the embedded broker says of orders that it does not understand: its only lines that are no log."""
        return [line for line in self.log("broker").splitlines() if not re.match(r"BROKERS=|\d{4}-\d\d-|%\d\|", line)]

    def restart_redis(self) -> None:
        self.redis.kill()
        self.redis.wait()
        self.redis = self.start("redis", self.redis_command)

    def redis_says(self, *words: object) -> str:
        """Sends Redis a command, and returns its answer."""
        result = subprocess.run(["redis-cli", "-p", str(self.redis_port), *map(str, words)], capture_output=True, text=True)
        if result.returncode != 0:
            raise DrillFailure(f"redis-cli {words[0]}: {result.stdout}{result.stderr}")
        return result.stdout.strip()

    def start_worker(self, number: int) -> subprocess.Popen:
        worker = self.start(f"worker-{number}", self.worker_command())
        self.wait(lambda: "partitions assigned" in self.log(f"worker-{number}"), f"worker {number}", worker)
        return worker

    def worker_command(self) -> list:
        return [PROGRAM, "work", "--config", self.config]

    def run(self, *arguments: object) -> str:
        result = subprocess.run(
            [str(PROGRAM), *map(str, arguments), "--config", str(self.config)], capture_output=True, text=True,
            env={**os.environ, "WORKER_KEY": "client"})
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

    def calls(self, key: str) -> dict:
        """What the provider has seen of the calls with a key."""
        return self.simulator_statistics()["keys"].get(key, {"requests": 0, "ok": 0, "in_flight": 0})

    def stop(self, keep_logs: bool = False) -> None:
        # The workers first: they have a word for the broker.
        for workers in (True, False):
            for process in self.processes:
                if process.poll() is None and (process.args[1] == "work") == workers:
                    process.send_signal(signal.SIGTERM)
            for process in self.processes:
                if (process.args[1] == "work") == workers:
                    self.end(process)
        if keep_logs:
            print(f"the logs are in {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    @staticmethod
    def end(process: subprocess.Popen, stop: bool = False) -> None:
        if stop:
            process.send_signal(signal.SIGTERM)
        try:
            # A worker takes its drain timeout and, if the group is sharing out partitions, up to a minute more.
            process.wait(100)
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


def write_questions(path: Path, texts: list[str]) -> list[str]:
    """Writes an envelope a text, and returns their ids."""
    with path.open("w") as file:
        for number, text in enumerate(texts):
            file.write(f'{{"id":"request-{number}","messages":[{{"role":"user","content":"{text}"}}]}}\n')
    return [f"request-{number}" for number in range(len(texts))]


def report(title: str, figures: dict) -> None:
    table(title, figures)
    print(json.dumps(figures, separators=(",", ":")))


def table(title: str, figures: dict) -> None:
    width = max(map(len, figures))
    print(title)
    for name, value in figures.items():
        value = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
        print(f"  {name:{width}}  {value}")


def main(drill) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        drill()
    except DrillFailure as failure:
        sys.exit(f"drill failed: {failure}")
