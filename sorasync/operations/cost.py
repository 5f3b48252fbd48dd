"""`sorasync cost`: sums by clip, day, month, model, host or run, with estimates beside reported charges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sorasync.graph.address import natural, owner
from sorasync.operations.project import Project
from sorasync.profile.hosts import Hosts
from sorasync.state.account import Spent
from sorasync.state.history import Attempt
from sorasync.state.store import Store
from sorasync.text import html_table


class By(StrEnum):
    """What to group by."""

    CLIP = "clip"
    DAY = "day"
    MONTH = "month"
    MODEL = "model"
    HOST = "host"
    RUN = "run"


@dataclass
class CostSum:
    """One sum. `spent` takes what was charged, else the estimate; `estimate` and `reported` stand alone.

    `renders` are paid attempts, `failed` those that cost nothing; `unknown` paid ones that nobody knows the
    price of. `resends` are requests that a gateway sent again by itself. `reported` is what hosts reported,
    and what cancelled and refused renders cost by the rule of their profile; None where there is neither.
    """

    name: str
    renders: int = 0
    failed: int = 0
    seconds: float = 0.0
    estimate: Decimal = Decimal(0)
    reported: Decimal | None = None
    spent: Decimal = Decimal(0)
    unknown: int = 0
    resends: int = 0

    def add(self, attempt: Attempt) -> None:
        """Count an attempt in."""
        self.resends += attempt.resends
        charge = attempt.charge
        if charge is None:
            self.failed += 1
            return
        self.renders += 1
        self.seconds += charge.seconds
        self.estimate += attempt.estimate_usd or 0
        if attempt.reported_usd is not None:
            self.reported = (self.reported or Decimal(0)) + attempt.reported_usd
        self.spent += charge.usd or 0
        self.unknown += charge.usd is None

    @property
    def sum(self) -> Spent:
        """What counts, as the account has it."""
        return Spent(self.spent, self.seconds, self.unknown, self.resends)

    def merge(self, other: CostSum) -> None:
        """Count another sum in."""
        self.renders += other.renders
        self.failed += other.failed
        self.seconds += other.seconds
        self.estimate += other.estimate
        if other.reported is not None:
            self.reported = (self.reported or Decimal(0)) + other.reported
        self.spent += other.spent
        self.unknown += other.unknown
        self.resends += other.resends


@dataclass(frozen=True, slots=True)
class Spending:
    """The sums in their order, and their total. `simulated`: nothing of it was billed."""

    by: By
    lines: tuple[CostSum, ...]
    total: CostSum
    simulated: bool

    def _repr_html_(self) -> str:
        """The sums as a table, for notebooks."""
        lines = (*self.lines, self.total)
        return html_table((self.by.value, "spent (USD)"), ((one.name, f"{one.spent:f}") for one in lines))


def cost_report(project: Project, by: By = By.CLIP, since: float = 0.0) -> Spending:
    """What was spent since a Unix time; see `spending`."""
    with project.synced_store() as store:
        return spending(project, store, by, since)


def spending(project: Project, store: Store, by: By, since: float = 0.0) -> Spending:
    """Add up every attempt begun since a Unix time; a real provider's apart from what was only drawn."""
    lines, total = [], CostSum("total")
    for name, attempts in attempts_by(project, store, by, since):
        line = CostSum(name)
        for attempt in attempts:
            line.add(attempt)
        lines.append(line)
        total.merge(line)
    return Spending(by, tuple(sorted(lines, key=_order(by))), total, project.profile.simulated)


def attempts_by(
    project: Project, store: Store, by: By, since: float = 0.0
) -> Iterable[tuple[str, list[Attempt]]]:
    """The attempts begun since a Unix time, by name; those of a real provider, or those only drawn.

    Character uploads cost nothing and are left out.
    """
    kinds = store.kinds_and_models()
    name = _namer(by, kinds, project.hosts)
    found: dict[str, list[Attempt]] = {}
    for attempt in store.attempts():
        kind = kinds.get(attempt.key, ("", None))[0]
        if (
            attempt.at < since
            or attempt.simulated is not project.profile.simulated
            or kind == "character"
            or (attempt.address or "").startswith("character.")
        ):
            continue
        found.setdefault(name(attempt), []).append(attempt)
    return sorted(found.items(), key=lambda one: natural(one[0]))


def _namer(by: By, kinds: Mapping[str, tuple[str, object]], hosts: Hosts) -> Callable[[Attempt], str]:
    match by:
        case By.HOST:
            return lambda attempt: hosts.word(attempt.provider) if hosts.several else attempt.provider
        case By.CLIP:
            return lambda attempt: owner(attempt.address or "(unknown)")
        case By.DAY:
            return lambda attempt: datetime.fromtimestamp(attempt.at, UTC).strftime("%Y-%m-%d")
        case By.MONTH:
            return lambda attempt: datetime.fromtimestamp(attempt.at, UTC).strftime("%Y-%m")
        case By.RUN:
            return lambda attempt: "(no run)" if attempt.run is None else str(attempt.run)
        case By.MODEL:
            return lambda attempt: str(kinds.get(attempt.key, ("", None))[1] or "(forgotten)")


def _order(by: By) -> Callable[[CostSum], Any]:
    """Days, months and runs in time, clips and models with the dearest first."""
    if by in (By.DAY, By.MONTH, By.RUN):
        return lambda line: natural(line.name)
    return lambda line: (-line.spent, natural(line.name))
