"""Deletes retired renders for `gc` and everything for `destroy`.

Files go before the records that know of them: a crash in between leaves records whose file is gone, which
the next run of the same command clears away, and never files that nobody knows of.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sorasync.errors import Refused
from sorasync.graph.address import natural
from sorasync.operations.locked_state import changing
from sorasync.plan.change import inputs_of
from sorasync.plan.selection import matches
from sorasync.state.record import IN_FLIGHT, Record, Status
from sorasync.text import and_more

if TYPE_CHECKING:
    from sorasync.assets.archive import SweptBucket, Unnamed
    from sorasync.operations.library_host import Host
    from sorasync.operations.locked_state import ChangeSession
    from sorasync.operations.project import Project
    from sorasync.profile.profile import Profile
    from sorasync.provider.host_client import HostClient
    from sorasync.state.lock import LockWait
    from sorasync.state.store import Store

# A broken download counts as abandoned after this many seconds.
STALE = 86_400.0

_FREE = Decimal(0)
_AT_ONCE = 8
_UNSETTLED = frozenset({Status.INTENT, Status.UNKNOWN, Status.BATCHED})


@dataclass(frozen=True, slots=True)
class Doomed:
    """A deletable record. `bytes` are freed on disk with it (0 where another record shares the file),
    `cost` is what it would take to make it again (None: unknown, 0 where a copy of it is listed before),
    `since` when no address stood for it any more, in Unix seconds (None: nobody noted it).
    """

    record: Record
    bytes: int
    cost: Decimal | None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted: keys, bytes, videos at the provider; errors by address; what became of the bucket."""

    keys: tuple[str, ...]
    bytes: int
    remote: int
    failed: Mapping[str, str]
    bucket: SweptBucket | None = None


@dataclass(frozen=True, slots=True)
class Garbage:
    """Retired renders, and downloads that were abandoned: how many, and their bytes.

    `wanted` counts retired renders that stay since the lock file of another branch names them, by branch;
    `unnamed` are objects of the bucket that no library names, None without a bucket.
    """

    renders: tuple[Doomed, ...]
    downloads: int = 0
    download_bytes: int = 0
    wanted: Mapping[str, int] = field(default_factory=dict)
    unnamed: Unnamed | None = None

    @property
    def nothing(self) -> bool:
        """Whether a deletion would have nothing to do."""
        return not self.renders and not self.downloads and not (self.unnamed and self.unnamed.objects)


@dataclass(frozen=True, slots=True)
class Everything:
    """All renders that `destroy` deletes, and those in doubt, which stay."""

    renders: tuple[Doomed, ...]
    unsettled: tuple[Record, ...]


def garbage(
    project: Project, patterns: Collection[str] = (), older_than: float | None = None, *, remote: bool = False
) -> Garbage:
    """What `gc` deletes; see `retired`. With `remote` raises where the provider could not be asked."""
    with project.synced_store() as store:
        every = retired(project, store, older_than, patterns=patterns)
        found, wanted = _unwanted(project, store, every)
        if remote:
            project.require_provider(at_provider(project, store, found))
        unnamed = _unnamed(project, store, found)
    return Garbage(tuple(found), *stale_parts(project), wanted, unnamed)


def collect_garbage(
    project: Project,
    found: Garbage,
    waiting: LockWait,
    older_than: float | None = None,
    *,
    remote: bool = False,
) -> Deleted:
    """Delete what was found, as far as it is still retired. Raises `StateLocked` and `ProviderError`."""
    with changing(project, waiting) as session:
        shown = {one.record.key for one in found.renders}
        still, _ = _unwanted(project, session.store, retired(project, session.store, older_than, shown))
        deleted = delete(project, session, still, remote=remote)
        clear_leftovers(project, session.store, project.clock.now() - STALE)
        relink(project, session.store)
        return replace(deleted, bucket=_sweep(project, session.store))


def everything_rendered(
    project: Project, *, remote: bool = True, include_protected: bool = False
) -> Everything:
    """What `destroy` deletes. Raises `Refused` for protected addresses; see `garbage` for `remote`."""
    with project.synced_store() as store:
        found, unsettled = everything(project, store)
        _refuse_protected(store, include_protected)
        if remote:
            project.require_provider(at_provider(project, store, found))
    return Everything(tuple(found), tuple(unsettled))


