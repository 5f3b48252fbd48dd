"""How an apply ended, change by change, with what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sorasync.plan.action import Action
from sorasync.state.account import NOTHING, Spent


class End(StrEnum):
    """How a change ended.

    `pending`: still rendering at the provider, nothing lost. `open`: sent with an unknown outcome that only
    a person can settle. `skipped`: never started.
    """

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    PENDING = "pending"
    OPEN = "open"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one change. `cause` is the label of the change that blocked it; `next` a command to type."""

    label: str
    action: Action
    end: End
    message: str = ""
    cause: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Every change's outcome in plan order, and whether the run was stopped early and why.

    `spent` is what the requests count that this run sent.
    """

    outcomes: tuple[Outcome, ...]
    run: int | None
    interrupted: bool = False
    terminated: bool = False
    stopped: str | None = None
    # Names in the asset directory that a file of somebody else's keeps occupied.
    conflicts: tuple[str, ...] = ()
    # Whether something was not sent since a cap of the budget forbids it.
    over_budget: bool = False
    spent: Spent = NOTHING
    # What could not be written once all was done, each with the reason; another apply writes it.
    unwritten: tuple[str, ...] = ()

    def of(self, *ends: End) -> list[Outcome]:
        """The outcomes that ended in one of those ways."""
        return [outcome for outcome in self.outcomes if outcome.end in ends]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned is done."""
        return all(outcome.end is End.DONE for outcome in self.outcomes)

    @property
    def word(self) -> str:
        """How the history calls the end: `done`, `pending` where the rest only renders on, or `partial`."""
        if self.complete:
            return "done"
        rest = {outcome.end for outcome in self.outcomes} - {End.DONE}
        return "pending" if rest == {End.PENDING} else "partial"
