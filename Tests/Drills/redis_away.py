"""Redis goes away under load, while WORKERS (3) workers share one key at RPM (1,200) requests and TPM (150 for each) tokens a minute: it
is restarted with its data, paused for 10 seconds, killed for KILLED_S (60) seconds and back without its data, and full for FULL_S (20)
seconds.

What must hold: every request has one result, no more is sent in any time than the stated bound, limit and burst, and within RECOVERY_S (5)
seconds after Redis is back the quota is used again. FAULTS names those that are to happen, each in a round of its own, side by side.
"""

import json
import os
import secrets
import sys
import time

from fleet import Fleet
from results import count_events, read, results, wait_for_results
from rounds import run_rounds, table_of
from shared_key import KEY, OUTPUT_MEDIAN, Limits, Reading
from stage import DrillFailure, Stage, main, write_questions

LIMITS = Limits.of_environment(requests=1_200)
WARM_UP_S, BEFORE_S, AFTER_S = 5, 5, float(os.environ.get("AFTER_S", 20))
RECOVERY_S = float(os.environ.get("RECOVERY_S", 5))
# The quota counts as used when so much of it is used over so many seconds.
FULL_USE, WINDOW_S = 0.9, 3
SECONDS_AWAY = {
    "restarted": 0, "paused": 10, "killed": float(os.environ.get("KILLED_S", 60)), "full": float(os.environ.get("FULL_S", 20))
}


def run(fault: str) -> dict:
    workers, away = int(os.environ.get("WORKERS", 3)), SECONDS_AWAY[fault]
    with Stage(
        partitions=4 * workers, key=KEY, provider_limits=LIMITS.of_provider(), worker="{max_in_flight: 400}", retry="{max_attempts: 20}",
        redis=("--appendonly", "yes" if fault == "restarted" else "no"),
        simulator=["--latency-range", "100-900", "--output-tokens", OUTPUT_MEDIAN, *LIMITS.of_simulator(burst_s=60)],
        # It has no answer for any of them, and is asked for each.
        more="cache: {mode: all}\nencryption: {key: env:DRILL_SECRET}\n"
    ) as stage:
        fleet = Fleet(stage)
        for newcomer in [fleet.add() for _ in range(workers)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        count = round(LIMITS.requests / 60 * (WARM_UP_S + BEFORE_S + away + AFTER_S))
        ids = write_questions(questions, LIMITS.questions(count))
        stage.run("submit", questions)
        time.sleep(WARM_UP_S)
        first = Reading.of(stage)
        time.sleep(BEFORE_S)
        gone = Reading.of(stage)
        happen(fault, stage, away)
        back = Reading.of(stage)
        recovered = seconds_until_used(stage, back)
        read_results = lambda: results(stage, fleet, is_transactional=False, hides_aborted=False)
        wait_for_results(stage, fleet, ids, read_results)
        seen, quota = read_results(), Reading.of(stage).quota
        figures = {
            "fault": fault,
            "away_s": round(back.time - gone.time, 1),
            "requests": count,
            "lost": len(seen.lost(ids)),
            "doubled": seen.doubled,
            "failed": len(read(stage, f"{stage.prefix}.dead-letter")),
            # Event loops that went on by themselves.
            "degraded": count_events(stage, "limits.degraded"),
            "used_before": round(gone.used_ratio(LIMITS, first), 3),
            "used_away": round(back.used_ratio(LIMITS, gone), 3) if away else 0.0,
            "recovered_s": recovered,
            "overshoot": round(LIMITS.overshoot(quota), 4),
            "refused": quota["refused"],
        }
        fleet.end()
        stage.keeps_logs = broken(figures) != []
        return figures


def happen(fault: str, stage: Stage, away: float) -> None:
    """Lets a fault happen, and returns when it is over."""
    if fault == "restarted":
        stage.restart_redis()
    elif fault == "paused":
        stage.redis_says("CLIENT", "PAUSE", round(away * 1_000), "ALL")
        time.sleep(away)
    elif fault == "killed":
        stage.redis.kill()
        stage.redis.wait()
        time.sleep(away)
        stage.redis = stage.start("redis", stage.redis_command)
    else:
        # A megabyte of room, and more than that in it.
        used = int(dict(line.split(":") for line in stage.redis_says("INFO", "memory").splitlines() if ":" in line)["used_memory"])
        stage.redis_says("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", used + 1_000_000)
        stage.redis_says("EVAL", "return redis.call('SET', KEYS[1], string.rep('x', 8000000))", 1, "filler")
        time.sleep(away)
        stage.redis_says("CONFIG", "SET", "maxmemory", 0)


def seconds_until_used(stage: Stage, back: Reading) -> float:
    """Seconds after which the quota is used again."""
    readings = [back]
    while readings[-1].time < back.time + AFTER_S:
        time.sleep(0.1)
        readings.append(Reading.of(stage))
        begin = next((reading for reading in reversed(readings) if reading.time <= readings[-1].time - WINDOW_S), None)
        if begin and readings[-1].used_ratio(LIMITS, begin) >= FULL_USE:
            return round(begin.time - back.time, 1)
    return AFTER_S


def broken(figures: dict) -> list[str]:
    promises = [
        (figures["lost"] == 0, f"{figures['lost']} requests were lost"),
        (figures["doubled"] == 0, f"{figures['doubled']} results were published twice"),
        (figures["failed"] == 0, f"{figures['failed']} requests failed"),
        (figures["overshoot"] <= 1, f"{figures['overshoot']:.1%} of the stated bound were sent"),
        (figures["recovered_s"] <= RECOVERY_S, f"the quota was not used again for {figures['recovered_s']} s"),
    ]
    return [f"{figures['fault']}: {words}" for holds, words in promises if not holds]


def drill() -> None:
    os.environ.setdefault("DRILL_SECRET", secrets.token_hex(32))
    if len(sys.argv) > 1:
        return print(json.dumps(run(sys.argv[1])))
    faults = os.environ.get("FAULTS", ",".join(SECONDS_AWAY)).split(",")
    if any(fault not in SECONDS_AWAY for fault in faults):
        raise DrillFailure(f"FAULTS must be some of {', '.join(SECONDS_AWAY)}")
    runs = run_rounds([[fault] for fault in faults], at_once=len(faults))
    table_of(f"Redis drill: one key at {LIMITS.requests:,} requests and {LIMITS.tokens:,} tokens a minute", runs)
    last = {"lost": sum(row["lost"] for row in runs), "overshoot": max(row["overshoot"] for row in runs), "runs": runs}
    print(json.dumps(last, separators=(",", ":")))
    reasons = [reason for row in runs for reason in broken(row)]
    if reasons:
        raise DrillFailure("; ".join(reasons))


main(drill)
