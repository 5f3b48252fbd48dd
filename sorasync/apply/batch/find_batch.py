"""Finds a batch whose creation was never answered: by our token in its metadata, or by its input file."""

from __future__ import annotations

import asyncio
from functools import partial

from sorasync.apply.batch.batch_token import Mark
from sorasync.apply.batch.send_batch import TOKEN
from sorasync.apply.context import Context
from sorasync.apply.in_doubt import InDoubtAnswer
from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.provider import errors
from sorasync.provider.base import BatchQueue
from sorasync.provider.batch import Batch
from sorasync.state.record import Record, Status

_SHORTEST, _LONGEST = 0.25, 15.0
# Seconds before a request from which on its batch is looked for: there are few batches.
_BACK = 86_400.0


class BatchFinder:
    """Looks for lost batches; one query serves all lines of a batch."""

    def __init__(self, context: Context, queue: BatchQueue) -> None:
        self._context = context
        self._queue = queue
        self._answers: dict[str, str | InDoubtAnswer] = {}
        self._turn = asyncio.Lock()

    async def find(self, record: Record, mark: Mark, deadline: float) -> str | InDoubtAnswer:
        """The batch's id, durable in all its records; or what to do if there is none.

        Raises `AuthFailed` or `QuotaExhausted`.
        """
        if mark.file_id is None:
            return InDoubtAnswer.RESEND
        async with self._turn:
            if mark.token not in self._answers:
                # What refuses one question refuses those of the other lines as well.
                self._answers[mark.token] = InDoubtAnswer.LATER
                self._answers[mark.token] = await self._search(record, mark, deadline)
            return self._answers[mark.token]

    async def _search(self, record: Record, mark: Mark, deadline: float) -> str | InDoubtAnswer:
        context = self._context
        settle = context.profile.abilities.list_settle_seconds
        since = await context.commits.read(lambda: context.store.unknown_since(record.key))
        lost_at = since or context.clock.now()
        while not context.interrupted and context.clock.monotonic() < deadline:
            now, cut = context.clock.now(), False
            try:
                found = await self._listed(record, mark)
            except errors.ListCut:
                found, cut = None, True
            except errors.NotSupported:
                return InDoubtAnswer.ASK
            except errors.ProviderError as error:
                pause = max(_LONGEST, context.reach.unsaid(error))
                await context.pause(min(pause, max(0.0, deadline - context.clock.monotonic())))
                continue
            context.reach.answered()
            if found is not None:
                await context.commits.record(partial(self._adopt, mark, found))
                return found.id
            if now - lost_at >= settle or now - (record.intent_at or 0.0) >= 2 * settle + CLOCK_ALLOWANCE:
                complete = context.profile.abilities.list == "complete" and not cut
                return InDoubtAnswer.RESEND if complete else InDoubtAnswer.ASK
            left = max(0.0, deadline - context.clock.monotonic())
            await context.pause(min(max(_SHORTEST, settle / 4), _LONGEST, left))
        return InDoubtAnswer.LATER

    async def _listed(self, record: Record, mark: Mark) -> Batch | None:
        # The token is certain whatever the age: a clock may have been wrong when the batch was sent.
        sent = min(record.intent_at or 0.0, self._context.clock.now())
        async for batch in self._queue.recent(sent - _BACK):
            if batch.metadata.get(TOKEN) == mark.token or batch.input_file_id == mark.file_id:
                return batch
        return None

    def _adopt(self, mark: Mark, batch: Batch) -> None:
        store, run = self._context.store, self._context.run
        for record in store.in_flight():
            if record.batch_id == str(mark):
                store.move(record.key, Status.BATCHED, run=run, batch_id=batch.id)
                store.log("adopted", record.address, record.key, run, batch_id=batch.id)
