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


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal, unless `yes`. Raises `SorasyncError` where this is not a terminal."""
    if yes:
        return True
    if not sys.stdin.isatty():
        from sorasync.errors import SorasyncError

        raise SorasyncError("this needs confirmation, and this is not a terminal", hint="pass --yes")
    return click.confirm(question, default=False, err=True)


def declined(text: str, *, json: bool) -> ExitCode:
    """End a command that somebody has answered no to, with a sentence that says so.

    Raises `SorasyncError` where the output is JSON: that is a document in any case.
    """
    if json:
        from sorasync.errors import SorasyncError

        raise SorasyncError(f"not confirmed: {text[0].lower()}{text[1:].rstrip('.')}")
    notice(text)
    return ExitCode.ERROR
