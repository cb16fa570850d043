"""Calls a simulated provider with OpenAI's own SDK and checks what comes back.

Usage: openai_sdk_calls.py BASE_URL [LIMITING_BASE_URL]

BASE_URL is that of a simulator without faults, the other that of one with --rate-limit-rate 1.
Exits with a reason at the first thing that is not as the SDK's types say.
"""

import json
import math
import sys
import time

import openai
from openai.types import Batch, Completion, CreateEmbeddingResponse, FileObject
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from sdk_checks import QUESTION, TIME, WEATHER, check, check_weather, digest

MODEL = "gpt-4o-mini"
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "time", "description": "Tells the time.", "parameters": TIME}},
]

def strictly(model_type, value):
    """The SDK constructs its types without validation; this validates."""
    model_type.model_validate(value.model_dump(), strict=False)
    return value


def messages(text):
    return [{"role": "system", "content": "Answer."}, {"role": "user", "content": text}]


def chat(client):
    answer = strictly(ChatCompletion, client.chat.completions.create(model=MODEL, messages=messages(QUESTION)))
    check(answer.model == MODEL, f"model {answer.model}")
    choice = answer.choices[0]
    check(choice.finish_reason == "stop", choice)
    check(choice.message.content.split()[0] == digest(QUESTION), choice.message.content)
    check(answer.usage.completion_tokens == len(choice.message.content.split()), answer.usage)
    check(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens, answer.usage)
    check(answer.usage.prompt_tokens_details.cached_tokens == 0, answer.usage)
    check(answer.usage.completion_tokens_details.reasoning_tokens == 0, answer.usage)
    check(answer._request_id.startswith("req_"), answer._request_id)
    short = client.chat.completions.create(model=MODEL, messages=messages(QUESTION), max_completion_tokens=3)
    check(short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 3, short)


def stream(client):
    request = dict(model=MODEL, messages=messages(QUESTION + "?"), stream=True)
    streamed = client.chat.completions.create(**request, stream_options={"include_usage": True})
    chunks = [strictly(ChatCompletionChunk, chunk) for chunk in streamed]
    check(chunks[0].choices[0].delta.role == "assistant", chunks[0])
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    check(text.split()[0] == digest(QUESTION + "?"), text)
    check(chunks[-2].choices[0].finish_reason == "stop", chunks[-2])
    check(chunks[-1].usage.completion_tokens == len(text.split()), chunks[-1])
    check(all(chunk.usage is None for chunk in chunks[:-1]), "usage before the last chunk")
    check(len({chunk.id for chunk in chunks}) == 1, "ids differ within a stream")
    without = list(client.chat.completions.create(**request))
    check(all(chunk.choices and chunk.usage is None for chunk in without), "usage that was not asked for")


def completion(client):
    answer = strictly(Completion, client.completions.create(model=MODEL, prompt=QUESTION))
    check(answer.choices[0].text.split()[0] == digest(QUESTION), answer)
    # The SDK's type allows no finish_reason of null, but the API sends it in all parts but the last.
    parts = list(client.completions.create(model=MODEL, prompt=QUESTION, stream=True))
    strictly(Completion, parts[-1])
    text = "".join(part.choices[0].text for part in parts)
    check(text.split()[0] == digest(QUESTION) and parts[-1].choices[0].finish_reason == "stop", text)


def embeddings(client):
    request = dict(model="text-embedding-3-small", input=["a", "b", "a"], dimensions=256)
    numbers = strictly(CreateEmbeddingResponse, client.embeddings.create(**request, encoding_format="float"))
    encoded = strictly(CreateEmbeddingResponse, client.embeddings.create(**request))
    for one, other in zip(numbers.data, encoded.data, strict=True):
        check(len(one.embedding) == 256, len(one.embedding))
        check(math.dist(one.embedding, other.embedding) < 1e-5, "base64 and numbers differ")
        check(0.7 < math.hypot(*one.embedding) < 1.3, math.hypot(*one.embedding))
    check(numbers.data[0].embedding == numbers.data[2].embedding != numbers.data[1].embedding, "vectors do not follow the inputs")
    single = client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
    check(len(single.data) == 1 and len(single.data[0].embedding) == 8, single)


def ask(client, text, **more):
    return strictly(ChatCompletion, client.chat.completions.create(model=MODEL, messages=messages(text), **more))


