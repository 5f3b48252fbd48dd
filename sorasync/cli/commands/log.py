"""`sorasync log`."""

from __future__ import annotations

import click

from sorasync.cli.address_argument import ADDRESS
from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.output import print_json, print_lines

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
    from sorasync.cli.history_output import log_json, log_text
    from sorasync.cli.history_view import log_of

    project = globals.project()
    view = log_of(project, address, limit)
    if globals.json:
        print_json(log_json(view, simulated=project.profile.simulated))
    else:
        print_lines(log_text(view))
    return ExitCode.DONE
