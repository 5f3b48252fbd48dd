"""A little library, a provider on a port that keeps a ledger, and the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

TWO_CLIPS = """\
[clips.market]
prompt = "A lantern-lit market at dusk."

[clips.pier]
prompt = "A pier at dawn."
"""

CHAIN = """\
[clips.market]
prompt = "A lantern-lit market at dusk."
takes = 2
pick = 2

[[clips.market.steps]]
extend = "The camera rises over the rooftops."
seconds = 4

[[clips.market.steps]]
edit = "Shift the palette to teal and rust."

[clips.pier]
prompt = "A pier at dawn."
"""


@dataclass
class World:
    """The library at `root`, its provider at `url`, and what the last command printed."""

    root: Path
    url: str
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def write(self, text: str, name: str = "clips.toml") -> None:
        """Write a manifest."""
        (self.root / "manifests" / name).write_text(text, "utf-8")

    def configure(self, *lines: str) -> None:
        """Add lines to the configuration."""
        with (self.root / "sorasync.toml").open("a") as file:
            file.write("\n".join(["", *lines, ""]))

    def run(self, *args: str, code: int = 0) -> str:
        """Run a command; it must end with that exit code. Its output."""
        self.capture.readouterr()
        found = run(["--library", str(self.root), *args])
        printed = self.capture.readouterr()
        self.out, self.err = printed.out, printed.err
        assert found == code, f"{args} ended with {found}\n{self.out}\n{self.err}"
        return self.out

    def json(self, *args: str, code: int = 0) -> dict[str, Any]:
        """The same with the output as data."""
        return dict(json.loads(self.run(*args, "--format", "json", code=code)))

    def bill(self) -> None:
        """Let renders count as paid for, as those of a simulated provider do not."""
        profile = 'extends = "preview"\nname = "studio"\nsimulated = false\ntransport = "http"\n'
        (self.root / "studio.toml").write_text(profile, "utf-8")
        config = self.root / "sorasync.toml"
        config.write_text(config.read_text().replace('profile = "preview"', 'profile = "studio.toml"'))

    def apply(self, *args: str, code: int = 0) -> None:
        """Plan and carry out."""
        self.run("apply", "--yes", *args, code=code)

    def plan(self, *args: str) -> dict[str, str]:
        """The next plan as address and action."""
        changes = self.json("plan", *args)["changes"]
        return {change["address"]: change["action"] for change in changes}

    def reasons(self, *args: str) -> dict[str, str]:
        """The next plan as address and reason."""
        changes = self.json("plan", *args)["changes"]
        return {change["address"]: change["reason"] for change in changes}

    def ask(self, path: str, body: object = None, method: str | None = None) -> dict[str, Any]:
        """Ask the provider itself, past the program."""
        data = None if body is None else json.dumps(body).encode()
        base = self.url if path.startswith("/videos") else self.url.removesuffix("/v1")
        request = Request(base + path, data, {"content-type": "application/json"}, method=method)
        with urlopen(request, timeout=120) as answer:
            return dict(json.loads(answer.read()))

    def make(self, prompt: str, *, route: str = "", **fields: object) -> str:
        """Let the provider make a video past the program; its id."""
        body = {"prompt": prompt} | fields
        if not route:
            body = {"model": "sora-2", "size": "1280x720", "seconds": "4"} | body
        job_id = str(self.ask(f"/videos/{route}".rstrip("/"), body)["id"])
        while self.ask(f"/videos/{job_id}")["status"] not in ("completed", "failed"):
            continue
        return job_id

    def faults(self, *rules: dict[str, object]) -> None:
        """Let the provider misbehave."""
        self.ask("/preview/faults", {"rules": list(rules)})

    def paid(self) -> tuple[int, Decimal]:
        """How many renders the provider has billed, and the sum."""
        ledger = self.ask("/preview/ledger")
        rows = [row for row in ledger["rows"] if row["kind"] != "character"]
        return len(rows), Decimal(ledger["total_usd"])

    def project(self) -> Project:
        """The library as the program sees it."""
        return Project.open(self.root)

    @contextmanager
    def store(self, *, write: bool = False) -> Iterator[Store]:
        """The state."""
        with self.project().store(write=write) as store:
            yield store

    def ids(self) -> dict[str, str]:
        """The provider's ids by address."""
        rows = self.json("state", "list")["records"]
        return {row["address"]: row["remote_id"] for row in rows}

    def videos(self) -> list[Path]:
        """Every stored video."""
        return sorted((self.root / "assets" / ".store").glob("??/*.mp4"))

    def lose_state(self) -> None:
        """Delete the state with its backups."""
        shutil.rmtree(self.root / "state")

    def lose_assets(self) -> None:
        """Delete every video here."""
        shutil.rmtree(self.root / "assets")

    def lose_lock_file(self) -> None:
        """Delete the lock file."""
        (self.root / "sorasync.lock").unlink()


@contextmanager
def a_world(
    root: Path, capture: pytest.CaptureFixture[str], *, lock_file: bool = False, **settings: Any
) -> Iterator[World]:
    """A library without manifests, and its provider."""
    library = root / "library"
    (library / "manifests").mkdir(parents=True)
    with running(PreviewSettings(root / "provider", draw=False, **settings)) as server:
        (library / "sorasync.toml").write_text(
            f"""[library]
name = "little"
[provider]
profile = "preview"
base_url = "{server.url}"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
[state]
lock_file = {str(lock_file).lower()}
""",
            "utf-8",
        )
        yield World(library, server.url, capture)
