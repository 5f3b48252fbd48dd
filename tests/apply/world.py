"""A library and a preview server beside it, in one process, on a clock that nobody waits for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.report import End, Outcome, Report
from sorasync.operations.apply import ApplyOptions, apply
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.plan import Plan
from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.media import tiny_video
from sorasync.preview.model import LedgerEntry
from sorasync.preview.server import Server
from sorasync.profile.parts import Rate
from sorasync.provider.client import VideosClient
from sorasync.provider.kept_answers import KeptAnswers
from sorasync.provider.local import in_process
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.retry import Patience
from sorasync.state.record import Record
from sorasync.state.store import Store
from tests.apply.clock import IdleClock

SETTINGS = """
[library]
name = "test"
[provider]
profile = "preview"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""


@dataclass
class Witness:
    """A reporter that remembers, and does what it is told to at a moment."""

    events: list[ChangeEvent] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    act: Callable[[ChangeEvent], object] = lambda event: None

    def event(self, event: ChangeEvent) -> None:
        self.events.append(event)
        self.act(event)

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def labels(self, moment: Moment) -> list[str]:
        """Who had that moment, in order."""
        return [event.label for event in self.events if event.moment is moment]


@dataclass(frozen=True, slots=True)
class PreviewProject(Project):
    """A project whose provider is the world's server."""

    world: Any = None

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[VideosClient]:
        patience = Patience(chance=lambda: 1.0)
        client = VideosClient(
            ProviderHost.of(self.profile),
            clock=self.clock,
            transport=self.world.transport or in_process(self.world.app),
            patience=patience,
            answers=KeptAnswers(self.assets().answers),
        )
        self.world.clients.append(client)
        try:
            yield client
        finally:
            await client.aclose()


class PlansAndApplies:
    """A library to plan and apply. Every `apply` is a run of its own, as in a process of its own."""

    witness: Witness

    @property
    def project(self) -> Project:
        raise NotImplementedError

    def plan(self, **options: Any) -> Plan:
        return make_plan(self.project, PlanOptions(**options)).plan

    def apply(self, planning: PlanOptions | None = None, **options: Any) -> Report:
        self.witness = replace(self.witness, events=[], notices=[])
        chosen = ApplyOptions(planning=planning or PlanOptions(), **options)
        report = apply(self.project, chosen, self.witness, lambda plan: True)
        assert report is not None
        return report


class World(PlansAndApplies):
    """One library and one server."""

    def __init__(self, root: Path, manifest: str = "", *, config: str = "", **server: Any) -> None:
        self.root = root / "library"
        self.clock = IdleClock()
        self._lay_out(manifest, config)
        settings: dict[str, Any] = {"draw": False, "clock": self.clock, "render_seconds": 30.0} | server
        self.app = create_app(PreviewSettings(root / "server", **settings))
        self.server: Server = self.app.state.server
        self.clients: list[VideosClient] = []
        self.transport: httpx.AsyncBaseTransport | None = None
        self.witness = Witness()
        self.profile: dict[str, Any] = {}
        # Another pace than that of the profile.
        self.rate: Rate | None = None
        # Whether renders count as paid for: what a simulated provider has lost is drawn again.
        self.bills = False

    def _lay_out(self, manifest: str, config: str) -> None:
        """Make the library on disk."""
        self.root.mkdir(parents=True)
        (self.root / "manifests").mkdir()
        (self.root / "sorasync.toml").write_text(SETTINGS + config)
        self.write(manifest)

    def write(self, manifest: str) -> None:
        """Replace the manifest."""
        (self.root / "manifests" / "clips.toml").write_text(manifest)

    def put(self, name: str, mark: str = "") -> None:
        """Put a clip of a character beside the manifest; another one for each mark."""
        (self.root / "manifests" / name).write_bytes(tiny_video(1280, 720, 3, mark))

    def faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Let the server misbehave from now on; without rules it behaves."""
        self.server.faults.set(FaultPlan(seed=seed, rules=[FaultRule(**rule) for rule in rules]))

    @property
    def project(self) -> PreviewProject:
        opened = Project.open(self.root)
        abilities = opened.profile.abilities.model_copy(update=self.profile)
        changed = {"abilities": abilities, "simulated": not self.bills}
        changed |= {} if self.rate is None else {"rate": self.rate}
        profile = opened.profile.model_copy(update=changed)
        return PreviewProject(opened.root, opened.config, profile, self.clock, world=self)

    def act(self, moment: Moment, do: Callable[[], object], label: str | None = None) -> None:
        """Do something each time a change comes to that moment."""

        def act(event: ChangeEvent) -> None:
            if event.moment is moment and label in (None, event.label):
                do()

        self.witness.act = act

    def store(self) -> Store:
        return self.project.store()

    def record(self, address: str) -> Record:
        """The one record with that address."""
        with self.store() as store:
            found = [record for record in store.every_record() if record.address == address]
        assert len(found) == 1, found
        return found[0]

    def names(self) -> list[str]:
        """The names of the videos in the asset directory."""
        assets = self.root / "assets"
        files = (path.relative_to(assets).as_posix() for path in assets.rglob("*.mp4"))
        return sorted(name for name in files if not name.startswith(".store"))

    def charges(self) -> list[LedgerEntry]:
        return [charge for charge in self.server.ledger.charges() if charge.kind != "character"]

    def billed(self) -> dict[str, int]:
        """How often each render was billed, by its label."""
        return dict(Counter(charge.label or "" for charge in self.charges()))

    def requests(self) -> Counter[str]:
        """What the server was asked, by route."""
        return self.server.requests


class Between(httpx.AsyncBaseTransport):
    """Answers some requests itself, as a gateway may; passes those on for which `answering` says None.

    `creates` counts the paid requests of clips that came by.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, answering: Callable[[httpx.Request], httpx.Response | None]
    ) -> None:
        self._inner = inner
        self._answering = answering
        self.creates = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.creates += is_create(request)
        return self._answering(request) or await self._inner.handle_async_request(request)


class Amended(httpx.AsyncBaseTransport):
    """Passes everything on, and lets `amend` change the JSON of each answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, amend: Callable[[dict[str, Any]], None]) -> None:
        self._inner = inner
        self._amend = amend

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-type") != "application/json":
            return answer
        said = json.loads(await answer.aread())
        self._amend(said)
        return httpx.Response(answer.status_code, json=said)


def is_create(request: httpx.Request) -> bool:
    """Whether a request asks for a new clip."""
    return request.method == "POST" and request.url.path.endswith("/videos")


class Recording(httpx.AsyncBaseTransport):
    """Passes requests on and remembers the ranges that were asked for."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.ranges: list[str | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/content"):
            self.ranges.append(request.headers.get("range"))
        return await self._inner.handle_async_request(request)


def ends(report: Report) -> dict[str, End]:
    """How each change ended."""
    return {outcome.label: outcome.end for outcome in report.outcomes}


def outcome(report: Report, label: str) -> Outcome:
    return next(outcome for outcome in report.outcomes if outcome.label == label)


def clips(names: Iterable[str], extra: str = "") -> str:
    """A manifest of clips with prompts of their own."""
    return "\n".join(f'[clips.{name}]\nprompt = "A {name} at dusk."\n{extra}' for name in names)


def numbered(count: int, extra: str = "") -> str:
    return clips((f"c{number:03d}" for number in range(count)), extra)
