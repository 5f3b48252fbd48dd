"""Slots for renders in flight at the provider, held from before the request until the job ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.race import unless
from sorasync.plan.change import Change
from sorasync.provider.errors import Withheld
from sorasync.state.record import Status

# Statuses of a render that may be in flight at the host when a run ends.
_AT_HOST = (Status.INTENT, Status.UNKNOWN, Status.SUBMITTED)


class InFlightSlots:
    """Takes a slot for a change and gives it back; doing either twice does no harm."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held: dict[str, AsyncExitStack] = {}
        # The model of each change that has a slot among all machines.
        self._shared: dict[str, str | None] = {}
        self._at_once = asyncio.Event()
        self._at_once.set()

    async def take(self, change: Change, model: str | None) -> None:
        """Wait for a slot. Raises `Withheld` when the run is told to stop meanwhile.

        A detached run does not wait for renders to end, so it does not wait for a slot either.
        """
        if change.label in self._held:
            return
        detach, shared = self._context.settings.detach, self._context.shared
        await unless(self._at_once if detach else self._context.stop, self._enter(change, model, taken=False))
        if change.label in self._held and shared is not None:
            waiting = partial(self._context.tell, change, Moment.WAITING)
            taking = shared.take_slot(model, change.key, patient=not detach, waiting=waiting)
            # Noted before: who is cancelled at the moment of getting it has it all the same.
            self._shared[change.label] = model
            if not await unless(self._context.stop, taking):
                await self.give_back(change)
        if change.label not in self._held:
            full = detach and not self._context.stop.is_set()
            raise Withheld("the provider accepts no more renders now" if full else "not started")

    async def count(self, change: Change, model: str | None) -> None:
        """Take a slot for a render that is already in flight, without waiting."""
        if change.label in self._held:
            return
        await self._enter(change, model, taken=True)
        if self._context.shared is not None:
            await self._context.shared.count(model, change.key)
            self._shared[change.label] = model

    async def give_back(self, change: Change) -> None:
        """Give the slot to the next one, whichever machine that is on."""
        if change.label in self._shared and self._context.shared is not None:
            self._context.shared.give_back(self._shared.pop(change.label), change.key)
        await self.leave(change)

    async def end(self, change: Change) -> None:
        """The run is done with a change, whose render may still be in flight."""
        known = self._context.store.remembered(change.key)
        record = None if known is None else known[0]
        if record is not None and record.status in _AT_HOST:
            await self.leave(change)
        else:
            await self.give_back(change)

    async def leave(self, change: Change) -> None:
        """Let go of the slot here; the render may go on at the provider, and others count it."""
        self._shared.pop(change.label, None)
        stack = self._held.pop(change.label, None)
        if stack is not None:
            await stack.aclose()

    async def aclose(self) -> None:
        """Let go of everything."""
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
