"""Runway: tasks from a prompt or an image, with their cost in credits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.price_list import price
from sorasync.preview.refusal import RefusedError, bad

_PATHS: Paths = {
    "create": (("POST", "/v1/text_to_video"), ("POST", "/v1/image_to_video")),
    "get": (("GET", "/v1/tasks/{id}"),),
    "content": (("GET", "/files/{id}"),),
    "cancel": (("DELETE", "/v1/tasks/{id}"),),
}
_ROUTES = [
    ("DELETE", re.compile(r"/v1/tasks/([^/]+)"), "cancel"),
    ("POST", re.compile(r"/v1/(?:text|image)_to_video"), "create"),
    ("GET", re.compile(r"/v1/tasks/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
]
_STATES = {
    "queued": "PENDING",
    "in_progress": "RUNNING",
    "completed": "SUCCEEDED",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
}
_RATIO = re.compile(r"([1-9]\d{2,3}):([1-9]\d{2,3})")
_MICRODOLLARS_A_CREDIT = 10_000


class Runway(JobHost):
    """The host."""

    name = "runway"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "begun"
    cancel_forgets = "all"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON with the host's names."""
        given = fields.values
        if fields.encoding != "json":
            raise RefusedError(415, "Expected a JSON body.")
        found = _RATIO.fullmatch(str(given.get("ratio")))
        if found is None:
            raise bad("Validation of body failed: ratio is invalid", "ratio")
        if not isinstance(given.get("duration"), int):
            raise bad("Validation of body failed: duration must be an integer", "duration")
        values: dict[str, Any] = {
            "prompt": given.get("promptText"),
            "model": given.get("model"),
            "size": f"{found[1]}x{found[2]}",
            "seconds": given["duration"],
        }
        if isinstance(given.get("promptImage"), str):
            values["input_reference"] = {"image_url": given["promptImage"]}
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """The id, and the most that it may cost."""
        return JSONResponse({"id": shown.job.id, "estimatedCost": {"credits": _credits(shown)}})

    def job(self, shown: Shown) -> dict[str, Any]:
        """A task."""
        job = shown.job
        status = "FAILED" if shown.status == "completed" and job.videoless else shown.status
        created = datetime.fromtimestamp(job.created, UTC).isoformat()
        body: dict[str, Any] = {"id": job.id, "createdAt": created, "status": _STATES.get(status, "FAILED")}
        if shown.status in ("queued", "in_progress"):
            body |= {"estimatedCost": {"credits": _credits(shown)}}
            return body | ({"progress": shown.progress / 100} if shown.status == "in_progress" else {})
        # The ledger bills nothing for what has no video.
        body |= {"cost": {"credits": _credits(shown) if shown.done else 0}}
        if shown.done:
            return body | {"output": [f"{shown.base}/files/{job.id}.mp4"]}
        if body["status"] == "FAILED":
            moderated = job.error_code == "moderation_blocked"
            code = "SAFETY.INPUT.TEXT" if moderated else "INTERNAL.BAD_OUTPUT.CODE01"
            return body | {
                "failure": job.error_message or "An unexpected error occurred.",
                "failureCode": code,
            }
        return body

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """One line."""
        return JSONResponse({"error": refusal.message}, refusal.status, headers=refusal.headers)


def _credits(shown: Shown) -> int:
    job = shown.job
    return price(job.model, job.size, job.billed) // _MICRODOLLARS_A_CREDIT
