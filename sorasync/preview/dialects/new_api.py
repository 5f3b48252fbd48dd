"""new-api, the gateway behind many resellers: create, get, content and remix, errors without a wrapper."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CONTENT, CREATE, GET, IMAGES, MODELS, REMIX, Dialect
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError
from sorasync.preview.request_parsing import Checks


class NewApi(Dialect):
    """The gateway."""

    name = "new-api"
    checks = Checks(strict=False)
    paths = CREATE | GET | CONTENT | REMIX | MODELS | IMAGES
    poll_hint = False

    def new_id(self) -> str:
        """A task's id."""
        return f"task_{secrets.token_hex(16)}"

    def job(self, shown: Shown) -> dict[str, Any]:
        """Empty fields are left out; the id stands there twice."""
        job = super().job(shown)
        del job["prompt"], job["remixed_from_video_id"]
        job = {name: value for name, value in job.items() if value is not None}
        metadata = {"url": f"{shown.base}/v1/videos/{shown.job.id}/content"} if shown.done else {}
        return job | {"task_id": shown.job.id, "metadata": metadata}

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """Without a wrapper, except on the content route; a task that is not there is a bad request."""
        if route == "content":
            body: dict[str, Any] = {"error": {"message": refusal.message, "type": refusal.kind}}
        elif (refusal.status, refusal.code) == (404, "not_found"):
            body = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
            return JSONResponse(body, 400, headers=refusal.headers)
        else:
            body = {"code": refusal.code or "fail_to_fetch_task", "message": refusal.message, "data": None}
        return JSONResponse(body, refusal.status, headers=refusal.headers)

    def variant(self, asked: str | None) -> str:
        """Only the video is passed on."""
        return "video"

    def not_ready(self, shown: Shown) -> RefusedError:
        """400, whatever the reason."""
        return RefusedError(400, f"Task is not completed yet, current status: {shown.status.upper()}")
