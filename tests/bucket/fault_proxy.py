"""Stands between obstore and moto, and lets requests fail as networks and stores do."""

from __future__ import annotations

import http.client
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What becomes of a request. `lost`: it is carried out, and its answer lost; `cut`: half of the answer comes;
# `stale`: an answer from before the object was written; `denied` and `away` are never carried out.
FAULTS = ("away", "lost", "cut", "denied", "stale", "unconditional")

_ANSWERS = {
    "away": (503, b"<Error><Code>ServiceUnavailable</Code></Error>"),
    "denied": (403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
}
_EMPTY = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
_DROPPED = ("transfer-encoding", "connection", "content-length")


@dataclass
class Rule:
    """Requests of a method whose path matches go wrong, `times` of them after the first `after`."""

    fault: str
    method: str = ""
    path: str = ""
    times: int = 1_000_000
    after: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request goes wrong; counts it."""
        if (self.method and method != self.method) or not re.search(self.path, path):
            return False
        self.after -= 1
        if self.after >= 0 or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class FaultProxy:
    """The proxy, and what it saw: method, path and what became of it."""

    target: int
    rules: list[Rule] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    port: int = 0
    # With dice, any request goes wrong with that chance, in one of these ways.
    dice: random.Random | None = None
    chance: float = 0.0
    kinds: tuple[str, ...] = ("away", "lost", "cut", "denied", "stale")
    before: Callable[[str, str], None] = lambda method, path: None

    def fault_of(self, method: str, path: str) -> str:
        """What becomes of a request."""
        found = next((rule.fault for rule in self.rules if rule.takes(method, path)), "")
        if not found and self.dice is not None and self.dice.random() < self.chance:
            found = self.dice.choice(self.kinds)
        self.seen.append((method, path, found))
        return found


@contextmanager
def fault_proxy(target: int) -> Iterator[FaultProxy]:
    """A proxy on a free port, for the time of a `with` block."""
    proxy = FaultProxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            proxy.before(self.command, self.path)
            fault = proxy.fault_of(self.command, self.path)
            if fault in _ANSWERS:
                self._answer(*_ANSWERS[fault], [])
                return
            if fault == "stale":
                listing = "list-type=2" in self.path
                self._answer(200 if listing else 404, _EMPTY if listing else b"", [])
                return
            status, answer, headers = self._ask(body, conditional=fault != "unconditional")
            if fault == "lost":
                self.close_connection = True
                return
            self._answer(status, answer, headers, cut=fault == "cut")

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def _ask(self, body: bytes, *, conditional: bool) -> tuple[int, bytes, list[tuple[str, str]]]:
            connection = http.client.HTTPConnection("127.0.0.1", proxy.target, timeout=60)
            try:
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if conditional or name.lower() != "if-none-match"
                }
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read(), answer.getheaders()
            finally:
                connection.close()

        def _answer(
            self, status: int, body: bytes, headers: list[tuple[str, str]], *, cut: bool = False
        ) -> None:
            self.send_response(status)
            length = next((v for n, v in headers if n.lower() == "content-length"), str(len(body)))
            for name, value in headers:
                if name.lower() not in _DROPPED:
                    self.send_header(name, value)
            self.send_header("content-length", length if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if cut else body)
            if cut:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever hangs up is the test's own doing."""

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
