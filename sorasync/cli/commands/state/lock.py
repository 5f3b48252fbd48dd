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
    """Show who holds the state lock: user, machine, process, command, and the last heartbeat.

    In PostgreSQL several applies may be at work at once; each is shown.
    """
    from sorasync.cli.views.state.state_output import holder_json
    from sorasync.operations.state_command import lock_holders

    project = globals.project()
    found = lock_holders(project)
    if globals.json:
        shown = [holder_json(one.holder, dead=one.dead) for one in found]
        print_json({"format_version": 1, "holder": shown[0] if shown else None, "holders": shown})
        return ExitCode.DONE
    lines = [] if found else ["The state is not locked."]
    for one in found:
        lines.append(f"Held by {one.holder.describe(project.clock.now())}.")
        gone = f"If that process is gone for good: sorasync state unlock {one.holder.id}"
        lines.append("That process has ended: the next command takes it over." if one.dead else gone)
    print_lines(lines)
    return ExitCode.DONE
