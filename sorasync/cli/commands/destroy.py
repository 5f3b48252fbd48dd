"""`sorasync destroy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import and_more, counted

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
    from sorasync.cli.views.destroy_output import destroy_json, destroy_text
    from sorasync.operations.gc import at_provider, everything

    project = globals.project()
    with project.synced_store() as store:
        found, unsettled = everything(project, store)
        _refuse_protected(store.protected(), include_protected)
        if not keep_remote and at_provider(project, store, found):
            project.require_provider()
    if not globals.json:
        print_lines(destroy_text(project, found, unsettled, keep_remote=keep_remote, quiet=globals.quiet))
    deleted = None
    if found:
        deleted = _destroy(
            project, len(found), include_protected, lock_timeout, remote=not keep_remote, yes=yes
        )
        if deleted is None:
            click.echo("Nothing was deleted.", err=True)
            return ExitCode.ERROR
    if globals.json:
        print_json(destroy_json(found, unsettled, deleted))
    elif deleted is not None:
        from sorasync.cli.views.gc_output import deleted_text

        print_lines(deleted_text(deleted))
    return ExitCode.PARTIAL if unsettled or (deleted is not None and deleted.failed) else ExitCode.DONE


def _refuse_protected(protected: set[str], include: bool) -> None:
    from sorasync.errors import Refused

    if not protected or include:
        return
    names = sorted(protected)
    raise Refused(
        f"{and_more(names, 3)} {'is' if len(names) == 1 else 'are'} protected; nothing was deleted",
        hint="sorasync unprotect ADDRESS lifts a protection, --include-protected overrides all of them",
    )


def _destroy(
    project: Project,
    count: int,
    include_protected: bool,
    lock_timeout: float,
    *,
    remote: bool,
    yes: bool,
) -> Deleted | None:
    """Ask for the library's name, lock, check again, delete; None after any other answer."""
    from sorasync.cli.app.invocation import changing
    from sorasync.cli.terminal.ask_yes_no import typed
    from sorasync.operations.gc import clear_leftovers, delete, everything, relink

    what = f"delete {counted(count, 'render')}, all of {project.name}"
    if not yes and not typed(project.name, f"Type {project.name} to proceed", what=what):
        return None
    with changing(project, lock_timeout) as session:
        _refuse_protected(session.store.protected(), include_protected)
        deleted = delete(project, session, everything(project, session.store)[0], remote=remote)
        clear_leftovers(project, session.store, project.clock.now() + 1)
        relink(project, session.store)
    return deleted
