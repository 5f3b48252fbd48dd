"""The queue as a runner sees it: takes jobs, keeps its heartbeat, and picks up what dead runners left.

Procrastinate decides who gets which job. A connection that breaks ends its worker, and another one is
begun; the jobs of such a worker are taken over like those of a dead runner.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import procrastinate
import psycopg
from procrastinate import jobs as procrastinate_jobs
from procrastinate import retry
from psycopg import sql

from sorasync.errors import SorasyncError
from sorasync.state.job_queue import GONE, TASK, MediaJob, Order, OrderedRender
from sorasync.state.postgres_url import parse_url
from sorasync.state.process import user_name
from sorasync.state.queue_schema import QUEUE_SCHEMA

if TYPE_CHECKING:
    from procrastinate.job_context import JobContext

# What procrastinate has to say is in the states of its jobs.
logging.getLogger("procrastinate").addHandler(logging.NullHandler())
logging.getLogger("procrastinate").propagate = False
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())
logging.getLogger("psycopg.pool").propagate = False

# Seconds between two heartbeats of a runner, and between two looks for new work that no notice announced.
_BEAT, _POLL = 5.0, 5.0
# Seconds before a worker is begun anew whose connection broke.
_PAUSE = 1
# How long ended jobs are remembered.
_KEPT_HOURS = 7 * 24

_UNREACHABLE = (procrastinate.exceptions.ConnectorException, psycopg.Error)


class CarryOnLater(Exception):
    """A job that is not done although nothing is wrong: a runner may go on after `seconds`."""

    def __init__(self, message: str, seconds: int = 0) -> None:
        super().__init__(message)
        self.seconds = seconds


class _Retries(retry.BaseRetryStrategy):
    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate_jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, CarryOnLater):
            return procrastinate.RetryDecision(retry_in={"seconds": exception.seconds})
        if isinstance(exception, _UNREACHABLE):
            return procrastinate.RetryDecision(retry_in={"seconds": _PAUSE})
        return None


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a job is about: its order, the files of the library, and the renders or the media job.

    `attempts` is how often it was begun before.
    """

    id: int
    attempts: int
    order: Order
    files: bytes
    renders: Sequence[OrderedRender]
    media: MediaJob | None = None


@dataclass(frozen=True, slots=True)
class JobEnding:
    """How a job ended, in one sentence, and what a media job made."""

    message: str
    result: Mapping[str, object] | None = None


CarryOut = Callable[[JobParts], Awaitable[JobEnding]]


