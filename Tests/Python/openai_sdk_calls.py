"""Calls a simulated provider with OpenAI's own SDK and checks what comes back.

Usage: openai_sdk_calls.py BASE_URL [LIMITING_BASE_URL]

BASE_URL is that of a simulator without faults, the other that of one with --rate-limit-rate 1.
Exits with a reason at the first thing that is not as the SDK's types say.
"""

import math
import sys

import openai
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

MODEL = "gpt-4o-mini"
QUESTION = 'Which way does "the switch" stand? \u2603\n'


def check(holds, what):
    if not holds:
        sys.exit(f"not as expected: {what}")


def strictly(model_type, value):
    """The SDK constructs its types without validation; this validates."""
    model_type.model_validate(value.model_dump(), strict=False)
    return value


def digest(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


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
    for step in (chat, stream, completion, embeddings):
        step(client)
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
