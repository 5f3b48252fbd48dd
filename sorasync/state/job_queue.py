"""The queue as those see it who put work into it: orders, their jobs, and how far they are.

An order holds the files of a library as they were when somebody agreed to the plan. Each of its jobs is about
some of the renders, or about checks or a film, which cost nothing but a processor's time. A job is permission
to render, never proof that a render is still to be paid for: a runner asks the library's state first, under
leases, so that a job may run twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sorasync.state.errors import StateError
from sorasync.state.queue_schema import QUEUE_SCHEMA, make_queue, queue_connection, queue_exists
from sorasync.text import counted

if TYPE_CHECKING:
    from datetime import datetime

    from sorasync.state.postgres_database import PostgresDatabase
    from sorasync.state.store import Store

TASK = "sorasync.apply"

# Seconds without a heartbeat after which a runner counts as gone.
GONE = 60.0

_UNFINISHED = ("todo", "doing")


@dataclass(frozen=True, slots=True)
class OrderedRender:
    """A change that somebody agreed to, with its price (None if unknown).

    `how` is `replace` or `retry` where it was asked for by that option. It holds only while the record is
    the one that the plan saw (`status`, `remote_id`, `asset`, `attempts`): what has moved on since is not
    rendered afresh again.
    """

    key: str
    label: str
    cost_usd: str | None
    how: str = ""
    status: str | None = None
    remote_id: str | None = None
    asset: str | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class MediaJob:
    """A job that needs a processor and costs nothing: `kind` is `check` or `cut`.

    `names` are the addresses to check, or the name of the cut; `only` and `again` are options of the check.
    """

    kind: str
    names: tuple[str, ...]
    only: tuple[str, ...] = ()
    again: bool = False

    @property
    def title(self) -> str:
        """What it is, for people."""
        return (
            f"cut {self.names[0]}" if self.kind == "cut" else f"check of {counted(len(self.names), 'video')}"
        )

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> MediaJob:
        """The media job in a job's arguments."""
        lists = {"names": tuple(row["names"]), "only": tuple(row["only"])}
        return cls(**{**row, **lists})


