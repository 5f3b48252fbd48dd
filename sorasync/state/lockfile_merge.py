"""Merges the lines of a lock file, including those of two branches. Pure.

The result depends on which lines there are, and neither on their order nor on who reads them: everybody who
merges the same branches, in whatever order, arrives at the same facts. Of several accounts of one render the
one that knows more counts. Where two sides paid for one key, the finished render that was paid for first
counts, and the other is set aside under a key of its own, as `--replace` does with a render that it replaces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sorasync.graph.address import natural
from sorasync.state.history import Attempt
from sorasync.state.lockfile_fields import Entry
from sorasync.state.lockfile_text import LockFile, PaidTwice
from sorasync.state.record import Binding, Record, Status
from sorasync.state.two_renders_of_a_key import first_paid, job_of, set_aside, two_renders, worth_keeping

_RANK = (
    Status.FAILED,
    Status.BLOCKED,
    Status.INTENT,
    Status.UNKNOWN,
    Status.BATCHED,
    Status.SUBMITTED,
    Status.RENDERED,
    Status.LOST,
    Status.STORED,
)


def unite(lineages: Iterable[str], entries: Sequence[Entry], attempts: Iterable[Attempt] = ()) -> LockFile:
    """The durable facts in the entries of a file."""
    accounts: dict[str, list[Record]] = defaultdict(list)
    for entry in entries:
        accounts[entry.record.key].append(entry.record)
    records: dict[str, Record] = {}
    rivals: dict[str, list[Record]] = {}
    for key, found in accounts.items():
        renders = _renders(found) if len(found) > 1 else found
        records[key] = renders[0]
        if len(renders) > 1:
            rivals[key] = renders
    twice = _settle_rivals(records, rivals) if rivals else []
    bindings = _bindings(entries, records)
    for key, address in names(bindings).items():
        if records[key].address != address:
            records[key] = replace(records[key], address=address)
    lineage, *merged = sorted(set(lineages))
    with_size = [entry for entry in entries if entry.record.asset is not None and entry.bytes is not None]
    return LockFile(
        lineage=lineage,
        bindings=bindings,
        records=records,
        sizes={entry.record.asset or "": entry.bytes or 0 for entry in with_size},
        exts={entry.record.asset or "": entry.ext for entry in with_size},
        merged=tuple(merged),
        twice=tuple(twice),
        attempts=_attempts(attempts),
    )


def _attempts(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """One account of each attempt: the one that knows of more resends, then of the charge."""
    found: dict[tuple[str, str, str | float], Attempt] = {}
    for attempt in attempts:
        name = (attempt.key, attempt.provider, attempt.remote_id or attempt.at)
        found[name] = max(found.get(name, attempt), attempt, key=_attempt_knowledge)
    return tuple(sorted(found.values(), key=repr))


def _attempt_knowledge(attempt: Attempt) -> tuple[object, ...]:
    return attempt.resends, attempt.reported_usd is not None, repr(attempt)


def names(bindings: Mapping[str, Binding]) -> dict[str, str]:
    """The address under which the lock file lists each key: the first, in natural order."""
    return {bindings[address].key: address for address in sorted(bindings, key=natural, reverse=True)}


def newer(one: Record, other: Record) -> Record:
    """The more advanced of two records of a key: more attempts, then further status; the first if equal."""
    return other if _progress(other) > _progress(one) else one


def _progress(record: Record) -> tuple[int, int]:
    return record.attempts, _RANK.index(record.status)


def _renders(accounts: Iterable[Record]) -> list[Record]:
    """The most advanced record of each render of one key, the one in use first."""
    found: list[Record] = []
    for account in sorted(set(accounts), key=_knowledge, reverse=True):
        if all(two_renders(account, other) for other in found):
            found.append(account)
    return sorted(found, key=first_paid)


def _knowledge(record: Record) -> tuple[object, ...]:
    """Sorts records of one render by progress; the last part breaks ties."""
    reported, paid = record.reported_usd is not None, record.intent_at is not None
    return *_progress(record), reported, paid, record.mismatch is not None, repr(record)


def _settle_rivals(records: dict[str, Record], rivals: Mapping[str, list[Record]]) -> list[PaidTwice]:
    """Choose one render of each contested key and set the others aside, in `records` too.

    A render that has another key too gave this one up already: its line is what a merge brought back.
    """
    jobs = {(record.provider, record.remote_id): key for key, record in records.items() if key not in rivals}
    twice = []
    for key, renders in sorted(rivals.items()):
        open_ones = [r for r in renders if (r.provider, r.remote_id) not in jobs] or renders[:1]
        kept, *others = open_ones
        records[key] = kept
        for other in others:
            aside = set_aside(other, kept)
            if worth_keeping(other) and aside.key not in records:
                records[aside.key] = aside
                twice.append(PaidTwice(other.address, job_of(kept), job_of(other)))
    return twice


def _bindings(entries: Iterable[Entry], records: Mapping[str, Record]) -> dict[str, Binding]:
    """The key of each address; of two keys, the one that was paid for later."""
    found: dict[str, Binding] = {}
    for entry in entries:
        if entry.address is None:
            continue
        before = found.get(entry.address)
        if before is None:
            found[entry.address] = Binding(entry.record.key, entry.protect)
            continue
        key = max(before.key, entry.record.key, key=lambda key: (records[key].intent_at or 0.0, key))
        found[entry.address] = Binding(key, before.protect or entry.protect)
    return found
