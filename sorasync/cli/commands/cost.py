"""`sorasync cost`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.terminal.units import length

if TYPE_CHECKING:
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync cost
  sorasync cost --by day --since 30d
  sorasync cost --by host
  sorasync cost --by model --csv > cost.csv
  sorasync cost --usable
  sorasync cost --accuracy --since 90d
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--by",
    type=click.Choice(["clip", "day", "month", "model", "host", "run"]),
    help="Default: clip; model with --usable and --accuracy.",
)
@click.option(
    "--since", callback=length, metavar="LENGTH", help="Only requests sent within this time, e.g. 30d."
)
@click.option("--csv", is_flag=True, help="Print comma-separated values.")
@click.option("--usable", is_flag=True, help="Show the cost per second in use, by model or clip.")
@click.option("--accuracy", is_flag=True, help="Show how far estimates were from reported charges.")
def command(
    globals: Globals, by: str | None, since: float | None, csv: bool, usable: bool, accuracy: bool
) -> ExitCode:
    """Add up what was spent, by clip, day, month, model, host or run.

    Every paid request counts at the time it was sent, even while it is in flight. Where the provider reports
    a charge, the report is shown beside the estimate and counts as spent. Days and months are in UTC.

    With --usable, everything spent on a model or clip is divided by the seconds that the library uses of it:
    the picked or only take of each clip, to the end of its steps. Takes that nobody picked, earlier versions
    and charged failures count as spent.
    """
    if usable + accuracy + csv > 1:
        raise click.UsageError("--usable, --accuracy and --csv cannot be combined")
    if usable and by not in (None, "clip", "model"):
        raise click.UsageError("--usable goes by clip or by model")
    project = globals.project()
    after = 0.0 if since is None else project.clock.now() - since
    if usable:
        return _show_usable(globals, project, by, after)
    if accuracy:
        return _show_accuracy(globals, project, by, after)
    from sorasync.cli.views.cost_output import cost_csv, cost_json, cost_text
    from sorasync.operations.cost import By, cost_report

    found = cost_report(project, By(by or "clip"), after)
    if globals.json:
        print_json(cost_json(found))
    elif csv:
        print_lines(cost_csv(found))
    else:
        print_lines(cost_text(found, quiet=globals.quiet))
    return ExitCode.DONE


def _show_usable(globals: Globals, project: Project, by: str | None, since: float) -> ExitCode:
    from sorasync.cli.views.usable_cost_output import usable_json, usable_text
    from sorasync.operations.cost import By
    from sorasync.operations.usable_cost import usable_cost_report

    found = usable_cost_report(project, By(by or "model"), since)
    if globals.json:
        print_json(usable_json(found))
    else:
        print_lines(usable_text(found, quiet=globals.quiet))
    return ExitCode.DONE


def _show_accuracy(globals: Globals, project: Project, by: str | None, since: float) -> ExitCode:
    from sorasync.cli.views.estimate_accuracy_output import accuracy_json, accuracy_text
    from sorasync.operations.cost import By
    from sorasync.operations.estimate_accuracy import accuracy_report

    found = accuracy_report(project, By(by or "model"), since)
    if globals.json:
        print_json(accuracy_json(found))
    else:
        print_lines(accuracy_text(found, quiet=globals.quiet))
    return ExitCode.DONE
