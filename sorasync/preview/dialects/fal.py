"""fal's queue: a model's endpoint takes the request, and the answer names where to follow it."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError

_PATHS: Paths = {
    "get": (("GET", "/{owner}/{app}/requests/{id}/status"),),
    "result": (("GET", "/{owner}/{app}/requests/{id}"),),
    "content": (("GET", "/files/{id}"),),
    "create": (("POST", "/{owner}/{app}"), ("POST", "/{owner}/{app}/{endpoint:path}")),
    "cancel": (("PUT", "/{owner}/{app}/requests/{id}/cancel"),),
}
_ROUTES = [
    ("PUT", re.compile(r"/[^/]+/[^/]+/requests/([^/]+)/cancel"), "cancel"),
    ("GET", re.compile(r"/[^/]+/[^/]+/requests/([^/]+)/status"), "get"),
    ("GET", re.compile(r"/[^/]+/[^/]+/requests/([^/]+)"), "result"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
    ("POST", re.compile(r"/[^/]+/[^/]+(?:/.+)?"), "create"),
]
_STATES = {"queued": "IN_QUEUE", "in_progress": "IN_PROGRESS"}
_SECONDS = re.compile(r"([1-9]\d{0,3})s?")


class Fal(JobHost):
    """The host."""

    name = "fal"
    key_prefix = "Key "
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_forgets = "queued"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON with a model's own words; the model stands in the path."""
        given = fields.values
        if fields.encoding != "json":
            raise RefusedError(415, "Expected request with `Content-Type: application/json`")
        values: dict[str, Any] = {"prompt": given.get("prompt"), "model": "/".join(fields.path.values())}
        values["size"] = size_of(given.get("resolution"), given.get("aspect_ratio"))
        seconds = _SECONDS.fullmatch(str(given.get("duration", "8s")))
        if seconds is None:
            raise RefusedError(422, "Input should be '4s', '6s' or '8s'", param="duration", code="enum")
        values["seconds"] = int(seconds[1])
        if isinstance(given.get("image_url"), str):
            values["input_reference"] = {"image_url": given["image_url"]}
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """The request's id, and where it is followed: the endpoint's path is not in the addresses."""
        return JSONResponse(self._links(shown) | {"status": "IN_QUEUE", "queue_position": 0})

    def fetched(self, shown: Shown) -> Response:
        """What has failed is completed as well: the result says so."""
        state = _STATES.get(shown.status, "COMPLETED")
        said: dict[str, Any] = {"status": state, **self._links(shown)}
        if state == "IN_QUEUE":
            return JSONResponse(said | {"queue_position": 0}, 202)
        if state == "IN_PROGRESS":
            return JSONResponse(said | {"logs": None}, 202)
        return JSONResponse(said | {"logs": None, "metrics": {}})

    def result(self, shown: Shown) -> Response:
        """The model's answer, or why there is none."""
        job = shown.job
        if shown.status in _STATES:
            raise RefusedError(400, "Request is still in progress")
        if shown.status == "failed":
            moderated = job.error_code == "moderation_blocked"
            kind = "content_policy_violation" if moderated else "generation_failed"
            raise RefusedError(422, job.error_message or "", code=kind, param="prompt")
        url = f"{shown.base}/files/{job.id}.mp4"
        video = {"url": url, "content_type": "video/mp4", "file_name": "output.mp4"}
        return JSONResponse({"video": video} if shown.done else {})

    def not_cancelled(self, shown: Shown) -> RefusedError | None:
        """Only what has ended stays."""
        return None if shown.status in _STATES else RefusedError(400, "ALREADY_COMPLETED")

    def cancelled(self, shown: Shown) -> Response:
        """A request to stop."""
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """One detail in words, or a list of them with their places where the model refused its input."""
        detail: object = refusal.message
        if refusal.code is not None:
            code = "content_policy_violation" if refusal.code == "moderation_blocked" else refusal.code
            place = ["body", refusal.param] if refusal.param else ["body"]
            detail = [{"loc": place, "msg": refusal.message, "type": code}]
        return JSONResponse({"detail": detail}, refusal.status, headers=refusal.headers)

    def _links(self, shown: Shown) -> dict[str, str]:
        app = "/".join(shown.job.model.split("/")[:2])
        url = f"{shown.base}/{app}/requests/{shown.job.id}"
        return {
            "request_id": shown.job.id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }
