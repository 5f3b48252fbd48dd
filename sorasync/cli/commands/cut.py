"""`sorasync cut`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import cuts
from sorasync.operations.output_file import write_output

if TYPE_CHECKING:
    from sorasync.operations.cut import CutView
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync cut teaser
  sorasync cut teaser --out teaser.otio
  sorasync cut teaser --out edit/teaser.fcpxml
  sorasync cut teaser --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("name", metavar="NAME", shell_complete=cuts)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to write, by its suffix: .mp4, .otio, .edl, .fcpxml, .xml (Final Cut Pro 7), .srt or .csv. "
    "Default: cut.NAME.mp4 beside the clips.",
)
def command(globals: Globals, name: str, out: Path | None) -> ExitCode:
    """Put a cut together as a film, with sound: an MP4 of exactly its frames.

    Where a clip is not rendered, its animatic stands in. Nothing is paid for and the provider is not asked. A
    film that shows what it would show now is not made again. For an editing program --out writes the clips in
    order instead, with paths relative to the file; .srt has the storyboards' dialogue, .csv is a shot list.
    """
    from sorasync.cli.views.cut.cut_output import film_json, film_text
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.operations.cut import film_path, look_at_cut, make_film
    from sorasync.operations.cut_files import FILM, SUFFIXES

    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"--out must end in one of: {', '.join(SUFFIXES)}")
    project = globals.project()
    view = look_at_cut(project, name)
    path = out or film_path(project, view.timeline.cut)
    if path.suffix.lower() != FILM:
        return _write(globals, project, view, path)
    with showing_progress(quiet=globals.quiet) as progress:
        film = make_film(project, view, path, progress)
    if globals.json:
        print_json(film_json(film))
    else:
        print_lines(film_text(film, quiet=globals.quiet))
    return ExitCode.DONE


def _write(globals: Globals, project: Project, view: CutView, out: Path) -> ExitCode:
    """Write a cut for other programs."""
    from sorasync.cli.views.cut.cut_output import file_json, file_text
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.operations.cut_files import cut_text

    with showing_progress(quiet=globals.quiet) as progress:
        written = cut_text(project, view, out, progress)
    write_output(out, written.text, parents=True)
    if globals.json:
        print_json(file_json(view, out, written.left_out))
    else:
        print_lines(file_text(view, out, written.left_out, quiet=globals.quiet))
    return ExitCode.DONE
