"""What the service sends is, field by field, what the providers' own SDKs send for the same call.

Each case of `sdk_cases` is a request envelope and a call of an SDK that means the same. The SDK and a worker make it at a server on
loopback that notes method, path, header fields and body. What a provider has not must be refused without a call.
"""

import importlib
import json
import operator
import sys
from types import ModuleType

from sdk_allowed import ALLOWANCES, Allowance, apply_allowances
from sdk_capture import Captured, CaptureServer
from sdk_cases.case import Case, Refusal
from stage import DrillFailure, Stage, main, table

KINDS = ["openai", "anthropic", "gemini", "cerebras", "cohere"]
KEY = "worker-1"
"""As the stage gives it to the first worker."""

HEADERS = ["authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "anthropic-beta", "content-type"]
"""The header fields that must be equal, or missing on both sides. The others tell which client it is."""

LEAST = 12
"""Cases that each provider must have."""


def drill() -> None:
    modules = [importlib.import_module(f"sdk_cases.{kind}") for kind in KINDS]
    cases = {identifier(module, case.name): (module, case) for module in modules for case in module.CASES}
    refusals = {identifier(module, f"no {refusal.field}"): (module, refusal) for module in modules for refusal in module.REFUSALS}
    with CaptureServer(cases) as server:
        faults: dict[str, list[str]] = {name: [] for name in [*cases, *refusals]}
        theirs = {name: sdk_call(server, name, *case) for name, case in cases.items()}
        responses = answers(server, cases, refusals)
        used: set[Allowance] = set()
        for name, (module, case) in cases.items():
            used.update(apply_allowances(module.KIND, {"headers": theirs[name].headers, "body": theirs[name].body}))
            faults[name] += faults_of_call(theirs[name], server.take(name)) + faults_of_response(case, responses[name])
        for name, (module, refusal) in refusals.items():
            faults[name] += faults_of_refusal(module, refusal, server.take(name), responses[name])
    report(modules, cases, refusals, faults, used)


def identifier(module: ModuleType, name: str) -> str:
    """Fit for a request's id, a provider's name and a part of a path."""
    return f"{module.KIND}-{''.join(letter if letter.isalnum() else '-' for letter in name)}"


def model(module: ModuleType, case: Case) -> str:
    return case.model or module.MODEL


# What the SDK does


def sdk_call(server: CaptureServer, name: str, module: ModuleType, case: Case) -> Captured:
    client = module.client(server.base_url(name), KEY)
    error = None
    try:
        result = operator.attrgetter(case.method or module.METHOD)(client)(model=model(module, case), **case.arguments)
        if answer_is_streamed(case):
            for _ in result:
                pass
    except Exception as raised:
        error = raised
    if not isinstance(error, case.error or type(None)):
        raise DrillFailure(f"{name}: the SDK's call ended with {error!r}, not with {case.error or 'an answer'}")
    calls = server.take(name)
    if len(calls) != 1:
        raise DrillFailure(f"{name}: the SDK made {len(calls)} calls")
    return calls[0]


def answer_is_streamed(case: Case) -> bool:
    return case.envelope.get("stream", False)


# What the service does


def answers(server: CaptureServer, cases: dict, refusals: dict) -> dict[str, dict]:
    """Has a worker answer all envelopes."""
    with Stage(partitions=4, simulator=[], worker="{}", retry="{max_attempts: 1}") as stage:
        common = stage.config.read_text().partition("providers:\n")[0]
        providers = "".join(
            f'  {name}: {{kind: {module.KIND}, base_url: "{server.base_url(name)}{module.VERSION_PATH}", api_key: env:WORKER_KEY}}\n'
            for name, (module, _) in {**cases, **refusals}.items())
        stage.config.write_text(f"{common}providers:\n{providers}")
        stage.start_worker(1)
        questions, output = stage.directory / "questions.jsonl", stage.directory / "answers.jsonl"
        with questions.open("w") as file:
            for name, (module, case) in {**cases, **refusals}.items():
                named = model(module, case) if isinstance(case, Case) else module.MODEL
                file.write(json.dumps({"id": name, "model": f"{name}/{named}", **case.envelope}) + "\n")
        stage.run("submit", questions)
        stage.run("collect", "--submitted", questions, "--output", output, "--timeout", 60)
        responses = {response["id"]: response for response in map(json.loads, output.open())}
    if missing := [name for name in [*cases, *refusals] if name not in responses]:
        raise DrillFailure(f"no response to {', '.join(missing)}")
    return responses


# What is compared


def faults_of_call(theirs: Captured, ours: list[Captured]) -> list[str]:
    if len(ours) != 1:
        return [f"{len(ours)} calls"]
    faults = [
        f"{part} is {getattr(ours[0], part)!r}, the SDK's {getattr(theirs, part)!r}"
        for part in ("method", "path", "query") if getattr(ours[0], part) != getattr(theirs, part)]
    for name in HEADERS:
        if ours[0].headers.get(name) != theirs.headers.get(name):
            faults.append(f"{name}: {ours[0].headers.get(name)!r}, the SDK's {theirs.headers.get(name)!r}")
    return faults + differences(ours[0].body, theirs.body, "")


def differences(ours: object, theirs: object, place: str) -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        both = [difference for name in ours if name in theirs for difference in differences(ours[name], theirs[name], f"{place}/{name}")]
        only_ours = [f"{place}/{name}: only we send {brief(ours[name])}" for name in ours if name not in theirs]
        only_theirs = [f"{place}/{name}: only the SDK sends {brief(theirs[name])}" for name in theirs if name not in ours]
        return both + only_ours + only_theirs
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [difference for index, pair in enumerate(zip(ours, theirs)) for difference in differences(*pair, f"{place}/{index}")]
    # In Python, true equals 1.
    if ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool):
        return []
    return [f"{place or 'the body'}: {brief(ours)}, the SDK's {brief(theirs)}"]


def brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


def faults_of_response(case: Case, response: dict) -> list[str]:
    code = response["error"]["code"] if response["status"] == "error" else None
    return [] if code == case.code else [f"answered with {response.get('error', 'ok')}, not with {case.code or 'ok'}"]


def faults_of_refusal(module: ModuleType, refusal: Refusal, calls: list[Captured], response: dict) -> list[str]:
    faults = ["it was called"] if calls else []
    error = response.get("error") or {"code": "ok", "message": ""}
    if error["code"] != "unsupported":
        faults.append(f"answered with {error}, not with unsupported")
    missing = [word for word in (module.KIND, refusal.field) if word not in error["message"]]
    return faults + [f"the message does not name {word}: {error['message']}" for word in missing]


def report(modules: list[ModuleType], cases: dict, refusals: dict, faults: dict[str, list[str]], used: set[Allowance]) -> None:
    table("differences that are allowed", {allowance.name: allowance.reason for allowance in ALLOWANCES})
    for name, found in faults.items():
        for fault in found:
            print(f"{name}: {fault}")
    rows = {}
    for module in modules:
        own = {name for name, (other, _) in {**cases, **refusals}.items() if other is module}
        differing = sum(1 for name in own if faults[name])
        rows[module.KIND] = f"{len(own & cases.keys())} cases, {len(own & refusals.keys())} refusals, {differing} not as they should be"
    table("SDK drill: what is sent is what the SDKs send", rows)
    differing = sum(1 for found in faults.values() if found)
    print(json.dumps({"cases": len(cases), "differing": differing, "refusals": len(refusals)}, separators=(",", ":")))
    if stale := [allowance.name for allowance in ALLOWANCES if allowance not in used]:
        sys.exit(f"drill failed: allowed differences that there are none of: {', '.join(stale)}")
    if few := [module.KIND for module in modules if len(module.CASES) < LEAST]:
        sys.exit(f"drill failed: fewer than {LEAST} cases: {', '.join(few)}")
    if differing:
        sys.exit(f"drill failed: {differing} are not as they should be")


main(drill)
