"""`sorasync assets move`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.failure import one_line
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.terminal.units import size
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.move_assets import MovedAssets

_EXAMPLES = """\b
Examples:
  sorasync assets move --to 's3://films/harbour?region=eu-north-1'
  sorasync assets move --to file:///mnt/films/harbour
  sorasync assets move --to assets
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--to", "to", required=True, metavar="PLACE", help="The URL of a bucket, or a directory.")
def command(globals: Globals, to: str) -> ExitCode:
    """Copy every video and still of the state to a bucket, or to a directory.

    Each copy is verified by its digest. Files that are already there are not copied again, so an interrupted
    move continues where it stopped. The source stays as it is; sorasync uses the copy once [assets] in
    sorasync.toml names it. Exits with 4 if something could not be copied.
    """
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.operations.move_assets import move_assets

    project = globals.project()
    with showing_progress(quiet=globals.quiet) as progress:
        moved = move_assets(project, to, progress)
    if globals.json:
        print_json(
            {
                "format_version": 1,
                "copied": moved.copied,
                "there": moved.there,
                "bytes": moved.bytes,
                "failed": [{"address": a, "message": m} for a, m in moved.failed.items()],
            }
        )
    else:
        print_lines(_moved_text(moved, to))
    return ExitCode.PARTIAL if moved.failed else ExitCode.DONE


def _moved_text(moved: MovedAssets, to: str) -> Iterator[str]:
    for address, why in moved.failed.items():
        yield f"! {address}: {one_line(why)}"
    there = f"; {moved.there} already there" if moved.there else ""
    yield f"Copied {counted(moved.copied, 'file')}{there}: {size(moved.bytes)} in all."
    if not moved.failed:
        key = "url" if "://" in to else "path"
        also = "" if key == "url" else ", and remove url from it"
        yield f'Now write this into sorasync.toml: [assets] {key} = "{to}"{also}'
