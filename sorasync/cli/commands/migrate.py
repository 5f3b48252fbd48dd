"""`sorasync migrate`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN
from sorasync.cli.arguments.completed_values import hosts

_EXAMPLES = """\b
Examples:
  sorasync migrate --from sora-2 --to sora-2-pro
  sorasync migrate --from sora-2 --to gen4.5 --provider runway
  sorasync migrate --from gpt-image-2 --to gpt-image-1.5 --target still.quay
  sorasync migrate --from sora-2 --to sora-2-pro --only-unpicked --write
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--from", "source", required=True, metavar="MODEL", help="The model to leave.")
@click.option("--to", "target", required=True, metavar="MODEL", help="The model to render with instead.")
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=hosts,
    help="Check against another host of the library, or against a profile.",
)
@click.option(
    "--target",
    "patterns",
    type=PATTERN,
    multiple=True,
    metavar="ADDRESS",
    help="Only these clips or stills; repeatable.",
)
@click.option(
    "--only-unpicked",
    is_flag=True,
    help="Leave clips alone that have a pick, or whose only take is rendered.",
)
@click.option("--write", is_flag=True, help="Change the manifests. Without this, nothing changes.")
def command(
    globals: Globals,
    source: str,
    target: str,
    provider: str | None,
    patterns: tuple[str, ...],
    only_unpicked: bool,
    write: bool,
) -> ExitCode:
    """Show what another model would change: what no longer fits, what each clip or still costs, and where.

    If all clips that take their model from one line change, that line is changed; otherwise each clip's block
    gets its own line. A clip that starts from a still of another model is rendered again. Nothing is rendered
    now: plan and apply do that, and show the price again.
    """
    from sorasync.cli.views.migration_output import migration_json, migration_text
    from sorasync.operations.migrate import migration

    project = globals.project()
    found = migration(
        project, source, target, provider=provider, patterns=patterns, only_unpicked=only_unpicked
    )
    if write:
        found.write(project)
    if globals.json:
        print_json(migration_json(found, written=write))
    else:
        print_lines(migration_text(found, written=write))
    return ExitCode.DONE
