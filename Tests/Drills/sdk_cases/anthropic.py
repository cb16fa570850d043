"""Anthropic's messages.

The SDK speaks a newer version of the API, which has no sampling parameters; they go through `extra_body`.
"""

import json

import anthropic

from .case import (
    ANSWER, CITY, LONDON, MARK, ODD, PARIS, PDF, PIXEL, QUESTION, REPLY, STRICT_WEATHER, TIME, WEATHER, Answer, Case, Refusal, image, json_schema,
    text, tool_call, tool_result, user)

KIND = "anthropic"
VERSION_PATH = "/v1"
MODEL = "claude-sonnet-5"
METHOD = "messages.create"

MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [{"type": "text", "text": REPLY}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 14, "output_tokens": 4},
}
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": REPLY}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]


def client(base_url: str, key: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=base_url, api_key=key, max_retries=0)


def answer(path: str, body: dict) -> object:
    """An object, or the text of a stream."""
    if body.get("stream"):
        return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS)
    return MESSAGE


def failure(status: int, kind: str, message: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}, headers)


WEATHER_TOOL = {"name": "get_weather", "description": "The weather in a city", "input_schema": CITY}
TIME_TOOL = {"name": "get_time", "description": "The time in a city", "input_schema": CITY}
ASKED = user("How warm is it in London, and in Paris?")
CALLS = [tool_call("toolu_1", "get_weather", LONDON), tool_call("toolu_2", "get_weather", PARIS)]
USES = [
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": json.loads(LONDON)},
    {"type": "tool_use", "id": "toolu_2", "name": "get_weather", "input": json.loads(PARIS)},
]
HOUR = {"type": "ephemeral", "ttl": "1h"}
THOUGHTS = [
    {"type": "thinking", "thinking": "London, then Paris.", "signature": "c2lnbmVk"},
    {"type": "redacted_thinking", "data": "aGlkZGVu"},
]
LIMIT = {"max_tokens": 256}

