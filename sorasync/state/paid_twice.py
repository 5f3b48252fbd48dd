"""Renders that were paid for twice by accident, for as long as both are known."""

from __future__ import annotations

from sorasync.state.lockfile_text import PaidTwice
from sorasync.state.store import Store
from sorasync.state.two_renders_of_a_key import job_of

EVENT = "paid twice"


def paid_twice(store: Store) -> list[PaidTwice]:
    """One entry for each surplus render, oldest first.

    Either two sides paid for one key, and a record of its own holds the other render until `gc`; or an id
    came for a key that another run had gone on with, and only an attempt holds it.
    """
    found: dict[str, PaidTwice] = {}
    for event in store.events(what=EVENT):
        spare = "remote_id" in event.data
        bound = None if event.address is None else store.binding(event.address)
        key = event.key if spare else bound.key if bound else None
        record = None if key is None else store.record(key)
        ids = [str(event.data[name]) for name in ("kept", "other", "remote_id") if name in event.data]
        other = next((one for one in reversed(ids) if record is None or one != record.remote_id), None)
        if event.address is None or record is None or other is None:
            continue
        if spare or store.holds_job(other, record.provider):
            found[other] = PaidTwice(event.address, job_of(record), other, spare)
    return list(found.values())
