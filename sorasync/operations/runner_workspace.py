"""Where a runner unpacks libraries: one directory for each version of each, removed once nobody needs it.

```
<work>/<library>/<version>/      a version, with what its jobs have fetched and made
<work>/<library>/<version>.lock  held by every job that works there, and alone by who removes the directory
```
A version never changes, and its jobs share it. The next one gets a directory of its own and fetches what it
needs from the bucket.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.assets.disk import common_lock, locked_directory, sole_lock
from sorasync.assets.local_cache import shrink
from sorasync.assets.store import AssetStore
from sorasync.durable import make_directory, sync_directory, write_atomic
from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE
from sorasync.operations.library_bundle import StrangeFiles, digest_of, files_of
from sorasync.operations.local_videos import keep_all
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.state.job_queue import Order
    from sorasync.state.record import Record

_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")
_VERSION = re.compile(r"[0-9a-f]{32}")
# Error numbers that mean that no file of that name can be made here.
_BAD_NAME = frozenset({errno.ENAMETOOLONG, errno.EILSEQ})


@contextmanager
def unpacked_library(work: Path, order: Order, files: bytes) -> Iterator[Path]:
    """A directory with the files of a job, which stays at least until the end of the block.

    Raises `StrangeFiles`.
    """
    if digest_of(files) != order.digest:
        raise StrangeFiles("the files of this job are damaged", hint="queue the renders again")
    directory = _directory(work, order)
    make_directory(directory.parent)
    with common_lock(_lock_of(directory)):
        if not _is_whole(directory):
            with locked_directory(directory.parent):
                if not _is_whole(directory):
                    _unpack(directory, files)
        yield directory


def _directory(work: Path, order: Order) -> Path:
    whose = hashlib.sha256(f"{order.schema}\n{order.owner}".encode()).hexdigest()
    return work / f"{_OTHER.sub('-', order.owner)[:40]}-{whose[:12]}" / order.digest[:32]


def _lock_of(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}.lock")


def _is_whole(directory: Path) -> bool:
    """Whether all files of a version are there: this one is written last, and removed first."""
    return (directory / CONFIG_FILE).is_file()


def _unpack(directory: Path, archive: bytes) -> None:
    """Write the files of a version, over what an interruption has left of it."""
    files = files_of(archive)
    try:
        for name in sorted(files, key=lambda name: (str(name) == CONFIG_FILE, name)):
            make_directory((directory / name).parent)
            write_atomic(directory / name, files[name])
    except OSError as error:
        if error.errno in _BAD_NAME:
            raise StrangeFiles(f"the files of this job cannot be unpacked here ({error.strerror})") from None
        raise


def remove_other_versions(work: Path, order: Order, opened: Callable[[Path], Project]) -> list[str]:
    """Remove other versions of a library that no job is using, and whose videos are all in the bucket.

    Returns why others stay, and raises nothing. `opened` opens a library as far as the runner trusts it.
    """
    told = []
    for directory in _others(_directory(work, order)):
        try:
            with sole_lock(_lock_of(directory)) as held:
                if held:
                    _require_unneeded(directory, opened)
                    _remove(directory)
                    _lock_of(directory).unlink()
        except Exception as error:
            # Whatever it is: the job that was done is not at fault.
            said = error.message if isinstance(error, SorasyncError) else f"{type(error).__name__}: {error}"
            told.append(f"{directory} stays: {said}")
    return told


def _others(own: Path) -> list[Path]:
    """The directories of other versions, and what only their locks are left of."""
    names = {path.name.removesuffix(".lock") for path in own.parent.glob("*") if not path.is_symlink()}
    return [own.with_name(name) for name in sorted(names - {own.name}) if _VERSION.fullmatch(name)]


def _require_unneeded(directory: Path, opened: Callable[[Path], Project]) -> None:
    """Raise `SorasyncError` where something would be lost with a directory, or nobody can say."""
    stores = _stores(directory)
    if not any(store.present() or store.unfinished() for store in stores):
        return
    if not _is_whole(directory):
        raise SorasyncError(f"it holds videos and no {CONFIG_FILE}")
    project = opened(directory)
    assets = project.assets()
    shrink(assets, 0, ())
    if assets.archive.remote and assets.present():
        # What the state names and the bucket has lost is put back.
        with project.store() as state:
            keep_all(project, state.briefs)
        shrink(assets, 0, ())
    if left := sum(len(store.present()) for store in stores):
        raise SorasyncError(f"{counted(left, 'video')} of it {'is' if left == 1 else 'are'} in no bucket")
    unfinished = {name for store in stores for name in store.unfinished()}
    if unfinished and unfinished & _wanted(project):
        raise SorasyncError("a render in flight has left something there")


def _stores(directory: Path) -> list[AssetStore]:
    """Every asset store in a directory, wherever its configuration has it."""

    def fail(error: OSError) -> None:
        raise error

    found = os.walk(directory, onerror=fail) if directory.is_dir() else ()
    return [AssetStore(Path(parent)) for parent, names, _ in found if ".store" in names]


def _wanted(project: Project) -> set[str]:
    """What answers and downloads of the renders in flight are called."""
    from sorasync.apply.render.render_request import token_of
    from sorasync.apply.render.resume_download import part_name
    from sorasync.provider.kept_answers import kept_as

    def names(record: Record) -> tuple[str, str]:
        return part_name(record), kept_as(token_of(lineage, record))

    with project.store() as store:
        lineage = store.lineage
        return {name for record in store.in_flight() for name in names(record)}


def _remove(directory: Path) -> None:
    if directory.is_dir():
        (directory / CONFIG_FILE).unlink(missing_ok=True)
        sync_directory(directory)
        shutil.rmtree(directory)
