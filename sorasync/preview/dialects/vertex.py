"""Vertex AI's Veo: operations of a project and a location, with the file in the answer."""

from __future__ import annotations

import base64
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields, read_fields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad

_MODEL = "/{version}/projects/{project}/locations/{location}/publishers/google/models/{model}"
_PATHS: Paths = {
    "create": (("POST", f"{_MODEL}:predictLongRunning"),),
    "get": (("POST", f"{_MODEL}:fetchPredictOperation"),),
}
_BEFORE = r"/[^/]+/projects/[^/]+/locations/[^/]+/publishers/google/models/[^/]+:"
_ROUTES = [
    ("POST", re.compile(f"{_BEFORE}predictLongRunning"), "create"),
    ("POST", re.compile(f"{_BEFORE}fetchPredictOperation"), "get"),
]
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class Vertex(JobHost):
    """The host."""

    name = "vertex"
    paths = _PATHS
    routes = _ROUTES
    answer_holds_file = True

    async def asked_for(self, request: Request) -> str:
        """An operation is named in the body."""
        return str((await read_fields(request)).values.get("operationName", ""))

    def id_in(self, job_id: str) -> str:
        """The last part of an operation's name."""
        return job_id.rpartition("/")[2]

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """One instance, and parameters."""
        instances, given = fields.values.get("instances"), fields.values.get("parameters", {})
        if not isinstance(instances, list) or len(instances) != 1 or not isinstance(given, dict):
            raise bad("Request contains an invalid argument: instances", "instances")
        seconds = given.get("durationSeconds", 8)
        if not isinstance(seconds, int):
            raise bad("durationSeconds must be an integer", "durationSeconds")
        values: dict[str, Any] = {
            "prompt": instances[0].get("prompt"),
            "model": fields.path["model"],
            "size": size_of(given.get("resolution"), given.get("aspectRatio")),
            "seconds": seconds,
        }
        if isinstance(image := instances[0].get("image"), dict):
            url = f"data:{image.get('mimeType')};base64,{image.get('bytesBase64Encoded')}"
            values["input_reference"] = {"image_url": url}
        return RequestFields("json", values)

    def created(self, shown: Shown) -> Response:
        """The operation's name."""
        return JSONResponse({"name": self._named(shown)})

    def fetched(self, shown: Shown) -> Response:
        """The operation: without `done` while it runs."""
        job, said = shown.job, {"name": self._named(shown)}
        if shown.status in ("queued", "in_progress"):
            return JSONResponse(said)
        done: dict[str, Any] = {**said, "done": True}
        if shown.video is not None:
            video = {"bytesBase64Encoded": base64.b64encode(shown.video).decode(), "mimeType": "video/mp4"}
            return JSONResponse(done | {"response": {"raiMediaFilteredCount": 0, "videos": [video]}})
        if job.error_code == "moderation_blocked":
            reasons = [job.error_message or "The prompt was filtered."]
            response = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": reasons}
            return JSONResponse(done | {"response": response})
        if shown.status == "completed":
            return JSONResponse(done | {"response": {"raiMediaFilteredCount": 0}})
        return JSONResponse(done | {"error": {"code": 13, "message": job.error_message or "Internal error."}})

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A status in words."""
        status = _STATUSES.get(refusal.status, "INTERNAL")
        error = {"code": refusal.status, "message": refusal.message, "status": status}
        return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)

    def _named(self, shown: Shown) -> str:
        model = f"publishers/google/models/{shown.job.model}"
        return f"projects/preview/locations/us-central1/{model}/operations/{shown.job.id}"
