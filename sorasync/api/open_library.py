"""What every part of the Python library starts from: an opened library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.operations.project import Project

if TYPE_CHECKING:
    from sorasync.state.lock import LockWait


class OpenLibrary:
    """One library in one environment. Files are read anew by every method: nothing is kept between calls.

    `notice` hears the sentences that the command line prints on standard error.
    """

    def __init__(
        self, root: Path, env: str | None = None, notice: Callable[[str], object] | None = None
    ) -> None:
        self.root = root
        self.env = env
        self._heard = notice

    def _project(self) -> Project:
        return Project.open(self.root, self.env)

    def _waiting(self, method: str, lock_timeout: float) -> LockWait:
        """How a method takes the state's lock: under its own name, which the history shows."""
        from sorasync.state.lock import LockWait

        return LockWait(f"sorasync.Library.{method}", lock_timeout, self._notice)

    def _notice(self, text: str) -> None:
        if self._heard is not None:
            self._heard(text)
