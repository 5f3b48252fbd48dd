"""The places that renders hold in flight at the provider, from before the request to the job's end."""

from __future__ import annotations

from contextlib import AsyncExitStack

from sorasync.apply.context import Context
from sorasync.apply.send import Stopped
from sorasync.apply.waiting import unless
from sorasync.plan.change import Change


class Places:
    """Takes a place for a change and gives it back; taking and giving twice does no harm."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held: dict[str, AsyncExitStack] = {}

    async def take(self, change: Change, model: str | None) -> None:
        """Wait for a place. Raises `Stopped` when the run is told to stop meanwhile."""
        if change.label not in self._held:
            await unless(self._context.stop, self._enter(change, model, taken=False))
        if change.label not in self._held:
            raise Stopped("not started")

    async def count(self, change: Change, model: str | None) -> None:
        """Count a render that is in flight already, without waiting."""
        if change.label not in self._held:
            await self._enter(change, model, taken=True)

    async def give_back(self, change: Change) -> None:
        """Let the next one have the place."""
        stack = self._held.pop(change.label, None)
        if stack is not None:
            await stack.aclose()

    async def _enter(self, change: Change, model: str | None, *, taken: bool) -> None:
        if self._context.in_flight is None:
            self._held[change.label] = AsyncExitStack()
            return
        stack = AsyncExitStack()
        await stack.enter_async_context(self._context.in_flight.slot(model, taken=taken))
        self._held[change.label] = stack
