"""Calls a simulated provider with Google's own SDK and checks what comes back.

Usage: gemini_sdk_calls.py BASE_URL

Exits with a reason at the first thing that is not as the SDK's types say.
"""

import importlib.metadata
import json
import sys

from google import genai
from google.genai import errors, types

from sdk_checks import QUESTION, TIME, WEATHER, check, check_weather, digest, refused

MODEL = "gemini-simulated"
TOOLS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name="weather", description="Tells the weather.", parameters_json_schema=WEATHER),
            types.FunctionDeclaration(name="time", description="Tells the time.", parameters_json_schema=TIME),
        ]
    )
]
OFFERED = types.GenerateContentConfig(
    tools=TOOLS, automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), system_instruction="Answer."
)


def ask(client, text, config=None):
    return client.models.generate_content(model=MODEL, contents=text, config=config)


def stream(client, text, config=None):
    return list(client.models.generate_content_stream(model=MODEL, contents=text, config=config))


def parts(chunks):
    return [part for chunk in chunks for part in (chunk.parts or [])]


def texts(client):
    answer = ask(client, QUESTION)
    candidate, usage = answer.candidates[0], answer.usage_metadata
    check(answer.model_version == MODEL and answer.response_id, answer)
    check(candidate.finish_reason == types.FinishReason.STOP and candidate.content.role == "model", candidate)
    words = answer.text.split()
    check(words[0] == digest(QUESTION) and usage.candidates_token_count == len(words), answer)
    check(usage.total_token_count == usage.prompt_token_count + len(words), usage)
    short = ask(client, QUESTION, types.GenerateContentConfig(max_output_tokens=3))
    check(short.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS, short)
    check(short.usage_metadata.candidates_token_count == 3, short)
    check(ask(client, QUESTION + "[cached 5]").usage_metadata.cached_content_token_count == 5, "cached")
    check(len(ask(client, "[words 77]").text.split()) == 77, "words")
    check(ask(client, ["one ", "two"]).text.split()[0] == digest("one two"), "the digest of parts")
    check(ask(client, "[fault no_usage]").usage_metadata is None, "usage")


def streams(client):
    chunks = stream(client, QUESTION + "[words 40]")
    text = "".join(chunk.text or "" for chunk in chunks)
    check(text.split()[0] == digest(QUESTION + "[words 40]") and len(text.split()) == 40, text)
    check([chunk.candidates[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1), "finish reasons")
    check(chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP, chunks[-1])
    check(chunks[-1].usage_metadata.candidates_token_count == 40, chunks[-1])


def tools(client):
    for count in (1, 3):
        text = f"[tools {count}] please"
        whole, streamed = ask(client, text, OFFERED), stream(client, text, OFFERED)
        for calls in (whole.function_calls, [part.function_call for part in parts(streamed) if part.function_call]):
            check([call.name for call in calls] == ["weather", "time", "weather"][:count], calls)
            check_weather(calls[0].args)
            check(len({call.id for call in calls}) == count, "ids of calls are alike")
        check(whole.parts[0].thought_signature and whole.candidates[0].finish_reason == types.FinishReason.STOP, whole)
    results = [types.Part.from_function_response(name=call.name, response={"result": "rain"}) for call in whole.function_calls]
    turns = [types.UserContent(text), whole.candidates[0].content, types.UserContent(results)]
    check(ask(client, turns, OFFERED).text, "no text after the results")


def schemas(client):
    capitals = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER", "minimum": 2}}, "required": ["city"]}
    for more in ({"response_json_schema": WEATHER}, {"response_schema": capitals}, {}):
        config = types.GenerateContentConfig(response_mime_type="application/json", **more)
        for text in (ask(client, QUESTION, config).text, "".join(chunk.text or "" for chunk in stream(client, QUESTION, config))):
            value = json.loads(text)
            check(isinstance(value, dict), value)
            if "response_json_schema" in more:
                check_weather(value)
            if "response_schema" in more:
                check(isinstance(value["city"], str) and value["days"] >= 2, value)


def reasoning(client):
    thinking = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    for text, config in ((QUESTION + "[reasoning]", None), (QUESTION, thinking)):
        chunks = stream(client, text, config)
        for answer, all_parts in ((ask(client, text, config), None), (chunks[-1], parts(chunks))):
            all_parts = all_parts or answer.parts
            thoughts = "".join(part.text for part in all_parts if part.thought)
            check(answer.usage_metadata.thoughts_token_count == len(thoughts.split()) > 0, answer.usage_metadata)
            check("".join(part.text for part in all_parts if not part.thought).split()[0] == digest(text), all_parts)
    off = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(thinking_budget=0))
    check(ask(client, QUESTION, off).usage_metadata.thoughts_token_count is None, "thoughts that were forbidden")


def embeddings(client):
    config = types.EmbedContentConfig(output_dimensionality=256, task_type="RETRIEVAL_QUERY")
    answer = client.models.embed_content(model="embed-simulated", contents=["a", "b", "a"], config=config)
    vectors = [embedding.values for embedding in answer.embeddings]
    check([len(vector) for vector in vectors] == [256] * 3 and vectors[0] == vectors[2] != vectors[1], "vectors do not follow the inputs")
    single = client.models.embed_content(model="embed-simulated", contents="a").embeddings
    check(len(single) == 1 and len(single[0].values) == 8, single)


def failures(client, url):
    def fails(kind, fault, code, status):
        for call in (ask, stream):
            error = refused(kind, lambda: call(client, f"[fault {fault}] {call.__name__}"))
            check(error.code == code and error.status == status and error.message, error)
        return {detail["@type"].rsplit(".")[-1]: detail for detail in error.details["error"].get("details", [])}

    limited = fails(errors.ClientError, "rate_limited", 429, "RESOURCE_EXHAUSTED")
    check(float(limited["RetryInfo"]["retryDelay"].removesuffix("s")) > 0, limited)
    check("PerMinute" in limited["QuotaFailure"]["violations"][0]["quotaId"], limited)
    quota = fails(errors.ClientError, "quota", 429, "RESOURCE_EXHAUSTED")
    check("PerDay" in quota["QuotaFailure"]["violations"][0]["quotaId"], quota)
    check(fails(errors.ClientError, "auth", 400, "INVALID_ARGUMENT")["ErrorInfo"]["reason"] == "API_KEY_INVALID", "reason")
    fails(errors.ServerError, "server_error", 500, "INTERNAL")
    fails(errors.ServerError, "overloaded", 503, "UNAVAILABLE")
    fails(errors.ClientError, "permission", 403, "PERMISSION_DENIED")
    fails(errors.ClientError, "not_found", 404, "NOT_FOUND")
    fails(errors.ClientError, "context_length", 400, "INVALID_ARGUMENT")
    for filtered in (ask(client, "[fault content_filter]"), stream(client, "[fault content_filter]")[0]):
        check(not filtered.candidates, filtered)
        check(filtered.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT, filtered)
    refused(errors.ServerError, lambda: stream(client, "[fault stream_error]"))
    for key, code in (("revoked", 400), ("forbidden", 403), ("exhausted", 429)):
        other = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
        check(refused(errors.ClientError, lambda: ask(other, "x")).code == code, key)


def main():
    url = sys.argv[1]
    client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=url, timeout=30_000))
    for step in (texts, streams, tools, schemas, reasoning, embeddings):
        step(client)
    failures(client, url)
    print(f"google-genai {importlib.metadata.version('google-genai')}: all as its types say")


if __name__ == "__main__":
    main()
