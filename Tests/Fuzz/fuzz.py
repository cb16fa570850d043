"""Damaged inputs for every parser of what comes from outside: no crash, no hang, no unbounded memory, no broken promise.

FUZZ is the program (.build/release/fuzz unless given), which has a harness for each parser. FUZZ_INPUTS (1,000,000) inputs in all, or a
little more, go to them in equal shares; FUZZ_SEED determines them. What the parsers start from is recorded in Corpus, and quoted in the
tests of the formats and of JSON Schema.

An input fails if the process ends, if it takes more than two seconds of processor time, or if what the parser says of it breaks a
promise. A run fails if the process grows. The input and what was printed are kept in .build-fuzz/crashes;
`fuzz replay HARNESS FILE` takes it again.
"""

import json
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = Path(os.environ.get("FUZZ", ROOT / ".build" / "release" / "fuzz"))
CRASHES = ROOT / ".build-fuzz" / "crashes"

# A run is given up after so many crashes of one harness.
MOST_CRASHES = 5
# After the first quarter of a run, and at any time. libFuzzer keeps what it finds, and AddressSanitizer what is freed.
MOST_GROWTH_MB = {"seeded": 48, "libfuzzer": 400}
MOST_RESIDENT_MB = {"seeded": 512, "libfuzzer": 1024}
LIBFUZZER = [
    "-timeout=60", f"-rss_limit_mb={MOST_RESIDENT_MB['libfuzzer']}", "-malloc_limit_mb=256", "-print_final_stats=0", "-verbosity=0",
    "-detect_leaks=1", "-exact_artifact_path=/dev/null"]


@dataclass
class Run:
    """What has become of a harness."""

    harness: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    peak_mb: float = 0.0
    crashes: int = 0


def main() -> None:
    wanted = int(os.environ.get("FUZZ_INPUTS", 1_000_000))
    seed = int(os.environ.get("FUZZ_SEED", random.randrange(1, 2**31)))
    harnesses = output("list").split()
    driver = output("driver").strip()
    share = -(-wanted // len(harnesses))
    print(f"fuzzing with {driver}, FUZZ_SEED={seed}: {len(harnesses)} harnesses, {share} inputs each", flush=True)
    with tempfile.TemporaryDirectory(prefix="switchyard-fuzz-") as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(lambda harness: fuzz(harness, driver, share, seed, Path(directory)), harnesses))
    print(f"{'harness':<20}{'inputs':>10}{'per second':>12}{'crashes':>9}{'slowest ms':>12}{'peak MB':>9}")
    for run in runs:
        rate = run.inputs / max(run.seconds, 0.001)
        print(f"{run.harness:<20}{run.inputs:>10}{rate:>12.0f}{run.crashes:>9}{run.slowest_ms:>12.1f}{run.peak_mb:>9.0f}")
    inputs, crashes = sum(run.inputs for run in runs), sum(run.crashes for run in runs)
    print(json.dumps({"inputs": inputs, "crashes": crashes, "by_harness": {run.harness: run.inputs for run in runs}}))
    if crashes or inputs < wanted:
        sys.exit(1)


