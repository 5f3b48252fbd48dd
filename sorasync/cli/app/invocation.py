"""Command line, state session and notices shared by commands that write the state."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.failure import printable

if TYPE_CHECKING:
    from sorasync.state.lock import LockWait


def command_line() -> str:
    """The command as it was typed, for the history."""
    return shlex.join(["sorasync", *sys.argv[1:]])


def notice(text: str) -> None:
    """A sentence on standard error."""
    click.echo(printable(text), err=True)


def waiting(lock_timeout: float) -> LockWait:
    """How this command takes the lock: under its own name, telling the user whom it waits for."""
    from sorasync.state.lock import LockWait

    return LockWait(command_line(), lock_timeout, notice)


def declined(text: str) -> ExitCode:
    """End a command that somebody has answered no to, with a sentence that says so."""
    notice(text)
    return ExitCode.ERROR
