"""Cohere's API, version 2."""

import json

import cohere

from .case import (
    ANSWER, LONDON, MARK, ODD, PARIS, PIXEL, QUESTION, REPLY, STRICT_WEATHER, TIME, WEATHER, Answer, Case, Refusal, image, json_schema, text,
    tool_call, tool_result, user)

KIND = "cohere"
VERSION_PATH = "/v2"
MODEL = "command-a-03-2025"
METHOD = "chat"

USAGE = {"billed_units": {"input_tokens": 7, "output_tokens": 2}, "tokens": {"input_tokens": 71, "output_tokens": 4}}
CHAT = {
    "id": "c1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "text", "text": REPLY}]},
    "usage": USAGE,
}
EVENTS = [
    {"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant"}}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": REPLY}}}},
    {"type": "content-end", "index": 0},
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}},
]


def client(base_url: str, key: str) -> cohere.ClientV2:
    return cohere.ClientV2(api_key=key, base_url=base_url, max_retries=0)


def answer(path: str, body: dict) -> object:
    """An object, or the text of a stream."""
    if path.endswith("/embed"):
        vectors = {"float": [0.5, -0.25], "base64": "AAAAPwAAgL4="}
        return {
            "id": "e1", "response_type": "embeddings_by_type", "texts": body["texts"],
            "embeddings": {kind: [vectors[kind] for _ in body["texts"]] for kind in body["embedding_types"]},
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 4}},
        }
    if body.get("stream"):
        return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS) + "data: [DONE]\n\n"
    return CHAT


def failure(status: int, message: str) -> Answer:
    return Answer(status, {"id": "c1", "message": message})


ASKED = user("How warm is it in London, and in Paris?")
CALLS = [tool_call("call_1", "get_weather", LONDON), tool_call("call_2", "get_weather", PARIS)]


def same(name: str, **members: object) -> Case:
    """A call that is the same in both dialects."""
    return Case(name, members, members)


