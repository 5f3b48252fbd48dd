"""NVIDIA Dynamo 1.6: JSON, one answer when the video is done, which contains it; jobs are not kept."""

from __future__ import annotations

import base64
import uuid
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CREATE, MODELS, Dialect, Paths
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Checks

_FILES: Paths = {"content": (("GET", "/v1/assets/{id}"),)}
_USUAL_SIZE = "832x480"
_READ = ("prompt", "model", "response_format", "label")


class Dynamo(Dialect):
    """The frontend with one worker behind it."""

    name = "dynamo"
    checks = Checks(strict=False)
    paths = CREATE | _FILES | MODELS
    poll_hint = False
    synchronous = True

    def new_id(self) -> str:
        """A UUID."""
        return str(uuid.uuid4())

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """JSON, whole seconds, a first frame as plain text; the rest is passed to the worker unread."""
        given = fields.values
        if fields.encoding != "json":
            raise RefusedError(415, "Expected request with `Content-Type: application/json`")
        for name in ("prompt", "model"):
            if not isinstance(given.get(name), str):
                raise bad(f"missing field `{name}`", name)
        seconds = given.get("seconds", 4)
        if not isinstance(seconds, int) or isinstance(seconds, bool):
            raise bad(f'invalid type: string "{seconds}", expected i32', "seconds")
        values = {name: given[name] for name in _READ if name in given}
        values |= {"seconds": seconds, "size": given.get("size") or _USUAL_SIZE}
        if (reference := given.get("input_reference")) is not None:
            if not isinstance(reference, str):
                raise bad("invalid type: map, expected a string", "input_reference")
            values["input_reference"] = {"image_url": reference}
        return RequestFields("json", values)

    def finished(self, shown: Shown, video: bytes | None) -> Response:
        """200 with the video, its address, or why there is none."""
        job = shown.job
        data: list[dict[str, Any]] = []
        if shown.done:
            form = {"url": f"{shown.base}/v1/assets/{job.id}.mp4"}
            if video is not None:
                form = {"b64_json": base64.b64encode(video).decode("ascii")}
            data = [{"output_format": "mp4", "fps": 24} | form]
        failed = shown.status != "completed"
        return JSONResponse(
            {
                "id": job.id,
                "object": "video",
                "model": job.model,
                "status": "failed" if failed else "completed",
                "progress": 100,
                "created": int(job.created),
                "data": data,
                "error": (job.error_message or shown.status) if failed else None,
                "inference_time_s": 1.0,
            }
        )

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """Without a wrapper; the code is the status, a number."""
        kind = HTTPStatus(refusal.status).phrase
        body = {"message": refusal.message, "type": kind, "code": refusal.status}
        return JSONResponse(body, refusal.status, headers=refusal.headers)
