"""Every step of a process after which something is different outside of it, with a name and a number.

A step is a commit, a change of a file or a directory inside the library, a sync, and for what costs money or
fetches what was paid for: the request about to leave, gone, and answered. They are found as the interpreter,
SQLite and the HTTP transport report them, so that a new one needs no entry anywhere. A step is told right
before it happens, which is right after the one before.
"""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import builtins
import io
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

import sorasync.provider.transport
from sorasync.preview.route_names import name_route

_CHANGES = frozenset(
    {"os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_WRITE_MODES = frozenset("wax+")
_READS = ("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "ATTACH", "DETACH")
_PLUMBING = ("sorasync.state.", "sorasync.assets.disk", "sorasync.durable", "sorasync.provider.")


def watch(library: Path, told: Callable[[str], None]) -> None:
    """Call `told` with the name of every step of this process from now on."""
    inside = str(library.resolve())

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES and _is_in(inside, arguments[0]):
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

    class Watched(sqlite3.Connection):
        """Tells by itself: out of SQLite's own call, what a signal raises would not come through."""

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            statement(sql, self.in_transaction)
            return super().execute(sql, *parameters)

        def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            statement(sql, self.in_transaction)
            return super().executemany(sql, *parameters)

    def watched_connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return connect(*arguments, factory=Watched, **named)

    os.fsync = watched_sync  # type: ignore[assignment]
    sqlite3.connect = watched_connect  # type: ignore[assignment]
    _watch_openings(inside, told)
    _watch_requests(told)
    sys.addaudithook(audit)


def _watch_openings(inside: str, told: Callable[[str], None]) -> None:
    """Tell of files that were opened for writing: made or emptied, and nothing is in them yet."""
    low: Callable[..., int] = os.open
    high: Callable[..., Any] = io.open

    def watched_low(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        handle = low(path, flags, *arguments, **named)
        if flags & _WRITING and _is_in(inside, path):
            told(f"open {_where()}")
        return handle

    def watched_high(path: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        file = high(path, mode, *arguments, **named)
        if set(mode) & _WRITE_MODES and _is_in(inside, path):
            told(f"open {_where()}")
        return file

    os.open = watched_low
    io.open = builtins.open = watched_high  # type: ignore[assignment]


def _watch_requests(told: Callable[[str], None]) -> None:
    """Tell of the requests that pay or fetch, whatever library sends them: before and after each write."""
    connection: Any = vars(asyncio.selector_events)["_SelectorSocketTransport"]
    transport: Any = vars(sorasync.provider.transport)["_Pooled"]
    write, send = connection.write, transport._asked

    def watched_write(self: Any, data: bytes) -> None:
        begins = _REQUEST.match(data)
        route = _route(begins["method"].decode(), begins["path"].decode()) if begins else None
        if route is None:
            write(self, data)
            return
        told(f"about to send {route}")
        write(self, data)
        told(f"sent {route}")

    async def watched_send(self: httpx.AsyncBaseTransport, request: httpx.Request) -> Any:
        answer = await send(self, request)
        if (route := _route(request.method, request.url.path)) is not None:
            told(f"answered {route}")
        return answer

    connection.write = watched_write
    transport._asked = watched_send


_REQUEST = re.compile(rb"(?P<method>[A-Z]+) (?P<path>[^ ?]+)[^ ]* HTTP/1.1\r\n")


def _route(method: str, path: str) -> str | None:
    """The name of the route where a request pays or fetches."""
    route, _ = name_route(method, path)
    return route if method == "POST" or route == "content" else None


def _is_in(library: str, path: Any) -> bool:
    return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(library)


def _where() -> str:
    """Which function of the program this is, and for what serves many, whom it serves."""
    frame, serving = sys._getframe(2), ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module == "sorasync.apply.group_commit":
            return f"{serving} for {_asked_for(frame)}"
        if module.startswith("sorasync."):
            name = f"{module.removeprefix('sorasync.')}.{frame.f_code.co_qualname}"
            if not module.startswith(_PLUMBING):
                return f"{serving} for {name}" if serving else name
            serving = name
        frame = frame.f_back  # type: ignore[assignment]
    return serving


def _asked_for(frame: FrameType) -> str:
    """What the work of a group is for: nobody who asked for it is on the stack any more."""
    while "group" not in frame.f_locals and "work" not in frame.f_locals and frame.f_back is not None:
        frame = frame.f_back
    group = frame.f_locals.get("group")
    work = group[0].work if group else frame.f_locals["work"]
    work = getattr(work, "func", work)
    name = getattr(work, "__qualname__", type(work).__qualname__)
    return f"{work.__module__}.{name}".removeprefix("sorasync.")
