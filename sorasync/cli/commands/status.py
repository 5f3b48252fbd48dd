"""`sorasync status`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN

_EXAMPLES = """\b
Examples:
  sorasync status
  sorasync status 'clip.act1-*' tag:draft
  sorasync status --stage blocked --stage lost
  sorasync status --format json
"""
_STAGES = ("lost", "blocked", "failed", "in flight", "to do", "waiting", "done")


@subcommand(epilog=_EXAMPLES, cached=True, remembered=True)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option(
    "--stage", "stages", multiple=True, type=click.Choice(_STAGES), help="Only clips in this stage."
)
def command(globals: Globals, patterns: tuple[str, ...], stages: tuple[str, ...]) -> ExitCode:
    """Show every clip and character and its progress.

    Reads the manifests and the state; the provider is not asked. ADDRESS takes * and ?, or tag:NAME. Exits
    with 1 when ADDRESS and --stage leave nothing to show, as find does.
    """
    from sorasync.cli.app.remembered_command import keep_answer, seen_before
    from sorasync.operations.status_view import look

    project = globals.project()
    seen = seen_before(globals, project)
    status = look(project, patterns, stages)
    code = ExitCode.DONE if status.rows or not status.filtered else ExitCode.ERROR
    if globals.json:
        from sorasync.cli.views.status.status_json import status_json

        print_json(status_json(status))
    else:
        from sorasync.cli.views.status.status_text import status_text, totals

        lines = list(totals(status) if globals.quiet else status_text(status))
        print_lines(lines)
        # What is not done yet tells how long it takes and keeps.
        if not (status.records or status.expiring or status.cuts or status.failing):
            keep_answer(globals, project, "status", seen, lines, code)
    return code
