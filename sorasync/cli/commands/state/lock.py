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
    from sorasync.operations.state_care import lock_holder

    project = globals.project()
    found = lock_holder(project)
    if globals.json:
        shown = None if found is None else holder_json(found.holder, dead=found.dead)
        print_json({"format_version": 1, "holder": shown})
        return ExitCode.DONE
    if found is None:
        print_lines(["The state is not locked."])
        return ExitCode.DONE
    ended = "That process has ended: the next command takes it over."
    gone = f"If that process is gone for good: sorasync state unlock {found.holder.id}"
    held = f"Held by {found.holder.describe(project.clock.now())}."
    print_lines([held, ended if found.dead else gone])
    return ExitCode.DONE
