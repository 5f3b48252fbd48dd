"""Applying from the page: exactly the plan that was shown, with the confirmation that a terminal asks for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sorasync.api import ApplyRun, Library
from sorasync.errors import SorasyncError
from sorasync.operations.project import Project

if TYPE_CHECKING:
    from sorasync.plan.plan import Plan


@dataclass(slots=True)
class PageApply:
    """At most one apply at a time. `ended` is called when one has, from its own thread."""

    project: Callable[[], Project]
    ended: Callable[[], None]
    outcome: str | None = None
    _run: ApplyRun | None = None

    @property
    def running(self) -> bool:
        """Whether an apply that was started here is under way."""
        return self._run is not None and not self._run.ended

    def about(self) -> dict[str, Any]:
        """What the page shows of it."""
        return {"running": self.running, "outcome": self.outcome}

    def start(self, token: str, amount: object) -> None:
        """Apply the plan of that token.

        `amount` is what was typed to confirm it, needed above `[budget] confirm_above`. Raises
        `SorasyncError` for another plan, another amount, and while an apply is in progress.
        """
        if self.running:
            raise SorasyncError("an apply is in progress")
        project = self.project()
        library = Library(project.root, project.config.env)
        plan = library.plan()
        if plan.token != token:
            raise SorasyncError("the plan has changed; look at it again", hint="nothing was sent")
        if plan.refusals:
            raise SorasyncError(plan.refusals[0].message, hint="nothing was sent")
        if needs_amount(project, plan.plan) and _dollars(amount) != plan.plan.cost.known_usd:
            raise SorasyncError("that is not what the plan costs; nothing was sent")
        project.require_provider(plan.plan.sent_to)
        self.outcome = None
        run = self._run = library.start(plan)
        threading.Thread(target=self._follow, args=(run,), name="sorasync-review-apply", daemon=True).start()

    def stop(self) -> None:
        """Start nothing more, and wait for no render."""
        if self._run is not None and self.running:
            self._run.stop()

    def close(self) -> None:
        """Stop, and wait until what was sent is recorded."""
        self.stop()
        if self._run is not None:
            self._follow(self._run)

    def _follow(self, run: ApplyRun) -> None:
        try:
            report = run.result()
            counts = Counter(outcome.end.value for outcome in report.outcomes)
            words = ", ".join(f"{count} {end}" for end, count in counts.items())
            self.outcome = "; ".join(filter(None, (words, report.stopped))) or "done"
        except SorasyncError as error:
            self.outcome = str(error)
        self.ended()


def needs_amount(project: Project, plan: Plan) -> bool:
    """Whether a plan is confirmed by typing what it costs."""
    limit = project.config.budget.confirm_above
    if plan.simulated or limit is None or not any(plan.paid()):
        return False
    return plan.cost.unknown > 0 or plan.cost.known_usd > limit


def _dollars(text: object) -> Decimal | None:
    try:
        return Decimal(str(text).strip().lstrip("$"))
    except InvalidOperation:
        return None
