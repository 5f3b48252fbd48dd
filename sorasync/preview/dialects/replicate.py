"""Replicate: predictions of models, followed by id, with a list that is paged by addresses."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad

_PATHS: Paths = {
    "create": (("POST", "/v1/models/{owner}/{name}/predictions"),),
    "list": (("GET", "/v1/predictions"),),
    "get": (("GET", "/v1/predictions/{id}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("POST", "/v1/predictions/{id}/cancel"),),
}
_ROUTES = [
    ("POST", re.compile(r"/v1/predictions/([^/]+)/cancel"), "cancel"),
    ("POST", re.compile(r"/v1/models/[^/]+/[^/]+/predictions"), "create"),
    ("GET", re.compile(r"/v1/predictions"), "list"),
    ("GET", re.compile(r"/v1/predictions/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {
    "queued": "starting",
    "in_progress": "processing",
    "completed": "succeeded",
    "cancelled": "canceled",
    "expired": "aborted",
}


class Replicate(JobHost):
    """The host."""

    name = "replicate"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    list_default = 100

    def new_id(self) -> str:
        """A prediction's id."""
        return secrets.token_hex(13)

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON with a model's own words in `input`; the model stands in the path."""
        given = fields.values.get("input")
        if fields.encoding != "json" or not isinstance(given, dict):
            raise RefusedError(422, "- input is required", kind="Input validation failed")
        duration = given.get("duration", 8)
        if not isinstance(duration, int):
            raise bad(f"- input.duration: Invalid type. Expected: integer, given: {duration!r}", "duration")
        values: dict[str, Any] = {
            "prompt": given.get("prompt"),
            "model": "/".join(fields.path.values()),
            "size": size_of(given.get("resolution"), given.get("aspect_ratio")),
            "seconds": duration,
        }
        if isinstance(given.get("image"), str):
            values["input_reference"] = {"image_url": given["image"]}
        return RequestFields("json", values)

    def job(self, shown: Shown) -> dict[str, Any]:
        """A prediction, with what it was made from."""
        job = shown.job
        url = f"{shown.base}/v1/predictions/{job.id}"
        failed = shown.status == "failed"
        return {
            "id": job.id,
            "model": job.model,
            "version": "hidden",
            "input": {"prompt": job.prompt, "duration": job.seconds},
            "output": f"{shown.base}/files/{job.id}.mp4" if shown.done else None,
            "error": (job.error_message or "failed") if failed else None,
            "status": _STATES.get(shown.status, shown.status),
            "source": "api",
            "data_removed": False,
            "created_at": _time(job.created),
            "started_at": _time(job.started),
            "completed_at": _time(job.completed),
            "urls": {"get": url, "cancel": f"{url}/cancel"},
        }

    def created(self, shown: Shown) -> Response:
        """A prediction that has not begun."""
        return JSONResponse(self.job(shown), 201)

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """A page, with the address of the next one."""
        leads_on = f"{page[-1].base}/v1/predictions?after={page[-1].job.id}" if page and more else None
        return {"previous": None, "next": leads_on, "results": [self.job(shown) for shown in page]}

    def cancelled(self, shown: Shown) -> Response:
        """The prediction."""
        return JSONResponse(self.job(shown))

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A title, and the details."""
        status = 422 if refusal.status == 400 else refusal.status
        body = {"title": refusal.kind, "detail": refusal.message, "status": status}
        return JSONResponse(body, status, headers=refusal.headers)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