def output(*arguments: str) -> str:
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def fuzz(harness: str, driver: str, share: int, seed: int, directory: Path) -> Run:
    """Starts the program anew after a crash, with another seed."""
    run = Run(harness)
    corpus, found = directory / harness / "corpus", directory / harness / "found"
    for path in (corpus, found):
        path.mkdir(parents=True)
    for number, text in enumerate(seeds(harness)):
        (corpus / f"{number:04}").write_bytes(text)
    while run.inputs < share and run.crashes < MOST_CRASHES:
        record, log = directory / harness / "record", directory / harness / "log"
        arguments = [*LIBFUZZER, found, corpus] if driver == "libfuzzer" else []
        began = time.monotonic()
        with open(log, "wb") as stream:
            process = subprocess.Popen(
                [PROGRAM, "run", harness, corpus, str(share - run.inputs), str(seed + run.crashes), record, *arguments],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=8:leak_check_at_exit=0", "SWIFT_BACKTRACE": "enable=no"},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        run.seconds += time.monotonic() - began
        run.peak_mb = max(run.peak_mb, usage.ru_maxrss / 1024)
        written = record.read_bytes()
        inputs, slowest, early, late, length = struct.unpack_from("<5q", written)
        run.inputs += inputs
        run.slowest_ms = max(run.slowest_ms, slowest / 1e6)
        why = verdict(process.returncode, driver, (late - early) / 2**20, run.peak_mb)
        if why:
            run.crashes += 1
            keep(harness, seed, run.crashes, why, written[64:64 + length], log)
    return run


def verdict(status: int, driver: str, growth_mb: float, peak_mb: float) -> str | None:
    if status == -27:
        return "an input takes more than two seconds of processor time"
    if status != 0:
        return f"the process ended with {status}"
    if growth_mb > MOST_GROWTH_MB[driver]:
        return f"the process has grown by {growth_mb:.0f} MB"
    if peak_mb > MOST_RESIDENT_MB[driver]:
        return f"the process took {peak_mb:.0f} MB"
    return None


def keep(harness: str, seed: int, number: int, why: str, text: bytes, log: Path) -> None:
    CRASHES.mkdir(parents=True, exist_ok=True)
    file = CRASHES / f"{harness}-{seed}-{number}"
    file.write_bytes(text)
    shutil.copy(log, f"{file}.log")
    said = [line for line in log.read_text(errors="replace").splitlines() if re.search(r"Fatal error|ERROR:|SUMMARY", line)]
    print(f"{harness}: {why}: {file}\n" + "".join(f"    {line[:400]}\n" for line in said[:3]), end="", flush=True)


# What the inputs are made of.


def seeds(harness: str) -> list[bytes]:
    if harness == "schema":
        return schema_seeds()
    kind = harness.rpartition("-")[2]
    if kind == "request":
        return recorded("request") + [file.read_bytes() for file in sorted((ROOT / "schemas" / "examples").glob("request-*.json"))]
    if kind == "json":
        return recorded("request") + recorded("openai-answer")
    if kind == "sse":
        return [b"\xef\xbb\xbf:c\r\ndata\rid: 7\ndata: a\ndata:b\r\n\r\nevent:e\nretry:10\ndata\n\n"] + recorded("*-stream")
    return recorded(harness) + quoted(harness)


def recorded(name: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted(HERE.glob(f"Corpus/{name}/*"))]


def quoted(harness: str) -> list[bytes]:
    """The JSON that the tests of a format quote."""
    name, kind = harness.split("-")
    files = {"answer": f"{name}(response|fixtures)", "stream": f"{name}(stream|fixtures)", "error": f"{name}(error|fixtures)"}
    found = []
    for file in sorted((ROOT / "Tests" / "ProvidersTests").glob("*.swift")):
        if not re.match(files.get(kind, kind), file.name.lower()):
            continue
        for text in re.findall(r'#"""\n(.*?)\n *"""#|#"([^"\n].*?)"#', file.read_text(), re.DOTALL):
            text = re.sub(r"\\#\(.*?\)", "1", "".join(text)).strip()
            if kind == "stream" and "data:" in text:
                found.append(re.sub(r"^ +", "", text, flags=re.MULTILINE) + "\n\n")
            elif text.startswith("{") and "data:" not in text:
                found.append({"stream": f"data: {text}\n\n", "error": f"429\nretry-after: 7\n\n{text}"}.get(kind, text))
    if kind == "stream":
        found.append("".join(found))
    return [text.encode() for text in dict.fromkeys(found) if len(text) < 8192]


def schema_seeds() -> list[bytes]:
    found = []
    for file in sorted((ROOT / "Tests" / "JSONSchemaTests" / "Suite").glob("*.json")):
        for group in json.loads(file.read_text()):
            for test in group["tests"][:2]:
                found.append(f"{json.dumps(group['schema'])}\x1e{json.dumps(test['data'])}".encode())
    return found


main()
