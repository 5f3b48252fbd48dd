"""`sorasync unprotect`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here

_EXAMPLES = """\b
Examples:
  sorasync unprotect clip.market
  sorasync unprotect 'clip.market#2'
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
@lock_option
def command(globals: Globals, address: str, lock_timeout: float) -> ExitCode:
    """Lift the protection that the state remembers for an address.

    A clip with `protect = true` stays protected when its block is deleted; this lifts that. While the
    manifest still says so, the next apply protects it again.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.operations.unprotect import unprotect

    found = unprotect(globals.project(), address, waiting(lock_timeout))
    at = found.declared_at
    again = f"{from_here(at.file)}:{at.line}" if at else None
    if globals.json:
        print_json({"format_version": 1, "lifted": list(found.guarded), "protected_again_by": again})
        return ExitCode.DONE
    names = ", ".join(found.guarded)
    if again:
        lifted = f"{names}: the protection is removed from the state. " if names else ""
        print_lines([f"{lifted}{address} stays protected by protect = true at {again}."])
    elif names:
        print_lines([f"{names}: no longer protected."])
    else:
        print_lines([f"{address} is not protected; nothing was changed."])
    return ExitCode.DONE
