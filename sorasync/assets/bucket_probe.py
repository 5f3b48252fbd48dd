"""Tries a bucket out before anything is trusted to it: rights, and writes that never replace an object."""

from __future__ import annotations

import uuid
from contextlib import suppress

from sorasync.assets.archive import ArchiveError
from sorasync.assets.object_bucket import ObjectBucket

PROBES = "tmp"


def probe_bucket(bucket: ObjectBucket) -> None:
    """Write, read, list, copy and delete two small objects. Raises `ArchiveError` with what does not work."""
    name = uuid.uuid4().hex
    first, second = f"{PROBES}/{name}.probe", f"{PROBES}/{name}.copy"
    try:
        bucket.put(first, b"sorasync")
        if bucket.put(first, b"replaced"):
            raise _without_conditions(bucket, "create an object only if there is none")
        if b"".join(bucket.read(first)) != b"sorasync":
            raise _without_conditions(bucket, "return what was written")
        bucket.copy(first, second)
        if bucket.copy(first, second):
            raise _without_conditions(bucket, "copy an object only if there is none")
        if not {first, second} <= {entry.path for entry in bucket.listing(PROBES)}:
            raise _without_conditions(bucket, "list what was just written")
        bucket.delete([first, second])
    except ArchiveError:
        with suppress(ArchiveError):
            bucket.delete([first, second])
        raise


def _without_conditions(bucket: ObjectBucket, what: str) -> ArchiveError:
    return ArchiveError(
        f"{bucket.url.name} does not {what}, so two machines could overwrite each other's videos",
        hint="use a store with conditional writes: S3, R2, GCS, Azure, a MinIO of 2024 or later, file://",
        lasting=True,
    )
