"""How an apply ended, change by change, with what to do next."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sorasync.plan.action import Action
from sorasync.state.account import NOTHING, Spent
from sorasync.text import html_table


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
    """The end of one change. `cause` is the label of the change that blocked it; `next` a command to type.

    `withheld` is what the host said of a row: it may quote it, so it is not to be written anywhere.
    """

    label: str
    action: Action
    end: End
    message: str = ""
    cause: str | None = None
    next: str | None = None
    withheld: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that a stored video does not pass, or that could not be carried out (`error`)."""

    label: str
    check: str
    verdict: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of every change in plan order, and why the run stopped early, if it did.

    `spent` is what the requests count that this run sent.
    """

    # Not shown: at its end `asyncio.run` makes two texts of what its main task gave.
    outcomes: tuple[Outcome, ...] = field(repr=False)
    run: int | None
    interrupted: bool = False
    terminated: bool = False
    stopped: str | None = None
    # Names in the asset directory that are taken by files of the user's.
    conflicts: tuple[str, ...] = ()
    # Whether the budget kept something from being sent.
    over_budget: bool = False
    spent: Spent = NOTHING
    # What could not be written at the end, each with the reason; the next apply writes it.
    unwritten: tuple[str, ...] = ()
    # Of the videos that this run has stored.
    failed_checks: tuple[FailedCheck, ...] = ()

    def _repr_html_(self) -> str:
        """How each change ended as a table, for notebooks."""
        rows = ((one.label, one.action.value, one.end.value, one.message) for one in self.outcomes)
        return html_table(("address", "action", "end", "message"), rows)

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
