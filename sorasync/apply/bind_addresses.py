"""Which address points to which key after a change. For transactions."""

from __future__ import annotations

from sorasync.plan.change import Change
from sorasync.state.store import Store


def bind_addresses(store: Store, change: Change, run: int) -> None:
    """Bind the addresses to their keys, and unbind the old addresses of a renamed clip."""
    for bind in change.binds:
        if bind.origin is not None:
            store.unbind(bind.origin, run=run)
    for bind in change.binds:
        store.bind(bind.address, bind.key, run=run, protect=bind.protect)


def drop_addresses(store: Store, change: Change, run: int) -> None:
    """Unbind the addresses of a clip that is not wanted any more."""
    for address in change.drops:
        store.unbind(address, run=run)
