"""What a module of cases is made of, and what several of them use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What the provider answers if not its ordinary answer."""

    status: int
    body: dict
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    """
    envelope: without id and model.
    arguments: for the SDK's method; the model comes on top.
    method: the SDK's method, as a path from the client; nothing is the module's own.
    answer, error, code: what the provider answers, the SDK's exception for it, and the service's error code.
    """

    name: str
    envelope: dict
    arguments: dict
    method: str = ""
    model: str = ""
    answer: Answer | None = None
    error: type[Exception] | None = None
    code: str | None = None


@dataclass(frozen=True)
class Refusal:
    """A request for what the provider has not; field is what the message must name."""

    field: str
    envelope: dict


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjEKJSBhIHNob3J0IG9uZQolJUVPRgo="
SOUND = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "The city's name"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
ANSWER = {
    "type": "object",
    "properties": {"capital": {"type": "string"}, "inhabitants": {"type": ["integer", "null"]}},
    "required": ["capital", "inhabitants"],
    "additionalProperties": False,
}
LONDON = '{"city":"London","unit":"C"}'
REPLY = '{"capital":"Paris","inhabitants":null}'
"""What the providers ordinarily answer; it fits the schema that some calls give."""
PARIS = '{"city":"Paris","unit":"F"}'
ODD = '{ "text": "\\u2603 \\"quoted\\" \\\\ \\n", "numbers": [0, -1.5, 1e3, 9007199254740993], "nested": {"none": null, "yes": true} }'
"""Arguments that are easily got wrong."""

MARK = {"type": "ephemeral"}


def user(content: object) -> dict:
    return {"role": "user", "content": content}


def text(words: str, **more: object) -> dict:
    return {"type": "text", "text": words, **more}


def image(url: str, **more: object) -> dict:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def tool(name: str, description: str, parameters: dict, **more: object) -> dict:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters, **more}}


def tool_call(identifier: str, name: str, arguments: str, **more: object) -> dict:
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def tool_result(identifier: str, content: object) -> dict:
    return {"role": "tool", "tool_call_id": identifier, "content": content}


def json_schema(schema: dict, **more: object) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


WEATHER = tool("get_weather", "The weather in a city", CITY)
STRICT_WEATHER = tool("get_weather", "The weather in a city", CITY, strict=True)
TIME = tool("get_time", "The time in a city", CITY)
QUESTION = [user("What is the capital of France?")]
EMPTY_OBJECT = {"type": "object", "properties": {}}
