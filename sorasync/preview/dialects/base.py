"""The reference's own dialect, and the base of the others: a family overrides what it does differently."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.dialect_names import ROOTS
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.model import PreviewJob
from sorasync.preview.refusal import RefusedError, missing
from sorasync.preview.request_parsing import Checks
from sorasync.preview.route_names import name_route

Paths = dict[str, tuple[tuple[str, str], ...]]

CREATE: Paths = {"create": (("POST", "/v1/videos"),)}
LIST: Paths = {"list": (("GET", "/v1/videos"),)}
GET: Paths = {"get": (("GET", "/v1/videos/{id}"),)}
DELETE: Paths = {"delete": (("DELETE", "/v1/videos/{id}"),)}
CONTENT: Paths = {"content": (("GET", "/v1/videos/{id}/content"),)}
REMIX: Paths = {"edit_nested": (("POST", "/v1/videos/{id}/remix"),)}
EDITS: Paths = {"edit": (("POST", "/v1/videos/edits"),)}
NESTED: Paths = {"edit_nested": (("POST", "/v1/videos/{id}/edits"), ("POST", "/v1/videos/{id}/remix"))}
EXTEND: Paths = {"extend": (("POST", "/v1/videos/extensions"),)}
CHARACTERS: Paths = {
    "character": (("POST", "/v1/videos/characters"),),
    "character_get": (("GET", "/v1/videos/characters/{id}"),),
}
FILES: Paths = {
    "files": (("POST", "/v1/files"),),
    "files_list": (("GET", "/v1/files"),),
    "files_get": (("GET", "/v1/files/{id}"),),
    "files_delete": (("DELETE", "/v1/files/{id}"),),
    "files_content": (("GET", "/v1/files/{id}/content"),),
}
BATCHES: Paths = {
    "batch": (("POST", "/v1/batches"),),
    "batch_list": (("GET", "/v1/batches"),),
    "batch_get": (("GET", "/v1/batches/{id}"),),
    "batch_cancel": (("POST", "/v1/batches/{id}/cancel"),),
}
IMAGES: Paths = {
    "still": (("POST", "/v1/images/generations"),),
    "still_edit": (("POST", "/v1/images/edits"),),
    "picture": (("GET", "/v1/pictures/{id}"),),
}
MODELS_MADE = 1_759_708_800
MODELS: Paths = {"models": (("GET", "/v1/models"),)}


class Dialect:
    """How one family speaks. All methods are pure."""

    name = "openai"
    checks = Checks(strict=True)
    paths: Paths = (
        CREATE
        | LIST
        | CHARACTERS
        | EXTEND
        | EDITS
        | NESTED
        | GET
        | DELETE
        | CONTENT
        | FILES
        | BATCHES
        | MODELS
        | IMAGES
    )
    # What stands before the key in the header `Authorization`.
    key_prefix = "Bearer "
    # Beginnings of paths that ask for no key.
    open_paths: tuple[str, ...] = ("/v1/assets/", "/v1/pictures/")
    # Whether answers about unfinished jobs carry `openai-poll-after-ms`.
    poll_hint = True
    # Whether a part of a file can be asked for.
    ranges = True
    # Whether a create that names a video is an extension (with seconds) or an edit (without).
    derives_by_create = False
    list_default = 20
    list_least = 0
    # Whether the list can continue after an id, in either order; otherwise it only has the newest jobs.
    cursors = True
    # Whether the list can begin after so many jobs.
    offsets = False
    # Whether a create answers when the video is done, and nothing is kept.
    synchronous = False
    # What a second create with one `Idempotency-Key` gets: a job of its own, the first one's, or a refusal.
    repeated_key: Literal["ignored", "replayed", "refused"] = "ignored"
    # Whether the answer about a completed job holds its file.
    answer_holds_file = False
    # Which cancelled jobs are billed, and whether a job that has begun can be cancelled.
    cancel_bills: Literal["never", "begun", "always"] = "always"
    cancels_begun = True
    # Which jobs are forgotten when they are cancelled.
    cancel_forgets: Literal["none", "queued", "all"] = "none"
    # Most jobs to keep: one more drops the oldest finished one.
    most_jobs: int | None = None

    @property
    def root(self) -> str:
        """Where the API begins."""
        return ROOTS.get(self.name, "/v1")

    def route_name(self, method: str, path: str) -> tuple[str, str | None]:
        """The name of a route, and the job's id in its path: see `sorasync.preview.route_names`."""
        return name_route(method, path)

    def named_by(
        self, routes: Iterable[tuple[str, re.Pattern[str], str]], method: str, path: str
    ) -> tuple[str, str | None]:
        """The name of a route by a table of its own; a group of a pattern holds the job's id."""
        if path.startswith(("/preview/", "/healthz")):
            return "control", None
        for wanted, pattern, name in routes:
            found = pattern.fullmatch(path) if method == wanted else None
            if found is not None:
                return name, self.id_in(found[1]) if pattern.groups else None
        return "other", None

    def new_id(self) -> str:
        """A fresh id, as the core keeps it."""
        return f"video_{secrets.token_hex(16)}"

    def id_out(self, job_id: str) -> str:
        """A kept id as a client sees it."""
        return job_id

    def id_in(self, job_id: str) -> str:
        """An id from a client as it is kept."""
        return job_id

    async def asked_for(self, request: Request) -> str:
        """The id of the job that a question is about."""
        return str(request.path_params["id"])

    async def to_cancel(self, request: Request) -> str:
        """The id of the job that is to be cancelled."""
        return str(request.path_params["id"])

    def not_cancelled(self, shown: Shown) -> RefusedError | None:
        """Why a job cannot be cancelled now, None if it can."""
        if shown.status in ("queued", "in_progress") and (self.cancels_begun or shown.status == "queued"):
            return None
        return RefusedError(409, f"A job that is {shown.status} cannot be cancelled.", code="not_cancellable")

    def is_picture(self, job: PreviewJob) -> bool:
        """Whether the job's file is a picture."""
        return False

    def uploaded(self, name: str) -> dict[str, Any]:
        """The answer to the upload of an image by itself."""
        return {"name": name, "subfolder": "", "type": "input"}

    def cancelled(self, shown: Shown) -> Response:
        """The answer to a cancellation."""
        return Response(status_code=204)

    def character_out(self, character_id: str) -> str:
        """A character's id as a client sees it."""
        return character_id

    def character_in(self, character_id: str) -> str:
        """A character's id from a client as it is kept."""
        return character_id

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """A body in this family's words, in the reference's. Raises `RefusedError`."""
        return fields

    def job(self, shown: Shown) -> dict[str, Any]:
        """The job object; nothing says when a file expires before there is one."""
        job = shown.job
        expires = {} if job.expires is None else {"expires_at": int(job.expires)}
        return {
            "id": self.id_out(job.id),
            "object": "video",
            "model": job.model,
            "status": shown.status,
            "progress": shown.progress,
            "created_at": int(job.created),
            "completed_at": _whole_seconds(job.completed),
            **expires,
            "prompt": job.prompt,
            "size": job.size,
            "seconds": str(job.seconds),
            "remixed_from_video_id": job.source if job.kind == "edit" else None,
            "error": self.job_error(shown),
        }

    def job_error(self, shown: Shown) -> object:
        """The error inside a job object, None while there is none."""
        job = shown.job
        if shown.status in ("queued", "in_progress") or job.error_code is None:
            return None
        return {"code": job.error_code, "message": job.error_message}

    def created(self, shown: Shown) -> Response:
        """The answer to a create, extension or edit."""
        return JSONResponse(self.job(shown))

    def fetched(self, shown: Shown) -> Response:
        """The answer to a get."""
        return JSONResponse(self.job(shown))

    def result(self, shown: Shown) -> Response:
        """The answer to a question for the file of a job, where that is one of its own."""
        return self.fetched(shown)

    def absent(self, job_id: str) -> Response:
        """The answer about a job that is not there. Raises `RefusedError`."""
        raise missing("Video", job_id)

    def queued(self, jobs: list[Shown]) -> Response:
        """The jobs that have not ended, where a family lists these apart."""
        return JSONResponse({"jobs": [self.job(shown) for shown in jobs]})

    def finished(self, shown: Shown, video: bytes | None) -> Response:
        """The answer of a synchronous server; `video` is the file where the answer is to hold it."""
        return self.created(shown)

    def kept(self, shown: Shown) -> RefusedError | None:
        """Why a job cannot be deleted now, None where it can."""
        return None

    def models(self) -> dict[str, Any]:
        """The models on offer."""
        made = {"object": "model", "created": MODELS_MADE, "owned_by": "preview"}
        return {"object": "list", "data": [{"id": name} | made for name in ("sora-2", "sora-2-pro")]}

    def deleted(self, shown: Shown) -> dict[str, Any]:
        """The body of the answer to a delete."""
        return {"id": self.id_out(shown.job.id), "object": "video.deleted", "deleted": True}

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """The body of a page of the list."""
        data = [self.job(shown) for shown in page]
        return {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": more,
        }

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A refusal in this family's form."""
        error = {
            "message": refusal.message,
            "type": refusal.kind,
            "param": refusal.param,
            "code": refusal.code,
        }
        return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)

    def unrouted(self, status: int, method: str, path: str) -> Response:
        """The answer where there is no such route (404) or method (405)."""
        return self.refuse(RefusedError(status, f"Invalid URL ({method} {path})"))

    def unauthorised(self) -> Response:
        """The answer to a request without the right key."""
        return self.refuse(RefusedError(401, "Incorrect API key provided.", code="invalid_api_key"))

    def variant(self, asked: str | None) -> str:
        """Which file is meant: `video`, `thumbnail` or `spritesheet`. Raises `RefusedError`."""
        if asked in (None, "", "video", "thumbnail", "spritesheet"):
            return asked or "video"
        raise RefusedError(
            400, f"Invalid value '{asked}' for 'variant'.", code="invalid_value", param="variant"
        )

    def not_ready(self, shown: Shown) -> RefusedError:
        """Why there is no file yet, or never will be."""
        if shown.status in ("queued", "in_progress"):
            message = "Video is not ready yet, use GET /v1/videos/{video_id} to check status."
            return RefusedError(404, message, code="video_not_ready")
        return RefusedError(404, "There is no video: the generation did not complete.", code="video_failed")


def _whole_seconds(time: float | None) -> int | None:
    return None if time is None else int(time)
