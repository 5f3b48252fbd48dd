"""DashScope: asynchronous tasks, whose result stands beside their status."""

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

_CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
_PATHS: Paths = {
    "create": (("POST", _CREATE),),
    "get": (("GET", "/api/v1/tasks/{id}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("POST", "/api/v1/tasks/{id}/cancel"),),
}
_ROUTES = [
    ("POST", re.compile(r"/api/v1/tasks/([^/]+)/cancel"), "cancel"),
    ("POST", re.compile(_CREATE), "create"),
    ("GET", re.compile(r"/api/v1/tasks/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {
    "queued": "PENDING",
    "in_progress": "RUNNING",
    "completed": "SUCCEEDED",
    "cancelled": "CANCELED",
}


class DashScope(JobHost):
    """The host."""

    name = "dashscope"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "begun"
    cancels_begun = False

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """Words and a first frame in `input`, numbers in `parameters`."""
        given, numbers = fields.values.get("input"), fields.values.get("parameters")
        if not isinstance(given, dict) or not isinstance(numbers, dict):
            raise bad("input and parameters are required", "input")
        if not isinstance(numbers.get("duration"), int):
            raise bad("duration must be an integer", "parameters.duration")
        values: dict[str, Any] = {
            "prompt": given.get("prompt"),
            "model": fields.values.get("model"),
            "size": size_of(numbers.get("resolution"), numbers.get("ratio")),
            "seconds": numbers["duration"],
        }
        for item in given.get("media", []):
            if item.get("type") == "first_frame":
                values["input_reference"] = {"image_url": item.get("url")}
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """The id, and that it waits."""
        output = {"task_id": shown.job.id, "task_status": "PENDING"}
        return JSONResponse({"output": output, "request_id": str(uuid.uuid4())})

    def fetched(self, shown: Shown) -> Response:
        """A task, with what is billed."""
        job = shown.job
        status = "failed" if shown.status == "completed" and job.videoless else shown.status
        output: dict[str, Any] = {"task_id": job.id, "task_status": _STATES.get(status, "FAILED")}
        answer: dict[str, Any] = {"request_id": str(uuid.uuid4()), "output": output}
        if shown.done:
            output |= {"video_url": f"{shown.base}/files/{job.id}.mp4", "orig_prompt": job.prompt}
            answer["usage"] = {"duration": job.seconds, "video_count": 1}
        if output["task_status"] == "FAILED":
            moderated = job.error_code == "moderation_blocked"
            output["code"] = "DataInspectionFailed" if moderated else "InternalError"
            output["message"] = job.error_message or "The task failed."
        return JSONResponse(answer)

    def absent(self, job_id: str) -> Response:
        """A task that is not known is one whose status is not known."""
        output = {"task_id": job_id, "task_status": "UNKNOWN"}
        return JSONResponse({"request_id": str(uuid.uuid4()), "output": output})

    def cancelled(self, shown: Shown) -> Response:
        """A request's id alone."""
        return JSONResponse({"request_id": str(uuid.uuid4())})

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A code and its words at the top."""
        moderated = refusal.code == "moderation_blocked"
        code = "DataInspectionFailed" if moderated else refusal.code or "InvalidParameter"
        body = {"code": code, "message": refusal.message, "request_id": str(uuid.uuid4())}
        return JSONResponse(body, refusal.status, headers=refusal.headers)
