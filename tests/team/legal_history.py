"""Proves from outside that a history was legal, by the event log, the records and the provider's ledger.

Nothing of the program is imported. What may follow what is written down here a second time, by hand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

# Statuses by those that may come before them.
_MAY_FOLLOW: Mapping[str, frozenset[str | None]] = {
    "intent": frozenset({None, "unknown", "failed", "blocked", "lost"}),
    "unknown": frozenset({"intent", "batched"}),
    "batched": frozenset({"intent", "unknown"}),
    "submitted": frozenset({"intent", "unknown", "batched", "lost"}),
    "rendered": frozenset({"submitted", "stored", "lost"}),
    "stored": frozenset({"intent", "submitted", "rendered", "lost"}),
    "failed": frozenset({"intent", "unknown", "batched", "submitted", "rendered"}),
    "blocked": frozenset({"intent", "unknown", "batched", "submitted"}),
    "lost": frozenset({"submitted", "rendered", "stored"}),
}
# After one of these a render may be paid for once more.
_ENDED = frozenset({"failed", "blocked", "lost"})
# What may be in the state of a render that was charged: it is here, or somebody still has to look.
_ACCOUNTED_FOR = frozenset({"stored", "rendered", "submitted", "batched", "unknown", "intent"}) | _ENDED


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a key."""

    id: int
    at: float
    what: str
    run: int | None
    key: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Charge:
    """One row of the ledger."""

    at: float
    job: str
    label: str


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a library: its events in order, status and address of each key, and the charges."""

    steps: Sequence[Step]
    records: Mapping[str, tuple[str, str]]
    charges: Sequence[Charge]


def read_history(url: str, ledger: Iterable[Mapping[str, Any]]) -> History:
    """The history of a state in PostgreSQL, at a URL with its schema, and of what was billed."""
    import psycopg

    address, _, schema = url.partition("?schema=")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"'.encode())
        events = connection.execute(
            "SELECT id, at, what, run, key, data FROM events WHERE key IS NOT NULL ORDER BY id"
        ).fetchall()
        records = connection.execute("SELECT key, status, address FROM records").fetchall()
    steps = [
        Step(number, at, what, run, key, json.loads(data)) for number, at, what, run, key, data in events
    ]
    charges = [Charge(float(row["time"]), row["job"], row["label"] or "") for row in ledger]
    return History(steps, {key: (status, address) for key, status, address in records}, charges)


@dataclass(slots=True)
class _Key:
    """What has become of a key so far."""

    status: str | None = None
    before_intent: str | None = None
    runs: list[int] = field(default_factory=list)
    intents: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    jobs: dict[str, float] = field(default_factory=dict)


def illegal(history: History) -> list[str]:
    """What must not have happened."""
    keys: defaultdict[str, _Key] = defaultdict(_Key)
    found: list[str] = []
    for step in history.steps:
        found += _follow(keys, step)
    for key, (status, _) in history.records.items():
        if keys[key].status != status:
            found.append(f"{_short(key)} is {status}, and the log ends with {keys[key].status}")
    return found + list(_charged(history, keys))


def _follow(keys: defaultdict[str, _Key], step: Step) -> Iterator[str]:
    now = keys[step.key]
    if step.what in ("moved", "withdrawn") and step.run is not None:
        if step.run in now.runs[:-1]:
            yield f"event {step.id}: run {step.run} goes on with {_short(step.key)}, which others have"
        elif step.run not in now.runs:
            now.runs.append(step.run)
    if step.what == "withdrawn":
        if now.status != "intent":
            yield f"event {step.id}: an intent of {_short(step.key)} is withdrawn that was not there"
        now.status = now.before_intent
        if now.intents:
            now.intents.pop()
    elif step.what == "superseded":
        keys[str(step.data["kept_as"])].status, now.status = now.status, None
    elif step.what == "forgotten":
        now.status = None
    elif step.what == "moved":
        yield from _moved(now, step)


def _moved(now: _Key, step: Step) -> Iterator[str]:
    before, after = step.data["from"], str(step.data["to"])
    if before != now.status:
        yield f"event {step.id}: {_short(step.key)} was {now.status} and moves from {before}"
    if before not in _MAY_FOLLOW[after]:
        yield f"event {step.id}: {_short(step.key)} moves from {before} to {after}"
    if after == "intent":
        now.before_intent = before
        now.intents.append(step.at)
    elif after in _ENDED:
        now.ends.append(step.at)
    if (job := step.data.get("remote_id")) is not None:
        now.jobs.setdefault(str(job), step.at)
    now.status = after


def _charged(history: History, keys: Mapping[str, _Key]) -> Iterator[str]:
    owners = {job: key for key, known in keys.items() for job in known.jobs}
    addresses: defaultdict[str, list[str]] = defaultdict(list)
    for key, (status, address) in history.records.items():
        if status in ("unknown", "intent"):
            addresses[address].append(key)
    by_key: defaultdict[str, list[Charge]] = defaultdict(list)
    for charge in history.charges:
        owner = owners.get(charge.job)
        if owner is None:
            asked = [key for address, some in addresses.items() if _is(address, charge.label) for key in some]
            if not asked:
                yield f"{charge.job} was charged for {charge.label!r}, and nobody asks about it"
            continue
        by_key[owner].append(charge)
    for key, charges in by_key.items():
        yield from _charged_for(key, sorted(charges, key=lambda one: one.at), keys[key], history)


def _charged_for(key: str, charges: Sequence[Charge], known: _Key, history: History) -> Iterator[str]:
    for charge in charges:
        if not any(at <= charge.at for at in known.intents):
            yield f"{charge.job} was charged before there was an intent of {_short(key)}"
    for first, second in pairwise(charges):
        if not any(first.at <= at <= second.at for at in known.ends):
            yield f"{_short(key)} was charged twice: {first.job} and {second.job}"
    status = history.records.get(key, ("gone", ""))[0]
    if status not in _ACCOUNTED_FOR:
        yield f"{charges[-1].job} was charged, and {_short(key)} is {status}"


def _is(address: str, label: str) -> bool:
    """Whether a label is that of an address; a take that is the only one is called by its clip."""
    return address == label or address.partition("#")[0] == label or label.startswith(address)


def _short(key: str) -> str:
    return key[:12]
