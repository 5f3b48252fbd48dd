"""Jobs in the database: adding, reading, paging, claiming and settling them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sorasync.preview.database import Database, columns_of
from sorasync.preview.model import PreviewJob

_NAMES = tuple(PreviewJob.__dataclass_fields__)
_COLUMNS = ", ".join(_NAMES)
_SETTLE = """
UPDATE jobs SET state = outcome, completed = max(ready, drawn),
    expires = CASE WHEN outcome = 'completed' THEN max(ready, drawn) + life END, owner = NULL
WHERE state = 'active' AND drawn IS NOT NULL AND stuck = 0 AND ready <= ?
RETURNING id, state
"""
_DUE = "SELECT 1 FROM jobs WHERE state = 'active' AND drawn IS NOT NULL AND stuck = 0 AND ready <= ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Settled:
    """A job that has just become `state`."""

    id: str
    state: str


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: PreviewJob) -> bool:
        """Keep a new job; False when its batch has that line already."""
        row = columns_of(job) | {
            "characters": json.dumps(job.characters),
            "damage": json.dumps(job.damage),
        }
        return self._database.insert("jobs", row, ignore=job.batch is not None)

    def get(self, job_id: str) -> PreviewJob | None:
        """One job, None when it is not held."""
        row = self._database.first(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", job_id)
        return _job(row) if row else None

    def page(
        self, *, limit: int, ascending: bool, after: str | None, created_until: float
    ) -> list[PreviewJob] | None:
        """Jobs in the order they came, newest first unless `ascending`; None when `after` is unknown."""
        mark = None
        if after is not None:
            mark = self._database.first("SELECT seq FROM jobs WHERE id = ?", after)
            if mark is None:
                return None
        compare, order = (">", "ASC") if ascending else ("<", "DESC")
        where = f"AND seq {compare} {mark[0]}" if mark else ""
        sql = f"SELECT {_COLUMNS} FROM jobs WHERE created <= ? {where} ORDER BY seq {order} LIMIT ?"
        return [_job(row) for row in self._database.rows(sql, created_until, limit)]

    def remove(self, job_id: str) -> bool:
        """Forget a job; False if it was not held."""
        return self._database.run("DELETE FROM jobs WHERE id = ?", job_id) == 1

    def active(self) -> list[PreviewJob]:
        """Every job that has not been settled, oldest first."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM jobs WHERE state = 'active' ORDER BY seq")
        return [_job(row) for row in rows]

    def in_flight(self) -> int:
        """How many jobs are not settled."""
        return int(self._database.one("SELECT count(*) FROM jobs WHERE state = 'active'")[0])

    def surplus(self, most: int | None) -> list[PreviewJob]:
        """The oldest jobs that have ended, as many as there are more jobs than `most`."""
        if most is None:
            return []
        sql = f"SELECT {_COLUMNS} FROM jobs WHERE state != 'active' ORDER BY seq LIMIT max(0, ?)"
        return [_job(row) for row in self._database.rows(sql, self._count() - most)]

    def _count(self) -> int:
        return int(self._database.one("SELECT count(*) FROM jobs")[0])

    def settle(self, now: float) -> list[Settled]:
        """Give every job that is drawn and due its outcome; those that changed."""
        if self._database.first(_DUE, now) is None:
            return []
        with self._database.write():
            return [Settled(*row) for row in self._database.rows(_SETTLE, now)]

    def next_due(self) -> float | None:
        """When the next drawn job may settle, None when there is none."""
        row = self._database.one(
            "SELECT min(ready) FROM jobs WHERE state = 'active' AND drawn IS NOT NULL AND stuck = 0"
        )
        return None if row[0] is None else float(row[0])

    def poll_stuck(self, job_id: str) -> None:
        """Count one poll of a stuck job."""
        self._database.run("UPDATE jobs SET stuck = stuck - 1 WHERE id = ? AND stuck > 0", job_id)

    def claim(self, owner: str, now: float, drawing: Collection[str]) -> PreviewJob | None:
        """Take the oldest job of this owner that it is not `drawing`, or of nobody."""
        if self._unclaimed(owner, drawing) is None:
            return None
        with self._database.write():
            row = self._unclaimed(owner, drawing)
            if row is None:
                return None
            self._database.run(
                "UPDATE jobs SET owner = ?, started = coalesce(started, ?) WHERE id = ?",
                owner,
                now,
                row["id"],
            )
            return _job(row)

    def _unclaimed(self, owner: str, drawing: Collection[str]) -> sqlite3.Row | None:
        marks = ", ".join("?" * len(drawing))
        return self._database.first(
            f"SELECT {_COLUMNS} FROM jobs WHERE state = 'active' AND drawn IS NULL "
            f"AND (owner IS NULL OR owner = ?) AND id NOT IN ({marks}) ORDER BY seq LIMIT 1",
            owner,
            *drawing,
        )

    def other_owners(self, owner: str) -> list[str]:
        """The names on jobs that somebody else draws."""
        sql = (
            "SELECT DISTINCT owner FROM jobs WHERE state = 'active' AND drawn IS NULL "
            "AND owner IS NOT NULL AND owner != ?"
        )
        return [row[0] for row in self._database.rows(sql, owner)]

    def release(self, owner: str) -> None:
        """Give back every undrawn job of an owner."""
        self._database.run(
            "UPDATE jobs SET owner = NULL WHERE owner = ? AND state = 'active' AND drawn IS NULL", owner
        )

    def mark_drawn(self, job_id: str, now: float) -> bool:
        """The video file is there; False when the job has been deleted meanwhile."""
        return self._database.run("UPDATE jobs SET drawn = ?, owner = NULL WHERE id = ?", now, job_id) == 1

    def mark_failed(self, job_id: str, now: float, code: str, message: str) -> None:
        """Drawing was not possible: the job will fail, and is not billed."""
        with self._database.write():
            self._database.run(
                "UPDATE jobs SET drawn = ?, owner = NULL, outcome = 'failed', error_code = ?, "
                "error_message = ? WHERE id = ?",
                now,
                code,
                message,
                job_id,
            )
            self._database.run("UPDATE ledger SET void = 1 WHERE job = ?", job_id)

    def cancel(self, job_id: str) -> bool:
        """End an unfinished job; False if it had ended."""
        sql = "UPDATE jobs SET state = 'cancelled', outcome = 'cancelled', owner = NULL "
        return self._database.run(f"{sql} WHERE id = ? AND state = 'active'", job_id) == 1

    def expire(self, job_id: str, now: float) -> None:
        """End the time in which a job's files can be downloaded."""
        self._database.run("UPDATE jobs SET expires = ? WHERE id = ? AND expires > ?", now, job_id, now)

    def of_batch(self, batch: str, states: Iterable[str]) -> list[PreviewJob]:
        """The jobs of a batch that are in one of the states, in the order of its lines."""
        wanted = list(states)
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT {_COLUMNS} FROM jobs WHERE batch = ? AND state IN ({marks}) ORDER BY seq"
        return [_job(row) for row in self._database.rows(sql, batch, *wanted)]

    def batch_counts(self, batch: str) -> dict[str, int]:
        """How many jobs of a batch are in each state."""
        sql = "SELECT state, count(*) FROM jobs WHERE batch = ? GROUP BY state"
        return {row[0]: row[1] for row in self._database.rows(sql, batch)}

    def batch_goes_on(self, batch: str, *, halted: bool) -> bool:
        """Whether a batch has jobs that will still end by themselves; a halted one has some that never do."""
        sql = "SELECT 1 FROM jobs WHERE batch = ? AND state = 'active'"
        sql += " AND stuck != -1 LIMIT 1" if halted else " LIMIT 1"
        return self._database.first(sql, batch) is not None

    def end_batch(self, batch: str, state: str, code: str, message: str) -> None:
        """End every unfinished job of a batch, unbilled."""
        with self._database.write():
            self._database.run(
                "UPDATE ledger SET void = 1 WHERE job IN "
                "(SELECT id FROM jobs WHERE batch = ? AND state = 'active')",
                batch,
            )
            self._database.run(
                "UPDATE jobs SET state = ?, outcome = ?, error_code = ?, error_message = ?, owner = NULL "
                "WHERE batch = ? AND state = 'active'",
                state,
                state,
                code,
                message,
                batch,
            )


def _job(row: sqlite3.Row) -> PreviewJob:
    values = dict(zip(_NAMES, tuple(row), strict=True))
    values["characters"] = tuple(json.loads(values["characters"]))
    values["damage"] = tuple((kind, at) for kind, at in json.loads(values["damage"]))
    values["videoless"] = bool(values["videoless"])
    return PreviewJob(**values)
