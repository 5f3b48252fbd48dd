"""Drift: files here and videos at the provider that differ from the state.

A video that expired at the provider while its local copy is intact is expected, and no drift.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sorasync.operations.local_copies import spares
from sorasync.operations.project import Project
from sorasync.plan.remote import Remote
from sorasync.provider.kept_answers import is_own_id
from sorasync.state.leases import leased_by_others
from sorasync.state.record import IN_FLIGHT, Status
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.assets.checked import Expected, Findings
    from sorasync.graph.graph import Graph
    from sorasync.operations.provider_jobs import Sweep
    from sorasync.provider.wire import Job
    from sorasync.state.record import Brief

_LEFT_OPEN = frozenset({Status.INTENT, Status.UNKNOWN, Status.BATCHED})


class DriftKind(StrEnum):
    """The kinds of drift.

    `missing`: its file is not here. `damaged`: its file is cut or not a video any more. `edited`: its file is
    another whole video. `unlinked`: its file is whole, and a name that it should have is gone or is something
    else. `gone`: the provider has let a video go that is still needed: it is on its way, or
    something is to be made from it. `unkept`: its file is on this disk, and not in the bucket.
    """

    MISSING = "missing"
    DAMAGED = "damaged"
    EDITED = "edited"
    UNLINKED = "unlinked"
    GONE = "gone"
    UNKEPT = "unkept"


@dataclass(frozen=True, slots=True)
class DriftItem:
    """One drift: the address as people see it, the key, and what can be done, as a clause."""

    kind: DriftKind
    label: str
    key: str
    remote_id: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The result of a drift check.

    `expected` counts videos that only this machine holds by now; `unknown` are ids at the provider that no
    record holds, newest first: they are not ours, and no drift. `unknown_at` has those of each of several
    hosts by its name. `asked` is False where the provider has no
    list or was not asked. `checked` counts the files here that were looked at, `hashed` those of them that
    had to be read.
    """

    items: tuple[DriftItem, ...]
    expected: int = 0
    unknown: tuple[str, ...] = ()
    unknown_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: bool = True
    checked: int = 0
    hashed: int = 0

    @property
    def keys(self) -> frozenset[str]:
        """The keys that have drifted."""
        return frozenset(item.key for item in self.items)


@dataclass(frozen=True, slots=True)
class Swept:
    """Drift with what a plan needs: damaged videos by digest, and the provider's answers by key."""

    drift: Drift
    damaged: frozenset[str]
    remote: Mapping[str, Remote]


def sweep_all(
    project: Project, store: Store, graph: Graph, *, full: bool = False, offline: bool = False
) -> Swept:
    """Check every recorded file, and walk each host's list. Changes nothing; raises `ProviderError`."""
    from sorasync.operations.provider_jobs import Sweep, sweep

    files, unkept = _files(project, store, full=full, offline=offline)
    nothing = Sweep((), complete=False, listed=False)
    found = {host.profile.provider_name: nothing if offline else sweep(host) for host in project.every_host()}
    seeking = _Seeking(project, store, graph, files, found)
    seeking.files()
    seeking.unkept(unkept)
    seeking.remotes()
    seeking.names(store)
    unknown: dict[str, tuple[str, ...]] = {}
    for provider, one in found.items():
        held = store.remote_ids(provider)
        unknown[project.hosts.word(provider)] = tuple(job.id for job in one.jobs if job.id not in held)
    return Swept(
        drift=Drift(
            items=tuple(sorted(seeking.items.values(), key=lambda item: (item.label, item.key))),
            expected=seeking.expected,
            unknown=tuple(job_id for ids in unknown.values() for job_id in ids),
            unknown_at=unknown if project.hosts.several else {},
            asked=any(one.listed for one in found.values()),
            checked=files.here,
            hashed=files.hashed,
        ),
        damaged=frozenset(files.damaged),
        remote=seeking.answers(),
    )


