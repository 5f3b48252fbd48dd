"""The files and batches routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import IO

from sorasync.provider import encode
from sorasync.provider.batch import (
    Batch,
    BatchResult,
    batch_line,
    read_batch,
    read_batch_line,
    read_batch_page,
)
from sorasync.provider.classify import fault, unreadable
from sorasync.provider.download import Downloader, Opened
from sorasync.provider.errors import BadDownload, ListCut, NotFound, NotSent, NotSupported, RateLimited
from sorasync.provider.http_request import Outgoing
from sorasync.provider.http_response import HttpResponse, refused_with
from sorasync.provider.listing import ListOrder, PageCount
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.read import job_id
from sorasync.provider.retry import FREE, PAID, Patience, retried
from sorasync.provider.sender import Sender
from sorasync.provider.wire import CreateRequest

_PAGE = 100
# Longest line of a result file, in bytes.
_LONGEST_LINE = 4 << 20


class Batches:
    """The files and batches routes of one host."""

    def __init__(self, sender: Sender, downloads: Downloader, patience: Patience) -> None:
        self._sender = sender
        self._downloads = downloads
        self._patience = patience

    async def upload_file(self, purpose: str, source: Path | bytes | IO[bytes]) -> str:
        """Upload a file (`batch`, `vision` or `user_data`); its id. Free, so it may be sent again."""
        path = encode.route(self._sender.host, "file_create")
        outgoing = Outgoing(path, "multipart", {"purpose": purpose}, {"file": source})
        answer = await self._send("file_create", outgoing)
        found = job_id(answer.body)
        if found is None:
            raise unreadable(answer, self._sender.asked())
        return found

    def file_content(self, file_id: str) -> AbstractAsyncContextManager[Opened]:
        """Open a file's bytes."""
        return self._downloads.path("file_content", encode.route(self._sender.host, "file_content", file_id))

    async def create_batch(
        self, input_file_id: str, metadata: Mapping[str, str] | None = None, gate: PaymentGate | None = None
    ) -> Batch:
        """Queue the requests of an uploaded JSONL file. Paid, as all its lines are."""
        fields: dict[str, object] = {
            "input_file_id": input_file_id,
            "endpoint": "/v1/videos",
            "completion_window": "24h",
        }
        if metadata:
            fields["metadata"] = dict(metadata)
        outgoing = Outgoing(encode.route(self._sender.host, "batch_create"), "json", fields)
        return self._batch(await self._send("batch_create", outgoing, gate or PaymentGate()), paid=True)

    async def batch(self, batch_id: str) -> Batch:
        """One batch. Raises `NotFound`."""
        path = encode.route(self._sender.host, "batch_get", batch_id)

        async def once() -> Batch:
            return self._batch(self._good(await self._sender.get("batch_get", path)), known_id=batch_id)

        return await retried(once, self._sender.clock, self._patience)

    def line(self, custom_id: str, request: CreateRequest, image_id: str | None = None) -> bytes:
        """A request as a line of an input file, line break included."""
        return batch_line(self._sender.host, custom_id, request, image_id)

    async def recent(self, since: float) -> AsyncIterator[Batch]:
        """The batches made after a Unix time, newest first, a page at a time.

        Batches without a time count as new. Raises `NotSupported` where there is no list, and `ListCut` where
        it ends although there is more.
        """
        seen: set[str] = set()
        after: str | None = None
        order, count, unreadable = ListOrder(), PageCount(self._sender.clock), 0
        while True:
            count.turn()
            page, after_this, unread = await self._page(after)
            unreadable += unread
            fresh = [batch for batch in page if batch.id not in seen]
            seen.update(batch.id for batch in fresh)
            young = [batch for batch in fresh if batch.created_at is None or batch.created_at >= since]
            for batch in young:
                yield batch
            order.add(batch.created_at for batch in fresh)
            if after_this is None or (fresh and not young and order.newest_first):
                if unreadable:
                    raise ListCut(f"{self._sender.host.name} lists batches that cannot be read")
                return
            if after_this == after or not fresh:
                raise ListCut(f"{self._sender.host.name} did not show its whole list of batches")
            after = after_this

    async def _page(self, after: str | None) -> tuple[list[Batch], str | None, int]:
        path = encode.route(self._sender.host, "batch_list")
        query = {"limit": str(_PAGE)} | ({"after": after} if after else {})

        async def once() -> tuple[list[Batch], str | None, int]:
            answer = self._good(await self._sender.get("batch_list", path, query))
            page = read_batch_page(answer.body)
            if page is None:
                raise unreadable(answer, self._sender.asked())
            batches, following, unread = page
            return [self._sender.host_time.ours(batch) for batch in batches], following, unread

        try:
            return await retried(once, self._sender.clock, self._patience)
        except NotFound as missing:
            raise NotSupported(f"{self._sender.host.name} lists no batches", status=missing.status) from None

    async def results(self, batch: Batch) -> AsyncIterator[BatchResult]:
        """The lines of the output and error files, in any order; one that names no request has no id ("")."""
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                async for line in self._lines(file_id):
                    found = read_batch_line(line)
                    if found is not None and found.job is not None:
                        found = replace(found, job=self._sender.host_time.ours(found.job))
                    if found is not None or line.strip():
                        yield found or BatchResult("", None, None)

    async def _lines(self, file_id: str) -> AsyncIterator[bytes]:
        rest = b""
        async with self.file_content(file_id) as content:
            async for chunk in content.chunks():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line
                if len(rest) > _LONGEST_LINE:
                    raise BadDownload(f"a line of the result file is longer than {_LONGEST_LINE} bytes")
        if rest:
            yield rest

    async def _send(self, name: str, outgoing: Outgoing, gate: PaymentGate | None = None) -> HttpResponse:
        """The answer to a request, which is paid if there is a gate."""
        paid = gate is not None

        async def once() -> HttpResponse:
            try:
                return self._good(await self._sender.post(name, outgoing, gate), paid)
            except (RateLimited, NotSent):
                if gate is not None:
                    gate.refused()
                raise

        after = PAID if paid else FREE
        return await retried(once, self._sender.clock, self._patience, after=after, gate=gate)

    def _good(self, answer: HttpResponse, paid: bool = False) -> HttpResponse:
        if refused_with(answer) is not None:
            raise fault(answer, self._sender.asked(paid), self._sender.clock.now())
        return answer

    def _batch(self, answer: HttpResponse, paid: bool = False, known_id: str | None = None) -> Batch:
        batch = read_batch(answer.body, known_id=known_id)
        if batch is None:
            raise unreadable(answer, self._sender.asked(paid))
        return self._sender.host_time.ours(batch)
