"""`sorasync state move`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import counted

_EXAMPLES = """\b
Examples:
  sorasync state move --to postgresql://ann@db.example/film
  sorasync state move --to sqlite:state/sorasync.db
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--to", "url", required=True, metavar="URL", help="An empty state: a SQLite file or PostgreSQL."
)
@lock_option
def command(globals: Globals, url: str, lock_timeout: float) -> ExitCode:
    """Copy the whole state into another database, from SQLite to PostgreSQL or back.

    Every row is compared before the copy counts. The source stays as it is; sorasync uses the copy
    once [state] url in sorasync.toml names it.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.operations.state_command import move_state

    found = move_state(globals.project(), url, waiting(lock_timeout))
    if globals.json:
        print_json({"format_version": 1, "records": found.records, "addresses": found.addresses})
        return ExitCode.DONE
    count = f"{counted(found.records, 'record')} and {counted(found.addresses, 'address', 'addresses')}"
    print_lines(
        [
            f"Moved {count}; every row was compared.",
            f'Now write this into sorasync.toml: [state] url = "{url}"',
        ]
    )
    return ExitCode.DONE
