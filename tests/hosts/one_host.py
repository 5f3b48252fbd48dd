"""A library at one host with a job API, on a clock nobody waits for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from sorasync.operations.library_host import Host
from sorasync.operations.project import Project
from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.dialect_names import ROOTS
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.server import Server
from sorasync.profile import load_profile
from sorasync.provider.local import in_process
from sorasync.state.record import Record
from tests.apply.clock import IdleClock
from tests.apply.world import PlansAndApplies, Witness
from tests.hosts.two_hosts import ProjectOfTwo
from tests.hosts.workflow import BOUND, WORKFLOW

_SIZE = {"minimax": "1366x768"}
_SECONDS = {"kling": 5, "comfyui": 5, "comfy-api": 5, "luma": 5}


class OneHost(PlansAndApplies):
    """One library and one server.

    `profile` is the profile's name or path where it is not the dialect's; every clip costs $1.
    """

    def __init__(
        self,
        root: Path,
        dialect: str,
        manifest: str,
        *,
        profile: str = "",
        config: str = "",
        files: dict[str, str] | None = None,
        **server: Any,
    ) -> None:
        self.root, self.clock, self.witness = root / "library", IdleClock(), Witness()
        (self.root / "manifests").mkdir(parents=True)
        found, seconds = load_profile(dialect), _SECONDS.get(dialect, 4)
        size = _SIZE.get(dialect, "1280x720")
        self.key = found.auth.env
        lines = [
            '[library]\nname = "film"',
            f'[provider]\nprofile = "{profile or dialect}"',
            f'base_url = "http://one.example{ROOTS.get(dialect, "/v1")}"',
            f'[prices."{found.default_model}"]\n"{size}" = "{1 / seconds:g}"',
            f'[defaults]\nsize = "{size}"\nseconds = {seconds}',
            BOUND if found.abilities.workflow else "",
        ]
        (self.root / "sorasync.toml").write_text("\n".join([*lines, config]))
        (self.root / "wan.api.json").write_text(WORKFLOW)
        for name, text in (files or {}).items():
            (self.root / name).write_text(text)
        self.write(manifest)
        settings: dict[str, Any] = {"draw": False, "clock": self.clock, "render_seconds": 300.0}
        self.app = create_app(PreviewSettings(root / "server", dialect=dialect, **settings | server))
        self.server: Server = self.app.state.server
        self.way: httpx.AsyncBaseTransport = in_process(self.app)

    def write(self, manifest: str) -> None:
        """Replace the manifest."""
        (self.root / "manifests" / "clips.toml").write_text(manifest)

    def transport(self, host: Host) -> httpx.AsyncBaseTransport:
        """The way to the host."""
        return self.way

    def faults(self, *rules: dict[str, Any]) -> None:
        """Let the server misbehave from now on; without rules it behaves."""
        self.server.faults.set(FaultPlan(seed=0, rules=[FaultRule(**rule) for rule in rules]))

    @property
    def project(self) -> ProjectOfTwo:
        opened = Project.open(self.root)
        return ProjectOfTwo(
            opened.root, opened.config, opened.profile, self.clock, others=opened.others, world=self
        )

    def record(self, address: str) -> Record:
        """The one record with that address."""
        with self.project.store() as store:
            (found,) = (record for record in store.every_record() if record.address == address)
        return found

    def billed(self) -> int:
        """How many renders the host charges for, by its own ledger."""
        return len(self.server.ledger.charges())


def with_key(it: OneHost, monkeypatch: pytest.MonkeyPatch) -> OneHost:
    """The library, where its key is at hand."""
    monkeypatch.setenv(it.key, "k")
    return it
