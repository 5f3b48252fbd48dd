"""`sorasync state unlock`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync state lock            # shows the id
  sorasync state unlock 3f2a9c04d1e7
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("id", metavar="ID")
def command(globals: Globals, id: str) -> ExitCode:
    """Remove the lock of a dead run.

    Use it only when the process is gone for good. A process that still runs checks its lock right before each
    paid request and stops; only the request it is sending at that moment can be paid twice, and is then
    counted. The id must be the one that `sorasync state lock` shows, so that you cannot break a later lock.
    """
    from sorasync.operations.state_command import unlock_state

    unlock_state(globals.project(), id)
    if globals.json:
        print_json({"format_version": 1, "unlocked": id})
    else:
        print_lines(["The state is free. A process that still runs will stop before it sends anything more."])
    return ExitCode.DONE
