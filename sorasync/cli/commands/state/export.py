"""`sorasync state export`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json
from sorasync.operations.output_file import write_output

_EXAMPLES = """\b
Examples:
  sorasync state export state.json
  sorasync state export | jq '.tables.records[].status'
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]")
def command(globals: Globals, file: Path | None) -> ExitCode:
    """Write the whole state as JSON: sorted, one value per line, so that two exports can be compared.

    It contains prompts and ids, but no API key.
    """
    from sorasync.cli.app.invocation import notice
    from sorasync.operations.state_command import exported_state

    text = exported_state(globals.project())
    if file is None:
        click.echo(text, nl=False)
    else:
        write_output(file, text)
        if globals.json:
            print_json({"format_version": 1, "file": str(file)})
        elif not globals.quiet:
            notice(f"wrote  {file}")
    return ExitCode.DONE
