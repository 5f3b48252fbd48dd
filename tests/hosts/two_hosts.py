"""A library with several hosts, each with a server and a ledger of its own, on a clock nobody waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sorasync.operations.library_host import Host
from sorasync.operations.project import Project
from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.server import Server
from sorasync.provider.host_client import HostClient
from sorasync.provider.local import in_process
from sorasync.provider.open_provider import open_provider
from sorasync.state.record import Record
from sorasync.state.store import Store
from tests.apply.clock import IdleClock
from tests.apply.world import PlansAndApplies, Witness

# Two servers of the Videos API, so that a model is offered at both, and another one that works by job.
SETTINGS = """
[library]
name = "film"
[provider]
profile = "openai"
base_url = "http://one.example/v1"
[providers.two]
profile = "openai"
base_url = "http://two.example/v1"
api_key_env = "KEY_OF_TWO"
[providers.queue]
profile = "fal"
base_url = "http://queue.example"
[models.hero]
use = "fal-ai/veo3/fast"
provider = "queue"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""
ADDRESSES = {
    "default": "http://one.example/v1",
    "two": "http://two.example/v1",
    "queue": "http://queue.example",
}
# The variable with the key of each host: its server answers 401 to any other key.
KEYS = {"default": "OPENAI_API_KEY", "two": "KEY_OF_TWO", "queue": "FAL_KEY"}


class Down(httpx.AsyncBaseTransport):
    """A host that nobody can reach; `asked` counts who tried."""

    def __init__(self) -> None:
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise httpx.ConnectError("connection refused", request=request)


@dataclass(frozen=True, slots=True)
class ProjectOfTwo(Project):
    """A project whose hosts are those of a `TwoHosts`."""

    world: Any = None

    @asynccontextmanager
    async def client_of(self, host: Host) -> AsyncIterator[HostClient]:
        client = open_provider(
            host.profile,
            api_key=host.api_key(),
            api_key_env=host.settings.api_key_env,
            transport=self.world.transport(host),
            clock=self.clock,
            answers=self.assets().answers,
        )
        try:
            yield client
        finally:
            await client.aclose()


class TwoHosts(PlansAndApplies):
    """One library and its servers."""

    def __init__(self, root: Path, manifest: str, *, config: str = "", **server: Any) -> None:
        self.root = root / "library"
        (self.root / "manifests").mkdir(parents=True)
        (self.root / "sorasync.toml").write_text(SETTINGS + config)
        self.write(manifest)
        self.clock = IdleClock()
        self.witness = Witness()
        self.down: dict[str, httpx.AsyncBaseTransport] = {}
        self.apps = {}
        for name in ADDRESSES:
            settings: dict[str, Any] = {"draw": False, "clock": self.clock, "render_seconds": 30.0}
            settings |= {"dialect": "fal" if name == "queue" else "openai", "api_key": KEYS[name]}
            self.apps[name] = create_app(PreviewSettings(root / name, **settings | server))

    def write(self, manifest: str) -> None:
        """Replace the manifest."""
        (self.root / "manifests" / "clips.toml").write_text(manifest)

    def configure(self, old: str, new: str) -> None:
        """Change a text of the configuration."""
        path = self.root / "sorasync.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def server(self, name: str) -> Server:
        """The server of a host."""
        found: Server = self.apps[name].state.server
        return found

    def transport(self, host: Host) -> httpx.AsyncBaseTransport:
        """The way to a host, by its address: what it is called does not matter."""
        (name,) = (name for name, url in ADDRESSES.items() if url == host.profile.base_url)
        return self.down.get(name) or in_process(self.apps[name])

    def faults(self, name: str, *rules: dict[str, Any]) -> None:
        """Let a server misbehave from now on; without rules it behaves."""
        self.server(name).faults.set(FaultPlan(seed=0, rules=[FaultRule(**rule) for rule in rules]))

    @property
    def project(self) -> ProjectOfTwo:
        opened = Project.open(self.root)
        return ProjectOfTwo(
            opened.root, opened.config, opened.profile, self.clock, others=opened.others, world=self
        )

    def store(self) -> Store:
        return self.project.store()

    def record(self, address: str) -> Record:
        """The one record with that address."""
        with self.store() as store:
            (found,) = (record for record in store.every_record() if record.address == address)
        return found

    def paid(self, name: str) -> list[str]:
        """The first words of what a host was paid for, as its own ledger has it."""
        server, found = self.server(name), []
        for charge in (charge for charge in server.ledger.charges() if charge.kind != "character"):
            job = server.jobs.get(charge.job)
            assert job is not None
            found.append(job.prompt.partition(".")[0].removeprefix("A "))
        return sorted(found)

    def asked(self, name: str) -> Counter[str]:
        """What a server was asked, by route."""
        return self.server(name).requests


def clip(name: str, *lines: str) -> str:
    """A clip with a prompt of its own."""
    return "\n".join((f"[clips.{name}]", f'prompt = "A {name}. At dusk."', *lines, ""))


def at(host: str) -> str:
    """A line that chooses a host."""
    return f'provider = "{host}"'
