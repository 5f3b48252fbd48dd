"""Rapid-MLX 0.16: forms only, 409 while a render runs, 410 when its file is gone, the newest 100 jobs."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import CONTENT, CREATE, DELETE, GET, LIST, MODELS, Dialect, Paths
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Checks

_EXTEND: Paths = {"extend": (("POST", "/v1/videos/extend"),)}
_FRAMES_A_SECOND = 24
_MOST_PIXEL_FRAMES = 768 * 512 * 97
_SIZES = ("1280x720", "720x1280")
_LONGEST_PROMPT = 4096


class RapidMlx(Dialect):
    """The server with LTX-2.5, the model that can extend a video."""

    name = "rapid-mlx"
    checks = Checks(strict=False)
    paths = CREATE | _EXTEND | LIST | GET | DELETE | CONTENT | MODELS
    poll_hint = False
    ranges = False
    cursors = False
    list_least = 1
    most_jobs = 100

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """Forms, within the server's limits; an extension's length is in frames."""
        given = fields.values
        prompt = given.get("prompt")
        if fields.encoding == "json" or not isinstance(prompt, str):
            raise RefusedError(422, "Field required", param="prompt")
        if len(prompt) > _LONGEST_PROMPT:
            raise RefusedError(422, "String should have at most 4096 characters", param="prompt")
        if route == "extend":
            if "input_video" not in fields.files:
                raise RefusedError(422, "Field required", param="input_video")
            given["seconds"] = str(_whole_seconds(given.pop("extend_frames", None)))
            fields.files["video"] = fields.files.pop("input_video")
            return fields
        seconds, size = str(given.setdefault("seconds", "4")), str(given.setdefault("size", "768x512"))
        if not seconds.isdecimal() or not 1 <= int(seconds) <= 20:
            raise bad("seconds must be between 1 and 20", "seconds")
        _check_size(size, int(seconds))
        return fields

    def new_id(self) -> str:
        """As the reference's."""
        return f"video_{secrets.token_hex(16)}"

    def job(self, shown: Shown) -> dict[str, Any]:
        """The reference's fields without an expiry, with frames."""
        job = super().job(shown)
        for name in ("expires_at", "remixed_from_video_id"):
            job.pop(name, None)
        return job | {"frames": shown.job.seconds * _FRAMES_A_SECOND + 1, "fps": _FRAMES_A_SECOND}

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """The newest jobs, and no way to ask for older ones."""
        return {"object": "list", "data": [self.job(shown) for shown in page]}

    def kept(self, shown: Shown) -> RefusedError | None:
        """A render that runs cannot be deleted."""
        running = shown.status == "in_progress"
        return RefusedError(409, "video generation is in progress") if running else None

    def deleted(self, shown: Shown) -> dict[str, Any]:
        """The job as it was, with a mark."""
        return self.job(shown) | {"deleted": True}

    def variant(self, asked: str | None) -> str:
        """Variants are not looked at."""
        return "video"

    def not_ready(self, shown: Shown) -> RefusedError:
        """409, whether it will be ready or not."""
        return RefusedError(409, "video is not completed")

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """A text under `detail`; a list for what the framework checks itself. A file that is gone is 410."""
        status, detail = refusal.status, refusal.message
        if refusal.code == "asset_expired":
            status, detail = 410, "video content has expired"
        faults = [{"type": "missing", "loc": ["body", refusal.param], "msg": detail}]
        body = {"detail": faults if status == 422 else detail}
        return JSONResponse(body, status, headers=refusal.headers)

    def unrouted(self, status: int, method: str, path: str) -> Response:
        """The web framework's own form."""
        return JSONResponse({"detail": "Not Found" if status == 404 else "Method Not Allowed"}, status)

    def unauthorised(self) -> Response:
        """A text under `detail`."""
        return JSONResponse({"detail": "Invalid API key"}, 401)


def _check_size(size: str, seconds: int) -> None:
    wide, _, high = size.partition("x")
    if not (wide.isdecimal() and high.isdecimal()):
        raise bad("size must be WIDTHxHEIGHT", "size")
    sides = int(wide), int(high)
    fits = all(256 <= side <= 1920 and (size in _SIZES or side % 64 == 0) for side in sides)
    if not fits:
        message = "video width/height must be 256..1920 and divisible by 64, or use 1280x720 / 720x1280"
        raise bad(message, "size")
    across, down = (-(-side // 64) * 64 for side in sides)
    if across * down * (seconds * _FRAMES_A_SECOND + 1) > _MOST_PIXEL_FRAMES:
        raise bad("requested video exceeds the safe workload limit; reduce size or duration", "size")


def _whole_seconds(frames: object) -> int:
    text = str(frames)
    if not text.isdecimal() or not 8 <= int(text) <= 48 or int(text) % 8:
        raise bad("extend_frames must be 8, 16, 24, 32, 40, or 48", "extend_frames")
    return max(1, int(text) // _FRAMES_A_SECOND)
