"""`sorasync init`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync init
  sorasync init film && cd film && sorasync plan
"""


@subcommand(epilog=_EXAMPLES)
@click.argument(
    "directory", required=False, type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]"
)
def command(globals: Globals, directory: Path | None) -> ExitCode:
    """Start a library here, or in DIR: a configuration and a first manifest.

    What it writes can be planned and applied at once, with the preview provider, which draws on this machine
    and costs nothing. Files that are there already are left as they are.
    """
    from sorasync.cli.quote import quoted
    from sorasync.operations.init import start

    place = directory or globals.library or Path()
    written, kept = start(place)
    here = place.resolve() == Path.cwd().resolve()
    following = ["sorasync plan", "sorasync apply"]
    following = [*following, "sorasync status"] if here else [f"cd {quoted(str(place))}", *following]
    if globals.json:
        print_json({"format_version": 1, "written": written, "kept": kept, "next": following})
        return ExitCode.DONE
    if globals.quiet:
        return ExitCode.DONE
    lines = [f"wrote  {name}" for name in written] + [
        f"kept   {name} (it was there already)" for name in kept
    ]
    print_lines([*lines, "", "Next:", *(f"  {line}" for line in following)])
    return ExitCode.DONE
