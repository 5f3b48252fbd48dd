"""Two renders of one key: which one is used, and how the other one is kept.

Both were paid for, so neither is forgotten. What gives its key up gets one of its own, made from the same
inputs and the job's id; its video, its cost and its id stay known, and `gc` deletes it like any retired one.
"""

from __future__ import annotations

from dataclasses import replace

from sorasync.graph.key import digest, encoded
from sorasync.state.record import DONE, IN_FLIGHT, Record, Status
from sorasync.state.rows import fields_of

_NEVER = float("inf")
_MARK = "superseded"


def two_renders(one: Record, other: Record) -> bool:
    """Whether two records of a key are two different renders; two hosts may have given the same id."""
    if None not in (one.remote_id, other.remote_id) and _job(one) != _job(other):
        return True
    return None not in (one.asset, other.asset) and one.asset != other.asset


def first_paid(record: Record) -> tuple[object, ...]:
    """Sorts the renders of one key, the one in use first."""
    rank = 0 if record.status in DONE else 1 if record.status in IN_FLIGHT else 2
    paid_at = _NEVER if record.intent_at is None else record.intent_at
    return rank, paid_at, record.provider, record.remote_id or "", record.asset or ""


def set_aside(record: Record, beside: Record | None = None) -> Record:
    """The record under a new key, which is the same on every machine.

    `beside` is the other render of its key: where it has the same id at another host, the host tells them
    apart.
    """
    inputs: dict[str, object] = fields_of(record.inputs)
    mark: object = record.remote_id or record.asset or record.attempts
    if beside is not None and record.remote_id is not None and beside.remote_id == record.remote_id:
        mark = mark if beside.provider == record.provider else " ".join(_job(record))
    text = encoded(inputs | {_MARK: mark})
    return replace(record, key=digest(text), inputs=text)


def worth_keeping(record: Record) -> bool:
    """Whether a record to set aside is worth keeping: a failure that was not charged is not."""
    return record.status not in (Status.FAILED, Status.BLOCKED) or record.intent_at is not None


def job_of(record: Record) -> str:
    """The name of a render where two have the same key: its id at the provider."""
    return record.remote_id or f"file {(record.asset or 'unknown')[:8]}"


def own_key(record: Record) -> str | None:
    """The key that a set-aside record had before, None for any other record."""
    inputs: dict[str, object] = fields_of(record.inputs)
    if inputs.pop(_MARK, None) is None:
        return None
    return digest(encoded(inputs))


def _job(record: Record) -> tuple[str, str]:
    return record.provider, record.remote_id or ""
