"""Everything fails while three workers work: workers are killed (SIGKILL) and replaced, brokers answer with errors, leaders and coordinators
move, a broker goes down, Redis is killed and started again with its data, and a tenth of the provider's answers are errors.

N (50,000 unless given) requests over 32 partitions; KILLS (8) kills; MODE at_least_once, exactly_once or both. What happens when is drawn
from SEED, which is printed. What must hold: every request has a result; in exactly_once no request has two for a reader of committed
transactions; and the provider is paid for no more calls, those that a killed worker has left included, than there are requests and calls
in flight at the moments of the kills.

With BROKERS=host:port a reader of committed transactions decides what counts, as on Apache Kafka. READ_COMMITTED=0 is for brokers that
show aborted records to everyone: there the workers' logs decide.
"""

import json
import os
import random
import re
import time

from fleet import Fleet
from results import Results, paid, read, results, wait_for_results
from stage import DrillFailure, Stage, main, table, write_questions

WORKERS = 3
# Seconds between two events, on average.
PACE = 1.75
BROKER_FAULTS = [
    "fail produce not-leader 3",
    "fail produce request-timed-out 3",
    "fail fetch not-leader 5",
    "fail heartbeat not-coordinator 1",
    "leader {requests} {partition} {node}",
    "leader {responses} {partition} {node}",
    "coordinator {group} {node}",
    "down {node}",
]
FAULTS = {
    "at_least_once": ["fail offset-commit request-timed-out 2", "fail offset-commit not-coordinator 2"],
    "exactly_once": [
        "fail add-partitions-to-txn concurrent-transactions 3",
        "fail add-offsets-to-txn not-coordinator 1",
        "fail txn-offset-commit not-coordinator 1",
        "fail txn-offset-commit illegal-generation 1",
        "fail end-txn not-coordinator 1",
        "fail end-txn invalid-producer-epoch 1",
    ],
}


def run(mode: str, count: int, kills: int, seed: int) -> tuple[dict, list[str]]:
    """Returns the figures, and which promises were broken."""
    chance = random.Random(seed)
    events = draw_events(mode, kills, chance)
    # A call takes a second on average: with this limit there is work as long as there are events.
    limit = max(1, round(count / (WORKERS * len(events) * PACE)))
    with Stage(
        partitions=32, brokers=3, redis=("--appendonly", "yes", "--appendfsync", "always"),
        simulator=["--latency-range", "1-2000", "--error-rate", "0.05", "--rate-limit-rate", "0.05", "--output-tokens", "5"],
        worker=f"{{max_in_flight: {limit}, log_level: debug, delivery: {mode}}}", retry="{max_attempts: 12, base_delay_ms: 100}"
    ) as stage:
        hides_aborted = not stage.is_embedded and os.environ.get("READ_COMMITTED") != "0"
        fleet = Fleet(stage)

        def read_results() -> Results:
            return results(stage, fleet, mode == "exactly_once", hides_aborted)

        for newcomer in [fleet.add() for _ in range(WORKERS)]:
            fleet.wait_until_joined(newcomer)
        questions = stage.directory / "questions.jsonl"
        ids = write_questions(questions, [f"Question number {number}?" for number in range(count)])
        began = time.monotonic()
        stage.run("submit", questions)
        for event in events:
            time.sleep(chance.uniform(0.5, 2 * PACE - 0.5))
            happen(event, stage, fleet, chance)
        wait_for_results(stage, fleet, ids, read_results)
        if stage.is_embedded and stage.refused_orders():
            raise DrillFailure("; ".join(stage.refused_orders()))
        seconds = time.monotonic() - began
        fleet.end()

        seen, provider = read_results(), stage.simulator_statistics()
        figures = {
            "requests": count,
            "lost": len(seen.lost(ids)),
            "doubled": seen.doubled,
            "paid": paid(provider),
            "paid_allowed": count + fleet.in_flight_at_kills,
            "kills": fleet.kills,
        }
        table(f"chaos drill, {mode}: workers killed, brokers and Redis disturbed, on {stage.broker_name}", {
            **figures,
            "in_flight_at_kills": fleet.in_flight_at_kills,
            "hung_up": provider["errors"]["abandoned"],
            # Complete answers to a request beyond its first: results that were lost on their way from the provider to their topic.
            "answered_again": provider["repeated_ok"],
            "undecided": seen.undecided,
            "forgotten": seen.forgotten,
            "dead_letters": len(read(stage, f"{stage.prefix}.dead-letter")),
            "max_in_flight": limit,
            "seconds": round(seconds, 1),
            "seed": seed,
        })
        print_what_was_not_provable(stage, mode, hides_aborted)
        broken = broken_promises(mode, figures, seen)
        stage.keeps_logs = bool(broken)
        return figures, broken


