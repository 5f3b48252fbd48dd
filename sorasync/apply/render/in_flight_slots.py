"""Slots for renders in flight at the provider, held from before the request until the job ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sorasync.apply.context import Context
from sorasync.apply.race import unless
from sorasync.plan.change import Change
from sorasync.provider.errors import Withheld


class InFlightSlots:
    """Takes a slot for a change and gives it back; doing either twice does no harm."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held: dict[str, AsyncExitStack] = {}
        self._at_once = asyncio.Event()
        self._at_once.set()

    async def take(self, change: Change, model: str | None) -> None:
        """Wait for a slot. Raises `Withheld` when the run is told to stop meanwhile.

        A detached run does not wait for renders to end, so it does not wait for a slot either.
        """
        if change.label not in self._held:
            end = self._at_once if self._context.settings.detach else self._context.stop
            await unless(end, self._enter(change, model, taken=False))
        if change.label not in self._held:
            full = self._context.settings.detach and not self._context.stop.is_set()
            raise Withheld("the provider accepts no more renders now" if full else "not started")

    async def count(self, change: Change, model: str | None) -> None:
        """Take a slot for a render that is already in flight, without waiting."""
        if change.label not in self._held:
            await self._enter(change, model, taken=True)

    async def give_back(self, change: Change) -> None:
        """Give the slot to the next one."""
        stack = self._held.pop(change.label, None)
        if stack is not None:
            await stack.aclose()

    async def aclose(self) -> None:
        """Give everything back."""
        held, self._held = self._held, {}
        for stack in held.values():
            await stack.aclose()

    async def _enter(self, change: Change, model: str | None, *, taken: bool) -> None:
        if self._context.in_flight is None:
            self._held[change.label] = AsyncExitStack()
            return
        stack = AsyncExitStack()
        await stack.enter_async_context(self._context.in_flight.slot(model, taken=taken))
        self._held[change.label] = stack
