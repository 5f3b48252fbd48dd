"""A plan together with the question that it answers."""

from __future__ import annotations

import html
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.text import counted, html_table

if TYPE_CHECKING:
    from sorasync.operations.plan import PlanOptions
    from sorasync.plan.change import Change
    from sorasync.plan.plan import Plan
    from sorasync.plan.refusal import Refusal

# Changes that a notebook shows.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class LibraryPlan:
    """What an apply would do. `plan` has every detail, `options` say what was asked.

    `Library.apply` carries out exactly this plan or raises `PlanStale`.
    """

    plan: Plan
    options: PlanOptions

    def save(self, path: str | PathLike[str]) -> None:
        """Write the plan to a file, which `Library.apply` and `sorasync apply` take."""
        from sorasync.operations.output_file import write_output
        from sorasync.plan.planfile import encode

        write_output(Path(path), encode(self.plan))

    @property
    def token(self) -> str:
        """Identifies the plan, as on the command line."""
        return self.plan.token

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be done, in order."""
        return self.plan.changes

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why an apply would refuse the plan under the limits of the library."""
        return self.plan.refusals

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.plan.empty

    @property
    def cost_usd(self) -> Decimal | None:
        """US dollars; None where a price is unknown."""
        return None if self.plan.cost.unknown else self.plan.cost.known_usd

    def __str__(self) -> str:
        return "\n".join([*(f"{c.action.value} {c.label}: {c.reason}" for c in self.changes), self._sum()])

    def _sum(self) -> str:
        cost = "an unknown amount" if self.cost_usd is None else f"${self.cost_usd:.2f}"
        simulated = ", simulated" if self.plan.simulated else ""
        return f"{counted(len(self.changes), 'change')}, {cost}{simulated}"

    def _repr_html_(self) -> str:
        """The plan as a table, for notebooks."""
        rows = ((c.action.value, c.label, _cost(c), c.reason) for c in self.changes[:_SHOWN])
        left = len(self.changes) - _SHOWN
        more = f"<p>and {counted(left, 'other change')}</p>" if left > 0 else ""
        refused = "".join(f"<p><b>{html.escape(one.message)}</b></p>" for one in self.refusals)
        table = html_table(("action", "address", "cost", "reason"), rows)
        return f"{table}{more}{refused}<p>{html.escape(self._sum())}</p>"


def _cost(change: Change) -> str:
    return "unknown" if change.cost_usd is None else f"${change.cost_usd:.2f}"
