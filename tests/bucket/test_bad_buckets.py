"""A bucket that cannot be used is explained, with the way out, before anything is paid for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sorasync.assets.archive import ArchiveError
from sorasync.assets.bucket_errors import explain_bucket_error
from sorasync.assets.bucket_probe import probe_bucket
from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.assets.object_bucket import ObjectBucket
from tests.bucket.clone import objects, set_assets
from tests.bucket.fault_proxy import FaultProxy, Rule
from tests.moto_server import MotoServer
from tests.recovery.world import TWO_CLIPS, World


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sorasync.assets.object_bucket.RETRIES", 0)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://films/a?reigon=eu", "?reigon= is not an option"),
        ("s3://films/a#b", "a fragment"),
        ("s3://films/../a", "not a plain path"),
        ("s3://films?endpoint=minio", "?endpoint= is an address"),
        ("s3://f/a", "is not the name of a bucket"),
        ("file:///", "absolute path"),
        ("file:///mnt/../etc", "absolute path"),
        ("gs://films?region=eu", "options of gs:// are: none"),
        ("ftp://films/a", "starts with none of"),
        ("s3://key:secret@films/a", "contains a user or a password"),
    ],
)
def test_a_wrong_url_says_what_is_wrong_with_it(url: str, told: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        parse_bucket_url(url)
    assert told in refused.value.message
    assert "secret" not in refused.value.message
    assert refused.value.lasting


@pytest.mark.parametrize(
    ("said", "told", "hint"),
    [
        (
            "Received redirect without LOCATION, this normally indicates an incorrectly configured region",
            "films is not in the region eu-west-1",
            "?region=NAME",
        ),
        (
            "status code: 400: <Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region>",
            "films is not in the region eu-west-1",
            "?region=eu-north-1",
        ),
        (
            "status code: 403: <Code>SignatureDoesNotMatch</Code>",
            "does not accept the credentials",
            "AWS_ACCESS",
        ),
        ("status code: 400: <Code>ExpiredToken</Code>", "does not accept the credentials", "AWS_"),
        ("Error performing PUT http://169.254.169.254/latest/api/token", "no credentials", "AWS_ACCESS"),
        (
            "error sending request for url (https://films/?sig=hunter2)",
            "cannot be reached",
            "network",
        ),
        ("status code: 503 Slow Down https://x/?sig=hunter2", "it answered with 503", "later"),
        ("Generic HTTP client error: builder error", "no connection to s3://films/a", "SSL_CERT_FILE"),
        ("something else at https://x/?X-Amz-Signature=hunter2", "something else at …", "doctor"),
    ],
)
def test_an_error_of_a_store_becomes_a_sentence(said: str, told: str, hint: str) -> None:
    url = parse_bucket_url("s3://films/a?region=eu-west-1")
    found = explain_bucket_error(Exception(said), url, "write")
    assert told in found.message
    assert hint in (found.hint or "")
    assert "hunter2" not in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA123:hunter2@films/a",
        "s3://films/a?secret_access_key=hunter2",
        "az://films/a?sas_token=hunter2",
    ],
)
def test_credentials_in_the_configuration_are_refused_and_not_repeated(world: World, url: str) -> None:
    set_assets(world, url)
    world.run("validate", code=1)
    assert "credentials must not be in sorasync.toml" in world.out + world.err
    assert "hunter2" not in world.out + world.err


def test_a_bucket_wants_the_librarys_name(world: World, disk_url: str) -> None:
    set_assets(world, disk_url)
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace('name = "little"\n', ""))
    world.run("validate", code=1)
    assert "a bucket needs the library's name" in world.out + world.err


def apply_refused(world: World) -> str:
    """What an apply says that must not pay for anything."""
    world.write(TWO_CLIPS)
    world.apply(code=1)
    assert world.paid()[0] == 0
    return world.err


def test_a_missing_directory_is_no_empty_bucket(world: World, tmp_path: Path) -> None:
    set_assets(world, (tmp_path / "unmounted").as_uri())
    assert "there is no directory" in apply_refused(world)
    assert not (tmp_path / "unmounted").exists()


def test_a_missing_bucket_is_named(world: World, moto: MotoServer) -> None:
    set_assets(world, f"s3://no-such-films/a?region=us-east-1&endpoint=http://127.0.0.1:{moto.port}")
    assert "there is no bucket no-such-films" in apply_refused(world)


def test_nothing_is_paid_for_where_a_bucket_could_overwrite(
    world: World, proxied_url: str, proxy: FaultProxy
) -> None:
    set_assets(world, proxied_url)
    proxy.rules = [Rule("unconditional")]
    assert "does not create an object only if there is none" in apply_refused(world)
    assert "conditional writes" in world.err


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("PUT", "/tmp/", "not allowed to write in s3://"),
        ("GET", "/tmp/", "not allowed to read in s3://"),
        ("GET", "list-type", "not allowed to list objects in s3://"),
        ("POST", "uploads", "not allowed to copy objects in s3://"),
        ("POST", "delete$", "not allowed to delete in s3://"),
    ],
)
def test_each_missing_right_is_named(
    proxied_url: str, proxy: FaultProxy, method: str, path: str, told: str
) -> None:
    proxy.rules = [Rule("denied", method, path)]
    with pytest.raises(ArchiveError) as refused:
        probe_bucket(ObjectBucket(parse_bucket_url(proxied_url)))
    assert told in refused.value.message
    assert refused.value.hint is not None
    assert "rights" in refused.value.hint


def test_the_doctor_tries_the_bucket_out(world: World, proxied_url: str, proxy: FaultProxy) -> None:
    set_assets(world, proxied_url)
    world.write(TWO_CLIPS)
    world.apply()

    def check() -> list[tuple[str, str]]:
        found = world.json("doctor", code=1 if proxy.rules else 0)["checks"]
        return [(one["level"], one["message"]) for one in found if one["name"] == "bucket"]

    assert [level for level, _ in check()] == ["ok"]
    proxy.rules = [Rule("unconditional")]
    ((level, message),) = check()
    assert level == "error"
    assert "does not create an object only if there is none" in message


def test_what_the_bucket_has_lost_is_drift_and_put_back(world: World, disk_url: str, tmp_path: Path) -> None:
    set_assets(world, disk_url)
    world.write(TWO_CLIPS)
    world.apply()
    lost = objects(disk_url)[0]
    (tmp_path / "depot" / lost).unlink()
    kinds = {item["kind"] for item in world.json("drift", "--offline")["drift"]["items"]}
    assert kinds == set()
    kinds = {item["kind"] for item in world.json("drift")["drift"]["items"]}
    assert kinds == {"unkept"}
    world.apply()
    assert lost in objects(disk_url)
    # Bytes that were exchanged are found by reading them.
    (tmp_path / "depot" / lost).write_bytes(bytes((tmp_path / "depot" / lost).stat().st_size))
    assert world.json("drift")["drift"]["items"] == []
    kinds = {item["kind"] for item in world.json("drift", "--full")["drift"]["items"]}
    assert kinds == {"unkept"}
    world.apply()
    assert world.json("drift", "--full")["drift"]["items"] == []


def test_the_client_is_asked_for_where_it_is_not_installed(
    world: World, disk_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_assets(world, disk_url)
    for name in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "obstore", None)
    told = apply_refused(world)
    assert "a bucket needs the extra team" in told
    assert "pip install" in told


def test_copies_beyond_the_cache_size_are_dropped_but_those_that_are_pinned(
    world: World, disk_url: str
) -> None:
    set_assets(world, disk_url, "cache_gb = 0", 'pin = ["clip.pier"]')
    world.write(TWO_CLIPS)
    world.apply()
    assert len(objects(disk_url)) == 2
    (kept,) = world.videos()
    assert (world.root / "assets" / "pier.mp4").samefile(kept)
    assert not (world.root / "assets" / "market.mp4").exists()
    assert world.plan() == {}
    assert "in the bucket" in world.run("show", "clip.market")
    world.run("pull", "clip.market")
    assert (world.root / "assets" / "market.mp4").is_file()
    world.apply()
    assert world.videos() == [kept]
    assert world.paid()[0] == 2


def test_no_copy_is_dropped_of_what_is_damaged_in_the_bucket(
    world: World, disk_url: str, tmp_path: Path
) -> None:
    set_assets(world, disk_url)
    world.write(TWO_CLIPS)
    world.apply()
    right = (world.root / "assets" / "pier.mp4").read_bytes()
    (spoilt,) = (path for path in (tmp_path / "depot").rglob("*.mp4") if path.read_bytes() == right)
    spoilt.write_bytes(bytes(len(right)))
    assert world.json("drift", "--full")["drift"]["items"]
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace("[assets]\n", "[assets]\ncache_gb = 0\n"))
    world.run("pull", "clip.market")
    assert (world.root / "assets" / "pier.mp4").read_bytes() == right
    world.apply()
    assert spoilt.read_bytes() == right
    assert world.paid()[0] == 2
