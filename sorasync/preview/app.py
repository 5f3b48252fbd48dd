"""The preview provider as an ASGI application.

It works without a lifespan event, so it can be driven in-process through `httpx.ASGITransport`; work goes on
in tasks of the caller's event loop and in threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sorasync.errors import SorasyncError
from sorasync.preview.faults.middleware import Misbehave
from sorasync.preview.refusal import RefusedError
from sorasync.preview.request_gate import RequestGate
from sorasync.preview.routes.batches import BatchRoutes
from sorasync.preview.routes.characters import CharacterRoutes
from sorasync.preview.routes.content import ContentRoutes
from sorasync.preview.routes.control import ControlRoutes
from sorasync.preview.routes.files import FileRoutes
from sorasync.preview.routes.images import ImageRoutes
from sorasync.preview.routes.videos import VideoRoutes
from sorasync.preview.server import Server
from sorasync.preview.settings import PreviewSettings

__all__ = ["PreviewSettings", "Server", "create_app"]


def create_app(settings: PreviewSettings) -> Starlette:
    """The application. `app.state.server` is its `Server`; await `app.state.server.aclose()` at the end.

    Raises `SorasyncError` for a data directory that cannot be used.
    """
    server = _server(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        server.wake()
        yield
        await server.aclose()

    app = Starlette(
        routes=_routes(server),
        middleware=[Middleware(RequestGate, server), Middleware(Misbehave, server)],
        exception_handlers={RefusedError: _refused, HTTPException: _unrouted},
        lifespan=lifespan,
    )
    app.state.server = server
    app.state.connections = {}
    return app


def _server(settings: PreviewSettings) -> Server:
    try:
        return Server(settings)
    except (sqlite3.Error, OSError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise SorasyncError(
            f"the preview provider cannot use its data in {settings.data}: {why}",
            hint="it must be able to write there; with --offline, plan and drift do not need it",
        ) from error


def _routes(server: Server) -> list[Route]:
    control = ControlRoutes(server)
    groups = (
        VideoRoutes(server),
        ContentRoutes(server),
        CharacterRoutes(server),
        FileRoutes(server),
        BatchRoutes(server),
        ImageRoutes(server),
        control,
    )
    routes = [
        Route("/healthz", control.health),
        Route("/preview/ledger", control.ledger),
        Route("/preview/requests", control.requests),
        Route("/preview/faults", control.faults, methods=["GET"]),
        Route("/preview/faults", control.set_faults, methods=["POST"]),
    ]
    for name, places in server.dialect.paths.items():
        handler = next(getattr(group, name) for group in groups if hasattr(group, name))
        routes += [_route(path, handler, method) for method, path in places]
    return routes


def _route(path: str, handler: object, method: str) -> Route:
    route = Route(path, handler, methods=[method])  # type: ignore[arg-type]
    if route.methods is not None:
        # HEAD is not served by the families that were looked at.
        route.methods.discard("HEAD")
    return route


async def _refused(request: Request, error: Exception) -> Response:
    server: Server = request.app.state.server
    if not isinstance(error, RefusedError):
        raise error
    name, _ = server.dialect.route_name(request.method, request.url.path)
    return server.dialect.refuse(error, name)


async def _unrouted(request: Request, error: Exception) -> Response:
    server: Server = request.app.state.server
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = server.dialect.unrouted(status, request.method, request.url.path)
    if status == 405:
        answer.headers["allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """The methods that the path takes; each stands in a route of its own."""
    found = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.path_regex.match(request.url.path)
        for method in route.methods or ()
    }
    return sorted(found)
