"""Content-addressed files: each object is named by the SHA-256 of the video or still it is or belongs to.

```
assets/.store/ab/<sha256>.mp4     a video, read-only, named by its own digest; in other forms .mov, .webm …
assets/.store/ab/<sha256>.still.png  a still, PNG, WebP or JPEG as it came, named by its own digest
assets/.store/ab/<sha256>.webp    a picture of that video: a companion, under the video's digest
assets/.store/ab/<sha256>.json    what is known of that video
assets/.store/tmp/<key>.mp4.part  a download under way or broken off
assets/.store/answers/            answers that hold a video, or all that is known of it
```

Every method blocks on the disk; those that read whole files (`adopt`, `verify`) belong in a thread. A
directory of the store that is a link raises `Diverted`: what it leads to is not the store's.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from sorasync.assets.archive import ON_DISK, Archive, DamagedObject, NotArchived
from sorasync.assets.disk import exclusive_part, hash_file
from sorasync.assets.file_errors import AssetError, DamagedFile, Diverted, PartBusy
from sorasync.assets.shard import Shard, Stored, held
from sorasync.durable import make_directory

VIDEO = ".mp4"
# The endings of renders, by the form in which they came.
VIDEOS = (VIDEO, ".mov", ".webm", ".mkv", ".zip", ".exr")
# The endings of stills, by format. A companion's digest is that of its video, a still's its own.
STILLS = {"png": ".still.png", "webp": ".still.webp", "jpeg": ".still.jpg"}
# The endings of files that are named by their own digest.
MAIN = (*VIDEOS, *STILLS.values())
COMPANIONS = (".webp", ".jpg", ".png")
SIDECAR = ".json"

_MAIN = frozenset(MAIN)
_KNOWN = frozenset((*MAIN, *COMPANIONS, SIDECAR))
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
_SHARD = re.compile(r"[0-9a-f]{2}")


def is_digest(text: str) -> bool:
    """Whether a text can name an object of a store."""
    return _DIGEST.fullmatch(text) is not None


class AssetStore:
    """The objects below `path`/.store, and in the archive that they are kept in for good.

    Nothing is made on disk before the first write.
    """

    def __init__(self, path: Path, archive: Archive = ON_DISK) -> None:
        self.path = path
        self.archive = archive
        self.root = path / ".store"
        self._tmp = self.root / "tmp"

    def temporary(self, key: str, suffix: str = VIDEO) -> Path:
        """Where the download of a key is written: one file a key and suffix, the same in every process."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key: {key!r}")
        make_directory(self.own(self._tmp))
        return self._tmp / f"{key}{_known_suffix(suffix)}.part"

    def require_writable(self) -> None:
        """Raise `AssetError` where nothing can be put into the store: after paying it would be late."""
        try:
            make_directory(self.own(self._tmp))
            probe = self._tmp / f".probe-{os.urandom(8).hex()}"
            probe.touch(exist_ok=False)
            probe.unlink()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise AssetError(
                f"nothing can be written in {self.path.name}: {why}", hint="mend that first; nothing was sent"
            ) from error

    @property
    def answers(self) -> Path:
        """The directory for answers whose videos are not in the store yet. Raises `Diverted`."""
        return self.own(self.root / "answers")

    def path_of(self, sha256: str, suffix: str = VIDEO) -> Path:
        """Where an object is or would be."""
        if not is_digest(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.root / sha256[:2] / f"{sha256}{_known_suffix(suffix)}"

    def file_of(self, sha256: str) -> Path:
        """Where a video or still is; where it would be if it is not there."""
        paths = (self.path_of(sha256, suffix) for suffix in MAIN)
        found = next((path for path in paths if path.exists()), None)
        return found or self.path_of(sha256, self.archive.suffix_of(sha256) or VIDEO)

    def is_here(self, sha256: str) -> bool:
        """Whether a video or still is on this disk."""
        return self.file_of(sha256).exists()

    def bring(self, sha256: str) -> Path:
        """Where a video or still is on this disk, fetched from the archive where it was not.

        Raises `NotArchived`, `DamagedObject` and other kinds of `ArchiveError`; `DiskFull`.
        """
        path = self.file_of(sha256)
        if path.exists():
            self._mark_used(path)
            return path
        if not self.archive.remote:
            raise NotArchived(
                f"{sha256[:12]} is not in {self.archive.name}", hint="sorasync apply", lasting=True
            )
        # A name of its own in every process: whoever comes second finds the object there.
        part = self.temporary(f"{sha256}-{os.getpid()}-{threading.get_ident()}", VIDEO)
        part.unlink(missing_ok=True)
        try:
            suffix = self.archive.fetch(sha256, part)
            return self.adopt(part, sha256, suffix).path
        except DamagedFile as error:
            self.archive.damaged(sha256)
            raise DamagedObject(
                f"{sha256[:12]} in {self.archive.name} is damaged: {error.fault}",
                hint="sorasync apply puts it back from the provider or from a machine that has it",
                lasting=True,
            ) from None
        finally:
            part.unlink(missing_ok=True)

    def _mark_used(self, path: Path) -> None:
        """Note when a copy was last wanted, by its time of access alone."""
        if self.archive.remote:
            with suppress(OSError):
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))

    def keep(self, sha256: str) -> bool:
        """Put a file of this disk into the archive; False if it was there. Raises `ArchiveError`."""
        path = self.file_of(sha256)
        suffix = path.name[len(sha256) :]
        return self.archive.keep(path, sha256, suffix)

    def unkept(self, wanted: Iterable[str]) -> list[str]:
        """Those of the digests that are on this disk and not known to be in the archive, sorted."""
        if not self.archive.remote:
            return []
        return sorted(set(wanted).intersection(self.digests()).difference(self.archive.known()))

    def own(self, directory: Path) -> Path:
        """A directory of the store, there or not. Raises `Diverted` where it or the store is a link."""
        for place in (self.root, directory):
            if place.is_symlink():
                raise Diverted(place)
        return directory

    def shelf(self, sha256: str) -> AbstractContextManager[Shard]:
        """Hold the directory of an object while something is put into it."""
        return held(self.own(self.path_of(sha256).parent))

    def adopt(self, part: Path, sha256: str, suffix: str = VIDEO) -> Stored:
        """Move a finished part to its place, durably.

        A video or still is hashed once more and raises `DamagedFile` where it is not `sha256`. A picture is
        filed under the digest of the video it belongs to. With an object already there, the part is dropped;
        a damaged object is replaced. A missing part is fine when the object is there. Raises `PartBusy`.
        """
        target = self.path_of(sha256, suffix)
        with self.shelf(sha256) as shelf:
            return shelf.adopt(part, target, hashed=suffix in MAIN)

    def present(self) -> dict[str, int]:
        """The size in bytes of every video and still, by digest: one `stat` each, nothing is opened."""
        return {sha: size for shard in self._shards() for sha, size in self.present_in(shard).items()}

    def digests(self, known: Iterable[str] = ()) -> Collection[str]:
        """The digest of every video and still, from the directories alone; not to be changed.

        Those that are `known` are these very texts, so that a large library does not hold each twice.
        """
        found: set[str] = set()
        held: dict[str, list[str]] = {}
        for digest in known:
            held.setdefault(digest[:2], []).append(digest)
        for shard in self._shards():
            names = _names(self.root / shard)
            here = [n[:64] for n in names if n.startswith(shard) and n[64:] in _MAIN]
            if (own := held.pop(shard, None)) is not None:
                found.update(set(here).intersection(own))
            # An equal text that is there already stays.
            found.update(here)
        return found

    def present_in(self, shard: str) -> dict[str, int]:
        """The part of `present` whose digests begin with those two digits."""
        return {
            entry.name[:64]: entry.stat(follow_symlinks=False).st_size
            for entry in self._entries_in(shard)
            if entry.name[64:] in _MAIN
        }

    def objects(self) -> dict[str, int]:
        """The inode number of every video, still and picture, by file name, from the directories alone."""
        return self.listing()[0]

    def listing(self) -> tuple[dict[str, int], set[str]]:
        """What `objects` gives, and the digests that have a sidecar, in one pass over the directories."""
        objects: dict[str, int] = {}
        noted: set[str] = set()
        for entry in self._entries():
            if entry.name.endswith(SIDECAR):
                noted.add(entry.name[:64])
            else:
                objects[entry.name] = entry.inode()
        return objects, noted

    def sidecars(self) -> list[Path]:
        """Every sidecar, sorted."""
        return sorted(Path(entry.path) for entry in self._entries() if entry.name.endswith(SIDECAR))

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """The objects and sidecars of every shard. Other files are skipped."""
        for shard in self._shards():
            yield from self._entries_in(shard)

    def _shards(self) -> list[str]:
        shards = []
        for entry in _scan(self.own(self.root)):
            if entry.name == self._tmp.name or _SHARD.fullmatch(entry.name):
                if entry.is_symlink():
                    raise Diverted(Path(entry.path))
                shards.append(entry.name)
        return [shard for shard in shards if shard != self._tmp.name]

    def _entries_in(self, shard: str) -> Iterator[os.DirEntry[str]]:
        for entry in _scan(self.root / shard):
            if entry.name.startswith(shard) and entry.name[64:] in _KNOWN:
                yield entry

    def verify(self, sha256: str) -> bool:
        """Whether the video or still is there and has the digest it is named by. Reads all of it."""
        try:
            return hash_file(self.file_of(sha256)) == sha256
        except FileNotFoundError:
            return False

    def remove(self, sha256: str) -> int:
        """Remove a video or still with its pictures and sidecar; the bytes they took.

        Names that are hard links keep the bytes until they are relinked.
        """
        freed = 0
        self.own(self.root / sha256[:2])
        for suffix in (*MAIN, *COMPANIONS, SIDECAR):
            path = self.path_of(sha256, suffix)
            try:
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                continue
            freed += size
        return freed

    def clear_parts(self, before: float) -> int:
        """Remove broken downloads last written before that Unix time and not in use; the bytes freed."""
        freed = 0
        for entry in _scan(self.own(self._tmp)):
            facts = entry.stat(follow_symlinks=False)
            if facts.st_mtime < before and entry.name.endswith(".part") and _drop(Path(entry.path)):
                freed += facts.st_size
        return freed

    def unfinished(self) -> set[str]:
        """The names, without their endings, of downloads under way and of answers that are kept."""
        places = (self.own(self._tmp), self.answers)
        return {entry.name.partition(".")[0] for place in places for entry in _scan(place)}

    def free_bytes(self) -> int:
        """Free space on the store's disk, for this user."""
        place = self.root
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free


def _known_suffix(suffix: str) -> str:
    if suffix not in _KNOWN:
        raise ValueError(f"not a suffix of the store: {suffix!r}")
    return suffix


def _scan(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except FileNotFoundError:
        return


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208
    except FileNotFoundError:
        return []


def _drop(part: Path) -> bool:
    try:
        with exclusive_part(part, create=False):
            part.unlink()
    except (PartBusy, FileNotFoundError):
        return False
    return True
