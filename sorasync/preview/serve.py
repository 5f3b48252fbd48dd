"""The preview provider on a port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sorasync.preview.app import create_app
from sorasync.preview.settings import PreviewSettings

_BACKLOG = 2048


def serve(
    settings: PreviewSettings, host: str, port: int, ready: Callable[[int], None] | None = None
) -> None:
    """Serve until interrupted. Port 0 takes a free one; `ready` is told the port. Prints nothing."""
    app = create_app(settings)
    connections: dict[Any, asyncio.Transport] = app.state.connections

    class Remembering(H11Protocol):
        """Keeps its transport where a fault can find and cut it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            connections.pop(self.client, None)

    config = uvicorn.Config(
        app,
        http=Remembering,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    with socket.create_server((host, port), backlog=_BACKLOG) as listener:
        server = _Announced(config, lambda: ready(listener.getsockname()[1]) if ready else None)
        server.run(sockets=[listener])


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
