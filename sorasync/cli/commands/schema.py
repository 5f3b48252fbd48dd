"""`sorasync schema`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.operations.output_file import write_output

_EXAMPLES = """\b
Examples:
  sorasync schema
  sorasync schema config --out .sorasync/config.schema.json
  sorasync schema --out .sorasync/manifest.schema.json
  sorasync schema output     # what --format json prints

Then let a manifest begin with:
  #:schema ../.sorasync/manifest.schema.json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument(
    "name", type=click.Choice(["manifest", "config", "output"]), default="manifest", metavar="[NAME]"
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to this file."
)
def command(globals: Globals, name: str, out: Path | None) -> ExitCode:
    """Print the JSON Schema of manifests, of sorasync.toml, or of JSON output.

    NAME is manifest (the default), config or output. TOML language servers such as Taplo and Even Better TOML
    use the first two to complete and check keys, once a file's first line names its schema. Needs no library.
    """
    text = _schema_text(name)
    if out is None:
        click.echo(text, nl=False)
        return ExitCode.DONE
    write_output(out, text, parents=True)
    if not globals.quiet:
        from sorasync.cli.app.invocation import notice

        notice(f"wrote  {out}")
    return ExitCode.DONE


def _schema_text(name: str) -> str:
    if name == "output":
        from sorasync.cli.app.output_schema import output_schema
        from sorasync.cli.terminal.json_text import json_text

        return json_text(output_schema()) + "\n"
    from sorasync.manifest.shipped import schema_text

    return schema_text("config" if name == "config" else "manifest")
