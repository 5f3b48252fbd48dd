"""The base of every error a command may end with.

Core code raises these with plain words; only the command line chooses colours and exit codes
(`sorasync.cli.app.exit_code`).
"""

from __future__ import annotations

# How messages call the setting that says where the state is.
STATE_URL = "[state] url"


class SorasyncError(Exception):
    """Something a user can act on.

    `message` says what is wrong in one sentence; `hint` is the next command or edit to try, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def text(self) -> str:
        """The message with the hint, for where there is one line for both."""
        return self.message if self.hint is None else f"{self.message}; {self.hint}"


def blame_option(error: SorasyncError, option: str) -> None:
    """Let an error about the URL of a state name the option that gave it, not the configuration."""
    error.message = error.message.replace(STATE_URL, option)
    error.hint = error.hint and error.hint.replace(STATE_URL, option)


class Refused(SorasyncError):
    """A limit or a protection forbids it; nothing was changed."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came: everything ends as with Ctrl-C, only the exit code tells them apart."""
