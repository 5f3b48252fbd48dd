"""Settles lost answers during an apply: queries the provider's list, and waits until it has settled."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from functools import partial
from itertools import takewhile

from sorasync.apply.context import Context
from sorasync.apply.render.billing import book, move
from sorasync.apply.render.render_request import token_of
from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.graph.render import Kind
from sorasync.plan.change import Change
from sorasync.plan.cost import cost_of
from sorasync.provider import errors
from sorasync.provider.listing import jobs_since
from sorasync.provider.wire import Job, JobStatus, Page
from sorasync.recovery.lost_answers import Evidence, Verdict, findings
from sorasync.state.record import Record, Status


class InDoubtAnswer(StrEnum):
    """What to do when no job was found."""

    RESEND = "resend"
    ASK = "ask"
    LATER = "later"


# A key, what to do about it, and where it has a job now its record before and after.
_Settled = tuple[str, Job | InDoubtAnswer, tuple[Record, Record] | None]

# How many times in a row a request is resent because the list does not show it.
_RESENDS = 3
# Seconds between two queries of the list.
_SHORTEST, _LONGEST = 0.25, 15.0


class InDoubt:
    """All lost answers of a run. They are settled together, because they compete for the same jobs, and
    one query of the list serves all of them.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turn = asyncio.Lock()
        self._looks = 0
        self._left: dict[str, float] = {}
        self._words: dict[str, str] = {}
        self._answers: dict[str, Job | InDoubtAnswer] = {}
        self._repeated: set[str] = set()
        # Seconds without a query after the host did not answer.
        self._silence = 0.0
        self._refused: errors.ProviderError | None = None
        settle = context.profile.abilities.list_settle_seconds
        self._pause = min(max(_SHORTEST, settle / 4), _LONGEST)

    async def settle(self, key: str, words: str, deadline: float) -> Job | InDoubtAnswer:
        """Find the job of a record with an unknown outcome, or tell what to do without one.

        `words` is its prompt: of a row, the state has only a digest.

        An adopted job's id is durable when this returns. Waits while the list has not settled or a request
        of the same words is on its way, but not past an interruption or the deadline (monotonic). Raises
        `AuthFailed` or `QuotaExhausted`.
        """
        context = self._context
        self._words[key] = words
        if self._refused is not None:
            raise self._refused
        # The settling time counts from when the request can last have left, not from this run's start.
        since = await context.commits.read(lambda: context.store.unknown_since(key))
        self._left[key] = since or context.clock.now()
        profile = context.profile
        if profile.settle in ("own_id", "label"):
            return await self._asked_for(key, deadline)
        if profile.settle not in ("replay", "reject"):
            return await self._looked_for(key, deadline)
        await self._answered_meanwhile()
        answer = self._answers.pop(key, None) or await self._by_its_key(key)
        if answer is not InDoubtAnswer.ASK or not profile.can("list"):
            return self._settled(key, answer)
        found = await (self._asked_for if profile.finds_labels else self._looked_for)(key, deadline)
        # A refused key proves that there is a job, whatever the list shows.
        refused = profile.settle == "reject" and key in self._repeated
        return InDoubtAnswer.ASK if found is InDoubtAnswer.RESEND and refused else found

    async def _looked_for(self, key: str, deadline: float) -> Job | InDoubtAnswer:
        """Settle a request by what the list shows, together with all others."""
        context, looks = self._context, self._looks
        while not context.interrupted and context.clock.monotonic() < deadline:
            # Whoever waited for its turn while another one queried uses that answer instead of asking again.
            async with self._turn:
                if self._refused is not None:
                    raise self._refused
                if key not in self._answers and looks == self._looks:
                    await self._look()
                looks = self._looks
            if (answer := self._answers.pop(key, None)) is not None:
                return answer
            await self._wait(deadline)
        return self._answers.pop(key, InDoubtAnswer.LATER)

    async def _wait(self, deadline: float) -> None:
        """Pause before the next query; longer and longer while the host does not answer."""
        pause = max(self._pause, self._silence)
        await self._context.pause(min(pause, max(0.0, deadline - self._context.clock.monotonic())))

    def _unanswered(self, error: errors.ProviderError) -> None:
        """Note that the host gave no usable answer. Raises errors that waiting cannot fix."""
        try:
            self._silence = self._context.reach.unsaid(error)
        except errors.ProviderError as refused:
            self._refused = refused
            raise

    def _answered(self) -> None:
        self._context.reach.answered()
        self._silence = 0.0

    async def _asked_for(self, key: str, deadline: float) -> Job | InDoubtAnswer:
        """Settle one request by its id or label, which sorasync chose.

        A resent request has the same id as before, so it cannot be paid for twice.
        """
        context, left = self._context, self._left[key]
        while not context.interrupted and context.clock.monotonic() < deadline:
            await self._answered_meanwhile()
            if (answer := self._answers.pop(key, None)) is not None:
                return answer
            record = await context.record(key)
            assert record is not None
            since = await context.commits.read(lambda: self._first_sent(key)) - CLOCK_ALLOWANCE
            cut = False
            try:
                job = await context.provider.find(token_of(context.lineage, record), since)
            except errors.ListCut:
                job, cut = None, True
            except errors.ProviderError as error:
                self._unanswered(error)
                await self._wait(deadline)
                continue
            self._answered()
            if job is not None:
                await adopt(context, key, job)
                return self._settled(key, job)
            abilities = context.profile.abilities
            if context.clock.now() > left + abilities.list_settle_seconds:
                # A list that may leave jobs out proves nothing.
                missing = context.profile.settle == "own_id" or abilities.list == "complete"
                missing = missing and not cut
                return self._settled(key, InDoubtAnswer.RESEND if missing else InDoubtAnswer.ASK)
            await self._wait(deadline)
        return self._settled(key, InDoubtAnswer.LATER)

    async def _by_its_key(self, key: str) -> InDoubtAnswer:
        """Send again, once a run, for as long as the host remembers the request's key."""
        first = await self._context.commits.read(lambda: self._first_sent(key))
        if self._context.clock.now() > first + self._context.profile.key_lives:
            return InDoubtAnswer.ASK
        if key in self._repeated:
            # A host that refuses the key has the job and does not say which.
            refuses = self._context.profile.settle == "reject"
            return InDoubtAnswer.ASK if refuses else InDoubtAnswer.LATER
        self._repeated.add(key)
        return InDoubtAnswer.RESEND

    def _settled(self, key: str, answer: Job | InDoubtAnswer) -> Job | InDoubtAnswer:
        self._left.pop(key, None)
        return answer

    def _first_sent(self, key: str) -> float:
        """When the request was sent for the first time with the key that it has now."""
        *before, last = self._context.store.attempts(key)
        again = takewhile(lambda one: one.outcome == "unsent", reversed(before))
        return min([last.at, *(one.at for one in again)])

    async def _look(self) -> None:
        """Query the list once and settle everything that it can."""
        self._looks += 1
        await self._answered_meanwhile()
        try:
            evidence = await gather(self._context, await self._context.commits.read(self._since))
        except errors.NotSupported:
            evidence = None
        # No evidence now is no reason to resend: the next query, or the next run, decides.
        except errors.ProviderError as error:
            self._unanswered(error)
            return
        self._answered()
        if evidence is None:
            self._answers |= dict.fromkeys(self._left, InDoubtAnswer.ASK)
            self._left.clear()
            return
        found = await self._context.commits.record(partial(self._settle, evidence, dict(self._left)))
        for key, answer, booked in found:
            if booked is not None:
                book(self._context, *booked)
            self._answers[key] = answer
            self._left.pop(key, None)

    async def _answered_meanwhile(self) -> None:
        """What a run that lost its lock has still recorded: an answer, or that nothing was sent."""
        left = list(self._left)
        records = await self._context.commits.read(lambda: self._context.store.records(left))
        for key, record in records.items():
            if record.status is Status.SUBMITTED and record.remote_id is not None:
                self._answers[key] = Job(record.remote_id, JobStatus.UNKNOWN, poll_after=0.0)
            elif record.status is Status.FAILED:
                # Nothing came of that request: it never left, or was refused.
                self._answers[key] = InDoubtAnswer.RESEND
            else:
                continue
            self._left.pop(key, None)

    def _settle(self, evidence: Evidence, left: dict[str, float]) -> list[_Settled]:
        """What the evidence says of those that are `left`; who is given a job has it durably."""
        remote_ids = self._context.store.remote_ids(self._context.provider.name)
        others = self._of(Status.INTENT, Status.BATCHED)
        settled: list[_Settled] = []
        for finding in findings(self._open(), evidence, remote_ids, others, left, self._words):
            if finding.key not in left or finding.verdict is Verdict.WAIT:
                continue
            if finding.job is None:
                settled.append((finding.key, _ANSWERS[finding.verdict], None))
            else:
                booked = _give(self._context, finding.key, finding.job)
                settled.append((finding.key, finding.job, booked))
        return settled

    def _open(self) -> list[Record]:
        return self._of(Status.UNKNOWN)

    def _of(self, *statuses: Status) -> list[Record]:
        name, stills = self._context.provider.name, self._context.profile.stills_are_jobs
        return [
            r
            for r in self._context.store.in_flight()
            if r.status in statuses and r.provider == name and (stills or r.kind != Kind.STILL)
        ]

    def _since(self) -> float:
        return min((r.intent_at or 0.0 for r in self._open() if r.key in self._left), default=0.0)


