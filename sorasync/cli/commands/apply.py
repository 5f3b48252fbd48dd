"""`sorasync apply`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode, of_report
from sorasync.cli.output import print_json, print_lines
from sorasync.cli.plan_options import plan_options, planning

if TYPE_CHECKING:
    from sorasync.applying import ApplyOptions
    from sorasync.cli.progress import Display
    from sorasync.plan.plan import Plan

_EXAMPLES = """\b
Examples:
  sorasync apply
  sorasync apply --yes --max-cost 10
  sorasync apply --target clip.market
  sorasync apply --expect sp1:7f7ef43a900fdd97
  sorasync apply plan.json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument(
    "plan_file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[PLAN]"
)
@plan_options
@click.option("--yes", "--auto-approve", "-y", is_flag=True, help="Do not ask.")
@click.option("--expect", metavar="TOKEN", help="Go on only if the plan has this token.")
@click.option("--max-cost", type=Decimal, metavar="USD", help="Refuse a plan that costs more, in this run.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="How many renders run at once.")
@click.option("--detach", is_flag=True, help="Start renders and leave; a later apply fetches them.")
@click.option(
    "--lock-timeout", type=float, default=0.0, metavar="SECONDS", help="How long to wait for the lock."
)
@click.option("--allow-replace-pct", type=int, metavar="N", help="Stands in for [safety] max_replace_pct.")
@click.option("--allow-retire-pct", type=int, metavar="N", help="Stands in for [safety] max_retire_pct.")
@click.option("--allow-creates", type=int, metavar="N", help="Stands in for [safety] max_creates.")
@click.option("--allow-unknown-cost", is_flag=True, help="Go on although prices are unknown.")
def command(
    globals: Globals,
    plan_file: Path | None,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
    offline: bool,
    refresh: bool,
    yes: bool,
    **options: object,
) -> ExitCode:
    """Plan, show the plan, ask, and carry it out.

    With PLAN, a file that `sorasync plan --out` wrote, exactly that plan is carried out, or refused when
    something it touches has changed. What costs nothing is never asked about. Ctrl-C once stops starting
    anything; renders in flight go on at the provider, and the next apply picks them up.
    """
    from sorasync.applying import ApplyOptions, apply

    chosen = ApplyOptions(
        planning=planning(target, exclude, replace, offline, refresh),
        plan_file=plan_file,
        **options,  # type: ignore[arg-type]
    )
    confirm = _Confirm(globals, chosen, yes)
    with _reporter(globals) as reporter:
        report = apply(globals.project(), chosen, reporter, confirm, _command_line())
    if report is None:
        click.echo("Nothing was sent or changed.", err=True)
        return ExitCode.ERROR
    assert confirm.plan is not None
    if globals.json:
        from sorasync.cli.report_json import report_json

        print_json(report_json(confirm.plan, report))
    else:
        from sorasync.cli.report_text import report_text

        print_lines(report_text(confirm.plan, report, globals.project()))
    return of_report(report)


class _Confirm:
    """Shows the plan and asks once, with the amount; keeps the plan for the closing report."""

    def __init__(self, globals: Globals, options: ApplyOptions, yes: bool) -> None:
        self._globals = globals
        self._options = options
        self._yes = yes
        self.plan: Plan | None = None

    def __call__(self, plan: Plan) -> bool:
        self.plan = plan
        if not self._globals.json and plan.changes:
            from sorasync.cli.plan_text import plan_text

            print_lines([*plan_text(plan, short=self._globals.quiet), ""])
        if (
            self._yes
            or plan.simulated
            or not any(plan.paid())
            or self._options.expect
            or self._options.plan_file
        ):
            return True
        return self._ask(plan)

    def _ask(self, plan: Plan) -> bool:
        import sys

        from sorasync.errors import SorasyncError

        if not sys.stdin.isatty():
            raise SorasyncError(
                f"this would spend {plan.cost}, and there is nobody to ask",
                hint="give --yes, or --expect TOKEN of the plan that was reviewed; nothing was sent",
            )
        limit = self._globals.project().config.budget.confirm_above
        if limit is not None and plan.cost.known_usd > limit:
            amount = f"{plan.cost.known_usd:.2f}"
            typed: str = click.prompt(
                f"This spends {plan.cost}. Type {amount} to go on", default="", err=True
            )
            return typed.strip().lstrip("$") == amount
        return click.confirm(f"This spends {plan.cost}. Go on?", default=False, err=True)


def _reporter(globals: Globals) -> Display:
    import sys

    from sorasync.cli.progress import Lines, Live

    if globals.json or not sys.stderr.isatty():
        return Lines(quiet=globals.quiet)
    return Live()


def _command_line() -> str:
    import shlex
    import sys

    return shlex.join(["sorasync", *sys.argv[1:]])
