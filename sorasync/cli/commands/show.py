"""`sorasync show`."""

from __future__ import annotations

import click

from sorasync.cli.address_argument import ADDRESS
from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.output import print_json, print_lines

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
    from sorasync.cli.address_view import look

    view = look(globals.project(), address)
    if globals.json:
        from sorasync.cli.show_json import show_json

        print_json(show_json(view))
    else:
        from sorasync.cli.show_text import show_text

        print_lines(show_text(view))
    return ExitCode.DONE
