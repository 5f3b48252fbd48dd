"""Volcengine Ark: tasks from a list of contents, followed by id."""

from __future__ import annotations

import re
import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost, text_and_frame
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad

_TASKS = "/api/v3/contents/generations/tasks"
_PATHS: Paths = {
    "create": (("POST", _TASKS),),
    "get": (("GET", f"{_TASKS}/{{id}}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("DELETE", f"{_TASKS}/{{id}}"),),
}
_ROUTES = [
    ("DELETE", re.compile(f"{_TASKS}/([^/]+)"), "cancel"),
    ("POST", re.compile(_TASKS), "create"),
    ("GET", re.compile(f"{_TASKS}/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {"in_progress": "running", "completed": "succeeded"}
_TIERS = {480: "480p", 496: "480p", 1080: "1080p", 2160: "4k"}
_PIXELS_PER_TOKEN, _FPS = 1024, 24


class Ark(JobHost):
    """The host."""

    name = "ark"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "begun"
    cancels_begun = False

    def new_id(self) -> str:
        """A task's id."""
        return f"cgt-{secrets.token_hex(10)}"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """A prompt and a first frame among the contents."""
        given = fields.values
        if not isinstance(given.get("duration"), int):
            raise bad("the parameter duration specified in the request is not valid", "duration")
        values: dict[str, Any] = {
            "model": given.get("model"),
            "size": size_of(given.get("resolution"), given.get("ratio")),
            "seconds": given["duration"],
        }
        return RequestFields("json", values | text_and_frame(given.get("content")))

    def created(self, shown: Shown) -> Response:
        """The id alone."""
        return JSONResponse({"id": shown.job.id})

    def job(self, shown: Shown) -> dict[str, Any]:
        """A task, with its tokens at the end."""
        job = shown.job
        status = "failed" if shown.status == "completed" and job.videoless else shown.status
        said: dict[str, Any] = {
            "id": job.id,
            "model": job.model,
            "status": _STATES.get(status, status),
            "created_at": int(job.created),
            "duration": job.seconds,
            "resolution": _TIERS.get(min(job.width, job.height), "720p"),
            "error": None,
        }
        if shown.done:
            tokens = job.width * job.height * _FPS * job.seconds // _PIXELS_PER_TOKEN
            usage = {"completion_tokens": tokens, "total_tokens": tokens}
            return said | {"content": {"video_url": f"{shown.base}/files/{job.id}.mp4"}, "usage": usage}
        if status == "failed":
            moderated = job.error_code == "moderation_blocked"
            code = "OutputVideoSensitiveContentDetected" if moderated else "InternalServiceError"
            said["error"] = {"code": code, "message": job.error_message or "The task failed."}
        return said

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A code in words."""
        moderated = refusal.code == "moderation_blocked"
        code = "InputTextSensitiveContentDetected" if moderated else refusal.code or "InvalidParameter"
        error = {"code": code, "message": refusal.message, "param": refusal.param, "type": "BadRequest"}
        return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)
