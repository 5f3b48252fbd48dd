"""The durable part of the state: what the lock file stores and what two copies are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sorasync.state.lockfile_merge import names
from sorasync.state.lockfile_text import LockFile
from sorasync.state.record import DONE, IN_FLIGHT, Record, Status
from sorasync.state.rows import FIELDS, SELECT, record_of
from sorasync.state.store import Store

_KEY, _ADDRESS, _STATUS = (FIELDS.index(name) for name in ("key", "address", "status"))
_REQUEST, _PROGRESS = FIELDS.index("request"), FIELDS.index("progress")
_INTENT_AT, _RENDERED_AT = FIELDS.index("intent_at"), FIELDS.index("rendered_at")
_REPORTED = FIELDS.index("reported_usd")
_ALWAYS = tuple(FIELDS.index(name) for name in ("run", "stored_at"))
_ENDED = tuple(FIELDS.index(name) for name in ("batch_id", "submitted_at", "rendered_at", "expires_at"))
_SETTLED = tuple(FIELDS.index(name) for name in ("error_stage", "error_code", "error_message"))


def facts(store: Store) -> LockFile:
    """What the lock file would say about the state now."""
    with store.snapshot():
        bindings, assets, lineage = store.bindings(), store.assets(), store.lineage
        rows = store.session.rows(SELECT)
        dropped = store.dropped()
    named = names(bindings)
    records = {
        row[_KEY]: _lasting(list(row), named)
        for row in rows
        if row[_KEY] not in dropped or Status(row[_STATUS]) in IN_FLIGHT
    }
    used = {record.asset for record in records.values()}
    kept = [asset for asset in assets.values() if asset.sha256 in used]
    sizes = {asset.sha256: asset.size for asset in kept}
    return LockFile(
        lineage,
        bindings,
        records,
        sizes,
        {asset.sha256: asset.ext for asset in kept},
        attempts=store.beside_records(records),
    )


def _lasting(values: list[Any], named: Mapping[str, str]) -> Record:
    """A row of `SELECT` as a record without runs, progress, and the times and errors of what has ended."""
    status = Status(values[_STATUS])
    values[_ADDRESS] = named.get(values[_KEY], values[_ADDRESS])
    values[_PROGRESS] = 100 if status in DONE else 0
    _blank(values, _ALWAYS)
    if status not in IN_FLIGHT:
        values[_REQUEST] = "{}"
        values[_INTENT_AT] = _paid_at(values, status)
        _blank(values, _ENDED)
    if status in (Status.STORED, Status.LOST):
        _blank(values, _SETTLED)
    return record_of(values)


def _paid_at(values: list[Any], status: Status) -> float | None:
    """When what has ended was paid for, to the second; None where nothing was."""
    at = values[_INTENT_AT]
    charged = values[_RENDERED_AT] is not None or values[_REPORTED] is not None
    if at is None or (status in (Status.FAILED, Status.BLOCKED) and not charged):
        return None
    return float(int(at))


def _blank(values: list[Any], positions: tuple[int, ...]) -> None:
    for position in positions:
        values[position] = None
