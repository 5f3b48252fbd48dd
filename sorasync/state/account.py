"""The ledger: what each paid request counts as, and the totals.

Everything that shows or limits money uses these two functions: budgets, the last line of an apply,
`history`, `status`, `cost` and watch mode.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

# Outcomes without a video: free, unless the provider reported a charge.
_UNBILLED = frozenset({"failed", "blocked", "unsent"})


class Charge(NamedTuple):
    """What one paid request counts as: dollars (None if the price is unknown) and seconds of video."""

    usd: Decimal | None
    seconds: float


class Spent(NamedTuple):
    """Known dollars, seconds of video, and the number of requests of unknown price.

    `resends` are requests that a gateway says it sent again by itself: each may have been
    billed too.
    """

    usd: Decimal
    seconds: float
    unknown: int
    resends: int = 0

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(
            self.usd + other.usd,
            self.seconds + other.seconds,
            self.unknown + other.unknown,
            self.resends + other.resends,
        )


NOTHING = Spent(Decimal(0), 0.0, 0)


def charge(
    outcome: str,
    estimate: Decimal | None,
    reported: Decimal | None,
    seconds: float | None,
    rendered_at: float | None,
) -> Charge | None:
    """What a request counts as, given its outcome; None if it was not billed.

    A report of the provider counts before the estimate. A request that made a video was billed for it, also
    when the file was lost. One that made none was billed only where the provider says so, and for no
    seconds. What is in flight or in doubt counts as billed.
    """
    without_video = outcome in _UNBILLED and rendered_at is None
    if without_video:
        return None if reported is None else Charge(reported, 0.0)
    return Charge(estimate if reported is None else reported, seconds or 0.0)


def add_up(charges: Iterable[Charge | None]) -> Spent:
    """The sum of charges; unknown prices are counted separately, never as 0."""
    usd, seconds, unknown = Decimal(0), 0.0, 0
    for one in charges:
        if one is None:
            continue
        usd += one.usd or 0
        unknown += one.usd is None
        seconds += one.seconds
    return Spent(usd, seconds, unknown)
