"""Cutting a connection, over a socket or in-process."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]


async def cut(scope: Scope, *, answering: bool) -> Exception:
    """Break the connection; the exception to raise afterwards.

    Over a socket the transport, which `serve` leaves in the application's state by the client's address, is
    aborted. In-process there is none, so the exception itself is what the
    caller's client sees: `httpx.RemoteProtocolError` when nothing was answered yet, `httpx.ReadError` in the
    middle of an answer, as over a socket. This is the only place of the server that knows httpx, and it
    needs it only where httpx is what carries the request.
    """
    transports = getattr(scope["app"].state, "connections", {}) if "app" in scope else {}
    transport = transports.get(scope.get("client"))
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0)
        return ConnectionResetError("cut by the fault plan")
    import httpx

    if answering:
        return httpx.ReadError("connection cut by the fault plan")
    return httpx.RemoteProtocolError("Server disconnected without sending a response.")
