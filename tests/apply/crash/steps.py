"""Every step of a process after which something is different outside of it, with a name and a number.

A step is a commit, a change of a file or a directory inside the library, a sync, and for what costs money or
fetches what was paid for: the request about to leave, gone, and answered. They are found as the interpreter,
SQLite and the HTTP transport report them, so that a new one needs no entry anywhere. A step is told right
before it happens, which is right after the one before.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from sorasync.preview.route_names import name_route

_CHANGES = frozenset(
    {"os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_READS = ("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "ATTACH", "DETACH")
_TRACED = {
    "http11.send_request_headers.started": "about to send",
    "http11.send_request_body.complete": "sent",
    "http11.receive_response_headers.complete": "answered",
    "http11.receive_response_body.complete": "received",
}
_PLUMBING = ("sorasync.state.", "sorasync.assets.disk", "sorasync.provider.")


def watch(library: Path, told: Callable[[str], None]) -> None:
    """Call `told` with the name of every step of this process from now on."""
    inside = str(library)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in _CHANGES or (event == "open" and _writes(arguments))
        if changes and _is_in(inside, arguments):
            told(f"{event.removeprefix('os.')} {_where()}")

    def statement(sql: str, in_transaction: bool) -> None:
        verb = sql.lstrip().split(None, 1)[0].upper()
        if verb == "COMMIT" or (not in_transaction and verb not in _READS) or "journal_mode" in sql:
            told(f"{verb.lower()} {_where()}")

    sync: Callable[[Any], None] = os.fsync
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def watched_sync(handle: Any) -> None:
        told(f"sync {_where()}")
        sync(handle)

    def watched_connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.set_trace_callback(lambda sql: statement(sql, connection.in_transaction))
        return connection

    os.fsync = watched_sync  # type: ignore[assignment]
    sqlite3.connect = watched_connect  # type: ignore[assignment]
    _watch_requests(told)
    sys.addaudithook(audit)


def _watch_requests(told: Callable[[str], None]) -> None:
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def watched(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        route, _ = name_route(request.method, request.url.path)
        if request.method == "POST" or route == "content":

            async def trace(event: str, info: object) -> None:
                if event in _TRACED:
                    told(f"{_TRACED[event]} {route}")

            request.extensions = {**request.extensions, "trace": trace}
        return await send(self, request)

    httpx.AsyncHTTPTransport.handle_async_request = watched  # type: ignore[method-assign]


def _writes(arguments: tuple[Any, ...]) -> bool:
    return bool(arguments[2] & _WRITING)


def _is_in(library: str, arguments: tuple[Any, ...]) -> bool:
    path = arguments[0]
    return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(library)


def _where() -> str:
    """Which function of the program this is, and for what serves many, whom it serves."""
    frame, serving = sys._getframe(2), ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("sorasync."):
            name = f"{module.removeprefix('sorasync.')}.{frame.f_code.co_qualname}"
            if not module.startswith(_PLUMBING):
                return f"{serving} for {name}" if serving else name
            serving = name
        frame = frame.f_back  # type: ignore[assignment]
    return serving
