"""Open questions about batches: one per batch, however many renders it has."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.apply.batch.batch_token import Mark
from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.errors import SorasyncError
from sorasync.graph.address import natural
from sorasync.operations.locked_state import ChangeSession
from sorasync.operations.project import Project
from sorasync.plan.cost import Total, total
from sorasync.profile.hosts import Hosts
from sorasync.state.record import Record, Status
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.provider.batch import Batch

PREFIX = "batch:"
_OPEN = frozenset({Status.INTENT, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """Renders that went out together and whose outcome nobody knows, in the order of their addresses.

    `candidates` are the provider's batches that may be theirs, the likeliest first; `sent` is False where
    the batch was certainly never asked for. `name` is what `sorasync resolve` takes: it is of one host, like
    the renders.
    """

    name: str
    records: tuple[Record, ...]
    sent: bool
    candidates: tuple[BatchCandidate, ...] = ()

    @property
    def cost(self) -> Total:
        """What the batch costs if it was made."""
        return total(record.cost_usd for record in self.records)

    @property
    def provider(self) -> str:
        """The host that they were sent to."""
        return self.records[0].provider

    @property
    def first(self) -> str:
        """The address of the first of its renders."""
        return self.records[0].address


@dataclass(frozen=True, slots=True)
class BatchCandidate:
    """A batch of the provider. `certain` if it bears our mark or was made of our file."""

    batch: Batch
    certain: bool


def name_of(record: Record, hosts: Hosts) -> str | None:
    """What the question of a record's batch is called; None for a render that was sent on its own.

    Our own tokens are never the same, but two hosts may give the same id: at another host than the default
    its name follows, whether the other question is open or not, so that a name never changes its meaning.
    """
    mark = Mark.of(record.batch_id)
    if mark is not None:
        return PREFIX + mark.short
    if record.batch_id is None:
        return None
    where = "" if not hosts.short(record.provider) else f"@{hosts.word(record.provider)}"
    return f"{PREFIX}{record.batch_id}{where}"


def grouped(records: Iterable[Record], hosts: Hosts) -> tuple[list[BatchQuestion], list[Record]]:
    """The batches among open records, and the records whose question is their own."""
    by_name: dict[str, list[Record]] = defaultdict(list)
    alone: list[Record] = []
    for record in records:
        name = name_of(record, hosts)
        (alone if name is None else by_name[name]).append(record)
    found = []
    for name, group in by_name.items():
        if len(group) == 1 and Mark.of(group[0].batch_id) is None:
            alone += group
            continue
        mark = Mark.of(group[0].batch_id)
        ordered = tuple(sorted(group, key=lambda record: natural(record.address)))
        found.append(BatchQuestion(name, ordered, sent=mark is None or mark.file_id is not None))
    return found, alone


def with_candidates(
    project: Project, found: list[BatchQuestion], held: Collection[tuple[str, str]]
) -> list[BatchQuestion]:
    """The questions with the batches of their hosts that no record holds. Raises `ProviderError`.

    `held` are the batches in flight, each as host and id.
    """
    for host in project.every_host():
        here = host.profile.provider_name
        mine = [one for one in found if one.sent and one.provider == here]
        if not mine or not host.profile.can("batch"):
            continue
        since = min(record.intent_at or 0.0 for one in mine for record in one.records) - CLOCK_ALLOWANCE
        recent = asyncio.run(_recent(host, since))
        batches = [batch for batch in recent if (here, batch.id) not in held]
        found = [replace(one, candidates=_candidates(one, batches)) if one in mine else one for one in found]
    return found


async def _recent(host: Host, since: float) -> list[Batch]:
    from sorasync.provider.errors import ListCut, NotSupported

    found: list[Batch] = []
    async with host.client() as provider:
        # What it shows may be ours, also where that is not all.
        with suppress(NotSupported, ListCut):
            async for batch in provider.batches.recent(since):
                found.append(batch)  # noqa: PERF401 - what came before an error stays
    return found


def _candidates(question: BatchQuestion, batches: list[Batch]) -> tuple[BatchCandidate, ...]:
    found = [BatchCandidate(batch, certain=_is_ours(question.records[0], batch)) for batch in batches]
    fitting = [one for one in found if one.certain or _may_be_ours(question, one.batch)]
    return tuple(sorted(fitting, key=lambda one: (not one.certain, one.batch.created_at or 0.0)))


def _is_ours(record: Record, batch: Batch) -> bool:
    from sorasync.apply.batch.send_batch import TOKEN

    mark = Mark.of(record.batch_id)
    if mark is None:
        return batch.id == record.batch_id
    return batch.metadata.get(TOKEN) == mark.token or (
        mark.file_id is not None and batch.input_file_id == mark.file_id
    )


def _may_be_ours(question: BatchQuestion, batch: Batch) -> bool:
    """Whether a batch can be ours: its token, file and number of requests must not be another's."""
    from sorasync.apply.batch.send_batch import TOKEN

    return (
        batch.metadata.get(TOKEN) is None
        and batch.input_file_id is None
        and batch.total in (0, len(question.records))
    )


def question_of(store: Store, name: str, hosts: Hosts) -> BatchQuestion:
    """The open question of that name. Raises `SorasyncError` where there is none."""
    found, _ = grouped((record for record in store.in_flight() if record.status in _OPEN), hosts)
    for question in found:
        if question.name == name:
            return question
    raise SorasyncError(f"{name} is not an open question", hint="`sorasync resolve` lists them")


def adopt(
    host: Host, session: ChangeSession, question: BatchQuestion, batch_id: str, *, force: bool
) -> Batch:
    """Let every render of the question wait for a batch; the next apply reads what came of it.

    Raises `SorasyncError` for a batch that other records wait for, that does not exist, or that says it is
    another one (unless `force`).
    """
    _refuse_held(session.store, question, batch_id)
    batch = asyncio.run(_asked(host, batch_id))
    ours = _is_ours(question.records[0], batch) or _may_be_ours(question, batch)
    if not ours and not force:
        raise SorasyncError(
            f"{batch_id} is another batch: it was made of another file, or of another number of requests",
            hint="give --force if it is the right one anyway; nothing was changed",
        )
    with session.store.transaction():
        for record in question.records:
            session.store.move(record.key, Status.BATCHED, run=session.run, batch_id=batch.id)
            session.store.log(
                "adopted", record.address, record.key, session.run, batch_id=batch.id, by="hand"
            )
    return batch


def _refuse_held(store: Store, question: BatchQuestion, batch_id: str) -> None:
    keys = {record.key for record in question.records}
    for record in store.in_flight():
        same = record.batch_id == batch_id and record.provider == question.provider
        if same and record.key not in keys:
            raise SorasyncError(
                f"{batch_id} belongs to {record.address} already",
                hint="choose another id; nothing was changed",
            )


async def _asked(host: Host, batch_id: str) -> Batch:
    async with host.client() as provider:
        return await provider.batches.batch(batch_id)
