"""The lock file as text: one line of JSON for each thing that was paid for.

    {"format": 2, "lineage": "2f…"}
    {"address": "clip.market#1", "key": "4f…", "kind": "create", "model": "sora-2", …, "inputs": {…}}
    {"retired": "clip.market#1", "key": "9c…", …}

A line is complete in itself, and the file is the set of its lines: order, repetition and blank lines mean
nothing. So git can merge two files line by line in every case (`merge=union` in `.gitattributes`); what the
lines of two branches say about one key is brought together when they are read, see `lockfile_merge`.

`address` points to the key; several addresses have a line each. `retired` and `unfinished`
name the last address of an unbound key; `unfinished` is still in flight. `paid_at` is when the request
was sent, in UTC and to the second, so that budgets work without a state; nothing was paid where it is
missing. `status` is left out where it is `stored`; `mismatch` says how a video differs from what was paid
for. What has not ended keeps its exact times.

    {"attempt": "clip.market#1", "key": "4f…", "provider": …, "remote_id": …, "paid_at": …}

An `attempt` is a paid request that the line of its render does not account for: one before a retry, a job
that arrived after another run had gone on, or (with `resends`) one that a gateway sent again by itself.

Nothing in the file changes unless the facts do: there is no date of writing, and no serial, since a counter
would make every merge of two branches a conflict. Lines are sorted by address, so that a diff shows a clip's
old and new render side by side; attempts follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from sorasync.graph.address import natural
from sorasync.graph.key import recoded
from sorasync.state.history import Attempt
from sorasync.state.record import IN_FLIGHT, Binding, Record, Status

# 2: renders only; 3: lines of attempts as well. A file is written in the lowest format that can hold it, so
# that earlier versions read it for as long as they understand it.
FORMAT = 3
_WITHOUT_ATTEMPTS = 2

_HEADER = """\
# What has been paid for, written by sorasync after every apply. Commit it: a fresh clone restores from it.
# Every line stands alone. After a merge keep the lines of both sides, in any order.
"""


@dataclass(frozen=True, slots=True)
class PaidTwice:
    """Two renders of one key: the one in use, and the other one, which is set aside.

    A `spare` one came of a request that another run had sent again: only its attempt is known. `name` is what
    `state reconcile --keep` calls the other one where its id does not say enough.
    """

    address: str
    kept: str
    other: str
    spare: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class LockFile:
    """The durable facts of a state. `sizes` are the bytes of assets by digest, `exts` their extensions.

    `merged` are the lineages of other states that were merged into it, `twice` what the lines of two sides
    contradicted each other about when they were read. `attempts` are the paid requests that the records do
    not account for.
    """

    lineage: str
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    exts: Mapping[str, str] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    twice: tuple[PaidTwice, ...] = field(default=(), compare=False)
    attempts: tuple[Attempt, ...] = ()

    @property
    def lineages(self) -> frozenset[str]:
        """The states that this file continues."""
        return frozenset({self.lineage, *self.merged})


def dumps(lock: LockFile) -> str:
    """The text of a lock file: the same facts always give the same text."""
    lineages = sorted(lock.lineages)
    written = FORMAT if lock.attempts else _WITHOUT_ATTEMPTS
    head = [_HEADER, *(_entry_line({"format": written, "lineage": lineage}) for lineage in lineages)]
    bound = {binding.key for binding in lock.bindings.values()}
    rows = [
        ((natural(address), 0, binding.key), {"address": address}, binding.key, binding.protect)
        for address, binding in lock.bindings.items()
    ]
    for key, record in lock.records.items():
        if key not in bound:
            word = "unfinished" if record.status in IN_FLIGHT else "retired"
            rows.append(((natural(record.address), 1, key), {word: record.address}, key, False))
    rows.sort(key=lambda row: row[0])
    lines = (_record_line(place, lock.records[key], protect, lock) for _, place, key, protect in rows)
    return "".join([*head, *lines, *sorted(_entry_line(_attempt_facts(one)) for one in lock.attempts)])


def _attempt_facts(attempt: Attempt) -> dict[str, object]:
    stored = attempt.outcome == Status.STORED
    unbilled = attempt.outcome in (Status.FAILED, Status.BLOCKED)
    return {
        "attempt": attempt.address,
        "key": attempt.key,
        "seconds": attempt.seconds,
        "provider": attempt.provider,
        "status": None if stored else attempt.outcome,
        "rendered": True if unbilled and attempt.rendered_at is not None else None,
        "remote_id": attempt.remote_id,
        "cost_usd": attempt.estimate_usd,
        "reported_usd": attempt.reported_usd,
        "resends": attempt.resends or None,
        "paid_at": _moment(attempt.at),
    }


def _record_line(place: Mapping[str, object], record: Record, protect: bool, lock: LockFile) -> str:
    facts = {**place, **dict(_record_facts(record, protect, lock))}
    return f"{_entry_line(facts)[:-2]}, {_inputs(record.inputs)}}}\n"


def _record_facts(record: Record, protect: bool, lock: LockFile) -> Iterator[tuple[str, object]]:
    if protect:
        yield "protect", True
    yield "key", record.key
    yield "kind", record.kind
    yield "model", record.model
    yield "size", record.size
    yield "seconds", record.seconds
    yield "billed_seconds", record.billed_seconds
    yield "source", record.source_key
    yield "provider", record.provider
    if record.status is not Status.STORED:
        yield "status", record.status.value
    yield "remote_id", record.remote_id
    yield "cost_usd", record.cost_usd
    yield "reported_usd", record.reported_usd
    yield "attempts", record.attempts
    yield "paid_at", _moment(record.intent_at)
    if record.status is not Status.STORED:
        yield from _unsettled(record)
    if record.asset is not None:
        yield "asset", record.asset
        yield "bytes", lock.sizes.get(record.asset)
        yield "ext", lock.exts.get(record.asset) or None
        yield "mismatch", record.mismatch


def _unsettled(record: Record) -> Iterator[tuple[str, object]]:
    if record.status in IN_FLIGHT:
        yield "intent_at", record.intent_at
    yield "submitted_at", record.submitted_at
    yield "rendered_at", record.rendered_at
    yield "expires_at", record.expires_at
    yield "batch_id", record.batch_id
    yield "request", None if record.request == "{}" else record.request
    yield "error_stage", record.error_stage
    yield "error_code", record.error_code
    yield "error_message", record.error_message


def _entry_line(facts: Mapping[str, object]) -> str:
    known = {name: _json_value(value) for name, value in facts.items() if value is not None}
    return json.dumps(known, ensure_ascii=False) + "\n"


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _inputs(text: str) -> str:
    """The inputs as an object, for people who read a diff; as text where that would change a byte of them."""
    readable = recoded(text) == text
    return f'"inputs": {text if readable else json.dumps(text, ensure_ascii=False)}'


def _moment(at: float | None) -> str | None:
    """A Unix time to the second, None if there is none or no calendar goes that far."""
    try:
        return None if at is None else f"{datetime.fromtimestamp(int(at), UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, OSError, ValueError):
        return None
