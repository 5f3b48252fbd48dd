"""Brings videos of a bucket to this disk when somebody looks at them, and takes those of this disk there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.address import natural
from sorasync.state.record import Brief, Status

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.operations.project import Project
    from sorasync.state.store import Store

# Objects that are fetched at a time: more would only share the same line.
_AT_ONCE = 4
_GB = 10**9


@dataclass(frozen=True, slots=True)
class LocalVideo:
    """A wanted video or still that is on this disk now; `fetched` if it came from the bucket just now."""

    label: str
    sha256: str
    bytes: int
    fetched: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull ended with: the files that are here, and why others are not, by label."""

    files: tuple[LocalVideo, ...]
    failed: Mapping[str, str]
    dropped: int = 0

    @property
    def fetched(self) -> tuple[LocalVideo, ...]:
        """The files that came from the bucket just now."""
        return tuple(file for file in self.files if file.fetched)


def pull(
    project: Project, patterns: Collection[str] = (), progress: Callable[[str, float], None] | None = None
) -> Pulled:
    """Bring every wanted video, or those that the patterns mean, to this disk, and link their names.

    Raises `ManifestError`, `SorasyncError` for a pattern that matches nothing, and `ArchiveError` where the
    bucket cannot be asked.
    """
    from sorasync.assets.local_cache import drop_damaged
    from sorasync.operations.gc import relink

    graph = project.graph(project.library())
    assets = project.assets()
    with project.synced_store() as store:
        wanted = _wanted(store, graph, patterns)
        drop_damaged(assets)
        before = {sha256 for sha256 in wanted if assets.is_here(sha256)}
        failed = bring_all(
            project, wanted, lambda sha, done: progress(wanted[sha], done) if progress else None
        )
        relink(project, store)
        dropped = shrink_cache(project, store, graph, wanted)
    files = (
        LocalVideo(label, sha256, assets.file_of(sha256).stat().st_size, sha256 not in before)
        for sha256, label in wanted.items()
        if assets.is_here(sha256)
    )
    return Pulled(
        tuple(sorted(files, key=lambda file: natural(file.label))),
        {wanted[sha256]: why for sha256, why in failed.items()},
        dropped,
    )


def _wanted(store: Store, graph: Graph, patterns: Collection[str]) -> dict[str, str]:
    """The digests of stored renders that the manifests want, with the label of the first address of each."""
    from sorasync.plan.selection import matches

    for pattern in patterns:
        if not any(matches(pattern, address, graph) for address in graph.keys):
            raise SorasyncError(f"{pattern!r} matches nothing", hint="sorasync status lists the addresses")
    briefs = store.briefs()
    found: dict[str, str] = {}
    for address, key in graph.keys.items():
        brief = briefs.get(key)
        if brief is None or brief.status is not Status.STORED or brief.asset is None:
            continue
        if not patterns or any(matches(pattern, address, graph) for pattern in patterns):
            found.setdefault(brief.asset, graph.label(address))
    return found


def bring_all(
    project: Project, digests: Iterable[str], progress: Callable[[str, float], None] | None = None
) -> dict[str, str]:
    """Bring objects to this disk; why some could not be brought. Raises `ArchiveError` if none ever can."""
    from sorasync.assets.archive import ArchiveError, DamagedObject, NotArchived
    from sorasync.assets.checked import still_damaged

    assets = project.assets()
    missing = [sha256 for sha256 in digests if not assets.is_here(sha256)]
    if not missing:
        return {}
    assets.archive.holds(missing)
    damaged = still_damaged(assets)

    def bring(sha256: str) -> str | None:
        try:
            assets.bring(sha256)
        except (NotArchived, DamagedObject) as error:
            return error.message
        except ArchiveError as error:
            if error.lasting:
                raise
            return error.message
        return "the copy here is damaged" if sha256 in damaged else None

    failed = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pull") as threads:
        try:
            for number, (sha256, why) in enumerate(zip(missing, threads.map(bring, missing), strict=True), 1):
                if progress is not None:
                    progress(sha256, number / len(missing))
                if why is not None:
                    failed[sha256] = why
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return failed


def find_out(project: Project, digests: Iterable[str]) -> None:
    """Learn which of those objects are videos and which are stills, without the bucket if it is away."""
    from sorasync.assets.archive import ArchiveError

    with suppress(ArchiveError):
        project.assets().archive.holds(digests)


def keep_all(project: Project, briefs: Callable[[], Mapping[str, Brief]]) -> int:
    """Take what is stored on this disk and not in the bucket there; how many.

    Raises `ArchiveError`, and `DamagedFile` once everything else is there.

    What somebody has condemned there meanwhile, and this state names, is named again.
    """
    from sorasync.assets.file_errors import DamagedFile

    assets = project.assets()
    if not assets.archive.remote:
        return 0
    stored = {b.asset for b in briefs().values() if b.status is Status.STORED and b.asset is not None}
    assets.archive.speak_up(stored)
    kept, damaged = 0, None
    for sha256 in assets.unkept(stored):
        try:
            kept += assets.keep(sha256)
        except DamagedFile as error:
            damaged = error
    if damaged is not None:
        raise damaged
    return kept


def shrink_cache(project: Project, store: Store, graph: Graph, used: Collection[str] = ()) -> int:
    """Drop copies beyond `[assets] cache_gb`, but none that is pinned or `used` now; the bytes freed."""
    config, assets = project.config.assets, project.assets()
    if config.cache_gb is None or not assets.archive.remote:
        return 0
    from sorasync.assets.local_cache import shrink
    from sorasync.operations.gc import relink
    from sorasync.plan.selection import matches

    briefs = store.briefs()
    pinned = {
        briefs[key].asset
        for address, key in graph.keys.items()
        if key in briefs and any(matches(pattern, address, graph) for pattern in config.pin)
    }
    kept = {one for one in (*pinned, *used) if one is not None}
    dropped = shrink(assets, round(config.cache_gb * _GB), kept)
    if dropped:
        relink(project, store)
    return dropped
