"""One request takes SLOW_S (60 unless given) seconds, N (20,000) requests stand behind it on the same partition: they do not wait for it.

At half of its time the worker is stopped and another started: with SIGTERM, and in a second round with SIGKILL. What is done behind the
slow request has been committed in the commit's metadata, so that only the slow one is asked again.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from fleet import Fleet
from results import read
from stage import DrillFailure, Stage, main, report, write_questions


def run(stop: signal.Signals, count: int, slow_seconds: float) -> dict:
    with Stage(
        partitions=1, topics=["llm.requests"], simulator=["--latency-ms", "50", "--output-tokens", "1"], worker="{drain_timeout_s: 1}"
    ) as stage:
        fleet = Fleet(stage)
        first = fleet.add()
        fleet.wait_until_joined(first)
        questions = stage.directory / "questions.jsonl"
        slow, *others = write_questions(
            questions, [f"[latency {slow_seconds * 1000:.0f}] a long story", *(f"Question number {number}?" for number in range(count))])
        produce(stage, questions)
        stage.wait(lambda: stage.calls(first.name)["in_flight"] > 0, "the first call", first.process)
        time.sleep(slow_seconds / 2)
        calls_before = stage.simulator_statistics()["requests"]
        if stop == signal.SIGKILL:
            fleet.kill(first)
        else:
            first.process.send_signal(stop)
            fleet.stage.end(first.process)
        second = fleet.add()
        stage.wait(lambda: slow in times(stage), "the slow request's response", second.process, seconds=slow_seconds + 90)
        fleet.end()
        arrivals = times(stage)
        missing = [name for name in [slow, *others] if name not in arrivals]
        if missing:
            raise DrillFailure(f"{len(missing)} requests have no response, as {missing[0]}")
        return {
            "calls_before_restart": calls_before,
            "calls": stage.simulator_statistics()["requests"],
            # The slow one's second call, and what was in flight beside it at a kill.
            "calls_allowed": count + 1 + max(1, fleet.in_flight_at_kills),
            "responses": sum(map(len, arrivals.values())),
            "others_before_slow_s": round((arrivals[slow][0] - max(arrivals[name][0] for name in others)) / 1000, 1),
            "broker": stage.broker_name,
        }


def produce(stage: Stage, questions: Path) -> None:
    """Sends the requests without `submit`, which would wait for the slow one: it sees to it that the embedded broker's partitions are not
    too full, and takes what has come after the slow one for undone.
    """
    lines = "".join(f"{json.loads(line)['id']}\t{line}" for line in questions.open())
    command = ["kcat", "-b", stage.brokers, "-P", "-t", f"{stage.prefix}.requests", "-p", "0", "-K", "\t"]
    result = subprocess.run(command, input=lines, capture_output=True, text=True)
    if result.returncode != 0:
        raise DrillFailure(f"kcat cannot send the requests: {result.stderr[-2_000:]}")


def times(stage: Stage) -> dict[str, list[int]]:
    """When each request was answered, in milliseconds since 1970."""
    arrivals: dict[str, list[int]] = {}
    for message in read(stage, f"{stage.prefix}.responses"):
        arrivals.setdefault(message.key, []).append(message.timestamp)
    return arrivals


def drill() -> None:
    count, slow_seconds = int(os.environ.get("N", 20_000)), float(os.environ.get("SLOW_S", 60))
    rounds = {stop.name: run(stop, count, slow_seconds) for stop in (signal.SIGTERM, signal.SIGKILL)}
    figures = {"requests": count + 1, "slow_s": slow_seconds, "broker": rounds["SIGTERM"].pop("broker")}
    for name, values in rounds.items():
        values.pop("broker", None)
        figures |= {f"{name.lower()}_{key}": value for key, value in values.items()}
    report("head-of-line drill: one slow request, and the others behind it on its partition", figures)
    for name, values in rounds.items():
        if not count + 2 <= values["calls"] <= values["calls_allowed"]:
            raise DrillFailure(f"{name}: {values['calls']} calls, not {values['calls_allowed']}: only the slow one was to be asked again")
        if values["others_before_slow_s"] <= 0:
            raise DrillFailure(f"{name}: other requests were answered only after the slow one")


main(drill)
