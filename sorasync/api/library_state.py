"""`Library.state`: looks after the state itself, as `sorasync state` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.api.open_library import OpenLibrary
from sorasync.api.outside_loop import outside_loop

if TYPE_CHECKING:
    from sorasync.operations.recover import Recovered
    from sorasync.operations.state_command import Agreement, LockHolder, StateHealth
    from sorasync.operations.state_view import StateRow
    from sorasync.state.backup import Backup


class LibraryState(OpenLibrary):
    """What has been paid for, and which address points to it. Nothing here sends what costs money."""

    def rows(self, pattern: str | None = None, *, everything: bool = False) -> tuple[StateRow, ...]:
        """The record of every address and every render in flight; with `everything` retired ones too."""
        from sorasync.operations.state_view import rows

        return tuple(rows(self._project(), pattern, everything=everything))

    def check(self) -> StateHealth:
        """Whether the state is sound: `faults` is empty then."""
        from sorasync.operations.state_command import check_state

        return check_state(self._project())

    def lock(self) -> LockHolder | None:
        """Who holds the lock, or the first apply at work in a shared state; None if nobody does."""
        from sorasync.operations.state_command import lock_holders

        return next(iter(lock_holders(self._project())), None)

    def unlock(self, lock: str) -> None:
        """Remove the lock of a dead run, by the id that `lock` gives."""
        from sorasync.operations.state_command import unlock_state

        unlock_state(self._project(), lock)

    def backups(self) -> tuple[Backup, ...]:
        """The backups, latest first."""
        from sorasync.operations.state_command import state_backups

        return tuple(state_backups(self._project()))

    def restore(self, number: int, *, lock_timeout: float = 0.0) -> Path | None:
        """Replace the state with a backup; where the state before it is kept."""
        from sorasync.operations.state_command import restore_state

        return restore_state(self._project(), number, self._waiting("state.restore", lock_timeout))

    def recover(self, *, anew: bool = False, offline: bool = False, lock_timeout: float = 0.0) -> Recovered:
        """Rebuild a lost state from the lock file, the videos here and the provider's list."""
        from sorasync.operations.recover import recover_state

        waiting = self._waiting("state.recover", lock_timeout)
        return outside_loop(lambda: recover_state(self._project(), waiting, anew=anew, offline=offline))

    def reconcile(self, keep: str, *, lock_timeout: float = 0.0) -> Agreement:
        """Settle a conflict between the state and the lock file: `lock`, `state`, or a render's id."""
        from sorasync.operations.state_command import reconcile_state

        return reconcile_state(self._project(), keep, self._waiting("state.reconcile", lock_timeout))

    def export(self) -> str:
        """The whole state as sorted JSON."""
        from sorasync.operations.state_command import exported_state

        return exported_state(self._project())

    def move(
        self, url: str | None = None, *, source: str | None = None, lock_timeout: float = 0.0
    ) -> StateHealth:
        """Copy a state into an empty one, SQLite or PostgreSQL; every row is compared.

        `url` is where to, `source` where from; what is left out is the library's.
        """
        from sorasync.operations.state_command import move_state

        return move_state(self._project(), url, self._waiting("state.move", lock_timeout), source=source)

    def fill(self, text: str, *, lock_timeout: float = 0.0) -> StateHealth:
        """Fill an empty state from exported JSON."""
        from sorasync.operations.state_command import fill_state

        return fill_state(self._project(), text, self._waiting("state.fill", lock_timeout))
