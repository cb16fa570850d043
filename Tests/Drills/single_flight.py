"""N (10,000) requests that ask the same come to WORKERS (8) workers at once, whose caches are empty: the provider is called once, and all
get its answer. In a second round the worker that calls is killed (SIGKILL) in the middle: another one calls, so it is twice.
"""

import os
import secrets

from fleet import Fleet
from results import results, wait_for_results
from stage import DrillFailure, Stage, main, report, write_questions

CACHE = """\
cache: {mode: all}
encryption: {key: env:DRILL_SECRET}
"""
# Longer than it takes until all requests wait for the answer.
LATENCY_MS = 4_000


def run(count: int, workers: int, kills: int) -> int:
    """Returns how often the provider was called."""
    with Stage(
        partitions=4 * workers, worker="{max_in_flight: 2000}", more=CACHE,
        simulator=["--latency-ms", LATENCY_MS, "--latency-sigma", "0", "--output-tokens", "20"]
    ) as stage:
        fleet = Fleet(stage)
        for newcomer in [fleet.add() for _ in range(workers)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        ids = write_questions(questions, ["What is the same for all?"] * count)
        stage.run("submit", questions)
        for _ in range(kills):
            leaders = fleet.busy()
            if len(leaders) > 1:
                raise DrillFailure(f"{len(leaders)} workers call at once")
            fleet.kill(leaders[0])
        read_results = lambda: results(stage, fleet, is_transactional=False, hides_aborted=False)
        wait_for_results(stage, fleet, ids, read_results)
        calls = stage.simulator_statistics()["requests"]
        fleet.end()
        return calls


def drill() -> None:
    count, workers = int(os.environ.get("N", 10_000)), int(os.environ.get("WORKERS", 8))
    os.environ["DRILL_SECRET"] = secrets.token_hex(32)
    figures = {
        "requests": count, "calls": run(count, workers, kills=0), "calls_with_leader_killed": run(count, workers, kills=1),
        "workers": workers
    }
    report("single-flight drill: all ask the same, nothing is cached", figures)
    if (figures["calls"], figures["calls_with_leader_killed"]) != (1, 2):
        raise DrillFailure("the provider was to be called once, and twice where the calling worker was killed")


main(drill)
