"""As many requests in flight at once as are asked for, in one worker, at a provider that takes a second.

N (10,000 unless given) is both the worker's max_in_flight and what the provider must see at the same time.
"""

import os
import re
import time

from stage import DrillFailure, Stage, check_answers, cpu_seconds, main, memory_mb, report, write_questions


def drill() -> None:
    limit = int(os.environ.get("N", 10_000))
    count = limit * 3
    # The provider's answers take long enough for all calls to begin, on a machine of any speed.
    with Stage(partitions=32, simulator=["--latency-ms", "1000", "--latency-sigma", "0"], worker=f"{{max_in_flight: {limit}}}") as stage:
        worker = stage.start_worker(1)
        at_rest = memory_mb(worker)
        questions, answers = stage.directory / "questions.jsonl", stage.directory / "answers.jsonl"
        ids = write_questions(questions, [f"Question number {number}?" for number in range(count)])
        began = time.monotonic()
        cpu = cpu_seconds(worker)
        stage.run("submit", questions)
        stage.run("collect", "--submitted", questions, "--in-order", "--output", answers, "--timeout", 60)
        seconds = time.monotonic() - began
        cpu = cpu_seconds(worker) - cpu
        check_answers(answers, ids)
        peak = stage.simulator_statistics()["peak_in_flight"]
        memory = memory_mb(worker)
        Stage.end(worker, stop=True)
        at_worker = int(re.search(r"peak_in_flight=(\d+)", stage.log("worker-1")).group(1))
        report("in-flight drill: one worker", {
            "max_in_flight": limit,
            "requests": count,
            "peak_in_flight": at_worker,
            "peak_at_provider": peak,
            "rss_mb": round(memory, 1),
            "rss_at_rest_mb": round(at_rest, 1),
            "seconds": round(seconds, 2),
            "requests_per_s": round(count / seconds, 1),
            "worker_cpu_ms_per_request": round(cpu * 1000 / count, 4),
        })
        if at_worker != limit or peak < limit * 0.95:
            raise DrillFailure(f"the worker had at most {at_worker} requests at once, and the provider saw {peak}, of {limit}")


main(drill)
