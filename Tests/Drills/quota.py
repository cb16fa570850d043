"""Workers share one key at RPM (600) requests and TPM (150 for each request) tokens a minute, which the provider enforces, for SECONDS
(300) at saturation: nearly all of it must be used (LEAST, 0.97), and hardly a call refused.

A round for each number of WORKERS (1,4,8) and each of LEASES (on,off; off has each call ask Redis); and one with the most workers, of
which KILLS (4) are killed on the way and replaced. AT_ONCE (7) rounds run side by side.

The provider lets no more come at once than QUOTA_BURST_S (5) seconds' worth. A limiter that counts by whole minutes would not do.
"""

import json
import os
import random
import subprocess
import sys
import time

from fleet import Fleet
from rounds import run_rounds, table_of
from shared_key import KEY, OUTPUT_MEDIAN, Limits, Reading
from stage import DrillFailure, Stage, cpu_seconds, main, write_questions

LIMITS = Limits.of_environment()
SECONDS = float(os.environ.get("SECONDS", 300))
LEAST = float(os.environ.get("LEAST", 0.97))
# Until all workers have work, and know what answers take.
WARM_UP_S = 5


def run(workers: int, leases: str, kills: int) -> dict:
    with Stage(
        partitions=4 * workers, key=KEY, provider_limits=LIMITS.of_provider(), limits=f"{{lease_ms: {500 if leases == 'on' else 0}}}",
        simulator=["--latency-range", "100-900", "--output-tokens", OUTPUT_MEDIAN,
                   *LIMITS.of_simulator(float(os.environ.get("QUOTA_BURST_S", 5)))],
        worker="{max_in_flight: 400, drain_timeout_s: 2}", retry="{max_attempts: 20}"
    ) as stage:
        fleet = Fleet(stage)
        for newcomer in [fleet.add() for _ in range(workers)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        # All that can be answered meanwhile, and what is in hand beside it.
        write_questions(questions, LIMITS.questions(round(LIMITS.requests * (SECONDS + 60) / 60) + workers * 200))
        stage.run("submit", questions)
        time.sleep(WARM_UP_S)
        with CountedAsks(stage) as asks:
            first = Reading.of(stage)
            cpu = {worker.name: cpu_seconds(worker.process) for worker in fleet.running}
            for _ in range(kills):
                time.sleep(SECONDS / (kills + 1))
                fleet.kill(random.choice(fleet.running))
                fleet.add()
            time.sleep(max(0.0, first.time + SECONDS - time.monotonic()))
            last = Reading.of(stage)
            used = sum(cpu_seconds(worker.process) - cpu.get(worker.name, 0) for worker in fleet.running)
        fleet.end()
    admitted = last.quota["admitted"] - first.quota["admitted"]
    return {
        "workers": workers,
        "leases": leases,
        "kills": kills,
        "used_ratio": round(last.used_ratio(LIMITS, first), 4),
        # Of all calls since the start.
        "ratio_429": round(last.quota["refused"] / (last.quota["refused"] + last.quota["admitted"]), 5),
        "fullest_minute": round(LIMITS.fullest_minute(last.quota), 4),
        "overshoot": round(LIMITS.overshoot(last.quota), 4),
        "requests": admitted,
        "cpu_ms_per_request": round(used * 1_000 / max(1, admitted), 3),
        "limiter_asks_per_request": round(asks.count / max(1, admitted), 3),
        "seconds": round(last.time - first.time, 1),
    }


class CountedAsks:
    """Counts the scripts that limiters run in Redis, by its MONITOR."""

    def __init__(self, stage: Stage):
        self.path = stage.directory / "monitor.txt"
        self.command = ["redis-cli", "-p", str(stage.redis_port), "MONITOR"]

    def __enter__(self) -> "CountedAsks":
        with self.path.open("w") as file:
            self.process = subprocess.Popen(self.command, stdout=file)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        with self.path.open() as lines:
            self.count = sum('"EVALSHA"' in line.upper() and "sy:{limits:" in line for line in lines)


def drill() -> None:
    if len(sys.argv) > 1:
        workers, leases, kills = sys.argv[1:]
        return print(json.dumps(run(int(workers), leases, int(kills))))
    numbers = [int(word) for word in os.environ.get("WORKERS", "1,4,8").split(",")]
    leases = os.environ.get("LEASES", "on,off").split(",")
    kills = int(os.environ.get("KILLS", 4))
    rounds = [[number, kind, 0] for kind in leases for number in numbers]
    if kills > 0:
        rounds.append([max(numbers), leases[0], kills])
    runs = run_rounds(rounds, at_once=int(os.environ.get("AT_ONCE", 7)))
    table_of(f"quota drill: one key at {LIMITS.requests:,} requests and {LIMITS.tokens:,} tokens a minute", runs)
    worst = min(runs, key=lambda figures: figures["used_ratio"])
    last = {name: worst[name] for name in ("workers", "used_ratio", "ratio_429", "leases")}
    last["ratio_429"] = max(figures["ratio_429"] for figures in runs)
    last["overshoot"] = max(figures["overshoot"] for figures in runs)
    print(json.dumps({**last, "runs": runs}, separators=(",", ":")))
    broken = [
        f"{figures['workers']} workers, leases {figures['leases']}, {figures['kills']} kills: {figures['used_ratio']:.1%} used, "
        f"{figures['ratio_429']:.2%} refused, {figures['overshoot']:.1%} of the stated bound"
        for figures in runs if figures["used_ratio"] < LEAST or figures["ratio_429"] > 0.001 or figures["overshoot"] > 1
    ]
    if broken:
        raise DrillFailure("; ".join(broken))


main(drill)
