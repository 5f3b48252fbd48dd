"""Keeps the objects of many libraries in one bucket, by content.

```
objects/ab/<sha256>.mp4            a video or still, named by its own digest, never replaced
references/<library>/ab/<sha256>   that library names the object: it is not to be deleted
condemned/<sha256>                 nobody named the object when this was written
deleting/<sha256>                  somebody is about to delete the object
tmp/…                              uploads under way or broken off
```

Whoever keeps an object writes the reference first and looks for `deleting/` then; whoever deletes one writes
`deleting/` first and looks for references then. So one of the two always sees the other.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sorasync.assets.archive import ArchiveError, NotArchived, SweptBucket, Unnamed
from sorasync.assets.bucket_contents import BucketContents
from sorasync.assets.bucket_layout import (
    DELETING,
    OBJECT,
    OBJECTS,
    REFERENCES,
    UPLOADS,
    folder_of,
    object_path,
)
from sorasync.assets.bucket_probe import probe_bucket
from sorasync.assets.disk import exclusive_part, read_pieces, write_stream
from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.object_bucket import PIECE, BucketEntry, ObjectBucket
from sorasync.assets.shard import DIGEST

# Directories that are listed one by one; beyond that one listing of everything is cheaper.
_SHARDS = 24
_LISTED_AT_ONCE = 8
# How often and how long (seconds) the deletion of an object is waited for that is to be kept anew.
_LOOKS, _PAUSE = 20, 0.5


class BucketArchive:
    """The part of a bucket that one library knows. `root` is the store's directory, for what was seen."""

    remote = True

    def __init__(
        self, bucket: ObjectBucket, owner: str, root: Path, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.bucket = bucket
        self.owner = folder_of(owner)
        self.name = bucket.url.name
        self.contents = BucketContents(root, f"{self.name} {bucket.url.endpoint or ''}".strip())
        self._pause = pause

    def require(self) -> None:
        """See `Archive.require`."""
        if not self.contents.probed:
            self.probe()

    def probe(self) -> None:
        """See `Archive.probe`."""
        probe_bucket(self.bucket)
        self.contents.mark_probed()

    def known(self) -> Collection[str]:
        """See `Archive.known`."""
        return self.contents.held.keys()

    def forget(self, digests: Iterable[str]) -> None:
        """See `Archive.forget`. What was found damaged stays known to be."""
        for sha256 in self.contents.held.keys() & set(digests):
            self.contents.drop(sha256)

    def suffix_of(self, sha256: str) -> str | None:
        """See `Archive.suffix_of`."""
        return self.contents.held.get(sha256)

    def intact(self, sha256: str) -> bool:
        """See `Archive.intact`."""
        name = next((name for name in self._shard(sha256[:2]) if name.startswith(sha256)), None)
        if name is None:
            self.contents.drop(sha256)
            return False
        digest = hashlib.sha256()
        for piece in self.bucket.read(object_path(sha256, name[DIGEST:])):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            self.contents.mark_damaged(sha256)
            return False
        self.contents.add(sha256, name[DIGEST:])
        return True

    def damaged(self, sha256: str) -> None:
        """See `Archive.damaged`."""
        self.contents.mark_damaged(sha256)

    def holds(self, wanted: Iterable[str], *, ask: bool = True) -> set[str]:
        """See `Archive.holds`."""
        digests = set(wanted) - self.contents.damaged
        unseen = digests - self.contents.held.keys()
        if not unseen or not ask:
            return digests
        shards = {sha256[:2] for sha256 in unseen}
        if len(shards) > _SHARDS:
            self.sizes()
        else:
            with ThreadPoolExecutor(_LISTED_AT_ONCE) as threads:
                for seen in threads.map(self._shard, sorted(shards)):
                    self.contents.note_seen(seen)
        return digests & self.contents.held.keys()

    def sizes(self) -> dict[str, int]:
        """See `Archive.sizes`."""
        found = dict(self.objects())
        self.contents.replace(found)
        return {name[:DIGEST]: entry.size for name, entry in found.items()}

    def objects(self) -> Iterator[tuple[str, BucketEntry]]:
        """Every object by the name of its file."""
        for entry in self.bucket.listing(OBJECTS):
            if match := OBJECT.fullmatch(entry.path):
                yield match[2], entry

    def _shard(self, shard: str) -> list[str]:
        entries = self.bucket.listing(f"{OBJECTS}/{shard}")
        return [match[2] for entry in entries if (match := OBJECT.fullmatch(entry.path))]

    def keep(self, path: Path, sha256: str, suffix: str) -> bool:
        """See `Archive.keep`. Nobody sees an upload before it is whole; no intact object is replaced."""
        target = object_path(sha256, suffix)
        self.bucket.put(self.reference(sha256), b"", replace=True)
        self._wait_for_deletion(sha256)
        size = path.stat().st_size
        damaged = sha256 in self.contents.damaged
        there = self.bucket.entry(target)
        if there is not None and there.size == size and not damaged:
            self.contents.add(sha256, suffix)
            return False
        self._upload(path, target, sha256, size, replace=there is not None)
        self.contents.add(sha256, suffix)
        return True

    def _upload(self, path: Path, target: str, sha256: str, size: int, *, replace: bool) -> None:
        """Upload under a name of its own, then copy: nobody ever gets half of an object."""
        upload = f"{UPLOADS}/{uuid.uuid4().hex}"
        try:
            if size <= PIECE:
                data = b"".join(_checked(path, sha256))
                self.bucket.put(target, data, replace=replace)
            else:
                self.bucket.put_stream(upload, _checked(path, sha256))
                self.bucket.copy(upload, target, replace=replace)
        except ArchiveError as error:
            # The answer may be what was lost, not the object.
            if error.lasting or not self._arrived(target, size):
                raise
        finally:
            if size > PIECE:
                with suppress(ArchiveError):
                    self.bucket.delete([upload])
        there = self.bucket.entry(target)
        if there is not None and there.size != size:
            raise ArchiveError(
                f"{self.name} has {there.size:,} bytes of {size:,} that were sent", hint="run it again"
            )

    def _arrived(self, target: str, size: int) -> bool:
        there = self.bucket.entry(target)
        return there is not None and there.size == size

    def _wait_for_deletion(self, sha256: str) -> None:
        """Let a deletion that has begun come to its end before the object is kept anew."""
        for _ in range(_LOOKS):
            if self.bucket.entry(f"{DELETING}/{sha256}") is None:
                return
            self._pause(_PAUSE)
        raise ArchiveError(
            f"{sha256[:12]} is being deleted from {self.name} by another machine",
            hint="run it again; if that gc was interrupted, the next `sorasync gc --delete` finishes it",
        )

    def fetch(self, sha256: str, part: Path) -> str:
        """See `Archive.fetch`."""
        suffix = self.suffix_of(sha256)
        if suffix is None:
            self.holds([sha256])
            suffix = self.suffix_of(sha256)
        if suffix is None:
            raise NotArchived(f"{sha256[:12]} is not in {self.name}", hint="sorasync plan --refresh")
        with exclusive_part(part, create=True) as handle:
            try:
                write_stream(handle, self.bucket.read(object_path(sha256, suffix)), part.parent)
            except NotArchived:
                # The next plan asks again instead of believing what was seen once.
                self.contents.drop(sha256)
                raise
        return suffix

    def release(self, digests: Iterable[str]) -> None:
        """See `Archive.release`."""
        self.bucket.delete([self.reference(sha256) for sha256 in digests])

    def unnamed(
        self, named: Collection[str], released: Collection[str], grace: float, now: float
    ) -> Unnamed | None:
        """See `Archive.unnamed`."""
        from sorasync.assets.bucket_sweep import unnamed_objects

        return unnamed_objects(self, named, released, grace, now)

    def sweep(self, named: Collection[str], grace: float) -> SweptBucket | None:
        """See `Archive.sweep`."""
        from sorasync.assets.bucket_sweep import sweep_bucket

        return sweep_bucket(self, named, grace)

    def speak_up(self, named: Collection[str]) -> None:
        """See `Archive.speak_up`."""
        from sorasync.assets.bucket_sweep import speak_up

        speak_up(self, named)

    def reference(self, sha256: str) -> str:
        """The name by which this library holds on to an object."""
        return f"{REFERENCES}/{self.owner}/{sha256[:2]}/{sha256}"


def _checked(path: Path, sha256: str) -> Iterator[bytes]:
    """The bytes of a file. Ends with `DamagedFile`, and so without an object, where they are others."""
    digest = hashlib.sha256()
    for piece in read_pieces(path, PIECE):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise DamagedFile(path, f"its SHA-256 is not {sha256}")
