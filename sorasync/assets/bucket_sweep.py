"""Deletes objects of a bucket that no library names, after a time of grace.

An object that nobody names is condemned first, and deleted by a later sweep. Meanwhile every library may
name it again. `sorasync.assets.bucket_archive` says how a deletion and an upload at the same moment see each
other.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sorasync.assets.archive import SweptBucket, Unnamed
from sorasync.assets.bucket_layout import CONDEMNED, DELETING, REFERENCES, UPLOADS, object_path
from sorasync.assets.object_bucket import BucketEntry
from sorasync.assets.shard import DIGEST

if TYPE_CHECKING:
    from sorasync.assets.bucket_archive import BucketArchive

# Objects that are claimed, looked for once more and deleted together, and the seconds that may take: a
# machine that was suspended for longer deletes nothing more.
_BATCH, _LONGEST = 200, 300.0
# Seconds after which a claim or an upload counts as abandoned.
_ABANDONED = 86_400.0


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is in a bucket. `sizes` and `condemned` are by digest, `names` the files of each digest."""

    names: Mapping[str, str]
    sizes: Mapping[str, int]
    own: frozenset[str]
    others: frozenset[str]
    condemned: Mapping[str, float]


def unnamed_objects(
    archive: BucketArchive, named: Collection[str], released: Collection[str], grace: float, now: float
) -> Unnamed:
    """What a sweep would find after that release; changes nothing."""
    found = _look(archive)
    own = found.own.difference(released)
    unnamed = sorted(found.sizes.keys() - found.others - own - set(named))
    due = [sha for sha in unnamed if sha in found.condemned and now - found.condemned[sha] >= grace]
    return Unnamed(len(unnamed), _bytes(found, unnamed), len(due), _bytes(found, due))


def sweep_bucket(
    archive: BucketArchive,
    named: Collection[str],
    grace: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> SweptBucket:
    """Condemn what nobody names, and delete what nobody has named for `grace` seconds.

    `named` are the digests of this library. A reference of its own that it does not know stays: another clone
    of the library, with a state of its own, may have written it.
    """
    bucket, found = archive.bucket, _look(archive)
    now = _store_time(archive)
    wanted = set(named)
    # First of all say what this library names: other machines may sweep the same bucket now.
    for sha256 in sorted(wanted.intersection(found.sizes) - found.own):
        bucket.put(archive.reference(sha256), b"", replace=True)
    unnamed = sorted(found.sizes.keys() - found.own - found.others - wanted)
    # Named again: if it is left once more, its days are counted anew.
    pardoned = found.condemned.keys() - set(unnamed)
    bucket.delete([f"{CONDEMNED}/{sha256}" for sha256 in sorted(pardoned)])
    for sha256 in unnamed:
        if sha256 not in found.condemned:
            bucket.put(f"{CONDEMNED}/{sha256}", b"")
    due = iter([sha for sha in unnamed if now - found.condemned.get(sha, now) >= grace])
    deleted: set[str] = set()
    while batch := list(islice(due, _BATCH)):
        deleted.update(_delete(archive, found, batch, now, monotonic))
    _clear_uploads(archive, now)
    waiting = [sha for sha in unnamed if sha not in deleted]
    return SweptBucket(
        len(deleted), _bytes(found, deleted), len(waiting), sum(found.sizes[sha] for sha in waiting)
    )


def speak_up(archive: BucketArchive, named: Collection[str]) -> None:
    """Name objects again that somebody has condemned and that this library names."""
    condemned = {entry.path.rpartition("/")[2] for entry in archive.bucket.listing(CONDEMNED)}
    for sha256 in sorted(condemned.intersection(named)):
        archive.bucket.put(archive.reference(sha256), b"", replace=True)
        if archive.bucket.entry(f"{DELETING}/{sha256}") is not None:
            # It may be gone in a moment: whoever needs it asks the bucket again.
            archive.contents.drop(sha256)


def _look(archive: BucketArchive) -> _Survey:
    """The references come last: what is written meanwhile is named, not unnamed."""
    objects = dict(archive.objects())
    condemned = {entry.path.rpartition("/")[2]: entry.modified for entry in archive.bucket.listing(CONDEMNED)}
    own, others = _references(archive)
    return _Survey(
        names={name[:DIGEST]: name for name in objects},
        sizes={name[:DIGEST]: entry.size for name, entry in objects.items()},
        own=own,
        others=others,
        condemned=condemned,
    )


def _references(archive: BucketArchive) -> tuple[frozenset[str], frozenset[str]]:
    """The digests that this library names by the bucket, and those that others name."""
    own: set[str] = set()
    others: set[str] = set()
    for entry in archive.bucket.listing(REFERENCES):
        owner, _, sha256 = entry.path.removeprefix(f"{REFERENCES}/").partition("/")
        (own if owner == archive.owner else others).add(sha256.rpartition("/")[2])
    return frozenset(own), frozenset(others)


def _delete(
    archive: BucketArchive,
    found: _Survey,
    batch: list[str],
    now: float,
    monotonic: Callable[[], float],
) -> Iterator[str]:
    """Claim objects, look for references once more, and delete those that nobody names."""
    bucket, begun = archive.bucket, monotonic()
    claimed = [sha256 for sha256 in batch if _claim(archive, sha256, now)]
    # Read after the claims are written: whoever names an object from now on sees its claim and waits.
    own, others = _references(archive)
    for sha256 in claimed:
        if sha256 not in own and sha256 not in others and monotonic() - begun < _LONGEST:
            bucket.delete([object_path(sha256, found.names[sha256][DIGEST:])])
            archive.contents.drop(sha256)
            yield sha256
        bucket.delete([f"{CONDEMNED}/{sha256}", f"{DELETING}/{sha256}"])


def _claim(archive: BucketArchive, sha256: str, now: float) -> bool:
    """Announce the deletion of an object; False if another machine is about to delete it."""
    path = f"{DELETING}/{sha256}"
    if archive.bucket.put(path, b""):
        return True
    there = archive.bucket.entry(path)
    return there is not None and now - there.modified >= _ABANDONED


def _clear_uploads(archive: BucketArchive, now: float) -> None:
    old = [e.path for e in archive.bucket.listing(UPLOADS) if now - e.modified >= _ABANDONED]
    archive.bucket.delete(old)


def _store_time(archive: BucketArchive) -> float:
    """The time by the store's clock: ages of objects are told by that, not by this machine's."""
    path = f"{UPLOADS}/{uuid.uuid4().hex}.clock"
    archive.bucket.put(path, b"")
    written: BucketEntry | None = archive.bucket.entry(path)
    archive.bucket.delete([path])
    return 0.0 if written is None else written.modified


def _bytes(found: _Survey, digests: Collection[str]) -> int:
    return sum(found.sizes[sha256] for sha256 in digests)
