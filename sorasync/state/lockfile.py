"""Writes `sorasync.lock`, and merges what others wrote into it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from sorasync.durable import write_atomic
from sorasync.graph.address import natural
from sorasync.library_file import RECORD_BYTES, FileRefused, read_file
from sorasync.state.compare_lockfile import Reconciliation, Side, StateDifference, compare
from sorasync.state.durable_state import facts
from sorasync.state.errors import StateError
from sorasync.state.lockfile_fields import LockFileBroken
from sorasync.state.lockfile_read import lineages, loads
from sorasync.state.lockfile_text import LockFile, PaidTwice, dumps
from sorasync.state.record import DONE, Status
from sorasync.state.store import Store

NAME = "sorasync.lock"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The result of a merge: addresses whose binding changed, and renders that both sides paid for."""

    outcome: Reconciliation
    addresses: tuple[str, ...] = ()
    twice: tuple[PaidTwice, ...] = ()


def read(path: Path) -> LockFile | None:
    """The lock file, or None where there is none. Raises `LockFileBroken`."""
    text = _lock_file_text(path)
    return None if text is None else loads(text, path.name)


def write(store: Store, path: Path) -> bool:
    """Write the lock file from the state, after merging what others wrote into it meanwhile.

    The file is replaced atomically, and only if its content changes; whether it was. Raises
    `StateDiverged` and `LockFileBroken` with the file left as it is.
    """
    reconcile(store, path)
    there = _lock_file_text(path)
    merged = {} if there is None else lineages(there) - {store.lineage}
    text = dumps(replace(facts(store), merged=tuple(sorted(merged))))
    changed = there != text
    if changed:
        _replace(path, text)
    _remember(store, text, keep_history=True)
    return changed


def sync(store: Store, path: Path) -> tuple[Store, Reconciled]:
    """The store to use: the same one, or a copy in memory of a read-only one that lags behind.

    The unused one is closed; both are if the lock file cannot be merged.
    """
    try:
        text = _lock_file_text(path)
        # Commands that only read still plan with what a pull brought, so they merge it into a copy.
        if text is not None and _seen_before(store, text) is None and store.readonly:
            behind, store = store, store.copy_in_memory()
            behind.close()
        return store, reconcile(store, path)
    except BaseException:
        store.close()
        raise


def reconcile(store: Store, path: Path, keep: Side | None = None) -> Reconciled:
    """Merge what the lock file has and the state lacks into the state, in one transaction.

    Raises `StateDiverged` if the two were created independently, unless `keep` says whom to follow.
    """
    text = _lock_file_text(path)
    if text is None:
        return Reconciled(Reconciliation.MISSING)
    # A file that this state wrote or merged before has nothing new, even if it is an older one: checking
    # out an old commit must not take anything back.
    if (known := _seen_before(store, text)) is not None:
        return Reconciled(known)
    theirs = loads(text, path.name)
    with store.transaction():
        mine = facts(store)
        empty = not mine.records
        difference = _kept(store, compare(mine, theirs, _merge_base(store), keep))
        _adopt_lineage(store, mine, theirs, keep)
        _take(store, theirs, difference)
        store.remember_attempts(theirs.attempts)
        # In the same transaction: a crash between the two would make this file the base of the next merge
        # without its content, or merge it twice.
        _remember(store, text, keep_history=difference.only_adds)
        twice = (*theirs.twice, *difference.twice)
        for one in twice:
            store.log("paid twice", one.address, kept=one.kept, other=one.other)
    addresses = tuple(sorted(difference.bindings, key=natural))
    if not difference:
        return Reconciled(Reconciliation.SAME, twice=twice)
    return Reconciled(Reconciliation.RESTORED if empty else Reconciliation.ADVANCED, addresses, twice)


def _kept(store: Store, difference: StateDifference) -> StateDifference:
    """Drop remote records that would replace a finished render we kept.

    Others deleted that render and may have retried its key. If their retry failed, it must not hide our
    render, which then counts for them as well; a finished render of theirs replaces it.
    """
    here = store.records(store.dropped() & difference.records.keys())
    records, overruled = dict(difference.records), dict(difference.overruled)
    for key, my in here.items():
        their = records[key]
        if my.status in DONE and their.status in (Status.FAILED, Status.BLOCKED, Status.LOST):
            # Their attempts still count, so that the next one is number n + 1 on every machine.
            records[key] = replace(my, attempts=max(my.attempts, their.attempts))
        elif my.asset is not None and my.asset != their.asset:
            # Named in the log, because this file disappears behind theirs.
            overruled[key] = my
    return replace(difference, records=records, overruled=overruled)


