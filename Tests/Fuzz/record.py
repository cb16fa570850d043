"""Records what the simulator answers in each provider's format, into Corpus: one directory for each harness.

SWITCHYARD_BIN is the program (.build/release/switchyard unless given).
"""

import http.client
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = os.environ.get("SWITCHYARD_BIN", HERE.parent.parent / ".build" / "release" / "switchyard")

PARAMETERS = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
FUNCTION = {"name": "weather", "description": "d", "parameters": PARAMETERS}
PROMPTS = {"text": "[words 6] a", "reasoning": "[words 4] [reasoning] b", "tools": "[tools 2] c", "cached": "[words 3] [cached 2] d"}
HEADERS = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
FAULTS = ["rate_limited", "overloaded", "auth", "permission", "not_found", "context_length", "quota", "server_error"]


def chat(prompt: str, tools: bool, **more: object) -> dict:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **more}
    if tools:
        body["tools"] = [{"type": "function", "function": FUNCTION}]
    return body


def openai(path: str, prompt: str, tools: bool, stream: bool) -> tuple[str, dict]:
    return path, chat(prompt, tools, stream=stream, **({"stream_options": {"include_usage": True}} if stream else {}))


def anthropic(prompt: str, tools: bool, stream: bool) -> tuple[str, dict]:
    body = chat(prompt, False, stream=stream, max_tokens=4096)
    if tools:
        body["tools"] = [{"name": "weather", "input_schema": PARAMETERS}]
    return "/v1/messages", body


def gemini(prompt: str, tools: bool, stream: bool) -> tuple[str, dict]:
    body: dict = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    if tools:
        body["tools"] = [{"functionDeclarations": [FUNCTION]}]
    return "/v1beta/models/m:" + ("streamGenerateContent?alt=sse" if stream else "generateContent"), body


CHATS = {
    "openai": lambda *asked: openai("/v1/chat/completions", *asked),
    "cerebras": lambda *asked: openai("/cerebras/v1/chat/completions", *asked),
    "cohere": lambda prompt, tools, stream: ("/v2/chat", chat(prompt, tools, stream=stream)),
    "anthropic": anthropic,
    "gemini": gemini,
}
OTHERS = {
    "openai-answer/logprobs": ("/v1/chat/completions", chat("[words 2] f", False, logprobs=True, top_logprobs=1)),
    "openai-answer/completion": ("/v1/completions", {"model": "m", "prompt": "[words 3] g"}),
    "openai-stream/completion": ("/v1/completions", {"model": "m", "prompt": "[words 3] g", "stream": True}),
    "openai-answer/embedding": ("/v1/embeddings", {"model": "m", "input": ["a", "b"], "dimensions": 4}),
    "openai-answer/base64": ("/v1/embeddings", {"model": "m", "input": "a", "dimensions": 4, "encoding_format": "base64"}),
    "cerebras-answer/completion": ("/cerebras/v1/completions", {"model": "m", "prompt": "[words 3] g"}),
    "cohere-answer/embedding": ("/v2/embed", {
        "model": "m", "texts": ["a"], "input_type": "classification", "embedding_types": ["float"], "output_dimension": 256}),
    "gemini-answer/embedding": ("/v1beta/models/m:batchEmbedContents", {"requests": [
        {"model": "models/m", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4}]}),
}


def record(port: int) -> None:
    for name, ask in CHATS.items():
        for kind, prompt in PROMPTS.items():
            for stream in (False, True):
                path, body = ask(prompt, kind == "tools", stream)
                save(port, f"{name}-{'stream' if stream else 'answer'}/{kind}", path, body)
        for fault in FAULTS:
            path, body = ask(f"[fault {fault}] e", False, False)
            save(port, f"{name}-error/{fault}", path, body)
        path, body = ask("[fault stream_error] [words 8] f", False, True)
        save(port, f"{name}-stream/error", path, body)
    for name, (path, body) in OTHERS.items():
        save(port, name, path, body)


def save(port: int, name: str, path: str, body: dict) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(body), HEADERS)
    response = connection.getresponse()
    answer = response.read()
    is_error = "-error/" in name
    if (response.status == 200) == is_error:
        raise SystemExit(f"{name}: {path} answered {response.status}: {answer.decode()}")
    if is_error:
        fields = [f"{key.lower()}: {value}\n" for key, value in response.getheaders() if key.lower() not in ("date", "content-length")]
        answer = f"{response.status}\n{''.join(fields)}\n".encode() + answer
    connection.close()
    file = HERE / "Corpus" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(answer)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="switchyard-record-") as directory:
        port = Path(directory) / "port"
        simulator = subprocess.Popen([PROGRAM, "simulate", "--port", "0", "--port-file", port, "--latency-ms", "0"])
        try:
            while not port.exists():
                if simulator.poll() is not None:
                    raise SystemExit("the simulator does not start")
                time.sleep(0.01)
            record(int(port.read_text()))
        finally:
            simulator.terminate()
            simulator.wait()


main()
