"""`sorasync log`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS

_EXAMPLES = """\b
Examples:
  sorasync log clip.market
  sorasync log 'clip.market#2' --limit 20
  sorasync log character.mossy --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the last N lines.")
def command(globals: Globals, address: str, limit: int | None) -> ExitCode:
    """Show everything that happened to one address: who, when, with which commit, and what it cost.

    A clip's log covers its takes and steps. Former names, and names that the manifests no longer have, work
    too.
    """
    from sorasync.cli.views.history.history_output import log_json, log_text
    from sorasync.operations.history_view import log_of

    project = globals.project()
    view = log_of(project, address, limit)
    if globals.json:
        print_json(log_json(view, simulated=project.profile.simulated))
    else:
        print_lines(log_text(view))
    return ExitCode.DONE
