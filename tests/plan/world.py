"""A small world to plan in: a library on disk, and a state, assets and a provider as plain data.

`World.apply` carries a plan out as a perfect engine would, and holds the plan to its word on the way: what
a change depends on is done before it, and nothing is sent before what it starts from is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sorasync.assets.archive import ON_DISK
from sorasync.graph.graph import Graph
from sorasync.manifest.config import load_config
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan
from sorasync.plan.selection import Selection
from sorasync.profile import load_profile
from sorasync.profile.profile import Profile
from sorasync.provider.errors import NotFound
from sorasync.provider.wire import Job, JobStatus, Page
from sorasync.state.record import Binding, Brief, Record, Status

if TYPE_CHECKING:
    from sorasync.assets.store import AssetStore
    from sorasync.provider.client import VideosClient
    from sorasync.state.history import Asset, Event
    from sorasync.state.store import Store

# Defaults that make a create cost $0.80.
HEAD = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 8\n'


@dataclass
class State:
    """The state as dictionaries, with what planning reads of a store."""

    bound: dict[str, Binding] = field(default_factory=dict)
    rows: dict[str, Record] = field(default_factory=dict)
    lineage: str = "L"
    serial: int = 1
    notices: tuple[str, ...] = ()
    shared: bool = False

    def bindings(self, same: object = None) -> dict[str, Binding]:
        """Every binding by address."""
        return dict(self.bound)

    def briefs(self, same: object = None) -> dict[str, Brief]:
        """Every record by key, in short."""
        return {k: Brief(r.status, r.asset, r.provider, r.remote_id) for k, r in self.rows.items()}

    def records(self, keys: Iterable[str]) -> dict[str, Record]:
        """The records of those keys."""
        return {key: self.rows[key] for key in keys if key in self.rows}

    def events(self, *, what: str) -> tuple[Event, ...]:
        """What happened: nothing was ever written down."""
        return ()

    def assets(self) -> dict[str, Asset]:
        """The files it knows the size of: none."""
        return {}


class Disk:
    """The asset directory: the digests that are there. Nothing is at `root`, no check was ever made."""

    def __init__(self, root: Path) -> None:
        self.root = self.path = root
        self.archive = ON_DISK
        self.kept: dict[str, int] = {}

    def digests(self, known: Iterable[str] = ()) -> Collection[str]:
        """See `AssetStore.digests`."""
        return set(self.kept)


class Host:
    """The provider: jobs by id. `asked` are the ids that somebody asked for, one by one or in the list."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.asked = 0

    async def get(self, job_id: str) -> Job:
        """One job."""
        self.asked += 1
        if job_id not in self.jobs:
            raise NotFound(f"no video {job_id}")
        return self.jobs[job_id]

    async def page(self, after: str | None = None, limit: int = 100) -> Page:
        """The list, on one page."""
        self.asked += 1
        return Page(tuple(self.jobs.values())[:limit], None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldProject(Project):
    """A project whose assets and provider are those of the world."""

    disk: Disk
    host: Host

    def assets(self) -> AssetStore:
        """The world's assets."""
        return cast("AssetStore", self.disk)

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[VideosClient]:
        """The world's provider."""
        yield cast("VideosClient", self.host)


@cache
def _profile(name: str) -> Profile:
    return load_profile(name)


class World:
    """A library with its surroundings."""

    def __init__(self, root: Path, profile: str = "openai", **overrides: object) -> None:
        self.root = root
        self.profile: Profile = load_profile(profile, overrides=overrides) if overrides else _profile(profile)
        self.state, self.disk, self.host = State(), Disk(root / "assets"), Host()
        self.graph: Graph = Graph({}, {}, {})
        self.spent = Decimal(0)
        self.renders = 0
        # When everything was rendered: long ago, so that files which are gone have expired.
        self.rendered_at = 1.0
        self.files: dict[str, str | bytes] = {"sorasync.toml": '[library]\nname = "test"\n'}

    def write(self, manifest: str | Mapping[str, str]) -> None:
        """Make these the library's only manifests."""
        manifests = {"a.toml": manifest} if isinstance(manifest, str) else manifest
        directory = self.root / "manifests"
        directory.mkdir(parents=True, exist_ok=True)
        for old in directory.glob("*.toml"):
            old.unlink()
        texts = {f"manifests/{name}": text for name, text in manifests.items()}
        for name, data in (self.files | texts).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def plan(
        self,
        manifest: str | Mapping[str, str] | None = None,
        *,
        target: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        again: tuple[str, ...] = (),
        offline: bool = False,
        batch: bool = False,
        env: str | None = None,
    ) -> Plan:
        """Plan the library, after writing its manifests if they are given; `again` is `--replace`."""
        if manifest is not None:
            self.write(manifest)
        project = WorldProject(
            root=self.root,
            config=load_config(self.root, env),
            profile=self.profile,
            disk=self.disk,
            host=self.host,
        )
        options = PlanOptions(Selection(target, exclude), again, offline, batch)
        planned = make_plan(project, options, cast("Store", self.state))
        self.graph = planned.graph
        return planned.plan

    def apply(self, plan: Plan) -> None:
        """Carry out every change of a plan, each after those that it depends on."""
        changes = {change.label: change for change in plan.changes}
        assert len(changes) == len(plan.changes), "labels are what changes are told apart by"
        needs = {label: changes.keys() & change.depends_on for label, change in changes.items()}
        for label in TopologicalSorter(needs).static_order():
            self._carry_out(changes[label])
        for address, binding in self.state.bound.items():
            if render := self.graph.renders.get(address):
                self.state.bound[address] = binding._replace(protect=render.protect)
        self.state.serial += bool(plan.changes)

    def settle(self, manifest: str | Mapping[str, str]) -> Plan:
        """Plan and apply; the plan that was applied."""
        plan = self.plan(manifest)
        self.apply(plan)
        return plan

    def key(self, address: str) -> str:
        """The key that a render of the last plan's graph has."""
        return self.graph.renders[address].key

    def record(self, address: str) -> Record:
        """The record of a render of the last plan's graph."""
        return self.state.rows[self.key(address)]

    def set(self, address: str, status: Status, *, bound: bool | None = None, **fields: object) -> Record:
        """Give the render of an address a record; `bound` says whether the address stands for it."""
        render = self.graph.renders[address]
        known = self.state.rows.get(render.key)
        record = known or Record(
            key=render.key,
            kind=render.kind.value,
            status=status,
            address=address,
            inputs=render.inputs,
            provider=self.profile.provider_name,
        )
        record = replace(record, status=status, **fields)  # type: ignore[arg-type]
        self.state.rows[render.key] = record
        if bound is True:
            self.state.bound[address] = Binding(render.key)
        elif bound is False:
            self.state.bound.pop(address, None)
        return record

    def job(self, job_id: str, status: JobStatus, progress: int = 0) -> None:
        """Let the provider have a job."""
        self.host.jobs[job_id] = Job(job_id, status, progress)

    def lose_file(self, address: str) -> None:
        """Remove the asset of a render from the disk."""
        asset = self.record(address).asset
        assert asset is not None
        del self.disk.kept[asset]

    def _carry_out(self, change: Change) -> None:
        match change.action:
            case Action.RETIRE:
                for address, key in change.drops.items():
                    assert self.state.bound.pop(address).key == key
            case Action.BLOCKED | Action.LOST:
                assert all(b.before in (None, b.key) for b in change.binds)
            case Action.MOVE:
                assert self._usable(change.key), f"{change.label} moves to a render that is not there"
                self._bind(change)
            case Action.RESUME | Action.DOWNLOAD:
                self._store(self.state.rows[change.key])
                self._bind(change)
            case _:
                self._render(change)
                self._bind(change)

    def _render(self, change: Change) -> None:
        render = change.render
        assert render is not None
        assert render.key == change.key
        before = self.state.rows.get(render.key)
        assert before is None or change.supersede or before.status in (Status.FAILED, Status.BLOCKED)
        for need in render.needs:
            assert self._usable(self.key(need)), f"{change.label} is sent before {need} is there"
        self.spent += change.cost_usd or 0
        self._store(
            Record(
                key=render.key,
                kind=render.kind.value,
                status=Status.STORED,
                address=render.address,
                inputs=render.inputs,
                provider=self.profile.provider_name,
                cost_usd=change.cost_usd,
                rendered_at=self.rendered_at,
            )
        )

    def _store(self, record: Record) -> None:
        self.renders += 1
        remote_id = record.remote_id or f"video_{self.renders}"
        record = replace(record, status=Status.STORED, remote_id=remote_id)
        if record.kind != "character":
            asset = hashlib.sha256(f"{record.key} {self.renders}".encode()).hexdigest()
            record = replace(record, asset=asset)
            self.disk.kept[asset] = 1
            self.job(remote_id, JobStatus.COMPLETED, 100)
        self.state.rows[record.key] = record

    def _usable(self, key: str) -> bool:
        record = self.state.rows.get(key)
        return record is not None and record.status is Status.STORED

    def _bind(self, change: Change) -> None:
        bound = self.state.bound
        for bind in change.binds:
            assert (bound[bind.address].key if bind.address in bound else None) == bind.before
            if bind.origin is not None:
                assert bound.pop(bind.origin).key == bind.key
        for bind in change.binds:
            bound[bind.address] = Binding(bind.key, bind.protect)


def lines(plan: Plan) -> list[str]:
    """The changes as short texts: `create clip.a $0.80`, `move clip.b`; free ones without a price."""
    return [
        f"{change.action} {change.label}" + (f" {money(change.cost_usd)}" if change.paid else "")
        for change in plan.changes
    ]


def reasons(plan: Plan) -> list[str]:
    """The reasons of the changes."""
    return [change.reason for change in plan.changes]
