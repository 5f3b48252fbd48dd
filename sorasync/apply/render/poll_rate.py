"""How often renders are asked about one by one: a steady rate, less where the host objects."""

from __future__ import annotations

from sorasync.clock import Clock

# Requests a second at most and at least, and how many may go out at once after a quiet time.
_RATE, _SLOWEST, _RESERVE = 10.0, 0.2, 16.0
# Once the reserve is used up, so many are waited for: a look costs the same for one request as for them.
_TOGETHER = 8.0
# Requests a second that every answer adds, up to the most.
_RECOVERY = 0.01


class PollRate:
    """Tokens that come back with time. Times are of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rate = _RATE
        self._tokens = _RESERVE
        self._counted = clock.monotonic()

    def free(self) -> int:
        """How many requests may go out now."""
        self._count()
        return max(0, int(self._tokens))

    def take(self, requests: int) -> None:
        """So many go out."""
        self._count()
        self._tokens -= requests

    def ready(self) -> float:
        """When it is worth to ask again; now, as long as there is a reserve."""
        self._count()
        return self._counted + max(0.0, _TOGETHER - self._tokens) / self._rate

    def answered(self) -> None:
        """The host did not mind."""
        self._rate = min(_RATE, self._rate + _RECOVERY)

    def refused(self, retry_after: float) -> None:
        """The host asked for fewer: half as many, and none for that many seconds."""
        self._count()
        self._rate = max(_SLOWEST, self._rate / 2)
        self._tokens = -retry_after * self._rate

    def _count(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(_RESERVE, self._tokens + (now - self._counted) * self._rate)
        self._counted = now
