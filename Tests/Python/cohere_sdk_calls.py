"""Calls a simulated provider with Cohere's own SDK and checks what comes back.

Usage: cohere_sdk_calls.py BASE_URL

Exits with a reason at the first thing that is not as the SDK's types say.
"""

import importlib.metadata
import json
import sys

import cohere
from cohere import EmbedByTypeResponse, V2ChatResponse
from cohere.core.api_error import ApiError

from sdk_checks import QUESTION, TIME, WEATHER, check, check_weather, digest, refused

MODEL = "command-simulated"
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "time", "description": "Tells the time.", "parameters": TIME}},
]


def request(text, **more):
    return dict(model=MODEL, messages=[{"role": "system", "content": "Answer."}, {"role": "user", "content": text}], **more)


def ask(client, text, **more):
    answer = client.chat(**request(text, **more))
    V2ChatResponse.model_validate(answer.model_dump(by_alias=True))
    return answer


def stream(client, text, **more):
    events = list(client.chat_stream(**request(text, **more)))
    check(all(type(event).__name__.endswith("V2ChatStreamResponse") for event in events), [type(event) for event in events])
    return events


def joined(events, name):
    """What the events of content say under a name, put together."""
    deltas = [event.delta.message.content for event in events if event.type == "content-delta"]
    return "".join(getattr(delta, name) or "" for delta in deltas)


def texts(client):
    answer = ask(client, QUESTION)
    check(answer.finish_reason == "COMPLETE" and answer.message.role == "assistant" and answer.id, answer)
    words = answer.message.content[0].text.split()
    check(words[0] == digest(QUESTION), answer)
    check(answer.usage.tokens.output_tokens == answer.usage.billed_units.output_tokens == len(words), answer.usage)
    check(ask(client, [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]).message.content[0].text.split()[0] == digest("one two"), "parts")
    short = ask(client, QUESTION, max_tokens=3)
    check(short.finish_reason == "MAX_TOKENS" and short.usage.tokens.output_tokens == 3, short)
    check(ask(client, QUESTION + "[cached 5]").usage.cached_tokens == 5, "cached")
    check(len(ask(client, "[words 77]").message.content[0].text.split()) == 77, "words")
    check(ask(client, "[fault no_usage]").usage is None, "usage")


def streams(client):
    events = stream(client, QUESTION + "[words 40]")
    kinds = [event.type for event in events]
    check(kinds == ["message-start", "content-start"] + ["content-delta"] * 40 + ["content-end", "message-end"], kinds)
    check(joined(events, "text").split()[0] == digest(QUESTION + "[words 40]"), joined(events, "text"))
    check(events[-1].delta.finish_reason == "COMPLETE" and events[-1].delta.usage.tokens.output_tokens == 40, events[-1])


def tools(client):
    for count in (1, 3):
        text = f"[tools {count}] please"
        whole = ask(client, text, tools=TOOLS)
        check(whole.finish_reason == "TOOL_CALL" and whole.message.tool_plan, whole)
        calls = whole.message.tool_calls
        check([call.function.name for call in calls] == ["weather", "time", "weather"][:count], calls)
        check_weather(json.loads(calls[0].function.arguments))
        arguments, names = {}, []
        events = stream(client, text, tools=TOOLS)
        for event in events:
            if event.type == "tool-call-start":
                names.append(event.delta.message.tool_calls.function.name)
            if event.type == "tool-call-delta":
                piece = event.delta.message.tool_calls.function.arguments
                arguments[event.index] = arguments.get(event.index, "") + piece
        check(names == [call.function.name for call in calls], names)
        check([arguments[index] for index in range(count)] == [call.function.arguments for call in calls], arguments)
        check(events[-1].delta.finish_reason == "TOOL_CALL", events[-1])
    turns = [{"role": "assistant", "tool_calls": [call.model_dump() for call in calls], "tool_plan": whole.message.tool_plan}]
    turns += [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in calls]
    after = client.chat(model=MODEL, messages=request(text)["messages"] + turns, tools=TOOLS)
    check(after.finish_reason == "COMPLETE" and after.message.content, after)


