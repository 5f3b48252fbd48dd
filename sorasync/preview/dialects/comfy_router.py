"""Comfy Router's queue: a partner's own request and answer. The same key gets the same job."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost, text_and_frame
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.price_list import price
from sorasync.preview.refusal import RefusedError

_REQUESTS = "/v2/models/{provider}/{model}/requests"
_PATHS: Paths = {
    "create": (("POST", _REQUESTS),),
    "get": (("GET", f"{_REQUESTS}/{{id}}/status"),),
    "result": (("GET", f"{_REQUESTS}/{{id}}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("PUT", f"{_REQUESTS}/{{id}}/cancel"),),
}
_ROUTES = [
    ("PUT", re.compile(r"/v2/models/[^/]+/[^/]+/requests/([^/]+)/cancel"), "cancel"),
    ("POST", re.compile(r"/v2/models/[^/]+/[^/]+/requests"), "create"),
    ("GET", re.compile(r"/v2/models/[^/]+/[^/]+/requests/([^/]+)/status"), "get"),
    ("GET", re.compile(r"/v2/models/[^/]+/[^/]+/requests/([^/]+)"), "result"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_MICRODOLLARS, _CREDITS_A_DOLLAR = 1_000_000, 211
_STATES = {"queued": "IN_QUEUE", "in_progress": "IN_PROGRESS"}


class ComfyRouter(JobHost):
    """The host."""

    name = "comfy-router"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "begun"
    repeated_key = "replayed"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """The words of whichever partner it is."""
        given = fields.values
        numbers = {**given, **given.get("parameters", {})}
        seconds = str(numbers.get("duration", 5)).removesuffix("s")
        if not seconds.isdecimal():
            raise RefusedError(422, "Input should be a number of seconds", param="duration")
        values: dict[str, Any] = {
            "prompt": given.get("prompt") or given.get("input", {}).get("prompt"),
            "model": f"{fields.path['provider']}/{fields.path['model']}",
            "size": size_of(numbers.get("resolution"), numbers.get("ratio") or numbers.get("aspect_ratio")),
            "seconds": int(seconds),
        }
        return RequestFields("json", values | text_and_frame(given.get("content")))

    def created(self, shown: Shown) -> Response:
        """The request's id."""
        return JSONResponse({"request_id": shown.job.id, "status": "IN_QUEUE"}, 201)

    def fetched(self, shown: Shown) -> Response:
        """What has failed is completed as well, with an error type."""
        said: dict[str, Any] = {"request_id": shown.job.id, "status": _STATES.get(shown.status, "COMPLETED")}
        if said["status"] == "COMPLETED" and not shown.done:
            said |= {"error_type": _kind_of(shown.job.error_code), "detail": shown.job.error_message or ""}
        return JSONResponse(said)

    def result(self, shown: Shown) -> Response:
        """The partner's answer."""
        if shown.status in _STATES:
            raise RefusedError(409, "The request is still in progress.")
        job = shown.job
        url = f"{shown.base}/files/{job.id}.mp4"
        dollars = price(job.model, job.size, job.billed) / _MICRODOLLARS
        credits = {"x-comfy-credits-used": f"{dollars * _CREDITS_A_DOLLAR:.2f}"}
        if job.model.startswith("minimax/"):
            said: dict[str, Any] = {"task": {"id": job.id, "status": "succeeded", "content": {"url": url}}}
        elif job.model.startswith("luma/"):
            said = {"id": job.id, "state": "completed", "assets": {"video": url}}
        else:
            said = {"output": {"task_id": job.id, "video_url": url}}
        return JSONResponse(said, headers=credits)

    def cancelled(self, shown: Shown) -> Response:
        """A request to stop."""
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """The kind of error is in a header."""
        headers = {**refusal.headers, "x-comfy-error-type": _kind_of(refusal.code or "invalid_input")}
        return JSONResponse({"detail": refusal.message}, refusal.status, headers=headers)


def _kind_of(code: str | None) -> str:
    return "content_policy_violation" if code == "moderation_blocked" else code or "provider_error"
