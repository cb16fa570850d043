"""WORKERS (8) share one key at RPM (600) requests and TPM (90,000) tokens a minute, which the provider enforces, for SECONDS (300) at saturation: nearly all of it
must be used, and hardly a call refused.

With KILLS a worker is killed so often on the way, and another started. LEASES=off has each call ask Redis.
"""

import os
import time

from fleet import Fleet
from stage import DrillFailure, Stage, cpu_seconds, main, report, write_questions


def drill() -> None:
    workers, rpm = int(os.environ.get("WORKERS", 8)), int(os.environ.get("RPM", 600))
    tpm = int(os.environ.get("TPM", 150 * rpm))
    seconds, kills = float(os.environ.get("SECONDS", 300)), int(os.environ.get("KILLS", 0))
    leases = os.environ.get("LEASES", "on")
    with Stage(
        partitions=4 * workers, worker="{max_in_flight: 400}", retry="{max_attempts: 20}",
        simulator=["--latency-range", "100-900", "--output-tokens", "140", "--requests-per-minute", rpm, "--tokens-per-minute", tpm],
        provider_limits=f"{{requests_per_minute: {rpm}, tokens_per_minute: {tpm}}}",
        limits=f"{{lease_ms: {500 if leases == 'on' else 0}}}"
    ) as stage:
        fleet = Fleet(stage)
        for newcomer in [fleet.add() for _ in range(workers)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        # All that can be answered meanwhile, and what is in hand beside it.
        write_questions(questions, [f"Question {number}?" for number in range(round(rpm * (seconds + 60) / 60) + workers * 200)])
        stage.run("submit", questions)
        # The provider's bucket is full at first, which is no part of what is to be measured.
        time.sleep(3)
        first, began = stage.simulator_statistics(), time.monotonic()
        cpu = {worker.name: cpu_seconds(worker.process) for worker in fleet.running}
        for _ in range(kills):
            time.sleep(seconds / (kills + 1))
            fleet.kill(fleet.busy()[0])
            fleet.add()
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        last, ended = stage.simulator_statistics(), time.monotonic()
        used = sum(cpu_seconds(worker.process) - cpu.get(worker.name, 0) for worker in fleet.running)
        refused = last["errors"]["throttled"] - first["errors"]["throttled"]
        admitted = last["requests"] - first["requests"] - refused
        fleet.end()
    minutes = (ended - began) / 60
    tokens = sum(last[name] - first[name] for name in ("prompt_tokens", "completion_tokens"))
    requests_ratio, tokens_ratio = admitted / (rpm * minutes), tokens / (tpm * minutes)
    figures = {
        "workers": workers,
        "used_ratio": round(max(requests_ratio, tokens_ratio), 4),
        "ratio_429": round(refused / max(1, admitted), 5),
        "leases": leases,
        "requests_used": round(requests_ratio, 4),
        "tokens_used": round(tokens_ratio, 4),
        "requests_per_minute": rpm,
        "tokens_per_minute": tpm,
        "admitted": admitted,
        "refused": refused,
        "kills": kills,
        "cpu_ms_per_request": round(used * 1_000 / max(1, admitted), 3),
        "seconds": round(ended - began, 1),
    }
    report("quota drill: one key, many workers", figures)
    least = float(os.environ.get("LEAST", 0.97 if kills == 0 else 0.9))
    if figures["used_ratio"] < least or figures["ratio_429"] > 0.001:
        raise DrillFailure(f"{figures['used_ratio']} of the quota was used, and {figures['ratio_429']} of the calls were refused")


main(drill)