def destroy(
    project: Project, waiting: LockWait, *, remote: bool = True, include_protected: bool = False
) -> Deleted:
    """Delete every render that can be deleted. Raises `Refused`, `StateLocked` and `ProviderError`."""
    with changing(project, waiting) as session:
        _refuse_protected(session.store, include_protected)
        deleted = delete(project, session, everything(project, session.store)[0], remote=remote)
        clear_leftovers(project, session.store, project.clock.now() + 1)
        relink(project, session.store)
        return replace(deleted, bucket=_sweep(project, session.store))


def _unwanted(project: Project, store: Store, found: list[Doomed]) -> tuple[list[Doomed], dict[str, int]]:
    """Retired renders that no other branch names, and how many others there are by branch.

    A render whose video another branch names as that of another render stays as well, unless a record that
    stays here keeps the video.
    """
    from sorasync.operations.branch_locks import named_on_branches

    if not found or project.lock_path is None:
        return found, {}
    named = named_on_branches(project.root, project.config.lock_file)
    named_here = [one for one in found if one.record.asset in named.videos]
    themselves = {r.key for one in named_here if named.name((r := one.record).asset or "", r.remote_id)}
    going = {one.record.key for one in found} - themselves
    kept = {brief.asset for key, brief in store.briefs().items() if key not in going}
    stay = [one.record for one in named_here if one.record.key in themselves or one.record.asset not in kept]
    renders = {_made(record): record.asset or "" for record in stay}
    wanted = Counter(named.videos[asset] for asset in renders.values())
    keys = {record.key for record in stay}
    return [one for one in found if one.record.key not in keys], dict(sorted(wanted.items()))


def _named(project: Project, store: Store, without: Collection[str] = ()) -> set[str]:
    """The digests that this library names: its state, and the lock files of its branches."""
    from sorasync.operations.branch_locks import named_on_branches

    briefs = store.briefs().items()
    named = {brief.asset for key, brief in briefs if brief.asset is not None and key not in without}
    if project.lock_path is not None:
        named.update(named_on_branches(project.root, project.config.lock_file).videos)
    return named


def _unnamed(project: Project, store: Store, going: list[Doomed]) -> Unnamed | None:
    """What a sweep of the bucket would find once those records are gone."""
    archive = project.assets().archive
    if not archive.remote:
        return None
    named = _named(project, store, {one.record.key for one in going})
    released = {one.record.asset for one in going if one.record.asset is not None} - named
    return archive.unnamed(named, released, grace(project), project.clock.now())


def _sweep(project: Project, store: Store) -> SweptBucket | None:
    archive = project.assets().archive
    return archive.sweep(_named(project, store) if archive.remote else (), grace(project))


def grace(project: Project) -> float:
    """Seconds for which an object stays in the bucket that no library names."""
    return project.config.assets.grace_days * 86_400.0


def _refuse_protected(store: Store, include: bool) -> None:
    names = sorted(store.protected())
    if not names or include:
        return
    raise Refused(
        f"{and_more(names, 3)} {'is' if len(names) == 1 else 'are'} protected; nothing was deleted",
        hint="sorasync unprotect ADDRESS lifts a protection, --include-protected overrides all of them",
    )


def retired(
    project: Project,
    store: Store,
    older_than: float | None = None,
    only: Collection[str] | None = None,
    *,
    patterns: Collection[str] = (),
) -> list[Doomed]:
    """Retired records: no address points to them and no manifest wants them; sorted by address.

    Left out are renders in flight and their sources, and all records of a protected address. With
    `older_than` (seconds), only those known to be retired for so long; `only` limits to some keys, `patterns`
    to addresses. Raises `ManifestError`, since what the manifests want must be known.
    """
    graph = project.graph(project.library())
    with store.snapshot():
        bindings, briefs = store.bindings(), store.briefs()
        kept = {binding.key for binding in bindings.values()}
        kept.update(graph.keys.values())
        kept |= {record.source_key for record in store.in_flight() if record.source_key}
        protected = store.protected()
        keys = [k for k, brief in briefs.items() if k not in kept and brief.status not in IN_FLIGHT]
        records = [r for r in store.records(keys).values() if r.address not in protected]
        since = _retired_since(store, {record.key for record in records}) if records else {}
    if only is not None:
        records = [record for record in records if record.key in only]
    if patterns:
        records = [r for r in records if any(matches(pattern, r.address, graph) for pattern in patterns)]
    if older_than is not None:
        latest = project.clock.now() - older_than
        records = [r for r in records if r.key in since and since[r.key] <= latest]
    return _doomed(project, store, records, since)


