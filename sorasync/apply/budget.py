"""The last check before a paid request: caps per apply, day and month, renders in flight included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from sorasync.clock import Clock, day_start, month_start
from sorasync.errors import Refused
from sorasync.plan.cost import money
from sorasync.state.account import Charge, Spent

MAX_COST = "--max-cost"


class BudgetSpent(Refused):
    """The next paid request would exceed a cap; `whole` is False where it is that of one host."""

    whole = True


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit. `name` as in `sorasync.toml`, or `--max-cost`; `spent_*` is what the period has used so far.

    `since` is when the period began (Unix seconds), None for the run itself. What is in flight counts as
    spent.
    """

    name: str
    usd: Decimal | None = None
    seconds: int | None = None
    spent_usd: Decimal = Decimal(0)
    spent_seconds: float = 0
    since: float | None = None

    def plus(self, usd: Decimal, seconds: float) -> Cap:
        """The cap with that much more spent."""
        return replace(
            self,
            spent_usd=max(self.spent_usd + usd, Decimal(0)),
            spent_seconds=max(self.spent_seconds + seconds, 0),
        )

    def at(self, now: float) -> Cap:
        """The cap at that time: a new day or month starts with nothing spent."""
        start = _STARTS.get(self.name)
        if start is None or self.since is None or start(now) <= self.since:
            return self
        return replace(self, spent_usd=Decimal(0), spent_seconds=0, since=start(now))

    def check(self, usd: Decimal, seconds: float, table: str = "budget") -> None:
        """Raise `BudgetSpent` if that much more would exceed it; `table` is its table in `sorasync.toml`."""
        after = self.plus(usd, seconds)
        if self.usd is not None and usd and after.spent_usd > self.usd:
            raise BudgetSpent(
                f"the budget {self.name} of {money(self.usd)} would be exceeded ({money(after.spent_usd)}, "
                f"{money(usd)} of it for this one)",
                hint=_hint(table, self.name, self.name, f"{after.spent_usd:f}"),
            )
        if self.seconds is not None and seconds and after.spent_seconds > self.seconds:
            raise BudgetSpent(
                f"the budget {self.name}_seconds of {self.seconds} s would be exceeded "
                f"({after.spent_seconds:g} s, {seconds:g} s of it for this one)",
                hint=_hint(table, self.name, f"{self.name}_seconds", f"{after.spent_seconds:g}"),
            )


_STARTS = {"per_day": day_start, "per_month": month_start}


_LATER = {
    "per_day": "after midnight (UTC)",
    "per_month": "next month (UTC)",
    "per_apply": "with another sorasync apply",
    MAX_COST: "with another sorasync apply",
}


def _hint(table: str, period: str, name: str, least: str) -> str:
    if name == MAX_COST:
        return f"pass {MAX_COST} {least} or more, or continue {_LATER[period]}"
    return f"set [{table}] {name} in sorasync.toml to {least} or more, or continue {_LATER[period]}"


@dataclass
class Budget:
    """Caps of a run that began at `began`. For an unknown price, only the seconds count.

    That of one host stands `within` that of the whole library: what is counted here is counted there.
    `table` is where its caps stand in `sorasync.toml`, `provider` the host as records name it.
    """

    caps: tuple[Cap, ...] = ()
    clock: Clock | None = None
    began: float = 0.0
    within: Budget | None = None
    table: str = "budget"
    provider: str | None = None

    def reserve(self, usd: Decimal | None, seconds: float) -> None:
        """Set a price aside before a paid call. Raises `BudgetSpent`, and then nothing is set aside."""
        price = usd or Decimal(0)
        if self.clock is not None:
            now = self.clock.now()
            self.caps = tuple(cap.at(now) for cap in self.caps)
        for cap in self.caps:
            self._check(cap, price, seconds)
        if self.within is not None:
            self.within.reserve(usd, seconds)
        self.caps = tuple(cap.plus(price, seconds) for cap in self.caps)

    def check_shared(
        self, usd: Decimal | None, seconds: float, spent: Callable[[float, str | None], Spent]
    ) -> None:
        """Raise `BudgetSpent` where others have spent meanwhile what was set aside here.

        `spent` says what everybody has spent since a time (at one host), this request included.
        """
        price = usd or Decimal(0)
        for cap in self.caps:
            if cap.since is not None:
                found = spent(cap.since, self.provider)
                before = replace(cap, spent_usd=found.usd - price, spent_seconds=found.seconds - seconds)
                self._check(before, price, seconds)
        if self.within is not None:
            self.within.check_shared(usd, seconds, spent)

    def release(self, usd: Decimal | None, seconds: float, at: float) -> None:
        """Give back a reservation of that time for a request that was certainly not charged.

        A day or month that began since never counted it, so it gets nothing back.
        """
        less = -(usd or Decimal(0))
        self._add(at, less, -seconds)

    def settle(self, at: float, before: Charge | None, after: Charge | None) -> None:
        """Count a request of that time as `after` instead of `before`."""
        usd, seconds = _amount(after)
        usd_before, seconds_before = _amount(before)
        self._add(at, usd - usd_before, seconds - seconds_before)

    def _add(self, at: float, usd: Decimal, seconds: float) -> None:
        self.caps = tuple(cap.plus(usd, seconds) if self._counts(cap, at) else cap for cap in self.caps)
        if self.within is not None:
            self.within._add(at, usd, seconds)

    def _check(self, cap: Cap, usd: Decimal, seconds: float) -> None:
        try:
            cap.check(usd, seconds, self.table)
        except BudgetSpent as error:
            error.whole = self.within is None
            raise

    def _counts(self, cap: Cap, at: float) -> bool:
        """Whether a request of that time counts in a cap's period."""
        return at >= (self.began if cap.since is None else cap.since)


def _amount(charge: Charge | None) -> tuple[Decimal, float]:
    return (Decimal(0), 0.0) if charge is None else (charge.usd or Decimal(0), charge.seconds)
