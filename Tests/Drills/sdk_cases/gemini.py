"""Google's Gemini API."""

import base64
import json

from google import genai
from google.genai import errors, types

from .case import (
    ANSWER, CITY, LONDON, MARK, ODD, PARIS, PDF, PIXEL, QUESTION, REPLY, SOUND, TIME, WEATHER, Answer, Case, Refusal, image, json_schema, text,
    tool_call, tool_result, user)

KIND = "gemini"
VERSION_PATH = "/v1"
MODEL = "gemini-3-pro"
METHOD = "models.generate_content"

CONTENT = {
    "candidates": [{"content": {"parts": [{"text": REPLY}], "role": "model"}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 2, "totalTokenCount": 10}, "modelVersion": MODEL, "responseId": "r1",
}


def client(base_url: str, key: str) -> genai.Client:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url, retry_options=types.HttpRetryOptions(attempts=1)))


def answer(path: str, body: dict) -> object:
    """An object, or the text of a stream."""
    if path.endswith(":batchEmbedContents"):
        return {"embeddings": [{"values": [0.5, -0.25]} for _ in body["requests"]]}
    if path.endswith(":streamGenerateContent"):
        return f"data: {json.dumps(CONTENT)}\r\n\r\n"
    if "candidateCount" in body.get("generationConfig", {}):
        return {**CONTENT, "candidates": [{**CONTENT["candidates"][0], "index": index} for index in range(2)]}
    return CONTENT


def failure(status: int, name: str, message: str, *details: dict) -> Answer:
    return Answer(status, {"error": {"code": status, "message": message, "status": name, "details": list(details)}})


def declared(name: str, description: str) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(name=name, description=description, parameters_json_schema=CITY)


def config(**more: object) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(**more)


def calling(mode: str, *names: str) -> types.ToolConfig:
    return types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode=mode, allowed_function_names=list(names) or None))


def said(role: str, *parts: types.Part) -> types.Content:
    return types.Content(role=role, parts=list(parts))


def spoken(words: str) -> types.Part:
    return types.Part(text=words)


def called(identifier: str, arguments: str, signature: bytes | None = None, name: str = "get_weather") -> types.Part:
    call = types.FunctionCall(id=identifier, name=name, args=json.loads(arguments))
    return types.Part(function_call=call, thought_signature=signature)


def responded(identifier: str, response: dict, name: str = "get_weather") -> types.Part:
    return types.Part(function_response=types.FunctionResponse(id=identifier, name=name, response=response))


WORDS = "What is the capital of France?"
ASKED = "How warm is it in London, and in Paris?"
CALLS = [tool_call("call_1", "get_weather", LONDON), tool_call("call_2", "get_weather", PARIS)]
WEATHER_TOOL = types.Tool(function_declarations=[declared("get_weather", "The weather in a city")])
BOTH = types.Tool(function_declarations=[declared("get_weather", "The weather in a city"), declared("get_time", "The time in a city")])
SIGNATURE = b"a signature \xfb\xff"
SIGNED = base64.b64encode(SIGNATURE).decode()