def _files(project: Project, store: Store, *, full: bool, offline: bool) -> tuple[Findings, set[str]]:
    """What is missing or damaged everywhere, and what is intact on this disk and not in the bucket."""
    from sorasync.assets.checked import Expected, check_all

    videos = store.stored_videos()
    expected = {sha256: Expected(size, stored_at) for sha256, (size, stored_at) in videos.items()}
    found = check_all(project.assets(), expected, full=full)
    if not project.assets().archive.remote:
        return found, set()
    there = _in_bucket(project, expected, full=full, offline=offline)
    bad = {*found.missing, *found.damaged}
    missing = tuple(sha256 for sha256 in found.missing if sha256 not in there)
    damaged = tuple(sha256 for sha256 in found.damaged if sha256 not in there)
    return replace(found, missing=missing, damaged=damaged), expected.keys() - there - bad


def _in_bucket(project: Project, expected: Mapping[str, Expected], *, full: bool, offline: bool) -> set[str]:
    """The videos that the bucket has in the right length; `full`: with the right bytes."""
    archive = project.assets().archive
    if offline:
        return archive.holds(expected, ask=False)
    sizes = archive.sizes()
    there = set()
    for sha256, facts in expected.items():
        if sha256 not in sizes:
            continue
        if facts.size not in (None, sizes[sha256]):
            archive.damaged(sha256)
        elif archive.intact(sha256) if full else archive.holds([sha256]):
            there.add(sha256)
    return there


