"""llmock in a provider's place: it fails as it is told, and judges how its client takes that."""

import json
import re
import sys
import urllib.request
from pathlib import Path

from stage import Stage

LLMOCK = Path(sys.executable).parent / "llmock"

# Kind, and path of the base URL. Mistral is the dialect of OpenAI's whose error bodies differ most from it.
PROVIDERS = {
    "openai": ("openai", "/v1"),
    "anthropic": ("anthropic", "/anthropic/v1"),
    "gemini": ("gemini", "/gemini/v1beta"),
    "cohere": ("cohere", "/cohere/v2"),
    "mistral": ("openai", "/mistral/v1"),
}


class Provider:
    def __init__(self, name: str, stage: Stage, flags: list):
        self.name = name
        self.stage = stage
        command = [LLMOCK, "serve", "--port", 0, "--response-style", "echo", *flags]
        self.process = stage.start(f"llmock-{name}", command)

    def wait_until_up(self) -> None:
        def port() -> re.Match | None:
            return re.search(r"running on http://127\.0\.0\.1:(\d+)", self.stage.log(f"llmock-{self.name}"))
        self.stage.wait(port, f"llmock as {self.name}", self.process)
        self.port = int(port().group(1))

    def configuration(self, entry: str) -> str:
        kind, path = PROVIDERS[self.name]
        return f'  {entry}: {{kind: {kind}, base_url: "http://127.0.0.1:{self.port}{path}", api_key: env:WORKER_KEY}}\n'

    def queue(self, behaviors: list[dict]) -> None:
        if behaviors:
            self.ask("POST", "/_llmock/scenario", {"behaviors": behaviors})

    def pending(self) -> list[dict]:
        """What it was told to do and has not done."""
        return [behavior for behavior in self.ask("GET", "/_llmock/scenario")["pending"] if behavior["times"] is not None]

    def verdict(self) -> dict:
        return self.ask("GET", "/_llmock/verdict")

    def models(self) -> dict[int, str]:
        """Which model each call has asked for."""
        return {call["seq"]: call["model"] for call in self.ask("GET", "/_llmock/requests")["requests"]}

    def reset(self) -> None:
        self.ask("POST", "/_llmock/reset", {})

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
