"""What a reader of the topics sees."""

import re
import subprocess
import time
from collections import Counter
from dataclasses import dataclass

from fleet import Fleet
from stage import DrillFailure, Stage


@dataclass
class Message:
    key: str
    # Milliseconds since 1970.
    timestamp: int
    headers: dict[str, str]


def read(stage: Stage, topic: str, committed: bool = False) -> list[Message]:
    """All messages of a topic: of transactions only the committed ones, if so asked and if the broker tells them apart."""
    isolation = "read_committed" if committed else "read_uncommitted"
    result = subprocess.run(
        ["kcat", "-b", stage.brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X", f"isolation.level={isolation}",
         "-f", "%k\t%T\t%h\n"], capture_output=True, text=True)
    if result.returncode != 0:
        raise DrillFailure(f"kcat cannot read {topic}: {result.stderr[-2_000:]}")
    messages = []
    for line in result.stdout.splitlines():
        key, timestamp, headers = line.split("\t")
        messages.append(Message(key, int(timestamp), dict(header.partition("=")[::2] for header in headers.split(",") if header)))
    return messages


@dataclass
class Results:
    """The responses that count, by request."""

    counts: Counter
    # Messages of transactions of which no worker has said how they ended: it was killed at that instant.
    undecided: int = 0

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.counts.values())

    def lost(self, ids: list[str]) -> list[str]:
        return [name for name in ids if name not in self.counts]


def results(stage: Stage, fleet: Fleet, transactional: bool, broker_hides_aborted: bool) -> Results:
    """Reads the responses.

    Where the broker shows aborted records to everyone, the workers' logs tell which transactions were committed.
    """
    messages = read(stage, f"{stage.prefix}.responses", committed=transactional)
    if not transactional or broker_hides_aborted:
        return Results(Counter(message.key for message in messages))
    logs = "\n".join(stage.log(worker.name) for worker in fleet.workers)
    committed, aborted = (set(re.findall(rf"transaction {end}\b.*?\btransaction=(\S+)", logs)) for end in ("committed", "aborted"))
    counts, undecided = Counter(), 0
    for message in messages:
        transaction = message.headers.get("switchyard-transaction")
        if transaction is None:
            raise DrillFailure(f"the response to {message.key} has no header switchyard-transaction: it was published outside a transaction")
        if transaction in committed:
            counts[message.key] += 1
        elif transaction not in aborted:
            undecided += 1
    return Results(counts, undecided)


def wait_for_results(stage: Stage, fleet: Fleet, ids: list[str], read_results, patience: float = 90) -> None:
    """Waits until every id has a result that counts, as long as it goes on."""
    missing, changed = len(ids), time.monotonic()
    while True:
        left = len(read_results().lost(ids))
        if left == 0:
            return
        if left < missing or stage.simulator_statistics()["in_flight"] > 0:
            missing, changed = left, time.monotonic()
        if not fleet.running:
            raise DrillFailure(f"no worker is left\n{stage.tails()}")
        if time.monotonic() - changed > patience:
            raise DrillFailure(f"{left} requests have no result, and none has come for {patience:.0f} s\n{stage.tails()}")
        time.sleep(1)
