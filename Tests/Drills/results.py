"""What a reader of the topics sees."""

import json
import re
import subprocess
import time
from dataclasses import dataclass, field

from fleet import Fleet, Worker
from stage import DrillFailure, Stage

# How long the embedded broker may know nothing of the offsets of a transaction: it does not keep them, and the worker commits them once
# more after worker.commit_interval_ms.
FORGETFUL_MS = 2_000


@dataclass
class Message:
    key: str
    # Milliseconds since 1970.
    timestamp: int
    headers: dict[str, str]

    @property
    def transaction(self) -> str:
        return self.headers.get("switchyard-transaction", "")


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


def count_events(stage: Stage, event: str) -> int:
    result = subprocess.run(
        ["kcat", "-b", stage.brokers, "-C", "-t", f"{stage.prefix}.events", "-o", "beginning", "-e", "-q"], capture_output=True, text=True)
    return sum(json.loads(line)["event"] == event for line in result.stdout.splitlines())


@dataclass
class Results:
    """The responses that count, by request."""

    messages: dict[str, list[Message]] = field(default_factory=dict)
    # Messages of transactions of which no worker has said how they ended: it was killed at that instant.
    undecided: int = 0
    # Messages that were published again because their worker was killed before the broker knew that they were done.
    forgotten: int = 0

    def add(self, message: Message) -> None:
        self.messages.setdefault(message.key, []).append(message)

    @property
    def doubled(self) -> int:
        return sum(len(copies) - 1 for copies in self.messages.values())

    @property
    def doubles(self) -> str:
        doubled = [(key, copies) for key, copies in self.messages.items() if len(copies) > 1]
        return ", ".join(f"{key} in {' and '.join(copy.transaction for copy in copies)}" for key, copies in doubled[:5])

    def lost(self, ids: list[str]) -> list[str]:
        return [name for name in ids if name not in self.messages]


def results(stage: Stage, fleet: Fleet, is_transactional: bool, hides_aborted: bool) -> Results:
    """Reads the responses.

    Where the broker shows aborted records to everyone, the workers' logs tell which transactions were committed.
    """
    messages = read(stage, f"{stage.prefix}.responses", committed=is_transactional)
    seen = Results()
    if not is_transactional or hides_aborted:
        for message in messages:
            seen.add(message)
        return seen
    ends = {worker.name: transactions(stage, worker) for worker in fleet.workers}
    committed = {transaction: worker for worker in fleet.workers for transaction in ends[worker.name]["committed"]}
    aborted = {transaction for end in ends.values() for transaction in end["aborted"]}
    for message in sorted(messages, key=lambda message: message.timestamp):
        if not message.transaction:
            raise DrillFailure(f"the response to {message.key} was published outside a transaction")
        if message.transaction in committed:
            first = seen.messages.get(message.key, [None])[0]
            if first and stage.is_embedded and was_forgotten(first, committed[first.transaction]):
                seen.forgotten += 1
            else:
                seen.add(message)
        elif message.transaction not in aborted:
            seen.undecided += 1
    return seen


def transactions(stage: Stage, worker: Worker) -> dict[str, list[str]]:
    """How the worker's transactions have ended, as it says."""
    log = stage.log(worker.name)
    return {
        end: re.findall(rf"\btransaction=(\S+) .*\btransaction {end}$", log, re.MULTILINE) for end in ("committed", "aborted")
    }


def was_forgotten(message: Message, worker: Worker) -> bool:
    return worker.killed_at is not None and worker.killed_at - message.timestamp < FORGETFUL_MS


def paid(provider: dict) -> int:
    """Calls that the provider charges for: whoever hangs up pays too."""
    return provider["ok"] + provider["errors"]["abandoned"]


def wait_for_results(stage: Stage, fleet: Fleet, ids: list[str], read_results, patience: float = 90) -> None:
    """Waits until every id has a result that counts, as long as it goes on."""
    missing, changed = len(ids), time.monotonic()
    while True:
        left = read_results().lost(ids)
        if not left:
            return
        if len(left) < missing or stage.simulator_statistics()["in_flight"] > 0:
            missing, changed = len(left), time.monotonic()
        if not fleet.running:
            raise DrillFailure(f"no worker is left\n{stage.tails()}")
        if time.monotonic() - changed > patience:
            raise DrillFailure(f"{len(left)} requests, as {left[0]}, have no result: none came for {patience:.0f} s\n{stage.tails()}")
        time.sleep(1)
