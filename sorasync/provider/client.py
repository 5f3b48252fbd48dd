"""The Videos API client: the `Provider` that speaks HTTP."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx

from sorasync.clock import Clock, SystemClock
from sorasync.provider import encode
from sorasync.provider.base import Download
from sorasync.provider.batch_client import Batches
from sorasync.provider.classify import fault, not_the_api, unreadable
from sorasync.provider.download import Downloader
from sorasync.provider.edits import EditRoutes
from sorasync.provider.errors import (
    InvalidRequest,
    NotFound,
    NotReady,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
)
from sorasync.provider.gateway_bill import with_bill
from sorasync.provider.gateway_ids import completed
from sorasync.provider.http_request import Outgoing
from sorasync.provider.http_response import HttpResponse, refused_with
from sorasync.provider.kept_answers import KeptAnswers, id_of, is_own_id, kept_as
from sorasync.provider.limits import Limiters
from sorasync.provider.links import LinkPolicy
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.read import holds_video, is_job, job_id, pending, read_job, read_page
from sorasync.provider.retry import KEYED, PAID, Patience, retried
from sorasync.provider.retry_after import poll_after
from sorasync.provider.sender import Sender
from sorasync.provider.spec import HostSpec
from sorasync.provider.transport import opened
from sorasync.provider.values import table
from sorasync.provider.wire import (
    CreateRequest,
    EditRequest,
    ExtendRequest,
    Job,
    JobStatus,
    Page,
    Source,
    Variant,
)

_PAGES_PROVE = 3
"""Web pages in a row that a gateway's bad moment does not explain."""


