"""Workers join and leave all the time while they work: EVENTS (20 unless given) times a worker joins, is stopped (SIGTERM) or, one in four,
killed (SIGKILL), some of them while the group shares out its partitions because of another. No request of N (20,000) is lost, and the
provider is paid for no more calls than there are requests and calls in flight at the moments of the kills.

What happens when is drawn from SEED, which is printed. Delivery is at_least_once: what is answered twice is counted.
"""

import os
import random
import signal
import time

from fleet import Fleet
from results import paid, results, wait_for_results
from stage import DrillFailure, Stage, main, report, write_questions

LEAST, MOST = 2, 4
# Seconds between two events: as long as a rebalance may take, or less, so that the next comes in the middle of it.
PAUSES = [(0.2, 2.0), (6.0, 9.0)]
MEAN_PAUSE = 4.3
# Seconds that the provider takes, on average.
LATENCY = 0.5


def drill() -> None:
    count, events = int(os.environ.get("N", 20_000)), int(os.environ.get("EVENTS", 20))
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    chance = random.Random(seed)
    print(f"SEED={seed}")
    # With this limit the least workers have work as long as there are events.
    limit = max(1, round(count * LATENCY / (LEAST * events * MEAN_PAUSE)))
    with Stage(
        partitions=32, simulator=["--latency-ms", str(LATENCY * 1000), "--output-tokens", "5"], worker=f"{{max_in_flight: {limit}}}"
    ) as stage:
        fleet = Fleet(stage)
        for newcomer in [fleet.add() for _ in range(LEAST)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        ids = write_questions(questions, [f"Question number {number}?" for number in range(count)])
        stage.run("submit", questions)
        happened = dict.fromkeys(["joined", "stopped", "killed"], 0)
        leaving = []
        for _ in range(events):
            time.sleep(chance.uniform(*chance.choice(PAUSES)))
            staying = [worker for worker in fleet.running if worker not in leaving]
            if len(staying) <= LEAST or len(staying) < MOST and chance.random() < 0.5:
                fleet.add()
                happened["joined"] += 1
            elif 3 * happened["killed"] <= happened["stopped"]:
                fleet.kill(chance.choice([worker for worker in staying if stage.calls(worker.name)["in_flight"] > 0] or staying))
                happened["killed"] += 1
            else:
                # The newest one is often still joining.
                leaver = staying[-1] if chance.random() < 0.5 else chance.choice(staying)
                # Before it says anything it knows no signals.
                stage.wait(lambda: stage.log(leaver.name) != "", leaver.name, leaver.process)
                leaver.process.send_signal(signal.SIGTERM)
                leaving.append(leaver)
                happened["stopped"] += 1
        read_results = lambda: results(stage, fleet, is_transactional=False, hides_aborted=False)
        wait_for_results(stage, fleet, ids, read_results)
        fleet.end()
        seen, provider = read_results(), stage.simulator_statistics()
        figures = {
            "requests": count,
            "lost": len(seen.lost(ids)),
            "doubled": seen.doubled,
            "paid": paid(provider),
            "paid_allowed": count + fleet.in_flight_at_kills,
            **happened,
            "workers": len(fleet.workers),
            "workers_with_calls": sum(counts["requests"] > 0 for counts in provider["keys"].values()),
            "max_in_flight": limit,
            "broker": stage.broker_name,
            "seed": seed,
        }
        report("rebalance drill: workers join and leave while they work", figures)
        if figures["lost"] > 0:
            raise DrillFailure(f"{figures['lost']} requests were lost")
        if figures["paid"] > figures["paid_allowed"]:
            raise DrillFailure(f"{figures['paid']} calls were paid for, and only {figures['paid_allowed']} could be")


main(drill)
