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
  sorasync state move --from sqlite:state/sorasync.db
"""


@subcommand(epilog=_EXAMPLES)
@click.option(
    "--to",
    "url",
    metavar="URL",
    help="An empty state: a SQLite file or PostgreSQL. Default with --from: this library's.",
)
@click.option("--from", "source", metavar="URL", help="The state to copy. Default: this library's.")
@lock_option
def command(globals: Globals, url: str | None, source: str | None, lock_timeout: float) -> ExitCode:
    """Copy the whole state into another database, from SQLite to PostgreSQL or back.

    Every row is compared before the copy counts. The source stays as it is; sorasync uses the copy
    once [state] url in sorasync.toml names it. If it does so already, name the source with --from.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.operations.state_command import move_state

    if url is None and source is None:
        raise click.UsageError("say where to with --to, or where from with --from")
    found = move_state(globals.project(), url, waiting(lock_timeout), source=source)
    if globals.json:
        print_json({"format_version": 1, "records": found.records, "addresses": found.addresses})
        return ExitCode.DONE
    count = f"{counted(found.records, 'record')} and {counted(found.addresses, 'address', 'addresses')}"
    lines = [f"Moved {count}; every row was compared."]
    if url is not None:
        lines.append(f'Now write this into sorasync.toml: [state] url = "{url}"')
    print_lines(lines)
    return ExitCode.DONE