class VideosClient:
    """One host, spoken to over one pool of connections; see `sorasync.provider.base.Provider`.

    `transport` replaces the network (an app inside this process, a test's own). `limits` paces paid
    requests per model and learns from refusals. `requests` counts what was sent, by route name. `answers` is
    where those are kept that the host could not be asked for again.
    """

    def __init__(
        self,
        spec: HostSpec,
        *,
        api_key: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        limits: Limiters | None = None,
        patience: Patience | None = None,
        answers: KeptAnswers | None = None,
    ) -> None:
        self.spec = spec
        self.name = spec.provider_name
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        self.limits = limits or Limiters(self._clock, spec.creates_per_minute, spec.in_flight)
        links = LinkPolicy(spec.base_url, spec.download_hosts)
        self._answers = answers
        self._sender = Sender(
            spec, api_key, self._clock, transport or opened(links.judge), answers=self._answers
        )
        self._downloads = Downloader(self._sender, links, self._patience, self.get)
        self._edits = EditRoutes(spec)
        self.batches = Batches(self._sender, self._downloads, self._patience)

    def __repr__(self) -> str:
        return f"VideosClient({self.name})"

    @property
    def sender(self) -> Sender:
        """What sends the requests, for questions about the host itself."""
        return self._sender

    @property
    def clock(self) -> Clock:
        """The clock that everything here goes by."""
        return self._clock

    @property
    def requests(self) -> Counter[str]:
        """How many requests were sent, by route name."""
        return self._sender.requests

    async def create(self, request: CreateRequest, gate: PaymentGate | None = None) -> Job:
        """Start a render. Paid."""
        image_id = None
        if request.image is not None and self.spec.image_by == ("file_id",):
            image_id = await self.batches.upload_file("vision", request.image)
        try:
            outgoing = encode.create(self.spec, request, image_id)
            return await self._paid("create", outgoing, request.model, gate, request.idempotency_key)
        except NotFound as missing:
            if missing.status == 410:
                raise InvalidRequest(missing.message, status=410, code=missing.code) from None
            raise self._no_route("create", missing) from None

    async def extend(self, request: ExtendRequest, gate: PaymentGate | None = None) -> Job:
        """Continue a video. Paid."""
        outgoing = encode.extend(self.spec, request, await self._source_url(request.source))
        try:
            job = await self._paid("extend", outgoing, request.source.model, gate, request.idempotency_key)
            return replace(job, id=completed(job.id, request.source.remote_id))
        except NotFound as missing:
            if self._may_upload(request.source):
                return await self.extend(replace(request, source=_as_file(request.source)), gate)
            raise await self._missing("extend", request.source, missing) from None

    async def edit(self, request: EditRequest, gate: PaymentGate | None = None) -> Job:
        """Change a video. Paid. The form of the route is found out once and remembered.

        A form that answers 404 or 405 has accepted nothing, so the next one may be tried.
        """
        url = await self._source_url(request.source)
        missing: ProviderError | None = None
        for template in self._edits.to_try(request.source):
            outgoing = encode.edit(self.spec, request, template, url)
            try:
                job = await self._paid("edit", outgoing, request.source.model, gate, request.idempotency_key)
            except (NotFound, NotSupported) as error:
                missing = _tell(missing, error)
                continue
            self._edits.answered(template)
            return replace(job, id=completed(job.id, request.source.remote_id))
        if isinstance(missing, NotFound) and self._may_upload(request.source):
            return await self.edit(replace(request, source=_as_file(request.source)), gate)
        raise await self._missing("edit", request.source, missing, self._edits.known) from None

    async def upload_character(self, name: str, video: Path, gate: PaymentGate | None = None) -> str:
        """Upload a reference clip; the character's id."""
        path = encode.route(self.spec, "character_create")
        outgoing = Outgoing(path, "multipart", {"name": name}, {"video": video})
        try:
            answer = await self._accepted("character_create", outgoing, None, gate)
        except NotFound as missing:
            raise self._no_route("character", missing) from None
        found = job_id(answer.body)
        if found is None:
            raise unreadable(answer, self._sender.asked(paid=True))
        return found

    async def character_exists(self, character_id: str) -> bool:
        """Whether the provider still holds the character."""
        path = encode.route(self.spec, "character_get", character_id)
        try:
            await self._free(lambda: self._sender.get("character_get", path))
        except NotFound:
            return False
        return True

    async def get(self, job_id: str) -> Job:
        """One job. Raises `NotFound`. What the host does not know may have been kept by this machine."""
        if not self.spec.keeps_jobs or is_own_id(job_id):
            return self._kept(job_id)
        path = encode.route(self.spec, "get", job_id)

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
        path = encode.route(self.spec, "list")
        query = {"limit": str(limit), "order": "desc"} | ({"after": after} if after else {})

        async def once() -> Page:
            answer = self._good(await self._sender.get("list", path, query))
            spec = self.spec
            page = read_page(answer.body, limit, body_urls=spec.body_urls, paging=spec.list_paging)
            if page is None:
                raise unreadable(answer, self._sender.asked())
            jobs = tuple(map(self._sender.host_time.ours, page.jobs))
            return replace(page, jobs=jobs, poll_after=poll_after(answer.headers, self._clock.now()))

        try:
            return await retried(once, self._clock, self._patience)
        except NotFound as missing:
            raise self._no_route("list", missing) from None

    async def delete(self, job_id: str) -> bool:
        """Remove a video from the provider's storage; False if it was gone already."""
        path = encode.route(self.spec, "delete", job_id)
        try:
            await self._free(lambda: self._sender.delete("delete", path))
        except NotFound:
            return False
        return True

    def download(
        self, job: Job, variant: Variant = Variant.VIDEO, offset: int = 0
    ) -> AbstractAsyncContextManager[Download]:
        """Open a file of a completed job. Raises `NotReady`, `NotFound` (gone), `BadDownload`."""
        return self._downloads.open(job, variant, offset)

    def slot(self, model: str | None, *, taken: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold one of the host's places for renders in flight; `taken`: the render is in flight already."""
        limiter = self.limits.of(model)
        return limiter.occupied() if taken else limiter.slot()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._sender.aclose()

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
            if job is not None and job.id == job_id:
                return replace(job, status=JobStatus.COMPLETED) if job.urls else job
        raise missing or NotFound(f"{self.spec.name} keeps no job {job_id} to ask for")

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
        answer = await self._accepted(name, outgoing, model, gate, None if self._answers is None else kept)
        return with_bill(self._answered(answer, kept), answer.headers)

    def _answered(self, answer: HttpResponse, name: str) -> Job:
        """The job in the answer to a paid request. One that is the video need not have an id."""
        if answer.ok and job_id(answer.body) is None and holds_video(answer.body):
            found = read_job({"id": id_of(name), "status": "completed"} | dict(table(answer.body)))
            if found is not None and found.urls:
                return replace(found, files=answer.files)
        return self._job(answer, paid=True)

    async def _accepted(
        self,
        name: str,
        outgoing: Outgoing,
        model: str | None,
        gate: PaymentGate | None,
        keep_as: str | None = None,
    ) -> HttpResponse:
        """The answer to a paid request, sent again only where nothing can have been accepted.

        What is sent again by its key leaves the outcome open whatever refuses it later: a refusal of the
        second request says nothing of the first, which the host may still be at work on.
        """
        gate = gate or PaymentGate()
        limiter = self.limits.of(model)
        keyed = self.spec.idempotency and bool(outgoing.headers)
        lost: OutcomeUnknown | None = None

        async def once() -> HttpResponse:
            nonlocal lost
            await limiter.turn(gate)
            try:
                answer = await self._sender.post(name, outgoing, gate, keep_as)
                if answer.is_page and await self._only_pages(name, answer):
                    raise not_the_api(answer, self._sender.asked(paid=True))
                accepted = answer if is_job(answer.body) else self._good(answer, paid=True)
            except (RateLimited, NotSent) as refused:
                if isinstance(refused, RateLimited):
                    limiter.throttled(refused.retry_after)
                if lost is None:
                    gate.refused()
                raise
            except OutcomeUnknown as error:
                lost = error
                raise
            limiter.succeeded()
            return accepted

        try:
            return await retried(once, self._clock, self._patience, after=KEYED if keyed else PAID, gate=gate)
        except ProviderError as error:
            raise (error if lost is None else lost) from None

    async def _only_pages(self, name: str, answer: HttpResponse) -> bool:
        """Whether a web page in answer to a paid request means that no API is there at all.

        A success may have been accepted by an API, with a page put in the place of its answer: only where
        questions that cost nothing are answered so too, it was not.
        """
        if not answer.ok:
            # Without a step's route there may be an API; without that of a create there is none.
            return name == "create" and answer.status in (404, 405)
        for _ in range(_PAGES_PROVE):
            try:
                other = await self._sender.get(*encode.free_question(self.spec))
            except ProviderError:
                return False
            if not other.is_page:
                return False
        return True

    async def _free(self, send: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse:
        async def once() -> HttpResponse:
            return self._good(await send())

        return await retried(once, self._clock, self._patience)

    def _good(self, answer: HttpResponse, paid: bool = False) -> HttpResponse:
        """The answer if it is a success, its error raised otherwise."""
        if refused_with(answer) is not None:
            raise fault(answer, self._sender.asked(paid), self._clock.now())
        return answer

    def _job(self, answer: HttpResponse, *, paid: bool, known_id: str | None = None) -> Job:
        """The job in an answer, whatever its status: some servers answer failed jobs as errors."""
        wait = poll_after(answer.headers, self._clock.now())
        if not is_job(answer.body, asked_for=answer.ok and known_id is not None):
            self._good(answer, paid)
        job = read_job(answer.body, known_id=known_id, poll_after=wait, body_urls=self.spec.body_urls)
        if job is not None:
            job = replace(job, files=answer.files) if answer.files else job
            job = self._sender.host_time.ours(job)
            silent = paid and job.status is JobStatus.UNKNOWN and "status" not in job.raw
            return replace(job, status=self._unsaid(job)) if silent else job
        if known_id is not None and answer.status == 202:
            return pending(known_id, wait)
        raise unreadable(answer, self._sender.asked(paid))

    def _unsaid(self, job: Job) -> JobStatus:
        """The status of an accepted job that says none. A host that keeps no jobs answers with the video."""
        return JobStatus.COMPLETED if job.urls and not self.spec.keeps_jobs else JobStatus.QUEUED

    async def _source_url(self, source: Source) -> str | None:
        """The address of a source's file, for hosts that want sources named so."""
        if not encode.needs_source_url(self.spec, source) or source.remote_id is None:
            return None
        job = await self.get(source.remote_id)
        if not job.urls:
            raise NotReady(f"{self.spec.name} names no file of {source.remote_id}")
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
        """Whether a source that the host no longer holds can be sent as a file instead."""
        here = source.remote_id is not None and source.file is not None and source.model is not None
        return here and self.spec.upload_as_source

    def _no_route(self, what: str, missing: ProviderError | None) -> NotSupported:
        status = missing.status if missing else None
        said = f" ({missing.message})" if missing else ""
        hint = f"is {self.spec.base_url} the right address, and the profile the right one?"
        return NotSupported(f"{self.spec.name} has no {what} route{said}", status=status, hint=hint)


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
