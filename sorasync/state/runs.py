"""Runs and the log."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sorasync.state.history import Event, Run
from sorasync.state.rows import decimal, fields_of, plain, text_of
from sorasync.state.store_table import StoreTable

_RUN = (
    'id, command, "user", host, pid, started_at, git_commit, plan_token, '
    "cost_estimate, ended_at, outcome, counts"
)
_EVENT = "id, at, what, run, address, key, data"

# More rows than a state has.
_NO_LIMIT = 1 << 53


class Runs(StoreTable):
    """The store's tables of runs and events."""

    def start_run(
        self,
        command: str,
        user: str,
        host: str,
        pid: int,
        git_commit: str | None = None,
        plan_token: str | None = None,
        cost_estimate: Decimal | None = None,
    ) -> int:
        """Open a run; its number."""
        with self.session.transaction():
            done = self.session.write(
                "INSERT INTO runs "
                '(command, "user", host, pid, started_at, git_commit, plan_token, cost_estimate) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (
                    command,
                    user,
                    host,
                    pid,
                    self.session.clock.now(),
                    git_commit,
                    plan_token,
                    plain(cost_estimate),
                ),
            )
            number = done.fetchone()
        return int(number[0])

    def finish_run(self, run: int, outcome: str, counts: Mapping[str, int] | None = None) -> None:
        """Close a run."""
        with self.session.transaction():
            self.session.write(
                "UPDATE runs SET ended_at = ?, outcome = ?, counts = ? WHERE id = ?",
                (self.session.clock.now(), outcome, text_of(counts or {}), run),
            )

    def run(self, number: int) -> Run | None:
        """One run, or None."""
        row = self.session.row(f"SELECT {_RUN} FROM runs WHERE id = ?", (number,))
        return None if row is None else _run_of_row(row)

    def runs(self, limit: int | None = None) -> list[Run]:
        """The latest runs, newest first."""
        rows = self.session.rows(f"SELECT {_RUN} FROM runs ORDER BY id DESC LIMIT ?", (_limit(limit),))
        return [_run_of_row(row) for row in rows]

    def unknown_since(self, key: str) -> float | None:
        """When the answer of a key's request was last found to be lost; the request left before that."""
        row = self.session.row(
            "SELECT max(at) FROM events "
            "WHERE key = ? AND what = 'moved' AND json_extract(data, '$.to') = 'unknown'",
            (key,),
        )
        return None if row is None else row[0]

    def events(
        self,
        address: str | None = None,
        run: int | None = None,
        key: str | None = None,
        limit: int | None = None,
        what: str | None = None,
    ) -> list[Event]:
        """The log, oldest first; with a limit, its last lines.

        The address of a clip covers all its takes and steps.
        """
        conditions: list[str] = ["1 = 1"]
        parameters: list[object] = []
        if address is not None:
            conditions.append("(address = ? OR (address >= ? AND address < ?))")
            parameters += [address, *_below(address)]
        for column, value in (("run", run), ("key", key), ("what", what)):
            if value is not None:
                conditions.append(f"{column} = ?")
                parameters.append(value)
        rows = self.session.rows(
            f"SELECT {_EVENT} FROM events WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?",
            (*parameters, _limit(limit)),
        )
        return [_event_of_row(row) for row in reversed(rows)]

    def logged_addresses(self) -> list[str]:
        """Every address in the log."""
        rows = self.session.rows("SELECT DISTINCT address FROM events WHERE address IS NOT NULL")
        return [str(row[0]) for row in rows]


def _below(address: str) -> tuple[str, str]:
    """The range of addresses under a clip (`#` to `$`) or a take (`/` to `0`)."""
    return (f"{address}/", f"{address}0") if "#" in address else (f"{address}#", f"{address}$")


def _limit(limit: int | None) -> int:
    return _NO_LIMIT if limit is None else limit


def _run_of_row(row: tuple[Any, ...]) -> Run:
    values = list(row)
    values[8] = decimal(values[8])
    values[11] = fields_of(values[11])
    return Run(*values)


def _event_of_row(row: tuple[Any, ...]) -> Event:
    values = list(row)
    values[6] = fields_of(values[6])
    return Event(*values)
