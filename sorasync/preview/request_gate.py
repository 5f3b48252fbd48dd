"""Runs before every request: counts it, wakes the server, checks the key."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sorasync.preview.server import Server


class RequestGate:
    """Middleware in front of every route."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer that its key is wrong."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name, _ = self._server.dialect.route_name(scope["method"], scope["path"])
        self._server.wake()
        if name != "control":
            self._server.requests[name] += 1
            if not self._is_known(scope):
                await self._server.dialect.unauthorised()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        wanted = self._server.settings.api_key
        if wanted is None or scope["path"].startswith(self._server.dialect.open_paths):
            return True
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "").removeprefix(self._server.dialect.key_prefix).strip()
        given = bearer or headers.get("api-key", headers.get("x-api-key", ""))
        return hmac.compare_digest(given.encode(), wanted.encode())
