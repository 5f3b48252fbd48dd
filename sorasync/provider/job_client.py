"""The client for hosts of the job family: what is sent, asked and read is data of their profile."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import httpx

from sorasync.library_file import read_file
from sorasync.profile.job import ID_PART
from sorasync.profile.video_model import ANY
from sorasync.provider.classify import NO_CREDIT, fault, unreadable
from sorasync.provider.errors import (
    AlreadySent,
    InvalidRequest,
    ListCut,
    Moderated,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    QuotaExhausted,
)
from sorasync.provider.find_path import Answer
from sorasync.provider.host_client import HostClient, refused_render
from sorasync.provider.http_request import Outgoing, content_type
from sorasync.provider.http_response import HttpResponse, complaint, refused_with
from sorasync.provider.image_upload import upload_request, uploaded_value
from sorasync.provider.job_operation import BLOCKED, Operation
from sorasync.provider.job_paths import is_path, page_path, part_of, query_of
from sorasync.provider.job_reader import JobReader
from sorasync.provider.json_values import first, moment, table, text, word
from sorasync.provider.links import origin
from sorasync.provider.listing import jobs_since
from sorasync.provider.moderation import is_moderation
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.read import pending, usable_id
from sorasync.provider.redact import clean
from sorasync.provider.retry import retried
from sorasync.provider.retry_after import poll_after
from sorasync.provider.sender import Sender
from sorasync.provider.server_words import message_in
from sorasync.provider.wire import CreateRequest, Job, JobError, JobStatus, Page, StillRequest
from sorasync.provider.write_body import (
    FileValue,
    Unwritable,
    filled_workflow,
    merged_tree,
    values_in,
    write_body,
)

if TYPE_CHECKING:
    from sorasync.profile.job import CreateAnswer, Follow, JobProfile, Result

    # The parts of a profile that say where an answer complains: words for people, and the code that decides.
    Complaints = CreateAnswer | Follow | Result

_LARGEST_IMAGE = 256 << 20
_BRACED_PART = re.compile(rf"\{{{ID_PART.pattern}\}}")
_NO_VIDEO = JobError("no_video", "the job is done but names no video or picture", ours=True)


class JobClient(HostClient):
    """A host whose operations are data. A job's id may be a path: then it is the job's own address."""

    @cached_property
    def _job(self) -> JobProfile:
        assert self.host.job is not None
        return self.host.job

    @cached_property
    def _reader(self) -> JobReader:
        return JobReader(self._job, self.host.base_url)

    async def create(self, request: CreateRequest, gate: PaymentGate | None = None) -> Job:
        """Start a render. Paid."""
        uploaded = await self._uploaded(request)
        return await self._started("create", request, self._written(request, uploaded), gate)

    async def still(self, request: StillRequest, gate: PaymentGate | None = None) -> Job:
        """Start a picture. Paid."""
        uploaded = await self._uploaded(request)
        return await self._started("still", request, self._written_still(request, uploaded), gate)

    async def _started(
        self, name: str, request: CreateRequest | StillRequest, outgoing: Outgoing, gate: PaymentGate | None
    ) -> Job:
        """The job that a paid request made."""
        keyed = self.host.abilities.idempotency
        try:
            answer = await self._accepted(
                name, outgoing, request.model, gate, keyed=keyed, repeated=keyed and request.repeated
            )
        except InvalidRequest as error:
            raise refused_render(error) from None
        except NotFound as missing:
            raise self._no_route(name, missing) from None
        job_id = self._id_in(answer, request)
        if job_id is None:
            raise unreadable(answer, self._sender.asked(paid=True))
        if not self._usable(job_id):
            raise OutcomeUnknown(f"{self.host.name} names its job by a URL at another host")
        wait = poll_after(answer.headers, self._clock.now())
        charge = self._reader.charge(Answer(answer.body, answer.headers, job_id))
        least = self._job.get.least_seconds
        return replace(pending(job_id, least if wait is None else wait), cost_usd=charge)

    async def find(self, idempotency_key: str, sent: float | None = None) -> Job | None:
        """The job that was sent under our own id or label; None where the host knows of none."""
        if self._job.list is not None and self._job.list.label is not None:
            return await self._labelled(own_id(idempotency_key), sent)
        for form in self._job.id_paths:
            with contextlib.suppress(NotFound):
                return await self.get(form.replace("{id}", own_id(idempotency_key)))
        return None

    async def _labelled(self, label: str, sent: float | None) -> Job | None:
        """The job in the list that has our label, made since it was sent."""
        spec = self._job.list
        assert spec is not None and spec.label is not None
        cut: list[None] = []
        async for job in jobs_since(self, sent, cut=lambda: cut.append(None), clock=self._clock):
            if Answer(job.raw, {}).first((spec.label,), word) == label:
                return job
        if cut:
            raise ListCut(f"{self.host.name} did not show its whole list of jobs")
        return None

    async def get(self, job_id: str) -> Job:
        """One job. Raises `NotFound`. An id that is a path may be given as an address."""
        if self.host.jobs_are_paths:
            job_id = self._below_base(job_id) or job_id
        if not self._usable(job_id):
            raise NotFound(f"{self.host.name} has no job {clean(job_id, 80)}")

        async def once() -> Job:
            return await self._followed(job_id)

        return await retried(once, self._clock, self._patience)

    async def cancel(self, job_id: str, *, queued: bool) -> None:
        """Ask the host to cancel a job that is `queued` or rendering. Sent once."""
        spec = self._job.cancel
        if spec is None:
            raise NotSupported(f"{self.host.name} cannot cancel a job")
        if self.host.jobs_are_paths:
            job_id = self._below_base(job_id) or job_id
        if not self._usable(job_id):
            raise NotFound(f"{self.host.name} has no job {clean(job_id, 80)}")
        way = spec if queued or spec.running is None else spec.running
        question = self._question(Operation.of(way.request, way.body), job_id)
        self._good(await self._sender.ask("cancel", question))

    async def page(self, after: str | None = None, limit: int = 100) -> Page:
        """One page of the jobs, newest first. Raises `NotSupported` where there is no list."""
        spec = self._job.list
        if spec is None:
            raise NotSupported(f"{self.host.name} has no list route")
        operation = Operation.of(spec.request)
        offset = int(after) if after is not None and after.isdecimal() else 0
        path = page_path(operation.path, limit, offset)
        if after is not None and not after.isdecimal():
            path = "/" + (self._below_base(after) or "") + query_of(after)

        async def once() -> Page:
            question = self._sender.question(operation.method, path)
            answer = self._good(await self._sender.ask("list", question))
            page = self.page_in(answer, limit, offset)
            if page is None:
                raise unreadable(answer, self._sender.asked())
            return page

        return await retried(once, self._clock, self._patience)

    def _made(self, answer: HttpResponse) -> bool:
        return answer.status in self._job.create.ok and self._id_in(answer) is not None

    def _good(self, answer: HttpResponse, paid: bool = False, sender: Sender | None = None) -> HttpResponse:
        complaints = self._job.create.answer if paid else self._job.get
        return self._unless_refused(answer, complaints, paid)

    def _asked_again(self, job_id: str) -> httpx.Request:
        result, follow = self._job.result, self._job.get
        if result.request is not None:
            return self._question(Operation.of(result.request), job_id)
        return self._question(Operation.of(follow.request, follow.body), job_id)

    async def _uploaded(self, request: CreateRequest | StillRequest) -> object:
        """Upload a workflow's image; the value that names it in the workflow, None if there is no image."""
        images = request.images if isinstance(request, StillRequest) else (request.image,)
        spec, image = self._job.upload, images[0] if images else None
        if spec is None or image is None or request.workflow is None:
            return None
        outgoing = upload_request(spec, self._file(image))
        answer = await self._free(lambda: self._sender.post("upload", outgoing))
        value = uploaded_value(spec, answer)
        if value is None:
            raise unreadable(answer, self._sender.asked())
        return value

    def _written(self, request: CreateRequest, uploaded: object = None) -> Outgoing:
        """The paid request. Raises `InvalidRequest` or `NotSupported` for what there is no form for.

        `uploaded` is what the host calls the image of a workflow.
        """
        spec = self._job.create
        models, line, tree = self._job.models, spec.request, spec.body
        own = models.get(request.model) or models.get(ANY)
        tree = merged_tree(tree, own.body if own else {})
        if request.image is not None and spec.image is not None:
            line, tree = spec.image.request or line, merged_tree(tree, spec.image.body)
        used = values_in(tree)
        if request.image is not None and "image" not in used and uploaded is None:
            raise NotSupported(f"{self.host.name} takes no image in this kind of request")
        if request.characters:
            raise NotSupported(f"{self.host.name} has no characters")
        if request.workflow is not None and "workflow" not in used:
            raise NotSupported(f"{self.host.name} takes no workflow")
        if request.workflow is None and "workflow" in used:
            raise NotSupported(f"{self.host.name} renders workflows, and there is none")
        return self._paid_request(line, tree, self._values(request, used, uploaded), request)

    def _written_still(self, request: StillRequest, uploaded: object = None) -> Outgoing:
        """The paid request for a picture. Raises `InvalidRequest` or `NotSupported`."""
        spec = self._job.still
        edit = spec.edit if spec is not None else None
        if spec is None or (request.images and edit is None and uploaded is None):
            what = "makes no stills" if spec is None else "makes no still from images"
            raise NotSupported(f"{self.host.name} {what}")
        line, tree = spec.request or self._job.create.request, spec.body
        if request.images and edit is not None:
            line, tree = edit.request or line, merged_tree(tree, edit.body)
        used = values_in(tree)
        if len(request.images) > 1 and "images" not in used:
            raise NotSupported(f"{self.host.name} makes a still from one image at most")
        if (request.workflow is None) == ("workflow" in used):
            lacks = "takes no workflow" if request.workflow else "renders workflows, and there is none"
            raise NotSupported(f"{self.host.name} {lacks}")
        if request.workflow is not None:
            used |= {"seed", "negative"}
        params = dict(request.params)
        wide, _, high = request.size.partition("x")
        images = tuple(self._file(path) for path in request.images)
        values: dict[str, object] = {
            "prompt": request.prompt,
            "model": request.model,
            "size": request.size or None,
            "width": int(wide) if wide.isdecimal() else None,
            "height": int(high) if high.isdecimal() else None,
            "seed": params.pop("seed", None) if "seed" in used else None,
            "negative": params.pop("negative_prompt", None) if "negative" in used else None,
            "image": images[0] if images else None,
            "images": images or None,
            "own_id": own_id(request.idempotency_key) if request.idempotency_key else None,
            "label": own_id(request.idempotency_key) if request.idempotency_key else None,
            "params": params,
        }
        if request.workflow is not None:
            values["workflow"] = self._filled(request.workflow, values, uploaded)
        return self._paid_request(line, tree, values, request)

    def _filled(
        self, workflow: Mapping[str, object], values: Mapping[str, object], uploaded: object
    ) -> Mapping[str, object]:
        """The graph with its values. Raises `InvalidRequest`."""
        try:
            return filled_workflow(workflow, {**values, "image": uploaded})
        except Unwritable as error:
            raise InvalidRequest(f"{self.host.name} cannot be sent this: {error}") from None

    def _paid_request(
        self,
        line: str,
        tree: Mapping[str, object],
        values: Mapping[str, object],
        request: CreateRequest | StillRequest,
    ) -> Outgoing:
        spec = self._job.create
        try:
            body = write_body(tree, values, self._job.maps)
        except Unwritable as error:
            raise InvalidRequest(f"{self.host.name} cannot be sent this: {error}") from None
        files = {name: value.path for name, value in body.items() if isinstance(value, FileValue)}
        token = request.idempotency_key or ""
        operation = Operation.of(line)
        headers = dict(spec.headers) | ({spec.idempotency: token} if spec.idempotency and token else {})
        return Outgoing(
            self._path(operation.path, request.model, own=token),
            spec.encoding,
            {name: value for name, value in body.items() if name not in files},
            files,
            headers,
            operation.method,
        )

    def _values(self, request: CreateRequest, used: set[str], uploaded: object) -> Mapping[str, object]:
        params = dict(request.params)
        if request.workflow is not None:
            used = used | {"seed", "negative"}
        wide, _, high = request.size.partition("x")
        values: dict[str, object] = {
            "prompt": request.prompt,
            "model": request.model,
            "seconds": request.seconds,
            "size": request.size or None,
            "width": int(wide) if wide.isdecimal() else None,
            "height": int(high) if high.isdecimal() else None,
            "seed": params.pop("seed", None) if "seed" in used else None,
            "negative": params.pop("negative_prompt", None) if "negative" in used else None,
            "image": None if request.image is None or uploaded is not None else self._file(request.image),
            "own_id": own_id(request.idempotency_key) if request.idempotency_key else None,
            "label": own_id(request.idempotency_key) if request.idempotency_key else None,
            "params": params,
        }
        if request.workflow is not None:
            values["workflow"] = self._filled(request.workflow, values, uploaded)
        return values

    def _file(self, path: Path) -> FileValue:
        try:
            content = read_file(path, within=None, largest=_LARGEST_IMAGE)
        except OSError as error:
            raise InvalidRequest(f"cannot read {path}: {error.strerror}") from None
        return FileValue(path, content, content_type(path))

    def _path(self, template: str, model: str = "", job_id: str = "", own: str = "") -> str:
        """A path below the base URL. Models and ids that are paths keep their slashes."""
        if model and not is_path(model):
            raise InvalidRequest(f"{clean(model, 80)!r} cannot be the name of a model here")
        safe = "/" if self.host.jobs_are_paths else ""
        made = template.replace("{model}", quote(model, safe="/")).replace("{id}", quote(job_id, safe=safe))
        made = _BRACED_PART.sub(lambda found: quote(part_of(job_id, int(found[1])), safe=""), made)
        return made.replace("{own_id}", own_id(own) if own else "")

    def _question(self, operation: Operation, job_id: str) -> httpx.Request:
        fields = None
        if operation.body is not None:
            fields = write_body(operation.body, {"id": job_id}, self._job.maps)
        return self._sender.question(operation.method, self._path(operation.path, job_id=job_id), fields)

    def _id_in(self, answer: HttpResponse, request: CreateRequest | StillRequest | None = None) -> str | None:
        """The job's id; with the `request` that it answers, the path that it is followed by."""
        spec = self._job.create
        found = Answer(answer.body, answer.headers).first(spec.answer.id, word)
        if found is None or not self.host.jobs_are_paths:
            return found
        form = spec.answer.id_path
        match request:
            case CreateRequest(image=Path()) if spec.image is not None:
                form = spec.image.id_path or form
            case StillRequest(images=images) if self._job.still is not None:
                edit = self._job.still.edit if images else None
                form = (edit and edit.id_path) or self._job.still.id_path or form
        if form is not None and request is not None:
            # A plain id that holds a slash would lead to another place.
            return form.replace("{model}", request.model).replace("{id}", quote(found, safe=""))
        return self._below_base(found) or found

    def _below_base(self, said: str) -> str | None:
        """The path below the base URL that an address or a path leads to; None for any other place."""
        if origin(said) is None:
            return None if "://" in said else said.strip("/")
        base = urlsplit(self.host.base_url)
        parts = urlsplit(said)
        prefix = base.path.rstrip("/") + "/"
        if origin(said) != origin(self.host.base_url) or not parts.path.startswith(prefix):
            return None
        return unquote(parts.path.removeprefix(prefix))

    def _usable(self, job_id: str) -> bool:
        """Whether a question about that id leads below the base URL and to one job."""
        return is_path(job_id) if self.host.jobs_are_paths else usable_id(job_id)

    async def _followed(self, job_id: str, *, queued: bool = True) -> Job:
        """The job by what the host says now; `queued`: the queue may hold what the answer does not show."""
        spec = self._job.get
        asked = await self._sender.ask("get", self._question(Operation.of(spec.request, spec.body), job_id))
        answer = Answer(asked.body, asked.headers, job_id)
        state = self._reader.state(answer) if asked.ok else None
        if state is None:
            # What tells of the job's state may hold its error, and refuses nothing.
            self._good(asked)
        hint = poll_after(asked.headers, self._clock.now())
        wait = spec.least_seconds if hint is None else max(hint, spec.least_seconds)
        if state is None:
            return await self._silent(asked, job_id, wait, queued=queued)
        job = Job(
            job_id,
            JobStatus.FAILED if state == BLOCKED else JobStatus(state),
            self._reader.progress(answer),
            cost_usd=self._reader.charge(answer),
            poll_after=wait,
            prompt=self._reader.prompt(answer),
            word=self._reader.odd_word(answer) if state is JobStatus.UNKNOWN else None,
            named=self._named(answer, job_id),
            raw=table(asked.body),
            files=asked.files,
        )
        if answer.first(spec.blocked_when, _there):
            return self._failed(job, answer, spec, moderated=True)
        if answer.first(spec.failed_when, _there):
            return self._failed(job, answer, spec)
        if job.status is JobStatus.COMPLETED:
            return await self._finished(job, answer)
        if job.status.terminal:
            return self._failed(job, answer, spec, status=job.status, moderated=state == BLOCKED)
        return job

    def _named(self, answer: Answer, job_id: str) -> str | None:
        """The id that an answer about a job gives it, None where that is the job's own; see `Job.named`."""
        spec = self._job.create.answer
        # A header may name the answer instead of the job.
        found = answer.first([path for path in spec.id if path.header is None], word)
        if found is None:
            return None
        if spec.id_path is not None:
            found = quote(found, safe="")
            return None if job_id.rpartition("/")[2] == found else found
        if self.host.jobs_are_paths:
            found = self._below_base(found) or found
        return None if found == job_id else found

    async def _silent(self, asked: HttpResponse, job_id: str, wait: float, *, queued: bool) -> Job:
        """A job of which the answer says nothing. One that no queue holds either is not there."""
        spec = self._job.get
        if spec.queue is not None and queued:
            operation = Operation.of(spec.queue.request)
            question = self._sender.question(operation.method, operation.path)
            queue = self._good(await self._sender.ask("queue", question))
            waiting = Answer(queue.body, queue.headers)
            if any(word(one) == job_id for path in spec.queue.ids for one in waiting.all(path)):
                begun = any(word(one) == job_id for path in spec.queue.running for one in waiting.all(path))
                found = pending(job_id, wait)
                return replace(found, status=JobStatus.IN_PROGRESS) if begun else found
            # It may have left the queue between the two questions.
            return await self._followed(job_id, queued=False)
        if spec.absent == "pending" and spec.queue is None:
            return pending(job_id, wait)
        if spec.absent == "fault":
            raise unreadable(asked, self._sender.asked())
        raise NotFound(f"{self.host.name} has no job {clean(job_id, 80)}")

    async def _finished(self, job: Job, answer: Answer) -> Job:
        """A job that is done, with where its file is; or how it failed all the same."""
        spec = self._job.result
        if spec.request is not None:
            asked = await self._sender.ask("result", self._question(Operation.of(spec.request), job.id))
            answer = Answer(asked.body, asked.headers, job.id)
            cost, named = (
                self._reader.charge(answer) or job.cost_usd,
                self._named(answer, job.id) or job.named,
            )
            job = replace(job, files=asked.files, cost_usd=cost, named=named)
            if asked.status in spec.failed_status:
                return self._failed(job, answer, spec)
            self._unless_refused(asked, spec)
        urls = tuple(dict.fromkeys(self._reader.addresses(answer)))
        if not urls:
            code = answer.first((*spec.code, *self._job.get.code), word)
            if is_moderation(code) or self._job.codes.means("blocked", code):
                return self._failed(job, answer, self._job.get if spec.request is None else spec)
            return replace(job, status=JobStatus.FAILED, error=_NO_VIDEO, fileless=True)
        return replace(job, urls=urls, progress=100)

    def _failed(
        self,
        job: Job,
        answer: Answer,
        complaints: Complaints,
        *,
        status: JobStatus = JobStatus.FAILED,
        moderated: bool = False,
    ) -> Job:
        code = answer.first(complaints.code, word) or complaint(answer.body).code
        said = answer.first(complaints.error, _message) or message_in(answer.body)
        ours = said is None
        if said is None:
            said = "its content was refused" if moderated else f"{self.host.name} reports {status.value}"
        told = clean(code, 100) if code else None
        moderated = moderated or is_moderation(code) or self._job.codes.means("blocked", code)
        error = JobError(told, clean(said), moderated, ours)
        return replace(job, status=status, error=error)

    def _unless_refused(
        self, answer: HttpResponse, complaints: Complaints, paid: bool = False
    ) -> HttpResponse:
        """The answer if it is a success; else its error raised, by the words that the profile points at."""
        status = refused_with(answer, 400 if paid else 500)
        if status is None:
            return answer
        said = Answer(answer.body, answer.headers)
        code = said.first(complaints.code, word)
        message = said.first(complaints.error, _message)
        if code is not None or message is not None:
            known = complaint(answer.body)
            error = {"code": code or known.code, "message": message or known.message}
            answer = replace(answer, status=status, body={"error": error})
        found = fault(answer, self._sender.asked(paid), self._clock.now())
        spec = self._job.create
        if paid and status in spec.exists_status and (not spec.exists_code or code in spec.exists_code):
            raise AlreadySent(
                f"{self.host.name} has a job for this request already, and does not say which",
                status=status,
                code=code,
            )
        if self._job.codes.means("blocked", code):
            raise Moderated(found.message, status=status, code=code, quotes=found.quotes)
        if self._job.codes.means("quota", code):
            raise QuotaExhausted(found.message, status=status, code=code, hint=NO_CREDIT, quotes=found.quotes)
        raise found

    def page_in(self, answer: HttpResponse, limit: int, offset: int = 0) -> Page | None:
        """The page of the list in an answer, None where there is none; `offset` jobs came before it."""
        spec = self._job.list
        assert spec is not None
        found = Answer(answer.body, answer.headers)
        # A path that leads nowhere finds as little as an empty list does.
        held = replace(spec.items, steps=spec.items.steps[:-1])
        if not any(isinstance(value, list) for value in found.all(held)):
            return None
        jobs, unread, entries = [], 0, 0
        for entry in found.all(spec.items):
            entries += 1
            one = Answer(entry, {})
            job_id = one.first((spec.id,), word)
            if job_id is None or not self._usable(job_id):
                unread += 1
                continue
            said = table(entry)
            state = self._reader.state(one)
            job = Job(
                job_id,
                JobStatus.FAILED if state == BLOCKED else JobStatus(state or JobStatus.UNKNOWN),
                model=text(said.get("model")),
                prompt=self._reader.prompt(one),
                created_at=moment(first(said.get("created_at"), said.get("created"))),
                raw=said,
            )
            jobs.append(self._sender.host_time.ours(job))
        if spec.next is None and "{" in spec.request:
            # There may be more behind a full page; an empty one ends the list.
            return Page(tuple(jobs), str(offset + limit) if entries >= limit else None, unread=unread)
        after = None if spec.next is None else found.first((spec.next,), text)
        leads_on = after is not None and self._below_base(after) is not None and origin(after) is not None
        # A list whose next page this client may not follow is not complete.
        return Page(
            tuple(jobs), after if leads_on else None, unread=unread + (after is not None and not leads_on)
        )


def own_id(token: str) -> str:
    """The id that we choose for a job: the same for every repetition of the request with that token."""
    return str(UUID(hex=hashlib.sha256(token.encode()).hexdigest()[:32], version=4))


def _there(value: object) -> bool | None:
    return True if value not in (False, 0, "", [], {}) else None


def _message(value: object) -> str | None:
    return message_in(value)
