"""OpenAI's chat completions, completions and embeddings."""

import json

import openai

from .case import (
    ANSWER, EMPTY_OBJECT, LONDON, MARK, ODD, PARIS, PDF, PIXEL, QUESTION, REPLY, SOUND, STRICT_WEATHER, TIME, WEATHER, Answer, Case, Refusal,
    image, json_schema, text, tool, tool_call, tool_result, user)

KIND = "openai"
VERSION_PATH = "/v1"
MODEL = "gpt-5.5"
METHOD = "chat.completions.create"

USAGE = {"prompt_tokens": 14, "completion_tokens": 2, "total_tokens": 16}
CHOICE = {"index": 0, "message": {"role": "assistant", "content": REPLY, "refusal": None}, "logprobs": None, "finish_reason": "stop"}
CHAT = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": MODEL, "choices": [CHOICE], "usage": USAGE}
CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": MODEL}
CHUNKS = [
    {**CHUNK, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
    {**CHUNK, "choices": [{"index": 0, "delta": {"content": REPLY}, "finish_reason": None}]},
    {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]


def client(base_url: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=base_url + VERSION_PATH, api_key=key, max_retries=0)


def answer(path: str, body: dict) -> object:
    """An object, or the text of a stream."""
    if path.endswith("/embeddings"):
        vector = "AAAAPwAAgL4=" if body.get("encoding_format") == "base64" else [0.5, -0.25]
        inputs = body["input"] if isinstance(body["input"], list) and not isinstance(body["input"][0], int) else [body["input"]]
        return {
            "object": "list", "model": body["model"], "usage": {"prompt_tokens": 4, "total_tokens": 4},
            "data": [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(inputs))],
        }
    if path.endswith("/chat/completions"):
        if body.get("stream"):
            last = [{**CHUNK, "choices": [], "usage": USAGE}] if body.get("stream_options", {}).get("include_usage") else []
            return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in [*CHUNKS, *last]) + "data: [DONE]\n\n"
        return {**CHAT, "choices": [{**CHOICE, "index": index} for index in range(body.get("n") or 1)]}
    choice = {"index": 0, "text": " a time", "logprobs": None, "finish_reason": "stop"}
    return {"id": "cmpl-1", "object": "text_completion", "created": 1790000000, "model": MODEL, "choices": [choice], "usage": USAGE}


def failure(status: int, kind: str, code: str | None, message: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code}}, headers)


def same(name: str, model: str = "", **members: object) -> Case:
    """A call that is the same in both dialects."""
    return Case(name, members, members, model=model)


ASKED = user("How warm is it in London, and in Paris?")
CALLS = [tool_call("call_1", "get_weather", LONDON), tool_call("call_2", "get_weather", PARIS)]

CASES = [
    same("text", messages=QUESTION),
    same(
        "system and turns",
        messages=[
            {"role": "system", "content": "Be brief."}, {"role": "developer", "content": [text("Be kind.")]}, *QUESTION,
            {"role": "assistant", "content": "Paris.", "refusal": None}, user("And of Spain?")]),
    same("tools", messages=[ASKED], tools=[WEATHER, TIME], tool_choice="auto"),
    same(
        "tool by name, strict, one at a time", messages=[ASKED], tools=[STRICT_WEATHER, TIME],
        tool_choice={"type": "function", "function": {"name": "get_weather"}}, parallel_tool_calls=False),
    same("tool without parameters", messages=[ASKED], tools=[tool("ping", "", EMPTY_OBJECT)], tool_choice="required"),
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
    same("cache marks", messages=[{**user([text("A part.", cache_control=MARK)]), "cache_control": MARK}]),
    same("JSON schema", messages=QUESTION, response_format=json_schema(ANSWER, strict=True, description="An answer")),
    same("JSON", messages=QUESTION, response_format={"type": "json_object"}),
    same("image", messages=[user([text("What is this?"), image(f"data:image/png;base64,{PIXEL}", detail="low")])]),
    same("image by URL", messages=[user([image("https://example.com/cat.png")])]),
    same("audio", messages=[user([{"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}}])], model="gpt-audio"),
    same(
        "files",
        messages=[user([
            {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "report.pdf"}},
            {"type": "file", "file": {"file_id": "file-1"}}])]),
    Case(
        "streaming", {"messages": QUESTION, "stream": True},
        {"messages": QUESTION, "stream": True, "stream_options": {"include_usage": True}}),
    same("stop", messages=QUESTION, stop=["END", "\n ☃"]),
    same(
        "sampling", messages=QUESTION, temperature=0.25, top_p=0.9, max_tokens=256, seed=7, n=2, presence_penalty=0.5,
        frequency_penalty=-0.5, logit_bias={"50256": -100}, stop="\n"),
    same("log probabilities", messages=QUESTION, logprobs=True, top_logprobs=3),
    same("reasoning", messages=QUESTION, reasoning_effort="high", max_completion_tokens=4096, verbosity="low"),
    same("user and tier", messages=QUESTION, user="someone", service_tier="flex"),
    Case(
        "extra", {"messages": QUESTION, "extra": {"prompt_cache_key": "one", "store": False}},
        {"messages": QUESTION, "prompt_cache_key": "one", "store": False}),
    Case(
        "embeddings", {"input": ["One.", "Two."], "dimensions": 256, "encoding_format": "float"},
        {"input": ["One.", "Two."], "dimensions": 256, "encoding_format": "float"}, method="embeddings.create",
        model="text-embedding-3-small"),
    Case(
        "embedding of tokens", {"input": [9906, 1917], "encoding_format": "base64"}, {"input": [9906, 1917], "encoding_format": "base64"},
        method="embeddings.create", model="text-embedding-3-small"),
    Case(
        "completion", {"prompt": "Once upon", "max_tokens": 16, "suffix": "."}, {"prompt": "Once upon", "max_tokens": 16, "suffix": "."},
        method="completions.create", model="gpt-3.5-turbo-instruct"),
    Case(
        "error: key", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
        error=openai.AuthenticationError, code="auth"),
    Case(
        "error: rate", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(429, "requests", "rate_limit_exceeded", "Rate limit reached.", ("retry-after-ms", "500")),
        error=openai.RateLimitError, code="rate_limited"),
    Case(
        "error: quota", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
        error=openai.RateLimitError, code="quota_exhausted"),
    Case(
        "error: context", {"messages": QUESTION}, {"messages": QUESTION},
        answer=failure(400, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is 128000 tokens."),
        error=openai.BadRequestError, code="context_length"),
]

REFUSALS: list[Refusal] = []
