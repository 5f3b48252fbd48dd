"""Rate and concurrency limits per provider and model, which learn from refusals.

Additive increase, multiplicative decrease: a refusal halves what is allowed, every success adds a little.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sorasync.clock import Clock, lasting
from sorasync.provider.errors import RateLimited
from sorasync.provider.payment_gate import PaymentGate
from sorasync.text import counted

_WINDOW = 60.0
# Share of the rate at the start that each success adds.
_GROWTH = 0.02
# Creates a minute that are always allowed.
_SLOWEST = 1.0
# The assumed rate, in creates a minute, if a refusal comes before so many were seen.
_UNKNOWN = 60
# Refusals within this many seconds count as one: their requests were already on the way.
_CALM = 5.0


class Limiter:
    """The limits of one model at one provider.

    `per_minute` is a rate to start from and `in_flight` a ceiling, None = none known: then nothing waits
    until the first refusal. `turn` paces what is sent, `slot` caps what is unfinished.
    """

    def __init__(self, clock: Clock, per_minute: float | None = None, in_flight: int | None = None) -> None:
        self._clock = clock
        self._start = per_minute
        self._most = in_flight
        # Creates a minute that are allowed now; None = no limit known.
        self.rate = per_minute
        # Renders in flight that are allowed now; None = no limit known.
        self.allowed: float | None = in_flight
        # Slots held.
        self.active = 0
        self._turns: deque[float] = deque()
        self._paused_until = self._halved_at = float("-inf")
        self._refusals = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self, gate: PaymentGate) -> None:
        """Wait until the next request may be sent.

        Raises `Withheld` when it may not leave any more, and `RateLimited` where the provider wants a longer
        pause than the gate has patience for.
        """
        while True:
            refusals, now = self._refusals, self._clock.monotonic()
            asked = self._paused_until - now
            if asked > gate.patience:
                raise RateLimited(f"the provider asked for a pause of {lasting(asked)}", retry_after=asked)
            pause = self._reserve() - now
            # A host's known rate may take any time; what a refusal made of it may not.
            if refusals and pause > gate.patience:
                self._turns.pop()
                raise RateLimited(self._reason(pause, asked), retry_after=pause)
            if pause > 0:
                await gate.pause(self._clock, pause, self._reason(pause, asked))
            if refusals == self._refusals:
                return

    def _reason(self, pause: float, asked: float) -> str:
        what = "the provider asked for a pause"
        if self.rate is not None and pause > asked:
            what = f"the limit is {counted(round(self.rate), 'request')} a minute"
        return f"{what}: sending in {lasting(pause)}"

    def succeeded(self) -> None:
        """Note an accepted request: allow a little more, even beyond the starting rate."""
        if self.rate is not None:
            self.rate += _GROWTH * (self._start or _WINDOW)
        if self.allowed is not None:
            grown = self.allowed + 1 / max(self.allowed, 1)
            self.allowed = grown if self._most is None else min(grown, self._most)
            self._wake()

    def throttled(self, retry_after: float | None = None) -> None:
        """Note a rate limit: send nothing for a while, then half as much."""
        now = self._clock.monotonic()
        self._refusals += 1
        self._paused_until = max(self._paused_until, now + (retry_after or 0.0))
        while self._turns and self._turns[-1] > now:
            self._turns.pop()
        if now - self._halved_at < _CALM:
            return
        self._halved_at = now
        self._forget(now)
        self.rate = max(_SLOWEST, (self.rate or max(len(self._turns), _UNKNOWN)) / 2)
        self.allowed = max(1.0, min(self.allowed or self.active, self.active) / 2)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the slots in flight, from before the request until its job has ended."""
        await self._enter()
        try:
            yield
        finally:
            self.active -= 1
            self._wake()

    @asynccontextmanager
    async def occupied(self) -> AsyncIterator[None]:
        """Count a render that is already in flight: it does not wait for a slot, but others wait for it."""
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1
            self._wake()

    async def _enter(self) -> None:
        if not self._waiting and self._has_room():
            self.active += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.active -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        """Give free slots to those who have waited longest."""
        while self._waiting and self._has_room():
            place = self._waiting.popleft()
            if not place.done():
                self.active += 1
                place.set_result(None)

    def _has_room(self) -> bool:
        return self.allowed is None or self.active < max(1, int(self.allowed))

    def _reserve(self) -> float:
        """The monotonic time of the next free turn, taken: no minute holds more turns than the rate."""
        now = self._clock.monotonic()
        self._forget(now)
        at = max(now, self._paused_until)
        if self.rate is not None and len(self._turns) >= (most := max(1, int(self.rate))):
            at = max(at, self._turns[-most] + _WINDOW)
        self._turns.append(at)
        return at

    def _forget(self, now: float) -> None:
        while self._turns and self._turns[0] <= now - _WINDOW:
            self._turns.popleft()


class Limiters:
    """The limiters of one provider, one for each model, made when first asked for."""

    def __init__(self, clock: Clock, per_minute: float | None = None, in_flight: int | None = None) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._in_flight = in_flight
        self._by_model: dict[str, Limiter] = {}

    def of(self, model: str | None) -> Limiter:
        """The limiter of a model; renders whose model is not known share one."""
        name = model or ""
        if name not in self._by_model:
            self._by_model[name] = Limiter(self._clock, self._per_minute, self._in_flight)
        return self._by_model[name]
