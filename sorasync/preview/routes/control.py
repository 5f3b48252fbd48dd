"""Routes for this machine only: ledger, counts, faults, and health."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.faults.fault_messages import plain_faults
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.server import Server

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


class ControlRoutes:
    """Handlers over one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def health(self, request: Request) -> Response:
        """The server lives."""
        return JSONResponse({"status": "ok", "dialect": self._server.dialect.name})

    async def models(self, request: Request) -> Response:
        """The models on offer."""
        return JSONResponse(self._server.dialect.models())

    async def ledger(self, request: Request) -> Response:
        """What was billed, with the sum."""
        _only_here(request)
        return JSONResponse(self._server.ledger.as_json())

    async def requests(self, request: Request) -> Response:
        """How many requests there were, by route."""
        _only_here(request)
        return JSONResponse(dict(sorted(self._server.requests.items())))

    async def faults(self, request: Request) -> Response:
        """The rules and how often each fired."""
        _only_here(request)
        return JSONResponse({"seed": self._server.faults.plan.seed, "rules": self._server.faults.counts()})

    async def set_faults(self, request: Request) -> Response:
        """Take a new fault plan (JSON), and count from the start."""
        _only_here(request)
        try:
            plan = FaultPlan.model_validate_json(await request.body())
        except ValidationError as error:
            said = "; ".join(plain_faults(error, FaultRule))
            raise bad(f"The fault plan cannot be used: {said}") from error
        self._server.faults.set(plan)
        return await self.faults(request)


def _only_here(request: Request) -> None:
    if request.client is not None and request.client.host not in _LOOPBACK:
        raise RefusedError(403, "Only available from this machine.")
