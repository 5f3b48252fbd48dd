"""`sorasync cost --accuracy`: how far the estimates were from what the provider reported."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sorasync.operations.cost import By, attempts_by
from sorasync.operations.project import Project
from sorasync.state.record import Status
from sorasync.state.store import Store

_WITHOUT_VIDEO = frozenset({Status.FAILED.value, Status.BLOCKED.value})


@dataclass(slots=True)
class Accuracy:
    """Billed requests of one name. `estimate` and `reported` add up those that have both."""

    name: str
    compared: int = 0
    not_reported: int = 0
    estimate: Decimal = Decimal(0)
    reported: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Dollars reported beyond the estimate; below zero where it was too high."""
        return self.reported - self.estimate

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of the estimate; None without an estimate."""
        return self.difference * 100 / self.estimate if self.estimate else None

    def merge(self, other: Accuracy) -> None:
        """Count another line in."""
        self.compared += other.compared
        self.not_reported += other.not_reported
        self.estimate += other.estimate
        self.reported += other.reported


@dataclass(frozen=True, slots=True)
class Accuracies:
    """The lines in the order of `sorasync cost`, and their total."""

    by: By
    lines: tuple[Accuracy, ...]
    total: Accuracy


def accuracy_report(project: Project, by: By = By.MODEL, since: float = 0.0) -> Accuracies:
    """How far estimates were from what was reported; see `estimate_accuracy`."""
    with project.synced_store() as store:
        return estimate_accuracy(project, store, by, since)


def estimate_accuracy(project: Project, store: Store, by: By = By.MODEL, since: float = 0.0) -> Accuracies:
    """Compare estimates with reports, request by request, for requests sent since a Unix time."""
    lines = []
    for name, attempts in attempts_by(project, store, by, since):
        line = Accuracy(name)
        for attempt in attempts:
            # Where nothing was rendered, a charge follows from a rule of the host and not from its prices.
            if attempt.charge is None or attempt.outcome in _WITHOUT_VIDEO:
                continue
            if attempt.reported_usd is None or attempt.estimate_usd is None:
                line.not_reported += 1
                continue
            line.compared += 1
            line.estimate += attempt.estimate_usd
            line.reported += attempt.reported_usd
        if line.compared or line.not_reported:
            lines.append(line)
    total = Accuracy("total")
    for line in lines:
        total.merge(line)
    return Accuracies(by, tuple(lines), total)