CASES = [
    same("text", messages=QUESTION),
    Case(
        "system and developer",
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."}, *QUESTION]},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "system", "content": "Be kind."}, *QUESTION]}),
    same("turns", messages=[*QUESTION, {"role": "assistant", "content": "Paris."}, user("And of Spain?")]),
    same("parts", messages=[user([text("One."), text("Two ☃ \"quoted\"\n")])]),
    Case(
        "tools", {"messages": [ASKED], "tools": [WEATHER, TIME], "tool_choice": "auto"}, {"messages": [ASKED], "tools": [WEATHER, TIME]}),
    Case(
        "tools strict, required",
        {"messages": [ASKED], "tools": [STRICT_WEATHER], "tool_choice": "required"},
        {"messages": [ASKED], "tools": [WEATHER], "strict_tools": True, "tool_choice": "REQUIRED"}),
    Case(
        "tools forbidden", {"messages": [ASKED], "tools": [WEATHER], "tool_choice": "none"},
        {"messages": [ASKED], "tools": [WEATHER], "tool_choice": "NONE"}),
    Case(
        "tool result",
        {
            "messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": CALLS[:1]}, tool_result("call_1", "12 °C")],
            "tools": [WEATHER],
        },
        {
            "messages": [ASKED, {"role": "assistant", "tool_calls": CALLS[:1]}, tool_result("call_1", "12 °C")],
            "tools": [WEATHER],
        }),
    Case(
        "parallel tools",
        {
            "messages": [
                ASKED, {"role": "assistant", "content": "I look it up.", "tool_calls": CALLS}, tool_result("call_1", '{"celsius": 12}'),
                tool_result("call_2", [text("54 °F")])],
            "tools": [WEATHER], "parallel_tool_calls": True,
        },
        {
            "messages": [
                ASKED, {"role": "assistant", "tool_plan": "I look it up.", "tool_calls": CALLS}, tool_result("call_1", '{"celsius": 12}'),
                tool_result("call_2", [text("54 °F")])],
            "tools": [WEATHER],
        }),
    same(
        "odd arguments",
        messages=[
            ASKED, {"role": "assistant", "tool_calls": [tool_call("call_1", "note", ODD), tool_call("call_2", "ping", "{}")]},
            tool_result("call_1", ""), tool_result("call_2", "pong")],
        tools=[WEATHER]),
    Case(
        "cache marks",
        {
            "messages": [{**user([text("A part.", cache_control=MARK)]), "cache_control": MARK}],
            "tools": [{**WEATHER, "cache_control": MARK}],
        },
        {"messages": [user([text("A part.")])], "tools": [WEATHER]}),
    Case(
        "JSON schema", {"messages": QUESTION, "response_format": json_schema(ANSWER, strict=True)},
        {"messages": QUESTION, "response_format": {"type": "json_object", "json_schema": ANSWER}}),
    same("JSON", messages=QUESTION, response_format={"type": "json_object"}),
    same("image", messages=[user([text("What is this?"), image(f"data:image/png;base64,{PIXEL}", detail="low")])]),
    same("image by URL", messages=[user([image("https://example.com/cat.png")])]),
    Case(
        "streaming", {"messages": QUESTION, "stream": True, "temperature": 0.5}, {"messages": QUESTION, "temperature": 0.5},
        method="chat_stream"),
    Case("stop", {"messages": QUESTION, "stop": "\n"}, {"messages": QUESTION, "stop_sequences": ["\n"]}),
    Case(
        "sampling",
        {
            "messages": QUESTION, "temperature": 0.25, "top_p": 0.9, "top_k": 40, "max_tokens": 256, "seed": 7, "presence_penalty": 0.5,
            "frequency_penalty": 0.75, "stop": ["END", "\n"],
        },
        {
            "messages": QUESTION, "temperature": 0.25, "p": 0.9, "k": 40, "max_tokens": 256, "seed": 7, "presence_penalty": 0.5,
            "frequency_penalty": 0.75, "stop_sequences": ["END", "\n"],
        }),
    same("log probabilities", messages=QUESTION, logprobs=True),
    Case("max_completion_tokens", {"messages": QUESTION, "max_completion_tokens": 77}, {"messages": QUESTION, "max_tokens": 77}),
    Case(
        "no reasoning", {"messages": QUESTION, "reasoning_effort": "none"}, {"messages": QUESTION, "thinking": {"type": "disabled"}},
        model="command-a-reasoning-08-2025"),
    Case(
        "thinking budget", {"messages": QUESTION, "thinking": {"type": "enabled", "budget_tokens": 2048}},
        {"messages": QUESTION, "thinking": {"type": "enabled", "token_budget": 2048}}, model="command-a-reasoning-08-2025"),
    Case(
        "adaptive thinking", {"messages": QUESTION, "thinking": {"type": "adaptive"}},
        {"messages": QUESTION, "thinking": {"type": "enabled"}}, model="command-a-reasoning-08-2025"),
    Case(
        "extra", {"messages": QUESTION, "user": "someone", "extra": {"safety_mode": "STRICT", "documents": ["Paris is big."]}},
        {"messages": QUESTION, "safety_mode": "STRICT", "documents": ["Paris is big."]}),
    Case(
        "neutral values",
        {
            "messages": QUESTION, "n": 1, "logprobs": False, "logit_bias": {}, "parallel_tool_calls": True, "seed": None, "stop": None,
            "response_format": {"type": "text"},
        },
        {"messages": QUESTION}),
    Case(
        "embeddings", {"input": ["One.", "Two."], "dimensions": 256},
        {"texts": ["One.", "Two."], "input_type": "search_document", "embedding_types": ["float"], "output_dimension": 256}, method="embed",
        model="embed-v4.0"),
    Case(
        "embedding for a query", {"input": "One.", "encoding_format": "base64", "extra": {"input_type": "search_query", "truncate": "END"}},
        {"texts": ["One."], "input_type": "search_query", "embedding_types": ["base64"], "truncate": "END"}, method="embed",
        model="embed-v4.0"),
    Case(
        "error: key", {"messages": QUESTION}, {"messages": QUESTION}, answer=failure(401, "invalid api token"),
        error=cohere.UnauthorizedError, code="auth"),
    Case(
        "error: rate", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(429, "You are past the per minute request limit, please wait and try again later."),
        error=cohere.TooManyRequestsError, code="rate_limited"),
    Case(
        "error: request", {"messages": QUESTION}, {"messages": QUESTION}, answer=failure(422, "invalid request: temperature is too high"),
        error=cohere.UnprocessableEntityError, code="provider_invalid_request"),
    Case(
        "error: overloaded", {"messages": QUESTION}, {"messages": QUESTION}, answer=failure(503, "service unavailable"),
        error=cohere.ServiceUnavailableError, code="overloaded"),
]

REFUSALS = [
    Refusal("completion", {"prompt": "Once upon"}),
    Refusal("n", {"messages": QUESTION, "n": 2}),
    Refusal("logit_bias", {"messages": QUESTION, "logit_bias": {"50256": -100}}),
    Refusal("top_logprobs", {"messages": QUESTION, "logprobs": True, "top_logprobs": 3}),
    Refusal("parallel_tool_calls", {"messages": [ASKED], "tools": [WEATHER], "parallel_tool_calls": False}),
    Refusal("tool_choice", {"messages": [ASKED], "tools": [TIME], "tool_choice": {"type": "function", "function": {"name": "get_time"}}}),
    Refusal("verbosity", {"messages": QUESTION, "verbosity": "low"}),
    Refusal("reasoning_effort", {"messages": QUESTION, "reasoning_effort": "high"}),
    Refusal("input_audio", {"messages": [user([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}])]}),
    Refusal("file", {"messages": [user([{"type": "file", "file": {"file_id": "file_1"}}])]}),
]
