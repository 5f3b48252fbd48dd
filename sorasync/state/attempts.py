"""Attempts: paid requests, and their totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sorasync.state.account import Spent, add_up, charge
from sorasync.state.errors import damaged
from sorasync.state.history import Attempt
from sorasync.state.known_attempts import KnownAttempts
from sorasync.state.record import IN_FLIGHT, MADE, Record, Status
from sorasync.state.row_writes import BEGIN_ATTEMPT, CONTINUE_ATTEMPT, MARK_UNSENT
from sorasync.state.rows import LATEST, decimal, fields_of, plain
from sorasync.state.store_table import StoreTable

COLUMNS = (
    "id, key, at, outcome, run, address, provider, remote_id, "
    "estimate_usd, reported_usd, seconds, rendered_at, simulated, resends"
)

_OF_CHARGE = "outcome, estimate_usd, reported_usd, seconds, rendered_at, resends"


class Attempts(StoreTable):
    """The store's table of attempts. A key that is paid for again keeps its earlier attempts."""

    def attempts(self, key: str | None = None) -> list[Attempt]:
        """The attempts of one key, or all of them, oldest first."""
        where, parameters = ("", ()) if key is None else ("WHERE key = ? ", (key,))
        rows = self.session.rows(f"SELECT {COLUMNS} FROM attempts {where}ORDER BY id", parameters)
        return [_attempt(row) for row in rows]

    def spent(
        self,
        since: float = 0.0,
        run: int | None = None,
        *,
        simulated: bool | None = None,
        provider: str | None = None,
    ) -> Spent:
        """What the attempts begun since then (or by one run) cost, those still in flight included.

        `simulated` picks those that a provider billed (False) or none did (True), `provider` those at one
        host; None takes all.
        """
        rows = self.session.rows(
            f"SELECT {_OF_CHARGE} FROM attempts WHERE at >= :since "
            "AND (CAST(:run AS INTEGER) IS NULL OR run = :run) "
            "AND (CAST(:simulated AS INTEGER) IS NULL OR simulated = :simulated) "
            "AND (CAST(:provider AS TEXT) IS NULL OR provider = :provider)",
            {"since": since, "run": run, "simulated": simulated, "provider": provider},
        )
        return _sum(rows)

    def billed_since(self, since: float, provider: str | None) -> Spent:
        """What was billed since then, for an intent: read once in a transaction, and kept up with others."""
        known = self.session.spent_so_far
        if (since, provider) not in known:
            known[since, provider] = self.spent(since, simulated=False, provider=provider)
        return known[since, provider]

    def spent_by_run(self, *, simulated: bool) -> dict[int, Spent]:
        """What each run's attempts count as now, even if a later run learned the charge."""
        rows = self.session.rows(
            f"SELECT run, {_OF_CHARGE} FROM attempts WHERE run IS NOT NULL AND simulated = ?", (simulated,)
        )
        by_run: dict[int, list[tuple[Any, ...]]] = {}
        for run, *row in rows:
            by_run.setdefault(run, []).append(tuple(row))
        return {run: _sum(found) for run, found in by_run.items()}

    def note_resends(self, key: str, count: int, *, address: str, run: int | None) -> None:
        """Record that a gateway resent the latest request of a key by itself."""
        with self.session.transaction():
            self.session.write(
                "UPDATE attempts SET resends = ? WHERE id = (SELECT max(id) FROM attempts WHERE key = ?)",
                (count, key),
            )
            self.log("resent by the gateway", address, key, run, times=count)

    def keep_surplus(self, key: str, remote_id: str, provider: str, *, address: str, run: int) -> bool:
        """Record a provider's job that came for a key that another run went on with; False if it is known."""
        with self.session.transaction():
            if self.session.row(
                "SELECT 1 FROM attempts WHERE remote_id = :id AND provider = :host "
                "UNION ALL SELECT 1 FROM records WHERE remote_id = :id AND provider = :host",
                {"id": remote_id, "host": provider},
            ):
                return False
            self.session.write(
                "UPDATE attempts SET outcome = 'submitted', remote_id = ? WHERE id = "
                "(SELECT max(id) FROM attempts WHERE key = ? AND run = ? AND remote_id IS NULL)",
                (remote_id, key, run),
            )
            self.session.changed()
            self.log("paid twice", address, key, run, remote_id=remote_id)
        return True

    def remember_paid(self, records: Iterable[Record]) -> None:
        """Record attempts paid for on other machines, once each, so that budgets include them.

        An attempt is identified by its job (an accepted record is a copy, not another payment),
        or by its key and the second in which it was sent.
        """
        known = KnownAttempts(self.attempts())
        with self.session.transaction():
            for record in records:
                if record.intent_at is None:
                    continue
                before = known.find(record.key, record.intent_at, record.provider, record.remote_id)
                if before is None:
                    self._begin_attempt(record, record.intent_at)
                    self._continue_attempt(_charged(record))
                    known.add(record.key, record.intent_at, record.provider, record.remote_id)
                elif before == record.key:
                    self._continue_attempt(_charged(record))

    def beside_records(self, records: Mapping[str, Record]) -> tuple[Attempt, ...]:
        """The billed or resent attempts of these keys that the records alone do not account for.

        In the form in which a lock file keeps them: alike on every machine.
        """
        known = KnownAttempts()
        for record in records.values():
            if record.intent_at is not None:
                known.add(record.key, record.intent_at, record.provider, record.remote_id)
        rows = self.session.rows(
            f"SELECT {COLUMNS} FROM attempts WHERE simulated = 0 AND (resends > 0 "
            "OR key IN (SELECT key FROM attempts GROUP BY key HAVING count(*) > 1)) ORDER BY id"
        )
        return tuple(
            _lasting_attempt(found, records[found.key].address)
            for found in map(_attempt, rows)
            if found.key in records
            and (found.resends or (found.charge and known.find_attempt(found) is None))
        )

    def remember_attempts(self, attempts: Iterable[Attempt]) -> None:
        """Record attempts that a lock file lists beside its renders, once each."""
        found = list(attempts)
        if not found:
            return
        known = KnownAttempts(self.attempts())
        with self.session.transaction():
            for attempt in found:
                if known.find_attempt(attempt) is None:
                    self._add_earlier(attempt)
                    known.add_attempt(attempt)
                else:
                    self.session.write(
                        "UPDATE attempts SET resends = CASE WHEN resends < ? THEN ? ELSE resends END, "
                        "reported_usd = coalesce(reported_usd, ?) WHERE key = ? "
                        "AND (remote_id = ? OR (CAST(? AS TEXT) IS NULL AND at >= ? AND at < ?))",
                        (
                            attempt.resends,
                            attempt.resends,
                            plain(attempt.reported_usd),
                            attempt.key,
                            attempt.remote_id,
                            attempt.remote_id,
                            int(attempt.at),
                            int(attempt.at) + 1,
                        ),
                    )

    def _add_earlier(self, attempt: Attempt) -> None:
        # Numbered downwards: the last attempt of a key stays the one that its record continues.
        self.session.write(
            f"INSERT INTO attempts ({COLUMNS}) "
            "SELECT CASE WHEN min(id) < 0 THEN min(id) ELSE 0 END - 1, "
            "?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, 0, ? FROM attempts",
            (
                attempt.key,
                attempt.at,
                attempt.outcome,
                attempt.address,
                attempt.provider,
                attempt.remote_id,
                plain(attempt.estimate_usd),
                plain(attempt.reported_usd),
                attempt.seconds,
                attempt.rendered_at,
                attempt.resends,
            ),
        )
        if attempt.remote_id is not None and attempt.outcome == Status.SUBMITTED:
            self.log("paid twice", attempt.address, attempt.key, remote_id=attempt.remote_id)

    def _begin_attempt(self, record: Record, now: float, *, first: bool = False) -> None:
        """Add an attempt. One before it without an answer was never sent; the `first` has none before it."""
        if not first and record.key not in self.session.untried:
            self.session.put(MARK_UNSENT, (record.key,))
            self.session.spent_so_far.clear()
        seconds = record.seconds if record.billed_seconds is None else record.billed_seconds
        simulated = _simulated(record)
        if not simulated:
            self._count_in(add_up([record.charge]), record.provider, now)
        self.session.put(
            BEGIN_ATTEMPT,
            (
                record.key,
                now,
                Status.INTENT.value,
                record.run,
                record.address,
                record.provider,
                plain(record.cost_usd),
                seconds,
                int(simulated),
            ),
        )

    def _count_in(self, price: Spent, provider: str, now: float) -> None:
        for (since, host), known in self.session.spent_so_far.items():
            if now >= since and host in (None, provider):
                self.session.spent_so_far[since, host] = known.plus(price)

    def _continue_attempt(self, record: Record) -> None:
        """Update the key's latest attempt from the record; a key that was never sent has none."""
        self.session.spent_so_far.clear()
        self.session.put(
            CONTINUE_ATTEMPT,
            (
                record.key,
                record.status.value,
                record.remote_id,
                plain(record.reported_usd),
                record.rendered_at if record.rendered_at is not None else record.stored_at,
            ),
        )


