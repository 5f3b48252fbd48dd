"""The store's records by key, and their changes of status."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sorasync.state.attempts import Attempts
from sorasync.state.errors import ForbiddenMove, StateError
from sorasync.state.record import MOVES, Brief, Record, Status
from sorasync.state.row_writes import PUT_RECORD, PUT_TEXTS, SET_PROGRESS, UNDROP
from sorasync.state.rows import (
    SELECT,
    STATUSES,
    checked,
    plain,
    record_of,
    row_of,
    texts_of,
)
from sorasync.state.two_renders_of_a_key import own_key, set_aside

_TIMES = {
    Status.SUBMITTED: "submitted_at",
    Status.RENDERED: "rendered_at",
    Status.STORED: "stored_at",
}
_NO_ERROR: dict[str, object] = {"error_stage": None, "error_code": None, "error_message": None}
_CALM = frozenset({Status.INTENT, Status.SUBMITTED, Status.BATCHED, Status.RENDERED, Status.STORED})
_AFRESH: dict[str, Any] = _NO_ERROR | {
    "remote_id": None,
    "batch_id": None,
    "reported_usd": None,
    "asset": None,
    "progress": 0,
    "submitted_at": None,
    "rendered_at": None,
    "stored_at": None,
    "expires_at": None,
    "mismatch": None,
}
_BRIEF = "SELECT key, status, asset, provider, remote_id, mismatch FROM records"
_LONG = frozenset({"inputs", "request"})
_UNANSWERED = frozenset({Status.INTENT.value, Status.UNKNOWN.value, Status.BATCHED.value})


class Records(Attempts):
    """The store's table of records."""

    def briefs(self, same: Mapping[str, str] | None = None) -> dict[str, Brief]:
        """Every key, with what a plan needs of it. `same` has texts to use in the place of equal ones."""
        return _briefs(self.session.stream(_BRIEF), same or {})

    def briefs_of(self, keys: Iterable[str]) -> dict[str, Brief]:
        """As `briefs`, for some keys."""
        some = json.dumps(list(keys))
        rows = self.session.rows(f"{_BRIEF} WHERE key IN (SELECT value FROM json_each(?))", (some,))
        return _briefs(rows, {})

    def kinds_and_models(self) -> dict[str, tuple[str, str | None]]:
        """Kind and model of every key."""
        rows = self.session.rows("SELECT key, kind, model FROM records")
        return {str(key): (str(kind), model) for key, kind, model in rows}

    def waits_per_second(self, latest: int) -> list[tuple[str, str, str | None, bool, float]]:
        """The latest renders: provider, kind, model, batched or not, seconds waited for each second paid."""
        rows = self.session.rows(
            "SELECT provider, kind, model, batch_id IS NOT NULL, "
            "(rendered_at - submitted_at) / coalesce(billed_seconds, seconds) FROM records "
            "WHERE status = 'stored' AND rendered_at >= submitted_at "
            "AND coalesce(billed_seconds, seconds) > 0 ORDER BY rendered_at DESC LIMIT ?",
            (latest,),
        )
        return [(provider, kind, model, bool(batched), wait) for provider, kind, model, batched, wait in rows]

    def record(self, key: str) -> Record | None:
        """The record of a key, or None."""
        own = self.session.own_records
        if key in own:
            return own[key]
        row = self.session.row(f"{SELECT} WHERE r.key = ?", (key,))
        found = None if row is None else record_of(row)
        if self.session.keeps(key):
            own[key] = found
        return found

    def remembered(self, key: str) -> tuple[Record | None] | None:
        """The record of a leased key without asking the database; None where that is not possible."""
        # Of others a transaction may be at work in another thread, and what it has written may not last.
        own = self.session.own_records
        return (own[key],) if key in self.session.leased and key in own else None

    def remember_leased(self, keys: Iterable[str]) -> None:
        """Read the records of leased keys at once, and keep them: nobody else changes them."""
        session = self.session
        session.leased = frozenset(keys)
        session.own_records.clear()
        session.own_records.update(dict.fromkeys(session.leased) | self.records(session.leased))
        rows = session.rows(
            "SELECT DISTINCT key FROM attempts WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(session.leased)),),
        )
        known = {key for key, record in session.own_records.items() if record is not None}
        session.untried = set(session.leased - {str(row[0]) for row in rows} - known)

    def may_change(self, key: str) -> bool:
        """Whether this process may change the record of a key: in a shared state an apply needs its lease."""
        return self.session.fence is None or key in self.session.leased

    def _delete(self, key: str) -> None:
        self.session.write("DELETE FROM records WHERE key = ?", (key,))
        self.session.own_records.pop(key, None)

    def records(self, keys: Iterable[str]) -> dict[str, Record]:
        """The records of those keys that have one."""
        rows = self.session.rows(
            f"{SELECT} WHERE r.key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
        )
        return {record.key: record for record in map(record_of, rows)}

    def records_of(self, owner: str) -> list[Record]:
        """The records last wanted under a clip's or character's address, oldest first."""
        # "$" is the character after "#": everything that begins with the owner and "#" lies in between.
        rows = self.session.rows(
            f"{SELECT} WHERE r.address = :owner OR (r.address >= :first AND r.address < :last) "
            "ORDER BY r.intent_at, r.key",
            {"owner": owner, "first": f"{owner}#", "last": f"{owner}$"},
        )
        return [record_of(row) for row in rows]

    def every_record(self) -> list[Record]:
        """All records, by key."""
        return [record_of(row) for row in self.session.rows(f"{SELECT} ORDER BY r.key")]

    def in_flight(self) -> list[Record]:
        """Records in flight, in the order of their intents."""
        rows = self.session.rows(
            f"{SELECT} WHERE r.status NOT IN ('stored', 'failed', 'blocked', 'lost') "
            "ORDER BY r.intent_at, r.key"
        )
        return [record_of(row) for row in rows]

    def remote_ids(self, provider: str) -> dict[str, str]:
        """The key of every known id of a provider, earlier attempts included: two hosts may give the same."""
        rows = self.session.rows(
            "SELECT remote_id, key FROM attempts WHERE remote_id IS NOT NULL AND provider = :host "
            "UNION SELECT remote_id, key FROM records WHERE remote_id IS NOT NULL AND provider = :host",
            {"host": provider},
        )
        return {str(remote): str(key) for remote, key in rows}

    def holds_batch(self, batch_id: str, provider: str) -> bool:
        """Whether a render went out in that batch of a provider."""
        asked = (batch_id, provider)
        return (
            self.session.row("SELECT 1 FROM records WHERE batch_id = ? AND provider = ? LIMIT 1", asked)
            is not None
        )

    def jobs_at(self, provider: str) -> dict[str, str]:
        """The address that each id of that provider was given to, earlier attempts included."""
        rows = self.session.rows(
            "SELECT remote_id, address FROM attempts WHERE remote_id IS NOT NULL AND provider = :host "
            "UNION SELECT remote_id, address FROM records WHERE remote_id IS NOT NULL AND provider = :host",
            {"host": provider},
        )
        return {str(remote_id): str(address) for remote_id, address in rows}

    def intend(self, record: Record, run: int | None) -> Record:
        """Record, durably, that the render is about to be sent and paid for.

        Starts a new attempt; what an earlier one left behind (id, asset, error) goes from the record and
        stays in the attempts and events. Raises `ForbiddenMove` unless the key may be sent now.
        """
        with self.session.transaction():
            before = self.record(record.key)
            self._allow(record.key, record.address, before, Status.INTENT)
            now = self.session.clock.now()
            attempts = self.tried(record.key) + 1
            fresh = replace(
                record, **_AFRESH, status=Status.INTENT, attempts=attempts, run=run, intent_at=now
            )
            self._put(fresh)
            if before is not None:
                self.session.put(UNDROP, (fresh.key,))
            self._begin_attempt(fresh, now, first=before is None and attempts == 1)
            self._moved(fresh, before, run, {"cost_usd": fresh.cost_usd, "attempt": attempts})
        return fresh

    def tried(self, key: str) -> int:
        """How often a key was tried, without attempts in doubt and those that were never sent."""
        if key in self.session.untried:
            return 0
        row = self.session.row(
            "SELECT r.attempts, r.status, "
            "(SELECT count(*) FROM attempts WHERE key = :key AND outcome <> 'unsent') "
            "FROM (SELECT 1) AS one LEFT JOIN records r ON r.key = :key",
            {"key": key},
        )
        assert row is not None
        known, status, sent = row
        tried: int = max(known or 0, sent) - (status in _UNANSWERED)
        return max(0, tried)

    def withdraw(self, key: str, *, run: int | None, **fields: object) -> Record:
        """Record that the latest request made nothing: the record is `failed`, the attempt not counted.

        Raises `ForbiddenMove`, and `StateError` without a record.
        """
        with self.session.transaction():
            before = self.record(key)
            tried = self.tried(key) if before else 0
            after = self.move(key, Status.FAILED, run=run, attempts=tried, **fields)
            self._mark_unsent(key)
        return after

    def _mark_unsent(self, key: str) -> None:
        self.session.write(
            "UPDATE attempts SET outcome = 'unsent' WHERE id = (SELECT max(id) FROM attempts WHERE key = ?)",
            (key,),
        )

    def take_back(self, intent: Record, before: Record | None, aside: str | None, *, run: int | None) -> None:
        """Undo an intent whose request never left: restore the record `before`, or delete it.

        `aside` is the key under which `before` was set aside. Where another run has taken the intent for a
        lost answer meanwhile, it is told that nothing was sent; where the key has moved on, nothing is done.
        """
        with self.session.transaction():
            now = self.record(intent.key)
            if now is None or now.intent_at != intent.intent_at:
                return
            self.session.touch(intent.key)
            if now.status is Status.UNKNOWN:
                self.withdraw(intent.key, run=run, error_message="it was never sent")
            if now.status is not Status.INTENT:
                return
            if aside is not None:
                self.session.write("UPDATE bindings SET key = ? WHERE key = ?", (intent.key, aside))
                self._delete(aside)
            if before is None:
                self._delete(intent.key)
            else:
                self._put(before)
            self._mark_unsent(intent.key)
            self.session.changed()
            self.log("withdrawn", intent.address, intent.key, run)

    def move(self, key: str, to: Status, *, run: int | None, **fields: object) -> Record:
        """Change a record's status, and set fields with it.

        The time of the new status is set unless given. A key without a record needs `kind`, `address` and
        `inputs` among the fields. Raises `ForbiddenMove`.
        """
        with self.session.transaction():
            before = self.record(key)
            address = str(fields.get("address") or (before.address if before else key))
            self._allow(key, address, before, to)
            if to is Status.INTENT:
                return self.intend(replace(before or _blank(key, fields), **checked(fields)), run)
            after = _after(before or _blank(key, fields), to, run, self.session.clock.now(), fields)
            self._put(after, before)
            self._continue_attempt(after)
            self._moved(after, before, run, fields)
        return after

    def amend(self, key: str, *, run: int | None = None, **fields: object) -> Record:
        """Set fields of a record without changing its status. Raises `StateError` without a record."""
        with self.session.transaction():
            before = self.record(key)
            if before is None:
                raise StateError(f"there is no record of {key}")
            after = replace(before, **checked(fields))
            if after != before:
                self._put(after, before)
                self._continue_attempt(after)
                self.session.touch(key)
                self.session.changed()
                self.log("amended", after.address, key, run, **_loggable_fields(fields))
        return after

    def put_all(self, records: Iterable[Record]) -> None:
        """Write records unchanged over whatever was there, without events or attempts.

        For restoring only, never in the course of a render.
        """
        found = list(records)
        with self.session.transaction():
            self.session.own_records.clear()
            for record in found:
                self.session.put(PUT_RECORD, row_of(record))
                self.session.put(PUT_TEXTS, texts_of(record))
            self.session.changed()

    def log_recovered(self, records: Iterable[Record], source: str, run: int | None = None) -> None:
        """Log where records were recovered from, and when each was paid for, if known."""
        with self.session.transaction():
            for record in records:
                self.log(
                    "recovered",
                    record.address,
                    record.key,
                    run,
                    source=source,
                    paid_at=record.intent_at,
                    cost_usd=record.cost_usd,
                )

    def set_progress(self, progress: Mapping[str, int]) -> None:
        """Record the progress of renders, in percent by key. Logs no events, does not wait for the disk."""
        percent = {key: max(0, min(100, said)) for key, said in progress.items()}
        own = self.session.own_records
        with self.session.relaxed():
            own.update(
                (key, replace(known, progress=said))
                for key, said in percent.items()
                if (known := own.get(key)) is not None
            )
            for row in percent.items():
                self.session.put(SET_PROGRESS, row)

    def supersede(self, key: str, *, run: int | None) -> str:
        """Set a record aside so that its key can be rendered again; the key it is now kept under.

        Addresses keep pointing to the old record until something else is bound, so its asset is
        neither lost nor out of sight. Raises `StateError` without a record, or if it is set aside already.
        """
        with self.session.transaction():
            record = self.record(key)
            if record is None:
                raise StateError(f"there is no record of {key}")
            aside = set_aside(record)
            aside = set_aside(record, beside=self.record(aside.key))
            # Its key would stay the same, and the old row is deleted below.
            if aside.key == key:
                raise StateError(f"the record of {key} is set aside already")
            self._put(aside)
            self.session.write("UPDATE bindings SET key = ? WHERE key = ?", (aside.key, key))
            self._delete(key)
            self.session.changed()
            self.log("superseded", record.address, key, run, kept_as=aside.key)
        return aside.key

    def prefer(self, name: str, *, run: int | None) -> Record:
        """Give a set-aside render its key back, and set the present one aside.

        `name` is the id at its provider, or the address of the render and the id, `clip.pier#1:ID`. Addresses
        of the key then point to it. Raises `StateError` if there is no such render, or more than one.
        """
        with self.session.transaction():
            address, remote_id, named = "", name, self.records_of_job(name)
            if not named and ":" in name:
                address, _, remote_id = name.partition(":")
                named = [one for one in self.records_of_job(remote_id) if one.address == address]
            rivals = [
                (kept, present)
                for kept in named
                if (key := own_key(kept)) is not None and (present := self.record(key)) is not None
            ]
            if len(rivals) == 1:
                return self._exchange(*rivals[0], run)
            if rivals:
                names = ", ".join(f"{kept.address}:{remote_id}" for kept, _ in rivals)
                raise StateError(f"{remote_id} is several renders: {names}", hint="name one of them")
            raise StateError(
                f"the render {remote_id} shares its key with no other one"
                if named
                else f"no render has the id {remote_id}",
                hint="`sorasync state list --all` lists what is kept",
            )

    def _exchange(self, kept: Record, present: Record, run: int | None) -> Record:
        """Let a set-aside record and the one that has its key change places."""
        addresses = [(present.key, row[0]) for row in self._bound_to(present.key)]
        self.supersede(present.key, run=run)
        back = replace(kept, key=present.key, inputs=present.inputs, address=present.address)
        self._put(back)
        self.session.write_many("UPDATE bindings SET key = ? WHERE address = ?", addresses)
        self.session.write("UPDATE bindings SET key = ? WHERE key = ?", (present.key, kept.key))
        self._delete(kept.key)
        self.log("preferred", back.address, back.key, run, remote_id=kept.remote_id)
        return back

    def records_of_job(self, remote_id: str) -> list[Record]:
        """The records that hold that id of a provider."""
        return [record_of(row) for row in self.session.rows(f"{SELECT} WHERE r.remote_id = ?", (remote_id,))]

    def _bound_to(self, key: str) -> list[tuple[Any, ...]]:
        return self.session.rows("SELECT address FROM bindings WHERE key = ?", (key,))

    def forget(self, keys: Iterable[str], run: int | None = None) -> int:
        """Delete the records of those keys, for `gc`; events and attempts stay. The number deleted.

        Raises `StateError` if an address still points to one of them; nothing is deleted then.
        """
        with self.session.transaction():
            found = self.records(keys)
            self._refuse_bound(found)
            # PostgreSQL returns rows in any order; the log has one.
            for key in sorted(found):
                record = found[key]
                self._delete(key)
                self.log("forgotten", record.address, key, run, **_remains(record))
            if found:
                self.session.changed()
        return len(found)

    def _refuse_bound(self, found: Mapping[str, Record]) -> None:
        row = self.session.row(
            "SELECT address FROM bindings WHERE key IN (SELECT value FROM json_each(?)) LIMIT 1",
            (json.dumps(list(found)),),
        )
        if row is not None:
            raise StateError(f"{row[0]} still points to a record that is to be deleted")

    def _allow(self, key: str, address: str, before: Record | None, to: Status) -> None:
        status = before.status if before else None
        if to not in MOVES[status]:
            raise ForbiddenMove(key, address, status, to)

    def _put(self, record: Record, before: Record | None = None) -> None:
        if self.session.keeps(record.key):
            self.session.own_records[record.key] = record
        self.session.put(PUT_RECORD, row_of(record))
        if before is None or texts_of(before) != texts_of(record):
            self.session.put(PUT_TEXTS, texts_of(record))

    def _moved(
        self, after: Record, before: Record | None, run: int | None, fields: Mapping[str, object]
    ) -> None:
        self.session.touch(after.key)
        self.session.changed()
        start = before.status.value if before else None
        self.log(
            "moved",
            after.address,
            after.key,
            run,
            **(_loggable_fields(fields) | {"from": start, "to": after.status.value}),
        )


