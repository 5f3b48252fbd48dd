"""`sorasync gc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.terminal.units import length
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.gc import Deleted, Garbage
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync gc
  sorasync gc 'clip.act1-*'
  sorasync gc --delete --older-than 30d
  sorasync gc --delete --remote --yes
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option("--delete", is_flag=True, help="Delete them. Without this they are only listed.")
@click.option(
    "--older-than",
    callback=length,
    metavar="AGE",
    help="Only what was retired at least this long ago, e.g. 30d.",
)
@click.option("--remote", is_flag=True, help="Delete the videos at the provider as well.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@lock_option
def command(
    globals: Globals,
    patterns: tuple[str, ...],
    delete: bool,
    older_than: float | None,
    remote: bool,
    yes: bool,
    lock_timeout: float,
) -> ExitCode:
    """List retired renders, or delete them.

    A retired render was paid for and is no longer wanted: no address points to it and no manifest asks for
    it. Renders in flight, protected renders, what the lock file of another git branch names, and files that
    are not in the state are never touched. ADDRESS limits the list to renders of that address, and takes *
    and ?. Objects of a bucket are deleted once no library has named them for [assets] grace_days.
    """
    from sorasync.cli.app.invocation import declined
    from sorasync.cli.views.gc_output import deleted_text, gc_json, gc_text
    from sorasync.operations.gc import garbage

    project = globals.project()
    found = garbage(project, patterns, older_than, remote=delete and remote)
    if not globals.json:
        filtered = older_than is not None or bool(patterns)
        now = project.clock.now()
        print_lines(gc_text(found, now, asked=delete, quiet=globals.quiet, filtered=filtered))
    deleted = None
    if delete and not found.nothing:
        deleted = _delete(project, found, older_than, lock_timeout, remote=remote, yes=yes, json=globals.json)
        if deleted is None:
            return declined("Nothing was deleted.")
    if globals.json:
        print_json(gc_json(found, deleted, project.clock.now()))
    elif deleted is not None:
        print_lines(deleted_text(deleted, project.config.assets.grace_days))
    return ExitCode.PARTIAL if deleted is not None and deleted.failed else ExitCode.DONE


def _delete(
    project: Project,
    found: Garbage,
    older_than: float | None,
    lock_timeout: float,
    *,
    remote: bool,
    yes: bool,
    json: bool,
) -> Deleted | None:
    """Ask, and delete; None if the answer was no."""
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.terminal.ask_yes_no import agreed
    from sorasync.operations.gc import collect_garbage

    where = " here and at the provider" if remote else ""
    what = f"delete {counted(len(found.renders), 'retired render')}{where}"
    if not found.renders and found.unnamed is not None and found.unnamed.objects:
        due = found.unnamed.due
        what = f"delete {counted(due, 'object')} from the bucket"
        # To condemn an object deletes nothing.
        yes = yes or not (due or found.downloads)
    if not yes and not agreed(f"Really {what}?", what=what, json=json):
        return None
    return collect_garbage(project, found, waiting(lock_timeout), older_than, remote=remote)
