"""Carries out a plan: starts what may start, follows what runs, fetches what is done, records each step.

The engine reads changes, never manifests or reasons. A failure takes its dependants with it and nothing
else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from sorasync.apply import open_questions
from sorasync.apply.budget import BudgetSpent
from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.fetch import Gone, fetch
from sorasync.apply.follow import Follower
from sorasync.apply.report import End, Outcome, Report
from sorasync.apply.schedule import Schedule
from sorasync.apply.send import send
from sorasync.assets.errors import DiskFull
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.provider import errors
from sorasync.provider.wire import Job, JobStatus
from sorasync.state.record import Record, Status

_CHARACTER_TRIES = 3


async def run(context: Context, changes: Sequence[Change]) -> Report:
    """Carry the changes out and report on each. Cancelling it leaves a state that the next run resumes."""
    engine = _Engine(context, changes)
    return await engine.run()


class _Interrupted(Exception):
    """The run was told to stop while a render was being followed."""


class _Engine:
    def __init__(self, context: Context, changes: Sequence[Change]) -> None:
        self._context = context
        self._changes = changes
        self._schedule = Schedule(changes)
        self._outcomes: dict[str, Outcome] = {}
        self._downloads = asyncio.Semaphore(context.settings.downloads)
        self._follower = Follower(
            context.provider, context.clock, context.profile.can("list"), context.settings.wait
        )

    async def run(self) -> Report:
        follower = asyncio.create_task(self._follower.run())
        running: dict[asyncio.Task[Outcome], Change] = {}
        try:
            await self._loop(running)
        finally:
            for task in (*running, follower):
                task.cancel()
            await asyncio.gather(*running, follower, return_exceptions=True)
        return self._report()

    async def _loop(self, running: dict[asyncio.Task[Outcome], Change]) -> None:
        stop = asyncio.create_task(self._context.stop.wait())
        try:
            while True:
                self._start(running)
                if not running:
                    return
                waiting: set[asyncio.Task[Outcome] | asyncio.Task[bool]] = set(running)
                if not stop.done():
                    waiting.add(stop)
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task, change in list(running.items()):
                    if task in done:
                        del running[task]
                        self._settle(change, task.result())
        finally:
            stop.cancel()

    def _start(self, running: dict[asyncio.Task[Outcome], Change]) -> None:
        """Start whatever is ready and fits; what is ready but cannot run any more is settled on the way."""
        while (change := self._schedule.peek()) is not None:
            starts = sum(started.action.renders for started in running.values())
            if change.action.renders and starts >= self._context.settings.parallelism:
                return
            self._schedule.pop()
            cause = self._schedule.cause(change)
            if cause is not None:
                self._settle(change, self._outcome(change, End.BLOCKED, f"waits for {cause}", cause=cause))
            elif self._context.stop.is_set() and change.action.renders:
                self._settle(change, self._outcome(change, End.SKIPPED, "not started"))
            else:
                running[asyncio.create_task(self._run(change))] = change

    def _settle(self, change: Change, outcome: Outcome) -> None:
        self._outcomes[change.label] = outcome
        if outcome.end is End.DONE:
            self._schedule.done(change)
        else:
            self._schedule.broken(change, outcome.cause)

    async def _run(self, change: Change) -> Outcome:
        try:
            return await self._carry_out(change)
        except (errors.QuotaExhausted, errors.AuthFailed, DiskFull) as error:
            self._context.halt(error.message)
            return self._failed(change, error)
        except BudgetSpent as error:
            self._context.halt(error.message)
            return self._outcome(change, End.SKIPPED, error.message, next=error.hint)
        except TimeoutError:
            return self._pending(change, "still rendering when the wait limit was reached")
        except _Interrupted:
            return self._pending(change, "still rendering")
        except Gone as error:
            return self._failed(change, error)
        except errors.Moderated as error:
            self._context.tell(change, Moment.BLOCKED, error.message)
            return self._outcome(
                change, End.BLOCKED, f"refused: {error.message}", next="change its prompt, then apply again"
            )
        except SorasyncError as error:
            return self._failed(change, error)

    async def _carry_out(self, change: Change) -> Outcome:
        match change.action:
            case Action.MOVE:
                self._bind(change)
                return self._done(change)
            case Action.RETIRE:
                with self._context.store.transaction():
                    for address in change.drops:
                        self._context.store.unbind(address, run=self._context.run)
                return self._done(change)
            case Action.BLOCKED | Action.LOST:
                return self._outcome(change, End.BLOCKED, change.reason)
            case Action.RESUME | Action.DOWNLOAD:
                return await self._resume(change)
            case _:
                return await self._render(change)

    async def _render(self, change: Change) -> Outcome:
        assert change.render is not None
        try:
            job = await self._send(change)
        except errors.OutcomeUnknown as error:
            return await self._unknown(change, error)
        if job is None:
            self._bind(change)
            return self._done(change)
        return await self._follow(change, job)

    async def _send(self, change: Change) -> Job | None:
        """Send; a character upload costs nothing, so a lost answer is simply asked for again."""
        if change.action is not Action.CHARACTER:
            return await send(self._context, change)
        for attempt in range(1, _CHARACTER_TRIES + 1):
            try:
                return await send(self._context, change)
            except errors.OutcomeUnknown:
                self._context.store.move(change.key, Status.FAILED, run=self._context.run)
                if attempt == _CHARACTER_TRIES:
                    raise
        return None

    async def _unknown(self, change: Change, error: errors.OutcomeUnknown) -> Outcome:
        """The answer was lost: find the job, send again where that is surely right, or leave it open."""
        self._context.tell(change, Moment.WAITING, "the answer was lost: looking for the job")
        answer = await open_questions.settle(self._context, change.key)
        if isinstance(answer, Job):
            return await self._follow(change, answer)
        if answer is open_questions.Answer.RESEND:
            return await self._again(change)
        if answer is open_questions.Answer.LATER:
            return self._pending(change, "the answer was lost; what became of it is not known yet")
        return self._outcome(
            change,
            End.OPEN,
            f"sent, the answer was lost ({error.message})",
            next=f"sorasync resolve '{change.label}'",
        )

    async def _again(self, change: Change) -> Outcome:
        """The request certainly never arrived: send it again, unless nobody wants it any more."""
        context = self._context
        if change.render is None:
            context.store.move(change.key, Status.FAILED, run=context.run, error_message="it never arrived")
            return self._done(change)
        if change.action.renders:
            context.budget.release(change.cost_usd, change.seconds)
        return await self._render(change)

    async def _resume(self, change: Change) -> Outcome:
        record = self._record(change)
        if record.status in (Status.INTENT, Status.UNKNOWN):
            lost = errors.OutcomeUnknown("an earlier run ended before the answer came")
            if record.kind == Kind.CHARACTER:
                self._context.store.move(record.key, Status.FAILED, run=self._context.run)
                return await self._again(change)
            if record.status is Status.INTENT:
                self._context.store.move(record.key, Status.UNKNOWN, run=self._context.run)
            return await self._unknown(change, lost)
        if record.status is Status.STORED:
            record = self._context.store.move(record.key, Status.RENDERED, run=self._context.run)
        if record.remote_id is None:
            raise SorasyncError("the state has no remote id for it", hint="sorasync resolve")
        return await self._follow(change, Job(record.remote_id, JobStatus.UNKNOWN, poll_after=0.0))

    async def _follow(self, change: Change, job: Job) -> Outcome:
        if self._context.settings.detach and not job.status.terminal:
            return self._pending(change, "started")
        self._context.tell(change, Moment.RENDERING, progress=job.progress)
        try:
            job = await self._until_stopped(change, job)
        except errors.NotFound as error:
            self._context.store.move(change.key, Status.LOST, run=self._context.run, error_stage="render")
            raise Gone("the provider no longer knows the job") from error
        except (errors.AuthFailed, errors.QuotaExhausted) as error:
            self._context.halt(error.message)
            return self._pending(change, f"cannot be followed: {error.message}")
        if job.status is not JobStatus.COMPLETED:
            return self._ended(change, job)
        record = self._record(change)
        if record.status is Status.SUBMITTED:
            record = self._context.store.move(
                change.key, Status.RENDERED, run=self._context.run, expires_at=job.expires_at, progress=100
            )
        self._context.tell(change, Moment.RENDERED)
        async with self._downloads:
            self._context.tell(change, Moment.FETCHING)
            await fetch(self._context, record, job)
        self._bind(change)
        return self._done(change)

    async def _until_stopped(self, change: Change, job: Job) -> Job:
        """Wait for the job, but not past an interruption."""
        waiting = asyncio.create_task(self._follower.wait(job, lambda seen: self._progress(change, seen)))
        stop = asyncio.create_task(self._context.stop.wait())
        try:
            while True:
                await asyncio.wait({waiting, stop}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    return waiting.result()
                if self._context.interrupted:
                    raise _Interrupted
                await asyncio.wait({waiting})
        finally:
            stop.cancel()
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await waiting

    def _progress(self, change: Change, job: Job) -> None:
        self._context.store.set_progress(change.key, job.progress)
        self._context.tell(change, Moment.RENDERING, progress=job.progress)

    def _ended(self, change: Change, job: Job) -> Outcome:
        """The job ended without a video."""
        error = job.error
        refused = error is not None and error.moderated
        message = error.message if error else f"the provider reports {job.status.value}"
        self._context.store.move(
            change.key,
            Status.BLOCKED if refused else Status.FAILED,
            run=self._context.run,
            error_stage="render",
            error_code=error.code if error else job.status.value,
            error_message=message,
        )
        self._context.tell(change, Moment.BLOCKED if refused else Moment.FAILED, message)
        if refused:
            return self._outcome(
                change, End.BLOCKED, f"refused: {message}", next="change its prompt, then apply again"
            )
        return self._outcome(change, End.FAILED, message, next="sorasync apply tries it again")

    def _record(self, change: Change) -> Record:
        record = self._context.store.record(change.key)
        if record is None:
            raise SorasyncError(f"{change.label} is not in the state any more", hint="make a new plan")
        return record

    def _bind(self, change: Change) -> None:
        """Let the addresses stand for their keys; a renamed clip gives its old ones up in the same breath."""
        store, run = self._context.store, self._context.run
        with store.transaction():
            for bind in change.binds:
                if bind.origin is not None:
                    store.unbind(bind.origin, run=run)
            for bind in change.binds:
                store.bind(bind.address, bind.key, run=run, protect=bind.protect)

    def _done(self, change: Change) -> Outcome:
        self._context.tell(change, Moment.DONE)
        return self._outcome(change, End.DONE)

    def _failed(self, change: Change, error: SorasyncError) -> Outcome:
        self._context.tell(change, Moment.FAILED, error.message)
        return self._outcome(change, End.FAILED, error.message, next=error.hint)

    def _pending(self, change: Change, why: str) -> Outcome:
        self._context.tell(change, Moment.PENDING, why)
        return self._outcome(change, End.PENDING, why, next="sorasync apply picks it up")

    def _outcome(
        self,
        change: Change,
        end: End,
        message: str = "",
        *,
        cause: str | None = None,
        next: str | None = None,
    ) -> Outcome:
        return Outcome(change.label, change.action, end, message, cause, next, change.cost_usd)

    def _report(self) -> Report:
        for change in self._changes:
            self._outcomes.setdefault(change.label, self._outcome(change, End.SKIPPED, "not started"))
        return Report(
            outcomes=tuple(self._outcomes[change.label] for change in self._changes),
            run=self._context.run,
            interrupted=self._context.interrupted,
            stopped=self._context.stopped_because,
        )
