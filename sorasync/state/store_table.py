"""The base of the store's tables: the session and the log."""

from __future__ import annotations

from sorasync.state.row_writes import ADD_EVENT
from sorasync.state.rows import text_of
from sorasync.state.session import Session


class StoreTable:
    """Base class of the parts of a `Store`. `session` is for the modules of this package."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def log(
        self,
        what: str,
        address: str | None = None,
        key: str | None = None,
        run: int | None = None,
        **data: object,
    ) -> None:
        """Add a line to the log; `data` must be JSON, or money. It can never be changed afterwards."""
        with self.session.transaction():
            self.session.put(ADD_EVENT, (self.session.clock.now(), what, run, address, key, text_of(data)))
