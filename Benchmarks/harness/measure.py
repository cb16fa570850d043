"""One measurement: a fresh broker, one side, a warm-up, then the full-speed and the open-loop phase."""

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import BenchmarkError, Process, accepts, busy_percent, free_port, wait_until
from sides import PROGRAMS, REQUESTS, RESPONSES, TOPICS, Side, command

PARTITIONS = 16
WARM_UP = 500
ANSWER = "The second train catches up after the same answer every time."
COMPLETION = {
    "id": "chatcmpl-benchmark", "object": "chat.completion", "created": 1700000000, "model": "bench",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}, "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 72, "completion_tokens": 12, "total_tokens": 84},
}
NGINX = """\
daemon off; master_process off; pid nginx.pid; error_log error.log warn;
events {{ worker_connections 8192; }}
http {{
    access_log off; default_type application/json; keepalive_requests 100000000; keepalive_timeout 600s;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{body}'; }} }}
}}
"""

SECRETS = {"BENCHMARK_API_KEY": "benchmark", "BENCHMARK_ENCRYPTION_KEY": "not a secret, for it is only the benchmark's"}


@dataclass(frozen=True)
class Settings:
    count: int
    rate: float
    rate_seconds: float
    switchyard: Path
    broker: list[str]  # the command that takes --topics, --partitions, --address-file


def start_provider(directory: Path) -> tuple[Process, str]:
    port = free_port()
    (directory / "nginx.conf").write_text(NGINX.format(port=port, body=json.dumps(COMPLETION, separators=(",", ":"))))
    process = Process("nginx", ["nginx", "-p", str(directory), "-c", "nginx.conf", "-e", "error.log"], directory)
    wait_until("the fixed-answer provider", process, lambda: accepts(port))
    return process, f"http://127.0.0.1:{port}/v1"


@contextmanager
def redis_for(side: Side, directory: Path):
    """The URL of a fresh Redis, or nothing for a side without."""
    if not side.has_redis:
        yield ""
        return
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with Process("redis", command, directory) as process:
        wait_until("Redis", process, lambda: accepts(port))
        yield f"redis://127.0.0.1:{port}"


def _load(brokers: str, side: Side, *, count: int, prefix: str, timeout_s: int, pids: list[int] = [], rate: float = 0) -> dict:
    arguments = [str(PROGRAMS / "load"), "--brokers", brokers, "--requests", REQUESTS, "--responses", RESPONSES,
                 "--count", str(count), "--prefix", prefix, "--expect", ANSWER, "--timeout-s", str(timeout_s)]
    if pids:
        arguments += ["--pids", ",".join(map(str, pids))]
    if rate:
        arguments += ["--rate", str(rate)]
    result = subprocess.run(arguments, capture_output=True, text=True)
    if result.returncode != 0:
        raise BenchmarkError(f"{side.name}, phase {prefix}: not every request was answered once and rightly:\n"
                             f"{result.stdout}{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def measure(side: Side, settings: Settings, base_url: str, directory: Path) -> dict:
    directory.mkdir(parents=True, exist_ok=True)
    background = busy_percent()
    address = directory / "broker.address"
    address.unlink(missing_ok=True)
    broker_command = [*settings.broker, "--topics", ",".join(TOPICS), "--partitions", str(PARTITIONS), "--address-file", str(address)]
    with Process("broker", broker_command, directory) as broker, redis_for(side, directory) as redis:
        wait_until("the broker's address", broker, lambda: address.exists() and address.read_text().strip())
        brokers = address.read_text().strip()
        worker_command = command(side, settings.switchyard, brokers, base_url, redis, directory)
        with Process(side.name, worker_command, directory, SECRETS) as worker:
            try:
                _load(brokers, side, count=WARM_UP, prefix="warm", timeout_s=60)
                time.sleep(0.5)
                idle_start, idle_from = worker.cpu_ms(), time.monotonic()
                time.sleep(1)
                idle_percent = (worker.cpu_ms() - idle_start) / (time.monotonic() - idle_from) / 10
                pids = worker.tree()
                full = _load(brokers, side, count=max(1, int(settings.count * side.share)), prefix="full", timeout_s=180, pids=pids)
                memory = worker.peak_memory_mb()
                if worker.tree() != pids:
                    raise BenchmarkError(f"{side.name} started or ended processes under load: its CPU time cannot be told")
                paced = _load(brokers, side, count=int(settings.rate * settings.rate_seconds), prefix="paced",
                              rate=settings.rate, timeout_s=120)
            except BenchmarkError as error:
                raise BenchmarkError(f"{error}\n{side.name} said:\n{worker.tail()}") from None
    return {
        "side": side.name,
        "requests": full["count"],
        "requests_per_s": full["requests_per_s"],
        "cpu_ms_per_request": full["cpu_ms"] / full["count"],
        "rss_mb": memory,
        "added_p50_ms": paced["latency_ms"]["p50"],
        "added_p99_ms": paced["latency_ms"]["p99"],
        # A side that falls behind the rate measures its queue, and the longer the run the more of it.
        "sustained": paced["seconds"] < settings.rate_seconds + 0.5,
        "idle_cpu_percent": idle_percent,
        "background_cpu_percent": background,
        "phases": {"full": full, "paced": paced},
    }
