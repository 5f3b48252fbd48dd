"""`sorasync wait`: follows what is in flight, optionally woken by webhooks."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.plan.action import Action
from sorasync.plan.plan import Plan
from sorasync.state.record import IN_FLIGHT

if TYPE_CHECKING:
    from sorasync.apply.context import Context
    from sorasync.provider.webhook import WebhookEvent


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where to listen for webhooks, and the environment variable with the secret they are signed with."""

    host: str
    port: int
    secret_env: str

    def secret(self) -> str:
        """Raises `SorasyncError` where the variable is not set."""
        found = os.environ.get(self.secret_env)
        if not found:
            raise SorasyncError(
                f"{self.secret_env} is not set",
                hint="put the secret that webhooks are signed with (whsec_...) into it",
            )
        return found


def pending_part(plan: Plan) -> Plan:
    """The part of a plan that downloads what is paid for and in flight; it sends nothing."""
    kept = tuple(
        change
        for change in plan.changes
        if change.action in (Action.RESUME, Action.DOWNLOAD) and change.status in IN_FLIGHT
    )
    return replace(plan, changes=kept, left_out=plan.left_out + len(plan.changes) - len(kept))


@asynccontextmanager
async def listening_for(webhooks: WebhookSettings | None, context: Context) -> AsyncIterator[None]:
    """Let webhooks wake the engine during an `async with` block.

    Raises `SorasyncError` before anything is sent where the secret is missing or the address is taken.
    """
    if webhooks is None:
        yield
        return
    from sorasync.provider.webhook_listener import listening

    def heard(_event: WebhookEvent) -> None:
        context.news.set()

    def refused(why: str) -> None:
        context.reporter.notice(f"a webhook was refused, and others like it will be: {why}")

    async with listening(
        webhooks.host, webhooks.port, webhooks.secret(), context.clock, heard=heard, refused=refused
    ) as port:
        context.reporter.notice(f"listening for webhooks on {webhooks.host}:{port}")
        yield
