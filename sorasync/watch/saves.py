"""Watches a library's files for saves.

Says only that something may have changed: what did is found out by reading. Editors save in many ways (in
place, by renaming a new file over the old one, through a backup), so files are never watched by themselves,
only their directories.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.library_file import read_file

if TYPE_CHECKING:
    from watchfiles import Change

    from sorasync.operations.project import Project

# Milliseconds without a write before a change counts; on average it takes half as much again.
QUIET_MS = 30

# Milliseconds after which it counts anyway.
MOST_MS = 400

_POLL = 0.3
_LISTEN_MS = 500
_STEP = 0.05
_GIT_SECONDS = 10.0
_GIT_FILE = 1 << 16
_EMPTY_SECONDS = 0.4
_BACKUP_ENDINGS = ("~", ".tmp", ".bak", ".part")


# A file's size in bytes, time of change in ns and inode.
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class WatchedDirectories:
    """The directories to watch: `deep` ones with all below them, `flat` ones by themselves.

    `identity` tells a directory that was replaced by another of the same name. What lies in `ignored` is
    written by this program.
    """

    deep: tuple[Path, ...]
    flat: tuple[Path, ...]
    ignored: tuple[Path, ...]
    identity: tuple[tuple[int, int] | None, ...]

    def counts(self, path: str) -> bool:
        """Whether a change of that path is worth a look."""
        found = Path(path)
        if found.name.startswith(".") or found.name == "4913" or found.name.endswith(_BACKUP_ENDINGS):
            return False
        return not any(found.is_relative_to(place) for place in self.ignored)


def directories_of(root: Path, files: Iterable[str]) -> frozenset[Path]:
    """Where a change of those files shows: in their own directories, and in those of what they link to."""
    paths = [root.resolve() / file for file in files]
    parents = {path.parent for path in paths}
    linked = {path.resolve().parent for path in paths if path.is_symlink()}
    return frozenset(parents | linked | {parent.resolve() for parent in parents})


def places_of(project: Project, directories: Iterable[Path] = ()) -> WatchedDirectories:
    """Where the library's files are; `directories` are those of the files that it was last made from."""
    root = project.root.resolve()
    manifests = root / project.config.library.manifests
    config = project.config
    profiles = [root / one.profile for one in (config.provider, *config.providers.values())]
    flat = {root, manifests.parent, *directories, *(file.parent for file in profiles if file.is_file())}
    deep = (manifests,) if manifests.is_dir() else ()
    flat = {place for place in flat if place.is_dir() and not any(place.is_relative_to(d) for d in deep)}
    every = (*deep, *sorted(flat))
    own = (root / project.config.assets.path, root / "state", root / ".git")
    ignored = tuple(place for place in own if not manifests.is_relative_to(place))
    return WatchedDirectories(deep, every[len(deep) :], ignored, tuple(_inode_of(place) for place in every))


def must_poll(project: Project) -> bool:
    """Whether the library is on a network file system, where the system does not report changes.

    The variable of watchfiles for polling counts, too.
    """
    if os.environ.get("WATCHFILES_FORCE_POLLING", "").lower() in ("1", "true", "yes", "on"):
        return True
    from sorasync.state.filesystem import network_type

    return network_type(project.root) is not None


