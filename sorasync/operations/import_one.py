"""Binds a video that the provider holds already to a declared address; nothing is rendered or paid."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render
from sorasync.operations.address_lookup import find
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.operations.resolve import refuse_held
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import JobComparison, Wanted, compare_job
from sorasync.state.record import IN_FLIGHT, MADE, Record, Status

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.profile.profile import Profile
    from sorasync.state.lock import LockWait
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What was bound. `likeness` is None for a character, of which nothing can be compared.

    A still is bound to a `file` instead of a job; `differs` is how that picture is not what was asked for.
    `outdated` are the labels of renders that were made from what was there before, and stay as they are;
    `remade_by` those to name with `--replace`, so that all of them are rendered again.
    """

    address: str
    label: str
    remote_id: str | None
    status: Status
    likeness: JobComparison | None
    file: str | None = None
    differs: str | None = None
    outdated: tuple[str, ...] = ()
    remade_by: tuple[str, ...] = ()


def import_render(
    project: Project, address: str, source: str, waiting: LockWait, *, force: bool = False
) -> Imported:
    """Bind the render of a declared address to a video of the provider, or a still to a picture of yours.

    `source` is the id of the video, or the path of the picture. Raises what `bind` or `bind_picture` raises.
    """
    graph = project.graph(project.library())
    found = find(address, graph)
    if not found.declared or len(found.renders) != 1:
        labels = ", ".join(graph.label(render) for render in found.renders)
        raise SorasyncError(f"{address} means several renders: {labels}", hint="name one of them")
    render = graph.renders[found.renders[0]]
    if render.kind is Kind.STILL:
        from sorasync.operations.import_picture import bind_picture
        from sorasync.operations.pick_outcome import link_names_again

        with changing(project, waiting) as session:
            before = session.store.record(render.key)
            bound = bind_picture(project, session, graph, render, Path(source).expanduser(), force=force)
            bound = _with_outdated(bound, session.store, graph, render, before)
        link_names_again(project)
        return bound
    from sorasync.provider.errors import NotFound

    *earlier, last = (project.host_at(provider) for provider in render.route or (render.provider,))
    for host in (*earlier, last):
        host.require()
        try:
            with changing(project, waiting) as session:
                before = session.store.record(render.key)
                bound = bind(host, session, graph, render, source, force=force)
                return _with_outdated(bound, session.store, graph, render, before)
        except NotFound:
            # It may have been made at the next host of the route.
            if host is last:
                raise
    raise AssertionError(source)


def _with_outdated(
    bound: Imported, store: Store, graph: Graph, render: Render, before: Record | None
) -> Imported:
    """Name what was made from the render that `before` records, if another one is bound now."""
    now = store.record(render.key)
    if before is None or now is None or before.status not in MADE:
        return bound
    same = before.asset == now.asset if bound.remote_id is None else before.remote_id == now.remote_id
    if same:
        return bound
    sources = {address for address, key in graph.keys.items() if key == render.key}
    renders = [one for one in graph.in_order(graph.dependants(sources)) if one.key != render.key]
    made = {key for key, one in store.briefs_of(one.key for one in renders).items() if _was_sent(one.status)}
    outdated = [one for one in renders if one.key in made]
    direct = (one for one in outdated if not sources.isdisjoint(one.needs))
    return replace(
        bound,
        outdated=tuple(graph.label(one.address) for one in outdated),
        remade_by=tuple(graph.label(one.address) for one in direct),
    )


def _was_sent(status: Status) -> bool:
    return status in IN_FLIGHT or status in MADE


def wanted_of(render: Render) -> Wanted:
    """What a declared render requests."""
    return Wanted(render.prompt, render.model or None, render.size or None, float(render.seconds) or None)


def bind(
    host: Host, session: ChangeSession, graph: Graph, render: Render, remote_id: str, *, force: bool
) -> Imported:
    """Bind a declared render to a video (or character) of its host.

    Raises `NotFound` for an id that the provider does not know, and `SorasyncError` for one that another
    record holds, that failed, or that says it is something else (unless `force`).
    """
    label = graph.label(render.address)
    refuse_held(session.store, remote_id, host.profile.provider_name, render.key)
    if render.kind is Kind.CHARACTER:
        if not asyncio.run(_character_exists(host, remote_id)):
            raise SorasyncError(f"{host.profile.provider_name} has no character {remote_id}")
        record_import(host.profile, session, render, Status.STORED, label, remote_id, force=force)
        session.store.bind(render.address, render.key, run=session.run, protect=render.protect)
        return Imported(render.address, label, remote_id, Status.STORED, None)
    from sorasync.operations.provider_jobs import job as ask

    job = ask(host, remote_id)
    _refuse_unusable(host, job)
    found = compare_job(wanted_of(render), job)
    if not found.same and not force:
        raise SorasyncError(
            f"{remote_id} is not what {label} asks for: {_differences(found)}",
            hint="change the manifest, or give --force to bind it anyway; nothing was changed",
        )
    status = status_of(job)
    record_import(host.profile, session, render, status, label, remote_id, force=force, job=job)
    return Imported(render.address, label, remote_id, status, found)


