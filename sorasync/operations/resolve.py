"""`sorasync resolve`: open questions, their candidate jobs, and a person's decision."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.errors import SorasyncError
from sorasync.graph.address import spellings
from sorasync.operations import resolve_batch
from sorasync.operations.candidate_pictures import candidate_picture, drop_pictures
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.operations.resolve_batch import PREFIX, BatchQuestion, grouped, with_candidates
from sorasync.operations.takes import several_takes
from sorasync.recovery.match_job import JobComparison, compare_job, is_older, wanted_by
from sorasync.state.record import Record, Status
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.operations.sent_again import SentAgain
    from sorasync.profile.hosts import Hosts
    from sorasync.provider.wire import Job
    from sorasync.state.lock import LockWait

OPEN = frozenset({Status.INTENT, Status.UNKNOWN})
# Most candidates to show for a question, the likeliest first.
_SHOWN = 8


class Answer(StrEnum):
    """A person's decision about a lost answer.

    `adopt`: that job is it. `resend`: the request never arrived, so it may be sent and paid for again.
    `forget`: leave it; what it cost stays counted, and nothing is looked for any more.
    """

    ADOPT = "adopt"
    RESEND = "resend"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that may be the one, how it differs from the request, and where its picture was put."""

    job: Job
    likeness: JobComparison
    thumbnail: Path | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A record whose outcome nobody knows. `prompt` is the text as it was sent."""

    record: Record
    prompt: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """Every open question, that of a whole batch being one. `busy` tells who is applying now: some of them
    may be on their way only. `several` are the clips that have more than one take.
    """

    open: tuple[Question, ...]
    listed: bool
    busy: str | None = None
    batches: tuple[BatchQuestion, ...] = ()
    several: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.open) + len(self.batches)


@dataclass(frozen=True, slots=True)
class Settled:
    """A question that was answered. Of an adopted job or batch also its id and its status.

    `again` is what the next plan has of renders that are to be sent again, None where that is not known.
    """

    address: str
    answer: Answer
    records: tuple[Record, ...]
    remote_id: str | None = None
    status: str | None = None
    again: SentAgain | None = None

    @property
    def batch(self) -> bool:
        """Whether the question was that of a batch."""
        return self.address.startswith(PREFIX)


def settle(
    project: Project,
    address: str,
    answer: Answer,
    waiting: LockWait,
    *,
    remote_id: str | None = None,
    force: bool = False,
) -> Settled:
    """Answer the open question of an address or a batch; `remote_id` is what is adopted.

    Raises what `question_of` and `adopt` raise, and `StateLocked`.
    """
    if (answer is Answer.ADOPT) is (remote_id is None):
        raise SorasyncError("an id is given to adopt it, and only then")
    if address.startswith(PREFIX):
        return _settle_batch(project, address, answer, waiting, remote_id, force=force)
    with changing(project, waiting) as session:
        record = question_of(session.store, _spelled(address), address)
        status = None
        if remote_id is not None:
            host = project.host_at(record.provider)
            host.require()
            job = adopt(host, session, record, remote_id, force=force)
            remote_id, status = job.id, job.status.value
        else:
            _release(session, answer, record)
    drop_pictures(project)
    return _settled(project, Settled(address, answer, (record,), remote_id, status))


def _settle_batch(
    project: Project, name: str, answer: Answer, waiting: LockWait, batch_id: str | None, *, force: bool
) -> Settled:
    with changing(project, waiting) as session:
        question, status = resolve_batch.question_of(session.store, name, project.hosts), None
        if batch_id is not None:
            host = project.host_at(question.provider)
            host.require()
            batch = resolve_batch.adopt(host, session, question, batch_id, force=force)
            batch_id, status = batch.id, batch.status.value
        else:
            _release(session, answer, *question.records)
    return _settled(project, Settled(name, answer, question.records, batch_id, status))


def _settled(project: Project, found: Settled) -> Settled:
    if found.answer is not Answer.RESEND:
        return found
    from sorasync.operations.sent_again import sent_again

    return replace(found, again=sent_again(project, {record.key for record in found.records}))


def _release(session: ChangeSession, answer: Answer, *records: Record) -> None:
    (resend if answer is Answer.RESEND else forget)(session, *records)


def _spelled(address: str) -> set[str]:
    """The full addresses that a person may mean: of a clip with one take `#1` may be left out."""
    if address.startswith(PREFIX):
        return {address}
    return {full for named in spellings(address) for full in _with_take(named)}


def _with_take(named: str) -> set[str]:
    take, slash, step = named.partition("/")
    full = take if "#" in take or take.startswith("character.") else f"{take}#1"
    return {named, f"{full}{slash}{step}"}


def questions(project: Project, address: str | None = None, *, thumbnails: bool = True) -> Questions:
    """Every open question with its candidates, asked from the provider's lists; changes nothing.

    `address`, or the name of a batch, limits them; each render of a batch that is named by its address is a
    question of its own.

    Raises `StateError` and `ProviderError`.
    """
    from sorasync.state.lock import all_holders

    with project.synced_store() as store:
        records = [record for record in store.in_flight() if record.status in OPEN]
        held = {
            name: frozenset(store.remote_ids(name))
            for name in (host.profile.provider_name for host in project.every_host())
        }
        several = several_takes(store, (record.address for record in store.in_flight()))
        at_work = next(iter(all_holders(store)), None)
        in_batches = {
            (r.provider, b) for r in store.in_flight() if r.status is Status.BATCHED and (b := r.batch_id)
        }
    together, records = _chosen(records, None if address is None else _spelled(address), project.hosts)
    together = with_candidates(project, together, in_batches)
    busy = at_work.describe(project.clock.now()) if at_work and (together or records) else None
    if not records:
        return Questions((), listed=True, busy=busy, batches=tuple(together), several=several)
    asked = [host for host in project.every_host() if _listed(host, records)]
    jobs = {
        (name := host.profile.provider_name): _candidates(host, _listed(host, records), held[name])
        for host in asked
    }
    unlisted = {
        record.key
        for host in project.every_host()
        for record in _of(host, records)
        if record not in _listed(host, records)
    }
    found = [
        _question(record, () if record.key in unlisted else jobs.get(record.provider, ([], True))[0])
        for record in records
    ]
    for host in asked if thumbnails else ():
        found = asyncio.run(_with_pictures(host, found))
    listed = all(listed for _, listed in jobs.values())
    return Questions(tuple(found), listed, busy, tuple(together), several)


def _listed(host: Host, records: Iterable[Record]) -> list[Record]:
    """Those that a host's list can answer for: the Images API has none, and none of its jobs is a still."""
    own = _of(host, records)
    return [record for record in own if record.kind != "still" or host.profile.stills_are_jobs]


