"""The limits of a host that applies on several machines keep together: creates a minute, places in flight.

Each keeps its own limits as well, which learn from refusals. What the profile knows is shared, and the pause
that a host asks for when it refuses.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial

from sorasync.apply.group_commit import GroupCommit
from sorasync.clock import Clock, lasting
from sorasync.profile.parts import Rate
from sorasync.provider.errors import RateLimited, Withheld
from sorasync.provider.payment_gate import PaymentGate
from sorasync.state import host_limits
from sorasync.state.errors import StateError
from sorasync.state.host_limits import HostLimits
from sorasync.text import counted

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
        self._waiting[name] += 1
        try:
            # The first in the line asks for all, so that many share a question.
            async with self._lines[name]:
                while not self._granted[name]:
                    await self._ask(gate, name)
                self._granted[name] -= 1
        except StateError as error:
            raise Withheld(f"not sent: {error.message}", hint=error.hint) from error
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                # What nobody needs now would be too much later.
                self._granted[name] = 0

    async def _ask(self, gate: PaymentGate, model: str) -> None:
        ask = partial(self._limits.take_turns, self._account, model, self._per_minute, self._waiting[model])
        turns = await self._commits.read(ask)
        self._granted[model] = turns.granted
        if turns.granted:
            return
        what = f"all machines together send {self._per_minute} requests a minute"
        if turns.asked:
            what = "the provider asked another machine for a pause"
            if turns.wait > gate.patience:
                raise RateLimited(f"{what} of {lasting(turns.wait)}", retry_after=turns.wait)
        await gate.pause(self._clock, turns.wait, f"{what}: sending in {lasting(turns.wait)}")

    def refused(self, model: str | None, retry_after: float | None) -> None:
        """The host refused a create; a pause that it asked for holds for everybody."""
        if retry_after:
            self._commits.later(partial(self._limits.pause, self._account, model or "", retry_after))

    async def take_place(
        self, model: str | None, key: str, *, patient: bool, waiting: Callable[[str], None]
    ) -> bool:
        """Wait for a place, and say why; with `patient` false, whether there is one now."""
        if self._most is None:
            return True
        try:
            while True:
                take = partial(self._limits.take_place, self._account, model or "", key, self._most)
                if await self._commits.read(take):
                    return True
                if not patient:
                    return False
                waiting(
                    f"all machines together have {counted(self._most, 'render')} in flight: "
                    "waiting for one to end"
                )
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
