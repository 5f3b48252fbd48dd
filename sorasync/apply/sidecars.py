"""The JSON notes beside videos: records to notes, notes to records, and missing notes written again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Container, Mapping
from decimal import Decimal

from sorasync.assets.sidecar import Sidecar, write_sidecar
from sorasync.assets.store import MAIN, AssetStore
from sorasync.graph.key import digest
from sorasync.state.record import Brief, Record, Status
from sorasync.state.rows import fields_of
from sorasync.state.store import Store


def sidecar_of(record: Record) -> Sidecar:
    """The note beside a stored record's video."""
    assert record.asset is not None
    return Sidecar(
        sha256=record.asset,
        key=record.key,
        address=record.address,
        remote_id=record.remote_id,
        provider=record.provider,
        model=record.model,
        size=record.size,
        seconds=record.seconds,
        prompt=fields_of(record.request).get("prompt"),
        cost_usd=record.cost_usd,
        run=record.run,
        kind=record.kind,
        source_key=record.source_key,
        inputs=record.inputs,
        paid_at=record.intent_at,
    )


def record_of(sidecar: Sidecar) -> Record | None:
    """The stored record in a note; None if its key is not the digest of its inputs."""
    if sidecar.inputs is None or sidecar.kind is None or digest(sidecar.inputs) != sidecar.key:
        return None
    cost = sidecar.cost_usd
    return Record(
        key=sidecar.key,
        kind=sidecar.kind,
        status=Status.STORED,
        address=sidecar.address,
        inputs=sidecar.inputs,
        request=json.dumps({"prompt": sidecar.prompt or ""}, ensure_ascii=False),
        source_key=sidecar.source_key,
        provider=sidecar.provider,
        remote_id=sidecar.remote_id,
        model=sidecar.model,
        size=sidecar.size,
        seconds=sidecar.seconds,
        cost_usd=None if cost is None else Decimal(cost),
        asset=sidecar.sha256,
        progress=100,
        attempts=1,
        intent_at=sidecar.paid_at,
    )


def note_again(
    assets: AssetStore,
    store: Store,
    briefs: Mapping[str, Brief],
    objects: Container[str],
    noted: Container[str],
) -> None:
    """Write the missing notes of stored videos, after an earlier write failed.

    `objects` are the file names in the store, `noted` the digests with a sidecar. A write that fails again
    is left to the next time: the state knows it all the same.
    """
    bare = [
        key
        for key, brief in briefs.items()
        if brief.status is Status.STORED
        and brief.asset is not None
        and brief.asset not in noted
        and any(brief.asset + suffix in objects for suffix in MAIN)
    ]
    with contextlib.suppress(OSError):
        for record in store.records(bare).values() if bare else ():
            write_sidecar(assets, sidecar_of(record))
