"""The library as it is now: read again whenever its manifests or its state have changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sorasync.errors import SorasyncError
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.engine import Engine
from sorasync.operations.local_videos import find_out
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.review.library_view import Snapshot, library_json
from sorasync.review.media import Media
from sorasync.review.notes_file import ReviewFileError, ReviewNotes, read_notes
from sorasync.state.store import Store
from sorasync.watch.saves import Noticing, directories_of, must_poll, places_of

T = TypeVar("T")

# Seconds between two looks at the files of the state.
_LOOK = 0.4
# For each second of reading, so many without.
_SHARE = 3
_MOST_FAULTS = 50


class LiveLibrary:
    """One library, read by one thread. `version` grows with every change that the page would show."""

    def __init__(self, project: Project) -> None:
        self.root, self.env = project.root, project.config.env
        self.media = Media(project.root, project.assets())
        self.version = 0
        self.overview = b"{}"
        self._engine = Engine()
        self._snapshot: Snapshot | None = None
        self._error: SorasyncError | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sorasync-review")
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._noticing = Noticing(self.root, self._saved, lambda _: None, poll=must_poll(project))
        self._saves, self._saves_read = 0, 0
        self._state: tuple[object, ...] = ()

    def project(self) -> Project:
        """The library, its configuration read anew."""
        return replace(Project.open(self.root, self.env), engine=self._engine)

    async def run(self, work: Callable[[], T]) -> T:
        """Do work that reads or writes the library, after whatever else does."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    @property
    def snapshot(self) -> Snapshot:
        """The library when it was last sound. Raises the error that it has had since it was opened."""
        if self._snapshot is None:
            raise self._error or SorasyncError("the library was not read yet")
        return self._snapshot

    async def start(self) -> None:
        """Read the library and begin to watch it."""
        await self.refresh()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Watch no longer."""
        self._noticing.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._changed.set()
        self._thread.shutdown(cancel_futures=True)

    async def refresh(self) -> None:
        """Read the library again, and tell whoever waits if the page changes by it."""
        if await self.run(self._read):
            self.bump()

    def bump(self) -> None:
        """Tell whoever waits that something besides the library has changed. Of the event loop's thread."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seen: int, seconds: float) -> None:
        """Wait until the version is another than `seen`, or for that long."""
        if self.version == seen:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)

    def _read(self) -> bool:
        """Read everything anew; whether the page looks different now."""
        # Counted before anything is read: what changes meanwhile is seen at the next look.
        self._saves_read = self._saves
        try:
            project = self.project()
            self._state = _mark(project)
            with project.synced_store() as store:
                snapshot = self._planned(project, store)
                find_out(project, snapshot.assets())
                shown = library_json(snapshot, store) | {"faults": []}
        except SorasyncError as error:
            return self._failed(error)
        # The overview only counts notes; an open clip shows their words.
        renoted = self._snapshot is not None and self._snapshot.notes != snapshot.notes
        self._snapshot, self._error = snapshot, None
        self.media.assets, self.media.known = project.assets(), snapshot.assets()
        self._watch(project, snapshot.planned.library.files)
        return self._show(shown) or renoted

    def _is_stale(self) -> bool:
        if self._saves != self._saves_read:
            return True
        with suppress(SorasyncError):
            project = self._snapshot.project if self._snapshot is not None else self.project()
            return _mark(project) != self._state
        return False

    def _planned(self, project: Project, store: Store) -> Snapshot:
        planned = make_plan(project, PlanOptions(offline=True), store)
        try:
            return Snapshot(project, planned, read_notes(project))
        except ReviewFileError as error:
            return Snapshot(project, planned, ReviewNotes(), str(error))

    def _failed(self, error: SorasyncError) -> bool:
        self._error = error
        with suppress(SorasyncError):
            self._watch(self.project(), ())
        before = json.loads(self.overview)
        return self._show(
            {"library": self.root.name, "clips": [], "cuts": []} | before | {"faults": faults(error)}
        )

    def _show(self, shown: dict[str, object]) -> bool:
        body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if body == self.overview:
            return False
        self.overview = body
        return True

    def _watch(self, project: Project, files: tuple[str, ...]) -> None:
        self._noticing.watch(places_of(project, directories_of(self.root, files)))

    def _saved(self, _paths: frozenset[str]) -> None:
        self._saves += 1

    async def _follow(self) -> None:
        pause = _LOOK
        while True:
            await asyncio.sleep(pause)
            pause = _LOOK
            if await self.run(self._is_stale):
                start = time.monotonic()
                await self.refresh()
                # A large library under an apply changes all the time: most of it is left to the apply.
                pause = max(_LOOK, _SHARE * (time.monotonic() - start))


def faults(error: SorasyncError) -> list[str]:
    """What is wrong, a sentence each, with its place."""
    if isinstance(error, ManifestError):
        found = error.diagnostics[:_MOST_FAULTS]
        return [
            f"{d.position.file}:{d.position.line} {d.message}" if d.position else d.message for d in found
        ]
    return [str(error)]


def _mark(project: Project) -> tuple[object, ...]:
    """Tells one state from another: its transactions, the progress of what is in flight, the lock file."""
    with project.store() as store:
        flying = tuple((record.key, record.status, record.progress) for record in store.in_flight())
        return (store.lineage, store.serial, flying, _stamp(project.lock_path))


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_size, status.st_mtime_ns, status.st_ino)
