"""`sorasync state reconcile`."""

from __future__ import annotations

import click

from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.lock_option import lock_option
from sorasync.cli.output import print_json, print_lines
from sorasync.counted import counted

_EXAMPLES = """\b
Examples:
  sorasync state reconcile --keep lock    # after a merge: what git has counts
  sorasync state reconcile --keep state   # what this machine has counts
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--keep", required=True, type=click.Choice(["lock", "state"]), help="Whom to follow where both paid."
)
@lock_option
def command(globals: Globals, keep: str, lock_timeout: float) -> ExitCode:
    """Settle a contradiction between the state and the lock file.

    Both are brought together by themselves, save where each holds another render of the same thing. The
    other side's renders are remembered in the history, and their videos stay.
    """
    from sorasync.cli.invocation import waiting
    from sorasync.errors import SorasyncError
    from sorasync.state.backup import backup
    from sorasync.state.lock import held
    from sorasync.state.lockfile import reconcile, write
    from sorasync.state.reconcile import Side

    project = globals.project()
    path = project.lock_path
    if path is None:
        raise SorasyncError("this library keeps no lock file", hint="[state] lock_file = true keeps one")
    with project.store(write=True) as store, held(store, project.clock, waiting(lock_timeout)):
        backup(store)
        found = reconcile(store, path, Side(keep))
        write(store, path)
    if globals.json:
        print_json({"format_version": 1, "outcome": found.outcome.value, "addresses": list(found.addresses)})
    else:
        count = len(found.addresses)
        print_lines([f"The state and {path.name} agree; {counted(count, 'address', 'addresses')} changed."])
    return ExitCode.DONE
