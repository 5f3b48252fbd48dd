"""A server inside this process, spoken to as if it stood at the end of a network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

Asgi = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI application."""


def in_process(app: Asgi) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application instead of opening a socket.

    The application's own exceptions come back as a 500, as they would over a socket. Its start-up and
    shut-down events are not sent.
    """
    return httpx.ASGITransport(app=app, raise_app_exceptions=False)
