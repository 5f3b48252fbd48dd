"""Takes the videos of a library to another place: from disk to bucket, or back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from sorasync.assets.store import AssetStore
    from sorasync.operations.project import Project


@dataclass(frozen=True, slots=True)
class MovedAssets:
    """What a move ended with: objects that were copied, those that were there, and failures by address."""

    copied: int
    bytes: int
    there: int
    failed: Mapping[str, str]


def move_assets(project: Project, to: str, progress: Callable[[str, float], None]) -> MovedAssets:
    """Copy every video and still that the state names to a URL or a directory; nothing is removed.

    What is there already is not copied again, so a move that was interrupted goes on. To the library's own
    bucket it takes what is only on this disk. Raises `ArchiveError`, and `SorasyncError` where source and
    target are one and nothing is missing there.
    """
    from sorasync.assets.archive import ArchiveError
    from sorasync.assets.file_errors import AssetError, DiskFull

    source, target = project.assets(), target_store(project, to)
    target.archive.require()
    with project.synced_store() as store:
        wanted = {r.asset: r.address for r in store.every_record() if r.asset is not None}
    if (source.archive.name, source.path) == (target.archive.name, target.path) and not (
        target.archive.remote and wanted.keys() - target.archive.sizes()
    ):
        raise SorasyncError("the assets are there already", hint="name another place with --to")
    source.archive.holds(wanted)
    target.archive.holds(wanted)
    failed: dict[str, str] = {}
    copied = 0
    for number, (sha256, address) in enumerate(sorted(wanted.items()), 1):
        try:
            copied += _move(source, target, sha256)
        except DiskFull:
            raise
        except AssetError as error:
            if isinstance(error, ArchiveError) and not error.lasting:
                raise
            failed[address] = error.message
        progress(address, number / len(wanted))
    sizes = target.archive.sizes() if target.archive.remote else target.present()
    there = {sha256: sizes[sha256] for sha256 in wanted if sha256 in sizes}
    for sha256, address in wanted.items():
        if sha256 not in there:
            failed.setdefault(address, f"it did not arrive in {target.archive.name}")
    return MovedAssets(copied, sum(there.values()), len(there) - copied, failed)


def target_store(project: Project, to: str) -> AssetStore:
    """The store at a URL or a directory. Raises `ArchiveError`."""
    from sorasync.assets.store import AssetStore

    if "://" in to:
        return AssetStore(project.root / project.config.assets.path, project.archive(to))
    return AssetStore(project.root / to)


def _move(source: AssetStore, target: AssetStore, sha256: str) -> bool:
    """Copy one object, whole and verified; False if it was there."""
    from sorasync.assets.archive import NotArchived

    if target.archive.remote:
        if sha256 in target.archive.known():
            return False
        source.bring(sha256)
        return target.keep(sha256)
    if target.is_here(sha256):
        if target.verify(sha256):
            return False
        # A damaged copy must not be taken for the video.
        target.remove(sha256)
        if target.path == source.path and not source.archive.remote:
            raise NotArchived(f"{sha256[:12]} is damaged", lasting=True)
    path = source.bring(sha256)
    if target.path != source.path:
        suffix = path.name[len(sha256) :]
        part = target.temporary(sha256, suffix)
        shutil.copyfile(path, part)
        target.adopt(part, sha256, suffix)
    return True
