"""`sorasync assets`, a group of commands."""

from __future__ import annotations

import click

from sorasync.cli.app.lazy_commands import LazyGroup

COMMANDS = {
    "move": "Copy every video to a bucket for a team, or back to a disk.",
}


@click.command(
    cls=LazyGroup,
    name="assets",
    package=__name__,
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`sorasync assets COMMAND --help` shows examples.",
)
def command() -> None:
    """Manage the videos and stills of a library."""
