"""The process that is killed: the program itself, with an end at a chosen point.

Points are the moments between which something becomes durable or leaves the machine: before and after each
commit, each sync and each renaming of a file; before a request, once it has left, and when its answer came.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from sorasync.state.session import Session


def run(library: Path, kill_at: int | None, count: Path | None, *arguments: str) -> None:
    """Apply the library and end with the program's exit code, or be killed at the point of that number.

    `arguments` are given to `apply`. The number of points that were passed is written to `count`.
    """
    log = os.open(library / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    points = Points(kill_at)
    points.watch()
    from sorasync.cli.main import run as sorasync

    code = sorasync(["--library", str(library), "apply", "--yes", *arguments])
    if count is not None:
        count.write_text(str(points.passed))
    os._exit(code)


class Points:
    """Counts points; at the chosen one the process is gone, as if the power had failed."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at = kill_at
        self.passed = 0

    def pass_by(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Put a point before and after everything that matters."""
        Session._finish = self._around(Session._finish)  # type: ignore[method-assign]
        os.fsync = self._around(os.fsync)
        os.replace = self._around(os.replace)
        send = httpx.AsyncHTTPTransport.handle_async_request
        httpx.AsyncHTTPTransport.handle_async_request = self._sending(send)  # type: ignore[assignment, method-assign]

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **named: Any) -> Any:
            self.pass_by()
            result = function(*args, **named)
            self.pass_by()
            return result

        return watched

    def _sending(
        self, send: Callable[[Any, httpx.Request], Awaitable[httpx.Response]]
    ) -> Callable[[Any, httpx.Request], Awaitable[httpx.Response]]:
        async def trace(event: str, info: object) -> None:
            if event == "http11.send_request_body.complete":
                self.pass_by()

        async def watched(transport: Any, request: httpx.Request) -> httpx.Response:
            self.pass_by()
            request.extensions = {**request.extensions, "trace": trace}
            response = await send(transport, request)
            self.pass_by()
            return response

        return watched
