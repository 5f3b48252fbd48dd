"""A bucket that fails, loses answers, or tells of what was: nothing is lost, and nothing is paid again."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.apply.report import End
from sorasync.plan.action import Action
from tests.apply.world import World, ends, numbered
from tests.bucket.clone import objects
from tests.bucket.fault_proxy import FaultProxy, Rule

CLIPS = 3


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sorasync itself try again, on the test's clock."""
    monkeypatch.setattr("sorasync.assets.object_bucket.RETRIES", 0)


@pytest.fixture
def film(tmp_path: Path, proxied_url: str) -> World:
    """A library behind the proxy whose bucket was tried out."""
    made = World(tmp_path, numbered(CLIPS), config=f'[assets]\nurl = "{proxied_url}"\n')
    made.bills = True
    made.project.assets().archive.require()
    return made


def drop_everything(film: World) -> None:
    """Let the provider delete every job."""
    for number in range(CLIPS):
        assert film.server.jobs.remove(film.record(f"clip.c{number:03d}#1").remote_id or "")


def all_is_well(film: World, url: str) -> None:
    """Everything is stored, in the bucket, paid once, and the plan is empty."""
    assert film.plan().changes == ()
    assert list(film.billed().values()) == [1] * CLIPS
    names = sorted(film.project.assets().objects())
    assert [Path(path).name for path in objects(url)] == [name for name in names if name.endswith(".mp4")]


@pytest.mark.parametrize(("method", "fault"), [("PUT", "away"), ("PUT", "lost"), ("HEAD", "away")])
def test_an_answer_that_fails_or_is_lost_is_asked_for_again(
    film: World, proxied_url: str, proxy: FaultProxy, fault: str, method: str
) -> None:
    proxy.rules = [Rule(fault, method, "/objects/", times=CLIPS)]
    assert set(ends(film.apply()).values()) == {End.DONE}
    assert proxy.rules[0].times == 0
    all_is_well(film, proxied_url)


@pytest.mark.parametrize("fault", [pytest.param("away", marks=pytest.mark.heavy), "denied"])
def test_renders_wait_on_this_disk_for_a_bucket_that_takes_nothing(
    film: World, proxied_url: str, proxy: FaultProxy, fault: str
) -> None:
    proxy.rules = [Rule(fault, "PUT", "/objects/")]
    report = film.apply()
    assert set(ends(report).values()) == {End.PENDING}
    assert "not in the bucket yet" in report.outcomes[0].message
    proxy.rules = []
    # The provider has none of them any more.
    drop_everything(film)
    assert {change.action for change in film.plan().changes} == {Action.DOWNLOAD}
    assert set(ends(film.apply()).values()) == {End.DONE}
    all_is_well(film, proxied_url)


def test_a_bucket_that_cannot_be_asked_stops_an_apply_before_it_pays(
    film: World, proxy: FaultProxy, tmp_path: Path
) -> None:
    from sorasync.assets.archive import ArchiveError

    for seen in film.project.assets().root.glob("bucket-*.list"):
        seen.unlink()
    proxy.rules = [Rule("denied", "PUT", "/tmp/")]
    with pytest.raises(ArchiveError, match="not allowed to write"):
        film.apply()
    assert film.charges() == []


def test_a_stale_listing_pays_for_nothing_and_is_forgotten(
    film: World, proxied_url: str, proxy: FaultProxy
) -> None:
    film.apply()
    drop_everything(film)
    # Another machine, which has seen nothing of the bucket, hears of no object at first.
    for path in film.project.assets().root.glob("*"):
        if path.name.startswith("bucket-"):
            path.unlink()
    for path in film.project.assets().root.glob("??/*.mp4"):
        path.unlink()
    proxy.rules = [Rule("stale", "GET", "prefix=harbour%2Fobjects", times=CLIPS)]
    film.apply()
    proxy.rules = []
    assert len(film.charges()) == CLIPS
    film.apply()
    assert film.plan().changes == ()
    assert len(film.charges()) == CLIPS


def test_a_download_that_is_cut_short_is_no_video(film: World, proxied_url: str, proxy: FaultProxy) -> None:
    from sorasync.assets.archive import ArchiveError
    from sorasync.operations.local_videos import pull

    film.apply()
    for path in film.project.assets().root.glob("??/*.mp4"):
        path.unlink()
    proxy.rules = [Rule("cut", "GET", "/objects/")]
    try:
        pulled = pull(film.project)
        assert len(pulled.failed) == CLIPS
    except ArchiveError as error:
        assert not error.lasting
    assert list(film.project.assets().root.glob("??/*.mp4")) == []
    proxy.rules = []
    assert len(pull(film.project).fetched) == CLIPS


def test_a_store_that_overwrites_is_refused(film: World, proxy: FaultProxy) -> None:
    from sorasync.assets.archive import ArchiveError

    proxy.rules = [Rule("unconditional")]
    with pytest.raises(ArchiveError, match="two machines could overwrite") as refused:
        film.project.assets().archive.probe()
    assert refused.value.lasting


def test_a_damaged_object_is_told_and_replaced(
    film: World, proxied_url: str, proxy: FaultProxy, moto: object, s3_url: str
) -> None:
    film.apply()
    path = objects(proxied_url)[0]
    digest = Path(path).name[:64]
    bucket = film.project.assets().archive.bucket  # type: ignore[attr-defined]
    good = b"".join(bucket.read(path))
    bucket.put(path, bytes(len(good)), replace=True)
    here = film.project.assets().file_of(digest)
    data = here.read_bytes()
    here.unlink()
    for name in film.root.glob("assets/*.mp4"):
        if name.stat().st_size == len(data) and name.read_bytes() == data:
            name.unlink()
    from sorasync.operations.local_videos import pull

    (why,) = pull(film.project).failed.values()
    assert "is damaged" in why
    assert {change.action for change in film.plan().changes} == {Action.DOWNLOAD}
    film.apply()
    assert b"".join(bucket.read(path)) == good
    all_is_well(film, proxied_url)
