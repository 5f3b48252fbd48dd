"""What the tests of the state build with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from sorasync.graph.key import canonical, digest
from sorasync.state.record import Record, Status
from sorasync.state.store import Store

URL = "sqlite:state/sorasync.db"

T = TypeVar("T")


def about_files(test: T) -> T:
    """Marks a test that is about SQLite's files; all others run on PostgreSQL as well."""
    vars(test)["about_files"] = True
    return test


@dataclass
class TickingClock:
    """A clock that moves only when told to, or slept on."""

    at: float = 1_700_000_000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def a_record(name: str = "market", **fields: object) -> Record:
    """A record about to be sent, with a real key."""
    inputs = canonical({"kind": "create", "prompt": f"A {name} at dusk, it's late.", "model": "sora-2"})
    record = Record(
        key=digest(inputs),
        kind="create",
        status=Status.INTENT,
        address=f"clip.{name}#1",
        inputs=inputs,
        provider="openai@https://videos.example/v1",
        model="sora-2",
        size="1280x720",
        seconds=8.0,
        cost_usd=Decimal("0.80"),
    )
    return replace(record, **fields)  # type: ignore[arg-type]


def sha(name: str) -> str:
    """A digest that stands for a file."""
    return digest(name)


def render(store: Store, name: str = "market", *, video: str | None = None, **fields: object) -> Record:
    """Take a record all the way to a stored, bound one."""
    record = store.intend(a_record(name, **fields), run=None)
    store.move(record.key, Status.SUBMITTED, run=None, remote_id=f"video_{video or name}")
    store.move(record.key, Status.RENDERED, run=None)
    asset = sha(video or name)
    with store.transaction():
        store.add_asset(asset, 1000, "video", "mp4")
        stored = store.move(record.key, Status.STORED, run=None, asset=asset)
        store.bind(record.address, record.key, run=None)
    return stored


def open_store(root: Path, *, readonly: bool = False) -> Store:
    """The state of a library at `root`."""
    return Store.open(URL, root, clock=TickingClock(), readonly=readonly)
