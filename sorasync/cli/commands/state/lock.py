"""`sorasync state lock`."""

from __future__ import annotations

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync state lock
  sorasync state lock --format json
"""


@subcommand(epilog=_EXAMPLES)
def command(globals: Globals) -> ExitCode:
    """Show who holds the state lock: user, machine, process, command, and the last sign of life."""
    from sorasync.cli.views.state.state_output import holder_json
    from sorasync.state.lock import holder
    from sorasync.state.process import is_dead

    project = globals.project()
    now = project.clock.now()
    with project.store() as store:
        found = holder(store)
    dead = found is not None and is_dead(found.process)
    if globals.json:
        print_json({"format_version": 1, "holder": holder_json(found, dead=dead) if found else None})
    elif found is None:
        print_lines(["The state is not locked."])
    elif dead:
        print_lines(
            [f"Held by {found.describe(now)}.", "That process has ended: the next command takes it over."]
        )
    else:
        print_lines(
            [
                f"Held by {found.describe(now)}.",
                f"If that process is gone for good: sorasync state unlock {found.id}",
            ]
        )
    return ExitCode.DONE
