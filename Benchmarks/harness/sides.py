"""What is measured: how each side is started, and how many requests it gets."""

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / ".build" / "bench"
REQUESTS, RESPONSES = "bench.requests", "bench.responses"
TOPICS = [REQUESTS, RESPONSES, "bench.dead-letter", "bench.chunks"]
CONCURRENCY = 256
# The mock cluster holds a fetch that found nothing for its full wait, even when a message comes; so the wait is short.
FETCH_WAIT_MS = 2


@dataclass(frozen=True)
class Side:
    name: str
    title: str
    share: float  # of N: the slow ones get fewer
    has_redis: bool = False

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("ours")


SIDES = [
    Side("ours", "Switchyard", 1),
    Side("ours-ledger", "Switchyard, ids and paid results in Redis", 1, has_redis=True),
    Side("ours-features", "Switchyard, that, limits and the cache", 1, has_redis=True),
    Side("ours-exactly-once", "Switchyard, that and exactly_once", 1, has_redis=True),
    Side("floor", "floor (C)", 1),
    Side("aiohttp", "aiokafka + aiohttp", 1),
    Side("tensorzero", "aiokafka + TensorZero embedded", 1),
    Side("openai", "aiokafka + openai SDK", 0.5),
    Side("litellm", "aiokafka + LiteLLM Router", 0.2),
]

OURS_CONFIGURATION = """\
kafka:
  bootstrap.servers: {brokers}
  consumer: {{group.id: switchyard, auto.offset.reset: earliest, fetch.wait.max.ms: {fetch_wait}}}
  producer: {{linger.ms: 5}}
topics:
  requests: {requests}
  responses: {responses}
  dead_letter: bench.dead-letter
  chunks: bench.chunks
  events: ""
  retry: []
  create: false
worker: {{max_in_flight: {concurrency}, commit_interval_ms: 1000, log_level: warning, delivery: {delivery}}}
redis: {{url: "{redis}"}}
providers:
  local: {{kind: openai, base_url: "{base_url}", api_key: env:BENCHMARK_API_KEY{limits}}}
models:
  bench: {{provider: local, model: bench}}
{more}"""

# Nothing of it holds anything back, and no answer is in the cache yet: what it costs to look.
FEATURES = """\
tenants: {default: {limits: {requests_per_minute: 10000000, tokens_per_minute: 10000000000}}}
cache: {mode: all}
encryption: {key: env:BENCHMARK_ENCRYPTION_KEY}
"""


def command(side: Side, switchyard: Path, brokers: str, base_url: str, redis: str, directory: Path) -> list[str]:
    topics = ["--brokers", brokers, "--requests", REQUESTS, "--responses", RESPONSES]
    limits = ["--concurrency", str(CONCURRENCY), "--fetch-wait-ms", str(FETCH_WAIT_MS)]
    if side.is_ours:
        file = directory / "switchyard.yaml"
        file.write_text(OURS_CONFIGURATION.format(
            brokers=brokers, fetch_wait=FETCH_WAIT_MS, requests=REQUESTS, responses=RESPONSES,
            concurrency=CONCURRENCY, base_url=base_url, redis=redis,
            limits=", limits: {requests_per_minute: 10000000, tokens_per_minute: 10000000000}" if side.name == "ours-features" else "",
            more=FEATURES if side.name == "ours-features" else "",
            delivery="exactly_once" if side.name == "ours-exactly-once" else "at_least_once"))
        return [str(switchyard), "work", "--config", str(file)]
    if side.name == "floor":
        return [str(PROGRAMS / "floor"), *topics, "--url", f"{base_url}/chat/completions", *limits]
    worker = ROOT / "Benchmarks" / "peers" / "worker.py"
    return [sys.executable, str(worker), side.name, *topics, "--base-url", base_url, *limits]
