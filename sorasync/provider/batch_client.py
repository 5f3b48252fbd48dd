"""Files and batches: large offline queues at half the price."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from sorasync.provider import encode
from sorasync.provider.answer import Answer
from sorasync.provider.batch import Batch, read_batch
from sorasync.provider.classify import fault, unreadable
from sorasync.provider.download import Downloader, Fetched
from sorasync.provider.outgoing import Outgoing
from sorasync.provider.read import job_id
from sorasync.provider.retry import PAID, Patience, retried
from sorasync.provider.sender import Sender


class Batches:
    """The files and batches routes of one host."""

    def __init__(self, sender: Sender, downloads: Downloader, patience: Patience) -> None:
        self._sender = sender
        self._downloads = downloads
        self._patience = patience

    async def upload_file(self, purpose: str, source: Path | bytes) -> str:
        """Upload a file (`batch`, `vision` or `user_data`); its id. Free, so it may be sent again."""
        path = encode.route(self._sender.spec, "file_create")
        outgoing = Outgoing(path, "multipart", {"purpose": purpose}, {"file": source})
        answer = await self._send("file_create", outgoing, paid=False)
        found = job_id(answer.body)
        if found is None:
            raise unreadable(answer, self._sender.asked())
        return found

    def file_content(self, file_id: str) -> AbstractAsyncContextManager[Fetched]:
        """Open a file's bytes."""
        return self._downloads.path("file_content", encode.route(self._sender.spec, "file_content", file_id))

    async def create_batch(self, input_file_id: str, metadata: Mapping[str, str] | None = None) -> Batch:
        """Queue the requests of an uploaded JSONL file. Paid, as all its lines are."""
        fields: dict[str, object] = {
            "input_file_id": input_file_id,
            "endpoint": "/v1/videos",
            "completion_window": "24h",
        }
        if metadata:
            fields["metadata"] = dict(metadata)
        outgoing = Outgoing(encode.route(self._sender.spec, "batch_create"), "json", fields)
        return self._batch(await self._send("batch_create", outgoing, paid=True), paid=True)

    async def batch(self, batch_id: str) -> Batch:
        """One batch. Raises `NotFound`."""
        path = encode.route(self._sender.spec, "batch_get", batch_id)

        async def once() -> Batch:
            return self._batch(self._good(await self._sender.get("batch_get", path)), known_id=batch_id)

        return await retried(once, self._sender.clock, self._patience)

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Ask for a batch's end; what is rendered already stays."""
        path = encode.route(self._sender.spec, "batch_cancel", batch_id)
        answer = await self._send("batch_cancel", Outgoing(path, "json"), paid=False)
        return self._batch(answer, known_id=batch_id)

    async def _send(self, name: str, outgoing: Outgoing, *, paid: bool) -> Answer:
        async def once() -> Answer:
            return self._good(await self._sender.post(name, outgoing, paid=paid), paid)

        if paid:
            return await retried(once, self._sender.clock, self._patience, after=PAID)
        return await retried(once, self._sender.clock, self._patience)

    def _good(self, answer: Answer, paid: bool = False) -> Answer:
        if not answer.ok:
            raise fault(answer, self._sender.asked(paid), self._sender.clock.now())
        return answer

    def _batch(self, answer: Answer, paid: bool = False, known_id: str | None = None) -> Batch:
        batch = read_batch(answer.body, known_id=known_id)
        if batch is None:
            raise unreadable(answer, self._sender.asked(paid))
        return batch
