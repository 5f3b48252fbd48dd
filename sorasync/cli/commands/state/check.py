"""`sorasync state check`."""

from __future__ import annotations

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.text import counted

_EXAMPLES = """\b
Examples:
  sorasync state check
  sorasync state check --format json
"""


@subcommand(epilog=_EXAMPLES)
def command(globals: Globals) -> ExitCode:
    """Check that the state is sound: the file itself, and that its tables agree.

    Exits with 1 if anything is wrong. `sorasync drift` checks the videos.
    """
    from sorasync.operations.state_command import check_state

    found = check_state(globals.project())
    if globals.json:
        whole = not found.faults
        print_json(
            {"format_version": 1, "whole": whole, "faults": list(found.faults), "serial": found.serial}
        )
    elif found.faults:
        count = counted(len(found.faults), "fault")
        print_lines(
            [*found.faults, "", f"{count}. `sorasync state restore 1` brings back the latest backup."]
        )
    else:
        count = f"{counted(found.records, 'record')}, {counted(found.addresses, 'address', 'addresses')}"
        print_lines([f"The state is OK: {count}, serial {found.serial}."])
    return ExitCode.ERROR if found.faults else ExitCode.DONE
