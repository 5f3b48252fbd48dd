"""Sends creates as batches: what is durable at each step tells a later run how far it came.

1. the intents of all lines, each with the batch's mark;
2. the input file at the provider: its id goes into every mark;
3. the batch: its id goes into every record before anything else happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sorasync.apply.batch.batch_token import Mark
from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.render.change_payment_gate import ChangePaymentGate
from sorasync.apply.render.render_request import build
from sorasync.apply.render.send import Intent, intend, take_back, why
from sorasync.assets.file_errors import DiskFull
from sorasync.errors import SorasyncError
from sorasync.plan.change import Change
from sorasync.provider import errors
from sorasync.provider.base import BatchQueue
from sorasync.provider.wire import CreateRequest
from sorasync.state.errors import StateError
from sorasync.state.record import Status
from sorasync.text import counted

# The key of a batch's metadata under which our token stands.
TOKEN = "sorasync"

# By key: the id of the batch that holds the line, or why there is none.
Sent = dict[str, str | SorasyncError]


@dataclass(frozen=True, slots=True)
class _Line:
    change: Change
    request: CreateRequest
    text: bytes
    reserved_at: float


class BatchSender:
    """Turns changes into batches within the host's limits."""

    def __init__(self, context: Context, queue: BatchQueue) -> None:
        self._context = context
        self._queue = queue
        self._images: dict[str, str] = {}

    async def send(self, changes: Sequence[Change]) -> Sent:
        """Send every change as a line of a batch; by key the batch's id, or the error of that line."""
        sent: Sent = {}
        lines = [line for change in changes if (line := await self._line(change, sent)) is not None]
        for part in self._parts(lines):
            sent |= await self._batch(part)
        return sent

    async def _line(self, change: Change, sent: Sent) -> _Line | None:
        """A change as a line; whatever can be refused without sending is refused here."""
        render = change.render
        assert render is not None
        try:
            request = await build(self._context, render, change.label)
            assert isinstance(request, CreateRequest)
            image_id = await self._image(request, render.file_sha256)
            text = self._queue.line(render.key, request, image_id)
            if len(text) > self._context.profile.limits.batch_bytes:
                raise errors.InvalidRequest(f"{change.label} is too long for a batch")
            reserved_at = self._context.clock.now()
            self._context.budget.reserve(change.cost_usd, change.seconds)
        except SorasyncError as error:
            if render.private and isinstance(error, errors.ProviderError):
                error.withhold()
            sent[change.key] = error
            return None
        return _Line(change, request, text, reserved_at)

    async def _image(self, request: CreateRequest, digest: str | None) -> str | None:
        """The file id of an image, uploaded once however many lines use it."""
        if request.image is None:
            return None
        name = digest or str(request.image)
        if name not in self._images:
            self._images[name] = await self._queue.upload_file("vision", request.image)
        return self._images[name]

    def _parts(self, lines: Sequence[_Line]) -> Iterator[list[_Line]]:
        limits = self._context.profile.limits
        part: list[_Line] = []
        size = 0
        for line in lines:
            if part and (len(part) >= limits.batch_lines or size + len(line.text) > limits.batch_bytes):
                yield part
                part, size = [], 0
            part.append(line)
            size += len(line.text)
        if part:
            yield part

    async def _batch(self, part: Sequence[_Line]) -> Sent:
        """One batch of lines whose price is reserved. The state says at every moment how far it came."""
        context, keys = self._context, list(map(_custom_id, part))
        mark = Mark(secrets.token_hex(12))
        gate = ChangePaymentGate(context, *(line.change for line in part))
        intents: list[Intent] = []
        try:
            gate.check()
            if context.assets.free_bytes() < context.settings.min_free_bytes:
                raise DiskFull(context.assets.path, context.settings.min_free_bytes)
            intents = await context.commits.record(lambda: self._intend(part, mark))
        except SorasyncError as error:
            self._release(part)
            return dict.fromkeys(keys, error)
        try:
            batch_id = await self._posted(part, mark, gate)
        except errors.Withheld as error:
            await self._take_back(part, intents)
            return dict.fromkeys(keys, error)
        except errors.OutcomeUnknown as error:
            await self._open(keys, error)
            return dict.fromkeys(keys, error)
        except errors.ProviderError as error:
            self._release(part)
            await self._withdraw(keys, why(error))
            return dict.fromkeys(keys, error)
        except asyncio.CancelledError as error:
            if not gate.left:
                await self._take_back(part, intents)
                raise
            with contextlib.suppress(StateError):
                await self._open(keys, error)
            raise
        except BaseException as error:
            with contextlib.suppress(StateError):
                await self._open(keys, error)
            raise
        for line in part:
            context.tell(line.change, Moment.RENDERING, f"in batch {batch_id}")
        context.notice(f"batch {batch_id}: {counted(len(part), 'render')} queued")
        return dict.fromkeys(keys, batch_id)

    def _intend(self, part: Sequence[_Line], mark: Mark) -> list[Intent]:
        intents = []
        for line in part:
            assert line.change.render is not None
            intents.append(intend(self._context, line.change, line.change.render, line.request))
            self._context.store.amend(line.change.key, run=self._context.run, batch_id=str(mark))
        return intents

    async def _take_back(self, part: Sequence[_Line], intents: Sequence[Intent]) -> None:
        self._release(part)
        await take_back(self._context, *intents)

    async def _withdraw(self, keys: Sequence[str], fields: dict[str, object]) -> None:
        store, run = self._context.store, self._context.run

        def withdraw() -> None:
            for key in keys:
                store.withdraw(key, run=run, **fields)

        await self._context.commits.record(withdraw)

    async def _posted(self, part: Sequence[_Line], mark: Mark, gate: ChangePaymentGate) -> str:
        try:
            return await self._post(part, mark, gate)
        except errors.ProviderError as error:
            if gate.private:
                error.withhold()
            raise

    async def _post(self, part: Sequence[_Line], mark: Mark, gate: ChangePaymentGate) -> str:
        store, run, commits = self._context.store, self._context.run, self._context.commits
        # No name leads to it, so that nothing of the prompts is left, however this process ends.
        with tempfile.TemporaryFile() as lines:
            lines.writelines(line.text for line in part)
            file_id = await self._queue.upload_file("batch", lines)
        known = Mark(mark.token, file_id)

        def uploaded() -> None:
            for line in part:
                store.amend(line.change.key, run=run, batch_id=str(known))

        def queued() -> None:
            if store.holds_batch(batch.id, self._context.provider.name):
                raise errors.OutcomeUnknown(f"the host answered with the id of another batch ({batch.id})")
            for line in part:
                store.move(line.change.key, Status.BATCHED, run=run, batch_id=batch.id)

        await commits.record(uploaded)
        batch = await self._queue.create_batch(file_id, {TOKEN: mark.token}, gate)
        await commits.record(queued)
        return batch.id

    def _release(self, part: Sequence[_Line]) -> None:
        for line in part:
            self._context.budget.release(line.change.cost_usd, line.change.seconds, line.reserved_at)

    async def _open(self, keys: Sequence[str], error: BaseException) -> None:
        """There may or may not be a batch: the tokens tell a later run what to search for."""
        store, run = self._context.store, self._context.run

        def leave_open() -> None:
            for key in keys:
                store.move(key, Status.UNKNOWN, run=run, **why(error))

        await self._context.commits.record(leave_open)


def _custom_id(line: _Line) -> str:
    return line.change.key
