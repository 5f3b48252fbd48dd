"""`sorasync state`, a group of commands."""

from __future__ import annotations

import click

from sorasync.cli.app.lazy_commands import LazyGroup

COMMANDS = {
    "list": "List what the state knows: addresses, status, keys, ids.",
    "check": "Check that the state is sound.",
    "lock": "Show who holds the state lock.",
    "unlock": "Remove the lock of a dead run.",
    "backups": "List the backups of the state.",
    "restore": "Replace the state with a backup.",
    "recover": "Rebuild a lost state from the lock file, the videos here and the provider's list.",
    "reconcile": "Settle a conflict between the state and the lock file.",
    "export": "Write the state as JSON.",
    "import": "Fill an empty state from exported JSON.",
    "move": "Copy the state into another database: PostgreSQL for a team, or back.",
}


@click.command(
    cls=LazyGroup,
    name="state",
    package=__name__,
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`sorasync state COMMAND --help` shows examples.",
)
def command() -> None:
    """Manage the state: what has been paid for, and which address points to it.

    None of these commands sends anything that costs money.
    """