def status_of(job: Job) -> Status:
    """The first status of an imported job's record."""
    return Status.RENDERED if job.status is JobStatus.COMPLETED else Status.SUBMITTED


def new_record(
    profile: Profile,
    session: ChangeSession,
    render: Render,
    status: Status,
    remote_id: str | None,
    job: Job | None,
    **fields: object,
) -> None:
    """Make the record of something made elsewhere: no attempt, and nothing spent."""
    session.store.move(
        render.key,
        status,
        run=session.run,
        kind=render.kind.value,
        address=render.address,
        inputs=render.inputs,
        request=json.dumps(
            {"prompt": None if render.private else render.prompt, "file": render.file},
            sort_keys=True,
            ensure_ascii=False,
        ),
        source_key=json.loads(render.inputs).get("source"),
        provider=profile.provider_name,
        remote_id=remote_id,
        model=(job.model if job else None) or render.model or None,
        size=(job.size if job else None) or render.size or None,
        seconds=(job.seconds if job else None) or float(render.seconds) or None,
        reported_usd=job.cost_usd if job else None,
        expires_at=job.expires_at if job else None,
        billed_seconds=float(render.billed_seconds),
        **fields,
    )


def record_import(
    profile: Profile,
    session: ChangeSession,
    render: Render,
    status: Status,
    label: str,
    remote_id: str | None = None,
    *,
    force: bool,
    job: Job | None = None,
    file: str | None = None,
    **fields: object,
) -> None:
    """Record a job or a `file` made elsewhere as a render, with more `fields` of its record.

    Raises `SorasyncError` where a render is on its way, or there already (unless `force`).
    """
    store = session.store
    before = store.record(render.key)
    if before is not None and before.status is Status.LOST and remote_id and before.remote_id == remote_id:
        with store.transaction():
            store.move(render.key, status, run=session.run, expires_at=job.expires_at if job else None)
            store.log("imported", render.address, render.key, session.run, remote_id=remote_id)
        return
    if before is not None and before.status in IN_FLIGHT:
        hint = "`sorasync resolve` settles a lost answer; `sorasync apply` follows the rest"
        raise SorasyncError(f"{label} has a render in flight ({before.status.value})", hint=hint)
    if before is not None and before.status is Status.STORED and not force:
        raise SorasyncError(f"{label} has a render already", hint="give --force to bind this one instead")
    with store.transaction():
        if before is not None:
            aside = store.supersede(render.key, run=session.run)
            if before.asset is None and not store.addresses_of(aside):
                store.forget([aside], run=session.run)
        new_record(profile, session, render, status, remote_id, job, **fields)
        source = {"remote_id": remote_id} if file is None else {"file": file}
        store.log("imported", render.address, render.key, session.run, **source)


async def _character_exists(host: Host, remote_id: str) -> bool:
    async with host.client() as provider:
        return await provider.character_exists(remote_id)


def _refuse_unusable(host: Host, job: Job) -> None:
    """Raises `SorasyncError` for a job that has no video; one that is past its time is asked for its file."""
    if job.status.terminal and job.status is not JobStatus.COMPLETED:
        why = f": {job.error.message}" if job.error else ""
        raise SorasyncError(f"{job.id} has no video, it is {job.status.value}{why}")
    over = job.expires_at is not None and job.expires_at <= host.clock.now()
    if job.status is JobStatus.COMPLETED and over and not asyncio.run(_has_file(host, job)):
        raise SorasyncError(
            f"the file of {job.id} can no longer be downloaded: it expired", hint="nothing was changed"
        )


async def _has_file(host: Host, job: Job) -> bool:
    from sorasync.provider.errors import NotFound

    async with host.client() as provider:
        try:
            async with provider.download(job):
                return True
        except NotFound:
            return False


def _differences(found: JobComparison) -> str:
    parts = []
    for field in found.differs:
        if field.name == "prompt":
            parts.append("its prompt differs")
        else:
            parts.append(f"{field.name} {field.after}, not {field.before}")
    return ", ".join(parts)
