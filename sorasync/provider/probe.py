"""Probes a host without rendering anything.

Only GET requests are sent, to routes whose GET costs nothing. Whether a paid route exists is read from the
host's own OpenAPI description, from the answer 405 to a GET, or from a list beside it; where none of these
tells, it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sorasync.provider import encode
from sorasync.provider.errors import ProviderError
from sorasync.provider.host_client import HostClient
from sorasync.provider.http_response import HttpResponse, complaint
from sorasync.provider.json_values import table, text
from sorasync.provider.retry_after import date_of
from sorasync.provider.sender import Sender
from sorasync.provider.wire import Job

PAID = ("create", "extend", "edit", "character_create", "batch_create")


@dataclass(frozen=True, slots=True)
class Reached:
    """One answer: its status and headers (lower-case names), and how long it took in seconds.

    `readable`: its body is JSON, as every answer of this API is.
    """

    status: int
    headers: Mapping[str, str]
    took: float
    said: str = ""
    error_code: str | None = None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What was found out. `failure` is there when no answer came; then all else is empty.

    `asked` names the first question; `root` is one that no key answers. `skew` is how many seconds the
    host's clock is ahead of ours, None where it does not say. `routes` says of each paid route of the profile
    whether it exists, None where that cannot be known. `jobs` are those of the list's first page, None where
    there is no list; `next_page` whether the cursor leads on.
    """

    failure: ProviderError | None = None
    first: Reached | None = None
    asked: str = ""
    skew: float | None = None
    jobs: tuple[Job, ...] | None = None
    list_status: int | None = None
    next_page: bool | None = None
    models: tuple[str, ...] | None = None
    routes: Mapping[str, bool | None] = field(default_factory=dict)
    described: bool = False
    gateway: str | None = None
    sunset: str | None = None


async def probe(client: HostClient) -> HostFacts:
    """Ask the host about itself; never raises a `ProviderError`."""
    return await _Probe(client.sender, client).run()


class _Probe:
    def __init__(self, sender: Sender, client: HostClient) -> None:
        self._sender = sender
        self._host = sender.host
        self._client = client
        self._clock = client.clock
        self._seen: list[HttpResponse] = []

    async def run(self) -> HostFacts:
        name, path, query = encode.free_question(self._host)
        before, started = self._clock.now(), self._clock.monotonic()
        try:
            answer = await self._get(name, path, query)
        except ProviderError as error:
            return HostFacts(failure=error)
        took = self._clock.monotonic() - started
        said = complaint(answer.body)
        shown = "" if answer.ok else said.message
        readable = isinstance(answer.body, dict | list)
        first = Reached(answer.status, answer.headers, took, shown, said.code, readable)
        jobs, next_page = await self._jobs(answer) if name == "list" else (None, None)
        routes, described = await self._routes()
        models = await self._models()
        return HostFacts(
            first=first,
            asked=name,
            skew=_skew(answer.headers, before + took / 2),
            jobs=jobs,
            list_status=answer.status if name == "list" else None,
            next_page=next_page,
            models=models,
            routes=routes,
            described=described,
            gateway=_gateway(self._seen),
            sunset=next((a.headers["sunset"] for a in self._seen if "sunset" in a.headers), None),
        )

    async def _get(self, name: str, path: str, query: Mapping[str, str] | None = None) -> HttpResponse:
        answer = await self._sender.get(name, path, query)
        self._seen.append(answer)
        return answer

    async def _quietly(self, name: str, path: str) -> HttpResponse | None:
        try:
            return await self._get(name, path)
        except ProviderError:
            return None

    async def _jobs(self, answer: HttpResponse) -> tuple[tuple[Job, ...] | None, bool | None]:
        page = self._client.page_in(answer, 2) if answer.ok else None
        if page is None:
            return None, None
        if page.after is None:
            return page.jobs, None
        try:
            second = await self._client.page(page.after, 2)
        except ProviderError:
            return page.jobs, False
        known = {job.id for job in page.jobs}
        return page.jobs, not known & {job.id for job in second.jobs}

    async def _models(self) -> tuple[str, ...] | None:
        if "models" not in self._host.routes:
            return None
        answer = await self._quietly("models", encode.route(self._host, "models"))
        listed = table(answer.body).get("data") if answer is not None and answer.ok else None
        if not isinstance(listed, list):
            return None
        return tuple(sorted(name for one in listed if (name := text(table(one).get("id"))) is not None))

    async def _routes(self) -> tuple[dict[str, bool | None], bool]:
        known = {name: path for name in PAID if (path := self._host.routes.get(name))}
        # The route of a model is that model's own: it cannot be asked for without naming one.
        wanted = {name: path for name, path in known.items() if "{model}" not in path}
        if self._host.edits:
            wanted |= {f"edit {path}": path for path in self._host.edits}
        described = await self._described()
        if described:
            return {name: _shape(path) in described for name, path in wanted.items()}, True
        return {name: await self._exists(name, path) for name, path in wanted.items()}, False

    async def _described(self) -> set[str]:
        """The paths that take POST, by the host's OpenAPI description; none where it has no such thing."""
        origin, prefix = _split(self._host.base_url)
        try:
            answer = await self._sender.get_absolute("openapi", f"{origin}/openapi.json")
        except ProviderError:
            return set()
        self._seen.append(answer)
        paths = table(table(answer.body).get("paths")) if answer.ok else {}
        posts = [path for path, methods in paths.items() if "post" in table(methods)]
        return {_shape(path.removeprefix(prefix)) for path in posts if path.startswith(prefix)}

    async def _exists(self, name: str, path: str) -> bool | None:
        if name == "create" and "list" in self._host.routes:
            return None
        answer = await self._quietly(name, encode.filled(path, encode.NOBODY))
        if answer is None:
            return None
        if name == "batch_create" and answer.ok:
            return True
        allowed = answer.headers.get("allow", "")
        return True if answer.status == 405 and (not allowed or "POST" in allowed.upper()) else None


def _skew(headers: Mapping[str, str], at: float) -> float | None:
    """The host's clock against ours; its header has whole seconds."""
    said = date_of(headers)
    return None if said is None else said + 0.5 - at


def _gateway(answers: Sequence[HttpResponse]) -> str | None:
    """The gateway that shows itself in headers, in its own description or in the form of its errors."""
    for answer in answers:
        title = text(table(table(answer.body).get("info")).get("title")) or ""
        if any(name.startswith("x-litellm") for name in answer.headers) or "litellm" in title.lower():
            return "LiteLLM"
        if not answer.ok and "litellm." in complaint(answer.body).message:
            return "LiteLLM"
        if any(name.startswith(("x-oneapi", "x-new-api")) for name in answer.headers):
            return "new-api"
        if any(name.startswith("x-bifrost") for name in answer.headers):
            return "Bifrost"
    return None


def _split(base_url: str) -> tuple[str, str]:
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")


def _shape(path: str) -> str:
    """A path with every parameter written alike."""
    return "/".join("{}" if part.startswith("{") else part for part in path.rstrip("/").split("/"))
