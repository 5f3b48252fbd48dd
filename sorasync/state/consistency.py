"""Checks a state: the file itself, and that its tables agree."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.graph.key import digest
from sorasync.state.record import IN_FLIGHT, Record, Status
from sorasync.state.store import Store

# Most faults of the file to list.
_DAMAGE = 20


def faults(store: Store) -> list[str]:
    """Everything that is wrong, one sentence each."""
    found = list(_check_database(store))
    if found:
        return found
    with store.snapshot():
        records, bindings = store.every_record(), store.bindings()
        assets = set(store.assets())
    keys = {record.key for record in records}
    for record in records:
        found.extend(
            f"{record.address} ({record.key[:12]}) {fault}" for fault in _check_record(record, assets)
        )
    found.extend(
        f"{address} points to {binding.key[:12]}, which has no record"
        for address, binding in sorted(bindings.items())
        if binding.key not in keys
    )
    return found + list(_shared_ids(records))


def _check_database(store: Store) -> Iterator[str]:
    yield from store.session.faults(_DAMAGE)
    texts = store.session.row("SELECT count(*) FROM records WHERE key NOT IN (SELECT key FROM inputs)")
    if texts is not None and texts[0]:
        yield f"{texts[0]} records have lost their inputs"


def _check_record(record: Record, assets: set[str]) -> Iterator[str]:
    if digest(record.inputs) != record.key:
        yield "has a key that is not the digest of its inputs"
    video = record.kind != "character"
    if record.status is Status.STORED and video and record.asset is None:
        yield "is stored without a file"
    if record.status is Status.STORED and not video and record.remote_id is None:
        yield "is a character without an id"
    if record.asset is not None and record.asset not in assets:
        yield f"has a file that is not listed ({record.asset[:12]})"
    sent = record.status in IN_FLIGHT - {Status.INTENT, Status.UNKNOWN, Status.BATCHED}
    if sent and record.remote_id is None:
        yield f"is {record.status.value} without an id of the provider"


def _shared_ids(records: list[Record]) -> Iterator[str]:
    """Two renders cannot be one job; only an accepted record is a copy, of the same file."""
    seen: dict[tuple[str, str], Record] = {}
    for record in records:
        if record.remote_id is None:
            continue
        other = seen.setdefault((record.provider, record.remote_id), record)
        if other is not record and other.asset != record.asset:
            yield (
                f"{other.address} ({other.key[:12]}) and {record.address} ({record.key[:12]}) "
                f"both claim {record.remote_id}"
            )
