"""`sorasync state import`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.library_file import read_file
from sorasync.text import counted

_LARGEST = 512 << 20
_EXAMPLES = """\b
Examples:
  sorasync state export state.json         # there
  sorasync state import state.json         # here, where there is no state yet
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
@lock_option
def command(globals: Globals, file: Path, lock_timeout: float) -> ExitCode:
    """Fill an empty state from JSON that `sorasync state export` wrote.

    A state with records is never overwritten.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.errors import SorasyncError
    from sorasync.operations.state_command import fill_state

    try:
        text = read_file(file, within=None, largest=_LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SorasyncError(f"cannot read {file}: {error}") from error
    found = fill_state(globals.project(), text, waiting(lock_timeout))
    if globals.json:
        print_json({"format_version": 1, "records": found.records, "addresses": found.addresses})
    else:
        count = f"{counted(found.records, 'record')} and {counted(found.addresses, 'address', 'addresses')}"
        print_lines([f"Imported {count}."])
    return ExitCode.DONE
