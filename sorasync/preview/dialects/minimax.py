"""MiniMax's video generation v2: tasks from a list of contents, each in an envelope."""

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

_PATHS: Paths = {
    "create": (("POST", "/v2/video_generation"),),
    "get": (("GET", "/v2/query/video_generation/{id}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("DELETE", "/v2/video_generation/{id}"),),
}
_ROUTES = [
    ("DELETE", re.compile(r"/v2/video_generation/([^/]+)"), "cancel"),
    ("POST", re.compile(r"/v2/video_generation"), "create"),
    ("GET", re.compile(r"/v2/query/video_generation/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {"in_progress": "running", "completed": "succeeded"}
_KINDS = {
    401: "authorized_error",
    402: "insufficient_balance_error",
    422: "unprocessable_entity_error",
    429: "rate_limit_error",
    500: "server_error",
}


class MiniMax(JobHost):
    """The host."""

    name = "minimax"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES

    def new_id(self) -> str:
        """A task's id."""
        return str(10**14 + secrets.randbelow(10**14))

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """A prompt and a first frame among the contents."""
        given = fields.values
        if not isinstance(given.get("duration"), int):
            raise bad("invalid params, duration must be an integer (2013)", "duration")
        values: dict[str, Any] = {
            "model": given.get("model"),
            "size": size_of(given.get("resolution"), given.get("ratio")),
            "seconds": given["duration"],
        }
        return RequestFields("json", values | text_and_frame(given.get("content")))

    def created(self, shown: Shown) -> Response:
        """The id alone."""
        return JSONResponse({"task_id": shown.job.id})

    def fetched(self, shown: Shown) -> Response:
        """A task, with the seconds that count."""
        job = shown.job
        status = "failed" if shown.status == "completed" and job.videoless else shown.status
        task: dict[str, Any] = {
            "id": job.id,
            "model": job.model,
            "status": _STATES.get(status, status),
            "created_at": int(job.created),
            "duration": job.seconds,
            "error": None,
        }
        if shown.done:
            task |= {"content": {"url": f"{shown.base}/files/{job.id}.mp4"}}
            task |= {"usage": {"output_seconds": job.seconds, "total_seconds": job.seconds}}
        if status == "failed":
            code = "1027" if job.error_code == "moderation_blocked" else "1000"
            task["error"] = {"code": code, "message": job.error_message or "The task failed."}
        return JSONResponse({"task": task})

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """An error in an envelope; what is against the policy is a 422."""
        status = 422 if refusal.code == "moderation_blocked" else refusal.status
        kind = _KINDS.get(status, "bad_request_error")
        error = {"type": kind, "message": refusal.message, "http_code": str(status)}
        return JSONResponse({"type": "error", "error": error}, status, headers=refusal.headers)
