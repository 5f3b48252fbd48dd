"""What the tables of a queue say about it: their version, what stands still, and who is at work."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.state.job_queue import GONE
from sorasync.state.queue_schema import queue_connection, queue_exists, versions_apart


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue by its name: jobs due, running, of dead runners, given up; its runners at work."""

    name: str
    due: int
    doing: int
    stalled: int
    given_up: int
    runners: int


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The queues of a database.

    `missing` are steps of the schema that this version would take, `unknown` those that a later one took.
    """

    missing: int
    unknown: int
    lines: list[QueueLine]


def queue_health(url: str) -> QueueHealth | None:
    """How the queues of a database are, None where there is none. Raises `StateError`."""
    with queue_connection(url) as connection:
        if not queue_exists(connection):
            return None
        missing, unknown = versions_apart(connection)
        rows = connection.execute(
            "SELECT name, sum(due), sum(doing), sum(stalled), sum(given_up), sum(runners) FROM ("
            "SELECT j.queue_name AS name, "
            "(j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now())::int AS due, "
            "(j.status = 'doing')::int AS doing, "
            "(j.status = 'doing' AND coalesce(w.last_heartbeat < now() - make_interval(secs => %s), true))"
            "::int AS stalled, (j.status = 'failed')::int AS given_up, 0 AS runners "
            "FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id "
            "WHERE j.status IN ('todo', 'doing', 'failed') "
            "UNION ALL SELECT queue, 0, 0, 0, 0, 1 FROM runners "
            "WHERE heartbeat > now() - make_interval(secs => %s)) AS found GROUP BY name ORDER BY name",
            (GONE, GONE),
        ).fetchall()
    lines = [QueueLine(str(name), *map(int, counts)) for name, *counts in rows]
    return QueueHealth(missing, unknown, lines)
