"""Whether requests were answered as they have to be."""

import json
import subprocess

from llmock_faults import Case
from stage import DrillFailure, Stage


def complaint(case: Case, response: dict, may_fail_uncalled: bool) -> str | None:
    """What is wrong with a response.

    may_fail_uncalled: whether the request may have been refused, for the reason that the case names, before any call.
    """
    calls = [attempt.get("error", "ok") for attempt in response["attempts"]]
    end = "ok" if response["status"] == "ok" else response["error"]["code"]
    words = response.get("error", {}).get("message", "")
    if case.calls is None:
        if end != "ok" or set(calls[:-1]) - {"rate_limited"}:
            return f"it ended with {end} and the calls with {calls}: {words}"
    elif end != case.calls[-1] or calls != case.calls and not (may_fail_uncalled and not calls):
        return f"it ended with {end} and the calls with {calls}, not {case.calls}: {words}"
    if end != "ok":
        return None
    message = response["message"]
    if not case.tool:
        if not (message["content"] or "").startswith("Hello! You said: What is the"):
            return f"the answer is {message['content']!r}"
    else:
        functions = [call["function"] for call in message.get("tool_calls", [])]
        name, arguments = case.tool
        if len(functions) != 1 or functions[0]["name"] != name or functions[0]["arguments"] not in arguments:
            return f"the answer calls {functions}, not {case.tool}"
    finish_reason = "tool_calls" if case.tool else "stop"
    return None if response["finish_reason"] == finish_reason else f"the finish_reason is {response['finish_reason']!r}"


class Topics:
    """What lies on the topics of responses and chunks."""

    def __init__(self, stage: Stage):
        self.responses: dict[str, list[dict]] = {}
        for response in read(stage, f"{stage.prefix}.responses"):
            self.responses.setdefault(response["id"], []).append(response)
        self.chunks: dict[str, list[dict]] = {}
        for chunk in read(stage, f"{stage.prefix}.chunks"):
            self.chunks.setdefault(chunk["id"], []).append(chunk)

    def complaint(self, name: str, is_streamed: bool) -> str | None:
        """What is wrong with what there is of a request."""
        responses, chunks = self.responses.get(name, []), self.chunks.get(name, [])
        if len(responses) != 1:
            return f"{len(responses)} responses"
        if is_streamed:
            return chunk_complaint(responses[0], chunks)
        return f"{len(chunks)} chunks that nobody has asked for" if chunks else None


def chunk_complaint(response: dict, chunks: list[dict]) -> str | None:
    """What is wrong with the chunks of a streamed response. Each call begins anew with the sequence 0; the last one's are the answer."""
    expected, deltas = 0, []
    for chunk in chunks:
        if chunk["sequence"] == 0:
            expected, deltas = 0, []
        if chunk["sequence"] != expected:
            break
        expected += 1
        deltas.append(chunk["delta"])
    sequences, finals = [chunk["sequence"] for chunk in chunks], [chunk["final"] for chunk in chunks]
    if not chunks or sequences[-1] != expected - 1 or finals != [False] * (len(chunks) - 1) + [True]:
        return f"the chunks' sequences are {sequences}, their final {finals}"
    last = chunks[-1]
    if last.get("error", {}).get("code") != response.get("error", {}).get("code") or last["finish_reason"] != response.get("finish_reason"):
        return f"the last chunk is {last}"
    if response["status"] != "ok":
        return None
    content = "".join(delta.get("content") or "" for delta in deltas)
    functions = [call["function"] for delta in deltas for call in delta.get("tool_calls", [])]
    arguments = "".join(function.get("arguments", "") for function in functions)
    message = response["message"]
    wanted = message["content"] or "", "".join(call["function"]["arguments"] for call in message.get("tool_calls", []))
    return None if (content, arguments) == wanted else f"the chunks make up {content!r} and {arguments!r}, the response has {wanted}"


def read(stage: Stage, topic: str) -> list[dict]:
    """All messages of a topic."""
    result = subprocess.run(
        ["kcat", "-b", stage.brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%s\n"], capture_output=True, text=True)
    if result.returncode != 0:
        raise DrillFailure(f"kcat cannot read {topic}: {result.stderr[-2_000:]}")
    return [json.loads(line) for line in result.stdout.splitlines()]