def pieces(client, text, **more):
    """The deltas of a stream, and its last finish reason."""
    streamed = client.chat.completions.create(model=MODEL, messages=messages(text), stream=True, **more)
    chunks = [strictly(ChatCompletionChunk, chunk) for chunk in streamed]
    return [chunk.choices[0].delta for chunk in chunks], chunks[-1].choices[0].finish_reason


def tools(client):
    for count in (1, 3):
        whole = ask(client, f"[tools {count}]", tools=TOOLS).choices[0]
        calls = whole.message.tool_calls
        check(whole.finish_reason == "tool_calls" and whole.message.content is None, whole)
        check([call.function.name for call in calls] == ["weather", "time", "weather"][:count], calls)
        check_weather(json.loads(calls[0].function.arguments))
        deltas, reason = pieces(client, f"[tools {count}]", tools=TOOLS)
        arguments = [""] * count
        for call in (call for delta in deltas for call in delta.tool_calls or []):
            arguments[call.index] += call.function.arguments
        check(reason == "tool_calls" and arguments == [call.function.arguments for call in calls], arguments)
    turns = [whole.message.model_dump(exclude_none=True)]
    turns += [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in calls]
    after = client.chat.completions.create(model=MODEL, messages=messages("[tools 3]") + turns, tools=TOOLS)
    check(after.choices[0].finish_reason == "stop", after)


def schemas(client):
    form = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": WEATHER}}
    whole = ask(client, QUESTION, response_format=form).choices[0].message.content
    streamed = "".join(delta.content or "" for delta in pieces(client, QUESTION, response_format=form)[0])
    check(whole == streamed, f"{whole} and {streamed}")
    check_weather(json.loads(whole))
    check(isinstance(json.loads(ask(client, QUESTION, response_format={"type": "json_object"}).choices[0].message.content), dict), "no object")
    first, second = (json.loads(ask(client, "[bad json 1]", response_format=form).choices[0].message.content) for _ in range(2))
    check(not isinstance(first, dict), first)
    check_weather(second)


def reasoning(client):
    for text, more in ((QUESTION + "[reasoning]", {}), (QUESTION + "hard", {"reasoning_effort": "low"})):
        answer = ask(client, text, **more)
        thought = answer.choices[0].message.reasoning_content
        check(answer.usage.completion_tokens_details.reasoning_tokens == len(thought.split()) > 0, answer.usage)
        check(answer.choices[0].message.content.split()[0] == digest(text), answer)
        deltas, _ = pieces(client, text, **more)
        check("".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == thought, deltas)
    check(ask(client, QUESTION + "[cached 5]").usage.prompt_tokens_details.cached_tokens == 5, "cached")
    check(len(ask(client, "[words 77]").choices[0].message.content.split()) == 77, "words")


def faults(client, url):
    kinds = {
        "rate_limited": (openai.RateLimitError, "rate_limit_exceeded"),
        "server_error": (openai.InternalServerError, None),
        "overloaded": (openai.InternalServerError, None),
        "auth": (openai.AuthenticationError, "invalid_api_key"),
        "permission": (openai.PermissionDeniedError, "insufficient_permissions"),
        "not_found": (openai.NotFoundError, "model_not_found"),
        "context_length": (openai.BadRequestError, "context_length_exceeded"),
        "content_filter": (openai.BadRequestError, "content_policy_violation"),
        "quota": (openai.RateLimitError, "insufficient_quota"),
    }
    for fault, (kind, code) in kinds.items():
        refused(kind, lambda: ask(client, f"[fault {fault}]"), code)
        refused(kind, lambda: pieces(client, f"[fault {fault}] streamed"), code)
        refused(kind, lambda: ask(client, f"[fault {fault} 1]"), code)
        ask(client, f"[fault {fault} 1]")
    try:
        pieces(client, "[fault stream_error]")
        sys.exit("no error in the stream")
    except openai.APIError as error:
        check(error.type == "server_error", error)
    check(ask(client, "[fault no_usage]").usage is None, "usage")
    for key, kind in (("revoked", openai.AuthenticationError), ("forbidden", openai.PermissionDeniedError), ("exhausted", openai.RateLimitError)):
        refused(kind, lambda: ask(openai.OpenAI(base_url=url, api_key=f"sk-{key}", max_retries=0), "x"))