CASES = [
    Case("text", {"messages": QUESTION}, {"contents": WORDS}),
    Case(
        "system", {"messages": [{"role": "system", "content": "Be brief."}, *QUESTION]},
        {"contents": WORDS, "config": config(system_instruction="Be brief.")}),
    Case(
        "system of several",
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": [text("Be kind.")]}, *QUESTION]},
        {"contents": WORDS, "config": config(system_instruction=["Be brief.", "Be kind."])}),
    Case(
        "turns", {"messages": [*QUESTION, {"role": "assistant", "content": "Paris."}, user("And of Spain?")]},
        {"contents": [said("user", spoken(WORDS)), said("model", spoken("Paris.")), said("user", spoken("And of Spain?"))]}),
    Case("parts", {"messages": [user([text("One."), text("Two ☃ \"quoted\"\n")])]}, {"contents": ["One.", "Two ☃ \"quoted\"\n"]}),
    Case(
        "tools", {"messages": [user(ASKED)], "tools": [WEATHER, TIME], "tool_choice": "auto"},
        {"contents": ASKED, "config": config(tools=[BOTH], tool_config=calling("AUTO"))}),
    Case(
        "tools required", {"messages": [user(ASKED)], "tools": [WEATHER], "tool_choice": "required"},
        {"contents": ASKED, "config": config(tools=[WEATHER_TOOL], tool_config=calling("ANY"))}),
    Case(
        "tool by name",
        {"messages": [user(ASKED)], "tools": [WEATHER, TIME], "tool_choice": {"type": "function", "function": {"name": "get_time"}}},
        {"contents": ASKED, "config": config(tools=[BOTH], tool_config=calling("ANY", "get_time"))}),
    Case(
        "tools forbidden", {"messages": [user(ASKED)], "tools": [WEATHER], "tool_choice": "none"},
        {"contents": ASKED, "config": config(tools=[WEATHER_TOOL], tool_config=calling("NONE"))}),
    Case(
        "tool result",
        {
            "messages": [
                user(ASKED), {"role": "assistant", "content": "I look it up.", "tool_calls": CALLS[:1]}, tool_result("call_1", "12 °C")],
            "tools": [WEATHER],
        },
        {
            "contents": [
                said("user", spoken(ASKED)), said("model", spoken("I look it up."), called("call_1", LONDON)),
                said("user", responded("call_1", {"output": "12 °C"}))],
            "config": config(tools=[WEATHER_TOOL]),
        }),
    Case(
        "parallel tools",
        {
            "messages": [
                user(ASKED), {"role": "assistant", "content": None, "tool_calls": CALLS}, tool_result("call_1", '{"celsius": 12}'),
                tool_result("call_2", [text("54 °F")])],
            "tools": [WEATHER], "parallel_tool_calls": True,
        },
        {
            "contents": [
                said("user", spoken(ASKED)), said("model", called("call_1", LONDON), called("call_2", PARIS)),
                said("user", responded("call_1", {"celsius": 12}), responded("call_2", {"output": "54 °F"}))],
            "config": config(tools=[WEATHER_TOOL]),
        }),
    Case(
        "thought signature given back",
        {
            "messages": [
                user(ASKED),
                {
                    "role": "assistant", "content": None,
                    "tool_calls": [
                        tool_call("call_1", "get_weather", LONDON, extra_content={"google": {"thought_signature": SIGNED}}), CALLS[1]],
                },
                tool_result("call_1", "12 °C"), tool_result("call_2", "54 °F")],
            "tools": [WEATHER],
        },
        {
            "contents": [
                said("user", spoken(ASKED)), said("model", called("call_1", LONDON, SIGNATURE), called("call_2", PARIS)),
                said("user", responded("call_1", {"output": "12 °C"}), responded("call_2", {"output": "54 °F"}))],
            "config": config(tools=[WEATHER_TOOL]),
        }),
    Case(
        "odd arguments",
        {
            "messages": [
                user(ASKED),
                {"role": "assistant", "content": "", "tool_calls": [tool_call("call_1", "note", ODD), tool_call("call_2", "ping", "")]},
                tool_result("call_1", "[1, 2]"), tool_result("call_2", "")],
            "tools": [WEATHER],
        },
        {
            "contents": [
                said("user", spoken(ASKED)), said("model", called("call_1", ODD, name="note"), called("call_2", "{}", name="ping")),
                said("user", responded("call_1", {"output": "[1, 2]"}, name="note"), responded("call_2", {"output": ""}, name="ping"))],
            "config": config(tools=[WEATHER_TOOL]),
        }),
    Case(
        "cache marks",
        {
            "messages": [{**user([text(WORDS, cache_control=MARK)]), "cache_control": MARK}],
            "tools": [{**WEATHER, "cache_control": MARK}],
        },
        {"contents": WORDS, "config": config(tools=[WEATHER_TOOL])}),
    Case(
        "own tool", {"messages": QUESTION, "tools": [{"googleSearch": {}}]},
        {"contents": WORDS, "config": config(tools=[types.Tool(google_search=types.GoogleSearch())])}),
    Case(
        "JSON schema", {"messages": QUESTION, "response_format": json_schema(ANSWER, strict=True)},
        {"contents": WORDS, "config": config(response_mime_type="application/json", response_json_schema=ANSWER)}),
    Case(
        "JSON", {"messages": QUESTION, "response_format": {"type": "json_object"}},
        {"contents": WORDS, "config": config(response_mime_type="application/json")}),
    Case(
        "image", {"messages": [user([text("What is this?"), image(f"data:image/png;base64,{PIXEL}", detail="high")])]},
        {"contents": ["What is this?", types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")]}),
    Case(
        "image by URL", {"messages": [user([image("https://example.com/cat.png")])]},
        {"contents": [types.Part.from_uri(file_uri="https://example.com/cat.png")]}),
    Case(
        "audio", {"messages": [user([{"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}}])]},
        {"contents": [types.Part.from_bytes(data=base64.b64decode(SOUND), mime_type="audio/wav")]}),
    Case(
        "files",
        {
            "messages": [user([
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "report.pdf"}},
                {"type": "file", "file": {"file_url": "https://example.com/report.pdf"}}])],
        },
        {
            "contents": [
                types.Part.from_bytes(data=base64.b64decode(PDF), mime_type="application/pdf"),
                types.Part.from_uri(file_uri="https://example.com/report.pdf")],
        }),
    Case(
        "streaming", {"messages": QUESTION, "stream": True, "temperature": 0.5}, {"contents": WORDS, "config": config(temperature=0.5)},
        method="models.generate_content_stream"),
    Case("stop", {"messages": QUESTION, "stop": "\n"}, {"contents": WORDS, "config": config(stop_sequences=["\n"])}),
    Case(
        "sampling",
        {
            "messages": QUESTION, "temperature": 0.25, "top_p": 0.9, "top_k": 40, "max_tokens": 256, "seed": 7, "n": 2,
            "presence_penalty": 0.5, "frequency_penalty": -0.5, "stop": ["END", "\n"],
        },
        {
            "contents": WORDS,
            "config": config(
                temperature=0.25, top_p=0.9, top_k=40, max_output_tokens=256, seed=7, candidate_count=2, presence_penalty=0.5,
                frequency_penalty=-0.5, stop_sequences=["END", "\n"]),
        }),
    Case(
        "log probabilities", {"messages": QUESTION, "logprobs": True, "top_logprobs": 3},
        {"contents": WORDS, "config": config(response_logprobs=True, logprobs=3)}),
    Case(
        "reasoning effort", {"messages": QUESTION, "reasoning_effort": "low", "max_completion_tokens": 77},
        {"contents": WORDS, "config": config(thinking_config=types.ThinkingConfig(thinking_level="LOW"), max_output_tokens=77)}),
    Case(
        "no reasoning", {"messages": QUESTION, "reasoning_effort": "none"},
        {"contents": WORDS, "config": config(thinking_config=types.ThinkingConfig(thinking_budget=0))}, model="gemini-2.5-flash"),
    Case(
        "thinking budget", {"messages": QUESTION, "thinking": {"type": "enabled", "budget_tokens": 2048}},
        {"contents": WORDS, "config": config(thinking_config=types.ThinkingConfig(thinking_budget=2048))}, model="gemini-2.5-flash"),
    Case(
        "adaptive thinking", {"messages": QUESTION, "thinking": {"type": "adaptive"}},
        {"contents": WORDS, "config": config(thinking_config=types.ThinkingConfig(thinking_budget=-1))}, model="gemini-2.5-flash"),
    Case(
        "extra",
        {
            "messages": QUESTION, "temperature": 0.5, "user": "someone",
            "extra": {
                "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
                "generationConfig": {"thinkingConfig": {"include_thoughts": True}, "mediaResolution": "MEDIA_RESOLUTION_LOW"},
            },
        },
        {
            "contents": WORDS,
            "config": config(
                temperature=0.5, thinking_config=types.ThinkingConfig(include_thoughts=True), media_resolution="MEDIA_RESOLUTION_LOW",
                safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")]),
        }),
    Case(
        "effort and thoughts",
        {"messages": QUESTION, "reasoning_effort": "low", "extra": {"generationConfig": {"thinkingConfig": {"include_thoughts": True}}}},
        {
            "contents": WORDS,
            "config": config(thinking_config=types.ThinkingConfig(thinking_level="LOW", include_thoughts=True)),
        }),
    Case("tier", {"messages": QUESTION, "service_tier": "flex"}, {"contents": WORDS, "config": config(service_tier="flex")}),
    Case(
        "neutral values",
        {
            "messages": QUESTION, "n": 1, "presence_penalty": 0, "frequency_penalty": 0.0, "logprobs": False, "logit_bias": {},
            "parallel_tool_calls": True, "response_format": {"type": "text"}, "seed": None, "stop": None,
        },
        {"contents": WORDS}),
    Case(
        "embeddings", {"input": ["One.", "Two."], "dimensions": 64},
        {"contents": ["One.", "Two."], "config": types.EmbedContentConfig(output_dimensionality=64)},
        method="models.embed_content", model="gemini-embedding-001"),
    Case(
        "embedding", {"input": "One.", "encoding_format": "float"}, {"contents": "One."}, method="models.embed_content",
        model="gemini-embedding-001"),
    Case(
        "error: key", {"messages": QUESTION}, {"contents": WORDS},
        answer=failure(
            400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}),
        error=errors.ClientError, code="auth"),
    Case(
        "error: rate", {"messages": QUESTION}, {"contents": WORDS},
        answer=failure(
            429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).",
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}),
        error=errors.ClientError, code="rate_limited"),
    Case(
        "error: overloaded", {"messages": QUESTION}, {"contents": WORDS},
        answer=failure(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), error=errors.ServerError,
        code="overloaded"),
]

REFUSALS = [
    Refusal("completion", {"prompt": "Once upon"}),
    Refusal("logit_bias", {"messages": QUESTION, "logit_bias": {"50256": -100}}),
    Refusal("parallel_tool_calls", {"messages": [user(ASKED)], "tools": [WEATHER], "parallel_tool_calls": False}),
    Refusal("verbosity", {"messages": QUESTION, "verbosity": "low"}),
    Refusal("encoding_format", {"input": "Some text.", "encoding_format": "base64"}),
]