def _of(host: Host, records: Iterable[Record]) -> list[Record]:
    """The records that were sent to a host."""
    return [record for record in records if record.provider == host.profile.provider_name]


def _chosen(
    records: list[Record], only: Collection[str] | None, hosts: Hosts
) -> tuple[list[BatchQuestion], list[Record]]:
    """The batches and the single records that are asked about."""
    batches, alone = grouped(records, hosts)
    if only is None:
        return batches, alone
    named = [record for record in records if record.address in only]
    return [batch for batch in batches if batch.name in only], named


def _candidates(host: Host, records: list[Record], held: frozenset[str]) -> tuple[list[Job], bool]:
    from sorasync.operations.provider_jobs import sweep

    found = sweep(host, min(record.intent_at or 0.0 for record in records) - CLOCK_ALLOWANCE)
    return [job for job in found.jobs if job.id not in held], found.listed


def _question(record: Record, jobs: Iterable[Job]) -> Question:
    wanted, since = wanted_by(record), record.intent_at or 0.0
    found = [Candidate(job, compare_job(wanted, job)) for job in jobs]
    ranked = sorted(
        # One from before the request may be it only if all else fits: a clock may have been wrong.
        (one for one in found if one.likeness.same or not is_older(one.job, since)),
        key=lambda c: (
            len(c.likeness.differs),
            is_older(c.job, since),
            len(c.likeness.silent),
            c.job.created_at or 0.0,
            c.job.id,
        ),
    )
    return Question(record, wanted.prompt, tuple(ranked[:_SHOWN]))


