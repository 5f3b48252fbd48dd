"""`sorasync state recover`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option

_EXAMPLES = """\b
Examples:
  sorasync state recover
  sorasync state recover --anew        # move a damaged state aside first
  sorasync state recover --offline     # without the provider's list
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--anew", is_flag=True, help="Move the current state aside first.")
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
@lock_option
def command(globals: Globals, anew: bool, offline: bool, lock_timeout: float) -> ExitCode:
    """Rebuild a lost state from the lock file, the videos here and the provider's list.

    Nothing is rendered, uploaded or paid. Existing records stay. Adds records from the lock file, then
    renders whose intact video is here with its notes beside it, then videos in the provider's list that fit
    exactly one render. Renders that were not found are listed with the reason.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.views.recover_output import recovered_json, recovered_text
    from sorasync.operations.recover import recover_state

    found = recover_state(globals.project(), waiting(lock_timeout), anew=anew, offline=offline)
    if globals.json:
        print_json(recovered_json(found))
    else:
        print_lines(recovered_text(found))
    return ExitCode.DONE
