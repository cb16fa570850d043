"""llmock as the provider: it breaks N (200 unless given) requests to each kind of provider with each fault that it offers, and judges
how the worker takes that. There must be no FAIL and no WARN, and each request must be answered once, as it has to be.

PROVIDERS and FAULTS choose some, by their names in the table, with commas between them.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from llmock_answers import Topics
from llmock_faults import CONTEXT_WINDOW, ERRORS, MAX_ATTEMPTS, QUOTA_TOKENS, SLOWNESS, STREAMS, TOOLS, Fault, quota
from llmock_provider import PROVIDERS, Provider
from llmock_wave import Outcome, Wave
from stage import DrillFailure, Stage, main


@dataclass
class Lane:
    """Faults that go with the same settings, wave after wave."""
    waves: list[list[Fault]]
    # llmock's.
    flags: list
    # The worker's.
    retry: str

    def run(self, names: list[str], count: int) -> list[Outcome]:
        with Stage(partitions=8, worker="{max_in_flight: 100}", retry=self.retry, http="{idle_timeout_ms: 2000}") as stage:
            providers = [Provider(name, stage, self.flags) for name in names]
            for provider in providers:
                provider.wait_until_up()
            faults = [fault for wave in self.waves for fault in wave]
            entries = {fault.entry(provider.name): provider for provider in providers for fault in faults}
            with stage.config.open("a") as file:
                file.write("providers:\n" + "".join(provider.configuration(entry) for entry, provider in entries.items()))
            worker = stage.start_worker(1)
            waves = [Wave(faults, providers, count) for faults in self.waves]
            for wave in waves:
                wave.run(stage)
            Stage.end(worker, stop=True)
            if worker.returncode != 0:
                raise DrillFailure(f"the worker ended with {worker.returncode}\n{stage.tails()}")
            topics = Topics(stage)
            for wave in waves:
                wave.check(topics)
            outcomes = [outcome for wave in waves for outcome in wave.outcomes.values()]
            stage.keeps_logs = any(outcome.complaints for outcome in outcomes)
            return outcomes


def lanes(count: int) -> list[Lane]:
    # A tenth of the requests are too many at first; llmock lets them in during the next seven seconds.
    allowed = max(1, count * 9 // 10)
    patient = "{max_attempts: 10, base_delay_ms: 500, max_delay_ms: 8000, budget_percent: 1000}"
    # For llmock, a call that begins before it has noticed that the client has hung up on the last one is no retry. It takes its time to
    # notice when it is busy: hence the long pauses, of which workers wait at least a tenth, and few requests at once. What it sends in
    # the same instant cannot be hung up on: hence the pauses in its streams.
    return [
        Lane([ERRORS, SLOWNESS, STREAMS, TOOLS], ["--context-window", CONTEXT_WINDOW, "--stream-chunk-delay-ms", 30],
             f"{{max_attempts: {MAX_ATTEMPTS}, base_delay_ms: 3000, max_delay_ms: 6000, budget_percent: 1000}}"),
        Lane([[Fault("quota of requests", quota)]], ["--rpm", allowed], patient),
        Lane([[Fault("quota of tokens", quota)]], ["--tpm", allowed * QUOTA_TOKENS], patient),
    ]


def drill() -> None:
    count = int(os.environ.get("N", 200))
    names = os.environ.get("PROVIDERS", ",".join(PROVIDERS)).split(",")
    todo = lanes(count)
    if "FAULTS" in os.environ:
        for lane in todo:
            lane.waves = [[fault for fault in wave if fault.name in os.environ["FAULTS"].split(",")] for wave in lane.waves]
            lane.waves = [wave for wave in lane.waves if wave]
    todo = [lane for lane in todo if lane.waves]
    if not todo or not set(names) <= set(PROVIDERS):
        raise DrillFailure(f"FAULTS or PROVIDERS names none that there is; providers are {', '.join(PROVIDERS)}")
    with ThreadPoolExecutor(len(todo)) as pool:
        outcomes = [outcome for part in pool.map(lambda lane: lane.run(names, count), todo) for outcome in part]
    show(outcomes)
    figures = totals(outcomes)
    faults = dict.fromkeys(outcome.fault for outcome in outcomes)
    by_fault = {fault: totals([outcome for outcome in outcomes if outcome.fault == fault]) for fault in faults}
    print(json.dumps({**figures, "by_fault": by_fault}, separators=(",", ":")))
    missing = [outcome for outcome in outcomes if outcome.requests != count]
    if missing:
        raise DrillFailure(f"{missing[0].requests} answers to {count} requests: {missing[0].provider}, {missing[0].fault}")
    complaints = sum(len(outcome.complaints) for outcome in outcomes)
    if complaints:
        raise DrillFailure(f"{figures['fail']} FAIL, {figures['warn']} WARN, {complaints} complaints in all")


def totals(outcomes: list[Outcome]) -> dict:
    return {name: sum(getattr(outcome, name) for outcome in outcomes) for name in ("requests", "fail", "warn")}


def show(outcomes: list[Outcome]) -> None:
    print("llmock drill: what the worker makes of each provider's faults, and llmock's verdict")
    print(f"  {'provider':10} {'fault':22} {'requests':>8} {'calls':>6} {'ok':>5}  {'verdict':16} failed")
    for outcome in outcomes:
        verdict = f"{outcome.fail} FAIL, {outcome.warn} WARN" if outcome.fail or outcome.warn else "PASS"
        failed = ", ".join(f"{number} {code}" for code, number in sorted(outcome.failed.items()))
        print(
            f"  {outcome.provider:10} {outcome.fault:22} {outcome.requests:8} {outcome.calls:6} {outcome.ok:5}  {verdict:16} {failed}"
            .rstrip())
        for complaint in outcome.complaints[:5]:
            print(f"{outcome.provider}, {outcome.fault}: {complaint}", file=sys.stderr)


main(drill)