async def _with_pictures(host: Host, found: list[Question]) -> list[Question]:
    """The questions, those of that host with a picture of each candidate."""
    if "thumbnail" not in host.profile.abilities.variants:
        return found
    here = host.profile.provider_name
    jobs = {c.job.id: c.job for q in found if q.record.provider == here for c in q.candidates}
    pictures: dict[str, Path | None] = {}
    async with host.client() as provider:
        for job_id, job in jobs.items():
            pictures[job_id] = await candidate_picture(host, provider, job)
    return [
        replace(q, candidates=tuple(replace(c, thumbnail=pictures[c.job.id]) for c in q.candidates))
        if q.record.provider == here
        else q
        for q in found
    ]


def question_of(store: Store, addresses: Iterable[str], label: str) -> Record:
    """The open record of one of those addresses. Raises `SorasyncError` where there is none, or several."""
    wanted = set(addresses)
    found = [r for r in store.in_flight() if r.status in OPEN and r.address in wanted]
    if not found:
        raise SorasyncError(f"{label} has no open question", hint="`sorasync resolve` lists them")
    if len(found) > 1:
        names = ", ".join(record.address for record in found)
        raise SorasyncError(f"{label} has several open questions: {names}", hint="name one of them")
    return found[0]


def adopt(host: Host, session: ChangeSession, record: Record, job_id: str, *, force: bool) -> Job:
    """Give a record a job of the provider; the next apply follows and downloads it.

    Raises `SorasyncError` for a job that another record holds, that does not exist, or that says it is
    something else (unless `force`).
    """
    from sorasync.operations.provider_jobs import job as ask

    if record.kind == "still" and not host.profile.stills_are_jobs:
        raise SorasyncError(
            f"{record.address} is a still: {host.profile.name} keeps no job of it",
            hint="--resend or --forget",
        )
    refuse_held(session.store, job_id, host.profile.provider_name, record.key)
    job = ask(host, job_id)
    found = compare_job(wanted_by(record), job)
    if not found.same and not force:
        fields = ", ".join(field.name for field in found.differs)
        raise SorasyncError(
            f"{job_id} differs from what was sent for {record.address}: {fields}",
            hint="give --force if it is the right one anyway; nothing was changed",
        )
    with session.store.transaction():
        session.store.move(
            record.key, Status.SUBMITTED, run=session.run, remote_id=job.id, expires_at=job.expires_at
        )
        session.store.log("adopted", record.address, record.key, session.run, remote_id=job.id, by="hand")
    return job


def resend(session: ChangeSession, *records: Record) -> None:
    """Record that requests never arrived, all or none: the next apply sends them again, at their price."""
    with session.store.transaction():
        for record in records:
            session.store.withdraw(
                record.key, run=session.run, error_stage="send", error_message="it never arrived"
            )
            session.store.log("to be sent again", record.address, record.key, session.run)


def forget(session: ChangeSession, *records: Record) -> None:
    """Drop records, all or none; their attempts stay in the history and count as spent."""
    store = session.store
    with store.transaction():
        for record in records:
            for address in store.addresses_of(record.key):
                store.unbind(address, run=session.run)
            store.forget([record.key], run=session.run)


def refuse_held(store: Store, job_id: str, provider: str, key: str | None = None) -> None:
    """Raises `SorasyncError` if a record other than that of `key` holds the provider's job."""
    holder = store.remote_ids(provider).get(job_id)
    if holder is None or holder == key:
        return
    record = store.record(holder)
    whose = record.address if record else f"a render that is no longer recorded ({holder[:12]})"
    raise SorasyncError(
        f"{job_id} belongs to {whose} already", hint="one job is one render; choose another id"
    )
