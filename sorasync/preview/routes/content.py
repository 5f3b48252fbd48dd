"""The files of a job."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sorasync.preview.faults.middleware import rule_for
from sorasync.preview.model import PreviewJob
from sorasync.preview.refusal import RefusedError, missing
from sorasync.preview.request_parsing import Picture
from sorasync.preview.server import Server

_TYPES = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
_ENDINGS = {"video": "mp4", "thumbnail": "webp", "spritesheet": "jpg"}


class ContentRoutes:
    """Handlers over one server, in its dialect."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def content(self, request: Request) -> Response:
        """The video, thumbnail or spritesheet, whole or in part."""
        dialect = self._server.dialect
        named = request.path_params.get("id") or request.query_params.get("filename", "")
        asked = named.removesuffix(".mp4").removesuffix(".png")
        variant = dialect.variant(request.query_params.get("variant", request.query_params.get("index")))
        job = self._server.jobs.get(dialect.id_in(asked))
        if job is None:
            raise missing("Video", asked)
        if rule_for(request, "expire"):
            self._server.jobs.expire(job.id, self._server.now())
            raise expired(asked)
        self._check(job, asked)
        if rule_for(request, "mp4_for_thumbnail"):
            variant = "video"
        return await self._answer(request, job, variant)

    def _check(self, job: PreviewJob, asked: str) -> None:
        shown = self._server.show(job)
        if not shown.done:
            raise self._server.dialect.not_ready(shown)
        if job.expires is not None and self._server.now() >= job.expires:
            self._server.places.remove_job(job.id)
            raise expired(asked)

    async def _answer(self, request: Request, job: PreviewJob, variant: str) -> Response:
        if self._server.dialect.is_picture(job):
            wanted = Picture(job.prompt, job.model, job.size, label=job.label)
            drawn = await asyncio.to_thread(self._server.draw_picture, wanted, ())
            return Response(drawn, media_type="image/png")
        path = await self._path(job, variant)
        if not self._server.dialect.ranges:
            request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"range"]
        answer = FileResponse(path, media_type=_TYPES[variant], filename=f"{job.id}.{_ENDINGS[variant]}")
        answer.set_stat_headers(path.stat())
        if request.headers.get("if-none-match") == answer.headers["etag"]:
            return Response(status_code=304, headers={"etag": answer.headers["etag"]})
        return answer

    async def _path(self, job: PreviewJob, variant: str) -> Path:
        places, draw = self._server.places, self._server.settings.draw
        path = places.make_tiny(job)
        if variant == "video":
            return path
        return await asyncio.to_thread(places.make_picture, job, variant, draw=draw)


def expired(job_id: str) -> RefusedError:
    """The refusal of a file whose time is over."""
    return RefusedError(404, f"The assets of video '{job_id}' have expired.", code="asset_expired")
