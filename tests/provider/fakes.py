"""A host made of a function, and a clock that is ticked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from sorasync.profile import Profile, load_profile
from sorasync.provider.client import VideosClient
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.retry import Patience

KEY = "sk-canary-0123456789"


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps."""

    time: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass
class Seen:
    """A request as the host got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: httpx.Headers
    body: bytes
    url: str

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def form(self) -> dict[str, str]:
        """The text parts of a multipart body."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        parts = {}
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = head.partition(b'name="')[2].partition(b'"')[0].decode()
            parts[name] = value.decode("utf-8", "replace")
        return parts


Answering = Callable[[Seen], "httpx.Response | Exception"]


class FakeHost(httpx.AsyncBaseTransport):
    """Answers with a function's answers; an exception is raised as the network would."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.seen: list[Seen] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        path = request.url.raw_path.decode().partition("?")[0]
        seen = Seen(request.method, path, dict(request.url.params), request.headers, body, str(request.url))
        self.seen.append(seen)
        answer = self.answering(seen)
        if isinstance(answer, Exception):
            raise answer
        return answer


def scripted(*answers: httpx.Response | Exception) -> FakeHost:
    """A host that gives these answers one after another."""
    left = list(answers)
    return FakeHost(lambda seen: left.pop(0))


def reply(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A JSON answer; without a body an empty one."""
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(
        status, content=content, headers={"content-type": "application/json", **(headers or {})}
    )


def job(status: str = "queued", **fields: object) -> dict[str, object]:
    """A job as the reference sends it."""
    return {"id": "video_1", "object": "video", "status": status, **fields}


def client(
    transport: httpx.AsyncBaseTransport | None,
    profile: str | Profile = "openai",
    *,
    key: str | None = KEY,
    clock: FakeClock | None = None,
    base_url: str | None = None,
) -> VideosClient:
    """A client of a built-in profile over a fake host, without chance in its pauses."""
    loaded = load_profile(profile, base_url=base_url) if isinstance(profile, str) else profile
    spec = ProviderHost.of(loaded)
    patience = Patience(chance=lambda: 1.0)
    return VideosClient(spec, api_key=key, transport=transport, clock=clock or FakeClock(), patience=patience)
