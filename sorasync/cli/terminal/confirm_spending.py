"""Asks before money is spent, in proportion to the amount."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.ci_service import add_plan, annotate
from sorasync.cli.app.library_options import Globals
from sorasync.cli.app.output import print_lines
from sorasync.errors import Refused, SorasyncError

if TYPE_CHECKING:
    from sorasync.operations.apply import ApplyOptions
    from sorasync.operations.plan import Planned
    from sorasync.plan.plan import Plan


class Confirm:
    """Shows the plan and asks once, with the amount; keeps the plan for the closing report.

    What costs nothing is never asked about. A plan that was reviewed (`--expect`, a plan file) is agreed to.
    """

    def __init__(self, globals: Globals, options: ApplyOptions, yes: bool, *, short: bool = False) -> None:
        self._globals = globals
        self._options = options
        self._yes = yes
        self._short = short
        self.plan: Plan | None = None

    def __call__(self, planned: Planned) -> bool:
        plan = self.plan = planned.plan
        annotate(self._globals, plan.diagnostics)
        add_plan(plan)
        if self._globals.events:
            from sorasync.cli.views.apply.event_lines import plan_line

            click.echo(plan_line(plan))
        agreed = plan.simulated or not any(plan.paid()) or self._options.expect or self._options.plan_file
        if self._globals.format == "text":
            self._show(planned, asking=not agreed and not self._yes)
        if agreed:
            return True
        if self._yes:
            self._require_cap(plan)
            return True
        return self._ask(plan)

    def _show(self, planned: Planned, *, asking: bool) -> None:
        """Show the plan; when quiet, only its totals, and only if they need confirmation."""
        from sorasync.cli.views.plan.plan_text import counts_and_cost, plan_text

        if self._globals.quiet:
            if asking:
                print_lines(counts_and_cost(planned.plan))
            return
        if not planned.plan.empty:
            print_lines([*plan_text(planned.plan, short=self._short), ""])
        if planned.drift is not None and planned.drift.items:
            from sorasync.cli.views.drift_output import drift_text

            print_lines([*drift_text(planned.drift), ""])

    def _require_cap(self, plan: Plan) -> None:
        """Raise `Refused` in a CI job without any limit on what a mistake may cost."""
        from sorasync.cli.views.plan.plan_json import usd
        from sorasync.operations.budget import capped

        if in_ci() and not capped(self._globals.project(), self._options.max_cost):
            amount = usd(plan.cost.known_usd)
            raise Refused(
                f"this would spend {plan.cost} in a CI job without asking, and nothing limits the cost",
                hint=f"give --max-cost {amount} or --expect {plan.token} with --yes, or set "
                f"[budget] per_apply = {amount} in sorasync.toml; nothing was sent",
            )

    def _ask(self, plan: Plan) -> bool:
        from sorasync.cli.views.plan.plan_json import usd

        amount = usd(plan.cost.known_usd)
        shown = self._globals.format == "text"
        if not shown or not sys.stdin.isatty():
            reason = "this is not a terminal" if shown else "only text output asks"
            raise SorasyncError(
                f"this would spend {plan.cost}, and {reason}",
                hint=f"pass --yes --max-cost {amount}, or --expect {plan.token} for exactly this plan; "
                "nothing was sent",
            )
        limit = self._globals.project().config.budget.confirm_above
        if limit is None or (plan.cost.known_usd <= limit and not plan.cost.unknown):
            return click.confirm(f"This spends {plan.cost}. Proceed?", default=False, err=True)
        typed: str = click.prompt(
            f"This spends {plan.cost}. Type {amount} to proceed", default="", show_default=False, err=True
        )
        if _amount(typed) != plan.cost.known_usd:
            raise SorasyncError(
                f"that is not {amount}, which a plan above [budget] confirm_above = "
                f"{usd(limit)} asks for; nothing was sent or changed",
                hint=f"try again and type {amount}, or give --yes",
            )
        return True


def in_ci() -> bool:
    """Whether a continuous integration service runs this: they all set `CI`."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _amount(typed: str) -> Decimal | None:
    from decimal import InvalidOperation

    try:
        return Decimal(typed.strip().lstrip("$"))
    except InvalidOperation:
        return None
