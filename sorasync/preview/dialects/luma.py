"""Luma's Dream Machine: generations with their requests, listed by offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad

_GENERATIONS = "/dream-machine/v1/generations"
_PATHS: Paths = {
    "create": (("POST", f"{_GENERATIONS}/video"),),
    "list": (("GET", _GENERATIONS),),
    "get": (("GET", f"{_GENERATIONS}/{{id}}"),),
    "content": (("GET", "/files/{id}"),),
}
_ROUTES = [
    ("POST", re.compile(f"{_GENERATIONS}/video"), "create"),
    ("GET", re.compile(_GENERATIONS), "list"),
    ("GET", re.compile(f"{_GENERATIONS}/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {"queued": "queued", "in_progress": "dreaming", "completed": "completed"}


class Luma(JobHost):
    """The host."""

    name = "luma"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    offsets = True

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """Lengths are texts such as `5s`."""
        given = fields.values
        seconds = str(given.get("duration", "5s")).removesuffix("s")
        if not seconds.isdecimal():
            raise bad("duration must be 5s or 9s", "duration")
        values: dict[str, Any] = {
            "prompt": given.get("prompt"),
            "model": given.get("model"),
            "size": size_of(given.get("resolution"), given.get("aspect_ratio")),
            "seconds": int(seconds),
        }
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """A generation that waits."""
        return JSONResponse(self.job(shown), 201)

    def job(self, shown: Shown) -> dict[str, Any]:
        """A generation, with what was asked for."""
        job = shown.job
        status = "failed" if shown.status == "completed" and job.videoless else shown.status
        state = _STATES.get(status, "failed")
        return {
            "id": job.id,
            "generation_type": "video",
            "state": state,
            "failure_reason": (job.error_message or "failed") if state == "failed" else None,
            "created_at": datetime.fromtimestamp(job.created, UTC).isoformat(),
            "assets": {"video": f"{shown.base}/files/{job.id}.mp4"} if shown.done else None,
            "model": job.model,
            "request": {"generation_type": "video", "model": job.model, "prompt": job.prompt},
        }

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """A page; the next one is asked for by its offset."""
        return {"generations": [self.job(shown) for shown in page], "has_more": more, "count": len(page)}

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """One detail."""
        return JSONResponse({"detail": refusal.message}, refusal.status, headers=refusal.headers)
