"""Calls a simulated provider with Anthropic's own SDK and checks what comes back.

Usage: anthropic_sdk_calls.py BASE_URL

Exits with a reason at the first thing that is not as the SDK's types say.
"""

import json
import sys
import time

import anthropic
from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from anthropic.types.shared.enforced_spend_limit_reached_error import EnforcedSpendLimitReachedError
from pydantic import TypeAdapter

from sdk_checks import QUESTION, TIME, WEATHER, check, check_weather, digest, refused

MODEL = "claude-simulated"
EVENT = TypeAdapter(RawMessageStreamEvent)
TOOLS = [
    {"name": "weather", "description": "Tells the weather.", "input_schema": WEATHER},
    {"name": "time", "description": "Tells the time.", "input_schema": TIME},
]


def request(text, **more):
    return dict(model=MODEL, max_tokens=1000, system="Answer.", messages=[{"role": "user", "content": text}], **more)


def ask(client, text, **more):
    answer = client.messages.create(**request(text, **more))
    Message.model_validate(answer.model_dump(exclude_unset=True), strict=False)
    return answer


def stream(client, text, **more):
    """The events as they come, and the message that the SDK puts together of them."""
    events = list(client.messages.create(**request(text, **more), stream=True))
    for event in events:
        EVENT.validate_python(event.model_dump(exclude_unset=True))
    with client.messages.stream(**request(text, **more)) as streamed:
        return events, streamed.get_final_message()


def texts(client):
    answer = ask(client, QUESTION)
    check(answer.model == MODEL and answer.stop_reason == "end_turn", answer)
    words = answer.content[0].text.split()
    check(words[0] == digest(QUESTION) and answer.usage.output_tokens == len(words), answer)
    check(answer._request_id.startswith("req_"), answer._request_id)
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two", "cache_control": {"type": "ephemeral"}}]
    check(ask(client, parts).content[0].text.split()[0] == digest("one two"), "the digest of parts")
    short = client.messages.create(**{**request(QUESTION), "max_tokens": 3})
    check(short.stop_reason == "max_tokens" and short.usage.output_tokens == 3, short)
    cached = ask(client, QUESTION + "[cached 5]").usage
    check(cached.cache_read_input_tokens == 5 and cached.input_tokens > 0, cached)
    check(len(ask(client, "[words 77]").content[0].text.split()) == 77, "words")


def streams(client):
    events, message = stream(client, QUESTION + "[words 40]")
    kinds = [event.type for event in events]
    check(kinds[:2] == ["message_start", "content_block_start"] and kinds[-2:] == ["message_delta", "message_stop"], kinds)
    check(kinds.count("content_block_delta") == 40, kinds)
    check(message.content[0].text.split()[0] == digest(QUESTION + "[words 40]"), message)
    check(message.stop_reason == "end_turn" and message.usage.output_tokens == 40, message)
    raw = client.messages.with_raw_response.create(**request("raw"), stream=True)
    check(raw.headers["content-type"].startswith("text/event-stream"), raw.headers)


def tools(client):
    for count in (1, 3):
        text = f"[tools {count}] please"
        whole = ask(client, text, tools=TOOLS)
        _, streamed = stream(client, text, tools=TOOLS)
        for message in (whole, streamed):
            check(message.stop_reason == "tool_use" and len(message.content) == count, message)
            check([block.name for block in message.content] == ["weather", "time", "weather"][:count], message)
            check_weather(message.content[0].input)
            check(len({block.id for block in message.content}) == count, "ids of calls are alike")
        check([block.input for block in whole.content] == [block.input for block in streamed.content], "inputs differ")
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "rain"} for block in whole.content]
    turns = [{"role": "assistant", "content": whole.content}, {"role": "user", "content": results}]
    after = client.messages.create(**{**request("x"), "messages": request(text)["messages"] + turns}, tools=TOOLS)
    check(after.stop_reason == "end_turn", after)


def schemas(client):
    form = {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}}
    for message in (ask(client, QUESTION, **form), stream(client, QUESTION, **form)[1]):
        check_weather(json.loads(message.content[0].text))
    first, second = (ask(client, "[bad json 1] once", **form) for _ in range(2))
    check(not isinstance(json.loads(first.content[0].text), dict), first)
    check_weather(json.loads(second.content[0].text))


def reasoning(client):
    for more in ({}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}):
        text = QUESTION if more else QUESTION + "[reasoning]"
        for message in (ask(client, text, **more), stream(client, text, **more)[1]):
            thinking, answer = message.content
            check(thinking.type == "thinking" and thinking.thinking and thinking.signature, message)
            check(answer.text.split()[0] == digest(text), message)
            check(message.usage.output_tokens_details.thinking_tokens == len(thinking.thinking.split()), message.usage)


