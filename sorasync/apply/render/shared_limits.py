"""The limits of a host that applies on several machines keep together: creates a minute, places in flight.

Each keeps its own limits as well, which learn from refusals. Only what the profile knows is shared.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from functools import partial

from sorasync.apply.group_commit import GroupCommit
from sorasync.clock import Clock, lasting
from sorasync.profile.parts import Rate
from sorasync.provider.errors import Withheld
from sorasync.provider.payment_gate import PaymentGate
from sorasync.state import host_limits
from sorasync.state.errors import StateError
from sorasync.state.host_limits import HostLimits

# Seconds between two looks for a free place.
_LOOK = 1.0


class SharedLimits:
    """The shared limits of one account at one host."""

    def __init__(
        self, limits: HostLimits, account: str, rate: Rate, commits: GroupCommit, clock: Clock
    ) -> None:
        self._limits = limits
        self._account = account
        self._most = rate.in_flight
        self._per_minute = None if rate.creates_per_minute is None else max(1, int(rate.creates_per_minute))
        self._commits = commits
        self._clock = clock
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[str] = Counter()
        self._granted: Counter[str] = Counter()

    async def turn(self, gate: PaymentGate, model: str | None) -> None:
        """Wait until the next create may leave. Raises `Withheld` when it may not leave any more."""
        name = model or ""
        if self._per_minute is None:
            return
        self._waiting[name] += 1
        try:
            # The first in the line asks for all, so that many share a question.
            async with self._lines[name]:
                while not self._granted[name]:
                    await self._ask(gate, name, self._per_minute)
                self._granted[name] -= 1
        except StateError as error:
            raise Withheld(f"not sent: {error.message}", hint=error.hint) from error
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                # What nobody needs now would be too much later.
                self._granted[name] = 0

    async def _ask(self, gate: PaymentGate, model: str, per_minute: int) -> None:
        ask = partial(self._limits.take_turns, self._account, model, per_minute, self._waiting[model])
        self._granted[model], wait = await self._commits.read(ask)
        if not self._granted[model]:
            why = f"all machines together send {per_minute} requests a minute: sending in {lasting(wait)}"
            await gate.pause(self._clock, wait, why)

    async def take_place(self, model: str | None, key: str, *, patient: bool) -> bool:
        """Wait for a place; with `patient` false, whether there is one now."""
        if self._most is None:
            return True
        try:
            while True:
                take = partial(self._limits.take_place, self._account, model or "", key, self._most)
                if await self._commits.read(take):
                    return True
                if not patient:
                    return False
                await self._clock.sleep(_LOOK)
        except asyncio.CancelledError:
            # The question may have been answered all the same.
            self.give_back(model, key)
            raise

    async def count(self, model: str | None, key: str) -> None:
        """Take a place for a render that is in flight already."""
        if self._most is not None:
            take = partial(self._limits.take_place, self._account, model or "", key, None)
            await self._commits.read(take)

    def give_back(self, model: str | None, key: str) -> None:
        """The render has ended, or was not sent."""
        if self._most is not None:
            self._commits.later(partial(self._limits.give_back, self._account, model or "", key))

    async def keep(self) -> None:
        """Keep the places of this apply until cancelled."""
        while True:
            await self._clock.sleep(host_limits.KEPT / 4)
            self._commits.later(self._limits.renew)
