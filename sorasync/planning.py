"""Makes a plan: reads the manifests, the state and the disk, asks the provider what it must, and diffs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sorasync.graph.graph import Graph
from sorasync.plan.diff import diff
from sorasync.plan.known import Known, Survey, survey
from sorasync.plan.plan import Plan, Waiting
from sorasync.plan.remote import Remote, RemoteState
from sorasync.plan.selection import Selection, matching, select
from sorasync.project import Project

if TYPE_CHECKING:
    from sorasync.manifest.library import Library
    from sorasync.provider.base import Provider
    from sorasync.provider.wire import Job
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What is asked of a plan. `offline` asks the provider nothing."""

    selection: Selection = field(default_factory=Selection)
    replace: tuple[str, ...] = ()
    offline: bool = False
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from."""

    plan: Plan
    graph: Graph
    library: Library
    known: Known


def make_plan(project: Project, options: PlanOptions, store: Store | None = None) -> Planned:
    """Plan a library. With `store` None the state is read and not touched.

    Raises `ManifestError`, `StateError`, `ProviderError`, or `SorasyncError` for a selection that matches
    nothing.
    """
    library = project.library()
    graph = project.graph(library)
    if store is not None:
        return _planned(project, options, library, graph, store)
    with project.synced_store() as opened:
        return _planned(project, options, library, graph, opened)


def _planned(project: Project, options: PlanOptions, library: Library, graph: Graph, store: Store) -> Planned:
    replaced = graph.dependants(matching(options.replace, graph)) if options.replace else set()
    known = Known(
        bindings=store.bindings(),
        briefs=store.briefs(),
        present=project.assets().present(),
        provider=project.profile.provider_name,
    )
    found = survey(graph, known, replaced)
    known = Known(
        bindings=known.bindings,
        briefs=known.briefs,
        present=known.present,
        provider=known.provider,
        records=store.records(found.keys),
        remote={} if options.offline else _ask(project, store, found),
    )
    changes = diff(
        graph,
        known,
        found,
        project.profile,
        replaced=replaced,
        attempts=project.config.apply.attempts,
        batch=options.batch,
    )
    kept = select(changes, options.selection, graph)
    clips, characters = _untouched(graph, found)
    plan = Plan(
        library=project.name,
        env=project.config.env or "",
        provider=project.profile.provider_name,
        simulated=project.profile.simulated,
        lineage=store.lineage,
        serial=store.serial,
        desired=_desired(graph),
        changes=tuple(kept),
        unchanged=found.unchanged,
        unchanged_clips=clips,
        unchanged_characters=characters,
        waiting=tuple(_waiting(graph)),
        diagnostics=library.warnings,
        left_out=len(changes) - len(kept),
    )
    return Planned(plan=plan, graph=graph, library=library, known=known)


def _untouched(graph: Graph, found: Survey) -> tuple[int, int]:
    from sorasync.graph.address import owner

    touched = {owner(render.address) for render in found.touched}
    characters = sum(address.startswith("character.") for address in graph.renders)
    touched_characters = sum(address.startswith("character.") for address in touched)
    clips = len(graph.clips) - (len(touched) - touched_characters)
    return clips, characters - touched_characters


def _waiting(graph: Graph) -> Iterable[Waiting]:
    for node in graph.waiting():
        assert node.waits_for is not None
        source = graph.clips[node.waits_for]
        yield Waiting(f"clip.{node.name}", f"clip.{source.name}", len(source.takes))


def _desired(graph: Graph) -> str:
    digest = hashlib.sha256()
    for address in sorted(graph.renders):
        digest.update(f"{address}={graph.renders[address].key}\n".encode())
    return digest.hexdigest()


def _ask(project: Project, store: Store, found: Survey) -> dict[str, Remote]:
    """What became of the renders that only the provider knows about; no request where there are none."""
    if not found.ask:
        return {}
    import asyncio

    ids = {key: record.remote_id for key, record in store.records(found.ask).items() if record.remote_id}
    return asyncio.run(_answers(project, ids))


async def _answers(project: Project, ids: dict[str, str]) -> dict[str, Remote]:
    async with project.provider() as provider:
        jobs = await _jobs(provider, set(ids.values()), listing=project.profile.can("list"))
    return {key: _remote(jobs.get(job_id), project.clock.now()) for key, job_id in ids.items()}


async def _jobs(provider: Provider, ids: set[str], *, listing: bool) -> dict[str, Job]:
    """The jobs of those ids that still exist: from the list's newest pages, then one by one."""
    from sorasync.provider.errors import NotFound, NotSupported

    jobs: dict[str, Job] = {}
    if listing and len(ids) > 1:
        after = None
        for _ in range(-(-len(ids) // 100)):
            try:
                page = await provider.page(after, 100)
            except NotSupported:
                break
            jobs.update((job.id, job) for job in page.jobs if job.id in ids)
            after = page.after
            if after is None:
                break
    for job_id in sorted(ids - jobs.keys()):
        try:
            jobs[job_id] = await provider.get(job_id)
        except NotFound:
            continue
    return jobs


def _remote(job: Job | None, now: float) -> Remote:
    from sorasync.provider.wire import JobStatus

    if job is None or job.status in (JobStatus.DELETED, JobStatus.EXPIRED):
        return Remote(RemoteState.GONE)
    if job.status is JobStatus.COMPLETED:
        expired = job.expires_at is not None and job.expires_at <= now
        return Remote(RemoteState.EXPIRED if expired else RemoteState.COMPLETED, 100, job.expires_at)
    if job.status.terminal:
        return Remote(RemoteState.FAILED, job.progress, error=job.error.message if job.error else None)
    return Remote(RemoteState.PENDING, job.progress, job.expires_at)
