"""A `Project` with caches for watch mode: the same plans, without rereading what has not changed."""

from __future__ import annotations

import hashlib
import re
import stat
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sorasync.assets.archive import ON_DISK, Archive
from sorasync.assets.store import AssetStore
from sorasync.errors import SorasyncError
from sorasync.graph.memo import Memo
from sorasync.library_file import read_file
from sorasync.operations.engine import Engine
from sorasync.operations.previous_plan import PreviousPlan
from sorasync.operations.project import Project
from sorasync.plan.decisions import Decisions
from sorasync.state.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.manifest.library import Library
    from sorasync.manifest.lint.memo import LintMemo
    from sorasync.state.record import Binding, Brief, Record

# A directory that changed so lately may change again without a new time of change.
_SETTLED_NS = 2_000_000_000

_SHARD = re.compile(r"[0-9a-f]{2}")


@dataclass(slots=True)
class Caches:
    """What is kept between two plans of one library in one environment.

    `changes` counts how often the state or the assets were found to be other than before.
    """

    engine: Engine = field(default_factory=lambda: Engine(memo=Memo()))
    previous_plan: PreviousPlan = field(default_factory=lambda: PreviousPlan(Decisions()))
    # The names of videos, with the path and stamp of the file they were read from.
    names: tuple[Path, tuple[int, int, int], Mapping[str, str]] | None = None
    lint: LintMemo | None = None
    state: WarmStore | None = None
    assets: WarmAssets | None = None
    changes: int = 0

    @property
    def version(self) -> int:
        """Grows whenever something that a plan is made from was found changed."""
        return self.engine.version + self.changes + (self.assets.changes if self.assets else 0)

    def assets_moved(self) -> bool:
        """Whether videos have come or gone since the last plan."""
        if self.assets is None:
            return False
        before = self.assets.changes
        self.assets.present()
        return self.assets.changes != before

    def close(self) -> None:
        """Let go of the state."""
        if self.state is not None:
            self.state.release()
            self.state = None


@dataclass(frozen=True, slots=True)
class WarmProject(Project):
    """One library in one environment, planned again and again by one thread."""

    caches: Caches = field(default_factory=Caches, compare=False)

    @classmethod
    def over(cls, project: Project, caches: Caches) -> WarmProject:
        """The same library with its caches."""
        return cls(
            project.root,
            project.config,
            project.profile,
            project.clock,
            engine=caches.engine,
            others=project.others,
            caches=caches,
        )

    def _keep_engine(self, engine: Engine) -> None:
        """Whoever watches keeps what is known in memory."""

    def lint(self, library: Library, only: Collection[str] | None = None) -> tuple[Diagnostic, ...]:
        """See `Project.lint`."""
        from sorasync.manifest.lint.memo import LintMemo

        if self.caches.lint is None:
            self.caches.lint = LintMemo()
        return self._linted(library, only, self.caches.lint)

    def previous_plan(self) -> PreviousPlan:
        """See `Project.previous_plan`."""
        return self.caches.previous_plan

    def made_names(self) -> Mapping[str, str]:
        """See `Project.made_names`."""
        from sorasync.assets.made_names import NAMES_FILE

        path = self.assets().root / NAMES_FILE
        stamp = _file_stamp(path)
        kept = self.caches.names
        if kept is None or kept[:2] != (path, stamp) or stamp[2] + _SETTLED_NS > time.time_ns():
            kept = self.caches.names = (path, stamp, Project.made_names(self))
        return kept[2]

    def synced_store(self) -> Store:
        """See `Project.synced_store`; closing what is returned leaves it open for the next plan."""
        opened = self.store()
        mark = _mark(self, opened)
        kept = self.caches.state
        if kept is not None and kept.mark == mark:
            opened.close()
            return kept
        opened.close()
        if kept is not None:
            kept.release()
        found = self.caches.state = WarmStore(Project.synced_store(self), mark)
        self.caches.changes += 1
        return found

    def assets(self) -> AssetStore:
        """See `Project.assets`."""
        path = self.root / self.config.assets.path
        kept = self.caches.assets
        if kept is None or kept.path != path:
            self.caches.changes += 1 + (kept.changes if kept else 0)
            kept = self.caches.assets = WarmAssets(path, archive=self.archive())
        return kept