# ADOPT without a job cannot happen; if it did, asking is the answer that spends nothing.
_ANSWERS = {
    Verdict.RESEND: InDoubtAnswer.RESEND,
    Verdict.ASK: InDoubtAnswer.ASK,
    Verdict.ADOPT: InDoubtAnswer.ASK,
}


def may_resend(context: Context, change: Change, record: Record) -> bool:
    """Whether a request that may have made a job may be resent: not at a price that nobody has seen.

    Only where a key tells the host that it is the same request; elsewhere it certainly never arrived.
    """
    if context.profile.settle != "replay":
        return True
    render = change.render
    return render is not None and cost_of(render, context.profile) == record.cost_usd


async def resent_too_often(context: Context, key: str, *, once: bool) -> bool:
    """Whether a request was resent so often that the provider's list cannot be trusted any more."""
    if context.profile.settle == "replay":
        return False
    attempts = await context.commits.read(lambda: context.store.attempts(key))
    tries = reversed(attempts[:-1])
    unsent = sum(1 for _ in takewhile(lambda one: one.outcome == "unsent", tries))
    return unsent >= (1 if once else _RESENDS)


async def adopt(context: Context, key: str, job: Job) -> None:
    """Give a job to a record in doubt, durably."""
    book(context, *await context.commits.record(lambda: _give(context, key, job)))


