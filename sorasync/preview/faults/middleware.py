"""Where the rules meet a request: before it is handled, and as its answer leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sorasync.preview.faults.answer import Spoiler
from sorasync.preview.faults.cut import cut
from sorasync.preview.faults.fault_answers import refusal_of
from sorasync.preview.faults.prompt import Heard
from sorasync.preview.faults.rule import Answer, FaultRule

if TYPE_CHECKING:
    from sorasync.preview.server import Server

_KEY = "sorasync.faults"
_ON_ANSWERS = frozenset(get_args(Answer))
_Holds = Callable[[str], bool]


def rules_of(request: Request) -> list[FaultRule]:
    """The rules that fired for a request."""
    fired: list[FaultRule] = request.scope.get(_KEY, [])
    return fired


def rule_for(request: Request, deed: str) -> FaultRule | None:
    """The first rule that fired and does this, None when there is none."""
    return next((rule for rule in rules_of(request) if rule.do == deed), None)


class Misbehave:
    """Middleware that lets the server's fault rules act."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any kind; only HTTP requests can be spoiled."""
        name, job_id = (
            self._server.dialect.route_name(scope["method"], scope["path"])
            if scope["type"] == "http"
            else ("control", None)
        )
        if name == "control" or not self._server.faults.plan.rules:
            await self._app(scope, receive, send)
            return
        heard = Heard(receive)
        rules = self._server.faults.fire(name, await self._listener(name, job_id, scope["method"], heard))
        if await self._instead(rules, name, scope, heard, send):
            return
        scope[_KEY] = rules
        on_answer = [rule for rule in rules if rule.do in _ON_ANSWERS]
        if on_answer:
            send = Spoiler(scope, send, on_answer, self._server.settings.clock.sleep).send
        await self._app(scope, heard.receive, send)

    async def _listener(self, name: str, job_id: str | None, method: str, heard: Heard) -> _Holds:
        if not self._server.faults.asks_for_prompt(name):
            return lambda _text: False
        if job_id is not None:
            job = self._server.jobs.get(self._server.dialect.id_in(job_id))
            prompt = job.prompt if job else ""
            return lambda text: text in prompt
        if method == "POST":
            await heard.listen()
        return heard.holds

    async def _instead(
        self, rules: list[FaultRule], name: str, scope: Scope, heard: Heard, send: Send
    ) -> bool:
        for rule in rules:
            if rule.do == "delay":
                await self._server.settings.clock.sleep(rule.delay)
            if rule.do == "cut_before":
                raise await cut(scope, answering=False)
            refusal = refusal_of(rule, self._server.now())
            if refusal is not None:
                if scope["method"] == "POST":
                    # A host reads what it is sent before it refuses; else the client fails while writing.
                    await heard.listen()
                await self._server.dialect.refuse(refusal, name)(scope, heard.receive, send)
                return True
        return False
