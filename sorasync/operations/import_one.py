"""Binds a video that the provider holds already to a declared address; nothing is rendered or paid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.apply.render.row_words import told
from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render
from sorasync.operations.address_lookup import find_one
from sorasync.operations.import_look import look_for
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import JobComparison
from sorasync.state.record import IN_FLIGHT, MADE, Record, Status

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.profile.profile import Profile
    from sorasync.state.lock import LockWait
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What was bound. `likeness` is None for a character, of which nothing can be compared.

    `host` is the name of the host that has it, where the library has several.
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
    host: str | None = None


def import_render(
    project: Project,
    address: str,
    source: str,
    waiting: LockWait,
    *,
    force: bool = False,
    provider: str | None = None,
) -> Imported:
    """Bind the render of a declared address to a video of the provider, or a still to a picture of yours.

    `source` is the id of the video, or the path of the picture. `provider` names the host that has the video;
    without it all hosts are asked that may have made it. Raises what `look_for`, `record_import` or
    `bind_picture` raises.
    """
    graph = project.graph(project.library())
    render = graph.renders[find_one(address, graph)]
    if render.kind is Kind.STILL:
        if provider is not None:
            raise SorasyncError(
                f"{graph.label(render.address)} is a still: it is bound to a file, not to a video of a host",
                hint="leave --provider out",
            )
        return _import_picture(project, graph, render, source, waiting, force=force)
    hosts = _hosts(project, graph, render, provider)
    for host in hosts:
        host.require()
    with changing(project, waiting) as session:
        before = session.store.record(render.key)
        asked = hosts if provider is not None else hosts + _last_held_at(project, hosts, before, source)
        bound = bind(asked, session, graph, render, source, force=force)
        return _with_outdated(bound, session.store, graph, render, before)


def _import_picture(
    project: Project, graph: Graph, render: Render, source: str, waiting: LockWait, *, force: bool
) -> Imported:
    from sorasync.operations.import_picture import bind_picture
    from sorasync.operations.pick_outcome import link_names_again

    with changing(project, waiting) as session:
        before = session.store.record(render.key)
        bound = bind_picture(project, session, graph, render, Path(source).expanduser(), force=force)
        bound = _with_outdated(bound, session.store, graph, render, before)
    link_names_again(project)
    return bound


def _hosts(project: Project, graph: Graph, render: Render, provider: str | None) -> list[Host]:
    """The hosts that may have a render: the chosen one, else its own, with a route all of it."""
    own = [project.host_at(one) for one in render.route or (render.provider,)]
    if provider is None:
        return own
    chosen = project.host_named(provider)
    if render.kind is Kind.CHARACTER and chosen.name != own[0].name:
        raise SorasyncError(
            f"{graph.label(render.address)} is a character at {own[0].name}: it has no use at {chosen.name}",
            hint=f'set provider = "{chosen.name}" for it and for its clips',
        )
    return [chosen]


def _last_held_at(project: Project, hosts: list[Host], before: Record | None, remote_id: str) -> list[Host]:
    """The host of a lost render whose own id is given: it stays there also if its clip has moved since."""
    if before is None or before.status is not Status.LOST or before.remote_id != remote_id:
        return []
    known = project.hosts.find(before.provider) is not None
    if not known or before.provider in {host.profile.provider_name for host in hosts}:
        return []
    return [project.host_at(before.provider)]


def _with_outdated(
    bound: Imported, store: Store, graph: Graph, render: Render, before: Record | None
) -> Imported:
    """Name what was made from the render that `before` records, if another one is bound now."""
    now = store.record(render.key)
    if before is None or now is None or before.status not in MADE:
        return bound
    same_job = (before.remote_id, before.provider) == (now.remote_id, now.provider)
    if before.asset == now.asset if bound.remote_id is None else same_job:
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


def bind(
    hosts: Sequence[Host],
    session: ChangeSession,
    graph: Graph,
    render: Render,
    remote_id: str,
    *,
    force: bool,
) -> Imported:
    """Bind a declared render to a video (or character) of one of its hosts.

    Raises what `look_for` and `record_import` raise.
    """
    label = graph.label(render.address)
    found = look_for(hosts, session.store, render, label, remote_id, force=force)
    profile, job = found.host.profile, found.job
    status = Status.STORED if job is None else status_of(job)
    record_import(profile, session, render, status, label, remote_id, force=force, job=job)
    if job is None:
        session.store.bind(render.address, render.key, run=session.run, protect=render.protect)
    name = found.host.name if found.host.project.hosts.several else None
    return Imported(render.address, label, remote_id, status, found.likeness, host=name)


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
        request=json.dumps(told(render), sort_keys=True, ensure_ascii=False),
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
    own = (remote_id, profile.provider_name)
    lost = before is not None and before.status is Status.LOST and remote_id is not None
    if before is not None and lost and (before.remote_id, before.provider) == own:
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
