"""`sorasync state backups`."""

from __future__ import annotations

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync state backups
  sorasync state backups --format json
"""


@subcommand(epilog=_EXAMPLES)
def command(globals: Globals) -> ExitCode:
    """List the backups of the state, latest first. Every command that changes the state makes one first."""
    from sorasync.cli.views.state.state_output import backups_json, backups_text
    from sorasync.operations.state_command import state_backups

    project = globals.project()
    found = state_backups(project)
    if globals.json:
        print_json(backups_json(found))
    else:
        print_lines(backups_text(found, project.clock.now()))
    return ExitCode.DONE