def batches(client):
    texts = {"good": QUESTION + "batch", "bad": "[fault context_length] batch", "late": "[fault expired]"}
    lines = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": {"model": MODEL, "messages": messages(text)}}
        for name, text in texts.items()
    ]

    def begin(lines):
        content = "\n".join(json.dumps(line) for line in lines).encode()
        file = strictly(FileObject, client.files.create(file=("lines.jsonl", content), purpose="batch"))
        check(file.bytes == len(content) and client.files.content(file.id).read() == content, file)
        check(client.files.retrieve(file.id).filename == "lines.jsonl", file)
        request = dict(endpoint="/v1/chat/completions", completion_window="24h", metadata={"lane": "night"})
        return strictly(Batch, client.batches.create(input_file_id=file.id, **request))

    def end(batch):
        while batch.status in ("validating", "in_progress", "finalizing", "cancelling"):
            time.sleep(0.05)
            batch = strictly(Batch, client.batches.retrieve(batch.id))
        return batch

    def results(file):
        return {line["custom_id"]: line for line in map(json.loads, client.files.content(file).text.splitlines())}

    batch = begin(lines[:2])
    check(batch.status == "validating" and batch.metadata == {"lane": "night"}, batch)
    check(client.batches.retrieve(batch.id).status == "in_progress", "in progress")
    batch = end(batch)
    counts = batch.request_counts
    check(batch.status == "completed" and (counts.total, counts.completed, counts.failed) == (2, 1, 1), batch)
    good, bad = results(batch.output_file_id)["good"], results(batch.error_file_id)["bad"]
    answer = ChatCompletion.model_validate(good["response"]["body"])
    check(answer.choices[0].message.content.split()[0] == digest(texts["good"]) and good["error"] is None, good)
    check(bad["response"]["status_code"] == 400 and bad["response"]["body"]["error"]["code"] == "context_length_exceeded", bad)
    late = end(begin(lines[2:]))
    check(late.status == "expired" and late.output_file_id is None, late)
    check(results(late.error_file_id)["late"]["error"]["code"] == "batch_expired", late)
    cancelled = begin(lines)
    check(client.batches.cancel(cancelled.id).status == "cancelling" and end(cancelled).status == "cancelled", "cancelled")
    failed = end(begin(lines[:1] * 2))
    check(failed.status == "failed" and failed.errors.data[0].code == "duplicate_custom_id" and failed.errors.data[0].line == 2, failed)
    check([item.id for item in client.batches.list(limit=2)][:4] == [failed.id, cancelled.id, late.id, batch.id], "list")
    refused(openai.NotFoundError, lambda: client.batches.retrieve("batch_none"))
    refused(openai.NotFoundError, lambda: client.files.content("file-none"))


def refused(kind, call, code=None):
    try:
        call()
    except kind as error:
        check(code is None or error.code == code, f"{error.code} instead of {code}")
        check(error.response.headers["x-request-id"].startswith("req_"), error.response.headers)
        return error
    sys.exit(f"no {kind.__name__}")


def main():
    client = openai.OpenAI(base_url=sys.argv[1], api_key="any", max_retries=0, timeout=30)
    check("simulated" in [model.id for model in client.models.list()], "models")
    for step in (chat, stream, completion, embeddings, tools, schemas, reasoning, batches):
        step(client)
    faults(client, sys.argv[1])
    refused(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=[]), "empty_array")
    refused(openai.NotFoundError, lambda: client.files.list())
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages("raw"))
    check(int(raw.headers["x-ratelimit-remaining-requests"]) > 0, dict(raw.headers))
    if len(sys.argv) > 2:
        limited = openai.OpenAI(base_url=sys.argv[2], api_key="any", max_retries=0, timeout=30)
        for streamed in (False, True):
            request = dict(model=MODEL, messages=messages(QUESTION), stream=streamed)
            error = refused(openai.RateLimitError, lambda: limited.chat.completions.create(**request), "rate_limit_exceeded")
            check(int(error.response.headers["retry-after"]) >= 1, dict(error.response.headers))
            check(int(error.response.headers["retry-after-ms"]) >= 1, dict(error.response.headers))
    print(f"openai {openai.__version__}: all as its types say")


if __name__ == "__main__":
    main()
