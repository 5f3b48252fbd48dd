"""Creates sent as batches: gathered, sent, followed, and found again when the answer was lost."""

from __future__ import annotations

import asyncio

from sorasync.apply.batch.batch_token import Mark
from sorasync.apply.batch.find_batch import BatchFinder
from sorasync.apply.batch.follow_batch import BATCH_GONE, BatchFollower
from sorasync.apply.batch.send_batch import BatchSender
from sorasync.apply.context import Context
from sorasync.apply.in_doubt import InDoubtAnswer
from sorasync.apply.render.follow import WaitedLongEnough
from sorasync.errors import SorasyncError
from sorasync.plan.change import Change
from sorasync.plan.cost import in_batch
from sorasync.provider import errors
from sorasync.provider.base import BatchQueue
from sorasync.provider.wire import Job
from sorasync.state.record import Record, Status


class CreateGatherer:
    """All batch work of an apply. Direct applies use it too, for batches of earlier runs."""

    def __init__(self, context: Context, queue: BatchQueue) -> None:
        self._queue = queue
        self._context = context
        self._sender = BatchSender(context, queue)
        self._follower = BatchFollower(context, queue)
        self._finder = BatchFinder(context, queue)
        self._gathered: list[tuple[Change, asyncio.Future[str]]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._lost: set[str] = set()

    def takes(self, change: Change) -> bool:
        """Whether the change will be sent as a line of a batch."""
        wanted = self._context.settings.batch or change.key in self._lost
        return wanted and change.render is not None and in_batch(change.render, self._context.profile)

    async def send(self, change: Change, deadline: float) -> Job:
        """The job of a change, once its batch has ended. Changes that come at the same time share a batch.

        Raises what `BatchFollower.job` raises, and what forbade sending.
        """
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._gathered.append((change, future))
        if len(self._gathered) == 1:
            task = asyncio.create_task(self._send())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return await self._job(change.key, await future, deadline)

    async def resume(self, record: Record, deadline: float) -> Job:
        """The job of a record that an earlier run left in a batch. Raises what `BatchFollower.job` raises."""
        assert record.batch_id is not None
        return await self._job(record.key, record.batch_id, deadline)

    async def find(self, record: Record, deadline: float) -> Job | InDoubtAnswer:
        """The job of a record whose batch may never have been made; without a batch, what to do instead.

        What is to be sent again goes out by batch again: that is what its price was reckoned with.
        """
        mark = Mark.of(record.batch_id)
        assert mark is not None
        found = await self._finder.find(record, mark, deadline)
        if not isinstance(found, InDoubtAnswer):
            return await self._job(record.key, found, deadline)
        if found is InDoubtAnswer.RESEND:
            self._lost.add(record.key)
        return found

    async def look_for(self, record: Record, deadline: float) -> Job | InDoubtAnswer | None:
        """What became of a line whose batch is in doubt; None for a request that is not, and where the host
        still does not know the batch.
        """
        if lost_in_a_batch(record):
            return await self.find(record, deadline)
        return await self._known_again(record, deadline) if record.error_code == BATCH_GONE else None

    async def _known_again(self, record: Record, deadline: float) -> Job | None:
        batch_id, run = record.batch_id, self._context.run
        assert batch_id is not None
        try:
            await self._queue.batch(batch_id)
        except errors.ProviderError:
            return None

        def queued() -> None:
            now = self._context.store.record(record.key)
            if now is not None and now.status is Status.UNKNOWN:
                self._context.store.move(record.key, Status.BATCHED, run=run, batch_id=batch_id)

        await self._context.commits.record(queued)
        return await self._job(record.key, batch_id, deadline)

    def wake(self) -> None:
        """Look at every batch at once, for instance since a webhook came."""
        self._follower.wake()

    async def aclose(self) -> None:
        """Stop sending and following; what was sent is in the state."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._follower.aclose()

    async def _send(self) -> None:
        """Send what has gathered once every ready change has asked."""
        await asyncio.sleep(0)
        gathered, self._gathered = self._gathered, []
        try:
            sent = await self._sender.send([change for change, _ in gathered])
        except BaseException as error:
            for _, future in gathered:
                _fail(future, error)
            raise
        for change, future in gathered:
            found = sent[change.key]
            if isinstance(found, SorasyncError):
                _fail(future, found)
            elif not future.done():
                future.set_result(found)

    async def _job(self, key: str, batch_id: str, deadline: float) -> Job:
        if self._context.settings.detach:
            raise WaitedLongEnough(f"queued in batch {batch_id}")
        return await self._follower.job(key, batch_id, deadline)


def lost_in_a_batch(record: Record) -> bool:
    """Whether the record is in doubt because of its batch, not of its own request."""
    return Mark.of(record.batch_id) is not None


def _fail(future: asyncio.Future[str], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.cancel()