def _briefs(rows: Iterable[tuple[Any, ...]], same: Mapping[str, str]) -> dict[str, Brief]:
    statuses, get = STATUSES, same.get
    # `Brief(…)` is a function in Python that does this and takes as long as all the rest.
    brief = partial(tuple.__new__, Brief)
    # Thousands of records name the same few hosts: share one string for each.
    hosts: dict[str, str] = {}
    return {
        get(key, key): brief((statuses[status], asset, hosts.setdefault(host, host), remote_id, mismatch))
        for key, status, asset, host, remote_id, mismatch in rows
    }


def _blank(key: str, fields: Mapping[str, object]) -> Record:
    missing = [name for name in ("kind", "address", "inputs") if name not in fields]
    if missing:
        raise StateError(
            f"a record of {key} cannot be made without {', '.join(missing)}: this is a bug in sorasync"
        )
    return Record(key=key, kind="", status=Status.INTENT, address="", inputs="")


def _after(before: Record, to: Status, run: int | None, now: float, fields: Mapping[str, object]) -> Record:
    values: dict[str, Any] = dict(_NO_ERROR) if to in _CALM else {}
    if to in (Status.RENDERED, Status.STORED):
        values["progress"] = 100
    if to in _TIMES:
        values[_TIMES[to]] = now
    if run is not None:
        values["run"] = run
    return replace(before, **(values | dict(checked(fields)) | {"status": to}))


def _loggable_fields(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: plain(value) for name, value in fields.items() if name not in _LONG and name != "address"}


def _remains(record: Record) -> dict[str, object]:
    names = ("status", "provider", "remote_id", "asset", "cost_usd", "reported_usd")
    return {name: plain(getattr(record, name)) for name in names if getattr(record, name) is not None}
