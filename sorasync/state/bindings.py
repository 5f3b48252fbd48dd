"""Bindings: which address points to which key."""

from __future__ import annotations

import json
from collections.abc import Collection

from sorasync.state.errors import StateError
from sorasync.state.record import Binding
from sorasync.state.store_table import StoreTable


class Bindings(StoreTable):
    """The store's table of bindings.

    A key may have several addresses, or none: then it is retired.
    """

    def bindings(self) -> dict[str, Binding]:
        """Every address with its binding."""
        rows = self.session.rows("SELECT address, key, protect FROM bindings")
        return {address: Binding(key, bool(protect)) for address, key, protect in rows}

    def binding(self, address: str) -> Binding | None:
        """The binding of one address, or None."""
        if address in self.session.expected_bindings:
            return self.session.expected_bindings[address]
        row = self.session.row("SELECT key, protect FROM bindings WHERE address = ?", (address,))
        return None if row is None else Binding(str(row[0]), bool(row[1]))

    def expect_bindings(self, addresses: Collection[str]) -> None:
        """Read at once what this transaction will ask for one by one. Nobody else writes during it."""
        rows = self.session.rows(
            "SELECT address, key, protect FROM bindings WHERE address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(addresses)),),
        )
        found = {str(address): Binding(str(key), bool(protect)) for address, key, protect in rows}
        self.session.expected_bindings = {address: found.get(address) for address in addresses}

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
            before = self.binding(address)
            guarded = protect if protect is not None else bool(before and before.protect)
            if before == Binding(key, guarded):
                return
            self.session.write(
                "INSERT INTO bindings (address, key, protect) VALUES (?, ?, ?) "
                "ON CONFLICT (address) DO UPDATE SET key = excluded.key, protect = excluded.protect",
                (address, key, guarded),
            )
            self.session.expected_bindings.pop(address, None)
            self.session.write("DELETE FROM dropped WHERE key = ?", (key,))
            self.session.changed()
            if before is None or before.key != key:
                self.log("bound", address, key, run, before=before.key if before else None)
            if guarded != bool(before and before.protect):
                self.log("protected" if guarded else "unprotected", address, key, run)

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
            self.session.expected_bindings.pop(address, None)
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