def _adopt_lineage(store: Store, mine: LockFile, theirs: LockFile, keep: Side | None) -> None:
    # An empty state becomes a copy of the library that the file belongs to.
    if mine.lineage not in theirs.lineages and (not mine.records or keep is Side.LOCK):
        store.session.write("UPDATE state SET lineage = ?", (theirs.lineage,))


def _take(store: Store, theirs: LockFile, difference: StateDifference) -> None:
    if not difference:
        return
    for key, record in difference.overruled.items():
        store.log("overruled", record.address, key, remote_id=record.remote_id, asset=record.asset)
    records = difference.records.values()
    store.put_all(records)
    store.remember_paid(records)
    store.log_recovered(records, "lock file")
    known = [(found, theirs.sizes[found], theirs.exts[found]) for found in sorted(theirs.sizes)]
    store.session.write_many(
        "INSERT INTO assets (sha256, size, kind, ext) VALUES (?, ?, 'video', ?) ON CONFLICT DO NOTHING", known
    )
    gone = [(address,) for address, binding in difference.bindings.items() if binding is None]
    store.session.write_many("DELETE FROM bindings WHERE address = ?", gone)
    store.session.write_many(
        "INSERT INTO bindings (address, key, protect) VALUES (?, ?, ?) "
        "ON CONFLICT (address) DO UPDATE SET key = excluded.key, protect = excluded.protect",
        [(name, found.key, found.protect) for name, found in difference.bindings.items() if found],
    )
    # What came back, or is bound again, belongs in the lock file again.
    store.session.write_many(
        "DELETE FROM dropped WHERE key = ?",
        [(key,) for key in (*difference.records, *(b.key for b in difference.bindings.values() if b))],
    )
    store.session.write_many(
        "INSERT INTO dropped (key) VALUES (?) ON CONFLICT DO NOTHING", [(key,) for key in difference.dropped]
    )
    store.log("restored", records=len(records), bindings=len(difference.bindings), unbound=len(gone))


def _seen_before(store: Store, text: str) -> Reconciliation | None:
    """SAME for the lock file that the state saw last, NEWER for an earlier one, None for a new one."""
    row = store.session.row(
        "SELECT position = (SELECT max(position) FROM lockfiles) FROM lockfiles WHERE digest = ?",
        (_text_digest(text),),
    )
    if row is None:
        return None
    return Reconciliation.SAME if row[0] else Reconciliation.NEWER


def _merge_base(store: Store) -> LockFile | None:
    row = store.session.row("SELECT content FROM lockfiles ORDER BY position DESC LIMIT 1")
    return None if row is None else loads(zlib.decompress(row[0]).decode())


def _remember(store: Store, text: str, *, keep_history: bool) -> None:
    """Remember the lock file as the last one seen.

    Earlier ones stay noted as left behind only while nothing was taken back: after that they may hold
    something that the state does not.
    """
    if keep_history and _seen_before(store, text) is Reconciliation.SAME:
        return
    session = store.session
    with session.transaction():
        if keep_history:
            # Only the last file is needed as merge base; of earlier ones the digest is enough.
            session.write("UPDATE lockfiles SET content = NULL")
        else:
            session.write("DELETE FROM lockfiles")
        session.write("DELETE FROM lockfiles WHERE digest = ?", (_text_digest(text),))
        session.write(
            "INSERT INTO lockfiles (digest, position, content) "
            "VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM lockfiles), ?)",
            (_text_digest(text), zlib.compress(text.encode(), 1)),
        )


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lock_file_text(path: Path) -> str | None:
    try:
        data = read_file(path, within=path.parent, largest=RECORD_BYTES)
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except FileRefused as error:
        raise LockFileBroken(f"{path.name} {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LockFileBroken(f"{path.name} is not UTF-8 text") from error
    except OSError as error:
        raise LockFileBroken(f"{path.name} cannot be read: {error.strerror}") from error


def _replace(path: Path, text: str) -> None:
    try:
        write_atomic(path, text.encode())
    except OSError as error:
        raise StateError(
            f"{path.name} cannot be written: {error.strerror}",
            hint="the state itself is safe; the next apply writes the lock file again",
        ) from error
