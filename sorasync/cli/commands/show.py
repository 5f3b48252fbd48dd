"""`sorasync show`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS

_EXAMPLES = """\b
Examples:
  sorasync show clip.market
  sorasync show 'clip.market#2/1'
  sorasync show character.mossy --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
def command(globals: Globals, address: str) -> ExitCode:
    """Show one address with its values and where each came from.

    Below the values, lists every render with the prompt as sent, its key, and its record in the state. The
    provider is not asked.
    """
    from sorasync.operations.address_view import look

    view = look(globals.project(), address)
    if globals.json:
        from sorasync.cli.views.show.show_json import show_json

        print_json(show_json(view))
    else:
        from sorasync.cli.views.show.show_text import show_text

        print_lines(show_text(view))
    return ExitCode.DONE
