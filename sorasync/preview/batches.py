"""Batches in the background: lines become jobs, and when all have ended the result files are written.

A batch that another process was reading is read on after that process died; lines that are jobs already
are skipped, so none is made twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from sorasync.preview import limits
from sorasync.preview.batch_results import write_results
from sorasync.preview.faults.fault_answers import refusal_of
from sorasync.preview.faults.job import afflict
from sorasync.preview.fields import RequestFields
from sorasync.preview.model import StoredBatch
from sorasync.preview.refusal import RefusedError
from sorasync.preview.request_parsing import character_ids

if TYPE_CHECKING:
    from sorasync.preview.server import Server

_AT_ONCE = 500
_ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of an input file that is right as far as the batch goes."""

    number: int
    custom_id: str
    body: dict[str, Any]


class LineError(ValueError):
    """A line that makes the whole batch fail. `line` counts from 1."""

    def __init__(self, line: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.as_json = {"code": code, "line": line, "message": message, "param": param}


class BatchRunner:
    """Works through batches, one chunk of lines at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._task: asyncio.Task[None] | None = None

    def kick(self) -> None:
        """Start reading a batch that nobody reads."""
        loop = asyncio.get_running_loop()
        if self._task is not None and not self._task.done() and self._task.get_loop() is loop:
            return
        for batch in self._server.shelf.open_batches():
            if batch.status == "validating" and self._is_free(batch):
                self._server.shelf.own_batch(batch.id, self._server.owner.name)
                self._task = asyncio.create_task(self._read(batch))
                return

    def settle(self) -> None:
        """End every batch whose jobs have all ended, whose time is over, or that was cancelled."""
        for batch in self._server.shelf.open_batches():
            if batch.status != "validating":
                self._settle(batch)

    async def aclose(self) -> None:
        """Stop reading; the next process goes on."""
        if self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _is_free(self, batch: StoredBatch) -> bool:
        owner = self._server.owner
        return batch.owner is None or batch.owner == owner.name or not owner.is_alive(batch.owner)

    async def _read(self, batch: StoredBatch) -> None:
        shelf, now = self._server.shelf, int(self._server.now())
        file = shelf.file(batch.input_file)
        path = file.path if file else ""
        try:
            total = await self._count(path)
        except LineError as error:
            errors = {"object": "list", "data": [error.as_json]}
            shelf.change_batch(batch, "failed", failed_at=now, errors=errors)
            return
        await self._make_jobs(batch, path, total)
        with self._server.database.write():
            current = shelf.batch(batch.id)
            if current is not None and current.status == "validating":
                shelf.change_batch(current, "in_progress", in_progress_at=now, total=total)
        self._server.wake()

    async def _count(self, path: str) -> int:
        """The number of lines, all of them right. Raises `LineError`."""
        total = 0
        lines = self._lines(path)
        while chunk := list(islice(lines, _AT_ONCE)):
            total += len(chunk)
            await asyncio.sleep(0)
        if total == 0:
            raise LineError(1, "empty_file", "The input file contains no requests.")
        return total

    async def _make_jobs(self, batch: StoredBatch, path: str, total: int) -> None:
        part = batch.doc.get("stop_part")
        stop_after = int(total * part) if isinstance(part, float) else total
        lines = self._lines(path)
        while chunk := list(islice(lines, _AT_ONCE)):
            for line in chunk:
                await self._server.find_characters(filter(None, character_ids(line.body.get("characters"))))
            with self._server.database.write():
                current = self._server.shelf.batch(batch.id)
                if current is None or current.status != "validating":
                    return
                for line in chunk:
                    self._make_job(batch, line, halted=line.number > stop_after)
            await asyncio.sleep(0)

    def _make_job(self, batch: StoredBatch, line: BatchLine, *, halted: bool) -> None:
        server = self._server
        prompt = str(line.body.get("prompt", ""))
        rules = server.faults.fire("create", lambda text: text in prompt) if server.faults.plan.rules else []
        try:
            for rule in rules:
                refusal = refusal_of(rule, server.now()) if rule.do == "moderated" else None
                if refusal is not None:
                    raise refusal
            job = server.intake.create(server.dialect.checks.create(RequestFields("json", line.body)))
        except RefusedError as refusal:
            body = {"error": {"message": refusal.message, "code": refusal.code, "param": refusal.param}}
            server.shelf.refuse_line(batch.id, line.custom_id, refusal.status, body)
            return
        life = server.settings.batch_expires_after
        job = replace(job, batch=batch.id, custom_id=line.custom_id, life=life)
        if halted:
            job = replace(job, stuck=-1)
        job, billed = afflict(job, rules)
        if server.jobs.add(job) and billed:
            server.ledger.bill(job)

    def _lines(self, path: str) -> Iterator[BatchLine]:
        seen: set[str] = set()
        if not path:
            return
        with self._server.places.inside(path).open(encoding="utf-8", errors="replace") as stream:
            for number, text in enumerate((text for text in stream if text.strip()), start=1):
                if number > limits.BATCH_LINES_MAX:
                    raise LineError(number, "too_many_tasks", "At most 50,000 requests a batch.")
                line = _parse_line(number, text)
                if line.custom_id in seen:
                    raise LineError(number, "duplicate_custom_id", f"'{line.custom_id}' is used twice.")
                seen.add(line.custom_id)
                yield line

    def _settle(self, batch: StoredBatch) -> None:
        server, now = self._server, self._server.now()
        halted = "stop_part" in batch.doc
        if batch.status == "cancelling":
            server.jobs.end_batch(batch.id, "cancelled", "batch_cancelled", "The batch was cancelled.")
            self._finish(batch, "cancelled", cancelled_at=int(now))
        elif not server.jobs.batch_goes_on(batch.id, halted=False):
            self._finish(batch, "completed", finalizing_at=int(now), completed_at=int(now))
        elif now >= batch.expires or not server.jobs.batch_goes_on(batch.id, halted=halted):
            message = "This request could not be executed before the completion window expired."
            server.jobs.end_batch(batch.id, "expired", "batch_expired", message)
            self._finish(batch, "expired", expired_at=int(now))

    def _finish(self, batch: StoredBatch, status: str, **times: int) -> None:
        server = self._server
        with server.database.write():
            current = server.shelf.batch(batch.id)
            if current is None or current.status != batch.status:
                return
            files = write_results(server, batch)
            server.shelf.change_batch(current, status, **times, **files)
        server.webhooks.tell(f"batch.{status}", batch.id, server.now())


def _parse_line(number: int, text: str) -> BatchLine:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise LineError(number, "invalid_json_line", f"Line {number} is not valid JSON.") from error
    if not isinstance(data, dict) or not isinstance(data.get("custom_id"), str):
        raise LineError(number, "missing_required_parameter", "Missing 'custom_id'.", "custom_id")
    if data.get("method") != "POST" or data.get("url") != "/v1/videos":
        raise LineError(number, "invalid_url", "Only POST /v1/videos is allowed in this batch.", "url")
    if not isinstance(data.get("body"), dict):
        raise LineError(number, "missing_required_parameter", "Missing 'body'.", "body")
    return BatchLine(number, data["custom_id"], data["body"])
