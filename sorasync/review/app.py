"""The page as an ASGI application: what it shows, and what it may write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sorasync.errors import SorasyncError
from sorasync.library_file import read_file
from sorasync.review.choices import Choices
from sorasync.review.clip_view import clip_json, references_in, with_rates
from sorasync.review.library_view import PICTURE_TYPES
from sorasync.review.live_library import LiveLibrary, faults
from sorasync.review.media import file_response
from sorasync.review.money_view import money_json
from sorasync.review.page_apply import PageApply
from sorasync.review.page_files import SCRIPTS, STATIC, STYLES
from sorasync.review.security import Doorkeeper, OnlyOurs

_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_BODY_BYTES = 64 << 10
# Seconds after which a quiet stream of events says that it is still there.
_ALIVE = 20.0


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What the page may do besides looking."""

    read_only: bool = False
    allow_apply: bool = False


def create_app(live: LiveLibrary, keeper: Doorkeeper, options: PageOptions) -> Starlette:
    """The application over one library."""
    pages = _Pages(live, options)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await live.start()
        pages.loop = asyncio.get_running_loop()
        yield
        pages.closing = True
        await asyncio.to_thread(pages.apply_run.close)
        await live.stop()

    return Starlette(
        routes=pages.routes(),
        middleware=[Middleware(OnlyOurs, keeper)],
        exception_handlers={SorasyncError: _refused, HTTPException: _plain},
        lifespan=lifespan,
    )


