"""`sorasync cancel`: cancels renders in progress, at hosts that can.

The request is recorded in the state before it is sent. Whatever happens then, the next apply follows the job:
it downloads the file if the job finished after all, and does not resend a cancelled render by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.address import natural, owner, spellings
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.operations.takes import several_takes
from sorasync.plan.selection import glob
from sorasync.state.record import (
    CANCEL,
    CANCELLED_QUEUED,
    CANCELLED_RUNNING,
    Record,
    Status,
)

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.profile.job import Refund
    from sorasync.provider.host_client import HostClient
    from sorasync.provider.wire import Job
    from sorasync.state.lock import LockWait

_AT_ONCE = 4
# Seconds to wait for a host to confirm a cancellation, and the least seconds between two questions.
_LONGEST, _PAUSE = 60.0, 2.0
_KEPT: dict[str, object] = {"error_stage": None, "error_code": None, "error_message": None}


class CancelEnd(StrEnum):
    """The outcome of a request to cancel.

    `cancelled`: the job has ended. `asked`: the host has not confirmed it yet. `finished`: the render was
    done before. `kept`: nothing was cancelled.
    """

    CANCELLED = "cancelled"
    ASKED = "asked"
    FINISHED = "finished"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class InProgress:
    """A render in progress and what cancelling it means.

    `label` is its address as people write it, `host` the library's name for its host. `charge` is what it
    costs if cancelled (None: its price is unknown), `refund` the host's rule. `why_not` says why it cannot be
    cancelled, as a clause.
    """

    record: Record
    label: str
    host: str
    queued: bool = False
    progress: int = 0
    charge: Decimal | None = None
    refund: Refund = "unknown"
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How cancelling a render ended. `charge` is what it costs now, None if unknown."""

    label: str
    end: CancelEnd
    charge: Decimal | None
    message: str = ""


def in_progress(project: Project, patterns: Collection[str] = ()) -> tuple[InProgress, ...]:
    """The renders in progress that match a pattern, or all of them. Asks their hosts.

    Raises `SorasyncError` for a pattern that matches none.
    """
    with project.synced_store() as store:
        records = store.in_flight()
        several = several_takes(store, (record.address for record in records))
    named: dict[str, Record] = {}
    for pattern in patterns or ("*",):
        found = [record for record in records if _matches_address(pattern, record.address)]
        if patterns and not found:
            raise SorasyncError(
                f"{pattern} is not being rendered", hint="`sorasync status` lists what is in flight"
            )
        named.update((record.key, record) for record in found)
    chosen = sorted(named.values(), key=lambda record: (record.provider, natural(record.address)))
    shown: list[InProgress] = []
    for provider, group in groupby(chosen, key=lambda record: record.provider):
        shown += _at_host(project, provider, [(record, _short_address(record, several)) for record in group])
    return tuple(sorted(shown, key=lambda one: natural(one.label)))


def cancel(project: Project, found: Iterable[InProgress], waiting: LockWait) -> tuple[Cancelled, ...]:
    """Cancel those that can be cancelled, each only at the charge that was shown.

    Raises `StateLocked`.
    """
    wanted = sorted((one for one in found if one.why_not is None), key=lambda one: one.record.provider)
    ended: list[Cancelled] = []
    if not wanted:
        return ()
    with changing(project, waiting) as session:
        for provider, group in groupby(wanted, key=lambda one: one.record.provider):
            host = project.host_at(provider)
            ended += asyncio.run(_cancel_at(host, session, list(group)))
    return tuple(sorted(ended, key=lambda one: natural(one.label)))


def _matches_address(pattern: str, address: str) -> bool:
    """Whether a pattern matches the address of a record, or of the take or clip that it belongs to."""
    names = {address, owner(address), owner(address).partition("[")[0], address.partition("/")[0]}
    names.add(address.replace("#1/", "/") if "#1/" in address else address.removesuffix("#1"))
    return any(glob(one, name) for one in {pattern, *spellings(pattern)} for name in names)


