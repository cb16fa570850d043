"""What the key that all workers share may be used for, and what the simulator says of that."""

import os
import random
import time
from dataclasses import dataclass

from stage import Stage

KEY = "shared"
# Tokens of an answer: the median that the simulator is told, and the mean that comes of it.
OUTPUT_MEDIAN, OUTPUT_MEAN = 60, 65
# Bytes of a prompt beside its text.
FRAME = 35


@dataclass
class Limits:
    # A minute.
    requests: int
    tokens: int
    # The workers' default.
    burst_s: float = 2

    @staticmethod
    def of_environment(requests: int = 600) -> "Limits":
        requests = int(os.environ.get("RPM", requests))
        return Limits(requests, int(os.environ.get("TPM", 150 * requests)))

    def of_simulator(self, burst_s: float) -> list:
        return ["--requests-per-minute", self.requests, "--tokens-per-minute", self.tokens, "--quota-burst-seconds", burst_s]

    def of_provider(self) -> str:
        return f"{{requests_per_minute: {self.requests}, tokens_per_minute: {self.tokens}}}"

    def questions(self, count: int) -> list[str]:
        """Texts of different lengths that use up both limits alike, with their answers."""
        chance = random.Random(7)
        mean = max(40, (self.tokens / self.requests - OUTPUT_MEAN) * 4 - FRAME)
        return [f"{number} ".ljust(round(chance.uniform(0.5, 1.5) * mean), "x") for number in range(count)]

    def overshoot(self, quota: dict) -> float:
        """The largest part of the stated bound, limit and burst, that was sent in any time, of requests and tokens."""
        return max(
            quota[f"most_{unit}_{window}s"] / (limit * (window + self.burst_s) / 60)
            for unit, limit in (("requests", self.requests), ("tokens", self.tokens)) for window in (1, 10, 60))

    def fullest_minute(self, quota: dict) -> float:
        """The largest part of a limit that was sent within any minute."""
        return max(quota["most_requests_60s"] / self.requests, quota["most_tokens_60s"] / self.tokens)


@dataclass
class Reading:
    """How much had been sent at a time."""

    time: float
    quota: dict

    @staticmethod
    def of(stage: Stage) -> "Reading":
        quota = stage.simulator_statistics()["keys"].get(KEY, {}).get("quota")
        return Reading(time.monotonic(), quota or {"admitted": 0, "admitted_tokens": 0, "refused": 0})

    def used_ratio(self, limits: Limits, since: "Reading") -> float:
        """The part of the limits that was used, of the one that was used more."""
        minutes = (self.time - since.time) / 60
        return max(
            (self.quota["admitted"] - since.quota["admitted"]) / (limits.requests * minutes),
            (self.quota["admitted_tokens"] - since.quota["admitted_tokens"]) / (limits.tokens * minutes))
