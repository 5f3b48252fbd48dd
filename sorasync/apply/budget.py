"""The last check before money is spent: caps per apply, day and month, with what is in flight counted in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from sorasync.errors import SorasyncError
from sorasync.plan.cost import money


class BudgetSpent(SorasyncError):
    """The next paid call would go past a cap."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit. `name` as in `sorasync.toml`; `spent_*` is what the period had used when the run began.

    `since` is when the period began (Unix seconds), None for the run itself.
    """

    name: str
    usd: Decimal | None = None
    seconds: int | None = None
    spent_usd: Decimal = Decimal(0)
    spent_seconds: float = 0
    since: float | None = None


@dataclass
class Budget:
    """Caps, and what this run has reserved so far. Of an unknown price only the seconds count."""

    caps: tuple[Cap, ...] = ()
    reserved_usd: Decimal = field(default=Decimal(0))
    reserved_seconds: float = 0

    def reserve(self, usd: Decimal | None, seconds: float) -> None:
        """Set a price aside before a paid call. Raises `BudgetSpent`, and then nothing is set aside."""
        price = usd or Decimal(0)
        for cap in self.caps:
            after = cap.spent_usd + self.reserved_usd + price
            if cap.usd is not None and price and after > cap.usd:
                raise BudgetSpent(
                    f"the budget {cap.name} of {money(cap.usd)} would be passed ({money(after)})",
                    hint=f"raise [budget] {cap.name} in sorasync.toml, or apply the rest later",
                )
            length = cap.spent_seconds + self.reserved_seconds + seconds
            if cap.seconds is not None and seconds and length > cap.seconds:
                raise BudgetSpent(
                    f"the budget {cap.name}_seconds of {cap.seconds} s would be passed ({length:g} s)",
                    hint=f"raise [budget] {cap.name}_seconds in sorasync.toml, or apply the rest later",
                )
        self.reserved_usd += price
        self.reserved_seconds += seconds

    def release(self, usd: Decimal | None, seconds: float) -> None:
        """Give back what was reserved for a call that was certainly not charged."""
        self.reserved_usd -= usd or Decimal(0)
        self.reserved_seconds -= seconds

    def unsent(self, at: float, usd: Decimal | None, seconds: float) -> None:
        """A request that an earlier run began at that time never arrived: what counted it forgets it."""
        self.caps = tuple(
            cap
            if cap.since is None or at < cap.since
            else replace(cap, spent_usd=cap.spent_usd - (usd or 0), spent_seconds=cap.spent_seconds - seconds)
            for cap in self.caps
        )
