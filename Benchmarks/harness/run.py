"""The benchmark: see Benchmarks/README.md. The last line of the output is one JSON object."""

import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path

from chart import chart
from measure import PARTITIONS, Settings, measure, start_provider
from processes import BenchmarkError
from report import put_into_readme, summarise, table
from sides import PROGRAMS, ROOT, SIDES, Side

COMPLETE_ROUNDS, COMPLETE_COUNT, COMPLETE_SECONDS = 5, 10_000, 10.0
# The mock cluster keeps 5 MiB a partition; a request and a response are below 1 KiB each, in topics of their own.
MOST_REQUESTS = PARTITIONS * 5 * 1024 // 2


def chosen_sides() -> list[Side]:
    names = [name.strip() for name in os.environ.get("SIDES", ",".join(side.name for side in SIDES)).split(",")]
    if unknown := set(names) - {side.name for side in SIDES}:
        raise BenchmarkError(f"SIDES names {', '.join(sorted(unknown))}; there are {', '.join(side.name for side in SIDES)}")
    return [side for side in SIDES if side.name in names]


def machine() -> dict:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"cores": os.cpu_count(), "cpu": model, "kernel": platform.release()}


def main() -> None:
    rounds = int(os.environ.get("ROUNDS", COMPLETE_ROUNDS))
    count = int(os.environ.get("N", COMPLETE_COUNT))
    seconds = float(os.environ.get("RATE_SECONDS", COMPLETE_SECONDS))
    sides = chosen_sides()
    switchyard = Path(os.environ.get("SWITCHYARD_BIN", ROOT / ".build" / "release" / "switchyard")).absolute()
    if any(side.is_ours for side in sides) and not os.access(switchyard, os.X_OK):
        rest = ",".join(side.name for side in SIDES if not side.is_ours)
        raise BenchmarkError(f"no executable at SWITCHYARD_BIN: run `make build`, or leave it out by SIDES={rest}")
    if count + 500 + 500 * seconds > MOST_REQUESTS:
        raise BenchmarkError(f"N={count} would overflow the mock cluster, which silently drops: at most {MOST_REQUESTS} a measurement")
    broker = os.environ.get("BROKER", "switchyard" if os.access(switchyard, os.X_OK) else "c")
    broker_command = {"switchyard": [str(switchyard), "broker"], "c": [str(PROGRAMS / "broker")]}.get(broker)
    if broker_command is None:
        raise BenchmarkError("BROKER is either switchyard or c")
    settings = Settings(count, 500, seconds, switchyard, broker_command)

    results: list[dict] = []
    kept = ROOT / "Benchmarks" / "results" / "rounds"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="switchyard-bench-") as scratch:
        provider, base_url = start_provider(Path(scratch))
        with provider:
            for number in range(rounds):
                # Each round starts with another side, so that none always runs first or after the same one.
                for side in sides[number % len(sides):] + sides[:number % len(sides)]:
                    result = {"round": number, **measure(side, settings, base_url, Path(scratch) / f"{number}-{side.name}")}
                    results.append(result)
                    (kept / f"{number}-{side.name}.json").write_text(json.dumps(result, indent=1) + "\n")
                    print(f"round {number + 1}/{rounds} {side.name:17} {result['requests_per_s']:9,.0f} req/s "
                          f"{result['cpu_ms_per_request']:8.4f} ms CPU {result['rss_mb']:7.1f} MB  added p50 {result['added_p50_ms']:9.2f} "
                          f"p99 {result['added_p99_ms']:9.2f} ms{'' if result['sustained'] else ' (fell behind)'}  "
                          f"[background {result['background_cpu_percent']:.0f}%]", flush=True)

    summary = {**summarise(sides, results, rounds, machine()), "broker": broker}
    complete = len(sides) == len(SIDES) and rounds >= COMPLETE_ROUNDS and count >= COMPLETE_COUNT and seconds >= COMPLETE_SECONDS
    # A trial with fewer rounds, sides or requests must not replace the figures that are published.
    target = kept.parent / "latest" if complete else kept / "partial"
    target.with_suffix(".json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    target.with_suffix(".svg").write_text(chart(summary))
    text = table(summary)
    if complete:
        put_into_readme(ROOT / "Benchmarks" / "README.md", text)
    print(f"\n{text}\n\nwritten: {target.relative_to(ROOT)}.json and .svg{'' if complete else ' (a trial: the published figures stay)'}")
    print(json.dumps(summary, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"benchmark: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
