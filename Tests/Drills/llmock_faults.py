"""What llmock is told to do to each request, and how the worker's calls for it have to end."""

from collections.abc import Callable
from dataclasses import dataclass, field

# Calls that a request may cost where the provider does not recover.
MAX_ATTEMPTS = 3

# What statuses have to be taken for. Those that may pass are tried again, the others never. 501 means different things to providers.
PASSING = {408: "timeout", 409: "overloaded", 425: "overloaded", 500: "server_error", 502: "server_error", 503: "overloaded",
           504: "timeout", 529: "overloaded"}
FINAL = {400: "provider_invalid_request", 403: "permission", 404: "not_found", 413: "request_too_large", 418: "provider_invalid_request",
         422: "provider_invalid_request", 451: "provider_invalid_request"}

# llmock counts four characters a token.
CONTEXT_WINDOW = 400
LONG_TEXT = "word " * 600
OVERFLOW = {
    "type": "fail", "status": 400, "code": "context_length_exceeded", "message": "This model's maximum context length was exceeded."}

# What a request's answer may take, which counts for the quota of tokens.
QUOTA_TOKENS = 2_000

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
ARGUMENTS = '{"city": "mock-city"}'


@dataclass
class Case:
    """What happens to one request."""
    # How each call for it has to end: with an error code, or "ok". None if the other requests have a say in it, and it ends well.
    calls: list[str] | None
    # What llmock does, as it is told.
    behaviors: list[dict] = field(default_factory=list)
    # Members of the envelope.
    members: dict = field(default_factory=dict)
    text: str = ""
    # The tool that the answer calls, and the arguments that may be given to it.
    tool: tuple[str, list[str]] | None = None


@dataclass
class Fault:
    name: str
    # Of the request with that number.
    case: Callable[[int], Case]
    # Whether the key is set aside, so that requests fail without a call, and other faults want another key.
    takes_key: bool = False

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    def entry(self, provider: str) -> str:
        """The provider's name in the configuration."""
        return f"{provider}-{self.slug}" if self.takes_key else provider


def streamed(number: int) -> dict:
    """Every other request is streamed."""
    return {"stream": True} if number % 2 else {}


def passing_error(number: int) -> Case:
    """Once: if, of two random pauses without Retry-After, the second is not the longer one, that is a constant interval to llmock."""
    status, code = list(PASSING.items())[number % len(PASSING)]
    return Case([code, "ok"], [{"type": "fail", "status": status}], members=streamed(number))


def final_error(number: int) -> Case:
    status, code = list(FINAL.items())[number % len(FINAL)]
    return Case([code], [{"type": "fail", "status": status}], members=streamed(number))


def refused_key(status: int, code: str, number: int) -> Case:
    """Sets the key aside: of the other requests, only those that are in flight already cost a call."""
    return Case([code], [{"type": "fail", "status": status, "times": None}], members=streamed(number))


def rate_limit(number: int) -> Case:
    seconds = (0.3, 0.7, 1.2)[number % 3]
    return Case(["rate_limited", "rate_limited", "ok"], [{"type": "fail", "status": 429, "retry_after": seconds, "times": 2}])


def outage(number: int) -> Case:
    return Case(["overloaded"] * MAX_ATTEMPTS, [{"type": "fail", "status": 503, "times": None}], members=streamed(number))


def context_overflow(number: int) -> Case:
    """By llmock's own window, and as its scenario."""
    return Case(["context_length"], text=LONG_TEXT) if number % 2 else Case(["context_length"], [OVERFLOW])


def delay(number: int) -> Case:
    return Case(["ok"], [{"type": "delay", "seconds": 2}], members=streamed(number))


def slow_first_token(number: int) -> Case:
    return Case(["ok"], [{"type": "slow_first_token", "seconds": 1}], members={"stream": True})


def stream_fault(kind: str, code: str, number: int) -> Case:
    chunks = number % 6
    if kind == "disconnect" and chunks == 0:
        code = "connection"
    behavior = {"type": "stream_fault", "kind": kind, "after_chunks": chunks, "stall_seconds": 5}
    return Case([code, "ok"], [behavior], members={"stream": True})


def broken_arguments(number: int) -> Case:
    """The worker hands on what the model has said. Where arguments are no text but an object, llmock makes it an empty one."""
    return tool_fault("malformed_arguments", ("get_weather", [ARGUMENTS[: len(ARGUMENTS) // 2], "{}"]), number)


def unknown_tool(number: int) -> Case:
    return tool_fault("unknown_tool", ("llmock_unknown_tool", [ARGUMENTS, ARGUMENTS.replace(" ", "")]), number)


def tool_fault(kind: str, tool: tuple[str, list[str]], number: int) -> Case:
    return Case(["ok"], [{"type": "tool_fault", "kind": kind}], members={"tools": [WEATHER], **streamed(number)}, tool=tool)


def quota(_: int) -> Case:
    return Case(None, members={"max_tokens": QUOTA_TOKENS})


ERRORS = [
    Fault("errors that pass", passing_error),
    Fault("errors that stay", final_error),
    Fault("401", lambda number: refused_key(401, "auth", number), takes_key=True),
    Fault("402", lambda number: refused_key(402, "quota_exhausted", number), takes_key=True),
    Fault("429 with Retry-After", rate_limit),
    Fault("outage", outage),
    Fault("context overflow", context_overflow),
]
SLOWNESS = [
    Fault("delay", delay),
    Fault("slow first token", slow_first_token),
    Fault("stall", lambda number: stream_fault("stall", "stream_stalled", number)),
]
STREAMS = [
    Fault("disconnect", lambda number: stream_fault("disconnect", "stream_truncated", number)),
    Fault("truncate", lambda number: stream_fault("truncate", "stream_truncated", number)),
    Fault("malformed", lambda number: stream_fault("malformed", "stream_corrupt", number)),
]
TOOLS = [
    Fault("broken arguments", broken_arguments),
    Fault("unknown tool", unknown_tool),
]