def draw_events(mode: str, kills: int, chance: random.Random) -> list[str]:
    faults = BROKER_FAULTS + FAULTS[mode] if not os.environ.get("BROKERS") else []
    faults = chance.sample(faults, min(len(faults), kills * 3 // 2))
    events = ["kill"] * kills + ["redis"] * (2 if kills > 4 else 1) + faults
    chance.shuffle(events)
    return events


def happen(event: str, stage: Stage, fleet: Fleet, chance: random.Random) -> None:
    if event == "kill":
        fleet.kill(chance.choice(fleet.busy()))
        fleet.add()
    elif event == "redis":
        stage.restart_redis()
    else:
        disturb(stage, event, chance)


def disturb(stage: Stage, fault: str, chance: random.Random) -> None:
    node = chance.randrange(1, 4)
    order = fault.format(
        requests=f"{stage.prefix}.requests", responses=f"{stage.prefix}.responses", group=f"{stage.prefix}-workers",
        partition=chance.randrange(32), node=node)
    stage.order(order)
    if order.startswith("down"):
        time.sleep(1)
        stage.order(f"up {node}")


def print_what_was_not_provable(stage: Stage, mode: str, hides_aborted: bool) -> None:
    if not stage.is_embedded:
        orders = dict.fromkeys(re.sub(r"^fail | \{.*| \d+$", "", fault) for fault in BROKER_FAULTS + FAULTS[mode])
        print(f"  not provable here, for only the embedded broker takes orders: what comes of {', '.join(orders)}")
    if mode == "exactly_once" and not hides_aborted:
        print("  not provable here, for this broker shows aborted records to everyone: that readers do not see them. What counts is\n"
              "  records of transactions that a worker's log says were committed; `undecided` are those whose worker was killed before\n"
              "  it could say")
    if mode == "exactly_once" and stage.is_embedded:
        print("  not provable here, for this broker keeps no offsets of transactions: that nothing is published again after a kill\n"
              "  within two seconds of its transaction. `forgotten` are records that were")


def broken_promises(mode: str, figures: dict, seen: Results) -> list[str]:
    broken = []
    if figures["lost"] > 0:
        broken.append(f"{figures['lost']} requests were lost")
    if mode == "exactly_once" and figures["doubled"] > 0:
        broken.append(f"{figures['doubled']} results were published twice, as {seen.doubles}")
    if figures["paid"] > figures["paid_allowed"]:
        broken.append(f"{figures['paid']} calls were paid for, and only {figures['paid_allowed']} could be")
    return [f"{mode}: {reason}" for reason in broken]


def drill() -> None:
    count, kills = int(os.environ.get("N", 50_000)), int(os.environ.get("KILLS", 8))
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    mode = os.environ.get("MODE", "both")
    modes = ["at_least_once", "exactly_once"] if mode == "both" else [mode]
    if any(mode not in FAULTS for mode in modes):
        raise DrillFailure(f"MODE={mode}: must be at_least_once, exactly_once or both")
    print(f"SEED={seed}")
    figures, broken = {}, []
    for mode in modes:
        figures[mode], broken_here = run(mode, count, kills, seed)
        broken += broken_here
    last = {**figures[modes[-1]], "broker": os.environ.get("BROKERS", "embedded"), "seed": seed}
    if len(modes) > 1:
        last["at_least_once"] = figures["at_least_once"]
    print(json.dumps(last, separators=(",", ":")))
    if broken:
        raise DrillFailure("; ".join(broken))


main(drill)
