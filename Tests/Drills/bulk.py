"""Many requests, two workers: none missing, none doubled, the answers in the order of the questions.

N (100,000 unless given) requests to a simulator with a median latency of 200 ms.
"""

import os
import time

from stage import Stage, check_answers, cpu_seconds, main, memory_mb, report, write_questions


def drill() -> None:
    count = int(os.environ.get("N", 100_000))
    with Stage(partitions=32, simulator=["--latency-ms", "200"], worker="{max_in_flight: 1000}") as stage:
        workers = [stage.start_worker(number) for number in (1, 2)]
        questions, answers = stage.directory / "questions.jsonl", stage.directory / "answers.jsonl"
        ids = write_questions(questions, [f"Question number {number}?" for number in range(count)])
        began = time.monotonic()
        cpu = sum(map(cpu_seconds, workers))
        stage.run("submit", questions)
        summary = stage.run("collect", "--submitted", questions, "--in-order", "--output", answers, "--timeout", 60)
        seconds = time.monotonic() - began
        cpu = sum(map(cpu_seconds, workers)) - cpu
        check_answers(answers, ids)
        provider = stage.simulator_statistics()
        print(summary.strip())
        report("bulk drill: every request answered once, in order", {
            "requests": count,
            "provider_calls": provider["requests"],
            "seconds": round(seconds, 2),
            "requests_per_s": round(count / seconds, 1),
            "worker_cpu_ms_per_request": round(cpu * 1000 / count, 4),
            "worker_rss_mb": round(max(map(memory_mb, workers)), 1),
            "missing": 0,
            "doubled": provider["requests"] - count,
        })


main(drill)