def _sum(rows: list[tuple[Any, ...]]) -> Spent:
    """The ledger's sum over rows of `_OF_CHARGE`."""
    charges = (
        charge(outcome, decimal(estimate), decimal(reported), seconds, rendered_at)
        for outcome, estimate, reported, seconds, rendered_at, _ in rows
    )
    return add_up(charges)._replace(resends=sum(row[-1] for row in rows))


def _charged(record: Record) -> Record:
    """The record with its time of rendering: a failed one with a time of payment was charged for."""
    if record.status in IN_FLIGHT or record.rendered_at is not None or record.reported_usd is not None:
        return record
    return replace(record, rendered_at=record.intent_at)


def _lasting_attempt(attempt: Attempt, address: str) -> Attempt:
    """The attempt without what only this machine knows: its number, its run and the exact times."""
    at = float(int(attempt.at))
    made = attempt.rendered_at is not None or attempt.outcome in MADE
    outcome = Status.FAILED.value if attempt.outcome == "unsent" else attempt.outcome
    made_at = at if made else None
    return replace(attempt, id=0, run=None, at=at, address=address, outcome=outcome, rendered_at=made_at)


def _simulated(record: Record) -> bool:
    """Whether nobody bills the render; its key says so."""
    inputs = fields_of(record.inputs)
    return isinstance(inputs, dict) and inputs.get("simulated") is True


def _attempt(row: tuple[Any, ...]) -> Attempt:
    values = list(row)
    values[8], values[9] = decimal(values[8]), decimal(values[9])
    values[12] = bool(values[12])
    found = Attempt(*values)
    if not isinstance(found.at, float | int) or not 0 <= found.at < LATEST:
        raise damaged("a paid request has no time")
    return found
