"""Whether the provider can be reached; the user is told once when that changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sorasync.clock import Clock, lasting
from sorasync.provider.errors import AuthFailed, NotSent, ProviderError, QuotaExhausted, RateLimited
from sorasync.text import clause

# Seconds before the next try: the first, the longest, and how many of an outage add one more.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 2.0, 30.0, 4.0
# A requested pause of at least this many seconds is told to the user.
_LONG = 60.0


class Outage:
    """The provider's availability during an apply.

    `tell` takes one sentence for the user; `longest` is how many seconds a change waits at most.
    """

    def __init__(
        self, clock: Clock, tell: Callable[[str], None] = lambda text: None, longest: float = 3600.0
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._longest = longest
        self._lost_at: float | None = None
        self._failure: ProviderError | None = None
        self._quiet_until = float("-inf")
        # Whether the user was told that it cannot say whether a request made a job.
        self._told_of_lost = False
        # Whether it has answered in this run.
        self.met = False
        # Whether rows are among what it is asked for: what it says may quote them.
        self.rows = False

    @property
    def trouble(self) -> str | None:
        """What keeps it from answering at present, as a clause; None where it answers."""
        if self._failure is None:
            return None
        away = isinstance(self._failure, NotSent)
        return "the provider cannot be reached" if away else self._failure.message

    def hear(self, error: ProviderError) -> None:
        """Take out of an error what may quote a row."""
        if self.rows:
            error.withhold()

    def answered(self) -> None:
        """Note that the provider answered, whatever it said."""
        self.met = True
        self._failure = None
        if self._lost_at is None:
            return
        away = self._clock.now() - self._lost_at
        self._lost_at = None
        self._tell(f"the provider answers again, after {away:.0f} s")

    def busy(self, error: ProviderError, seconds: float) -> None:
        """Note that the provider asked for a pause; the user is told of a long one."""
        self.answered()
        self.hear(error)
        now = self._clock.now()
        if seconds >= _LONG and now >= self._quiet_until:
            self._tell(f"{clause(error.message)}. What was sent is recorded, and renders continue there")
        self._quiet_until = max(self._quiet_until, now + seconds)

    def unsaid(self, error: ProviderError) -> float:
        """Note that the provider could not say whether there is a job; the least seconds to the next try.

        Raises errors that waiting does not fix.
        """
        if isinstance(error, AuthFailed | QuotaExhausted):
            raise error
        if isinstance(error, RateLimited):
            self.busy(error, error.retry_after or 0.0)
            return error.retry_after or 0.0
        if isinstance(error, NotSent):
            return self.failed(error)
        self.hear(error)
        if not self._told_of_lost:
            self._told_of_lost = True
            self._tell(
                f"{clause(error.message)}: cannot tell yet whether a request made a job; "
                f"asking again for up to {lasting(self._longest)}"
            )
        return 0.0

    def failed(self, error: ProviderError) -> float:
        """Note that the provider did not answer usefully; the seconds until the next try."""
        self.hear(error)
        self._failure = error
        if self._lost_at is None:
            self._lost_at = self._clock.now()
            since = datetime.fromtimestamp(self._lost_at, UTC).strftime("%H:%M:%S UTC")
            self._tell(
                f"{clause(error.message)}, since {since}. What was sent is recorded, and renders continue "
                f"there: asking again until it answers, for up to {lasting(self._longest)}"
            )
        return min(_LONGEST_PAUSE, _FIRST_PAUSE + (self._clock.now() - self._lost_at) / _GROWTH)
