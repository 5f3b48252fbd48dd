"""`sorasync why`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS

_EXAMPLES = """\b
Examples:
  sorasync why clip.market
  sorasync why 'clip.market#2/1'
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
def command(globals: Globals, address: str) -> ExitCode:
    """Explain why an address changes in the plan, or why there is nothing to do.

    Names every field that changed, and shows the changed words of the prompt. The provider is not asked.
    """
    from sorasync.operations.address_view import look

    view = look(globals.project(), address)
    if globals.json:
        from sorasync.cli.views.show.why_text import why_json

        print_json(why_json(view))
    else:
        from sorasync.cli.views.show.why_text import why_text

        print_lines(why_text(view))
    return ExitCode.DONE