class WarmStore(Store):
    """A state that was read once; `mark` says which one it was."""

    def __init__(self, store: Store, mark: tuple[object, ...]) -> None:
        super().__init__(store.session, store.path, store.warnings)
        self.notices = store.notices
        self.mark = mark
        self._bindings: dict[str, Binding] | None = None
        self._briefs: dict[str, Brief] | None = None
        self._records: dict[str, Record] = {}

    def bindings(self, same: Mapping[str, str] | None = None) -> dict[str, Binding]:
        """Every address with its binding; not to be changed."""
        if self._bindings is None:
            self._bindings = super().bindings(same)
        return self._bindings

    def briefs(self, same: Mapping[str, str] | None = None) -> dict[str, Brief]:
        """Every record in short, by key; not to be changed."""
        if self._briefs is None:
            self._briefs = super().briefs(same)
        return self._briefs

    def records(self, keys: Iterable[str]) -> dict[str, Record]:
        """See `Store.records`; keys without a record are asked for each time."""
        wanted = list(keys)
        missing = [key for key in wanted if key not in self._records]
        if missing:
            self._records.update(super().records(missing))
        return {key: self._records[key] for key in wanted if key in self._records}

    def close(self) -> None:
        """Stay open: see `release`."""

    def release(self) -> None:
        """Close the file."""
        super().close()


class WarmAssets(AssetStore):
    """An asset directory whose listing is read again only where a directory has changed.

    `changes` counts the listings that differed from the one before.
    """

    def __init__(
        self, path: Path, now_ns: Callable[[], int] = time.time_ns, archive: Archive = ON_DISK
    ) -> None:
        super().__init__(path, archive)
        self.changes = 0
        self._now_ns = now_ns
        self._known_shards: dict[str, tuple[int, bool, dict[str, int]]] = {}
        self._present: dict[str, int] = {}

    def present(self) -> dict[str, int]:
        """See `AssetStore.present`; not to be changed."""
        names = {name for name in _directory_entries(self.root) if _SHARD.fullmatch(name)}
        changed = [name for name in self._known_shards.keys() - names if self._known_shards.pop(name)]
        changed += [name for name in sorted(names) if self._look(name)]
        if changed:
            self.changes += 1
            self._present = {
                sha: size for _, _, found in self._known_shards.values() for sha, size in found.items()
            }
        return self._present

    def digests(self, known: Iterable[str] = ()) -> Collection[str]:
        """See `AssetStore.digests`; its listing is kept, and so are its texts."""
        return self.present()

    def _look(self, name: str) -> bool:
        """Update one directory; whether it has changed."""
        directory = self.root / name
        try:
            modified = directory.stat().st_mtime_ns
        except OSError:
            modified = 0
        kept = self._known_shards.get(name)
        if kept is not None and kept[:2] == (modified, True):
            return False
        found = self.present_in(name)
        self._known_shards[name] = (modified, modified + _SETTLED_NS < self._now_ns(), found)
        return kept is None or kept[2] != found


def state_stamp(project: Project) -> tuple[object, ...]:
    """What changes whenever the state or its lock file does: sizes and times of files, which are not opened.

    A state in PostgreSQL is asked for its serial.
    """
    from sorasync.state.connect import location
    from sorasync.state.postgres_url import is_postgres

    lock = () if project.lock_path is None else _file_stamp(project.lock_path)
    if is_postgres(project.config.state.url):
        try:
            with project.store() as store:
                return store.serial, lock
        except SorasyncError:
            # The plan that this brings about shows why.
            return "unreachable", lock
    path = location(project.config.state.url, project.root)
    files = [] if path is None else [path, path.with_name(f"{path.name}-wal")]
    return (*map(_file_stamp, files), lock)


def _mark(project: Project, store: Store) -> tuple[object, ...]:
    """Which state it is, at which of its serials, beside which lock file."""
    serial, inode = store.serial, None
    if store.path is not None:
        inode = _file_stamp(store.path)[:1]
    return (inode, store.lineage if serial else "", serial, _file_digest(project.lock_path))


def _file_digest(path: Path | None) -> str:
    try:
        return hashlib.sha256(read_file(path, within=path.parent)).hexdigest() if path is not None else ""
    except OSError:
        return ""


def _file_stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns if stat.S_ISREG(found.st_mode) else 0


def _directory_entries(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except OSError:
        return []
