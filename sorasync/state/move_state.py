"""Moves a whole state into another database, and compares both row by row before it counts."""

from __future__ import annotations

from sorasync.state.copy_tables import copy_tables, differences, refuse_filled
from sorasync.state.errors import StateError
from sorasync.state.store import Store


def copy_state(source: Store, target: Store) -> None:
    """Copy everything but the lock into an empty state, which keeps nothing where a row differs.

    Raises `StateError`. The source is left as it is.
    """
    here, there = source.session.database, target.session.database
    with source.snapshot(), target.transaction():
        refuse_filled(there)
        copy_tables(here, there)
        found = list(differences(here, there))
        if found:
            raise StateError(
                f"the copy in {there.name} differs: {'; '.join(found)}",
                hint="nothing was moved; the state is where it was",
            )
