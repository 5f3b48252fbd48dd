"""`sorasync destroy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.gc import Deleted
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync destroy
  sorasync destroy --keep-remote
  sorasync --env preview destroy --yes
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--keep-remote", is_flag=True, help="Leave the videos at the provider alone.")
@click.option("--include-protected", is_flag=True, help="Delete protected addresses too.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@lock_option
def command(
    globals: Globals, keep_remote: bool, include_protected: bool, yes: bool, lock_timeout: float
) -> ExitCode:
    """Delete everything this library has rendered.

    Deletes every video here and at the provider, the file names, and their records in the state. The
    manifests stay, so the next apply would render, and charge for, all of it again. Renders in doubt stay in
    the state, because sending them again could pay for them twice.
    """
    from sorasync.cli.app.invocation import declined
    from sorasync.cli.views.destroy_output import destroy_json, destroy_text
    from sorasync.operations.gc import everything_rendered

    project = globals.project()
    found = everything_rendered(project, remote=not keep_remote, include_protected=include_protected)
    if not globals.json:
        print_lines(destroy_text(project, found, keep_remote=keep_remote, quiet=globals.quiet))
    deleted = None
    if found.renders:
        deleted = _destroy(
            project,
            len(found.renders),
            include_protected,
            lock_timeout,
            remote=not keep_remote,
            yes=yes,
            json=globals.json,
        )
        if deleted is None:
            return declined("Nothing was deleted.")
    if globals.json:
        print_json(destroy_json(found, deleted))
    elif deleted is not None:
        from sorasync.cli.views.gc_output import deleted_text

        print_lines(deleted_text(deleted, project.config.assets.grace_days))
    unfinished = found.unsettled or (deleted is not None and deleted.failed)
    return ExitCode.PARTIAL if unfinished else ExitCode.DONE


def _destroy(
    project: Project,
    count: int,
    include_protected: bool,
    lock_timeout: float,
    *,
    remote: bool,
    yes: bool,
    json: bool,
) -> Deleted | None:
    """Ask for the library's name, and delete; None after any other answer."""
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.terminal.ask_yes_no import typed
    from sorasync.operations.gc import destroy

    what = f"delete {counted(count, 'render')}, all of {project.name}"
    if not yes and not typed(project.name, f"Type {project.name} to proceed", what=what, json=json):
        return None
    return destroy(project, waiting(lock_timeout), remote=remote, include_protected=include_protected)