# What one job is about.
Work = Sequence[OrderedRender] | MediaJob


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order says besides its files: the environment, and the options that still matter."""

    env: str | None
    user: str
    batch: bool
    max_cost: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A library as it is to be applied. `owner` and `schema` say which state it is about."""

    schema: str
    owner: str
    digest: str
    terms: Terms

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Order:
        """The order in a row of the table."""
        return cls(row["schema"], row["owner"], row["bundle"], Terms(**row["terms"]))


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a job is, in procrastinate's words; `message` is what a runner said last.

    `result` is what a media job made.
    """

    id: int
    status: str
    message: str = ""
    result: Mapping[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether no runner will take it up again."""
        return self.status not in _UNFINISHED


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as `sorasync queue` lists it: `kind` is `render`, `check` or `cut`."""

    id: int
    queue: str
    status: str
    owner: str
    kind: str
    labels: list[str]
    priority: int
    attempts: int
    user: str
    scheduled_at: float | None
    message: str


@dataclass(frozen=True, slots=True)
class LivingRunner:
    """A runner that had a heartbeat lately. Times are Unix seconds."""

    queue: str
    user: str
    host: str
    pid: int
    since: float


@dataclass(frozen=True, slots=True)
class Placing:
    """Where jobs are put: the queue, their rank in it (higher goes first), and when they may begin."""

    queue: str
    priority: int = 0
    not_before: datetime | None = None


def enqueue(
    store: Store,
    url: str,
    order: Order,
    files: bytes,
    works: Sequence[Work],
    placing: Placing,
) -> list[int]:
    """Put an order into the queue, one job for each work, and log it in the state: all of it or nothing.

    Returns the ids of the jobs. Raises `StateError`.
    """
    make_queue(url)
    import procrastinate

    from sorasync.state.postgres_database import PostgresDatabase

    database = store.session.database
    if not isinstance(database, PostgresDatabase):
        raise StateError("a queue needs a state in PostgreSQL")
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    with store.transaction():
        database.visit(QUEUE_SCHEMA)
        number = _insert_order(database, order, files)
        deferrer = app.configure_task(
            TASK,
            queue=placing.queue,
            priority=placing.priority,
            schedule_at=placing.not_before,
            connection=database.connection,
        )
        jobs = deferrer.batch_defer(*(_arguments(number, work) for work in works))
        database.visit(database.schema)
        renders = sum(len(work) for work in works if not isinstance(work, MediaJob))
        store.log("queued", queue=placing.queue, jobs=jobs, renders=renders)
    return jobs


def _arguments(order: int, work: Work) -> dict[str, Any]:
    if isinstance(work, MediaJob):
        return {"order": order, "renders": [], "media": asdict(work)}
    return {"order": order, "renders": [asdict(render) for render in work]}


def _insert_order(database: PostgresDatabase, order: Order, files: bytes) -> int:
    database.execute(
        "INSERT INTO bundles (digest, files) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING",
        (order.digest, files),
    )
    row = database.execute(
        "INSERT INTO orders (schema, owner, bundle, terms) VALUES (?, ?, ?, ?) RETURNING id",
        (order.schema, order.owner, order.digest, json.dumps(asdict(order.terms))),
    ).fetchone()
    assert row is not None
    return int(row[0])


def job_states(store: Store, jobs: Collection[int]) -> list[JobState]:
    """How far these jobs are. One that was deleted is not listed."""
    rows = store.session.rows(
        "SELECT j.id, j.status::text, coalesce(e.message, ''), e.result "
        f"FROM {QUEUE_SCHEMA}.procrastinate_jobs j "
        f"LEFT JOIN {QUEUE_SCHEMA}.endings e ON e.job = j.id "
        "WHERE j.id IN (SELECT value::bigint FROM json_each(?)) ORDER BY j.id",
        (json.dumps(list(jobs)),),
    )
    return [JobState(*row) for row in rows]


def living_runners(store: Store, queue: str) -> int:
    """How many runners of a queue had a heartbeat lately."""
    row = store.session.row(
        f"SELECT count(*) FROM {QUEUE_SCHEMA}.runners "
        "WHERE queue = ? AND heartbeat > now() - make_interval(secs => ?)",
        (queue, GONE),
    )
    return 0 if row is None else int(row[0])


@dataclass(frozen=True, slots=True)
class UnfinishedJob:
    """A job of a library that is still to be carried out: its renders, none where it checks or cuts."""

    id: int
    queue: str
    renders: tuple[OrderedRender, ...]
    media: MediaJob | None


def unfinished_jobs(store: Store, owner: str) -> list[UnfinishedJob]:
    """The jobs of a library that are still to be carried out, in their order.

    None without a queue, or for somebody who may not look into it: that is no reason not to plan.
    """
    row = store.session.row(
        "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ? AND c.relname IN ('orders', 'procrastinate_jobs') "
        "AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')",
        (QUEUE_SCHEMA,),
    )
    if row is None or row[0] != 2:
        return []
    rows = store.session.rows(
        f"SELECT j.id, j.queue_name, j.args::text FROM {QUEUE_SCHEMA}.procrastinate_jobs j "
        f"JOIN {QUEUE_SCHEMA}.orders o ON o.id = (j.args ->> 'order')::bigint "
        "WHERE o.owner = ? AND j.status IN ('todo', 'doing') ORDER BY j.id",
        (owner,),
    )
    return [_unfinished(int(number), str(queue), json.loads(arguments)) for number, queue, arguments in rows]


def _unfinished(number: int, queue: str, arguments: Mapping[str, Any]) -> UnfinishedJob:
    media = arguments.get("media")
    renders = tuple(OrderedRender(**one) for one in arguments["renders"])
    return UnfinishedJob(number, queue, renders, None if media is None else MediaJob.of_row(media))


def queued_jobs(url: str) -> tuple[list[QueuedJob], list[LivingRunner]]:
    """What is not done in all queues of a database, and the runners at work. Raises `StateError`."""
    with queue_connection(url) as connection:
        if not queue_exists(connection):
            return [], []
        jobs = connection.execute(
            "SELECT j.id, j.queue_name, j.status::text, o.owner, "
            "coalesce(j.args -> 'media' ->> 'kind', 'render'), CASE j.args -> 'media' ->> 'kind' "
            "WHEN 'check' THEN ARRAY(SELECT jsonb_array_elements_text(j.args -> 'media' -> 'names')) "
            "WHEN 'cut' THEN ARRAY['cut.' || (j.args -> 'media' -> 'names' ->> 0)] "
            "ELSE ARRAY(SELECT r ->> 'label' FROM jsonb_array_elements(j.args -> 'renders') r) END, "
            "j.priority, j.attempts, "
            "o.terms ->> 'user', extract(epoch FROM j.scheduled_at)::float8, coalesce(e.message, '') "
            "FROM procrastinate_jobs j JOIN orders o ON o.id = (j.args ->> 'order')::bigint "
            "LEFT JOIN endings e ON e.job = j.id "
            "WHERE j.status NOT IN ('succeeded', 'cancelled') ORDER BY j.priority DESC, j.id"
        ).fetchall()
        runners = connection.execute(
            'SELECT queue, "user", host, pid, extract(epoch FROM since)::float8 FROM runners '
            "WHERE heartbeat > now() - make_interval(secs => %s) ORDER BY queue, host, pid",
            (GONE,),
        ).fetchall()
    return [QueuedJob(*row) for row in jobs], [LivingRunner(*row) for row in runners]


@dataclass(frozen=True, slots=True)
class CancelledJobs:
    """The jobs that were taken out, and why others stay as they are, by id."""

    cancelled: list[int]
    kept: Mapping[int, str]


_WHY_KEPT = {
    "doing": "a runner has started it",
    "succeeded": "it is done",
    "cancelled": "it was cancelled before",
}


def cancel_jobs(url: str, jobs: Collection[int]) -> CancelledJobs:
    """Take jobs out of the queue that no runner has begun, and those that failed."""
    with queue_connection(url) as connection:
        if not queue_exists(connection):
            return CancelledJobs([], dict.fromkeys(jobs, _NO_JOB))
        rows = connection.execute(
            "UPDATE procrastinate_jobs SET status = 'cancelled' "
            "WHERE id = ANY(%s) AND status IN ('todo', 'failed') RETURNING id",
            (list(jobs),),
        ).fetchall()
        cancelled = sorted(int(row[0]) for row in rows)
        left = sorted(set(jobs).difference(cancelled))
        found = connection.execute(
            "SELECT id, status::text FROM procrastinate_jobs WHERE id = ANY(%s)", (left,)
        ).fetchall()
    words = {int(number): _WHY_KEPT.get(status, f"it is {status}") for number, status in found}
    return CancelledJobs(cancelled, {number: words.get(number, _NO_JOB) for number in left})


_NO_JOB = "there is no such job"
