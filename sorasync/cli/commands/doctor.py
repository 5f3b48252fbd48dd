"""`sorasync doctor`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync doctor
  sorasync doctor --env prod --format json
  sorasync doctor --offline
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
def command(globals: Globals, offline: bool) -> ExitCode:
    """Check the provider and this machine, without spending anything.

    The provider is only sent GET requests that cost nothing. Whether a paid route exists is read from the
    host's own description or from its answer to a GET; what only a paid request could show is listed as
    unknown. Exits with 1 when something is wrong; warnings do not count.
    """
    from sorasync.cli.views.doctor_output import doctor_json, doctor_text
    from sorasync.doctor.checks import examine

    checkup = examine(globals.project(), offline=offline)
    if globals.json:
        print_json(doctor_json(checkup))
    else:
        print_lines(doctor_text(checkup, quiet=globals.quiet))
    return ExitCode.DONE if checkup.healthy else ExitCode.ERROR
