"""Whether the provider can be reached, told to the user once when that changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sorasync.clock import Clock
from sorasync.provider.errors import NotSent, ProviderError

# Seconds before it is asked again: at first, at most, and how many of its absence add one more.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 2.0, 30.0, 4.0
# Seconds of silence that a server has to ask for to be worth a sentence.
_LONG = 60.0


class Outage:
    """What an apply knows of its provider's presence. `tell` takes one sentence for the user."""

    def __init__(self, clock: Clock, tell: Callable[[str], None] = lambda text: None) -> None:
        self._clock = clock
        self._tell = tell
        self._lost_at: float | None = None
        self._failure: ProviderError | None = None
        self._quiet_until = float("-inf")
        # Whether it has answered in this run.
        self.met = False

    @property
    def trouble(self) -> str | None:
        """What keeps it from answering at present, as a clause; None where it answers."""
        if self._failure is None:
            return None
        away = isinstance(self._failure, NotSent)
        return "the provider cannot be reached" if away else self._failure.message

    def answered(self) -> None:
        """It answered, whatever it said."""
        self.met = True
        self._failure = None
        if self._lost_at is None:
            return
        away = self._clock.now() - self._lost_at
        self._lost_at = None
        self._tell(f"the provider answers again, after {away:.0f} s")

    def busy(self, error: ProviderError, seconds: float) -> None:
        """It answers, and wants not to be asked for so long; the user is told of a long pause."""
        self.answered()
        now = self._clock.now()
        if seconds >= _LONG and now >= self._quiet_until:
            self._tell(f"{error.message}. What was sent is recorded, and renders continue there")
        self._quiet_until = max(self._quiet_until, now + seconds)

    def failed(self, error: ProviderError) -> float:
        """It did not answer, or not with anything of use; the seconds after which to ask again."""
        self._failure = error
        if self._lost_at is None:
            self._lost_at = self._clock.now()
            since = datetime.fromtimestamp(self._lost_at, UTC).strftime("%H:%M:%S UTC")
            self._tell(
                f"{error.message}, since {since}. What was sent is recorded, and renders continue there: "
                "asking again until it answers"
            )
        return min(_LONGEST_PAUSE, _FIRST_PAUSE + (self._clock.now() - self._lost_at) / _GROWTH)
