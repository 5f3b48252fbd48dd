"""`sorasync state`, a group of commands."""

from __future__ import annotations

import click

from sorasync.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List what the state knows: addresses, status, keys, ids.",
    "check": "Check that the state is sound.",
    "lock": "Show who holds the state.",
    "unlock": "Take the lock from whoever holds it.",
    "backups": "List the copies of the state.",
    "restore": "Put a copy in the place of the state.",
    "recover": "Rebuild a lost state from the lock file, the videos here and the provider's list.",
    "reconcile": "Settle a contradiction between the state and the lock file.",
    "export": "Write the whole state as JSON.",
    "import": "Fill an empty state from such JSON.",
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
    """Look after the state: what has been paid for, and which addresses stand for it.

    None of these commands sends anything that costs money.
    """
