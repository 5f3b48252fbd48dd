"""Follows batches to their end and reads their results, whatever their order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from sorasync.apply.context import Context
from sorasync.apply.race import unless
from sorasync.apply.render.billing import book, move
from sorasync.apply.render.follow import WaitedLongEnough
from sorasync.apply.render.job_ids import IdTaken
from sorasync.apply.render.misses import Misses
from sorasync.apply.render.row_words import error_of
from sorasync.provider import errors
from sorasync.provider.base import BatchQueue
from sorasync.provider.batch import Batch, BatchResult, BatchStatus
from sorasync.provider.wire import Job, JobError, JobStatus
from sorasync.recovery.match_job import is_another_prompt, wanted_by
from sorasync.state.record import ID_TAKEN, Record, Status

_FIRST_WAIT, _LAST_WAIT = 1.0, 60.0
# Lines that are recorded in one transaction.
_AT_ONCE = 500
# The code of lines whose batch the host did not know any more: it may still hold them.
BATCH_GONE = "batch_gone"
# Codes of lines that were never run: not the render's fault, so no attempt is counted.
_NEVER_CARRIED_OUT = frozenset({"batch_expired", "batch_cancelled", "batch_canceled", "batch_failed"})

# A record before and after its line was read, None where the line was never run, and its job.
_Ended = tuple[Record, Record | None, Job | None]


class BatchFollower:
    """Waits for batches, with one task per batch however many lines wait for it."""

    def __init__(self, context: Context, queue: BatchQueue) -> None:
        self._context = context
        self._queue = queue
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._jobs: dict[str, Job] = {}
        # What the host said of rows, which their records do not hold.
        self._withheld: dict[str, str] = {}
        self._wake = asyncio.Event()

    async def job(self, key: str, batch_id: str, deadline: float) -> Job:
        """The job of a line, once its batch has ended; its id is durable then.

        A batch is followed until the deadline (monotonic) of whoever asks for it first.

        Raises `WaitedLongEnough` where the batch still runs, `Moderated` or `ProviderError` where the line
        became no job, `OutcomeUnknown` where the results do not mention it.
        """
        if batch_id not in self._tasks:
            self._tasks[batch_id] = asyncio.create_task(self._follow(batch_id, deadline))
        task = self._tasks[batch_id]
        await unless(self._context.leaving, _ended(task))
        if not task.done():
            raise WaitedLongEnough(f"queued in batch {batch_id}")
        task.result()
        return await self._outcome(key)

    def wake(self) -> None:
        """Look again at once."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop following."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _outcome(self, key: str) -> Job:
        record = await self._context.record(key)
        if record is not None and record.status is Status.SUBMITTED and record.remote_id is not None:
            return self._jobs.pop(key, None) or Job(record.remote_id, JobStatus.UNKNOWN, poll_after=0.0)
        message = (record.error_message if record else None) or "the batch ended without a result for it"
        code = record.error_code if record else None
        kind: type[errors.ProviderError] = errors.ProviderError
        if record is not None and record.status is Status.BLOCKED:
            kind = errors.Moderated
        elif record is not None and record.status is Status.UNKNOWN:
            kind = errors.OutcomeUnknown
        error = kind(message, code=code)
        error.withheld = self._withheld.pop(key, "")
        raise error

    async def _follow(self, batch_id: str, deadline: float) -> None:
        context = self._context
        batch = await self._until_ended(batch_id, deadline)
        context.notice(f"batch {batch_id} is {batch.status.value}: reading its results")
        failure: errors.ProviderError | None = None
        pause = _FIRST_WAIT
        while True:
            try:
                await self._read(batch)
                return
            except errors.ProviderError as error:
                context.reach.hear(error)
                failure = error
            if context.clock.monotonic() + pause > deadline:
                break
            await context.clock.sleep(pause)
            pause = min(pause * 2, _LAST_WAIT)
        raise WaitedLongEnough(f"the results of batch {batch_id} cannot be read: {failure}")

    async def _until_ended(self, batch_id: str, deadline: float) -> Batch:
        clock, misses = self._context.clock, Misses()
        begun = clock.monotonic()
        while True:
            try:
                batch = await self._queue.batch(batch_id)
                misses.seen()
                self._context.reach.answered()
                if batch.status.terminal:
                    return batch
            except errors.NotFound as error:
                # A server inside this process knows for certain: another machine's took the batch along.
                if self._context.profile.base_url is None or misses.missed(clock.monotonic()):
                    await self._context.commits.record(partial(self._gone, batch_id))
                    gone = f"the provider no longer knows batch {batch_id}"
                    raise errors.OutcomeUnknown(gone) from error
            except (errors.AuthFailed, errors.QuotaExhausted) as error:
                self._context.halt(error.message)
                raise WaitedLongEnough(f"the batch cannot be followed: {error.message}") from error
            except (errors.NotSent, errors.ServerError) as error:
                self._context.reach.failed(error)
            except errors.ProviderError:
                pass
            age = clock.monotonic() - begun
            if clock.monotonic() > deadline:
                raise WaitedLongEnough(f"still queued in batch {batch_id} when the wait limit was reached")
            await unless(self._wake, clock.sleep(min(_LAST_WAIT, max(_FIRST_WAIT, age / 20))))
            self._wake.clear()

    def _gone(self, batch_id: str) -> None:
        """The provider no longer knows the batch: only the list of jobs can tell about its lines."""
        store, run = self._context.store, self._context.run
        for record in self._waiting(batch_id):
            store.move(record.key, Status.UNKNOWN, run=run, error_stage="batch", error_code=BATCH_GONE)

    async def _read(self, batch: Batch) -> None:
        """Record what became of every line. Reading twice changes nothing."""
        found = await self._context.commits.read(lambda: self._waiting(batch.id))
        waiting = {record.key: record for record in found}
        some: list[tuple[Record, BatchResult]] = []
        # A line with an error may be followed by one with a job.
        failed: dict[str, BatchResult] = {}
        made: dict[str, str] = {}
        unread = 0
        async for result in self._queue.results(batch):
            key, job = result.custom_id, result.job
            unread += not key
            if job is None:
                failed.setdefault(key, result)
            elif made.setdefault(key, job.id) != job.id:
                two = f"{made[key]} is used, {job.id} was made as well"
                self._context.notice(f"batch {batch.id} has two jobs of one line: {two}")
            elif (record := waiting.pop(key, None)) is not None:
                some.append((record, result))
            if len(some) >= _AT_ONCE:
                await self._book(partial(self._record, some))
                some = []
        some += [(waiting.pop(key), result) for key, result in failed.items() if key in waiting]
        await self._book(partial(self._record, some))
        shown = len(made.keys() | failed.keys())
        all_shown = not unread and "request_counts" in batch.raw and batch.done + batch.failed <= shown
        sure = batch.status is BatchStatus.FAILED or all_shown
        left = list(waiting.values())
        await self._book(partial(self._left_out, batch, left, never_run=sure))

    async def _book(self, record: Callable[[], list[_Ended]]) -> None:
        """Record some lines, then count what they cost."""
        context = self._context
        for before, after, job in await context.commits.record(record):
            if after is None:
                context.budget.settle(before.intent_at or 0.0, before.charge, None)
                continue
            book(context, before, after)
            if job is not None:
                self._jobs[before.key] = job

    def _waiting(self, batch_id: str) -> list[Record]:
        """The lines at this host that this apply follows; others are left to who wants them."""
        store, here = self._context.store, self._context.provider.name
        return [
            record
            for record in store.in_flight()
            if record.status is Status.BATCHED
            and (record.provider, record.batch_id) == (here, batch_id)
            and store.may_change(record.key)
        ]

    def _record(self, some: list[tuple[Record, BatchResult]]) -> list[_Ended]:
        ended = []
        for record, result in some:
            if result.job is not None:
                ended += self._made(record, result.job)
            elif result.doubtful and (result.error is None or result.error.code not in _NEVER_CARRIED_OUT):
                self._doubt(record, result.error or JobError(None, "no answer was recorded", ours=True))
            else:
                error = result.error or JobError(None, "no reason given", ours=True)
                ended.append(self._not_made(record, error, result.status in errors.REFUSALS))
        return ended

    def _made(self, record: Record, job: Job) -> list[_Ended]:
        expires_at, life = job.expires_at, self._context.profile.limits.batch_expiry_seconds
        if expires_at is None and life is not None:
            expires_at = self._context.clock.now() + life
        if job.status is JobStatus.EXPIRED:
            why = job.error or JobError("batch_expired", "it expired before it was run", ours=True)
            return [self._not_made(record, why)]
        prompt = wanted_by(record).prompt
        if prompt and job.prompt is not None and is_another_prompt(job.prompt, prompt):
            other = f"the results give it {job.id}, which was made of another prompt"
            self._doubt(record, JobError(None, other, ours=True))
            return []
        try:
            self._context.job_ids.claim(job.id, record)
        except IdTaken as taken:
            self._context.store.move(
                record.key,
                Status.UNKNOWN,
                run=self._context.run,
                error_stage="batch",
                error_code=ID_TAKEN,
                error_message=taken.message,
            )
            return []
        ids = {"remote_id": job.id, "expires_at": expires_at}
        return [(record, move(self._context, record, Status.SUBMITTED, job, **ids), job)]

    def _doubt(self, record: Record, said: JobError) -> None:
        """Only the list of jobs can tell whether the line has made one."""
        error = error_of(said, record)
        fields = {"error_stage": "batch", "error_code": error.code, "error_message": error.message}
        self._context.store.move(record.key, Status.UNKNOWN, run=self._context.run, **fields)

    def _not_made(
        self, record: Record, said: JobError, refused: bool = False, *, never_run: bool = False
    ) -> _Ended:
        error = error_of(said, record)
        self._withheld[record.key] = error.withheld
        fields = {"error_stage": "batch", "error_code": error.code, "error_message": error.message}
        if never_run or said.code in _NEVER_CARRIED_OUT:
            self._context.store.withdraw(record.key, run=self._context.run, **fields)
            return record, None, None
        status = Status.BLOCKED if said.moderated or refused else Status.FAILED
        return record, move(self._context, record, status, None, **fields), None

    def _left_out(self, batch: Batch, records: Iterable[Record], *, never_run: bool) -> list[_Ended]:
        """Lines without a result: not rendered if the batch ended early, and in doubt if it was completed, or
        says that it ran more lines than it shows.
        """
        ended = []
        for record in records:
            if batch.status is BatchStatus.COMPLETED or not never_run:
                missing = f"it is missing from the results of batch {batch.id}"
                self._doubt(record, JobError(None, missing, ours=True))
                continue
            code, plain = f"batch_{batch.status.value}", f"its batch is {batch.status.value}"
            why = batch.error or JobError(code, plain, ours=True)
            ended.append(self._not_made(record, replace(why, code=why.code or code), never_run=True))
        return ended


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait({task})
