"""Many answers streamed at once by one worker: every chunk comes, in order, and makes up the response.

STREAMS (1,000 unless given) answers of CHUNKS (500) words each, all of them under way at the same time.
"""

import json
import os
import subprocess
import time
from collections import defaultdict

from stage import DrillFailure, Stage, cpu_seconds, main, memory_mb, report

# What a provider makes of an answer in a second.
WORDS_PER_SECOND = 25


def read_chunks(stage: Stage) -> dict[str, list[dict]]:
    """The chunks of each request, in the order in which they lie on their partition."""
    chunks = defaultdict(list)
    with subprocess.Popen(
        ["kcat", "-b", stage.brokers, "-C", "-t", f"{stage.prefix}.chunks", "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n"],
        stdout=subprocess.PIPE, text=True) as reader:
        for line in reader.stdout:
            key, value = line.rstrip("\n").split("\t", 1)
            chunks[key].append(json.loads(value))
    if reader.returncode != 0:
        raise DrillFailure("kcat cannot read the chunks")
    return chunks


def check(chunks: list[dict], response: dict) -> None:
    if [chunk["sequence"] for chunk in chunks] != list(range(len(chunks))):
        raise DrillFailure(f"{response['id']}: its chunks are not in order, or some are missing")
    if [chunk["final"] for chunk in chunks] != [False] * (len(chunks) - 1) + [True]:
        raise DrillFailure(f"{response['id']}: its last chunk is not the only final one")
    if "".join(chunk["delta"].get("content", "") for chunk in chunks) != response["message"]["content"]:
        raise DrillFailure(f"{response['id']}: its chunks are not its response")


def drill() -> None:
    streams, words = int(os.environ.get("STREAMS", 1_000)), int(os.environ.get("CHUNKS", 500))
    simulator = ["--latency-ms", "1000", "--latency-sigma", "0", "--tokens-per-second", str(WORDS_PER_SECOND)]
    with Stage(partitions=16, simulator=simulator, worker=f"{{max_in_flight: {streams}}}") as stage:
        worker = stage.start_worker(1)
        at_rest = memory_mb(worker)
        questions, answers = stage.directory / "questions.jsonl", stage.directory / "answers.jsonl"
        with questions.open("w") as file:
            for number in range(streams):
                text = f"[words {words}] Question {number}?"
                file.write(json.dumps({"id": f"id-{number}", "stream": True, "messages": [{"role": "user", "content": text}]}) + "\n")
        began, cpu = time.monotonic(), cpu_seconds(worker)
        stage.run("submit", questions)
        stage.run("collect", "--submitted", questions, "--output", answers, "--timeout", 60 + 4 * words // WORDS_PER_SECOND)
        seconds, cpu = time.monotonic() - began, cpu_seconds(worker) - cpu
        memory = memory_mb(worker)
        peak = stage.simulator_statistics()["peak_in_flight"]
        responses = [json.loads(line) for line in answers.open()]
        if len(responses) != streams or any(response["status"] != "ok" for response in responses):
            raise DrillFailure(f"{len(responses)} answers, not all of them ok, for {streams} requests")
        chunks = read_chunks(stage)
        for response in responses:
            check(chunks[response["id"]], response)
        total = sum(map(len, chunks.values()))
        report("streams drill: one worker", {
            "streams": streams,
            "peak_at_provider": peak,
            "chunks": total,
            "chunks_per_stream": total // streams,
            "seconds": round(seconds, 2),
            "chunks_per_s": round(total / seconds, 1),
            "worker_cpu_seconds": round(cpu, 2),
            "worker_cpu_us_per_chunk": round(cpu * 1e6 / total, 2),
            "rss_mb": round(memory, 1),
            "rss_at_rest_mb": round(at_rest, 1),
        })
        if peak < streams * 0.95 or total < streams * words:
            raise DrillFailure(f"{peak} streams at once and {total} chunks, of {streams} and {streams * words}")


main(drill)
