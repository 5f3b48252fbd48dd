"""`sorasync cut`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import cuts

_EXAMPLES = """\b
Examples:
  sorasync cut teaser
  sorasync cut teaser --out teaser.mp4
  sorasync cut teaser --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("name", metavar="NAME", shell_complete=cuts)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the film goes. Default: cut.NAME.mp4 beside the clips.",
)
def command(globals: Globals, name: str, out: Path | None) -> ExitCode:
    """Put a cut together as a film, with sound: an MP4 of exactly its frames.

    Where a clip is not rendered, its animatic stands in. Nothing is paid for and the provider is not asked. A
    film that shows what it would show now is not made again.
    """
    from sorasync.cli.views.cut.cut_output import film_json, film_text
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.operations.cut import film_path, look_at_cut, make_film

    project = globals.project()
    view = look_at_cut(project, name)
    path = out or film_path(project, view.timeline.cut)
    with showing_progress(quiet=globals.quiet) as progress:
        film = make_film(project, view, path, progress)
    if globals.json:
        print_json(film_json(film))
    else:
        print_lines(film_text(film, quiet=globals.quiet))
    return ExitCode.DONE
