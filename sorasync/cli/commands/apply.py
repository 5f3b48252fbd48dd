"""`sorasync apply`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.ci_service import annotating
from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.invocation import command_line, declined
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.arguments.plan_options import deciding_options, plan_options
from sorasync.cli.arguments.queue_options import placing_of, queue_options
from sorasync.cli.arguments.webhook_options import webhook_options
from sorasync.cli.terminal.confirm_spending import Confirm
from sorasync.cli.terminal.units import dollars
from sorasync.cli.views.apply.apply_display import close, display

if TYPE_CHECKING:
    from datetime import datetime

    from sorasync.operations.plan import PlanOptions

_EXAMPLES = """\b
Examples:
  sorasync apply
  sorasync apply --yes --max-cost 10
  sorasync apply --target clip.market
  sorasync apply --expect sp1:7f7ef43a900fdd97
  sorasync apply plan.json
  sorasync apply --yes --max-cost 10 --events > events.jsonl
  sorasync apply --batch --detach     # cheaper; sorasync wait downloads it
  sorasync apply --queue night --detach
"""


@subcommand(formats=("text", "json", "markdown"), epilog=_EXAMPLES)
@click.argument(
    "plan_file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[PLAN]"
)
@plan_options
@click.option("--yes", "--auto-approve", "-y", is_flag=True, help="Do not ask.")
@click.option("--events", is_flag=True, help="Print JSON lines: the plan, every event, and the report.")
@click.option("--short", is_flag=True, help="Show one line per change.")
@click.option("--expect", metavar="TOKEN", help="Apply only if the plan has this token.")
@click.option("--max-cost", callback=dollars, metavar="USD", help="Refuse a plan that costs more.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="How many renders run at once.")
@click.option("--detach", is_flag=True, help="Start renders and exit; a later apply downloads them.")
@queue_options
@lock_option
@webhook_options
@click.option(
    "--allow-replace-pct", type=int, metavar="N", help="Override [safety] max_replace_pct for this run."
)
@click.option(
    "--allow-retire-pct", type=int, metavar="N", help="Override [safety] max_retire_pct for this run."
)
@click.option("--allow-creates", type=int, metavar="N", help="Override [safety] max_creates for this run.")
@click.option("--allow-unknown-cost", is_flag=True, help="Proceed although prices are unknown.")
def command(
    globals: Globals,
    plan_file: Path | None,
    planning: PlanOptions,
    webhook_listen: str | None,
    webhook_secret_env: str,
    yes: bool,
    events: bool,
    short: bool,
    queue: str | None,
    here: bool,
    priority: int,
    not_before: datetime | None,
    **options: object,
) -> ExitCode:
    """Plan, show the plan, ask for confirmation, and apply it.

    With PLAN, a file written by `sorasync plan --out`, applies exactly that plan, even if the manifests have
    changed since. A plan is refused if what one of its addresses points to, a record that it depends on, or
    a price has changed. Options that choose changes, such as --target, do not go with it.

    Changes that cost nothing need no confirmation. Ctrl-C sends nothing more and exits within a second;
    renders continue at the provider, and the next apply picks them up. With --queue, or [apply] queue in
    sorasync.toml, runners render it: see `sorasync run`. Ctrl-C and --detach leave it to them.
    """
    from sorasync.cli.arguments.webhook_options import webhooks_of
    from sorasync.operations.apply import ApplyOptions, apply

    if plan_file is not None and (given := deciding_options(planning)):
        raise click.UsageError(
            f"{given[0]} cannot change a saved plan, which is applied as it is; sorasync plan {given[0]} … "
            "--out FILE makes another one"
        )
    if events:
        globals = replace(globals, format="events")
    chosen = ApplyOptions(
        planning=planning,
        plan_file=plan_file,
        webhooks=webhooks_of(webhook_listen, webhook_secret_env),
        placing=placing_of(globals.project(), queue, here, priority, not_before),
        here=here,
        **options,  # type: ignore[arg-type]
    )
    confirm = Confirm(globals, chosen, yes, short=short)
    with display(globals) as reporter, annotating(globals):
        report = apply(globals.project(), chosen, reporter, confirm, command_line())
    if report is None:
        return declined("Nothing was sent or changed.")
    assert confirm.plan is not None
    return close(globals, confirm.plan, report)