class QueueWorker:
    """Takes jobs of one queue, at most `at_once` at a time, and hands each to `carry_out`.

    `carry_out` returns what became of it, raises `CarryOnLater`, or an error. `notice` gets
    sentences about the queue itself.
    """

    def __init__(
        self, url: str, queue: str, at_once: int, carry_out: CarryOut, notice: Callable[[str], None]
    ) -> None:
        self.id = uuid.uuid4()
        self._queue = queue
        self._at_once = at_once
        self._carry_out = carry_out
        self._notice = notice
        self._stopping = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        connector = procrastinate.PsycopgConnector(
            conninfo=parse_url(url, QUEUE_SCHEMA).address,
            configure=_look_into_queue,
            min_size=1,
            max_size=4,
            timeout=10,
        )
        self._app = procrastinate.App(connector=connector)
        self._app.task(name=TASK, pass_context=True, retry=_Retries())(self._take)

    def stop(self) -> None:
        """Take no more jobs; `run` returns when those in hand have ended."""
        self._stopping.set()
        if self._working is not None:
            self._working.cancel()

    async def run(self, *, until_empty: bool = False) -> None:
        """Take jobs until stopped, or with `until_empty` until there is none."""
        asyncio.get_running_loop().set_exception_handler(self._end_unrecorded)
        caring = asyncio.create_task(self._care())
        try:
            while not self._stopping.is_set():
                try:
                    if await self._run_worker(until_empty):
                        return
                except _UNREACHABLE as error:
                    self._notice(f"the queue cannot be reached ({_first_line(error)}); trying again")
                    await _sleep_until(self._stopping, _PAUSE)
        finally:
            caring.cancel()
            await asyncio.gather(caring, return_exceptions=True)

    def _end_unrecorded(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take the error of a job whose end could not be written, which procrastinate leaves to the loop."""
        if isinstance(context.get("exception"), _UNREACHABLE):
            self._notice("the end of a job could not be recorded: another runner takes it over")
        else:
            loop.default_exception_handler(context)

    async def _run_worker(self, until_empty: bool) -> bool:
        """Whether the queue was found empty."""
        async with self._app.open_async():
            await self._beat()
            if self._stopping.is_set():
                return False
            work = self._app.run_worker_async(
                queues=[self._queue],
                concurrency=self._at_once,
                wait=not until_empty,
                fetch_job_polling_interval=_POLL,
                update_heartbeat_interval=_BEAT,
                stalled_worker_timeout=GONE,
                install_signal_handlers=False,
            )
            self._working = asyncio.create_task(work)
            # Cancelling it is procrastinate's way to stop a worker: it waits for the jobs in hand.
            await asyncio.wait([self._working])
            ended, self._working = self._working, None
            if not ended.cancelled() and (error := ended.exception()) is not None:
                raise error
            if self._stopping.is_set():
                return False
            return until_empty and not await self._left()

    async def _left(self) -> bool:
        row = await self._row(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE queue_name = %(queue)s "
            "AND status IN ('todo', 'doing')) AS found",
            queue=self._queue,
        )
        if row["found"]:
            # What waits for its time, or is with another runner.
            await _sleep_until(self._stopping, _PAUSE)
        return bool(row["found"])

    async def _care(self) -> None:
        """Heartbeats, and every now and then a look for what the dead left behind."""
        while True:
            await asyncio.sleep(_BEAT)
            try:
                await self._beat()
                await self._pick_up()
                await self._forget()
            except (*_UNREACHABLE, procrastinate.exceptions.AppNotOpen):
                # The worker notices as well, and says so.
                continue

    async def _beat(self) -> None:
        await self._say(
            'INSERT INTO runners (id, queue, "user", host, pid) '
            "VALUES (%(id)s, %(queue)s, %(user)s, %(host)s, %(pid)s) "
            "ON CONFLICT (id) DO UPDATE SET heartbeat = now()",
            id=self.id,
            queue=self._queue,
            user=user_name(),
            host=platform.node(),
            pid=os.getpid(),
        )

    async def _pick_up(self) -> None:
        """Let the jobs of dead runners be taken again. Their leases decide what may be sent."""
        manager = self._app.job_manager
        # Earlier than a runner counts as gone: a job that runs twice finds its renders leased or done.
        for job in await manager.get_stalled_jobs(queue=self._queue, seconds_since_heartbeat=GONE / 2):
            await manager.retry_job(job)
            self._notice(f"job {job.id} is taken over: its runner is gone")

    async def _forget(self) -> None:
        """Delete what ended long ago, and the runners that are gone."""
        await self._app.job_manager.delete_old_jobs(_KEPT_HOURS, include_failed=True, include_cancelled=True)
        await self._say(
            "DELETE FROM orders o WHERE made < now() - make_interval(hours => %(hours)s) AND NOT EXISTS "
            "(SELECT FROM procrastinate_jobs j WHERE (j.args ->> 'order')::bigint = o.id)",
            hours=_KEPT_HOURS,
        )
        await self._say(
            "DELETE FROM bundles b WHERE NOT EXISTS (SELECT FROM orders o WHERE o.bundle = b.digest)"
        )
        await self._say(
            "DELETE FROM runners WHERE heartbeat < now() - make_interval(secs => %(gone)s)", gone=GONE
        )

    async def leave(self) -> None:
        """Forget this runner, unless the database is away: then others will."""
        with suppress(*_UNREACHABLE):
            async with self._app.open_async():
                await self._say("DELETE FROM runners WHERE id = %(id)s", id=self.id)

    async def _take(
        self,
        context: JobContext,
        order: int,
        renders: list[dict[str, Any]],
        media: dict[str, Any] | None = None,
    ) -> None:
        number = context.job.id
        assert number is not None
        row = await self._row(
            "SELECT o.schema, o.owner, o.bundle, o.terms, b.files FROM orders o "
            "JOIN bundles b ON b.digest = o.bundle WHERE o.id = %(id)s",
            id=order,
        )
        parts = JobParts(
            id=number,
            attempts=context.job.attempts,
            order=Order.of_row(row),
            files=row["files"],
            renders=[OrderedRender(**one) for one in renders],
            media=None if media is None else MediaJob.of_row(media),
        )
        try:
            ending = await self._carry_out(parts)
        except SorasyncError as error:
            await self._end(number, JobEnding(error.text))
            raise
        except CarryOnLater as error:
            await self._end(number, JobEnding(str(error)))
            raise
        await self._end(number, ending)

    async def _end(self, job: int, ending: JobEnding) -> None:
        await self._say(
            "INSERT INTO endings (job, message, result) VALUES (%(job)s, %(message)s, %(result)s::jsonb) "
            "ON CONFLICT (job) DO UPDATE SET message = excluded.message, result = excluded.result",
            job=job,
            message=ending.message.replace("\0", "\ufffd"),
            result=None if ending.result is None else json.dumps(ending.result),
        )

    async def _row(self, query: Any, **values: Any) -> dict[str, Any]:
        return await self._app.connector.execute_query_one_async(query, **values)

    async def _say(self, query: Any, **values: Any) -> None:
        await self._app.connector.execute_query_async(query, **values)


async def _look_into_queue(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(QUEUE_SCHEMA)))
    await connection.commit()


async def _sleep_until(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]
