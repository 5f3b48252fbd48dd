"""When to believe a 404: replicas lag, and gateways forget a route for a moment."""

from __future__ import annotations

from dataclasses import dataclass

# A paid render is given up only after this many 404s in a row over this many seconds.
_TIMES, _SECONDS = 3, 120.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


@dataclass(slots=True)
class Misses:
    """How many 404s in a row, and since when (monotonic seconds)."""

    count: int = 0
    since: float = 0.0

    def missed(self, now: float) -> bool:
        """Count a 404; whether it is gone for good."""
        if not self.count:
            self.since = now
        self.count += 1
        return self.count >= _TIMES and now - self.since >= _SECONDS

    def seen(self) -> None:
        """It is there."""
        self.count = 0

    @property
    def pause(self) -> float:
        """Seconds after which it is worth asking again."""
        return float(min(_FIRST_PAUSE * 2.0 ** min(self.count, 10), _LONGEST_PAUSE))
