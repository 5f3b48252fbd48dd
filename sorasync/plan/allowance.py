"""How much of a budget's day or month is left, as a plan shows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Allowance:
    """A daily or monthly cap and what has been used of it, renders in flight included.

    `name` is the cap's name in `sorasync.toml`; `usd` and `seconds` are the caps, None if not set.
    Days and months are those of UTC.
    """

    name: str
    usd: Decimal | None
    spent_usd: Decimal
    seconds: int | None
    spent_seconds: float
    # The host whose own cap it is, as manifests call it; empty for a cap of the whole library.
    host: str = ""

    @property
    def period(self) -> str:
        """`today` or `this month`, and where."""
        when = "today" if self.name == "per_day" else "this month"
        return f"{when} at {self.host}" if self.host else when
