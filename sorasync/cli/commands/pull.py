"""`sorasync pull`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN

_EXAMPLES = """\b
Examples:
  sorasync pull
  sorasync pull 'clip.act1-*' tag:final
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
def command(globals: Globals, patterns: tuple[str, ...]) -> ExitCode:
    """Fetch videos and stills from the bucket to this disk, and link their names.

    Without ADDRESS, fetches every stored video that the manifests want. ADDRESS takes * and ?, or tag:NAME.
    Nothing is paid for, and the provider is not asked. Files that are already here are left alone. Exits with
    4 if something could not be fetched.
    """
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.cli.views.pull_output import pull_json, pull_text
    from sorasync.operations.local_videos import pull

    project = globals.project()
    with showing_progress(quiet=globals.quiet) as progress:
        pulled = pull(project, patterns, progress)
    if globals.json:
        print_json(pull_json(pulled))
    else:
        print_lines(pull_text(pulled, quiet=globals.quiet))
    return ExitCode.PARTIAL if pulled.failed else ExitCode.DONE
