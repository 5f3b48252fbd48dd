"""`sorasync cut`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import cuts
from sorasync.cli.arguments.queue_options import media_queue_option

if TYPE_CHECKING:
    from sorasync.operations.cut import CutView
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync cut teaser
  sorasync cut teaser --queue night
  sorasync cut teaser --out teaser.otio
  sorasync cut teaser --out edit/teaser.fcpxml
  sorasync cut teaser --format json
  sorasync cut diff main
  sorasync cut diff HEAD~3 teaser
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("words", nargs=-1, required=True, metavar="NAME | diff REV [NAME]", shell_complete=cuts)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to write, by its suffix: .mp4, .otio, .otioz, .edl, .fcpxml, .xml (Final Cut Pro 7), .srt, "
    ".csv or .pdf. "
    "Default: cut.NAME.mp4 beside the clips.",
)
@media_queue_option
def command(globals: Globals, words: tuple[str, ...], out: Path | None, queue: str | None) -> ExitCode:
    """Assemble a cut into a film with sound: an MP4 of exactly its frames.

    Clips that are not rendered are shown as animatics. Nothing is paid for, and the provider is not asked. A
    film that is up to date is not made again. With --out, writes a timeline for an editing program instead,
    with paths relative to the file; .otioz includes the media, .srt has the storyboards' dialogue, and .csv
    and .pdf are shot lists, .pdf with pictures. With --queue, a runner makes the film.

    With diff, compares the cuts with those of a commit, branch or tag: which shots were added, removed, moved
    or trimmed. If a cut is named diff, write cut.diff.
    """
    if words[0] == "diff" and len(words) in (2, 3):
        if out is not None or queue is not None:
            raise click.UsageError("--out and --queue cannot be combined with diff")
        return _compare(globals, *words[1:])
    if len(words) > 1 or words[0] == "diff":
        raise click.UsageError("give one NAME, or diff REV [NAME]")
    name = words[0]
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
        if queue is not None:
            raise click.UsageError(f"runners make films: --queue goes with {FILM} only")
        return _write(globals, project, view, path)
    if queue is not None:
        from sorasync.cli.views.queue_output import queue_notice
        from sorasync.operations.queue_media_jobs import cut_by_queue

        film = cut_by_queue(project, name, path, queue, queue_notice(quiet=globals.quiet))
    else:
        with showing_progress(quiet=globals.quiet) as progress:
            film = make_film(project, view, path, progress)
    if globals.json:
        print_json(film_json(film))
    else:
        print_lines(film_text(film, quiet=globals.quiet))
    return ExitCode.DONE


def _compare(globals: Globals, revision: str, name: str | None = None) -> ExitCode:
    """Compare the cuts with those of a revision."""
    from sorasync.cli.views.cut.cut_diff_output import comparison_json, comparison_text
    from sorasync.operations.cut_diff import compare_cuts

    found = compare_cuts(globals.project(), revision, name)
    if globals.json:
        print_json(comparison_json(found))
    else:
        print_lines(comparison_text(found, quiet=globals.quiet))
    return ExitCode.DONE


def _write(globals: Globals, project: Project, view: CutView, out: Path) -> ExitCode:
    """Write a cut for other programs."""
    from sorasync.cli.views.cut.cut_output import file_json, file_text
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.operations.cut_files import write_cut

    with showing_progress(quiet=globals.quiet) as progress:
        left_out = write_cut(project, view, out, progress)
    if globals.json:
        print_json(file_json(view, out, left_out))
    else:
        print_lines(file_text(view, out, left_out, quiet=globals.quiet))
    return ExitCode.DONE
