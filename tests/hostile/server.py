"""A Videos API server that lies: its answers are whatever a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """One request, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def creates(self) -> bool:
        """Whether it asks for a new video."""
        return self.method == "POST" and self.path == "/v1/videos"

    @property
    def content(self) -> bool:
        """Whether it asks for a video's bytes."""
        return self.path.partition("?")[0].endswith("/content")


@dataclass(frozen=True)
class Said:
    """One answer; a body that is no bytes is sent as JSON."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """The body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[Asked], Said]


@dataclass
class Liar:
    """The server at `url`, with what it was asked."""

    url: str
    seen: list[Asked] = field(default_factory=list)


@contextmanager
def lying(answer: Answer) -> Iterator[Liar]:
    """Serve those answers on a free port."""
    liar = Liar("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            names = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, names, self.rfile.read(length))
            liar.seen.append(asked)
            said = answer(asked)
            data = said.bytes()
            self.send_response_only(said.status)
            for name, value in ({"content-type": "application/json"} | dict(said.headers)).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    liar.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield liar
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
