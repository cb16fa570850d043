"""In what the SDKs' calls may differ from ours: each difference by its place, with the reason why it means nothing."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """
    place: the objects that it is about, as a path from `headers` or `body`, with * for each element.
    apply: rewrites the member as we write it. False if there is nothing to do.
    """

    kind: str
    place: str
    member: str
    apply: Callable[[dict, str], bool]
    reason: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.place}.{self.member}"


def replaced(value: object, new: object) -> Callable[[dict, str], bool]:
    def apply(owner: dict, member: str) -> bool:
        if owner[member] != value:
            return False
        owner[member] = new
        return True

    return apply


def api_key(owner: dict, member: str) -> bool:
    scheme, _, key = owner[member].partition(" ")
    if scheme != "Bearer":
        return False
    del owner[member]
    owner["x-api-key"] = key
    return True


def standard_base64(owner: dict, member: str) -> bool:
    text = owner[member]
    owner[member] = base64.b64encode(base64.urlsafe_b64decode(text)).decode()
    return owner[member] != text


BASE64 = "ProtoJSON takes both alphabets of base64; ours is the sender's own text"

ALLOWANCES = [
    Allowance(
        "anthropic", "headers", "anthropic-version", replaced("2026-10-21", "2023-06-01"),
        "the older version takes what the newer does, and temperature, top_p and top_k"),
    Allowance("anthropic", "headers", "authorization", api_key, "the API takes a key in either field"),
    Allowance("gemini", "body.contents.*.parts.*.inlineData", "data", standard_base64, BASE64),
    Allowance("gemini", "body.contents.*.parts.*", "thoughtSignature", standard_base64, BASE64),
]


def apply_allowances(kind: str, call: dict) -> list[Allowance]:
    """Rewrites an SDK's call, `headers` and `body`, as we write it, and returns what there was to rewrite."""
    used = []
    for allowance in ALLOWANCES:
        if allowance.kind == kind:
            owners = [owner for owner in objects(call, allowance.place.split(".")) if allowance.member in owner]
            if any([allowance.apply(owner, allowance.member) for owner in owners]):
                used.append(allowance)
    return used


def objects(value: object, path: list[str]) -> Iterator[dict]:
    if not path:
        if isinstance(value, dict):
            yield value
    elif path[0] == "*":
        for element in value if isinstance(value, list) else []:
            yield from objects(element, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from objects(value[path[0]], path[1:])
