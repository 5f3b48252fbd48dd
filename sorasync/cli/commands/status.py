"""`sorasync status`."""

from __future__ import annotations

import click

from sorasync.cli.address_argument import PATTERN
from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync status
  sorasync status 'clip.act1-*' tag:draft
  sorasync status --stage blocked --stage lost
  sorasync status --format json
"""
_STAGES = ("lost", "blocked", "failed", "in flight", "to do", "waiting", "done")


@subcommand(epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option(
    "--stage", "stages", multiple=True, type=click.Choice(_STAGES), help="Only clips in this stage."
)
def command(globals: Globals, patterns: tuple[str, ...], stages: tuple[str, ...]) -> ExitCode:
    """Show every clip and character and its progress.

    Reads the manifests and the state; the provider is not asked. ADDRESS may hold * and ?, or be
    tag:NAME.
    """
    from sorasync.cli.status_view import look

    status = look(globals.project(), patterns, stages)
    if globals.json:
        from sorasync.cli.status_json import status_json

        print_json(status_json(status))
    else:
        from sorasync.cli.status_text import status_text, totals

        print_lines(totals(status) if globals.quiet else status_text(status))
    return ExitCode.DONE
