"""A deletion and an upload of one object at the same moment: whoever needs it has it in the end."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sorasync.assets.bucket_archive import BucketArchive
from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.assets.object_bucket import ObjectBucket
from tests.bucket.clone import objects
from tests.bucket.fault_proxy import FaultProxy

DATA = b"a video" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()
OBJECT = f"objects/{DIGEST[:2]}/{DIGEST}.mp4"


def library(url: str, name: str, path: Path) -> BucketArchive:
    """What a library knows of a bucket."""
    return BucketArchive(ObjectBucket(parse_bucket_url(url)), name, path / name, pause=lambda _: None)


def video(path: Path) -> Path:
    """A file of this disk."""
    file = path / f"{DIGEST}.mp4"
    file.write_bytes(DATA)
    return file


def test_whoever_names_an_object_while_it_is_claimed_keeps_it(
    proxied_url: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    one, other = library(proxied_url, "one", tmp_path), library(proxied_url, "other", tmp_path)
    one.keep(video(tmp_path), DIGEST, ".mp4")
    one.release([DIGEST])
    named: list[str] = []

    def name_it(method: str, path: str) -> None:
        if method == "PUT" and "/deleting/" in path and not named:
            named.append(path)
            other.bucket.put(other.reference(DIGEST), b"")

    proxy.before = name_it
    swept = one.sweep((), 0.0)
    assert swept is not None
    assert swept.deleted == 0
    assert named
    assert objects(proxied_url) == [OBJECT]
    assert objects(proxied_url, "deleting") == objects(proxied_url, "condemned") == []


def test_an_upload_waits_for_a_deletion_and_puts_the_object_back(disk_url: str, tmp_path: Path) -> None:
    one, other = library(disk_url, "one", tmp_path), library(disk_url, "other", tmp_path)
    one.keep(video(tmp_path), DIGEST, ".mp4")
    one.bucket.put(f"deleting/{DIGEST}", b"")

    def finish(_: float) -> None:
        one.bucket.delete([OBJECT, f"deleting/{DIGEST}"])

    waiting = BucketArchive(other.bucket, "other", tmp_path / "other", pause=finish)
    assert waiting.keep(video(tmp_path), DIGEST, ".mp4")
    assert objects(disk_url) == [OBJECT]


def test_a_sweep_that_stood_still_deletes_nothing_more(disk_url: str, tmp_path: Path) -> None:
    from sorasync.assets.bucket_sweep import sweep_bucket

    one = library(disk_url, "one", tmp_path)
    one.keep(video(tmp_path), DIGEST, ".mp4")
    one.release([DIGEST])
    times = iter([0.0, 1_000.0])
    assert sweep_bucket(one, (), 0.0, lambda: next(times)).deleted == 0
    assert objects(disk_url) == [OBJECT]
    assert objects(disk_url, "deleting") == []
    assert sweep_bucket(one, (), 0.0).deleted == 1
    assert objects(disk_url) == []
