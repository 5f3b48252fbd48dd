"""`sorasync accept`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.operations.accept import Acceptance

_EXAMPLES = """\b
Examples:
  sorasync accept clip.market --reason "a typo in the prompt"
  sorasync accept 'clip.market#2' --reason "the model was renamed" --yes
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why no new render is needed; kept in the history."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@lock_option
def command(globals: Globals, address: str, reason: str, yes: bool, lock_timeout: float) -> ExitCode:
    """Accept the existing render for a changed declaration, without rendering.

    For changes that do not matter to the picture: a typo in a prompt, a model that was renamed or retired.
    Renders made from it are accepted too if nothing else about them changed; the whole chain is shown first.
    The earlier record is kept, so that reverting the change costs nothing either.
    """
    from sorasync.cli.app.invocation import declined, waiting
    from sorasync.cli.terminal.ask_yes_no import agreed
    from sorasync.cli.views.accept_output import acceptance_json, acceptance_text
    from sorasync.operations.accept import accept_renders

    if not reason.strip():
        raise click.UsageError("--reason must not be empty")

    def shown_and_agreed(found: Acceptance, graph: Graph) -> bool:
        if not globals.json:
            print_lines(acceptance_text(found, graph))
        what = f"accept {counted(len(found.accepted), 'render')} as up to date"
        return yes or agreed("Accept this without rendering?", what=what, json=globals.json)

    found = accept_renders(globals.project(), address, reason, waiting(lock_timeout), shown_and_agreed)
    if found is None:
        return declined("Nothing was changed.")
    if globals.json:
        print_json(acceptance_json(found, reason.strip()))
    else:
        print_lines([f"Accepted {len(found.accepted)}; nothing was rendered."])
    return ExitCode.DONE
