"""vLLM-Omni 0.30: forms only, a failed job is an HTTP error, the content route knows no variants."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CONTENT, CREATE, DELETE, GET, IMAGES, LIST, MODELS, Dialect
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Checks

_TYPES = {400: "BadRequestError", 404: "NotFoundError", 422: "UnprocessableEntityError"}


class VllmOmni(Dialect):
    """The engine's own server. Every file is sent as an MP4; progress is 0 or 100."""

    name = "vllm-omni"
    checks = Checks(strict=False)
    paths = CREATE | LIST | GET | DELETE | CONTENT | MODELS | IMAGES
    poll_hint = False
    list_default = 100

    def new_id(self) -> str:
        """An id with the engine's prefix."""
        return f"video_gen_{secrets.token_hex(16)}"

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON is not read at all; image references come under a name of their own."""
        if fields.encoding == "json":
            raise bad("[{'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required'}]", "prompt")
        if "image_reference" in fields.values:
            if "input_reference" in fields.files:
                raise bad("input_reference and image_reference cannot be combined.")
            fields.values["input_reference"] = fields.values.pop("image_reference")
        return fields

    def job(self, shown: Shown) -> dict[str, Any]:
        """The reference's fields and the engine's own."""
        done = shown.status == "completed"
        return super().job(shown) | {
            "progress": 100 if done else 0,
            "expires_at": None,
            "media_type": "video/mp4" if done else None,
            "file_name": f"{shown.job.id}.mp4" if done else None,
            "duration_s": float(shown.job.seconds) if done else None,
            "inference_time_s": 1.0 if done else None,
        }

    def fetched(self, shown: Shown) -> Response:
        """A failed job answers with its own error code as the HTTP status, the job as the body."""
        status = 200
        if shown.status == "failed":
            status = 400 if shown.job.error_code == "moderation_blocked" else 500
        return JSONResponse(self.job(shown), status)

    def job_error(self, shown: Shown) -> object:
        """The code is the HTTP status."""
        error = super().job_error(shown)
        if isinstance(error, dict):
            code = 400 if error["code"] == "moderation_blocked" else 500
            return {"code": code, "message": error["message"]}
        return error

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """The code is the HTTP status, a number."""
        error = {
            "message": refusal.message,
            "type": _TYPES.get(refusal.status, "InternalServerError"),
            "param": refusal.param,
            "code": refusal.status,
        }
        return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)

    def unrouted(self, status: int, method: str, path: str) -> Response:
        """The web framework's own form."""
        return JSONResponse({"detail": "Not Found" if status == 404 else "Method Not Allowed"}, status)

    def unauthorised(self) -> Response:
        """A text where others have an object."""
        return JSONResponse({"error": "Unauthorized"}, 401)

    def variant(self, asked: str | None) -> str:
        """Whatever is asked for, the video is sent."""
        return "video"

    def not_ready(self, shown: Shown) -> RefusedError:
        """404 while it runs, 422 when it failed."""
        if shown.status in ("queued", "in_progress"):
            return RefusedError(404, "Generation is still in-progress")
        return RefusedError(422, "Video generation failed")
