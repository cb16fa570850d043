"""Calls a simulated provider with Cerebras' own SDK and checks what comes back.

Usage: cerebras_sdk_calls.py BASE_URL

BASE_URL ends before the version, as in http://127.0.0.1:8089/cerebras.
Exits with a reason at the first thing that is not as the SDK's types say.
"""

import json
import sys

import cerebras.cloud.sdk as cerebras
from cerebras.cloud.sdk.types.chat.chat_completion import ChatChunkResponse, ChatCompletionResponse
from cerebras.cloud.sdk.types.completion import CompletionResponse

from sdk_checks import QUESTION, TIME, WEATHER, check, check_weather, digest, refused

MODEL = "llama-simulated"
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "time", "description": "Tells the time.", "parameters": TIME}},
]


def request(text, **more):
    return dict(model=MODEL, messages=[{"role": "system", "content": "Answer."}, {"role": "user", "content": text}], **more)


def ask(client, text, **more):
    answer = client.chat.completions.create(**request(text, **more))
    ChatCompletionResponse.model_validate(answer.model_dump(exclude_unset=True))
    check(isinstance(answer, ChatCompletionResponse), type(answer))
    return answer


def stream(client, text, **more):
    chunks = list(client.chat.completions.create(**request(text, **more), stream=True))
    for chunk in chunks:
        ChatChunkResponse.model_validate(chunk.model_dump(exclude_unset=True))
    return chunks


def deltas(chunks, name):
    return [getattr(chunk.choices[0].delta, name) for chunk in chunks if getattr(chunk.choices[0].delta, name)]


def texts(client):
    answer = ask(client, QUESTION)
    choice = answer.choices[0]
    check(answer.model == MODEL and choice.finish_reason == "stop", answer)
    words = choice.message.content.split()
    check(words[0] == digest(QUESTION) and answer.usage.completion_tokens == len(words), answer)
    check(answer.time_info.total_time >= 0 and answer.time_info.completion_time >= 0, answer.time_info)
    short = ask(client, QUESTION, max_completion_tokens=3)
    check(short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 3, short)
    check(ask(client, QUESTION + "[cached 5]").usage.prompt_tokens_details.cached_tokens == 5, "cached")
    check(len(ask(client, "[words 77]").choices[0].message.content.split()) == 77, "words")
    headers = client.chat.completions.with_raw_response.create(**request("raw")).headers
    for name in ("limit-requests-day", "remaining-requests-day", "limit-tokens-minute", "remaining-tokens-minute"):
        check(int(headers[f"x-ratelimit-{name}"]) > 0, headers)
    for name in ("reset-tokens-minute", "reset-requests-day"):
        check(float(headers[f"x-ratelimit-{name}"]) >= 0, headers)
    completion = client.completions.create(model=MODEL, prompt=QUESTION)
    CompletionResponse.model_validate(completion.model_dump(exclude_unset=True))
    check(completion.choices[0].text.split()[0] == digest(QUESTION), completion)


def streams(client):
    chunks = stream(client, QUESTION + "[words 40]")
    check("".join(deltas(chunks, "content")).split()[0] == digest(QUESTION + "[words 40]"), chunks[0])
    check(len(deltas(chunks, "content")) == 40 and chunks[0].choices[0].delta.role == "assistant", chunks[0])
    check(chunks[-1].choices[0].finish_reason == "stop" and chunks[-1].usage.completion_tokens == 40, chunks[-1])
    check(chunks[-1].time_info.total_time >= 0, chunks[-1])


def tools(client):
    for count in (1, 3):
        text = f"[tools {count}] please"
        whole, chunks = ask(client, text, tools=TOOLS), stream(client, text, tools=TOOLS)
        calls = whole.choices[0].message.tool_calls
        check(whole.choices[0].finish_reason == chunks[-1].choices[0].finish_reason == "tool_calls", whole)
        check([call.function.name for call in calls] == ["weather", "time", "weather"][:count], calls)
        check_weather(json.loads(calls[0].function.arguments))
        arguments = [""] * count
        for pieces in deltas(chunks, "tool_calls"):
            for piece in pieces:
                arguments[piece.index] += piece.function.arguments
        check(arguments == [call.function.arguments for call in calls], arguments)


def schemas(client):
    form = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": WEATHER}}
    whole = ask(client, QUESTION, response_format=form).choices[0].message.content
    for text in (whole, "".join(deltas(stream(client, QUESTION, response_format=form), "content"))):
        check_weather(json.loads(text))


def reasoning(client):
    for text, more in ((QUESTION + "[reasoning]", {}), (QUESTION, {"reasoning_effort": "low"})):
        answer, chunks = ask(client, text, **more), stream(client, text, **more)
        thought = answer.choices[0].message.reasoning
        check(thought == "".join(deltas(chunks, "reasoning")), thought)
        check(answer.choices[0].message.content.split()[0] == digest(text), answer)
        details = answer.usage.completion_tokens_details
        check(details.reasoning_tokens == len(thought.split()) == chunks[-1].usage.completion_tokens_details.reasoning_tokens, details)


def errors(client, url):
    def fails(kind, fault, status, code):
        for call in (ask, stream):
            error = refused(kind, lambda: call(client, f"[fault {fault}] {call.__name__}"))
            check(error.status_code == status and error.body["code"] == code and error.body["message"], error.body)
        return error

    limited = fails(cerebras.RateLimitError, "rate_limited", 429, "request_quota_exceeded")
    check(int(limited.response.headers["retry-after"]) >= 1, limited.response.headers)
    fails(cerebras.InternalServerError, "server_error", 500, "server_error")
    fails(cerebras.InternalServerError, "overloaded", 503, "queue_exceeded")
    fails(cerebras.AuthenticationError, "auth", 401, "wrong_api_key")
    fails(cerebras.PermissionDeniedError, "permission", 403, "permission_denied")
    fails(cerebras.NotFoundError, "not_found", 404, "model_not_found")
    fails(cerebras.BadRequestError, "context_length", 400, "context_length_exceeded")
    fails(cerebras.APIStatusError, "quota", 402, "payment_required")
    refused(cerebras.InternalServerError, lambda: stream(client, "[fault stream_error]"))
    for key, kind in (("revoked", cerebras.AuthenticationError), ("forbidden", cerebras.PermissionDeniedError)):
        other = cerebras.Cerebras(base_url=url, api_key=key, max_retries=0, warm_tcp_connection=False)
        refused(kind, lambda: ask(other, "x"))


def main():
    url = sys.argv[1]
    client = cerebras.Cerebras(base_url=url, api_key="any", max_retries=0, timeout=30)
    check("simulated" in [model.id for model in client.models.list().data], "models")
    for step in (texts, streams, tools, schemas, reasoning):
        step(client)
    errors(client, url)
    print(f"cerebras {cerebras.__version__}: all as its types say")


if __name__ == "__main__":
    main()
