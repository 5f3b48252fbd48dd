"""What the tests of the preview server share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.server import Server


class Ticking:
    """A clock that moves only when it is told to, or slept on."""

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Preview:
    """A server and a client of it."""

    http: httpx.AsyncClient
    server: Server
    clock: Ticking

    async def create(self, prompt: str = "a pier at dawn", **fields: Any) -> dict[str, Any]:
        answer = await self.http.post("/videos", json={"prompt": prompt, **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def completed(self, prompt: str = "a pier at dawn", **fields: Any) -> dict[str, Any]:
        job = await self.create(prompt, **fields)
        return await self.get(job["id"])

    async def get(self, job_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/videos/{job_id}")
        return dict(answer.json())

    async def finished(self, *job_ids: str) -> bool:
        """Whether none of the jobs is under way any more."""
        return all([(await self.get(job))["status"] in ("completed", "failed") for job in job_ids])

    async def draws(self) -> bool:
        """Whether a drawing has begun."""
        return bool(self.server.renderer.progress)

    async def faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        answer = await self.http.post("http://preview/preview/faults", json={"seed": seed, "rules": rules})
        assert answer.status_code == 200, answer.text

    async def ledger(self) -> dict[str, Any]:
        return dict((await self.http.get("http://preview/preview/ledger")).json())


@asynccontextmanager
async def preview(data: Path, **settings: Any) -> AsyncIterator[Preview]:
    """A server in-process, without drawing unless asked, on a clock of its own."""
    clock = settings.pop("clock", None) or Ticking()
    given: dict[str, Any] = {"draw": False, "clock": clock} | settings
    app = create_app(PreviewSettings(data, **given))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://preview/v1") as http:
        try:
            yield Preview(http, app.state.server, clock)
        finally:
            await app.state.server.aclose()


async def until(ready: Callable[[], Awaitable[bool]], seconds: float = 300) -> None:
    """Ask again and again, letting the work of other tasks and threads go on, until it is so."""
    async with asyncio.timeout(seconds):
        for _ in itertools.count():
            if await ready():
                return
            await asyncio.sleep(0.01)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error inside a reference answer."""
    return dict(answer.json()["error"])
