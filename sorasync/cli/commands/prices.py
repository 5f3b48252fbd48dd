"""`sorasync prices`, and `sorasync prices sync`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import hosts

_EXAMPLES = """\b
Examples:
  sorasync prices
  sorasync prices --used
  sorasync prices sync model_prices_and_context_window.json
  sorasync prices sync prices.json --provider vertex_ai
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("sync", required=False, type=click.Choice(["sync"]), metavar="[sync")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="FILE]")
@click.option("--used", is_flag=True, help="Only models and sizes of the manifests, unknown prices included.")
@click.option("--provider", metavar="NAME", help="The host's name in the price map, e.g. vertex_ai.")
@click.option(
    "--host",
    metavar="NAME",
    shell_complete=hosts,
    help="With `sync`: the host of [providers] whose prices are read. Default: that of [provider].",
)
def command(
    globals: Globals,
    sync: str | None,
    file: Path | None,
    used: bool,
    provider: str | None,
    host: str | None,
) -> ExitCode:
    """Show the prices that plans use, each with its source and date.

    With `sync FILE`, reads the video models of this library's host from LiteLLM's published price map, and
    writes them to prices.toml beside sorasync.toml, for a person to review and commit. Prices under [prices]
    in sorasync.toml override these, and these override the profile's. Nothing is fetched while planning.
    """
    if (sync is None) != (file is None):
        raise click.UsageError("name the file: sorasync prices sync FILE")
    if file is None:
        if provider is not None or host is not None:
            raise click.UsageError("--provider and --host go with `sync`")
        return _show_prices(globals, used)
    if used:
        raise click.UsageError("--used does not go with `sync`")
    from sorasync.cli.views.price_output import sync_json, sync_text
    from sorasync.operations.price_map import sync_prices

    found = sync_prices(globals.project(), file, provider, host)
    if globals.json:
        print_json(sync_json(found))
    else:
        print_lines(sync_text(found, quiet=globals.quiet))
    return ExitCode.DONE


def _show_prices(globals: Globals, used: bool) -> ExitCode:
    from sorasync.cli.views.price_output import prices_json, prices_text
    from sorasync.operations.prices import price_list

    project = globals.project()
    found = price_list(project, used=used)
    if globals.json:
        print_json(prices_json(found, project.profile))
    else:
        print_lines(prices_text(found, project.profile))
    return ExitCode.DONE
