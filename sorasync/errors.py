"""The base of every error a command may end with.

Core code raises these with plain words; only the command line chooses colours and exit codes
(`sorasync.cli.app.exit_code`).
"""

from __future__ import annotations


class SorasyncError(Exception):
    """Something a user can act on.

    `message` says what is wrong in one sentence; `hint` is the next command or edit to try, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refused(SorasyncError):
    """A limit or a protection forbids it; nothing was changed."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came: everything ends as with Ctrl-C, only the exit code tells them apart."""
