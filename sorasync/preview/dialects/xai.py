"""xAI's Grok Imagine: its own routes, an empty 202 while pending, the video's address in the body."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import GET, MODELS, Dialect, Paths
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.price_list import price
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Checks

_PATHS: Paths = {
    "create": (("POST", "/v1/videos/generations"),),
    "extend": (("POST", "/v1/videos/extensions"),),
    "edit": (("POST", "/v1/videos/edits"),),
    "content": (("GET", "/v1/assets/{id}"),),
}
_TICKS_A_MICRODOLLAR = 10_000
_LONGEST = {"create": 15, "extend": 10}
_USUAL = {"create": 8, "extend": 6}


class Xai(Dialect):
    """The host."""

    name = "xai"
    checks = Checks(strict=False)
    paths = _PATHS | GET | MODELS
    poll_hint = False

    def new_id(self) -> str:
        """A request's id."""
        return str(uuid.uuid4())

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON with the host's names, as the reference's."""
        given = fields.values
        if fields.encoding != "json":
            raise RefusedError(415, "Expected request with `Content-Type: application/json`")
        values: dict[str, Any] = {"prompt": given.get("prompt"), "model": given.get("model")}
        if route in _LONGEST:
            values["seconds"] = self._duration(given.get("duration"), route)
        if route == "create":
            values["size"] = size_of(given.get("resolution"), given.get("aspect_ratio"))
            if isinstance(given.get("image"), dict):
                values["input_reference"] = {"image_url": given["image"].get("url")}
        else:
            values["video"] = {"id": self._source(given.get("video"))}
        return RequestFields("json", values | {name: given[name] for name in ("label",) if name in given})

    def created(self, shown: Shown) -> Response:
        """Only a number to ask with."""
        return JSONResponse({"request_id": shown.job.id})

    def fetched(self, shown: Shown) -> Response:
        """202 while it is pending, without a body until it has begun."""
        if shown.status == "queued":
            return Response(status_code=202)
        return JSONResponse(self.job(shown), 202 if shown.status == "in_progress" else 200)

    def job(self, shown: Shown) -> dict[str, Any]:
        """The host's words; what was blocked is done, but without respect."""
        job = shown.job
        blocked = job.error_code == "moderation_blocked" and shown.status in ("failed", "completed")
        if shown.done or blocked:
            ticks = price(job.model, job.size, job.billed) * _TICKS_A_MICRODOLLAR
            url = None if blocked else f"{shown.base}/v1/assets/{job.id}.mp4"
            video = {"url": url, "duration": job.seconds, "respect_moderation": not blocked}
            usage = {"cost_in_usd_ticks": ticks}
            return {"status": "done", "progress": 100, "model": job.model, "video": video, "usage": usage}
        if shown.status == "failed":
            return {"status": "failed", "error": {"code": "internal_error", "message": job.error_message}}
        if shown.status == "expired":
            return {"status": "expired"}
        return {"status": "pending", "progress": shown.progress}

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """Code and text side by side."""
        body = {"code": refusal.code or "Client specified an invalid argument", "error": refusal.message}
        return JSONResponse(body, refusal.status, headers=refusal.headers)

    def _duration(self, value: object, route: str) -> int:
        seconds = _USUAL[route] if value is None else value
        if not isinstance(seconds, int) or not 1 <= seconds <= _LONGEST[route]:
            raise bad(f"duration must be between 1 and {_LONGEST[route]}", "duration")
        return seconds

    def _source(self, video: object) -> str:
        url = video.get("url") if isinstance(video, dict) else None
        if not isinstance(url, str) or "/v1/assets/" not in url:
            raise bad("video.url must be the address of a generated video", "video")
        return url.rsplit("/", 1)[1].removesuffix(".mp4")
