"""Executes one change, whatever happens on the way."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from functools import partial

from sorasync.apply.batch.batch_token import Mark
from sorasync.apply.batch.follow_batch import BATCH_GONE
from sorasync.apply.batch.gather_creates import CreateGatherer, lost_in_a_batch
from sorasync.apply.bind_addresses import BindAddresses, drop_addresses
from sorasync.apply.budget import BudgetSpent
from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.in_doubt import InDoubt, InDoubtAnswer, adopt, may_resend, resent_too_often
from sorasync.apply.race import unless
from sorasync.apply.render.answer_about import with_fresh_links
from sorasync.apply.render.billing import book, book_report, charged_refusal, move, move_and_book
from sorasync.apply.render.cancelled_job import cancelled_fields
from sorasync.apply.render.change_payment_gate import ChangePaymentGate
from sorasync.apply.render.download_queue import Downloads
from sorasync.apply.render.download_render import FetchLater, Gone, NoPicture, fetch, put_back
from sorasync.apply.render.file_expiry import file_expires_at
from sorasync.apply.render.follow import Follower, WaitedLongEnough
from sorasync.apply.render.in_flight_slots import InFlightSlots
from sorasync.apply.render.lost_job import job_again
from sorasync.apply.render.misses import Misses
from sorasync.apply.render.render_progress import RenderProgress
from sorasync.apply.render.render_request import token_of
from sorasync.apply.render.row_words import ended_without, traced, withheld, withhold
from sorasync.apply.render.send import TRIED, Overtaken, send
from sorasync.apply.render.wait_for_provider import fetch_when_there, pause_before_resending
from sorasync.apply.report import End, Outcome
from sorasync.apply.thumbnails import Pictures
from sorasync.assets.disk import FULL, NO_DESCRIPTOR
from sorasync.assets.file_errors import AssetError, DiskFull
from sorasync.clock import lasting
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.cost import cost_of, money
from sorasync.provider import errors
from sorasync.provider.retry import once_more
from sorasync.provider.wire import Job, JobStatus
from sorasync.state.errors import StateError
from sorasync.state.record import CANCEL, HAD_A_FILE, ID_TAKEN, IN_FLIGHT, VANISHED, Record, Status
from sorasync.text import clause, shell_word

# Errors that every other change at this host would hit as well: nothing more is started there after one.
_HALTING = (errors.QuotaExhausted, errors.AuthFailed, errors.NotTheApi, errors.NotSent)
# Errors of this machine, which changes at all hosts would hit.
_HALTING_ALL = (errors.Exhausted, DiskFull, StateError)
_MAY_HAVE_A_FILE = (JobStatus.COMPLETED, JobStatus.EXPIRED, JobStatus.DELETED)
_CHARACTER_TRIES = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
# Failed downloads in a row after which nothing new is paid for: it could not be downloaded either.
_FETCHES_FAILED = 3

# What to say of a change that was under way when the run stopped, by its record's status.
_LEFT = {
    Status.INTENT: "sent; stopped before the answer came",
    Status.UNKNOWN: "sent; stopped before the answer came",
    Status.RENDERED: "rendered, not downloaded yet",
}


@dataclass
class ChangeExecutor:
    """Executes changes, any number at once, with their shared collaborators."""

    context: Context
    follower: Follower
    questions: InDoubt
    downloads: Downloads
    pictures: Pictures
    slots: InFlightSlots
    batching: CreateGatherer | None = None
    _unfetched: int = 0
    _deadlines: dict[str, float] = field(default_factory=dict)
    _latest: float = field(init=False)
    _progress: RenderProgress = field(init=False)

    def __post_init__(self) -> None:
        self._progress = RenderProgress(self.context)
        self._latest = self.context.clock.monotonic() + self.context.settings.wait_in_all

    async def carry_out(self, change: Change) -> Outcome:
        """Execute the change and say how it ended. Raises only `CancelledError`."""
        try:
            return await self._carry_out(change)
        except asyncio.CancelledError:
            if not self.context.interrupted:
                raise
            return await self._left(change)
        except errors.Withheld as error:
            return self._outcome(change, End.SKIPPED, error.message, next=error.hint)
        except BudgetSpent as error:
            self.context.spend_nothing_more(error.message, whole=error.whole)
            return self._outcome(change, End.SKIPPED, error.message, next=error.hint)
        except WaitedLongEnough as error:
            return self._pending(change, error.message)
        except FetchLater as error:
            expires_at = file_expires_at(await self._record(change), self.context.profile)
            return self._pending(change, error.message, error.hint or self._fetched_again(expires_at))
        except Overtaken as error:
            return self._failed(change, error) if error.hint else self._pending(change, error.message)
        except SorasyncError as error:
            withhold(change, error)
            if isinstance(error, errors.InvalidRequest) and error.lasting:
                return self._refused(change, error)
            if isinstance(error, _HALTING):
                self.context.halt(error.message)
            elif isinstance(error, _HALTING_ALL):
                self.context.ending.halt(error.message)
            if isinstance(error, TRIED):
                error.hint = error.hint or "sorasync apply tries it again"
            return self._failed(change, error)
        except Exception as error:
            return await self._unexpected(change, error)
        finally:
            if not self.context.settings.detach:
                await self.slots.end(change)

    def _deadline(self, change: Change) -> float:
        """Until when (monotonic) the change may wait for the provider: the wait limit holds for all of it."""
        limit = self.context.clock.monotonic() + self.context.settings.wait
        return self._deadlines.setdefault(change.label, min(limit, self._latest))

    def _stood_in_line(self, change: Change, since: float) -> None:
        """Time behind other renders of this run does not count, unless the run as a whole has a limit."""
        later = self._deadline(change) + self.context.clock.monotonic() - since
        self._deadlines[change.label] = min(later, self._latest)

    async def _carry_out(self, change: Change) -> Outcome:
        match change.action:
            case Action.MOVE:
                await self._bind(change)
                return self._done(change)
            case Action.RETIRE:
                await self.context.commits.record(
                    partial(drop_addresses, self.context.store, change, self.context.run)
                )
                return self._done(change)
            case Action.LOST:
                return await self._look_again(change)
            case Action.BLOCKED:
                return self._outcome(change, End.BLOCKED, change.reason)
            case Action.RESUME | Action.DOWNLOAD:
                return await self._resume(change)
        if change.render is None:
            raise SorasyncError(f"an apply does not {change.action.value}")
        return await self._render(change)

    async def _render(self, change: Change) -> Outcome:
        try:
            job = await self._send(change)
        except errors.OutcomeUnknown as error:
            if _uploads(change):
                return self._failed(change, error)
            return await self._unknown(change, error)
        if job is None:
            await self._bind(change)
            return self._done(change)
        return await self._follow(change, job)

    async def _send(self, change: Change) -> Job | None:
        """Send, and wait for as long as the provider is busy or away.

        A character upload costs nothing, so where its answer is lost it is simply done again.
        """
        context = self.context
        if self.batching is not None and self.batching.takes(change):
            return await self.batching.send(change, self._deadline(change))
        pause, lost = _FIRST_PAUSE, 0
        while True:
            try:
                if not _uploads(change):
                    asked = context.clock.monotonic()
                    await self.slots.take(change, change.render.model if change.render else None)
                    self._stood_in_line(change, asked)
                job = await send(context, change, self._deadline(change))
                context.reach.answered()
                return job
            except (errors.RateLimited, errors.NotSent) as error:
                await self.slots.give_back(change)
                pause = pause_before_resending(context, error, pause, self._deadline(change))
                why = once_more(error, pause)
            except errors.OutcomeUnknown as error:
                if not _uploads(change):
                    raise
                lost, why = lost + 1, once_more(error, pause)
                await self._withdraw(change, error.message)
                if lost == _CHARACTER_TRIES:
                    raise
            await ChangePaymentGate(context, change).pause(context.clock, pause, why)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _unknown(self, change: Change, error: errors.OutcomeUnknown) -> Outcome:
        """The answer was lost: find the job, resend if that is safe, or leave an open question."""
        record = await self._record(change)
        taken = record.error_code == ID_TAKEN
        lost = error.message if taken else "the answer was lost"
        self.context.tell(change, Moment.WAITING, f"{lost}: looking for the job")
        try:
            answer = await self._found(change)
        except (errors.AuthFailed, errors.QuotaExhausted) as refused:
            withhold(change, refused)
            self.context.halt(refused.message)
            return self._pending(
                change, f"{lost}, and sorasync cannot look for its job: {refused.message}", refused.hint
            )
        if isinstance(answer, Job):
            return await self._follow(change, answer)
        if answer is InDoubtAnswer.RESEND and not may_resend(self.context, change, record):
            answer = InDoubtAnswer.ASK
        # What gives the answers of others twice may give the list's as well.
        if answer is InDoubtAnswer.RESEND and not await resent_too_often(
            self.context, change.key, once=taken
        ):
            if self.context.stop.is_set() and change.render is not None:
                why = lost if taken else "it never arrived"
                return self._pending(change, f"{why}, and nothing more is sent in this run")
            return await self._again(change)
        if answer is InDoubtAnswer.LATER:
            also = f": {trouble}" if (trouble := self.context.reach.trouble) else ""
            return self._pending(change, f"{lost}; it is not known yet whether there is a job{also}")
        self.context.tell(change, Moment.FAILED, f"{lost}, and only you can find out whether there is a job")
        return self._outcome(
            change,
            End.OPEN,
            f"sent, {lost}" + ("" if lost == error.message else f" ({clause(error.message)})"),
            next=f"sorasync resolve {self._question(change, await self._record(change))}",
            withheld=error.withheld,
        )

    def _question(self, change: Change, record: Record) -> str:
        """What the open question is called: that of a whole batch is one for all its lines."""
        mark = Mark.of(record.batch_id)
        return shell_word(change.label) if mark is None else f"batch:{mark.short}"

    async def _found(self, change: Change) -> Job | InDoubtAnswer:
        record = await self._record(change)
        if record.kind == Kind.STILL and not self.context.profile.stills_are_jobs:
            # The Images API has no list. A drawing of this machine costs nothing to draw again.
            return InDoubtAnswer.RESEND if self.context.profile.simulated else InDoubtAnswer.ASK
        # A line that its batch's results do not mention is looked for like any other request.
        with contextlib.suppress(errors.OutcomeUnknown):
            if self.batching is None and lost_in_a_batch(record):
                return InDoubtAnswer.ASK
            if self.batching and (job := await self.batching.look_for(record, self._deadline(change))):
                return job
        found = await self.questions.settle(change.key, change.prompt, self._deadline(change))
        # The jobs of a batch that waits are in no list yet.
        waits = record.error_code == BATCH_GONE and not self.context.profile.simulated
        return InDoubtAnswer.ASK if waits and found is InDoubtAnswer.RESEND else found

    async def _again(self, change: Change) -> Outcome:
        """The request never arrived: send it again if it is still wanted.

        A plan says nothing of the price of what an earlier run sent, so it is taken from the record; where
        that is no longer the price, the next plan has to show it first.
        """
        context, record = self.context, await self._record(change)
        if change.render is None or change.render.provider != change.provider:
            await self._withdraw(change, "it never arrived")
            moved = "it never arrived, and goes to another host now"
            return self._done(change) if change.render is None else self._pending(change, moved)
        context.budget.settle(record.intent_at or 0.0, record.charge, None)
        if change.action.renders:
            return await self._render(change)
        batch = self.batching is not None and self.batching.takes(change)
        price = cost_of(change.render, context.profile, batch=batch)
        if price != record.cost_usd:
            await self._withdraw(change, "it never arrived")
            return self._pending(change, f"it never arrived, and now costs {money(price)}")
        seconds = round(record.billed_seconds or 0)
        return await self._render(replace(change, cost_usd=record.cost_usd, seconds=seconds))

    async def _resume(self, change: Change) -> Outcome:
        context, record = self.context, await self._record(change)
        if record.status in HAD_A_FILE and await put_back(context, record):
            await self._bind(change)
            return self._done(change)
        if record.status in (Status.INTENT, Status.UNKNOWN):
            if record.kind == Kind.CHARACTER:
                await self._withdraw(change, "the answer was lost")
                return await self._again(change)
            if record.status is Status.INTENT:
                await self._move(record, Status.UNKNOWN)
            if (kept := context.provider.recall(token_of(context.lineage, record))) is not None:
                await adopt(context, record.key, kept)
                return await self._follow(change, kept)
            answered = record.error_message if record.error_code == ID_TAKEN else None
            ended = answered or "an earlier run ended before the answer came"
            return await self._unknown(change, errors.OutcomeUnknown(ended))
        if record.status is Status.BATCHED and self.batching is not None:
            return await self._batched(change, record)
        if record.status is Status.LOST:
            return await self._look_again(change)
        if record.status is Status.STORED:
            record = await self._move(record, Status.RENDERED)
        if record.remote_id is None:
            raise SorasyncError(
                "the state has no remote id for it", hint=f"sorasync resolve {shell_word(change.label)}"
            )
        if record.status is Status.SUBMITTED:
            await self.slots.count(change, record.model)
        return await self._follow(change, Job(record.remote_id, JobStatus.UNKNOWN, poll_after=0.0))

    async def _look_again(self, change: Change) -> Outcome:
        """Ask again for a render that the state or the plan calls lost: it may be back.

        What the state calls lost was asked for over minutes before, so one look is enough.
        """
        context, record = self.context, await self.context.record(change.key)
        if record is None or record.remote_id is None or record.provider != context.provider.name:
            return self._outcome(change, End.BLOCKED, change.reason)
        if record.status is not Status.LOST:
            return await self._resume(change)
        job = await job_again(context, record, change.prompt)
        if job is None:
            return self._outcome(change, End.BLOCKED, change.reason)
        if job.status is not JobStatus.COMPLETED:
            await self._move(record, Status.SUBMITTED)
            return await self._follow(change, job)
        try:
            async with self.downloads.slot(change.label, file_expires_at(record, context.profile, job)):
                deadline = self._deadline(change)
                record = await fetch(context, record, job, self._binding(change), deadline)
                await self.pictures.fetch(record, job)
        except (errors.ProviderError, AssetError):
            return self._outcome(change, End.BLOCKED, change.reason)
        return self._done(change)

    async def _batched(self, change: Change, record: Record) -> Outcome:
        """A line of a batch that an earlier run queued."""
        assert self.batching is not None
        try:
            job = await self.batching.resume(record, self._deadline(change))
        except errors.OutcomeUnknown as error:
            return await self._unknown(change, error)
        return await self._follow(change, job)

    async def _follow(self, change: Change, job: Job) -> Outcome:
        context = self.context
        if context.settings.detach and not job.status.terminal:
            return self._pending(change, "started")
        context.tell(change, Moment.RENDERING, progress=job.progress)
        try:
            told = partial(self._progress.seen, change)
            followed = self.follower.wait(job, told, self._deadline(change), change.prompt)
            found = await unless(context.leaving, followed)
        except errors.NotFound:
            return await self._lost(change, "the provider no longer knows its job")
        except (errors.AuthFailed, errors.QuotaExhausted) as error:
            withhold(change, error)
            context.halt(error.message)
            return self._pending(change, f"cannot be followed: {error.message}", error.hint)
        if found is None or not context.holds_lock():
            return self._pending(change, "still rendering")
        await self.slots.give_back(change)
        if found.status not in _MAY_HAVE_A_FILE:
            return await self._ended(change, found)
        return await self._fetch(change, found)

    async def _fetch(self, change: Change, job: Job) -> Outcome:
        context, record = self.context, await self._record(change)
        self.downloads.announce(change.label)
        if record.status is Status.SUBMITTED and job.status is JobStatus.COMPLETED:
            submitted, expires = record, job.expires_at
            record = await context.commits.note(
                lambda: move(context, submitted, Status.RENDERED, job, expires_at=expires)
            )
            book(context, submitted, record)
        else:
            record = await book_report(context, record, job)
        if job.status is JobStatus.COMPLETED:
            context.tell(change, Moment.RENDERED)
        misses = Misses()
        while True:
            try:
                return self._arrived(change, await self._download(change, record, job))
            except NoPicture as error:
                return await self._worthless(change, record, job, error)
            except (errors.NotFound, errors.NotReady) as error:
                withhold(change, error)
                now = context.clock.monotonic()
                if misses.missed(now):
                    return await self._without_file(change, record, job, error)
                if now + misses.pause > self._deadline(change):
                    # "the provider keeps it for 60 min" would say the opposite.
                    raise FetchLater(
                        f"rendered, but the provider does not have the file right now: {error.message}",
                        hint="sorasync apply asks for it again, at no cost",
                    ) from error
            # The slot is free meanwhile: others may have files that are there.
            context.tell(
                change, Moment.WAITING, f"its file is not there: asking again in {misses.pause:.0f} s"
            )
            await context.pause(misses.pause)
            job = await with_fresh_links(context, record, job, change.prompt)

    async def _download(self, change: Change, record: Record, job: Job) -> Record:
        context, asked = self.context, self.context.clock.monotonic()
        async with self.downloads.slot(change.label, file_expires_at(record, context.profile, job)):
            self._stood_in_line(change, asked)
            if context.interrupted:
                raise FetchLater("rendered, not downloaded yet")
            context.tell(change, Moment.FETCHING)
            try:
                deadline = self._deadline(change)
                stored = await fetch_when_there(context, record, job, self._binding(change), deadline)
            except (errors.NotFound, errors.NotReady):
                raise
            except errors.ProviderError as error:
                withhold(change, error)
                self._not_fetched(error, file_expires_at(record, context.profile, job))
                raise
            self._unfetched = 0
            context.provider.forget(token_of(context.lineage, stored))
            if stored.kind != Kind.STILL:
                await self.pictures.fetch(stored, job)
        return stored

    def _arrived(self, change: Change, stored: Record) -> Outcome:
        """The file is here and paid for, but may not match the request."""
        if stored.mismatch is None:
            return self._done(change)
        if self.context.settings.refuse_mismatch:
            again = f"sorasync apply --replace {shell_word(change.label)}"
            return self._failed(change, SorasyncError(stored.mismatch, hint=again))
        self.context.tell(change, Moment.DONE)
        return self._outcome(change, End.DONE, stored.mismatch)

    async def _without_file(
        self, change: Change, record: Record, job: Job, error: errors.NotFound | errors.NotReady
    ) -> Outcome:
        """The provider has had no file of a finished render for minutes.

        One that it promises to keep for longer is not given up: then its route is at fault, as it is for all.
        """
        expires_at = file_expires_at(record, self.context.profile, job)
        if job.status is not JobStatus.COMPLETED:
            return await self._lost(change, f"the provider reports {job.status.value}, and has no file", job)
        promised = expires_at is not None and expires_at > self.context.clock.now()
        if promised or isinstance(error, errors.NotReady):
            absent = errors.BadDownload(f"rendered, but the provider does not have the file: {error.message}")
            self._not_fetched(absent, expires_at)
            raise absent from error
        return await self._lost(
            change, f"rendered, but the provider no longer has the file: {error.message}", job
        )

    def _not_fetched(self, error: errors.ProviderError, expires_at: float | None) -> None:
        error.hint = error.hint or self._fetched_again(expires_at)
        self._unfetched += 1
        if self._unfetched >= _FETCHES_FAILED:
            self.context.halt(f"{self._unfetched} downloads in a row failed: {error.message}")

    def _fetched_again(self, expires_at: float | None) -> str:
        """What to tell the user about a file that did not arrive."""
        left = 0.0 if expires_at is None else expires_at - self.context.clock.now()
        kept = f"; the provider keeps it for {lasting(left)}" if left > 0 else ""
        return f"sorasync apply downloads it at no cost{kept}"

    async def _ended(self, change: Change, job: Job) -> Outcome:
        """The job ended without a video."""
        refused = job.error is not None and job.error.moderated
        record = await self._record(change)
        error = ended_without(job, record)
        if record.error_stage == CANCEL:
            return await self._cancelled(change, record, job)
        fields = charged_refusal(record, self.context.profile, job) if refused else {}
        await move_and_book(
            self.context,
            record,
            Status.BLOCKED if refused else Status.FAILED,
            job,
            error_stage="render",
            error_code=error.code,
            error_message=error.message,
            **fields,
        )
        self.context.provider.forget(token_of(self.context.lineage, record))
        if refused:
            error.message += f"; charged {money(record.cost_usd)} all the same" if fields else ""
            return self._refused(change, error)
        error.hint = "sorasync apply tries it again"
        return self._failed(change, error)

    async def _worthless(self, change: Change, record: Record, job: Job, error: NoPicture) -> Outcome:
        """What was paid for is here, and is no picture: as a render that failed."""
        failed = {"error_stage": "download", "error_code": "no_picture", "error_message": error.message}
        await move_and_book(self.context, record, Status.FAILED, job, **failed)
        self.context.provider.forget(token_of(self.context.lineage, record))
        return self._failed(change, SorasyncError(error.message, hint="sorasync apply tries it again"))

    async def _lost(self, change: Change, why: str, job: Job | None = None) -> Outcome:
        record = await self._record(change)
        if record.error_stage == CANCEL:
            return await self._cancelled(change, record, job)
        stage = VANISHED if record.rendered_at is None else "download"
        await move_and_book(self.context, record, Status.LOST, job, error_stage=stage, error_message=why)
        again = "" if self.context.profile.simulated else f" --replace {shell_word(change.label)}"
        return self._failed(change, Gone(why, hint=f"sorasync apply{again}"))

    async def _cancelled(self, change: Change, record: Record, job: Job | None) -> Outcome:
        """The job ended because `sorasync cancel` asked for it; sorasync does not resend it by itself."""
        fields = cancelled_fields(record, self.context.profile, job, self.context.clock.now())
        await move_and_book(self.context, record, Status.BLOCKED, None, **fields)
        message = str(fields["error_message"])
        self.context.tell(change, Moment.BLOCKED, message)
        return self._outcome(change, End.BLOCKED, message, next=f"sorasync retry {shell_word(change.label)}")

    async def _record(self, change: Change) -> Record:
        record = await self.context.record(change.key)
        if record is None:
            raise SorasyncError(f"{change.label} is no longer in the state", hint="make a new plan")
        return record

    async def _withdraw(self, change: Change, why: str) -> None:
        withdraw = partial(self.context.store.withdraw, change.key, run=self.context.run, error_message=why)
        await self.context.commits.record(withdraw)

    async def _move(self, record: Record, to: Status) -> Record:
        move_it = partial(self.context.store.move, record.key, to, run=self.context.run)
        return await self.context.commits.record(move_it)

    def _binding(self, change: Change) -> BindAddresses:
        return BindAddresses(self.context.store, change, self.context.run)

    async def _bind(self, change: Change) -> None:
        await self.context.commits.record(self._binding(change))

    async def _left(self, change: Change) -> Outcome:
        """The run stopped while this was under way."""
        record = await self.context.record(change.key)
        if record is None or record.status not in IN_FLIGHT:
            return self._outcome(change, End.SKIPPED, "not started")
        return self._pending(change, _LEFT.get(record.status, "still rendering"))

    def _done(self, change: Change) -> Outcome:
        self.context.tell(change, Moment.DONE)
        return self._outcome(change, End.DONE)

    def _refused(self, change: Change, error: errors.ProviderError) -> Outcome:
        self.context.tell(change, Moment.BLOCKED, error.message)
        retry = f"sorasync retry {shell_word(change.label)}"
        then = f"change what was refused and apply again; to try it unchanged: {retry}"
        return self._outcome(change, End.BLOCKED, error.message, next=then, withheld=error.withheld)

    def _failed(self, change: Change, error: SorasyncError) -> Outcome:
        self.context.tell(change, Moment.FAILED, error.message)
        return self._outcome(change, End.FAILED, error.message, next=error.hint, withheld=withheld(error))

    async def _unexpected(self, change: Change, error: Exception) -> Outcome:
        """An unexpected exception fails only this change, and is logged."""
        if isinstance(error, OSError):
            if error.errno in FULL:
                self.context.ending.halt("the disk is full")
            elif error.errno in NO_DESCRIPTOR:
                self.context.ending.halt("too many open files")
            return self._failed(change, SorasyncError(f"{error.strerror or error}: {error.filename or ''}"))
        with contextlib.suppress(Exception):
            log = partial(self.context.store.log, "unexpected error", change.address, change.key)
            await self.context.commits.record(partial(log, self.context.run, error=traced(change, error)))
        return self._failed(
            change,
            SorasyncError(
                f"{type(error).__name__}: this is a bug in sorasync",
                hint=f"sorasync log {shell_word(change.label)} has the details",
            ),
        )

    def _pending(self, change: Change, why: str, step: str | None = None) -> Outcome:
        self.context.tell(change, Moment.PENDING, why)
        return self._outcome(change, End.PENDING, why, next=step or "sorasync apply picks it up")

    def _outcome(
        self, change: Change, end: End, message: str = "", *, next: str | None = None, withheld: str = ""
    ) -> Outcome:
        return Outcome(change.label, change.action, end, message, next=next, withheld=withheld)


def _uploads(change: Change) -> bool:
    return change.render is not None and change.render.kind is Kind.CHARACTER
