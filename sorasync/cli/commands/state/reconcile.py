"""`sorasync state reconcile`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import counted

_EXAMPLES = """\b
Examples:
  sorasync state reconcile --keep lock    # after a merge: follow the lock file from git
  sorasync state reconcile --keep state   # follow this machine's state
  sorasync state reconcile --keep video_7 # of two renders of one address, use this one
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--keep",
    required=True,
    metavar="lock|state|ID",
    help="Which side to follow, or which of two renders to use.",
)
@lock_option
def command(globals: Globals, keep: str, lock_timeout: float) -> ExitCode:
    """Settle a conflict between the state and the lock file.

    The two merge by themselves unless they were created independently. Then `lock` or `state` says whose
    render to use where both have one for the same address. Where two machines paid for the same render, the
    one that was paid for first is used; give the ID of the other to use that instead. Nothing that was paid
    for is forgotten: the other render is kept as retired until `gc`.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.operations.state_command import reconcile_state

    found = reconcile_state(globals.project(), keep, waiting(lock_timeout))
    if globals.json:
        print_json({"format_version": 1, "outcome": found.outcome, "addresses": list(found.addresses)})
    else:
        count = counted(len(found.addresses), "address", "addresses")
        print_lines([f"The state and {found.lock_file.name} agree; {count} changed."])
    return ExitCode.DONE
