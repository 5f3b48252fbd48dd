"""SGLang diffusion 0.5: plain UUIDs, whole seconds, `variant` is an output index, errors under `detail`."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CONTENT, CREATE, DELETE, GET, IMAGES, LIST, MODELS, Dialect
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError
from sorasync.preview.request_parsing import Checks


class SGLang(Dialect):
    """The diffusion server."""

    name = "sglang"
    checks = Checks(strict=False)
    paths = CREATE | LIST | GET | DELETE | CONTENT | MODELS | IMAGES
    poll_hint = False
    list_least = 1

    def new_id(self) -> str:
        """A UUID without a prefix."""
        return str(uuid.uuid4())

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """Extra objects are merged in; an image reference is text, never an object."""
        if fields.encoding == "form":
            raise RefusedError(400, "Invalid JSON body: prompt Field required")
        for name in ("extra_body", "extra_json", "extra_params"):
            extra = fields.values.pop(name, None)
            if isinstance(extra, dict):
                fields.values.update(extra)
        if isinstance(fields.values.get("input_reference"), dict):
            raise RefusedError(400, "input_reference: Input should be a valid string")
        self._check_seconds(fields)
        reference = fields.values.pop("input_reference", None) or fields.values.pop("reference_url", None)
        if isinstance(reference, str):
            fields.values["input_reference"] = {"image_url": reference}
        return fields

    def job(self, shown: Shown) -> dict[str, Any]:
        """No prompt, paths of the server's own, no expiry."""
        job = super().job(shown)
        for name in ("prompt", "expires_at", "remixed_from_video_id"):
            job.pop(name, None)
        done = shown.status == "completed"
        path = f"outputs/{shown.job.id}.mp4" if done else None
        return job | {
            "quality": "standard",
            "url": None,
            "urls": None,
            "file_path": path,
            "file_paths": [path] if path else None,
            "num_outputs": 1,
            "inference_time_s": 1.0 if done else None,
        }

    def job_error(self, shown: Shown) -> object:
        """A message without a code."""
        error = super().job_error(shown)
        return {"message": error["message"]} if isinstance(error, dict) else None

    def deleted(self, shown: Shown) -> dict[str, Any]:
        """The job itself, as deleted."""
        return self.job(shown) | {"status": "deleted"}

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A text under `detail`; a list for what the framework checks itself."""
        detail: object = refusal.message
        if refusal.status == 422:
            detail = [{"type": "value_error", "loc": ["body", refusal.param], "msg": refusal.message}]
        return JSONResponse({"detail": detail}, refusal.status, headers=refusal.headers)

    def unrouted(self, status: int, method: str, path: str) -> Response:
        """The web framework's own form."""
        return JSONResponse({"detail": "Not Found" if status == 404 else "Method Not Allowed"}, status)

    def unauthorised(self) -> Response:
        """The server itself knows no keys; a proxy in front of it answers like this."""
        return JSONResponse({"detail": "Unauthorized"}, 401)

    def variant(self, asked: str | None) -> str:
        """An index of the outputs, of which there is one."""
        if asked in (None, "", "0"):
            return "video"
        raise RefusedError(404, f"Video variant {asked} not found")

    def not_ready(self, shown: Shown) -> RefusedError:
        """404 in both cases."""
        return RefusedError(404, "Generation is still in-progress")

    def _check_seconds(self, fields: RequestFields) -> None:
        seconds = fields.values.get("seconds")
        if seconds is None or isinstance(seconds, int) or (isinstance(seconds, str) and seconds.isdecimal()):
            return
        status = 422 if fields.encoding == "multipart" else 400
        raise RefusedError(status, "Input should be a valid integer", param="seconds")
