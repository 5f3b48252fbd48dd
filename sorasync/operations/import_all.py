"""`sorasync import --remote`: writes a manifest for undeclared videos of the provider, and binds them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sorasync.errors import SorasyncError
from sorasync.operations.import_look import host_option
from sorasync.operations.import_one import new_record
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.operations.provider_jobs import Sweep, oldest_first, sweep
from sorasync.provider.redact import HIDDEN
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import job_signature, requests_matching
from sorasync.state.record import IN_FLIGHT, Status
from sorasync.text import shell_word

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.operations.library_host import Host
    from sorasync.state.lock import LockWait
    from sorasync.state.store import Store

NAME = "imported.toml"
_WORDS = 6
_LONGEST = 48
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BRACES = "open_braces"
# With these a declared render has no room for another video.
_TAKEN = IN_FLIGHT | {Status.STORED}
# The texts of a job that would end up in a manifest and its records.
_WRITTEN = ("prompt", "model", "size")
_HEADER = """\
# Videos that were made elsewhere, written by `sorasync import --remote`. From here on this is a manifest
# like any other: rename the clips and edit them as you like.

"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A video that was not taken, and why."""

    remote_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to be declared: several jobs of one request are its takes, the oldest first."""

    slug: str
    prompt: str
    model: str
    size: str
    seconds: int
    jobs: tuple[Job, ...]
    # The host, where there are several.
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What an import would declare and bind, and what it leaves out. `path` is the manifest to be written."""

    path: Path
    clips: tuple[Clip, ...]
    left_out: tuple[LeftOut, ...]


def import_remote(
    project: Project,
    waiting: LockWait,
    *,
    out: Path | None = None,
    since: float | None = None,
    dry_run: bool = False,
    provider: str | None = None,
) -> Gathered:
    """Declare and bind every finished video of a host that is not declared here.

    `out` is the manifest to write, `since` Unix seconds, `provider` the host if not the default. With
    `dry_run` nothing is changed. Raises `ProviderError`, and `SorasyncError` where the provider has no list
    or `out` is no manifest.
    """
    named = _manifest_path(project, out) if out else None
    manifests = project.root / project.config.library.manifests
    host = project.host_named(provider)
    swept = sweep(host, since)
    if not swept.listed:
        raise SorasyncError(
            f"{host.profile.provider_name} has no list of videos",
            hint=f"sorasync import ADDRESS ID{host_option(host)} binds a video by its id",
        )
    if dry_run:
        with project.synced_store() as store:
            graph, path = project.graph(project.library()), named or free_name(manifests)
            return gather(host, graph, swept, store, path, since)
    with changing(project, waiting) as session:
        graph, path = project.graph(project.library()), named or free_name(manifests)
        found = gather(host, graph, swept, session.store, path, since)
        if found.clips:
            carry_out(project, session, found)
    return found


def _manifest_path(project: Project, out: Path) -> Path:
    """The path of a manifest: it must be one that the library reads."""
    manifests = (project.root / project.config.library.manifests).resolve()
    path = (Path.cwd() / out).resolve()
    if not path.is_relative_to(manifests):
        path = (project.root / out).resolve()
    if not path.is_relative_to(manifests) or path.suffix != ".toml":
        raise SorasyncError(
            f"{out} is not a manifest of this library",
            hint=f"name a .toml file in {project.config.library.manifests}/",
        )
    return path


def gather(
    host: Host, graph: Graph, found: Sweep, store: Store, path: Path, since: float | None = None
) -> Gathered:
    """Sort the provider's jobs into clips and what is left out; videos that records hold are neither."""
    left: list[LeftOut] = []
    groups: dict[tuple[object, ...], list[Job]] = defaultdict(list)
    declared, held = _declared_signatures(graph, store, host), store.remote_ids(host.profile.provider_name)
    now = host.clock.now()
    for job in oldest_first(found.jobs):
        if job.id in held or (since is not None and (job.created_at or now) < since):
            continue
        why = _unfit(host, job, declared, now)
        if why is None:
            groups[_request_signature(job)].append(job)
        else:
            left.append(LeftOut(job.id, why))
    names = {name.partition("[")[0] for name in graph.clips}
    chosen = host.name if host.project.hosts.several else None
    clips = [_clip_of_jobs(jobs, names, chosen) for jobs in sorted(groups.values(), key=_oldest)]
    clips.sort(key=lambda clip: clip.slug)
    return Gathered(path, tuple(clips), tuple(sorted(left, key=lambda one: one.remote_id)))


