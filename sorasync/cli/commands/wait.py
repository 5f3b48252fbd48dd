"""`sorasync wait`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.invocation import command_line
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.arguments.address_argument import PATTERN
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.arguments.webhook_options import webhook_options, webhooks_of
from sorasync.cli.views.apply.apply_display import close, display

if TYPE_CHECKING:
    from sorasync.operations.plan import Planned
    from sorasync.plan.plan import Plan

_EXAMPLES = """\b
Examples:
  sorasync wait
  sorasync wait --timeout 600 'clip.act1-*'
  sorasync wait --webhook-listen 0.0.0.0:8080 --format json

\b
Exit codes: 0 nothing is in flight any more, 8 something still renders
or is queued, 4 something failed.
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait. Default: [apply] wait_minutes.",
)
@click.option("--events", is_flag=True, help="Print JSON lines: every event, and the report.")
@lock_option
@webhook_options
def command(
    globals: Globals,
    patterns: tuple[str, ...],
    timeout: float | None,
    events: bool,
    lock_timeout: float,
    webhook_listen: str | None,
    webhook_secret_env: str,
) -> ExitCode:
    """Wait for renders in flight, and download them.

    Follows renders and batches that an earlier apply started, and downloads what is done. Waits first for
    what an apply has put into a queue. Starts nothing and pays nothing: the next apply renders the rest.
    ADDRESS takes * and ?, or tag:NAME.
    """
    from sorasync.operations.apply import ApplyOptions, apply
    from sorasync.operations.plan import PlanOptions
    from sorasync.plan.selection import Selection

    if events:
        globals = replace(globals, format="events")
    options = ApplyOptions(
        planning=PlanOptions(selection=Selection(patterns)),
        lock_timeout=lock_timeout,
        wait=timeout,
        only_pending=True,
        webhooks=webhooks_of(webhook_listen, webhook_secret_env),
    )
    plans: list[Plan] = []
    with display(globals) as reporter:
        report = apply(globals.project(), options, reporter, _noted(plans), command_line())
    assert report is not None
    if not report.outcomes and not (globals.json or globals.events):
        click.echo(f"Nothing{' that matches' if patterns else ''} is in flight.")
        return ExitCode.DONE
    return close(globals, plans[0], report, "Wait")


def _noted(plans: list[Plan]) -> Callable[[Planned], bool]:
    """Confirm without asking, since nothing is paid; keep the plan for the report."""

    def note(planned: Planned) -> bool:
        plans.append(planned.plan)
        return True

    return note
