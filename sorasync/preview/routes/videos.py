"""Create, extend, edit, get, list and delete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.faults.middleware import rule_for, rules_of
from sorasync.preview.fields import RequestFields, read_fields, save_upload
from sorasync.preview.job_view import Shown
from sorasync.preview.model import PreviewJob
from sorasync.preview.refusal import RefusedError, bad, missing
from sorasync.preview.request_parsing import Order
from sorasync.preview.server import Server

_LIMIT_MAX = 100
# Seconds between polls of a render that a caller waits for.
_LOOK_AGAIN = 0.05


class VideoRoutes:
    """Handlers over one server, in its dialect."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dialect = server.dialect

    async def create(self, request: Request) -> Response:
        """Start a render from a prompt."""
        async with self._fields(request, "create") as fields:
            checks = self._dialect.checks
            if self._dialect.derives_by_create and "video" in fields.values:
                kind = checks.extend if "seconds" in fields.values else checks.edit
                return await self._derive(request, kind(fields), fields)
            if (earlier := self._earlier(request)) is not None:
                return self._dialect.created(self._server.show(earlier, _base_url(request)))
            order = checks.create(self._with_kept_characters(fields))
            await self._server.find_characters(order.characters)
            self._server.check_capacity()
            image = await self._save(fields, "input_reference", "image")
            last = await self._save(fields, "last_frame", "image")
            with _dropping(image, last):
                job = self._server.intake.create(order, image, last)
            job = self._named(job, fields.values.get("own_id"))
            return await self._accept(request, job, fields)

    async def extend(self, request: Request) -> Response:
        """Continue a video."""
        async with self._fields(request, "extend") as fields:
            return await self._derive(request, self._dialect.checks.extend(fields), fields)

    async def edit(self, request: Request) -> Response:
        """Change a video that the body names or holds."""
        async with self._fields(request, "edit") as fields:
            return await self._derive(request, self._dialect.checks.edit(fields), fields)

    async def edit_nested(self, request: Request) -> Response:
        """Change the video that the path names; the older remix does the same."""
        async with self._fields(request, "edit") as fields:
            order = self._dialect.checks.edit(fields, request.path_params["id"])
            return await self._derive(request, order, fields)

    async def get(self, request: Request) -> Response:
        """One job. A poll of a stuck one counts."""
        asked = await self._dialect.asked_for(request)
        job = self._server.jobs.get(self._dialect.id_in(asked))
        if job is None:
            return self._dialect.absent(asked)
        shown = self._server.show(job, _base_url(request))
        if shown.done and self._dialect.answer_holds_file:
            path = self._server.places.make_tiny(job)
            shown = replace(shown, video=await asyncio.to_thread(path.read_bytes))
        answer = self._dialect.fetched(shown)
        if job.stuck > 0:
            self._server.jobs.poll_stuck(job.id)
        return self._hint(answer, job)

    async def queue(self, request: Request) -> Response:
        """The jobs that have not ended, for families that ask for them apart."""
        active = [self._server.show(job, _base_url(request)) for job in self._server.jobs.active()]
        return self._dialect.queued([shown for shown in active if shown.status in ("queued", "in_progress")])

    async def result(self, request: Request) -> Response:
        """Where the file of a job is, for families that ask for it apart."""
        return self._dialect.result(self._server.show(self._find(request), _base_url(request)))

    async def list(self, request: Request) -> Response:
        """A page of the jobs."""
        limit = self._limit(request.query_params.get("limit"))
        order = request.query_params.get("order", "desc") if self._dialect.cursors else "desc"
        if order not in ("asc", "desc"):
            raise bad(f"Invalid value '{order}' for 'order'.", "order", "invalid_value")
        after = request.query_params.get("after") if self._dialect.cursors else None
        rule = rule_for(request, "list_lag")
        lag = max(self._server.settings.list_lag, rule.seconds if rule else 0.0)
        until = self._server.now() - lag if lag else float("inf")
        offset = int(request.query_params.get("offset", "0")) if self._dialect.offsets else 0
        page = self._server.jobs.page(
            limit=offset + limit + 1,
            ascending=order == "asc",
            after=self._dialect.id_in(after) if after else None,
            created_until=until,
        )
        base = _base_url(request)
        shown = [self._server.show(job, base) for job in (page or [])[offset:]]
        return JSONResponse(self._dialect.listing(shown[:limit], more=len(shown) > limit))

    async def delete(self, request: Request) -> Response:
        """Remove a video from the server."""
        job = self._find(request)
        shown = self._server.show(job, _base_url(request))
        if (refusal := self._dialect.kept(shown)) is not None:
            raise refusal
        self._server.remove(job)
        return JSONResponse(self._dialect.deleted(shown))

    async def cancel(self, request: Request) -> Response:
        """End a job, at hosts that do that."""
        dialect = self._dialect
        asked = await dialect.to_cancel(request)
        job = self._server.jobs.get(dialect.id_in(asked))
        if job is None:
            return dialect.absent(asked)
        shown = self._server.show(job, _base_url(request))
        if (refusal := dialect.not_cancelled(shown)) is not None:
            raise refusal
        queued = shown.status == "queued"
        bills = dialect.cancel_bills
        self._server.cancel(job, billed=bills == "always" or (bills == "begun" and not queued))
        if dialect.cancel_forgets == "all" or (dialect.cancel_forgets == "queued" and queued):
            self._server.remove(job)
        return dialect.cancelled(replace(shown, status="cancelled"))

    @asynccontextmanager
    async def _fields(self, request: Request, route: str) -> AsyncIterator[RequestFields]:
        """The body in the reference's words. Its uploads are dropped at the end, also those of a refusal."""
        read = await read_fields(request)
        read.path = dict(request.path_params)
        try:
            yield self._dialect.understand(read, route)
        finally:
            await read.close()

    async def _derive(self, request: Request, order: Order, fields: RequestFields) -> Response:
        self._server.check_capacity()
        upload = await self._save(fields, "video", "source")
        source = self._dialect.id_in(order.source) if order.source else None
        resolved = Order(
            order.kind, order.prompt, order.model, seconds=order.seconds, source=source, label=order.label
        )
        with _dropping(upload):
            job = self._server.intake.derive(resolved, upload, strict=self._dialect.checks.strict)
        return await self._accept(request, job, fields)

    async def _accept(self, request: Request, job: PreviewJob, fields: RequestFields) -> Response:
        rules = rules_of(request)
        key = request.headers.get("idempotency-key")
        accepted = self._server.accept(job, rules, key)
        again = rule_for(request, "duplicate")
        for _ in range(again.times - 1 if again else 0):
            self._server.accept(self._server.again(job), rules, key)
        if self._dialect.synchronous:
            return await self._finished(request, accepted, fields)
        shown = Shown(accepted, "queued", 0, _base_url(request))
        return self._hint(self._dialect.created(shown), accepted)

    async def _finished(self, request: Request, job: PreviewJob, fields: RequestFields) -> Response:
        """The answer once the job has ended; whoever has gone meanwhile gets none."""
        while (shown := self._server.show(job, _base_url(request))).status in ("queued", "in_progress"):
            if await request.is_disconnected():
                return Response(status_code=499)
            if job.stuck > 0:
                self._server.jobs.poll_stuck(job.id)
            await self._server.settings.clock.sleep(_LOOK_AGAIN)
            self._server.wake()
            job = self._server.jobs.get(job.id) or job
        wanted = shown.done and fields.values.get("response_format") == "b64_json"
        path = self._server.places.make_tiny(job) if wanted else None
        return self._dialect.finished(shown, await asyncio.to_thread(path.read_bytes) if path else None)

    def _earlier(self, request: Request) -> PreviewJob | None:
        """The job that an earlier create with the same key made. Raises `RefusedError`."""
        key = request.headers.get("idempotency-key")
        if key is None or self._dialect.repeated_key == "ignored":
            return None
        made = self._server.ledger.job_of_key(key)
        if made is not None and self._dialect.repeated_key == "refused":
            raise RefusedError(422, "This Idempotency-Key was used before.", code="idempotency_key_reuse")
        return None if made is None else self._server.jobs.get(made)

    def _named(self, job: PreviewJob, own_id: object) -> PreviewJob:
        """The job under the id that its client chose; another job with that id keeps it."""
        taken = not isinstance(own_id, str) or self._server.jobs.get(own_id) is not None
        return job if taken else replace(job, id=str(own_id))

    def _hint(self, answer: Response, job: PreviewJob) -> Response:
        if self._dialect.poll_hint and job.state == "active":
            answer.headers["openai-poll-after-ms"] = str(self._server.settings.hint_ms)
        return answer

    def _find(self, request: Request) -> PreviewJob:
        asked = request.path_params["id"]
        job = self._server.jobs.get(self._dialect.id_in(asked))
        if job is None:
            raise missing("Video", asked)
        return job

    def _limit(self, text: str | None) -> int:
        if text is None:
            return self._dialect.list_default
        if not text.isdecimal() or not self._dialect.list_least <= int(text) <= _LIMIT_MAX:
            status = 400 if self._dialect.list_least == 0 else 422
            raise RefusedError(
                status, f"Invalid value '{text}' for 'limit'.", param="limit", code="invalid_value"
            )
        return int(text)

    def _with_kept_characters(self, fields: RequestFields) -> RequestFields:
        items = fields.values.get("characters")
        if isinstance(items, list):
            for item in items:
                if isinstance(item, dict) and isinstance(item.get("id"), str):
                    item["id"] = self._dialect.character_in(item["id"])
        return fields

    async def _save(self, fields: RequestFields, name: str, prefix: str) -> Path | None:
        upload = fields.files.get(name)
        if upload is None:
            return None
        path = self._server.new_upload(prefix)
        await save_upload(upload, path)
        return path


@contextmanager
def _dropping(*uploads: Path | None) -> Iterator[None]:
    """Delete the uploads of a request that is refused."""
    try:
        yield
    except RefusedError:
        for upload in uploads:
            if upload is not None:
                upload.unlink()
        raise


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")