def schemas(client):
    form = {"type": "json_object", "json_schema": WEATHER}
    for text in (ask(client, QUESTION, response_format=form).message.content[0].text, joined(stream(client, QUESTION, response_format=form), "text")):
        check_weather(json.loads(text))
    free = ask(client, QUESTION, response_format={"type": "json_object"})
    check(isinstance(json.loads(free.message.content[0].text), dict), free)


def reasoning(client):
    for text, more in ((QUESTION + "[words 9] [reasoning]", {}), (QUESTION + "[words 9]", {"thinking": {"type": "enabled"}})):
        thinking, answer = ask(client, text, **more).message.content
        check(thinking.type == "thinking" and answer.text.split()[0] == digest(text), answer)
        events = stream(client, text, **more)
        check(joined(events, "thinking") == thinking.thinking and joined(events, "text") == answer.text, events)
        check(events[-1].delta.usage.tokens.output_tokens == len((thinking.thinking + " " + answer.text).split()), events[-1])


def embeddings(client):
    forms = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    request = dict(model="embed-simulated", texts=["a", "b", "a"], input_type="search_query", embedding_types=forms, output_dimension=256)
    answer = client.embed(**request)
    EmbedByTypeResponse.model_validate(answer.model_dump(by_alias=True))
    vectors = answer.embeddings
    check([len(vector) for vector in vectors.float_] == [256] * 3, "dimensions")
    check(vectors.float_[0] == vectors.float_[2] != vectors.float_[1], "vectors do not follow the inputs")
    check(all(-128 <= value <= 127 for value in vectors.int8[0]) and all(0 <= value <= 255 for value in vectors.uint8[0]), "bytes")
    check(len(vectors.binary[0]) == len(vectors.ubinary[0]) == 32 and isinstance(vectors.base64[0], str), "bits")
    check(answer.texts == ["a", "b", "a"] and answer.meta.billed_units.input_tokens > 0, answer.meta)
    untyped = dict(model="embed-simulated", texts=["a"], input_type=None)
    refused(cohere.BadRequestError, lambda: client.embed(**untyped))


def errors(client, url):
    def fails(kind, fault, status):
        for call in (ask, stream):
            error = refused(kind, lambda: call(client, f"[fault {fault}] {call.__name__}"))
            message = error.body["message"] if isinstance(error.body, dict) else error.body.message
            check(error.status_code == status and message, error)
        return error

    limited = fails(cohere.TooManyRequestsError, "rate_limited", 429)
    check("retry-after" not in limited.headers, limited.headers)
    fails(cohere.InternalServerError, "server_error", 500)
    fails(cohere.ServiceUnavailableError, "overloaded", 503)
    fails(cohere.UnauthorizedError, "auth", 401)
    fails(cohere.ForbiddenError, "permission", 403)
    fails(cohere.NotFoundError, "not_found", 404)
    fails(cohere.BadRequestError, "context_length", 400)
    fails(ApiError, "quota", 402)
    fails(cohere.InvalidTokenError, "content_filter", 498)
    broken = stream(client, "[fault stream_error]")[-1]
    check(broken.delta.finish_reason == "ERROR" and broken.delta.error, broken)
    for key, kind in (("revoked", cohere.UnauthorizedError), ("forbidden", cohere.ForbiddenError)):
        other = cohere.ClientV2(api_key=key, base_url=url, max_retries=0)
        refused(kind, lambda: ask(other, "x"))


def main():
    url = sys.argv[1]
    client = cohere.ClientV2(api_key="any", base_url=url, timeout=30, max_retries=0)
    for step in (texts, streams, tools, schemas, reasoning, embeddings):
        step(client)
    errors(client, url)
    print(f"cohere {importlib.metadata.version('cohere')}: all as its types say")


if __name__ == "__main__":
    main()
