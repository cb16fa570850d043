"""Cerebras' chat completions and completions."""

from cerebras.cloud import sdk

from . import openai
from .case import (
    ANSWER, MARK, ODD, PIXEL, QUESTION, STRICT_WEATHER, TIME, WEATHER, Answer, Case, Refusal, image, json_schema, text, tool_call,
    tool_result, user)

KIND = "cerebras"
VERSION_PATH = "/v1"
MODEL = "gpt-oss-120b"
METHOD = "chat.completions.create"


def client(base_url: str, key: str) -> sdk.Cerebras:
    return sdk.Cerebras(base_url=base_url, api_key=key, max_retries=0, warm_tcp_connection=False)


answer = openai.answer


def failure(status: int, kind: str, code: str, message: str) -> Answer:
    return Answer(status, {"message": message, "type": kind, "param": "", "code": code})


ASKED = openai.ASKED
CALLS = openai.CALLS
LIMIT = {"max_completion_tokens": 256}


def limited(name: str, envelope: dict, arguments: dict, **more: object) -> Case:
    """A call with a limit. One without gets that of the service, for Cerebras admits calls by it."""
    return Case(name, {**LIMIT, **envelope}, {**LIMIT, **arguments}, **more)


def same(name: str, model: str = "", **members: object) -> Case:
    """A call that is the same in both dialects."""
    return limited(name, members, members, model=model)


CASES = [
    same("text", messages=QUESTION),
    same(
        "system and turns",
        messages=[
            {"role": "system", "content": "Be brief."}, {"role": "developer", "content": [text("Be kind.")]}, *QUESTION,
            {"role": "assistant", "content": "Paris."}, user("And of Spain?")]),
    same("tools", messages=[ASKED], tools=[WEATHER, TIME], tool_choice="auto"),
    same(
        "tool by name, strict, one at a time", messages=[ASKED], tools=[STRICT_WEATHER, TIME],
        tool_choice={"type": "function", "function": {"name": "get_weather"}}, parallel_tool_calls=False),
    same("tools required", messages=[ASKED], tools=[WEATHER], tool_choice="required"),
    same(
        "tool result", messages=[ASKED, {"role": "assistant", "content": None, "tool_calls": CALLS[:1]}, tool_result("call_1", "12 °C")],
        tools=[WEATHER]),
    same(
        "parallel tools",
        messages=[
            ASKED, {"role": "assistant", "tool_calls": CALLS}, tool_result("call_1", '{"celsius": 12}'),
            tool_result("call_2", [text("54 °F")])],
        tools=[WEATHER], parallel_tool_calls=True),
    same(
        "odd arguments",
        messages=[
            ASKED, {"role": "assistant", "content": "", "tool_calls": [tool_call("call_1", "note", ODD), tool_call("call_2", "ping", "")]},
            tool_result("call_1", ""), tool_result("call_2", "pong")],
        tools=[WEATHER]),
    limited(
        "cache marks",
        {
            "messages": [{**user([text("A part.", cache_control=MARK)]), "cache_control": MARK}],
            "tools": [{**WEATHER, "cache_control": MARK}],
        },
        {"messages": [user([text("A part.")])], "tools": [WEATHER]}),
    same("JSON schema", messages=QUESTION, response_format=json_schema(ANSWER, strict=True)),
    same("JSON", messages=QUESTION, response_format={"type": "json_object"}),
    same("image", messages=[user([text("What is this?"), image(f"data:image/png;base64,{PIXEL}")])]),
    limited(
        "streaming", {"messages": QUESTION, "stream": True},
        {"messages": QUESTION, "stream": True, "stream_options": {"include_usage": True}}),
    same("stop", messages=QUESTION, stop=["END", "\n ☃"]),
    same(
        "sampling", messages=QUESTION, temperature=0.25, top_p=0.9, max_completion_tokens=256, seed=7, n=2, presence_penalty=0.5,
        frequency_penalty=-0.5, logit_bias={"50256": -100}, stop="\n"),
    Case("no limit", {"messages": QUESTION}, {"messages": QUESTION, "max_completion_tokens": 4096}),
    Case("max_tokens", {"messages": QUESTION, "max_tokens": 77}, {"messages": QUESTION, "max_completion_tokens": 77}),
    same("log probabilities", messages=QUESTION, logprobs=True, top_logprobs=3),
    same("reasoning effort", messages=QUESTION, reasoning_effort="high", max_completion_tokens=4096),
    same("no reasoning", messages=QUESTION, reasoning_effort="none", model="zai-glm-4.7"),
    limited(
        "thinking disabled", {"messages": QUESTION, "thinking": {"type": "disabled"}}, {"messages": QUESTION, "reasoning_effort": "none"},
        model="zai-glm-4.7"),
    limited(
        "reasoning given back",
        {"messages": [*QUESTION, {"role": "assistant", "content": "Paris.", "reasoning_content": "Easy."}, user("And of Spain?")]},
        {"messages": [*QUESTION, {"role": "assistant", "content": "Paris.", "reasoning": "Easy."}, user("And of Spain?")]}),
    same("user and tier", messages=QUESTION, user="someone", service_tier="flex"),
    limited(
        "extra", {"messages": QUESTION, "extra": {"reasoning_format": "parsed", "clear_thinking": False}},
        {"messages": QUESTION, "reasoning_format": "parsed", "clear_thinking": False}),
    Case(
        "completion", {"prompt": "Once upon", "max_tokens": 16, "stop": ["."]}, {"prompt": "Once upon", "max_tokens": 16, "stop": ["."]},
        method="completions.create"),
    limited(
        "error: key", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(401, "invalid_request_error", "wrong_api_key", "Wrong API Key"), error=sdk.AuthenticationError, code="auth"),
    limited(
        "error: rate", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(429, "too_many_requests_error", "request_quota_exceeded", "Requests per minute limit exceeded."),
        error=sdk.RateLimitError, code="rate_limited"),
    limited(
        "error: queue", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(429, "too_many_requests_error", "queue_exceeded", "We're experiencing high traffic right now!"),
        error=sdk.RateLimitError, code="overloaded"),
    limited(
        "error: request", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(422, "invalid_request_error", "wrong_api_format", "body.temperature: Input should be a valid number"),
        error=sdk.UnprocessableEntityError, code="provider_invalid_request"),
]

REFUSALS = [
    Refusal("embedding", {"input": "Some text."}),
    Refusal("top_k", {"messages": QUESTION, "top_k": 40}),
    Refusal("verbosity", {"messages": QUESTION, "verbosity": "low"}),
    Refusal("reasoning_effort", {"messages": QUESTION, "reasoning_effort": "xhigh"}),
    Refusal("thinking", {"messages": QUESTION, "thinking": {"type": "enabled", "budget_tokens": 2048}}),
    Refusal("input_audio", {"messages": [user([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}])]}),
    Refusal("file", {"messages": [user([{"type": "file", "file": {"file_id": "file_1"}}])]}),
]