def _give(context: Context, key: str, job: Job) -> tuple[Record, Record]:
    """The record before and after."""
    before = context.store.record(key)
    assert before is not None
    context.job_ids.claim(job.id, before)
    after = move(context, before, Status.SUBMITTED, job, remote_id=job.id)
    context.store.log("adopted", after.address, key, context.run, remote_id=job.id)
    return before, after


async def gather(context: Context, since: float) -> Evidence | None:
    """The provider's jobs since a time, with what a missing one proves; None if it cannot list.

    Raises `ProviderError` if the list is unavailable now.
    """
    abilities = context.profile.abilities
    if not context.profile.can("list"):
        return None
    asked_at = context.clock.now()
    pages: list[Page] = []
    cut: list[None] = []
    since -= CLOCK_ALLOWANCE
    walk = jobs_since(
        context.provider,
        since,
        turned=pages.append,
        cut=lambda: cut.append(None),
        clock=context.clock,
    )
    async for _ in walk:
        pass
    # Keep older jobs too: one that matches in all but its age must not be paid for again.
    jobs = list({job.id: job for page in pages for job in page.jobs}.values())
    return Evidence(
        jobs=jobs,
        complete=abilities.list == "complete" and not cut and not any(page.unread for page in pages),
        prompts=abilities.list_returns_prompts,
        settled_before=asked_at - abilities.list_settle_seconds,
    )