def _short_address(record: Record, several: Collection[str]) -> str:
    """The address; without the take if the clip has only one."""
    take, slash, step = record.address.partition("/")
    one = take.endswith("#1") and owner(record.address) not in several and not slash
    return take.removesuffix("#1") if one else f"{take}{slash}{step}"


def _at_host(project: Project, provider: str, records: list[tuple[Record, str]]) -> list[InProgress]:
    """The renders in progress at one host, each with what cancelling it means."""
    profile = project.hosts.find(provider)
    if profile is None:
        why = f"{provider} is not a host of this library any more"
        return [InProgress(record, label, provider, why_not=why) for record, label in records]
    host = project.host_at(provider)
    asked: list[tuple[Record, str]] = []
    shown = []
    for record, label in records:
        reason = _out_of_reach(record, host)
        if reason is not None:
            shown.append(InProgress(record, label, host.name, why_not=reason))
        else:
            asked.append((record, label))
    if asked:
        host.require()
        shown += asyncio.run(_ask_all(host, asked))
    return shown


def _out_of_reach(record: Record, host: Host) -> str | None:
    """Why a render cannot be cancelled, if that is known without asking the host."""
    match record.status:
        case Status.INTENT | Status.UNKNOWN:
            return "the answer to its request was lost: `sorasync apply` looks for its job first"
        case Status.BATCHED:
            return "it is part of a batch, whose renders cannot be cancelled one by one"
        case Status.RENDERED:
            return "it has already rendered: `sorasync apply` downloads it"
    job = host.profile.job
    if job is None or job.cancel is None:
        return f"the profile of {host.profile.title} has no request to cancel a render"
    return None


async def _ask_all(host: Host, records: list[tuple[Record, str]]) -> list[InProgress]:
    places = asyncio.Semaphore(_AT_ONCE)
    async with host.client() as client:

        async def one(record: Record, label: str) -> InProgress:
            async with places:
                return await _ask_about(host, client, record, label)

        return list(await asyncio.gather(*(one(*each) for each in records)))


async def _ask_about(host: Host, client: HostClient, record: Record, label: str) -> InProgress:
    """Ask the host about one render. Raises errors that concern the whole host."""
    from sorasync.apply.render.cancelled_job import charge_of
    from sorasync.provider.errors import AuthFailed, NotFound, NotSent, ProviderError, QuotaExhausted
    from sorasync.provider.wire import JobStatus

    def cannot(why: str) -> InProgress:
        return InProgress(record, label, host.name, why_not=why)

    assert record.remote_id is not None and host.profile.job is not None
    spec = host.profile.job.cancel
    assert spec is not None
    try:
        job = await client.get(record.remote_id)
    except NotFound:
        return cannot(
            f"{host.profile.title} does not know its job: `sorasync apply` finds out whether it is lost"
        )
    except (AuthFailed, QuotaExhausted, NotSent):
        raise
    except ProviderError as error:
        return cannot(f"its state is unknown: {error.message}")
    if job.status.terminal:
        return cannot("it has already ended: `sorasync apply` records the result")
    queued = job.status is JobStatus.QUEUED
    if spec.only_queued and not queued:
        return cannot(f"it is already rendering, and {host.profile.title} cancels only queued jobs")
    charge = charge_of(host.profile, record.cost_usd, queued=queued)
    return InProgress(record, label, host.name, queued, job.progress, charge, spec.refund)


async def _cancel_at(host: Host, session: ChangeSession, found: list[InProgress]) -> list[Cancelled]:
    places = asyncio.Semaphore(_AT_ONCE)
    async with host.client() as client:

        async def one(wanted: InProgress) -> Cancelled:
            async with places:
                return await _Cancelling(host, client, session, wanted).run()

        return list(await asyncio.gather(*map(one, found)))