def everything(project: Project, store: Store) -> tuple[list[Doomed], list[Record]]:
    """All records that can be deleted, and those in doubt, which cannot."""
    records = store.every_record()
    settled = [record for record in records if record.status not in _UNSETTLED]
    return _doomed(project, store, settled, {}), [r for r in records if r.status in _UNSETTLED]


def _doomed(
    project: Project, store: Store, records: Iterable[Record], since: Mapping[str, float]
) -> list[Doomed]:
    going = sorted(records, key=lambda r: (natural(r.address), r.intent_at or 0.0, r.key))
    keys = {record.key for record in going}
    shared = {brief.asset for key, brief in store.briefs().items() if key not in keys}
    assets = project.assets()
    sizes = assets.archive.sizes() | assets.present()
    found: list[Doomed] = []
    counted: set[tuple[str, ...]] = set()
    for record in going:
        own = record.asset is not None and record.asset not in shared
        size = sizes.get(record.asset or "", 0) if own else 0
        shared.add(record.asset)
        here = record.asset is not None and record.asset in sizes
        profile = project.hosts.find(record.provider) or project.profile
        cost = remake_cost(record, profile) if here or record.status in IN_FLIGHT else _FREE
        if (render := _made(record)) in counted:
            cost = _FREE
        counted.add(render)
        found.append(Doomed(record, size, cost, since.get(record.key, record.stored_at)))
    return found


def _made(record: Record) -> tuple[str, ...]:
    """The identity of a render: records accepted from one another are the same render."""
    if record.remote_id is None:
        return (record.key,)
    return record.provider, record.remote_id, record.asset or ""


def remake_cost(record: Record, profile: Profile) -> Decimal | None:
    """What the provider would charge to make a record's render again, if known.

    Of a row's parameters there is a digest only: what it cost says their price.
    """
    if "params_sha256" in inputs_of(record.inputs):
        return record.cost_usd
    length = round(record.seconds) if record.seconds is not None else None
    billed = round(record.billed_seconds) if record.billed_seconds is not None else length
    match record.kind:
        case "character":
            return _FREE
        case "still":
            inputs = inputs_of(record.inputs)
            images, params = inputs.get("references"), inputs.get("params")
            count = len(images) if isinstance(images, list) else int("source" in inputs)
            given = params if isinstance(params, dict) else {}
            price = profile.still_cost(record.model or "", record.size or "", given, count)
        case "extend":
            before = None if length is None or billed is None else length - billed
            price = profile.extend_cost(record.model, record.size, billed, before)
        case "edit":
            price = profile.edit_cost(record.model, record.size, length)
        case _:
            inputs = inputs_of(record.inputs)
            params = inputs.get("params")
            price = profile.create_cost(
                record.model,
                record.size,
                billed,
                image=bool(inputs.get("image")),
                params=params if isinstance(params, dict) else {},
            )
    return price if price is not None else record.cost_usd


def _retired_since(store: Store, keys: set[str]) -> dict[str, float]:
    """When each key lost its last address, by the log."""
    found: dict[str, float] = {}
    for event in store.events():
        key = event.key if event.what == "unbound" else None
        if event.what == "bound":
            key = str(event.data.get("before"))
        if key in keys:
            found[key] = event.at
    return found


def stale_parts(project: Project) -> tuple[int, int]:
    """The number of abandoned downloads, and their bytes."""
    before = project.clock.now() - STALE
    count = size = 0
    for part in (project.assets().root / "tmp").glob("*.part"):
        try:
            facts = part.stat()
        except FileNotFoundError:
            continue
        if facts.st_mtime < before:
            count += 1
            size += facts.st_size
    return count, size


def clear_leftovers(project: Project, store: Store, before: float) -> None:
    """Delete downloads abandoned before that time, and kept answers whose videos are in place."""
    from sorasync.apply.render.render_request import token_of
    from sorasync.provider.kept_answers import KeptAnswers, kept_as

    assets = project.assets()
    assets.clear_parts(before)
    lineage, flying = store.lineage, store.in_flight()
    KeptAnswers(assets.answers).clear({kept_as(token_of(lineage, record)) for record in flying})


