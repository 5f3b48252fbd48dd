"""`sorasync state recover`: rebuilds a lost state from the lock file, notes and the provider's list.

Nothing is ever rendered, uploaded or deleted here. Each record is taken from the first source that has
it; what fits more than one render is left to a person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sorasync.apply.sidecars import record_of
from sorasync.graph.address import natural
from sorasync.operations.import_look import host_option, wanted_of
from sorasync.operations.import_one import new_record, status_of
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.operations.provider_jobs import oldest_first
from sorasync.operations.state_view import state_path
from sorasync.provider.wire import JobStatus
from sorasync.recovery.match_job import request_signature, requests_matching
from sorasync.state.backup import set_aside
from sorasync.state.record import Record, Status
from sorasync.text import shell_word

if TYPE_CHECKING:
    from sorasync.assets.store import AssetStore
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Kind, Render
    from sorasync.operations.library_host import Host
    from sorasync.profile.profile import Profile
    from sorasync.provider.wire import Job
    from sorasync.state.lock import LockWait


@dataclass
class Recovered:
    """What was found, as labels. `missing` are wanted renders that nothing knows of, each with the reason.

    `by_age` are those from the list that only their age tells apart, such as takes of one prompt;
    `unreadable` are sidecars that could not be used, `damaged` videos that are not what they are named by;
    `provider` says whose list was not used and why, None if every one was; `asked` whether any was.
    """

    lock_file: int = 0
    sidecars: list[str] = field(default_factory=list)
    retired: int = 0
    listed: list[str] = field(default_factory=list)
    by_age: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    provider: str | None = None
    asked: bool = False


def recover_state(
    project: Project, waiting: LockWait, *, anew: bool = False, offline: bool = False
) -> Recovered:
    """Rebuild a lost state; see `recover`. With `anew` the state that is there is moved aside first."""
    graph = project.graph(project.library())
    if anew and (aside := set_aside(state_path(project), project.clock, waiting)) is not None:
        waiting.notice(f"the current state is kept as {aside.name}, beside the backups")
    with changing(project, waiting) as session:
        return recover(project, session, graph, offline=offline)


def recover(project: Project, session: ChangeSession, graph: Graph, *, offline: bool = False) -> Recovered:
    """Recover every possible record, and bind the addresses that the manifests declare.

    The lock file has been taken in before, when the state was opened. Raises `StateError`.
    """
    found = Recovered(lock_file=len(session.store.briefs()))
    work = _Recovery(project, session, graph, found)
    work.from_sidecars()
    work.from_provider(offline=offline)
    work.bind()
    work.tell_missing()
    return found


class _Recovery:
    def __init__(self, project: Project, session: ChangeSession, graph: Graph, found: Recovered) -> None:
        self._project = project
        self._store = session.store
        self._session = session
        self._graph = graph
        self._found = found
        self._by_key = {render.key: address for address, render in list(graph.renders.items())[::-1]}
        self._ambiguous: dict[str, list[str]] = defaultdict(list)
        self._verified: dict[str, bool] = {}

    def from_sidecars(self) -> None:
        """Make a record for each render with an intact video here; others will be downloaded.

        A key that was rendered again has several videos: the latest is used, the others are retired.
        """
        from sorasync.assets.sidecar import read_sidecars

        assets = self._project.assets()
        scan = read_sidecars(assets)
        self._found.unreadable += [path.name for path in scan.unreadable]
        known, sizes = self._store.briefs(), assets.present()
        taken: dict[str, list[Record]] = {}
        away: dict[str, Record] = {}
        for one in sorted(scan.found, key=lambda one: (one.paid_at or 0.0, one.run or 0)):
            if one.key in known:
                continue
            record = record_of(one)
            if record is None:
                self._found.unreadable.append(f"{one.sha256}.json")
            elif one.sha256 in sizes and self._whole(one.sha256, assets):
                taken.setdefault(one.key, []).append(record)
            elif one.key in self._by_key and record.remote_id is not None:
                away[one.key] = replace(record, status=Status.RENDERED, asset=None)
        taken = {key: [record] for key, record in away.items()} | taken
        if taken:
            self._take(list(taken.values()), sizes)
        for key in sorted(taken, key=lambda key: natural(taken[key][-1].address)):
            self._note(key)

    def _take(self, taken: list[list[Record]], sizes: dict[str, int]) -> None:
        """Record the renders of each key, the latest under the key itself."""
        store, run = self._store, self._session.run
        every = [record for found in taken for record in found]
        with store.transaction():
            for record in every:
                if record.asset is not None:
                    what = "still" if record.kind == "still" else "video"
                    suffix = self._project.assets().file_of(record.asset).suffix
                    store.add_asset(record.asset, sizes[record.asset], what, suffix)
            for record in (earlier for found in taken for earlier in found[:-1]):
                store.put_all([record])
                store.supersede(record.key, run=run)
                self._found.retired += 1
            store.put_all(replace(found[-1], attempts=len(found)) for found in taken)
            store.remember_paid(every)
            store.log_recovered(every, "sidecar", run)

    def _whole(self, sha256: str, assets: AssetStore) -> bool:
        if sha256 not in self._verified:
            self._verified[sha256] = assets.verify(sha256)
            if not self._verified[sha256]:
                self._found.damaged.append(sha256)
        return self._verified[sha256]

    def _note(self, key: str) -> None:
        address = self._by_key.get(key)
        if address is None:
            self._found.retired += 1
        else:
            self._found.sidecars.append(self._graph.label(address))

    def from_provider(self, *, offline: bool) -> None:
        """Give each unknown wanted render the only job in the provider's list that fits it."""
        from sorasync.operations.provider_jobs import sweep
        from sorasync.provider.errors import ProviderError

        if not self._unknown_renders():
            return
        if offline:
            self._found.provider = "it was not asked (--offline)"
            return
        several, silent, listed = self._project.hosts.several, [], False
        for host in self._project.every_host():
            # A render with a route may have been made at any host of it.
            here = [
                render
                for render in self._unknown_renders()
                if host.provider in (render.route or (render.provider,))
            ]
            if not here:
                continue
            try:
                swept = sweep(host)
            except ProviderError as error:
                silent.append(f"it could not be asked: {error.message}")
                continue
            if swept.listed:
                listed = True
                self._match(host, here, [job for job in swept.jobs if self._fetchable(job)])
            else:
                silent.append(f"{host.name} has no list of videos" if several else "it has no list of videos")
        self._found.asked = listed
        self._found.provider = "; ".join(silent) or None

    def _unknown_renders(self) -> list[Render]:
        from sorasync.graph.render import Kind

        known = self._store.briefs()
        found: dict[str, Render] = {}
        for render in self._graph.renders.values():
            if render.key not in known and render.kind not in (Kind.CHARACTER, Kind.STILL):
                found.setdefault(render.key, render)
        return list(found.values())

    def _fetchable(self, job: Job) -> bool:
        now = self._project.clock.now()
        if job.status is JobStatus.COMPLETED:
            return job.expires_at is None or job.expires_at > now
        return not job.status.terminal

    def _match(self, host: Host, renders: list[Render], jobs: list[Job]) -> None:
        """Identical requests may claim each other's jobs, so only their number counts."""
        held = self._store.remote_ids(host.profile.provider_name)
        groups: dict[tuple[object, ...], list[Render]] = defaultdict(list)
        for render in renders:
            groups[request_signature(wanted_of(render))].append(render)
        by_request: dict[object, list[Job]] = defaultdict(list)
        unclear: set[object] = set()
        for job in oldest_first(jobs):
            requests = requests_matching(job, groups) if job.id not in held else []
            unclear |= set(requests) if len(requests) > 1 else set()
            for request in requests:
                by_request[request].append(job)
        for wanted, group in groups.items():
            candidates = by_request.get(wanted, [])
            several = len(candidates) > len(group) or wanted in unclear
            if several or len({_origin(render) for render in group}) > 1:
                for render in group:
                    option = host_option(host, render)
                    self._ambiguous[render.key] += [f"{job.id}{option}" for job in candidates]
                continue
            for render, job in zip(group, candidates, strict=False):
                self._claim(host.profile, render, job)
                if len(group) > 1:
                    self._found.by_age.append(self._graph.label(render.address))

    def _claim(self, profile: Profile, render: Render, job: Job) -> None:
        with self._store.transaction():
            new_record(profile, self._session, render, status_of(job), job.id, job)
            self._store.log(
                "recovered", render.address, render.key, self._session.run, source="list", remote_id=job.id
            )
        self._found.listed.append(self._graph.label(render.address))

    def bind(self) -> None:
        """Bind every unbound declared address to its key, if there is a record."""
        known, bound = self._store.briefs(), self._store.bindings()
        with self._store.transaction():
            for address, render in self._graph.renders.items():
                brief = known.get(render.key)
                if address not in bound and brief is not None and brief.status is Status.STORED:
                    self._store.bind(address, render.key, run=self._session.run, protect=render.protect)
                    self._found.bound.append(self._graph.label(address))

    def tell_missing(self) -> None:
        """Say of each wanted render without a record why there is none."""
        from sorasync.graph.render import Kind

        known = self._store.briefs()
        for address, render in self._graph.renders.items():
            if render.key in known:
                continue
            self._found.missing.append((self._graph.label(address), self._why(render, Kind.CHARACTER)))

    def _why(self, render: Render, character: Kind) -> str:
        if render.kind is character:
            return "no provider lists characters; the next apply uploads it again, which costs nothing"
        if render.kind == "still":
            return "no provider keeps stills, and no file is left here"
        if ids := self._ambiguous.get(render.key):
            label = self._graph.label(render.address)
            return f"several videos fit: sorasync import {shell_word(label)} ID, of {', '.join(ids)}"
        if self._found.provider:
            return f"no file is left here; the provider: {self._found.provider}"
        return "there is no file here and no video at the provider"


def _origin(render: Render) -> tuple[object, ...]:
    """What tells apart requests of the same words: the same prompt on two sources makes two videos."""
    frames = (render.file, render.still, render.last_file, render.last_still)
    return (render.kind, render.source, render.characters, *frames)
