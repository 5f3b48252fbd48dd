"""Kling: tasks of a kind, known by an id of the host's and by one that the client may give."""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad

_PATHS: Paths = {
    "create": (("POST", "/v1/videos/text2video"), ("POST", "/v1/videos/image2video")),
    "get": (("GET", "/v1/videos/text2video/{id}"), ("GET", "/v1/videos/image2video/{id}")),
    "content": (("GET", "/files/{id}"),),
}
_ROUTES = [
    ("POST", re.compile(r"/v1/videos/(?:text|image)2video"), "create"),
    ("GET", re.compile(r"/v1/videos/(?:text|image)2video/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {"queued": "submitted", "in_progress": "processing", "completed": "succeed"}
_CODES = {"moderation_blocked": 1301, "not_found": 1203, "rate_limit_exceeded": 1302}
_TIERS = {"std": "720p", "pro": "1080p"}


class Kling(JobHost):
    """The host."""

    name = "kling"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES

    def id_out(self, job_id: str) -> str:
        """The host's own id: the number of the one that it is kept by."""
        try:
            return str(uuid.UUID(job_id).int)
        except ValueError:
            return job_id

    def id_in(self, job_id: str) -> str:
        """Either id."""
        plain = job_id.removesuffix(".mp4")
        return str(uuid.UUID(int=int(plain))) if plain.isdecimal() and int(plain) < 1 << 128 else plain

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """The client's own id is that of the task."""
        given = fields.values
        if not str(given.get("duration", "5")).isdecimal():
            raise bad("duration value is invalid", "duration")
        values: dict[str, Any] = {
            "prompt": given.get("prompt"),
            "model": given.get("model_name"),
            "size": size_of(_TIERS.get(str(given.get("mode", "std"))), given.get("aspect_ratio")),
            "seconds": int(given.get("duration", "5")),
            "own_id": given.get("external_task_id"),
        }
        if isinstance(given.get("image"), str):
            values["input_reference"] = {"image_url": f"data:image/png;base64,{given['image']}"}
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """A task that has begun."""
        return JSONResponse(self._enveloped(self.job(shown)))

    def fetched(self, shown: Shown) -> Response:
        """A task."""
        return JSONResponse(self._enveloped(self.job(shown)))

    def job(self, shown: Shown) -> dict[str, Any]:
        """A task, with both ids."""
        job = shown.job
        status = "failed" if shown.status == "completed" and job.videoless else shown.status
        said: dict[str, Any] = {
            "task_id": self.id_out(job.id),
            "task_status": _STATES.get(status, "failed"),
            "task_info": {"external_task_id": job.id},
            "created_at": int(job.created * 1000),
            "updated_at": int(job.created * 1000),
        }
        if shown.done:
            url = f"{shown.base}/files/{job.id}.mp4"
            video = {"id": self.id_out(job.id), "url": url, "duration": str(job.seconds)}
            return said | {"task_result": {"videos": [video]}}
        if said["task_status"] == "failed":
            said["task_status_msg"] = job.error_message or "The task failed."
        return said

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A number, and its words."""
        code = _CODES.get(refusal.code or "", 1200 if refusal.status < 500 else 5000)
        return JSONResponse(
            {"code": code, "message": refusal.message, "request_id": str(uuid.uuid4())},
            refusal.status,
            headers=refusal.headers,
        )

    def _enveloped(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"code": 0, "message": "SUCCEED", "request_id": str(uuid.uuid4()), "data": data}
