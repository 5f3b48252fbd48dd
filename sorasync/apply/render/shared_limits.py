"""Limits of a host that applies on several machines share: creates a minute, renders in flight, pauses.

They share the limits of the profile, and the pause that a host asks for when it refuses a create. Each apply
also has limits of its own, which learn from refusals.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
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

# Seconds between two looks for a free slot.
_LOOK = 1.0


@dataclass
class _Slots:
    """Renders that want a slot, those that got one, and those refused until `ask_again`."""

    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    ask_again: float = 0.0

    def knows(self, key: str, now: float) -> bool:
        """Whether the last question, by whichever render, already answered for this one."""
        return key in self.given or (key in self.refused and now < self.ask_again)


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
        self._slots: defaultdict[str, _Slots] = defaultdict(_Slots)

    async def turn(self, gate: PaymentGate, model: str | None) -> None:
        """Wait until the next create may leave. Raises `Withheld` when it may not leave any more."""
        name = model or ""
        self._waiting[name] += 1
        try:
            # The first in line asks for all of them: one question instead of many.
            async with self._lines[name]:
                while not self._granted[name]:
                    await self._ask(gate, name)
                self._granted[name] -= 1
        except StateError as error:
            raise Withheld(f"not sent: {error.message}", hint=error.hint) from error
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                # Turns that nobody needs now must not be saved up.
                self._granted[name] = 0

    async def _ask(self, gate: PaymentGate, model: str) -> None:
        ask = partial(self._limits.take_turns, self._account, model, self._per_minute, self._waiting[model])
        turns = await self._commits.read(ask)
        self._granted[model] = turns.granted
        if turns.granted:
            return
        what = f"all machines together send {self._per_minute} requests a minute"
        if turns.asked:
            what = "the provider told another machine to pause"
            if turns.wait > gate.patience:
                raise RateLimited(f"{what} for {lasting(turns.wait)}", retry_after=turns.wait)
        await gate.pause(self._clock, turns.wait, f"{what}: sending in {lasting(turns.wait)}")

    def refused(self, model: str | None, retry_after: float | None) -> None:
        """The host refused a create; if it asked for a pause, everybody pauses."""
        if retry_after:
            self._commits.later(partial(self._limits.pause, self._account, model or "", retry_after))

    async def take_slot(
        self, model: str | None, key: str, *, patient: bool, waiting: Callable[[str], None]
    ) -> bool:
        """Wait for a slot, and say why; if not `patient`, whether one is free now."""
        if self._most is None:
            return True
        name = model or ""
        slots = self._slots[name]
        slots.wanted.add(key)
        try:
            while True:
                # The first in line asks for all of them: one question instead of many.
                async with slots.line:
                    if not slots.knows(key, self._clock.monotonic()):
                        await self._ask_for_slots(name, slots)
                if key in slots.given:
                    return True
                if not patient:
                    return False
                waiting(
                    f"all machines together have {counted(self._most, 'render')} in flight: "
                    "waiting for one to end"
                )
                await self._clock.sleep(_LOOK)
        except asyncio.CancelledError:
            # The slot may have been given meanwhile.
            self.give_back(model, key)
            raise
        finally:
            for keys in (slots.wanted, slots.given, slots.refused):
                keys.discard(key)

    async def _ask_for_slots(self, model: str, slots: _Slots) -> None:
        assert self._most is not None
        asked = slots.wanted - slots.given
        take = partial(self._limits.take_slots, self._account, model, sorted(asked), self._most)
        try:
            found = await self._commits.read(take)
        finally:
            # Who stopped waiting may have given it back too early: a group of commits writes before it reads.
            for key in asked - slots.wanted:
                self.give_back(model, key)
        slots.given |= found & slots.wanted
        slots.refused = (asked - found) & slots.wanted
        slots.ask_again = self._clock.monotonic() + _LOOK / 2

    async def count(self, model: str | None, key: str) -> None:
        """Take a slot for a render that is in flight already."""
        if self._most is not None:
            take = partial(self._limits.take_slots, self._account, model or "", [key], None)
            await self._commits.read(take)

    def give_back(self, model: str | None, key: str) -> None:
        """The render has ended, or was not sent."""
        if self._most is not None:
            self._commits.later(partial(self._limits.give_back, self._account, model or "", key))

    async def keep(self) -> None:
        """Keep the slots of this apply until cancelled."""
        while True:
            await self._clock.sleep(host_limits.KEPT / 4)
            self._commits.later(self._limits.renew)