class _Seeking:
    def __init__(
        self, project: Project, store: Store, graph: Graph, files: Findings, found: Mapping[str, Sweep]
    ) -> None:
        self._project = project
        self._graph = graph
        # By host and id: two hosts may give the same one.
        self._jobs = {(name, job.id): job for name, one in found.items() for job in one.jobs}
        self._complete = {name for name, one in found.items() if one.listed and one.complete}
        inside = {
            host.profile.provider_name for host in project.every_host() if host.profile.base_url is None
        }
        self._elsewhere = leased_by_others(store, [r.key for r in store.in_flight() if r.provider in inside])
        self._now = project.clock.now()
        self._briefs = store.briefs()
        self._labels = {b.key: graph.label(a) for a, b in store.bindings().items()}
        self._labels |= {render.key: graph.label(a) for a, render in graph.renders.items()}
        self._missing, self._damaged = frozenset(files.missing), frozenset(files.damaged)
        self._spares = spares(project, store, graph, self._briefs, self._missing | self._damaged)
        self._sources = self._needed_sources()
        self.items: dict[str, DriftItem] = {}
        self.expected = 0

    def files(self) -> None:
        """Find recorded files that have changed. Retired records are skipped."""
        for key, brief in self._briefs.items():
            if brief.status is not Status.STORED or brief.asset is None or key not in self._labels:
                continue
            if brief.asset in self._missing:
                self._add(DriftKind.MISSING, key, brief)
            elif brief.asset in self._damaged:
                self._add(DriftKind.EDITED if self._is_video(brief.asset) else DriftKind.DAMAGED, key, brief)

    def unkept(self, digests: Collection[str]) -> None:
        """Find intact files that the bucket has lost."""
        for key, brief in self._briefs.items():
            if brief.asset in digests and key in self._labels:
                note = "it is on this disk, not in the bucket: the next apply puts it there"
                self._put(DriftKind.UNKEPT, key, brief, note)

    def names(self, store: Store) -> None:
        """Find intact videos that have lost one of their names."""
        from sorasync.apply.wanted_names import asset_view
        from sorasync.assets.link import changed_names

        assets, directory = self._project.assets(), self._project.config.assets.path
        naming = self._project.file_naming(self._graph)
        view = asset_view(self._graph, store.bindings(), self._briefs, assets.objects(), naming)
        lost: dict[str, list[str]] = {}
        for name, link in changed_names(assets, view).items() if assets.root.exists() else ():
            lost.setdefault(link.sha256, []).append(name)
        for key, brief in self._briefs.items():
            if brief.asset in lost and key in self._labels:
                names = " and ".join(f"{directory}/{name}" for name in lost.pop(brief.asset))
                self._put(
                    DriftKind.UNLINKED, key, brief, f"{names} does not point to it: the next apply links it"
                )

    def remotes(self) -> None:
        """Find videos that are gone at the provider and still needed; count the others."""
        for key, brief in self._briefs.items():
            if (brief.provider not in self._complete and self._ours(brief)) or key in self._elsewhere:
                continue
            if not self._ours(brief) or self._job(brief) is not None:
                expired = self._expired(brief) and brief.status is Status.STORED
                self.expected += expired and key not in self.items
                continue
            if brief.status in IN_FLIGHT - _LEFT_OPEN or key in self._sources:
                self._add(DriftKind.GONE, key, brief)
            elif brief.status is Status.STORED and brief.asset is not None and key not in self.items:
                self.expected += 1

    def answers(self) -> dict[str, Remote]:
        """The list's answer for every key whose job it has, in the form a plan uses."""
        from sorasync.operations.plan import remote_of

        return {
            key: remote_of(job, over=self._expired(brief))
            for key, brief in self._briefs.items()
            if self._ours(brief) and (job := self._job(brief)) is not None
        }

    def _job(self, brief: Brief) -> Job | None:
        """What the list of its host says of a record."""
        return self._jobs.get((brief.provider, brief.remote_id or ""))

    def _add(self, kind: DriftKind, key: str, brief: Brief) -> None:
        if key not in self.items:
            self._put(kind, key, brief, self._note(kind, key, brief))

    def _put(self, kind: DriftKind, key: str, brief: Brief, note: str) -> None:
        label = self._labels.get(key, f"({key[:8]})")
        self.items.setdefault(key, DriftItem(kind, label, key, brief.remote_id, note))

    def _note(self, kind: DriftKind, key: str, brief: Brief) -> str:
        if kind is DriftKind.GONE:
            return self._sources.get(key, "it was on its way")
        if brief.asset in self._spares:
            return f"{self._spares[brief.asset]} still has a copy: the next apply restores it"
        if brief.provider not in self._complete and self._job(brief) is None:
            return "the next apply downloads it again if the provider still has it"
        there = self._job(brief) is not None and not self._expired(brief) and self._ours(brief)
        return (
            "the provider still has it: the next apply downloads it" if there else "and gone at the provider"
        )

    def _ours(self, brief: Brief) -> bool:
        """Whether the list of a host of ours can tell about it; no list has characters."""
        video = brief.asset is not None or brief.status in IN_FLIGHT
        if brief.remote_id is None or is_own_id(brief.remote_id):
            return False
        return video and self._project.hosts.find(brief.provider) is not None

    def _expired(self, brief: Brief) -> bool:
        job = self._job(brief)
        return job is not None and job.expires_at is not None and job.expires_at <= self._now

    def _needed_sources(self) -> dict[str, str]:
        """Keys of videos that unpaid renders need as a source, if their host takes no uploads."""
        hosts, graph = self._project.hosts, self._graph
        if all(profile.abilities.upload_as_source for _, profile in hosts):
            return {}
        return {
            graph.renders[render.source].key: f"{graph.label(address)} is to be made from it"
            for address, render in graph.renders.items()
            if render.source is not None
            and render.kind != "still"
            and render.key not in self._briefs
            and not hosts.at(render.provider).abilities.upload_as_source
        }

    def _is_video(self, sha256: str) -> bool:
        from sorasync.assets.file_errors import DamagedFile
        from sorasync.assets.picture import inspect_picture
        from sorasync.assets.store import VIDEOS
        from sorasync.assets.video_form import inspect_video

        path = self._project.assets().file_of(sha256)
        try:
            (inspect_video if path.name[64:] in VIDEOS else inspect_picture)(path)
        except (DamagedFile, OSError):
            return False
        return True
