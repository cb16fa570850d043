"""The same limit of requests and tokens a minute, kept to by WORKERS (4) processes that share it through Redis: Switchyard, and LiteLLM's
Router. The simulated provider enforces it. Tells how much of it was used in SECONDS (180), how often the provider refused, how much more
than the limit was sent in any minute, and the CPU time of a request.

Switchyard's CPU time includes Kafka, the peers' does not.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DRILLS = ROOT / "Tests" / "Drills"
sys.path.insert(0, str(DRILLS))

from rounds import table_of  # noqa: E402
from shared_key import KEY, OUTPUT_MEDIAN, Limits, Reading  # noqa: E402
from stage import DrillFailure, Stage, cpu_seconds, main  # noqa: E402

LIMITS = Limits.of_environment()
WORKERS, SECONDS = int(os.environ.get("WORKERS", 4)), float(os.environ.get("SECONDS", 180))
# As OpenAI lets it be: a minute's worth may come at once. Less would be unkind to whoever counts by minutes.
QUOTA_BURST_S = float(os.environ.get("QUOTA_BURST_S", 60))
WARM_UP_S = 5
# Calls at once of each process.
CONCURRENCY = 64
PEERS = {"LiteLLM, usage-based-routing-v2": "usage-based-routing-v2", "LiteLLM, enforce_model_rate_limits": "simple-shuffle"}


def measure_ours(leases: str) -> dict:
    result = subprocess.run(
        [sys.executable, DRILLS / "quota.py", str(WORKERS), leases, "0"], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "SECONDS": str(SECONDS), "QUOTA_BURST_S": str(QUOTA_BURST_S)})
    if result.returncode != 0:
        raise DrillFailure(f"the quota drill ended with {result.returncode}")
    figures = json.loads(result.stdout.splitlines()[-1])
    return {"side": f"Switchyard, leases {leases}", **{name: figures[name] for name in COLUMNS}}


COLUMNS = ["used_ratio", "ratio_429", "fullest_minute", "requests", "cpu_ms_per_request"]


def measure_peer(name: str, strategy: str) -> dict:
    with Stage(
        partitions=1, worker="{}", key=KEY,
        simulator=["--latency-range", "100-900", "--output-tokens", OUTPUT_MEDIAN, *LIMITS.of_simulator(QUOTA_BURST_S)]
    ) as stage:
        peers = [
            stage.start(f"peer-{number}", [
                sys.executable, ROOT / "Benchmarks" / "peers" / "limited.py", "--base-url", f"http://127.0.0.1:{stage.simulator_port}/v1",
                "--strategy", strategy, "--redis-port", stage.redis_port, "--rpm", LIMITS.requests, "--tpm", LIMITS.tokens,
                "--concurrency", CONCURRENCY, "--number", number])
            for number in range(WORKERS)]
        for number, peer in enumerate(peers):
            stage.wait(lambda: "ready" in stage.log(f"peer-{number}"), f"peer {number}", peer)
        time.sleep(WARM_UP_S)
        first, cpu = Reading.of(stage), sum(map(cpu_seconds, peers))
        time.sleep(SECONDS)
        last, used = Reading.of(stage), sum(map(cpu_seconds, peers)) - cpu
        if any(peer.poll() is not None for peer in peers):
            raise DrillFailure(f"a peer has ended\n{stage.tails()}")
    admitted = last.quota["admitted"] - first.quota["admitted"]
    return {
        "side": name,
        "used_ratio": round(last.used_ratio(LIMITS, first), 4),
        "ratio_429": round(last.quota["refused"] / max(1, last.quota["refused"] + last.quota["admitted"]), 5),
        "fullest_minute": round(LIMITS.fullest_minute(last.quota), 4),
        "requests": admitted,
        "cpu_ms_per_request": round(used * 1_000 / max(1, admitted), 3),
    }


def compare() -> None:
    rows = [measure_ours("on"), measure_ours("off"), *(measure_peer(name, strategy) for name, strategy in PEERS.items())]
    table_of(f"{WORKERS} processes, one key at {LIMITS.requests:,} requests and {LIMITS.tokens:,} tokens a minute", rows)
    print(json.dumps({"workers": WORKERS, "seconds": SECONDS, "sides": rows}, separators=(",", ":")))


main(compare)