def free_name(directory: Path) -> Path:
    """`imported.toml`, or the first numbered one that is not there yet."""
    path, number = directory / NAME, 1
    while path.exists():
        number += 1
        path = directory / f"imported-{number}.toml"
    return path


def manifest_text(clips: Iterable[Clip]) -> str:
    """The manifest, clips in the order of their names. Braces that would be placeholders are kept as text."""
    import tomli_w

    found = list(clips)
    body: dict[str, Any] = {}
    if any("{{" in clip.prompt for clip in found):
        body["vars"] = {_BRACES: "{{"}
    body["clips"] = {clip.slug: _clip_table(clip) for clip in found}
    return _HEADER + tomli_w.dumps(body)


def _clip_table(clip: Clip) -> dict[str, object]:
    prompt = clip.prompt.replace("{{", "{{ " + _BRACES + " }}")
    table: dict[str, object] = {
        "prompt": prompt,
        "model": clip.model,
        **({} if clip.provider is None else {"provider": clip.provider}),
        "size": clip.size,
        "seconds": clip.seconds,
    }
    if len(clip.jobs) > 1:
        table["takes"] = len(clip.jobs)
    return table


def carry_out(project: Project, session: ChangeSession, gathered: Gathered) -> None:
    """Write the manifest and make the records, so that the next plan has only downloads.

    Raises `ManifestError` if the library cannot be read with the new manifest; nothing is changed then.
    """
    from sorasync.operations import import_stage

    path, text = gathered.path, manifest_text(gathered.clips)
    if path.exists():
        raise SorasyncError(f"{path.name} already exists", hint="name another file with --out")
    graph = _graph_with(project, path, text)
    staged = import_stage.stage(path, text)
    try:
        with session.store.transaction():
            for clip in gathered.clips:
                _bind(project, session, graph, clip)
            import_stage.commit(session.store, staged, session.run)
    except BaseException:
        import_stage.discard(staged)
        raise
    import_stage.publish(staged)


def _graph_with(project: Project, path: Path, text: str) -> Graph:
    """The graph of the library as it would be with the manifest."""
    from sorasync.manifest.load import load
    from sorasync.operations.edited_library import Overlay

    file = path.resolve().relative_to(project.root.resolve()).as_posix()
    return project.graph(load(project.root, project.config, Overlay(project.root, file, text)))


def _bind(project: Project, session: ChangeSession, graph: Graph, clip: Clip) -> None:
    node = graph.clips.get(clip.slug)
    if node is None:
        raise SorasyncError(
            f"the manifest {clip.slug} was written to is not read by the library",
            hint="--out must name a file in the manifests directory",
        )
    for address, job in zip(node.takes, clip.jobs, strict=True):
        render = graph.renders[address]
        before = session.store.record(render.key)
        if before is not None:
            session.store.supersede(render.key, run=session.run)
        new_record(project.hosts.at(render.provider), session, render, Status.RENDERED, job.id, job)
        session.store.log("imported", address, render.key, session.run, remote_id=job.id)


class _Declared(NamedTuple):
    """The render that asks for something, and how far it is if it is under way or done."""

    label: str
    status: Status | None
    # The host that would render it, where that is another one than has the video.
    elsewhere: str | None
    # What names the host to `sorasync import`, where it would ask another one for that id.
    option: str

    @property
    def rank(self) -> tuple[bool, bool]:
        """The lower, the likelier is it the one that the video was made for."""
        return self.elsewhere is not None, self.status is not None


