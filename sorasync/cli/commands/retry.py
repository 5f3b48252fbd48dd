"""`sorasync retry`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option

_EXAMPLES = """\b
Examples:
  sorasync retry clip.market
  sorasync retry 'clip.market#2/1' clip.pier
  sorasync retry --failed && sorasync apply
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("addresses", nargs=-1, type=ADDRESS, metavar="[ADDRESS]...")
@click.option("--failed", is_flag=True, help="Everything that failed too often.")
@click.option("--blocked", is_flag=True, help="Everything that the provider refused.")
@lock_option
def command(
    globals: Globals, addresses: tuple[str, ...], failed: bool, blocked: bool, lock_timeout: float
) -> ExitCode:
    """Let the next apply retry renders that were refused or failed too often.

    Nothing is sent now: the next plan shows each render with its price. One more failure stops it again. A
    refused request that is sent unchanged is likely to be refused again, and some providers charge for that.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.views.retry_output import lifted_json, lifted_text
    from sorasync.operations.retry import retry_renders

    if not addresses and not failed and not blocked:
        raise click.UsageError("name an ADDRESS, or give --failed or --blocked")
    wait = waiting(lock_timeout)
    found = retry_renders(globals.project(), addresses, wait, failed=failed, blocked=blocked)
    if globals.json:
        print_json(lifted_json(found))
    else:
        print_lines(lifted_text(found, failed=failed, blocked=blocked))
    return ExitCode.DONE