class Noticing:
    """Watches in threads of its own and calls `saved` with the paths of each burst of changes.

    Where the system refuses to report changes, `said` gets one sentence about it, and the files are polled.
    """

    def __init__(
        self,
        root: Path,
        saved: Callable[[frozenset[str]], None],
        said: Callable[[str], None],
        *,
        poll: bool,
    ) -> None:
        self._root = root
        self._saved = saved
        self._said = said
        self._poll = poll
        self._refused = threading.Lock()
        self._places: WatchedDirectories | None = None
        self._stop = threading.Event()

    def watch(self, places: WatchedDirectories) -> bool:
        """Watch those places from now on; whether that is news, and something may have been missed."""
        if places == self._places:
            return False
        self.close()
        self._places, self._stop = places, threading.Event()
        if self._poll:
            self._start(self._look, places, _stamps(places))
        for directories, deep in () if self._poll else ((places.deep, True), (places.flat, False)):
            if directories:
                self._start(self._listen, replace(places, deep=(), flat=()), directories, deep)
        return True

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._places = None

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=run, args=(self._stop, *arguments), daemon=True).start()

    def _tell(self, stop: threading.Event, paths: frozenset[str]) -> None:
        wait_until_written(self._root, paths, stop)
        if not stop.is_set():
            self._saved(paths)

    def _listen(
        self, stop: threading.Event, places: WatchedDirectories, directories: tuple[Path, ...], deep: bool
    ) -> None:
        """Let the system report changes for as long as it can, then poll."""
        try:
            while not stop.is_set():
                self._hear(stop, places, directories, deep)
        except FileNotFoundError:
            # A directory went away while it was being taken up; the next look starts over without it.
            self._tell(stop, frozenset())
        except (OSError, RuntimeError) as error:
            # watchfiles raises a RuntimeError of its own where no inotify instance can be had.
            self._say_once(error)
            polled = replace(places, deep=directories) if deep else replace(places, flat=directories)
            before = _stamps(polled)
            self._tell(stop, frozenset())
            self._look(stop, polled, before)

    def _hear(
        self, stop: threading.Event, places: WatchedDirectories, directories: tuple[Path, ...], deep: bool
    ) -> None:
        """Listen until told to stop or until a directory appeared below, which needs a watch of its own.

        The first look comes by itself: until then some changes may be missed.
        """
        from watchfiles import watch

        def counts(_change: Change, path: str) -> bool:
            return places.counts(path)

        first = True
        # Not `ignore_permission_denied`: with it, watchfiles swallows the error at the limit of watches too.
        for changes in watch(
            *directories,
            watch_filter=counts,
            debounce=MOST_MS,
            step=QUIET_MS,
            stop_event=stop,
            rust_timeout=_LISTEN_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=deep,
        ):
            paths = frozenset(path for _, path in changes)
            if paths or first:
                self._tell(stop, paths)
            if deep and any(Path(path).is_dir() for path in paths):
                return
            first = False

    def _say_once(self, error: Exception) -> None:
        if self._refused.acquire(blocking=False):
            self._poll = True
            self._said(f"{_why_refused(error)}; the files are polled instead")

    def _look(self, stop: threading.Event, places: WatchedDirectories, before: Mapping[str, Stamp]) -> None:
        """Look at every file again and again; the more there are, the less often."""
        pause = _POLL
        while not stop.wait(pause):
            start = time.monotonic()
            now = _stamps(places)
            pause = max(_POLL, 10 * (time.monotonic() - start))
            changed = {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}
            if changed:
                self._tell(stop, frozenset(changed))
            before = now


def _why_refused(error: Exception) -> str:
    """Why the system does not report changes, with the setting to raise, if there is one."""
    text = str(error)
    if isinstance(error, PermissionError):
        return f"a directory cannot be watched ({text})"
    if "limit" in text or "os error 28" in text:
        return "the system's limit of watches is reached (fs.inotify.max_user_watches)"
    if "os error 24" in text:
        return "the system's limit of watchers is reached (fs.inotify.max_user_instances)"
    return f"the system does not report changes here ({text})"


def wait_until_written(root: Path, paths: Iterable[str], stop: threading.Event) -> None:
    """Wait while changes are half done: a git command at work, an emptied file about to be written."""
    _wait(lambda: git_at_work(root), _GIT_SECONDS, stop)
    texts = [path for path in paths if path.endswith(".toml")]
    _wait(lambda: any(_is_empty(path) for path in texts), _EMPTY_SECONDS, stop)


def git_at_work(root: Path) -> bool:
    """Whether git is changing the library's working tree.

    A lock that has stood for long was left behind by a git that died, and holds nobody up.
    """
    try:
        for directory in (root, *root.parents):
            git = directory / ".git"
            if git.is_file():
                said = read_file(git, within=None, largest=_GIT_FILE).decode("utf-8", "replace")
                git = directory / said.removeprefix("gitdir:").strip()
            if git.is_dir():
                return time.time() - (git / "index.lock").stat().st_mtime < _GIT_SECONDS
    except OSError:
        return False
    return False


def _wait(busy: Callable[[], bool], most: float, stop: threading.Event) -> None:
    for _ in range(round(most / _STEP)):
        if not busy() or stop.wait(_STEP):
            return


def _is_empty(path: str) -> bool:
    try:
        return Path(path).stat().st_size == 0
    except OSError:
        return False


def _stamps(places: WatchedDirectories) -> dict[str, Stamp]:
    """Size, time of change and inode of every file that counts."""
    found: dict[str, Stamp] = {}
    pending = [(str(place), False) for place in places.flat] + [(str(place), True) for place in places.deep]
    while pending:
        directory, deep = pending.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if not places.counts(entry.path):
                        continue
                    if entry.is_file():
                        status = entry.stat()
                        found[entry.path] = (status.st_size, status.st_mtime_ns, status.st_ino)
                    elif deep and entry.is_dir():
                        pending.append((entry.path, True))
        except OSError:
            continue
    return found


def _inode_of(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
