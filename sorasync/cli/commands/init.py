"""`sorasync init`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

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
    """Create a library here, or in DIR: a configuration and a first manifest.

    The new library can be planned and applied at once with the preview provider, which draws on this machine
    and costs nothing. Beside an existing sorasync.toml, only missing files are added: schemas, .gitignore,
    .gitattributes. Existing files stay unchanged, except that .gitattributes gains the lines that let git
    merge lock files and notes.
    """
    from shlex import quote as quoted

    from sorasync.operations.init import start

    place = directory or globals.library or Path()
    started = start(place)
    here = place.resolve() == Path.cwd().resolve()
    following = ["sorasync plan", "sorasync apply"]
    following = [*following, "sorasync status"] if here else [f"cd {quoted(str(place))}", *following]
    if globals.json:
        facts = {name: list(names) for name, names in asdict(started).items()}
        print_json({"format_version": 1, **facts, "next": following})
        return ExitCode.DONE
    if globals.quiet:
        return ExitCode.DONE
    lines = [f"wrote  {name}" for name in started.written]
    lines += [f"added  a line to {name}" for name in started.extended]
    lines += [f"kept   {name} (already there)" for name in started.kept]
    print_lines([*lines, "", "Next:", *(f"  {line}" for line in following)])
    return ExitCode.DONE
