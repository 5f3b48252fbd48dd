"""Comfy API v2: workflows as jobs. A second request with a key is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.comfyui import rendered_by
from sorasync.preview.dialects.job_host import JobHost
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError

_PATHS: Paths = {
    "create": (("POST", "/api/v2/jobs"),),
    "upload": (("POST", "/api/v2/assets"),),
    "list": (("GET", "/api/v2/jobs"),),
    "get": (("GET", "/api/v2/jobs/{id}"),),
    "content": (("GET", "/files/{id}"), ("GET", "/api/v2/assets/{id}/content")),
    "cancel": (("POST", "/api/v2/jobs/{id}/cancel"),),
}
_ROUTES = [
    ("POST", re.compile(r"/api/v2/jobs/([^/]+)/cancel"), "cancel"),
    ("POST", re.compile(r"/api/v2/jobs"), "create"),
    ("POST", re.compile(r"/api/v2/assets"), "upload"),
    ("GET", re.compile(r"/api/v2/jobs"), "list"),
    ("GET", re.compile(r"/api/v2/jobs/([^/]+)"), "get"),
    ("GET", re.compile(r"/files/([^/]+)"), "content"),
    ("GET", re.compile(r"/api/v2/assets/([^/]+)/content"), "content"),
]
_STATES = {"in_progress": "running", "completed": "succeeded", "cancelled": "canceled"}
_KEPT_SECONDS = 86_400
_LABEL = "sorasync"


class ComfyApi(JobHost):
    """The host."""

    name = "comfy-api"
    open_paths = ("/files/",)
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "begun"
    repeated_key = "refused"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """What a graph would render; of its labels the one that sorasync gives."""
        metadata = fields.values.get("metadata")
        label = metadata.get(_LABEL) if isinstance(metadata, dict) else None
        labelled = {"label": label} if isinstance(label, str) else {}
        return RequestFields("json", rendered_by(fields.values.get("workflow")) | labelled)

    def created(self, shown: Shown) -> Response:
        """A job that waits."""
        return JSONResponse(self.job(shown), 201)

    def job(self, shown: Shown) -> dict[str, Any]:
        """A job, with its outputs."""
        job = shown.job
        url = f"/api/v2/jobs/{job.id}"
        running = shown.status == "in_progress"
        failed = shown.status == "failed"
        return {
            "id": job.id,
            "status": _STATES.get(shown.status, shown.status),
            "created_at": _time(job.created),
            "started_at": _time(job.started),
            "completed_at": _time(job.completed),
            "expires_at": _time(job.created + _KEPT_SECONDS),
            "queue_position": 0 if shown.status == "queued" else None,
            "progress": {"value": shown.progress / 100, "nodes_done": 0, "nodes_total": 1}
            if running
            else None,
            "outputs": [self._output(shown)] if shown.done else [],
            "error": {"code": _code_of(job.error_code), "message": job.error_message} if failed else None,
            "metrics": {},
            "metadata": {_LABEL: job.label} if job.label else {},
            "urls": {"self": url, "events": f"{url}/events", "cancel": f"{url}/cancel"},
        }

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """A page, newest first."""
        leads_on = {"next_cursor": page[-1].job.id} if page and more else {}
        return {"jobs": [self.job(shown) for shown in page], **leads_on}

    def uploaded(self, name: str) -> dict[str, Any]:
        """An asset."""
        return {"id": name, "file_path": name, "created_new": True, "hash": None}

    def cancelled(self, shown: Shown) -> Response:
        """The job."""
        return JSONResponse(self.job(shown))

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A code and its words."""
        code = _code_of(refusal.code) if refusal.code else "invalid_workflow"
        error = {"code": code, "message": refusal.message}
        return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)

    def _output(self, shown: Shown) -> dict[str, Any]:
        job = shown.job
        kind, ending = ("image", "png") if self.is_picture(job) else ("video", "mp4")
        return {
            "node_id": "9",
            "name": f"{job.id}.{ending}",
            "type": kind,
            "content_type": f"{kind}/{ending}",
            "size_bytes": 0,
            "id": job.id,
            "hash": None,
            "url": f"{shown.base}/files/{job.id}.{ending}",
            "url_expires_at": _time(job.created + _KEPT_SECONDS),
            "job_id": job.id,
        }


def _code_of(code: str | None) -> str:
    """Workflows that fail say at which node; what they may not show is one of the partner's codes."""
    return "content_policy_violation" if code == "moderation_blocked" else code or "node_execution_error"


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