class _Pages:
    def __init__(self, live: LiveLibrary, options: PageOptions) -> None:
        self._live = live
        self._options = options
        self._choices = Choices(live.project)
        # Pictures that are made at a time: a page asks for dozens at once.
        self._posters = asyncio.Semaphore(2)
        self.closing = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self.apply_run = PageApply(live.project, self._apply_ended)
        names = ("page.html", "icon.svg", STYLES, *SCRIPTS)
        self._static = {name: read_file(STATIC / name, within=None) for name in names}

    def routes(self) -> list[Route]:
        """Every address that there is."""
        looks: dict[str, Callable[..., Any]] = {
            "/": self.page,
            "/static/{name}": self.static,
            "/api/library": self.library,
            "/api/clip": self.clip,
            "/api/money": self.money,
            "/api/pick-cost": self.pick_cost,
            "/api/diff": self.diff,
            "/api/events": self.events,
            "/video/{digest}": self.video,
            "/picture/{digest}": self.picture,
            "/poster/{digest}": self.poster,
        }
        writes = {
            "/api/pick": self.pick,
            "/api/reject": self.reject,
            "/api/note": self.note,
            "/api/undo": self.undo,
            **({"/api/apply": self.apply, "/api/stop": self.stop} if self._options.allow_apply else {}),
        }
        return [
            *(Route(path, handler, methods=["GET"]) for path, handler in looks.items()),
            *(Route(path, handler, methods=["POST"]) for path, handler in writes.items()),
        ]

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return self._file("page.html")

    async def static(self, request: Request) -> Response:
        """A script or the styles."""
        name = request.path_params["name"]
        if name not in self._static:
            raise HTTPException(404)
        return self._file(name)

    def _file(self, name: str) -> Response:
        kind = _TYPES[Path(name).suffix]
        return Response(self._static[name], media_type=kind, headers={"cache-control": "no-cache"})

    async def library(self, request: Request) -> Response:
        """The overview, with what this session may do."""
        about = {"version": self._live.version, "user": request.scope["user"]}
        about |= {"writable": not self._options.read_only}
        about |= {"apply": self.apply_run.about() if self._options.allow_apply else None}
        head = json.dumps(about).encode()
        body = self._live.overview
        joined = head[:-1] + b"," + body[1:] if len(body) > 2 else head
        return Response(joined, media_type="application/json", headers=_FRESH)

    async def clip(self, request: Request) -> Response:
        """One clip."""
        name = request.query_params.get("name", "")
        live = self._live

        def look() -> dict[str, Any]:
            with live.project().synced_store() as store:
                shown = clip_json(live.snapshot, store, name)
            live.media.references |= references_in(live.snapshot, shown)
            return with_rates(shown, live.media)

        return _json(await live.run(look))

    async def money(self, request: Request) -> Response:
        """The plan, and what was spent."""
        live = self._live

        def look() -> dict[str, Any]:
            project = live.project()
            with project.synced_store() as store:
                return money_json(project, live.snapshot, store)

        return _json(await live.run(look))

    async def pick_cost(self, request: Request) -> Response:
        """What a pick would cost; nothing is written."""
        clip = request.query_params.get("clip", "")
        take = _take(request.query_params.get("take"))
        return _json(await self._live.run(lambda: self._choices.pick_cost(clip, take)))

    async def diff(self, request: Request) -> Response:
        """What was chosen since the last commit."""
        return _json({"diff": await self._live.run(self._choices.diff)})

    async def events(self, request: Request) -> Response:
        """A stream that says when to look again."""
        live = self._live

        async def stream() -> AsyncIterator[str]:
            seen = -1
            while not self.closing:
                if live.version != seen:
                    seen = live.version
                    yield f"event: changed\ndata: {seen}\n\n"
                else:
                    yield ": here\n\n"
                await live.wait(seen, _ALIVE)

        return StreamingResponse(stream(), media_type="text/event-stream", headers=_FRESH)

    async def video(self, request: Request) -> Response:
        """A video, or a part of it."""
        media, digest = self._live.media, request.path_params["digest"]
        file = await asyncio.to_thread(media.video, digest)
        if file is None:
            raise HTTPException(404)
        return file_response(file, request.headers.get("range"), media.video_type(digest))

    async def picture(self, request: Request) -> Response:
        """A still as it came."""
        found = await asyncio.to_thread(self._live.media.picture, request.path_params["digest"])
        if found is None:
            raise HTTPException(404)
        data, ending = found
        return Response(data, media_type=PICTURE_TYPES[ending], headers=_FOR_GOOD)

    async def poster(self, request: Request) -> Response:
        """A picture of a video."""
        async with self._posters:
            picture = await asyncio.to_thread(self._live.media.poster, request.path_params["digest"])
        if picture is None:
            raise HTTPException(404)
        return Response(picture, media_type="image/webp", headers=_FOR_GOOD)

    async def pick(self, request: Request) -> Response:
        """Pick a take, or none."""
        given, user = await self._given(request), request.scope["user"]
        clip, take = str(given.get("clip", "")), given.get("take")
        if take is not None and (not isinstance(take, int) or isinstance(take, bool)):
            raise HTTPException(400)
        return await self._done(lambda: self._choices.pick(clip, take, user))

    async def reject(self, request: Request) -> Response:
        """Reject a take, or take that back."""
        given, user = await self._given(request), request.scope["user"]
        address, key, reason = str(given.get("on", "")), str(given.get("key", "")), given.get("reason")
        return await self._done(lambda: self._choices.reject(address, key, reason, user))

    async def note(self, request: Request) -> Response:
        """Write a note, or change one."""
        given, user = await self._given(request), request.scope["user"]
        note_id = given.get("id")
        if isinstance(note_id, str):
            return await self._done(lambda: self._choices.change_note(note_id, given, user))
        return await self._done(lambda: {"id": self._choices.add_note(given, user)})

    async def undo(self, request: Request) -> Response:
        """Take back the last choice of who asks."""
        await self._given(request)
        user = request.scope["user"]
        return await self._done(lambda: {"undone": self._choices.undo(user)})

    async def apply(self, request: Request) -> Response:
        """Apply the plan of a token."""
        given = await self._given(request)
        token, amount = str(given.get("token", "")), given.get("amount")
        return await self._done(lambda: self.apply_run.start(token, amount))

    async def stop(self, request: Request) -> Response:
        """Stop the apply that was started here, as Ctrl-C does."""
        await self._given(request)
        return await self._done(self.apply_run.stop)

    def _apply_ended(self) -> None:
        if self.loop is not None and not self.closing:
            self.loop.call_soon_threadsafe(self._live.bump)

    async def _given(self, request: Request) -> dict[str, Any]:
        """The JSON object that came. Raises `HTTPException` for anything else, and for who may only look."""
        if self._options.read_only:
            raise HTTPException(403, "this page is read-only")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(415)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _BODY_BYTES:
                raise HTTPException(413)
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            raise HTTPException(400) from None
        if not isinstance(given, dict):
            raise HTTPException(400)
        return given

    async def _done(self, work: Callable[[], dict[str, Any] | None]) -> Response:
        result = await self._live.run(work)
        await self._live.refresh()
        return _json(result or {})


_FRESH = {"cache-control": "no-store"}
_FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}


def _json(data: dict[str, Any]) -> Response:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(body, media_type="application/json", headers=_FRESH)


def _take(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 4:
        raise HTTPException(400)
    return int(text)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SorasyncError)
    return JSONResponse({"error": "; ".join(faults(error)), "hint": error.hint}, 409, headers=_FRESH)


async def _plain(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "error"
    return PlainTextResponse(f"{detail}\n", status, headers=_FRESH)
