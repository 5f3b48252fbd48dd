"""Which address points to which key after a change. For transactions."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.plan.change import Change
from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class BindAddresses:
    """When called, binds the addresses of a change to their keys, and unbinds those of a renamed clip."""

    store: Store
    change: Change
    run: int

    def __call__(self) -> None:
        """Bind and unbind."""
        for bind in self.change.binds:
            if bind.origin is not None:
                self.store.unbind(bind.origin, run=self.run)
        for bind in self.change.binds:
            self.store.bind(bind.address, bind.key, run=self.run, protect=bind.protect)


def drop_addresses(store: Store, change: Change, run: int) -> None:
    """Unbind the addresses of a clip that is not wanted any more."""
    for address in change.drops:
        store.unbind(address, run=run)
