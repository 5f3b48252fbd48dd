"""The Videos API client: the `Provider` that speaks HTTP."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import httpx

from sorasync.provider import encode
from sorasync.provider.classify import unreadable
from sorasync.provider.edits import EditRoutes
from sorasync.provider.errors import (
    InvalidRequest,
    NotFound,
    NotReady,
    NotSupported,
    ProviderError,
)
from sorasync.provider.host_client import HostClient, refused_render
from sorasync.provider.http_request import Outgoing
from sorasync.provider.http_response import HttpResponse
from sorasync.provider.json_values import table
from sorasync.provider.kept_answers import id_of, is_own_id, kept_as
from sorasync.provider.litellm import complete_id, with_bill
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.read import holds_video, is_job, job_id, pending, read_job, read_page, read_still
from sorasync.provider.retry import retried
from sorasync.provider.retry_after import poll_after
from sorasync.provider.sender import Sender
from sorasync.provider.wire import (
    CreateRequest,
    EditRequest,
    ExtendRequest,
    Job,
    JobStatus,
    Page,
    Source,
    StillRequest,
)


class VideosClient(HostClient):
    """A host that speaks the Videos API or a variant of it."""

    @cached_property
    def _edits(self) -> EditRoutes:
        return EditRoutes(self.host)

    async def create(self, request: CreateRequest, gate: PaymentGate | None = None) -> Job:
        """Start a render. Paid."""
        image_id = None
        if request.image is not None and self.host.abilities.image_by == ("file_id",):
            image_id = await self.batches.upload_file("vision", request.image)
        try:
            outgoing = encode.create(self.host, request, image_id)
            return await self._paid("create", outgoing, request.model, gate, request.idempotency_key)
        except NotFound as missing:
            if missing.status == 410:
                refused = InvalidRequest(
                    missing.message, status=410, code=missing.code, quotes=missing.quotes
                )
                raise refused_render(refused) from None
            raise self._no_route("create", missing) from None

    async def extend(self, request: ExtendRequest, gate: PaymentGate | None = None) -> Job:
        """Continue a video. Paid."""
        outgoing = encode.extend(self.host, request, await self._source_url(request.source))
        try:
            job = await self._paid("extend", outgoing, request.source.model, gate, request.idempotency_key)
            return replace(job, id=complete_id(job.id, request.source.remote_id))
        except NotFound as missing:
            if self._may_upload(request.source):
                return await self.extend(replace(request, source=_as_file(request.source)), gate)
            raise await self._missing("extend", request.source, missing) from None

    async def edit(self, request: EditRequest, gate: PaymentGate | None = None) -> Job:
        """Change a video. Paid. The form of the route is detected once and remembered.

        A form that answers 404 or 405 has accepted nothing, so the next one may be tried.
        """
        url = await self._source_url(request.source)
        missing: ProviderError | None = None
        for template in self._edits.to_try(request.source):
            outgoing = encode.edit(self.host, request, template, url)
            try:
                job = await self._paid("edit", outgoing, request.source.model, gate, request.idempotency_key)
            except (NotFound, NotSupported) as error:
                missing = _tell(missing, error)
                continue
            self._edits.answered(template)
            return replace(job, id=complete_id(job.id, request.source.remote_id))
        if isinstance(missing, NotFound) and self._may_upload(request.source):
            return await self.edit(replace(request, source=_as_file(request.source)), gate)
        raise await self._missing("edit", request.source, missing, self._edits.known) from None

    async def still(self, request: StillRequest, gate: PaymentGate | None = None) -> Job:
        """Make a picture. Paid. The host answers when it is done, and keeps nothing to ask for."""
        outgoing, sender = encode.still(self.host, request), self._still_sender
        kept = kept_as(request.idempotency_key or uuid4().hex)
        keyed = self.host.abilities.idempotency and bool(outgoing.headers)
        keep_as = None if self._answers is None else kept
        try:
            answer = await self._accepted(
                "still", outgoing, request.model, gate, keep_as, keyed=keyed, sender=sender
            )
        except InvalidRequest as error:
            raise refused_render(error) from None
        except NotFound as missing:
            raise self._no_route("still", missing) from None
        job = read_still(answer.body, id_of(kept))
        if job is None:
            raise unreadable(answer, sender.asked(paid=True))
        return with_bill(replace(job, files=answer.files), answer.headers)

    @cached_property
    def _still_sender(self) -> Sender:
        """Sends requests for stills: their answers take long, and are durable before anything is done."""
        return self._sender.for_host(self.host.for_stills())

    async def upload_character(
        self, name: str, video: Path, gate: PaymentGate | None = None, *, model: str | None = None
    ) -> str:
        """Upload a reference clip; the character's id."""
        path = encode.route(self.host, "character_create")
        fields = {"name": name}
        if self.host.fields.character_model is not None and model is not None:
            fields[self.host.fields.character_model] = model
        outgoing = Outgoing(path, "multipart", fields, {"video": video})
        try:
            answer = await self._accepted("character_create", outgoing, None, gate)
        except NotFound as missing:
            raise self._no_route("character", missing) from None
        found = job_id(answer.body)
        if found is None:
            raise unreadable(answer, self._sender.asked(paid=True))
        return found

    async def character_exists(self, character_id: str) -> bool:
        """Whether the provider still has the character."""
        path = encode.route(self.host, "character_get", character_id)
        try:
            await self._free(lambda: self._sender.get("character_get", path))
        except NotFound:
            return False
        return True

    async def get(self, job_id: str) -> Job:
        """One job. Raises `NotFound`. A job unknown to the host may be in an answer kept on this machine."""
        if not self.host.keeps_jobs or is_own_id(job_id):
            return self._kept(job_id)
        path = encode.route(self.host, "get", job_id)

        async def once() -> Job:
            answer = await self._sender.get("get", path)
            return self._job(answer, paid=False, known_id=job_id)

        try:
            return await retried(once, self._clock, self._patience)
        except NotFound as missing:
            if missing.status is None:
                raise
            return self._kept(job_id, missing)

    async def page(self, after: str | None = None, limit: int = 100) -> Page:
        """One page of the jobs, newest first. Raises `NotSupported` where there is no list."""
        path = encode.route(self.host, "list")
        query = {"limit": str(limit), "order": "desc"} | ({"after": after} if after else {})

        async def once() -> Page:
            answer = self._good(await self._sender.get("list", path, query))
            page = self.page_in(answer, limit)
            if page is None:
                raise unreadable(answer, self._sender.asked())
            jobs = tuple(map(self._sender.host_time.ours, page.jobs))
            return replace(page, jobs=jobs, poll_after=poll_after(answer.headers, self._clock.now()))

        try:
            return await retried(once, self._clock, self._patience)
        except NotFound as missing:
            raise self._no_route("list", missing) from None

    def page_in(self, answer: HttpResponse, limit: int) -> Page | None:
        """The page of the list in an answer, None where there is none."""
        said = self.host.abilities
        return read_page(answer.body, limit, body_urls=said.body_urls, paging=said.list_paging)

    async def delete(self, job_id: str) -> bool:
        """Remove a video from the provider's storage; False if it was gone already."""
        path = encode.route(self.host, "delete", job_id)
        try:
            await self._free(lambda: self._sender.delete("delete", path))
        except NotFound:
            return False
        return True

    def recall(self, idempotency_key: str) -> Job | None:
        """The job in the answer to a paid request that an earlier run got, None where none is kept."""
        name = kept_as(idempotency_key)
        answer = None if self._answers is None else self._answers.read(name)
        return None if answer is None else self._read_kept(name, answer)

    def forget(self, idempotency_key: str) -> None:
        """Drop the answer to a paid request: its video is in place, or it has none."""
        if self._answers is not None:
            self._answers.drop(kept_as(idempotency_key))

    def _kept(self, job_id: str, missing: NotFound | None = None) -> Job:
        for name, answer in () if self._answers is None else self._answers.every():
            job = self._read_kept(name, answer)
            if job is not None and job_id in (job.id, id_of(name)):
                return replace(job, status=JobStatus.COMPLETED) if job.urls else job
        raise missing or NotFound(f"{self.host.name} keeps no job {job_id} to ask for")

    def _read_kept(self, name: str, answer: HttpResponse) -> Job | None:
        try:
            return self._answered(answer, name)
        except ProviderError:
            return None

    async def _paid(
        self,
        name: str,
        outgoing: Outgoing,
        model: str | None,
        gate: PaymentGate | None,
        idempotency_key: str | None,
    ) -> Job:
        """A paid request's job."""
        kept = kept_as(idempotency_key or uuid4().hex)
        keyed = self.host.abilities.idempotency and bool(outgoing.headers)
        keep_as = None if self._answers is None else kept
        try:
            answer = await self._accepted(name, outgoing, model, gate, keep_as, keyed=keyed)
        except InvalidRequest as error:
            raise refused_render(error) from None
        return with_bill(self._answered(answer, kept), answer.headers)

    def _answered(self, answer: HttpResponse, name: str) -> Job:
        """The job in the answer to a paid request. An answer with the video itself needs no id."""
        if answer.ok and job_id(answer.body) is None and holds_video(answer.body):
            found = read_job({"id": id_of(name), "status": "completed"} | dict(table(answer.body)))
            if found is not None and found.urls:
                return replace(found, files=answer.files)
        return self._job(answer, paid=True)

    def _made(self, answer: HttpResponse) -> bool:
        return is_job(answer.body)

    def _asked_again(self, job_id: str) -> httpx.Request:
        return self._sender.question("GET", encode.route(self.host, "get", job_id))

    def _job(self, answer: HttpResponse, *, paid: bool, known_id: str | None = None) -> Job:
        """The job in an answer, whatever its status: some servers answer failed jobs as errors."""
        wait = poll_after(answer.headers, self._clock.now())
        if not is_job(answer.body, asked_for=answer.ok and known_id is not None):
            self._good(answer, paid)
        body_urls = self.host.abilities.body_urls
        job = read_job(answer.body, known_id=known_id, poll_after=wait, body_urls=body_urls)
        if job is not None:
            job = replace(job, files=answer.files) if answer.files else job
            job = self._sender.host_time.ours(job)
            silent = paid and job.status is JobStatus.UNKNOWN and "status" not in job.raw
            return replace(job, status=self._unsaid(job)) if silent else job
        if known_id is not None and answer.status == 202:
            return pending(known_id, wait)
        raise unreadable(answer, self._sender.asked(paid))

    def _unsaid(self, job: Job) -> JobStatus:
        """The status of an accepted job without one. A host that keeps no jobs answers with the video."""
        return JobStatus.COMPLETED if job.urls and not self.host.keeps_jobs else JobStatus.QUEUED

    async def _source_url(self, source: Source) -> str | None:
        """The URL of a source's file, for hosts that want sources by URL."""
        if not encode.needs_source_url(self.host, source) or source.remote_id is None:
            return None
        job = await self.get(source.remote_id)
        if not job.urls:
            raise NotReady(f"{self.host.name} names no file of {source.remote_id}")
        return job.urls[0]

    async def _missing(
        self, what: str, source: Source, missing: ProviderError | None, route_known: bool = False
    ) -> ProviderError:
        """Whether a step's 404 means its source or its route, by the code or by asking for the source."""
        if not isinstance(missing, NotFound):
            return self._no_route(what, missing)
        if route_known or _names_an_id(missing):
            return missing
        if source.remote_id is not None:
            try:
                job = await self.get(source.remote_id)
            except NotFound as gone:
                return gone
            if job.status is not JobStatus.COMPLETED or (job.expires_at or math.inf) <= self._clock.now():
                return missing
        return self._no_route(what, missing)

    def _may_upload(self, source: Source) -> bool:
        """Whether a source that the host no longer has can be uploaded instead."""
        here = source.remote_id is not None and source.file is not None and source.model is not None
        return here and self.host.abilities.upload_as_source


def _names_an_id(missing: ProviderError) -> bool:
    """Whether a 404 says by its code that something is missing behind a route that exists."""
    return missing.code is not None and missing.code.endswith(("_not_found", "_not_exist"))


def _as_file(source: Source) -> Source:
    return replace(source, remote_id=None)


def _tell(before: ProviderError | None, now: ProviderError) -> ProviderError:
    """Of the refusals by several forms of a route, the one that says most."""
    if before is None or _names_an_id(now):
        return now
    return now if isinstance(before, NotSupported) and isinstance(now, NotFound) else before