def batches(client):
    params = {"model": MODEL, "max_tokens": 100}
    texts = {"good": QUESTION + "batch", "bad": "[fault context_length] batch", "late": "[fault expired]", "odd": None}
    lines = [
        {"custom_id": name, "params": params | {"messages": [{"role": "user", "content": text}] if text else []}} for name, text in texts.items()
    ]
    batch = client.messages.batches.create(requests=lines)
    MessageBatch.model_validate(batch.model_dump())
    check(batch.processing_status == "in_progress" and batch.request_counts.processing == 4, batch)
    refused(anthropic.AnthropicError, lambda: client.messages.batches.results(batch.id), lambda error: True)
    while batch.processing_status != "ended":
        time.sleep(0.05)
        batch = client.messages.batches.retrieve(batch.id)
    MessageBatch.model_validate(batch.model_dump())
    counts = batch.request_counts
    check((counts.succeeded, counts.errored, counts.expired, counts.processing) == (1, 2, 1, 0), counts)
    results = {}
    for line in client.messages.batches.results(batch.id):
        MessageBatchIndividualResponse.model_validate(line.model_dump(exclude_unset=True))
        results[line.custom_id] = line.result
    check({name: result.type for name, result in results.items()} == dict(good="succeeded", bad="errored", late="expired", odd="errored"), results)
    check(results["good"].message.content[0].text.split()[0] == digest(texts["good"]), results["good"])
    check(results["bad"].error.error.type == "invalid_request_error", results["bad"])
    other = client.messages.batches.create(requests=lines[:1])
    check(client.messages.batches.cancel(other.id).processing_status == "canceling", "cancel")
    check(client.messages.batches.retrieve(other.id).request_counts.canceled == 1, "canceled requests")
    check([line.result.type for line in client.messages.batches.results(other.id)] == ["canceled"], "results of what was canceled")
    check([item.id for item in client.messages.batches.list(limit=1)] == [other.id, batch.id], "list")
    refused(anthropic.BadRequestError, lambda: client.messages.batches.create(requests=[]))
    refused(anthropic.NotFoundError, lambda: client.messages.batches.retrieve("msgbatch_none"))


def errors(client, url):
    def fails(kind, fault, status, type):
        for more in ({}, {"stream": True}):
            call = lambda: client.messages.create(**request(f"[fault {fault}] {more}"), **more)
            error = refused(kind, call, lambda error: error.status_code == status and error.type == type)
            check(error.request_id.startswith("req_") and error.body["request_id"] == error.request_id, error.body)
        return error

    limited = fails(anthropic.RateLimitError, "rate_limited", 429, "rate_limit_error")
    check(int(limited.response.headers["retry-after"]) >= 1, limited.response.headers)
    check("T" in limited.response.headers["anthropic-ratelimit-requests-reset"], limited.response.headers)
    fails(anthropic.InternalServerError, "server_error", 500, "api_error")
    fails(anthropic.OverloadedError, "overloaded", 529, "overloaded_error")
    fails(anthropic.AuthenticationError, "auth", 401, "authentication_error")
    fails(anthropic.PermissionDeniedError, "permission", 403, "permission_error")
    fails(anthropic.NotFoundError, "not_found", 404, "not_found_error")
    fails(anthropic.BadRequestError, "context_length", 400, "invalid_request_error")
    quota = fails(EnforcedSpendLimitReachedError, "quota", 429, "rate_limit_error")
    check(quota.error_code == "enforced_spend_limit_reached" and "retry-after" not in quota.response.headers, quota.body)
    filtered = ask(client, "[fault content_filter]")
    check(filtered.stop_reason == "refusal" and filtered.content == [], filtered)
    broken = lambda: list(client.messages.create(**request("[fault stream_error]"), stream=True))
    refused(anthropic.APIStatusError, broken, lambda error: error.body["error"]["type"] == "overloaded_error")
    empty = lambda: client.messages.create(model=MODEL, max_tokens=9, messages=[])
    refused(anthropic.BadRequestError, empty)
    for key, kind in (("revoked", anthropic.AuthenticationError), ("exhausted", EnforcedSpendLimitReachedError)):
        other = anthropic.Anthropic(base_url=url, api_key=f"sk-{key}", max_retries=0)
        refused(kind, lambda: other.messages.create(**request("x")))


def main():
    url = sys.argv[1]
    client = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0, timeout=30)
    for step in (texts, streams, tools, schemas, reasoning, batches):
        step(client)
    errors(client, url)
    print(f"anthropic {anthropic.__version__}: all as its types say")


if __name__ == "__main__":
    main()
