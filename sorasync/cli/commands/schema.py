"""`sorasync schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import write_output

if TYPE_CHECKING:
    from sorasync.manifest.shipped import SchemaName

_EXAMPLES = """\b
Examples:
  sorasync schema
  sorasync schema config --out .sorasync/config.schema.json
  sorasync schema --out .sorasync/manifest.schema.json

Then let a manifest begin with:
  #:schema ../.sorasync/manifest.schema.json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("name", type=click.Choice(["manifest", "config"]), default="manifest", metavar="[NAME]")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
def command(globals: Globals, name: SchemaName, out: Path | None) -> ExitCode:
    """Print the JSON Schema of manifests, or of sorasync.toml.

    NAME is manifest (the default) or config. TOML language servers such as Taplo and Even Better TOML use the
    schema to complete and check keys, once the file's first line names it. Needs no library.
    """
    from sorasync.manifest.shipped import schema_text

    text = schema_text(name)
    if out is None:
        click.echo(text, nl=False)
        return ExitCode.DONE
    write_output(out, text, parents=True)
    if not globals.quiet:
        from sorasync.cli.app.invocation import notice

        notice(f"wrote  {out}")
    return ExitCode.DONE
