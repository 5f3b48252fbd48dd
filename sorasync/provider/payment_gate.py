"""The gate that every paid request passes right before it leaves."""

from __future__ import annotations

import math

from sorasync.clock import Clock


class PaymentGate:
    """Whether a paid request may leave. This one is always open; an apply has its own.

    `left` says that a request is out that may have been accepted. `patience` is the longest pause, in
    seconds, that a server may impose. `private`: what is sent is not to be written down, as a quote either.
    """

    left: bool = False
    patience: float = math.inf
    private: bool = False

    def check(self) -> None:
        """Raise `Withheld` if nothing may leave any more. Must not wait."""

    def leave(self) -> None:
        """The last look: nothing is awaited between this and the first byte."""
        self.check()
        self.left = True

    def refused(self) -> None:
        """The request that left has certainly made nothing."""
        self.left = False

    def throttled(self, model: str | None, retry_after: float | None) -> None:
        """Tell others who share the host's limits that it refused, and the pause that it asked for."""

    async def turn(self, model: str | None) -> None:
        """Wait until others who share the host's limits let a request leave."""

    async def pause(self, clock: Clock, seconds: float, why: str) -> None:
        """Wait before a request may leave, and say `why`. Raises `Withheld` once it may not leave."""
        await clock.sleep(seconds)
