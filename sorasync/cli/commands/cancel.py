"""`sorasync cancel`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import counted

_EXAMPLES = """\b
Examples:
  sorasync cancel                       # only list them
  sorasync cancel clip.market
  sorasync cancel 'clip.act1-*' --yes
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@lock_option
def command(globals: Globals, patterns: tuple[str, ...], yes: bool, lock_timeout: float) -> ExitCode:
    """Cancel renders in progress at the provider.

    First shows what each render is charged if you cancel it: some hosts refund it, some only while it is
    queued, some never. A cancelled render is not sent again until `sorasync retry` allows it. Without
    ADDRESS, it only lists the renders in progress. ADDRESS takes * and ?. Stop a running apply first.
    """
    from sorasync.cli.app.invocation import declined, waiting
    from sorasync.cli.terminal.ask_yes_no import agreed
    from sorasync.cli.views.cancel_output import cancelled_text, cancelling_json, in_progress_text
    from sorasync.operations.cancel import CancelEnd, cancel, in_progress

    project = globals.project()
    found = in_progress(project, patterns)
    possible = [one for one in found if one.why_not is None]
    if not globals.json:
        print_lines(in_progress_text(found, asked=bool(patterns), several=project.hosts.several))
    if not patterns:
        if globals.json:
            print_json(cancelling_json(found, ()))
        return ExitCode.DONE
    what = f"cancel {counted(len(possible), 'render')}"
    if possible and not yes and not agreed(f"Really {what}?", what=what, json=globals.json):
        return declined("Nothing was cancelled.")
    ended = cancel(project, found, waiting(lock_timeout))
    if globals.json:
        print_json(cancelling_json(found, ended))
    else:
        print_lines(cancelled_text(ended))
    done = all(one.end is CancelEnd.CANCELLED for one in ended)
    return ExitCode.DONE if done and len(possible) == len(found) else ExitCode.PARTIAL
