"""`sorasync history`, and `sorasync history show`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync history
  sorasync history --limit 100 --format json
  sorasync history show 42
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("show", required=False, type=click.Choice(["show"]), metavar="[show")
@click.argument("run", required=False, type=click.IntRange(1), metavar="RUN]")
@click.option("--limit", type=click.IntRange(1), default=20, metavar="N", help="How many runs. Default: 20.")
def command(globals: Globals, show: str | None, run: int | None, limit: int) -> ExitCode:
    """Show who ran what, what it did and what it cost, the latest first.

    Amounts in brackets were not billed: the preview provider only shows what others would charge. With
    `show RUN`, one run: every change it made, the paid requests among them, and the commit and plan it
    was started with.
    """
    if (show is None) != (run is None):
        raise click.UsageError("name the run: sorasync history show RUN")
    from sorasync.cli.views.history.history_output import run_json, run_text, runs_json, runs_text
    from sorasync.operations.history_view import look_at, runs_of

    project = globals.project()
    if run is None:
        found = runs_of(project, limit)
        if globals.json:
            print_json(runs_json(found, simulated=project.profile.simulated))
        else:
            print_lines(runs_text(found, simulated=project.profile.simulated))
        return ExitCode.DONE
    view = look_at(project, run)
    if globals.json:
        print_json(run_json(view, simulated=project.profile.simulated))
    else:
        print_lines(run_text(view, simulated=project.profile.simulated))
    return ExitCode.DONE