@dataclass(frozen=True, slots=True)
class _Cancelling:
    """Cancels one render."""

    host: Host
    client: HostClient
    session: ChangeSession
    wanted: InProgress

    async def run(self) -> Cancelled:
        from sorasync.provider.errors import ProviderError

        store, wanted = self.session.store, self.wanted
        record = store.record(wanted.record.key)
        if (
            record is None
            or record.status is not Status.SUBMITTED
            or record.remote_id != wanted.record.remote_id
        ):
            return self._kept("it is no longer in progress")
        try:
            now = await _ask_about(self.host, self.client, record, wanted.label)
        except ProviderError as error:
            return self._kept(error.message)
        if now.why_not is not None:
            return self._kept(now.why_not)
        if now.charge != wanted.charge:
            return self._kept("it has started rendering, which changes the refund: cancel it again to accept")
        # Durable before the request is sent: whoever follows the job knows why it ended.
        self._mark(record, queued=now.queued)
        return await self._send(queued=now.queued)

    def _mark(self, record: Record, *, queued: bool) -> None:
        store = self.session.store
        with store.transaction():
            store.amend(
                record.key,
                run=self.session.run,
                error_stage=CANCEL,
                error_code=CANCELLED_QUEUED if queued else CANCELLED_RUNNING,
                error_message="cancel requested",
            )
            store.log("asked to cancel", record.address, record.key, self.session.run, queued=queued)

    async def _send(self, *, queued: bool) -> Cancelled:
        from sorasync.provider.errors import OutcomeUnknown, ProviderError, ServerError

        assert self.wanted.record.remote_id is not None
        refused: ProviderError | None = None
        accepted = False
        try:
            await self.client.cancel(self.wanted.record.remote_id, queued=queued)
            accepted = True
        except (ServerError, OutcomeUnknown):
            # The request may have arrived: the job's state decides.
            refused = None
        except ProviderError as error:
            refused = error
        job = await self._end(self.client.clock.monotonic() if refused else None, accepted=accepted)
        return self._ended(job, refused)

    async def _end(self, until: float | None, *, accepted: bool) -> Job | bool | None:
        """The job once it has ended, None if the host no longer knows it, False if neither is certain yet.

        Only where the host has `accepted` the request does one 404 say that there is no job any more.
        """
        from sorasync.provider.errors import NotFound, ProviderError

        assert self.wanted.record.remote_id is not None
        clock = self.client.clock
        until = clock.monotonic() + _LONGEST if until is None else until
        while True:
            pause = _PAUSE
            try:
                job = await self.client.get(self.wanted.record.remote_id)
            except NotFound:
                if accepted:
                    return None
            except ProviderError:
                pass
            else:
                if job.status.terminal:
                    return job
                pause = max(pause, job.poll_after or 0.0)
            if clock.monotonic() + pause > until:
                return False
            await clock.sleep(pause)

    def _ended(self, job: Job | bool | None, refused: SorasyncError | None) -> Cancelled:
        from sorasync.apply.render.cancelled_job import cancelled_fields
        from sorasync.provider.wire import JobStatus

        store, run = self.session.store, self.session.run
        record = store.record(self.wanted.record.key)
        assert record is not None
        found = None if isinstance(job, bool) or job is None else job
        done = found is not None and found.status is JobStatus.COMPLETED
        if done or (refused is not None and (job is None or job is False)):
            store.amend(record.key, run=run, **_KEPT)
            if done:
                return self._said(
                    CancelEnd.FINISHED, record, "it was already done: `sorasync apply` downloads it"
                )
            assert refused is not None
            return self._kept(refused.message)
        if job is False:
            return self._said(
                CancelEnd.ASKED, record, "cancel requested, not confirmed yet: the next apply follows it"
            )
        fields = cancelled_fields(record, self.host.profile, found, self.host.clock.now())
        after = store.move(record.key, Status.BLOCKED, run=run, **fields)
        counted = after.charge
        charge = counted.usd if counted is not None else Decimal(0)
        unknown = record.cost_usd is None and self.wanted.charge is None
        return Cancelled(self.wanted.label, CancelEnd.CANCELLED, None if unknown else charge)

    def _kept(self, why: str) -> Cancelled:
        return Cancelled(self.wanted.label, CancelEnd.KEPT, self.wanted.record.cost_usd, why)

    def _said(self, end: CancelEnd, record: Record, message: str) -> Cancelled:
        return Cancelled(self.wanted.label, end, record.cost_usd, message)