CASES = [
    Case("text", {"messages": QUESTION, **LIMIT}, {"messages": QUESTION, **LIMIT}),
    Case("max_completion_tokens", {"messages": QUESTION, "max_completion_tokens": 77}, {"messages": QUESTION, "max_tokens": 77}),
    Case(
        "system", {"messages": [{"role": "system", "content": "Be brief."}, *QUESTION], **LIMIT},
        {"system": "Be brief.", "messages": QUESTION, **LIMIT}),
    Case(
        "system of several",
        {
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": [text("Be kind.")]}, *QUESTION],
            **LIMIT,
        },
        {"system": [text("Be brief."), text("Be kind.")], "messages": QUESTION, **LIMIT}),
    Case(
        "turns", {"messages": [*QUESTION, {"role": "assistant", "content": "Paris."}, user("And of Spain?")], **LIMIT},
        {"messages": [*QUESTION, {"role": "assistant", "content": "Paris."}, user("And of Spain?")], **LIMIT}),
    Case(
        "parts", {"messages": [user([text("One."), text("Two ☃ \"quoted\"\n")])], **LIMIT},
        {"messages": [user([text("One."), text("Two ☃ \"quoted\"\n")])], **LIMIT}),
    Case(
        "tools", {"messages": [ASKED], "tools": [WEATHER, TIME], "tool_choice": "auto", **LIMIT},
        {"messages": [ASKED], "tools": [WEATHER_TOOL, TIME_TOOL], "tool_choice": {"type": "auto"}, **LIMIT}),
    Case(
        "tool strict, required",
        {"messages": [ASKED], "tools": [STRICT_WEATHER], "tool_choice": "required", **LIMIT},
        {"messages": [ASKED], "tools": [{**WEATHER_TOOL, "strict": True}], "tool_choice": {"type": "any"}, **LIMIT}),
    Case(
        "tool by name, one at a time",
        {
            "messages": [ASKED], "tools": [WEATHER, TIME], "parallel_tool_calls": False,
            "tool_choice": {"type": "function", "function": {"name": "get_time"}}, **LIMIT,
        },
        {
            "messages": [ASKED], "tools": [WEATHER_TOOL, TIME_TOOL],
            "tool_choice": {"type": "tool", "name": "get_time", "disable_parallel_tool_use": True}, **LIMIT,
        }),
    Case(
        "tools one at a time", {"messages": [ASKED], "tools": [WEATHER], "parallel_tool_calls": False, **LIMIT},
        {"messages": [ASKED], "tools": [WEATHER_TOOL], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}, **LIMIT}),
    Case(
        "tools forbidden", {"messages": [ASKED], "tools": [WEATHER], "tool_choice": "none", **LIMIT},
        {"messages": [ASKED], "tools": [WEATHER_TOOL], "tool_choice": {"type": "none"}, **LIMIT}),
    Case(
        "tool result",
        {
            "messages": [
                ASKED, {"role": "assistant", "content": "I look it up.", "tool_calls": CALLS[:1]}, tool_result("toolu_1", "12 °C")],
            "tools": [WEATHER], **LIMIT,
        },
        {
            "messages": [
                ASKED, {"role": "assistant", "content": [text("I look it up."), USES[0]]},
                user([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 °C"}])],
            "tools": [WEATHER_TOOL], **LIMIT,
        }),
    Case(
        "parallel tools",
        {
            "messages": [
                ASKED, {"role": "assistant", "content": None, "tool_calls": CALLS}, tool_result("toolu_1", "12 °C"),
                tool_result("toolu_2", [text("54 °F")])],
            "tools": [WEATHER], "parallel_tool_calls": True, **LIMIT,
        },
        {
            "messages": [
                ASKED, {"role": "assistant", "content": USES},
                user([
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 °C"},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("54 °F")]}])],
            "tools": [WEATHER_TOOL], **LIMIT,
        }),
    Case(
        "odd arguments",
        {
            "messages": [
                ASKED,
                {"role": "assistant", "content": "", "tool_calls": [tool_call("toolu_1", "note", ODD), tool_call("toolu_2", "ping", "")]},
                tool_result("toolu_1", ""), tool_result("toolu_2", "pong")],
            "tools": [WEATHER], **LIMIT,
        },
        {
            "messages": [
                ASKED,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": "toolu_1", "name": "note", "input": json.loads(ODD)},
                        {"type": "tool_use", "id": "toolu_2", "name": "ping", "input": {}}],
                },
                user([
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": ""},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": "pong"}])],
            "tools": [WEATHER_TOOL], **LIMIT,
        }),
    Case(
        "own tool", {"messages": QUESTION, "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}], **LIMIT},
        {"messages": QUESTION, "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}], **LIMIT}),
    Case(
        "JSON schema", {"messages": QUESTION, "response_format": json_schema(ANSWER, strict=True), **LIMIT},
        {"messages": QUESTION, "output_config": {"format": {"type": "json_schema", "schema": ANSWER}}, **LIMIT}),
    Case(
        "image", {"messages": [user([text("What is this?"), image(f"data:image/png;base64,{PIXEL}", detail="high")])], **LIMIT},
        {
            "messages": [user([
                text("What is this?"), {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}])],
            **LIMIT,
        }),
    Case(
        "image by URL", {"messages": [user([image("https://example.com/cat.png")])], **LIMIT},
        {"messages": [user([{"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}}])], **LIMIT}),
    Case(
        "files",
        {
            "messages": [user([
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "report.pdf"}},
                {"type": "file", "file": {"file_url": "https://example.com/report.pdf"}},
                {"type": "file", "file": {"file_id": "file_011"}}])],
            **LIMIT,
        },
        {
            "messages": [user([
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}, "title": "report.pdf"},
                {"type": "document", "source": {"type": "url", "url": "https://example.com/report.pdf"}},
                {"type": "document", "source": {"type": "file", "file_id": "file_011"}}])],
            **LIMIT,
        }),
    Case(
        "cache marks",
        {
            "messages": [
                {"role": "system", "content": [text("A long text.", cache_control=HOUR)]},
                {"role": "user", "content": "A question.", "cache_control": MARK},
                {"role": "assistant", "content": "An answer."},
                user([text("A part.", cache_control=MARK), {**image(f"data:image/png;base64,{PIXEL}"), "cache_control": MARK}])],
            "tools": [{**WEATHER, "cache_control": MARK}], **LIMIT,
        },
        {
            "system": [text("A long text.", cache_control=HOUR)],
            "messages": [
                user([text("A question.", cache_control=MARK)]), {"role": "assistant", "content": "An answer."},
                user([
                    text("A part.", cache_control=MARK),
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}, "cache_control": MARK}])],
            "tools": [{**WEATHER_TOOL, "cache_control": MARK}], **LIMIT,
        }),
    Case("streaming", {"messages": QUESTION, "stream": True, **LIMIT}, {"messages": QUESTION, "stream": True, **LIMIT}),
    Case("stop", {"messages": QUESTION, "stop": "\n", **LIMIT}, {"messages": QUESTION, "stop_sequences": ["\n"], **LIMIT}),
    Case("stops", {"messages": QUESTION, "stop": ["END", "\n"], **LIMIT}, {"messages": QUESTION, "stop_sequences": ["END", "\n"], **LIMIT}),
    Case(
        "sampling", {"messages": QUESTION, "temperature": 0.25, "top_p": 0.9, "top_k": 40, **LIMIT},
        {"messages": QUESTION, "extra_body": {"temperature": 0.25, "top_p": 0.9, "top_k": 40}, **LIMIT}, model="claude-haiku-4-5"),
    Case(
        "reasoning effort", {"messages": QUESTION, "reasoning_effort": "xhigh", **LIMIT},
        {"messages": QUESTION, "output_config": {"effort": "xhigh"}, **LIMIT}),
    Case(
        "no reasoning", {"messages": QUESTION, "reasoning_effort": "none", **LIMIT},
        {"messages": QUESTION, "thinking": {"type": "disabled"}, **LIMIT}),
    Case(
        "thinking budget", {"messages": QUESTION, "thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 4096},
        {"messages": QUESTION, "thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 4096}, model="claude-haiku-4-5"),
    Case(
        "adaptive thinking, effort and schema",
        {
            "messages": QUESTION, "thinking": {"type": "adaptive"}, "reasoning_effort": "low", "response_format": json_schema(ANSWER),
            **LIMIT,
        },
        {
            "messages": QUESTION, "thinking": {"type": "adaptive"},
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": ANSWER}}, **LIMIT,
        }),
    Case(
        "thoughts given back",
        {
            "messages": [
                ASKED, {"role": "assistant", "content": None, "thinking_blocks": THOUGHTS, "tool_calls": CALLS[:1]},
                tool_result("toolu_1", "12 °C")],
            "tools": [WEATHER], "thinking": {"type": "adaptive"}, **LIMIT,
        },
        {
            "messages": [
                ASKED, {"role": "assistant", "content": [*THOUGHTS, USES[0]]},
                user([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 °C"}])],
            "tools": [WEATHER_TOOL], "thinking": {"type": "adaptive"}, **LIMIT,
        }),
    Case(
        "user, tier and extra",
        {"messages": QUESTION, "user": "someone", "service_tier": "auto", "extra": {"inference_geo": "us"}, **LIMIT},
        {"messages": QUESTION, "metadata": {"user_id": "someone"}, "service_tier": "auto", "inference_geo": "us", **LIMIT}),
    Case(
        "neutral values",
        {
            "messages": QUESTION, "n": 1, "temperature": 1, "top_p": 1.0, "presence_penalty": 0, "frequency_penalty": 0.0,
            "logprobs": False, "logit_bias": {}, "parallel_tool_calls": True, "response_format": {"type": "text"}, "seed": None,
            "stop": None, **LIMIT,
        },
        {"messages": QUESTION, **LIMIT}),
    Case(
        "error: key", {"messages": QUESTION, **LIMIT}, {"messages": QUESTION, **LIMIT},
        answer=failure(401, "authentication_error", "invalid x-api-key"), error=anthropic.AuthenticationError, code="auth"),
    Case(
        "error: rate", {"messages": QUESTION, **LIMIT}, {"messages": QUESTION, **LIMIT},
        answer=failure(429, "rate_limit_error", "This request would exceed your rate limit.", ("retry-after", "1")),
        error=anthropic.RateLimitError, code="rate_limited"),
    Case(
        "error: overloaded", {"messages": QUESTION, **LIMIT}, {"messages": QUESTION, **LIMIT},
        answer=failure(529, "overloaded_error", "Overloaded"), error=anthropic.InternalServerError, code="overloaded"),
    Case(
        "error: context", {"messages": QUESTION, **LIMIT}, {"messages": QUESTION, **LIMIT},
        answer=failure(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
        error=anthropic.BadRequestError, code="context_length"),
]

REFUSALS = [
    Refusal("embedding", {"input": "Some text."}),
    Refusal("completion", {"prompt": "Once upon", **LIMIT}),
    Refusal("seed", {"messages": QUESTION, "seed": 7, **LIMIT}),
    Refusal("n", {"messages": QUESTION, "n": 2, **LIMIT}),
    Refusal("presence_penalty", {"messages": QUESTION, "presence_penalty": 0.5, **LIMIT}),
    Refusal("frequency_penalty", {"messages": QUESTION, "frequency_penalty": 0.5, **LIMIT}),
    Refusal("logit_bias", {"messages": QUESTION, "logit_bias": {"50256": -100}, **LIMIT}),
    Refusal("logprobs", {"messages": QUESTION, "logprobs": True, **LIMIT}),
    Refusal("verbosity", {"messages": QUESTION, "verbosity": "low", **LIMIT}),
    Refusal("json_object", {"messages": QUESTION, "response_format": {"type": "json_object"}, **LIMIT}),
    Refusal("input_audio", {"messages": [user([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}])], **LIMIT}),
]
