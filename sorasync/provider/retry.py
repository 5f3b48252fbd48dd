"""Retries with growing pauses, for requests that may be retried."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sorasync.clock import Clock, lasting
from sorasync.provider.errors import (
    AlreadySent,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    ServerError,
)
from sorasync.provider.payment_gate import PaymentGate

T = TypeVar("T")

_SHORTEST = 0.1


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is tried: `attempts` in all, none of them begun after `seconds`.

    The pause after attempt n is `base` · 2ⁿ, at most `longest`, half of it by chance; a longer wait that
    the server asks for holds.
    """

    attempts: int = 5
    seconds: float = 120.0
    base: float = 0.5
    longest: float = 30.0
    chance: Callable[[], float] = random.random

    def pause(self, error: ProviderError, attempt: int) -> float:
        """Seconds before the attempt after number `attempt` (0-based)."""
        backoff = min(self.base * 2.0**attempt, self.longest) * (0.5 + self.chance() / 2)
        asked = error.retry_after if isinstance(error, RateLimited) else None
        return backoff if asked is None else max(asked, _SHORTEST)


def once_more(error: ProviderError, pause: float) -> str:
    """Why something is sent again, and when; a server that asked for the pause is quoted with it."""
    asked = isinstance(error, RateLimited) and error.retry_after is not None
    return error.message if asked else f"{error.message}: retrying in {lasting(pause)}"


# Errors after which a free request is retried.
FREE = (NotSent, RateLimited, ServerError)

# Errors after which a paid request is retried: only those that prove that nothing was accepted.
PAID = (NotSent, RateLimited)

# The same for hosts that make one job of all requests with one `Idempotency-Key`.
KEYED = (*PAID, OutcomeUnknown)


async def retried(
    send: Callable[[], Awaitable[T]],
    clock: Clock,
    patience: Patience,
    *,
    after: tuple[type[ProviderError], ...] = FREE,
    gate: PaymentGate | None = None,
) -> T:
    """The result of `send`, tried again after those errors until patience ends; then the last error.

    The pauses of a paid request are those of its gate, and its patience the shorter of both.
    """
    begun, attempt = clock.monotonic(), 0
    longest = patience.seconds if gate is None else min(patience.seconds, gate.patience)
    while True:
        try:
            return await send()
        except AlreadySent:
            raise
        except after as error:
            pause = patience.pause(error, attempt)
            attempt += 1
            if attempt >= patience.attempts or clock.monotonic() + pause - begun > longest:
                raise
            if gate is not None and gate.private:
                error.withhold()
            why = once_more(error, pause)
        await (clock.sleep(pause) if gate is None else gate.pause(clock, pause, why))