def _declared_signatures(graph: Graph, store: Store, host: Host) -> dict[tuple[object, ...], _Declared]:
    """What is asked for by renders; of several with the same request the first that the host may have made,
    and that has nothing yet.
    """
    from sorasync.graph.key import folded

    hosts = host.project.hosts
    briefs = store.briefs_of(render.key for render in graph.renders.values())
    found: dict[tuple[object, ...], _Declared] = {}
    for address, r in graph.renders.items():
        brief = briefs.get(r.key)
        status = brief.status if brief is not None and brief.status in _TAKEN else None
        signature = (folded(r.prompt), r.model, r.size, float(r.seconds))
        route = r.route or (r.provider,)
        elsewhere = None if host.provider in route else hosts.word(r.provider)
        one = _Declared(graph.label(address), status, elsewhere, host_option(host, r))
        if signature not in found or one.rank < found[signature].rank:
            found[signature] = one
    return found


def _same_as_declared(declared: _Declared, remote_id: str) -> str:
    """Why a video that a manifest asks for is no new clip, and what binds it."""
    where = "" if declared.elsewhere is None else f" at {declared.elsewhere}"
    what, status = f"it is what {declared.label} asks for{where}", declared.status
    command = f"sorasync import {shell_word(declared.label)} {remote_id}{declared.option}"
    if status is None:
        return f"{what}: {command}"
    if status is Status.STORED:
        return f"{what}, which has another render; to use this one: {command} --force"
    return f"{what}, which has a render in flight ({status.value})"


def _unfit(host: Host, job: Job, declared: dict[tuple[object, ...], _Declared], now: float) -> str | None:
    """Why a video cannot be declared as a clip, None if it can."""
    if job.status is not JobStatus.COMPLETED:
        return f"it is {job.status.value}"
    if job.expires_at is not None and job.expires_at <= now:
        return "its file can no longer be downloaded: it expired"
    if job.raw.get("remixed_from_video_id"):
        return "it was made from another video, which a manifest cannot express"
    request = job_signature(job)
    if request is None or not job.prompt:
        missing = [n for n in ("prompt", "model", "size", "seconds") if not getattr(job, n)]
        return f"the provider does not say its {', '.join(missing)}"
    if found := requests_matching(job, declared):
        return _same_as_declared(declared[found[0]], job.id)
    if hidden := [name for name in _WRITTEN if HIDDEN in str(getattr(job, name))]:
        return (
            f"its {' and '.join(hidden)} held the API key, which was taken out: "
            f"declare it yourself, then sorasync import clip.NAME {job.id}{host_option(host)}"
        )
    assert job.seconds is not None
    if not float(job.seconds).is_integer():
        return f"its length of {job.seconds:g} s is not a whole number"
    if not _declarable(job):
        return "a manifest cannot hold its values"
    lacks = host.profile.check_create(
        model=job.model, size=job.size, seconds=int(job.seconds), prompt=job.prompt
    )
    return f"the profile cannot render it: {lacks[0].message}" if lacks else None


def _declarable(job: Job) -> bool:
    """Whether a manifest takes the words of a job: they are a server's and may be anything."""
    from pydantic import ValidationError

    from sorasync.manifest.schema import ClipModel

    fields = {"prompt": job.prompt, "model": job.model, "size": job.size, "seconds": int(job.seconds or 0)}
    try:
        ClipModel.model_validate(fields)
    except ValidationError:
        return False
    return _CONTROL.search(job.prompt or "") is None


def _request_signature(job: Job) -> tuple[object, ...]:
    request = job_signature(job)
    assert request is not None
    return request


def _oldest(jobs: list[Job]) -> tuple[float, str]:
    return min((job.created_at or 0.0, job.id) for job in jobs)


def _clip_of_jobs(jobs: list[Job], names: set[str], provider: str | None) -> Clip:
    first = jobs[0]
    assert first.prompt is not None
    assert first.seconds is not None
    slug = _slug(first.prompt, names)
    names.add(slug)
    return Clip(
        slug, first.prompt, first.model or "", first.size or "", int(first.seconds), tuple(jobs), provider
    )


def _slug(prompt: str, taken: Container[str]) -> str:
    """A name from the first words of a prompt that nothing else has."""
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:_WORDS]
    base = "-".join(words)[:_LONGEST].strip("-") or "video"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
