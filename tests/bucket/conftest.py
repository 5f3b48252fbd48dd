"""Libraries whose videos are in a bucket: of moto, behind a proxy that can fail, or a directory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bucket.clone import set_assets
from tests.bucket.fault_proxy import FaultProxy, fault_proxy
from tests.moto_server import CREDENTIALS, MotoServer, running_moto
from tests.recovery.world import World, a_world

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    """An S3 server for all tests of this process."""
    with running_moto() as server:
        yield server


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["s3", "file"])
def bucket_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty bucket of the test's own, of each kind."""
    if request.param == "file":
        directory = tmp_path / "depot"
        directory.mkdir()
        return directory.as_uri()
    server: MotoServer = request.getfixturevalue("moto")
    return server.url(f"films-{next(_NUMBERS)}", "harbour")


@pytest.fixture
def disk_url(tmp_path: Path) -> str:
    """The URL of an empty directory of the test's own."""
    directory = tmp_path / "depot"
    directory.mkdir()
    return directory.as_uri()


@pytest.fixture
def s3_url(moto: MotoServer) -> str:
    """The URL of an empty bucket of the test's own."""
    return moto.url(f"films-{next(_NUMBERS)}", "harbour")


@pytest.fixture
def proxy(moto: MotoServer) -> Iterator[FaultProxy]:
    """A proxy in front of moto."""
    with fault_proxy(moto.port) as made:
        yield made


@pytest.fixture
def proxied_url(s3_url: str, moto: MotoServer, proxy: FaultProxy) -> str:
    """The URL of an empty bucket behind the proxy."""
    return s3_url.replace(f":{moto.port}", f":{proxy.port}")


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """A library whose renders are paid for, with no bucket yet."""
    with a_world(tmp_path / "first", capsys, lock_file=True) as made:
        made.bill()
        yield made


@pytest.fixture
def bucketed(world: World, bucket_url: str) -> World:
    """A library whose videos are in a bucket."""
    set_assets(world, bucket_url)
    return world
