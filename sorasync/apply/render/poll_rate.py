"""How often single jobs are polled: a steady rate, reduced when the host objects."""

from __future__ import annotations

from sorasync.clock import Clock

# The highest and lowest rate in requests a second, and the burst after a quiet time.
_RATE, _SLOWEST, _RESERVE = 10.0, 0.2, 16.0
# When the burst is spent, wait until this many tokens are back: polling 8 jobs costs no more than 1.
_TOGETHER = 8.0
# Requests a second that every answer adds, up to the most.
_RECOVERY = 0.01


class PollRate:
    """A token bucket. Times are of the monotonic clock."""

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
        """Take that many tokens."""
        self._count()
        self._tokens -= requests

    def ready(self) -> float:
        """When the next poll may be sent; now, while there are tokens."""
        self._count()
        return self._counted + max(0.0, _TOGETHER - self._tokens) / self._rate

    def answered(self) -> None:
        """Raise the rate after an answer."""
        self._rate = min(_RATE, self._rate + _RECOVERY)

    def refused(self, retry_after: float) -> None:
        """Halve the rate, and send nothing for that many seconds."""
        self._count()
        self._rate = max(_SLOWEST, self._rate / 2)
        self._tokens = -retry_after * self._rate

    def _count(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(_RESERVE, self._tokens + (now - self._counted) * self._rate)
        self._counted = now
