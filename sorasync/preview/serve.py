"""The preview provider on a port."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from sorasync.preview.app import create_app
from sorasync.preview.settings import PreviewSettings

_BACKLOG = 2048


def serve(
    settings: PreviewSettings, host: str, port: int, ready: Callable[[int], None] | None = None
) -> None:
    """Serve until interrupted. Port 0 takes a free one; `ready` is told the port. Prints nothing."""
    with socket.create_server((host, port), backlog=_BACKLOG) as listener:
        taken = listener.getsockname()[1]
        server = _Announced(_configure(create_app(settings)), lambda: ready(taken) if ready else None)
        server.run(sockets=[listener])


@dataclass(frozen=True, slots=True)
class Running:
    """A server in a thread: its port on this machine, and its application."""

    port: int
    app: Starlette

    @property
    def url(self) -> str:
        """The base address of its API."""
        return f"http://127.0.0.1:{self.port}{self.app.state.server.dialect.root}"


@contextmanager
def running(settings: PreviewSettings) -> Iterator[Running]:
    """Serve from a thread on a free port of this machine for the time of a `with` block."""
    app = create_app(settings)
    started = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listener:
        server = _Announced(_configure(app), started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        started.wait(timeout=30)
        try:
            yield Running(listener.getsockname()[1], app)
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def _configure(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_remembering(app.state.connections),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


def _remembering(connections: dict[Any, asyncio.Transport]) -> type[H11Protocol]:
    class Remembering(H11Protocol):
        """Keeps its transport where a fault can find and cut it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections[self.client] = transport
            # asyncio does this only for sockets that were made with the protocol spelled out; without it the
            # head and the body of each answer, written apart, cost 40 ms of delayed acknowledgement.
            connected = transport.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            connections.pop(self.client, None)

    return Remembering


class _Announced(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started:
            self._announce()
