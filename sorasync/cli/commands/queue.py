"""`sorasync queue`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync queue
  sorasync queue --cancel 17 --cancel 18
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--cancel", multiple=True, type=int, metavar="JOB", help="Cancel a job that no runner has started."
)
def command(globals: Globals, cancel: tuple[int, ...]) -> ExitCode:
    """Show which jobs are queued, which were given up, and which runners are at work.

    Lists the jobs of every library in the database. A cancelled job costs nothing: the next plan shows its
    renders again. Exits with 4 if a job could not be cancelled because it is running, done or not there.
    """
    from sorasync.cli.views.queue_output import queue_json, queue_text
    from sorasync.operations.queue_view import cancel_queued, queue_view

    project = globals.project()
    cancelled = cancel_queued(project, cancel) if cancel else None
    view = queue_view(project)
    if globals.json:
        print_json(queue_json(view, cancelled))
    else:
        print_lines(queue_text(view, cancelled))
    return ExitCode.PARTIAL if cancelled is not None and cancelled.kept else ExitCode.DONE
