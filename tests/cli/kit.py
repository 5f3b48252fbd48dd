"""Libraries for a test, the command line on them, and renders that were never sent anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.graph.render import Kind, Render
from sorasync.operations.project import Project
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.schema.contract import contract_faults

CONFIG = '[library]\nname = "film"\n[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'


@dataclass(frozen=True)
class Answer:
    """How a command ended, and how it was called."""

    code: int
    out: str
    err: str
    arguments: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """Its output as JSON, which is what the published schema says."""
        data = json.loads(self.out)
        assert contract_faults(self.arguments, data) == []
        return data


@dataclass
class Film:
    """A library on disk and the command line inside it."""

    root: Path
    # What `run` needs, and nothing else.
    capsys: pytest.CaptureFixture[str] | None = None

    def write(self, name: str, text: str) -> None:
        """Write a file of the library."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        """The text of a file of the library."""
        return (self.root / name).read_text(encoding="utf-8")

    def run(self, *arguments: str) -> Answer:
        """Run a command in the library."""
        assert self.capsys is not None
        self.capsys.readouterr()
        with chdir(self.root):
            code = run([*arguments, "--library", str(self.root)])
        shown = self.capsys.readouterr()
        return Answer(code, shown.out, shown.err, arguments)

    @property
    def project(self) -> Project:
        """The library, opened."""
        return Project.open(self.root)

    def store(self) -> Store:
        """The state, for writing."""
        return self.project.store(write=True)

    def settle(self, choose: Callable[[Render], bool] = lambda render: True) -> None:
        """Make the state and the disk as if every wanted render had been applied."""
        project = self.project
        with self.store() as store:
            run = store.start_run("sorasync apply --yes", "ada", "studio", 1)
            for address, render in project.graph(project.library()).renders.items():
                if choose(render) and (found := store.record(render.key)) is None:
                    self.put(store, render, Status.STORED, run)
                elif not choose(render) or found is None:
                    continue
                store.bind(address, render.key, run=run, protect=render.protect)
            for address in store.bindings().keys() - project.graph(project.library()).renders.keys():
                store.unbind(address, run)
            store.finish_run(run, "done")

    def put(
        self, store: Store, render: Render, status: Status, run: int | None = None, **more: object
    ) -> None:
        """Put a record of a render into the state, with a file where it is stored."""
        fields: dict[str, object] = {
            "kind": render.kind.value,
            "address": render.address,
            "inputs": render.inputs,
            "provider": self.project.profile.provider_name,
            "remote_id": f"video_{render.key[:8]}",
            "model": render.model or None,
            "size": render.size or None,
            "seconds": render.seconds,
            "billed_seconds": render.billed_seconds,
            "cost_usd": Decimal("0.10") * render.billed_seconds,
        }
        if status is Status.STORED and render.kind is not Kind.CHARACTER:
            fields["asset"] = self.object(store, render.key)
        early = status if status in (Status.STORED, Status.RENDERED, Status.SUBMITTED) else Status.SUBMITTED
        store.move(render.key, early, run=run, **(fields | (more if early is status else {})))
        if early is not status:
            store.move(render.key, status, run=run, **more)

    def object(self, store: Store, content: str) -> str:
        """Put a file of those characters into the store; its digest."""
        data = content.encode()
        sha = hashlib.sha256(data).hexdigest()
        path = self.project.assets().path_of(sha)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        store.add_asset(sha, len(data), "video", ".mp4")
        return sha

    def render(self, address: str) -> Render:
        """A wanted render."""
        project = self.project
        return project.graph(project.library()).renders[address]


def make(root: Path, capsys: pytest.CaptureFixture[str], manifest: str, **files: str) -> Film:
    """A library of one manifest."""
    film = Film(root, capsys)
    film.write("sorasync.toml", CONFIG)
    film.write("manifests/a.toml", manifest)
    others: Mapping[str, str] = files
    for name, text in others.items():
        film.write(name, text)
    return film
