"""Workers are killed (SIGKILL) at random moments while they work, and replaced: no request is lost.

N (20,000 unless given) requests, KILLS (5) kills, two workers at a time. What was in flight at a kill is asked again; everything else that
is answered twice is counted and must not be more than that.
"""

import os
import random
import signal
import time

from stage import DrillFailure, Stage, main, report


def drill() -> None:
    count, kills, limit = int(os.environ.get("N", 20_000)), int(os.environ.get("KILLS", 5)), 200
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    chance = random.Random(seed)
    with Stage(partitions=16, simulator=["--latency-ms", "100"], worker=f"{{max_in_flight: {limit}, commit_interval_ms: 1000}}") as stage:
        workers = [stage.start_worker(number) for number in (1, 2)]
        questions, answers = stage.directory / "questions.jsonl", stage.directory / "answers.jsonl"
        with questions.open("w") as file:
            for number in range(count):
                file.write(f'{{"id":"request-{number}","messages":[{{"role":"user","content":"Question number {number}?"}}]}}\n')
        stage.run("submit", questions)
        for number in range(kills):
            time.sleep(chance.uniform(0.2, 3))
            workers.pop(0).send_signal(signal.SIGKILL)
            workers.append(stage.start(f"worker-{number + 3}", stage.worker_command()))
        summary = stage.run("collect", "--submitted", questions, "--output", answers, "--timeout", 60)
        provider = stage.simulator_statistics()
        answered = sum(1 for _ in answers.open())
        paid_twice = provider["repeated_ok"]
        print(summary.strip())
        report("crash drill: workers killed while they worked", {
            "requests": count,
            "kills": kills,
            "seed": seed,
            "answered": answered,
            "lost": count - answered,
            "paid_twice": paid_twice,
            "in_flight_at_kills": kills * limit,
        })
        if answered != count:
            raise DrillFailure(f"{count - answered} requests were lost")
        if paid_twice > kills * limit:
            raise DrillFailure(f"{paid_twice} calls were paid for twice, more than were in flight")


main(drill)
