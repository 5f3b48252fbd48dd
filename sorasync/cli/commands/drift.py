"""`sorasync drift`."""

from __future__ import annotations

from itertools import chain

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync drift
  sorasync drift --offline --full     # read every file
  sorasync drift --detailed-exitcode --format json

\b
Exit codes with --detailed-exitcode: 0 neither drift nor changes,
2 changes (and perhaps drift), 3 drift only.
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--full", is_flag=True, help="Read every file, even those that look untouched.")
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there is only drift.")
def command(globals: Globals, full: bool, offline: bool, detailed_exitcode: bool) -> ExitCode:
    """Compare the state with the files here and the videos at the provider.

    Nothing is sent, changed or locked. From then on, plans download a file that is missing, damaged or
    edited. A video that expired at the provider is not drift while the file here is intact. Videos
    at the provider that are not recorded here are counted, and listed with --verbose, but are not drift.
    """
    from sorasync.cli.app.exit_code import of_changes
    from sorasync.cli.views.drift_output import drift_json, drift_text
    from sorasync.operations.plan import PlanOptions, make_plan

    options = PlanOptions(refresh=True, full_check=full, offline=offline)
    planned = make_plan(globals.project(), options)
    drift = planned.drift
    assert drift is not None
    if globals.json:
        notices = list(planned.plan.notices)
        print_json({"format_version": 1, "drift": drift_json(drift), "notices": notices})
    else:
        notes = (f"Note: {text}." for text in planned.plan.notices)
        print_lines(chain(drift_text(drift, verbose=globals.verbose), notes))
    return of_changes(planned.plan, drift) if detailed_exitcode else ExitCode.DONE
