"""Bindings: which address points to which key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial

from sorasync.state.errors import StateError
from sorasync.state.record import Binding
from sorasync.state.row_writes import ADD_EVENT, BIND, UNDROP
from sorasync.state.store_table import StoreTable


class Bindings(StoreTable):
    """The store's table of bindings.

    A key may have several addresses, or none: then it is retired.
    """

    def bindings(self, same: Mapping[str, str] | None = None) -> dict[str, Binding]:
        """Every address with its binding. `same` has texts to use in the place of equal ones."""
        rows = self.session.stream("SELECT address, key, protect FROM bindings")
        # As fast as it gets: see `_briefs`.
        binding = partial(tuple.__new__, Binding)
        if not same:
            return {address: binding((key, protect == 1)) for address, key, protect in rows}
        get = same.get
        return {
            get(address, address): binding((get(key, key), protect == 1)) for address, key, protect in rows
        }

    def bindings_of(self, addresses: Iterable[str]) -> dict[str, Binding]:
        """As `bindings`, for some addresses."""
        rows = self.session.rows(
            "SELECT address, key, protect FROM bindings WHERE address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(addresses)),),
        )
        return {address: Binding(key, bool(protect)) for address, key, protect in rows}

    def binding(self, address: str) -> Binding | None:
        """The binding of one address, or None."""
        row = self.session.row("SELECT key, protect FROM bindings WHERE address = ?", (address,))
        return None if row is None else Binding(str(row[0]), bool(row[1]))

    def addresses_of(self, key: str) -> list[str]:
        """The addresses that point to a key, sorted."""
        rows = self.session.rows("SELECT address FROM bindings WHERE key = ? ORDER BY address", (key,))
        return [str(row[0]) for row in rows]

    def protected(self) -> set[str]:
        """The addresses that may be neither retired nor replaced."""
        return {str(row[0]) for row in self.session.rows("SELECT address FROM bindings WHERE protect = 1")}

    def bind(self, address: str, key: str, *, run: int | None, protect: bool | None = None) -> None:
        """Bind an address to a key that has a record.

        `protect` None leaves the address's protection as it is. Repeating a binding changes
        nothing. Raises `StateError` if the key has no record.
        """
        with self.session.transaction():
            self._require_record(address, key)
            # What raises the serial anyway need not ask first: the statements write what is new.
            if protect is None or not self.session.has_changed:
                before = self.binding(address)
                protect = bool(before and before.protect) if protect is None else protect
                if before == Binding(key, protect):
                    return
            now = self.session.clock.now()
            self.session.put(BIND, (address, key, int(protect)))
            self.session.put(UNDROP, (key,))
            self.session.changed()
            for what in ("bound", "protected" if protect else "unprotected"):
                self.session.put(ADD_EVENT, (now, what, run, address, key, None))

    def dropped(self) -> set[str]:
        """Keys of retired records that others have deleted from the lock file."""
        return {str(row[0]) for row in self.session.rows("SELECT key FROM dropped")}

    def protect(self, address: str, protect: bool, *, run: int | None) -> None:
        """Protect an address, or lift its protection. Raises `StateError` for an unknown address."""
        with self.session.transaction():
            self.bind(address, self._require(address).key, run=run, protect=protect)

    def unbind(self, address: str, run: int | None = None) -> None:
        """Remove an address's binding; its record stays, retired. An unknown address is ignored."""
        with self.session.transaction():
            before = self.binding(address)
            if before is None:
                return
            self.session.write("DELETE FROM bindings WHERE address = ?", (address,))
            self.session.changed()
            self.log("unbound", address, before.key, run)

    def _require(self, address: str) -> Binding:
        binding = self.binding(address)
        if binding is None:
            raise StateError(f"the state has no {address}", hint="`sorasync state list` shows its addresses")
        return binding

    def _require_record(self, address: str, key: str) -> None:
        if self.session.own_records.get(key) is not None:
            return
        if self.session.row("SELECT 1 FROM records WHERE key = ?", (key,)) is None:
            raise StateError(f"{address} cannot point to {key[:12]}, which has no record")
