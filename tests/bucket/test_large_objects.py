"""Objects that are uploaded in parts: whole or not there, whatever happens on the way."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sorasync.assets.archive import ArchiveError
from sorasync.assets.bucket_archive import BucketArchive
from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.object_bucket import PIECE, ObjectBucket
from sorasync.assets.store import AssetStore
from tests.bucket.clone import objects
from tests.bucket.fault_proxy import FaultProxy, Rule


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sorasync.assets.object_bucket.RETRIES", 0)


def store_of(url: str, path: Path) -> AssetStore:
    """A machine's store over a bucket."""
    archive = BucketArchive(ObjectBucket(parse_bucket_url(url)), "film", path / ".store")
    return AssetStore(path, archive)


def put_large(store: AssetStore) -> str:
    """A file of two parts in the store; its digest."""
    data = b"".join(bytes([number % 251]) * 4096 for number in range(PIECE // 4096 + 9))
    digest = hashlib.sha256(data).hexdigest()
    part = store.temporary(digest)
    part.write_bytes(data)
    store.adopt(part, digest)
    return digest


def test_a_large_object_goes_there_and_comes_back(bucket_url: str, tmp_path: Path) -> None:
    one, other = store_of(bucket_url, tmp_path / "one"), store_of(bucket_url, tmp_path / "other")
    digest = put_large(one)
    assert one.keep(digest)
    assert not one.keep(digest)
    assert objects(bucket_url) == [f"objects/{digest[:2]}/{digest}.mp4"]
    assert objects(bucket_url, "tmp") == []
    assert other.bring(digest).read_bytes() == one.file_of(digest).read_bytes()


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule("away", "PUT", "partNumber=2"), id="part"),
        pytest.param(Rule("away", "POST", r"/tmp/.*uploads"), id="begin", marks=pytest.mark.heavy),
        pytest.param(Rule("away", "POST", r"/tmp/.*uploadId"), id="join", marks=pytest.mark.heavy),
        pytest.param(Rule("away", "PUT", "/objects/.*partNumber"), id="copy"),
        pytest.param(Rule("denied", "POST", "/objects/"), id="right", marks=pytest.mark.heavy),
    ],
)
def test_an_upload_that_breaks_off_leaves_nothing_to_be_seen(
    proxied_url: str, proxy: FaultProxy, tmp_path: Path, rule: Rule
) -> None:
    store = store_of(proxied_url, tmp_path / "one")
    digest = put_large(store)
    proxy.rules = [rule]
    with pytest.raises(ArchiveError):
        store.keep(digest)
    proxy.rules = []
    assert objects(proxied_url) == []
    assert store.archive.holds([digest]) == set()
    assert store.keep(digest)
    assert len(objects(proxied_url)) == 1
    assert objects(proxied_url, "tmp") == []


def test_a_lost_answer_at_the_end_is_no_failure(proxied_url: str, proxy: FaultProxy, tmp_path: Path) -> None:
    store = store_of(proxied_url, tmp_path / "one")
    digest = put_large(store)
    proxy.rules = [Rule("lost", "POST", "/objects/.*uploadId")]
    assert store.keep(digest)
    assert len(objects(proxied_url)) == 1


def test_a_file_that_changed_on_this_disk_never_becomes_an_object(disk_url: str, tmp_path: Path) -> None:
    store = store_of(disk_url, tmp_path / "one")
    digest = put_large(store)
    path = store.file_of(digest)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(PIECE + 5)
        file.write(b"x")
    with pytest.raises(DamagedFile):
        store.keep(digest)
    assert objects(disk_url) == []
