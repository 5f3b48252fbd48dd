"""OpenRouter's own schema on the same path: `duration`, 202, addresses and cost in the body.

A create with `previous_job_id` goes on from that job: with a `duration` it extends it, without one it
edits it.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CONTENT, CREATE, GET, MODELS_MADE, Dialect, Paths
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.limits import SECONDS
from sorasync.preview.price_list import price
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Checks

_MODELS: Paths = {"models": (("GET", "/v1/videos/models"),)}
_STATUS = {"queued": "pending"}
_OFFERED = {
    "sora-2": ["1280x720", "720x1280"],
    "sora-2-pro": ["1280x720", "720x1280", "1920x1080", "1080x1920"],
}


class OpenRouter(Dialect):
    """The router."""

    name = "openrouter"
    checks = Checks(strict=False)
    paths = CREATE | _MODELS | GET | CONTENT
    poll_hint = False
    derives_by_create = True

    def new_id(self) -> str:
        """A generation's id."""
        return f"gen-vid-{secrets.token_hex(12)}"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON with the router's names, as the reference's."""
        given = fields.values
        if fields.encoding != "json":
            raise bad("Expected a JSON body.")
        if "model" not in given:
            raise bad("model: Required", "model")
        duration = given.get("duration")
        if duration is not None and not isinstance(duration, int):
            raise bad("duration: Expected number, received string", "duration")
        values: dict[str, Any] = {"prompt": given.get("prompt"), "model": given["model"]}
        values["size"] = given.get("size") or size_of(given.get("resolution"), given.get("aspect_ratio"))
        if duration is not None:
            values["seconds"] = duration
        if given.get("previous_job_id"):
            values["video"] = {"id": given["previous_job_id"]}
        frames = given.get("frame_images")
        if isinstance(frames, list) and frames and isinstance(frames[0], dict):
            values["input_reference"] = {"image_url": frames[0].get("image_url", {}).get("url")}
        return RequestFields("json", values | {name: given[name] for name in ("label",) if name in given})

    def job(self, shown: Shown) -> dict[str, Any]:
        """The router's job."""
        job = shown.job
        body: dict[str, Any] = {
            "id": job.id,
            "polling_url": f"{shown.base}/v1/videos/{job.id}",
            "status": _STATUS.get(shown.status, shown.status),
        }
        if shown.status == "failed" or (shown.status == "completed" and job.videoless):
            body["error"] = job.error_message or "failed"
        if shown.done:
            body["generation_id"] = f"gen-{job.id[-12:]}"
            body["unsigned_urls"] = [f"{shown.base}/v1/videos/{job.id}/content?index=0"]
            body["usage"] = {"cost": price(job.model, job.size, job.billed) / 1_000_000, "is_byok": False}
        return body

    def models(self) -> dict[str, Any]:
        """What the router says of each model: all of it is read by its SDKs."""
        return {"data": [_model(name, sizes) for name, sizes in _OFFERED.items()]}

    def created(self, shown: Shown) -> Response:
        """Accepted, not done."""
        return JSONResponse(self.job(shown), 202)

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """The code is the HTTP status, a number; what is flagged is a 403 that says which input."""
        status = refusal.status
        error: dict[str, Any] = {"code": status, "message": refusal.message}
        if refusal.code == "moderation_blocked":
            status = error["code"] = 403
            error["metadata"] = {"reasons": ["violence"], "flagged_input": "…", "provider_name": "preview"}
        return JSONResponse({"error": error}, status, headers=refusal.headers)

    def variant(self, asked: str | None) -> str:
        """An index of the outputs, of which there is one."""
        if asked in (None, "", "0"):
            return "video"
        raise RefusedError(404, "No output with that index")


def _model(name: str, sizes: list[str]) -> dict[str, Any]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": name,
        "created": MODELS_MADE,
        "description": "An animatic.",
        "hugging_face_id": None,
        "supported_sizes": sizes,
        "supported_resolutions": sorted({f"{min(map(int, size.split('x')))}p" for size in sizes}),
        "supported_aspect_ratios": ["16:9", "9:16"],
        "supported_durations": [int(seconds) for seconds in SECONDS],
        "supported_frame_images": ["first_frame"],
        "generate_audio": False,
        "seed": False,
        "creativity": None,
        "upscale_factor": None,
        "allowed_passthrough_parameters": [],
        "pricing_skus": {f"video_second_{size}": f"{price(name, size, 1) / 1_000_000:g}" for size in sizes},
    }
