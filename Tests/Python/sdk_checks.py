"""What the calls with the providers' own SDKs have in common."""

import sys

QUESTION = 'Which way does "the switch" stand? \u2603\n'

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
    },
    "required": ["city", "unit", "days"],
    "additionalProperties": False,
}
TIME = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"], "additionalProperties": False}


def check(holds, what):
    if not holds:
        sys.exit(f"not as expected: {what}")


def digest(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def check_weather(value):
    """Checks that a value fits the schema above."""
    check(set(value) == {"city", "unit", "days"} and isinstance(value["city"], str), value)
    check(value["unit"] in ("celsius", "fahrenheit") and 1 <= value["days"] <= 7, value)


def refused(kind, call, condition=lambda error: True):
    """The error with which a call fails, which must be of a kind."""
    try:
        call()
    except kind as error:
        check(type(error) is kind or kind.__name__ in ("APIError", "APIStatusError", "ApiError"), f"{type(error).__name__} instead of {kind.__name__}")
        check(condition(error), f"{error!r}")
        return error
    sys.exit(f"no {kind.__name__}")
