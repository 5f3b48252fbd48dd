"""A library whose provider bills: a preview server on a port, under a profile of the library's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from sorasync.cli.main import run
from sorasync.operations.project import Project
from sorasync.preview.app import PreviewSettings
from sorasync.preview.serve import running
from sorasync.state.store import Store
from tests.cli.kit import Answer

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC).timestamp()

PROFILE = """\
extends = "preview"
name = "studio"
simulated = false
transport = "http"
[models."sora-2-2025-10-06"]
sizes = ["1280x720"]
seconds = [4, 8]
"""

CONFIG = """\
[library]
name = "film"
[provider]
profile = "studio.toml"
base_url = "{url}"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""


def clips(*names: str, more: str = "") -> str:
    """A manifest of clips that cost 40 cents each."""
    return "\n".join(f'[clips.{name}]\nprompt = "A {name} at dusk."\n{more}' for name in names)


@dataclass(frozen=True)
class Studio:
    """The library at `root` and its provider at `url`."""

    root: Path
    url: str
    capsys: pytest.CaptureFixture[str]

    def write(self, manifest: str) -> None:
        """Replace the manifest."""
        (self.root / "manifests" / "clips.toml").write_text(manifest)

    def configure(self, *lines: str) -> None:
        """Add lines to the configuration."""
        with (self.root / "sorasync.toml").open("a") as file:
            file.write("\n".join([*lines, ""]))

    def run(self, *arguments: str) -> Answer:
        """Run a command in the library."""
        self.capsys.readouterr()
        code = run(["--library", str(self.root), *arguments])
        shown = self.capsys.readouterr()
        return Answer(code, shown.out, shown.err, arguments)

    def billed(self) -> Decimal:
        """What the provider has charged."""
        with urlopen(self.url.removesuffix("/v1") + "/preview/ledger", timeout=120) as answer:
            return Decimal(json.loads(answer.read())["total_usd"])

    def faults(self, *rules: dict[str, Any]) -> None:
        """Let the provider misbehave."""
        data = json.dumps({"rules": list(rules)}).encode()
        address = self.url.removesuffix("/v1") + "/preview/faults"
        urlopen(Request(address, data, {"content-type": "application/json"}), timeout=120).close()

    def store(self, at: float | None = None) -> Store:
        """The state, for writing; with the time that it is said to be."""
        project = Project.open(self.root)
        return (project if at is None else replace(project, clock=Stopped(at))).store(write=True)

    def spend(self, names: Sequence[str], at: float, inputs: str = "{}") -> None:
        """Let the state say that a paid render of 40 cents was begun at a time for each name."""
        from sorasync.state.record import Record, Status

        with self.store(at) as store:
            number = store.start_run("sorasync apply", "ada", "studio", 1)
            for name in names:
                record = Record(
                    key=name.encode().hex().rjust(64, "0"),
                    kind="create",
                    status=Status.INTENT,
                    address=f"clip.{name}#1",
                    inputs=inputs,
                    provider=f"studio@{self.url}",
                    seconds=4.0,
                    cost_usd=Decimal("0.40"),
                )
                store.intend(record, run=number)
                store.move(record.key, Status.SUBMITTED, run=number, remote_id=f"video_{name}")
                store.move(record.key, Status.RENDERED, run=number)
                store.move(record.key, Status.STORED, run=number)
            store.finish_run(number, "done")


@dataclass(frozen=True)
class Stopped:
    """A clock that shows one time."""

    at: float

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        return None


@contextmanager
def a_studio(root: Path, capsys: pytest.CaptureFixture[str], **settings: Any) -> Iterator[Studio]:
    """A library without manifests, and its provider."""
    library = root / "film"
    (library / "manifests").mkdir(parents=True)
    with running(PreviewSettings(root / "provider", draw=False, **settings)) as server:
        (library / "studio.toml").write_text(PROFILE)
        (library / "sorasync.toml").write_text(CONFIG.format(url=server.url))
        yield Studio(library, server.url, capsys)


# A host that says what each render cost: 40 cents, three times of what this profile takes it for.
RELAY = """\
extends = "openrouter"
name = "relay"
[auth]
required = false
[models."sora-2"]
sizes = ["1280x720"]
seconds = [4, 8]
prices = { "1280x720" = 0.03 }
"""
