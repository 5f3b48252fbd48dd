"""`sorasync find`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync find lantern market
  sorasync find 'slow push-in'
  sorasync find --regex 'dusk|dawn' --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("text", nargs=-1, required=True, metavar="TEXT...")
@click.option("--regex", is_flag=True, help="Take each TEXT as a regular expression.")
def command(globals: Globals, text: tuple[str, ...], regex: bool) -> ExitCode:
    """Search the names, tags, descriptions and sent prompts of clips and characters.

    With several TEXTs, shows what contains all of them. Case is ignored. Only the manifests are read. Exits
    with 1 when nothing is found, as grep does.
    """
    from sorasync.cli.views.find_output import find_json, find_lines
    from sorasync.operations.find import find_entries

    found = find_entries(globals.project(), text, regex=regex)
    if globals.json:
        print_json(find_json(found, text, regex=regex))
    else:
        print_lines(find_lines(found, quiet=globals.quiet))
    return ExitCode.DONE if found else ExitCode.ERROR
