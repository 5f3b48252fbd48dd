"""`sorasync state restore`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import backups
from sorasync.cli.arguments.lock_option import lock_option

_EXAMPLES = """\b
Examples:
  sorasync state backups
  sorasync state restore 1
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("number", type=click.IntRange(1), metavar="N", shell_complete=backups)
@lock_option
def command(globals: Globals, number: int, lock_timeout: float) -> ExitCode:
    """Replace the state with backup N, as `sorasync state backups` numbers them.

    The previous state is kept beside the backups. Renders recorded since the backup come back from the lock
    file by themselves, if the library keeps one, and otherwise with `sorasync state recover`.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.operations.state_command import restore_state

    project = globals.project()
    aside = restore_state(project, number, waiting(lock_timeout))
    shown = None if aside is None else _relative_path(str(aside), str(project.root))
    if globals.json:
        print_json({"format_version": 1, "restored": number, "kept": shown})
        return ExitCode.DONE
    lines = [f"Backup {number} is restored."]
    if shown:
        lines.append(f"The previous state is kept as {shown}.")
    print_lines([*lines, "Next: sorasync state recover, then sorasync plan."])
    return ExitCode.DONE


def _relative_path(path: str, root: str) -> str:
    return path.removeprefix(root).lstrip("/\\")
