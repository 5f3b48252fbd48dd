"""`sorasync cost`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.terminal.units import length

_EXAMPLES = """\b
Examples:
  sorasync cost
  sorasync cost --by day --since 30d
  sorasync cost --by model --csv > cost.csv
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--by", type=click.Choice(["clip", "day", "month", "model", "run"]), default="clip", help="Default: clip."
)
@click.option(
    "--since", callback=length, metavar="LENGTH", help="Only requests sent within this time, e.g. 30d."
)
@click.option("--csv", is_flag=True, help="Print comma-separated values.")
def command(globals: Globals, by: str, since: float | None, csv: bool) -> ExitCode:
    """Add up what was spent, by clip, day, month, model or run.

    Every paid request counts at the time it was sent, even while it is in flight. Where the provider reports
    a charge, the report is shown beside the estimate and counts as spent. Days and months are in UTC.
    """
    from sorasync.cli.views.cost_output import cost_csv, cost_json, cost_text
    from sorasync.operations.cost import By, spending

    project = globals.project()
    with project.synced_store() as store:
        after = 0.0 if since is None else project.clock.now() - since
        found = spending(project, store, By(by), after)
    if globals.json:
        print_json(cost_json(found))
    elif csv:
        print_lines(cost_csv(found))
    else:
        print_lines(cost_text(found, quiet=globals.quiet))
    return ExitCode.DONE
