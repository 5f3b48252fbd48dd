"""`sorasync state list`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync state list
  sorasync state list 'clip.act1-*'
  sorasync state list --all --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("pattern", required=False, metavar="[PATTERN]")
@click.option(
    "--all", "everything", is_flag=True, help="Show retired renders too, which no address points to."
)
def command(globals: Globals, pattern: str | None, everything: bool) -> ExitCode:
    """List what the state knows: addresses, status, keys, ids.

    PATTERN takes * and ?. Renders in flight are shown even before an address points to them.
    """
    from sorasync.cli.views.state.state_output import rows_json, rows_text
    from sorasync.operations.state_view import rows

    found = rows(globals.project(), pattern, everything=everything)
    if globals.json:
        print_json(rows_json(found))
    else:
        print_lines(rows_text(found, everything=everything))
    return ExitCode.DONE
