"""Renders that were paid for twice by accident, for as long as both are known."""

from __future__ import annotations

from dataclasses import replace

from sorasync.state.lockfile_text import PaidTwice
from sorasync.state.record import Record
from sorasync.state.store import Store
from sorasync.state.two_renders_of_a_key import job_of, own_key

EVENT = "paid twice"


def paid_twice(store: Store) -> list[PaidTwice]:
    """One entry for each surplus render, oldest first.

    Either two sides paid for one key, and a record of its own holds the other render until `gc`; or an id
    came for a key that another run had gone on with, and only an attempt holds it.
    """
    found: dict[tuple[str, str], PaidTwice] = {}
    for event in store.events(what=EVENT):
        spare = "remote_id" in event.data
        bound = None if event.address is None else store.binding(event.address)
        key = event.key if spare else bound.key if bound else None
        record = None if key is None else store.record(key)
        ids = [str(event.data[name]) for name in ("kept", "other", "remote_id") if name in event.data]
        other = next((one for one in reversed(ids) if record is None or one != record.remote_id), None)
        if event.address is None or record is None or not ids:
            continue
        other = other or ids[-1]
        if spare or _is_aside(store, record, other):
            found[event.address, other] = PaidTwice(event.address, job_of(record), other, spare)
    return [one if one.spare else replace(one, name=_name(store, one)) for one in found.values()]


def _is_aside(store: Store, record: Record, remote_id: str) -> bool:
    """Whether a render with that id, at any host, has given up the key of a record."""
    return any(own_key(one) == record.key for one in store.records_of_job(remote_id))


def _name(store: Store, one: PaidTwice) -> str:
    """What `Records.prefer` calls the other render."""
    asides = [kept for kept in store.records_of_job(one.other) if own_key(kept) is not None]
    return one.other if len(asides) == 1 else f"{one.address}:{one.other}"