def delete(project: Project, session: ChangeSession, doomed: list[Doomed], *, remote: bool) -> Deleted:
    """Delete records with their files, at the provider too if `remote`, addresses first where some stand.

    A record whose video the provider did not delete stays, and is reported. Raises `ProviderError`
    before anything was deleted here where the provider lets nobody in.
    """
    failed: dict[str, str] = {}
    gone = 0
    if remote:
        gone, failed = asyncio.run(_delete_remote(project, session, doomed))
    going = [one.record for one in doomed if one.record.key not in failed]
    freed = _delete_files(project, session, going)
    addresses = {one.record.key: one.record.address for one in doomed}
    return Deleted(
        keys=tuple(record.key for record in going),
        bytes=freed,
        remote=gone,
        failed={addresses[key]: message for key, message in failed.items()},
    )


def _delete_files(project: Project, session: ChangeSession, going: list[Record]) -> int:
    from sorasync.assets.sidecar import drop_sidecar

    store, assets = session.store, project.assets()
    keys = {record.key for record in going}
    with store.transaction():
        for address, binding in store.bindings().items():
            if binding.key in keys:
                store.unbind(address, session.run)
    kept = {brief.asset for key, brief in store.briefs().items() if key not in keys}
    digests = {record.asset for record in going if record.asset is not None} - kept
    freed = 0
    for digest in sorted(digests):
        freed += assets.remove(digest)
    assets.archive.release(sorted(digests))
    for digest in sorted({record.asset for record in going if record.asset is not None} & kept):
        drop_sidecar(assets, digest, keys)
    with store.transaction():
        store.drop_assets(digests)
        store.forget(keys, session.run)
    return freed


def at_provider(project: Project, store: Store, doomed: Iterable[Doomed]) -> dict[str, dict[str, str]]:
    """The ids, by key, that each host would be asked to delete: what only these records use."""
    going = {one.record.key: one.record for one in doomed}
    kept = {(brief.provider, brief.remote_id) for key, brief in store.briefs().items() if key not in going}
    found: dict[str, dict[str, str]] = {}
    for key, record in going.items():
        profile = project.hosts.find(record.provider)
        if profile is None or not profile.can("delete") or record.remote_id is None:
            continue
        if (record.provider, record.remote_id) not in kept and record.kind not in ("character", "still"):
            found.setdefault(record.provider, {})[key] = record.remote_id
    return found


async def _delete_remote(
    project: Project, session: ChangeSession, doomed: list[Doomed]
) -> tuple[int, dict[str, str]]:
    """Delete at each host what only these records use; the number, and the errors by key."""
    gone, failed = 0, dict[str, str]()
    for provider, there in sorted(at_provider(project, session.store, doomed).items()):
        refused = await _delete_at(project.host_at(provider), there)
        gone += len(there) - len(refused)
        failed |= refused
    return gone, failed


async def _delete_at(host: Host, there: Mapping[str, str]) -> dict[str, str]:
    failed: dict[str, str] = {}
    waiting = list(there.items())
    async with host.client() as provider:
        while waiting:
            batch, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            answers = await asyncio.gather(*(_delete_one(provider, remote_id) for _, remote_id in batch))
            failed |= {
                key: answer for (key, _), answer in zip(batch, answers, strict=True) if answer is not None
            }
    return failed


async def _delete_one(provider: HostClient, remote_id: str) -> str | None:
    """Delete one video; why it did not work, None if it is gone."""
    from sorasync.provider import errors

    try:
        await provider.delete(remote_id)
    except errors.NotFound:
        return None
    except errors.AuthFailed:
        raise
    except errors.ProviderError as error:
        return error.message
    return None


def relink(project: Project, store: Store) -> None:
    """Relink file names after a deletion; with faulty manifests, only remove names without a video."""
    from sorasync.apply.wanted_names import asset_view
    from sorasync.assets.link import link_all
    from sorasync.manifest.diagnostic import ManifestError

    assets, bindings = project.assets(), store.bindings()
    if not assets.root.exists():
        return
    try:
        graph = project.graph(project.library())
    except ManifestError:
        if not bindings:
            link_all(assets, {})
        return
    naming = project.file_naming(graph)
    link_all(assets, asset_view(graph, bindings, store.briefs(), assets.objects(), naming))
