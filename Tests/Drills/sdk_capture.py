"""A provider on loopback that notes what it is sent. The first part of a path is the case's own."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

from sdk_cases.case import Case


@dataclass(frozen=True)
class Captured:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: object


class CaptureServer:
    """Answers each case as the provider of its module would."""

    def __init__(self, cases: dict[str, tuple[ModuleType, Case]]):
        self.cases = cases
        self.calls: dict[str, list[Captured]] = {}
        capture = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                capture.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # A worker connects for all its calls at once.
            request_queue_size = 1024

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "CaptureServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def base_url(self, name: str) -> str:
        return f"{self.address}/{name}"

    def take(self, name: str) -> list[Captured]:
        """What has come for a case since it was last asked."""
        return self.calls.pop(name, [])

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        data = request.rfile.read(int(request.headers.get("content-length", 0)))
        whole, _, query = request.path.partition("?")
        _, name, path = whole.split("/", 2)
        body = json.loads(data, object_pairs_hook=members)
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.calls.setdefault(name, []).append(Captured(request.command, f"/{path}", query, headers, body))
        if name not in self.cases:
            self.send(request, 500, "application/json", "{}")
            return
        module, case = self.cases[name]
        if case.answer:
            self.send(request, case.answer.status, "application/json", json.dumps(case.answer.body), case.answer.headers)
            return
        answer = module.answer(path, body)
        if isinstance(answer, str):
            self.send(request, 200, "text/event-stream", answer)
        else:
            self.send(request, 200, "application/json", json.dumps(answer))

    @staticmethod
    def send(request: BaseHTTPRequestHandler, status: int, kind: str, text: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        data = text.encode()
        request.send_response(status)
        for name, value in (("content-type", kind), ("content-length", str(len(data))), *headers):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)


def members(pairs: list[tuple[str, object]]) -> dict:
    """An object; a member that comes twice shows, for no SDK sends such."""
    return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else {"members that come twice": pairs}
