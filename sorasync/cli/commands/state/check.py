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
    from sorasync.state.consistency import faults

    with globals.project().store() as store:
        found = faults(store)
        records, addresses, serial = len(store.briefs()), len(store.bindings()), store.serial
    if globals.json:
        print_json({"format_version": 1, "whole": not found, "faults": found, "serial": serial})
    elif found:
        print_lines(
            [*found, "", f"{counted(len(found), 'fault')}. `sorasync state restore` brings back a backup."]
        )
    else:
        count = f"{counted(records, 'record')}, {counted(addresses, 'address', 'addresses')}"
        print_lines([f"The state is OK: {count}, serial {serial}."])
    return ExitCode.ERROR if found else ExitCode.DONE
