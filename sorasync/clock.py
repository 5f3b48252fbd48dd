"""Time as a collaborator, so that tests tick it instead of sleeping."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

# Two clocks this far apart are taken for the same: a host's times come in whole seconds, some seconds late,
# and not every host says what time it is.
# Seconds.
CLOCK_ALLOWANCE = 120.0


class Clock(Protocol):
    """Wall time for what is recorded, monotonic time for what is waited for."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        import asyncio

        await asyncio.sleep(seconds)


def day_start(now: float) -> float:
    """When the UTC day of a Unix time began."""
    return now - now % 86_400


def month_start(now: float) -> float:
    """When the UTC month of a Unix time began."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.timestamp()


def lasting(seconds: float) -> str:
    """A length of time in words: `40 s`, `5 min`, `60 min`, `3 h`, `2 d`."""
    for unit, length, least in (("d", 86_400, 2), ("h", 3_600, 2), ("min", 60, 2)):
        if seconds >= least * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def at_utc(at: float) -> str:
    """A Unix time as the time of day: `18:31 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")
