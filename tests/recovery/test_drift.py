"""`sorasync drift` and `plan --refresh`: what is no longer as it was recorded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sorasync.assets.checked import Expected, check_all, load_checked, still_damaged
from sorasync.assets.disk import hash_file
from sorasync.assets.store import AssetStore
from sorasync.state.record import Status
from tests.recovery.world import CHAIN, TWO_CLIPS, World, a_world

STEP = '\n[[clips.pier.steps]]\nedit = "At night."\n'


def kinds(world: World, *args: str) -> dict[str, str]:
    """What has drifted, as address and kind."""
    items = world.json("drift", *args)["drift"]["items"]
    return {item["address"]: item["kind"] for item in items}


def video_of(world: World, address: str) -> Path:
    """The stored video of an address."""
    rows = world.json("state", "list")["records"]
    asset: str = next(row["asset"] for row in rows if row["address"] == address)
    return world.root / "assets" / ".store" / asset[:2] / f"{asset}.mp4"


def spoil(path: Path) -> None:
    """Change bytes in the middle, not the length."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8] = b"spoiled!"
    path.write_bytes(data)


def test_without_drift_nothing_is_found_and_nothing_touched(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    with world.store() as store:
        serial = store.serial

    assert world.run("drift", "--detailed-exitcode").startswith("No drift: 2 files here checked")
    world.run("plan", "--refresh", "--detailed-exitcode")

    with world.store() as store:
        assert store.serial == serial


def test_a_file_that_is_gone_is_drift_and_fetched_again_for_nothing(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    video_of(world, "clip.pier#1").unlink()

    assert kinds(world) == {"clip.pier": "missing"}
    world.run("drift", "--detailed-exitcode", code=3)
    assert "1 file here checked." in world.out
    world.run("plan", "--refresh", "--detailed-exitcode", code=3)
    world.apply()

    assert kinds(world) == {}
    assert world.paid() == paid


@pytest.mark.parametrize("look", [("drift",), ("plan", "--refresh")], ids=" ".join)
def test_a_damaged_file_is_planned_as_a_download_from_then_on(world: World, look: tuple[str, ...]) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    video = video_of(world, "clip.pier#1")
    spoil(video)
    assert world.plan() == {}

    world.run(*look)

    assert world.plan() == {"clip.pier": "download"}
    world.apply()
    assert hash_file(video) == video.stem
    assert world.plan("--refresh") == {}
    assert world.paid() == paid


def test_a_file_that_was_cut_is_damaged_and_another_whole_video_was_edited(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    pier, market = video_of(world, "clip.pier#1"), video_of(world, "clip.market#1")
    other = pier.read_bytes()
    pier.chmod(0o644)
    pier.write_bytes(other[:-50])
    market.chmod(0o644)
    market.write_bytes(other)

    found = kinds(world)

    assert found == {"clip.market": "edited", "clip.pier": "damaged"}


def test_only_what_looks_changed_is_read(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    assert world.json("drift")["drift"]["hashed"] == 0
    os.utime(video_of(world, "clip.pier#1"))

    assert world.json("drift")["drift"]["hashed"] == 1
    assert world.json("drift")["drift"]["hashed"] == 0
    assert world.json("drift", "--full")["drift"]["hashed"] == 2


def test_damage_that_leaves_no_trace_but_in_the_content_is_found_by_reading_all(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    video = video_of(world, "clip.pier#1")
    before = video.stat()
    spoil(video)
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert kinds(world) == {}
    assert len(kinds(world, "--full")) == 1
    assert world.plan() == {"clip.pier": "download"}


def test_a_video_that_expired_after_it_was_fetched_is_as_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_world(tmp_path, capsys) as world:
        world.write(TWO_CLIPS)
        world.apply()
        world.ask(f"/videos/{world.ids()['clip.pier#1']}", method="DELETE")

        drift = world.json("drift", "--detailed-exitcode")["drift"]

        assert (drift["items"], drift["expected"]) == ([], 1)
        assert world.plan("--refresh") == {}


def test_a_source_that_is_gone_is_drift_only_while_something_is_to_be_made_from_it(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.ask(f"/videos/{world.ids()['clip.pier#1']}", method="DELETE")
    world.configure("[provider.abilities]", "upload_as_source = false")
    assert kinds(world) == {}

    world.write(TWO_CLIPS + STEP)

    assert kinds(world) == {"clip.pier": "gone"}
    assert world.plan()["clip.pier#1/1"] == "blocked"


def test_a_render_on_its_way_that_the_provider_dropped_is_drift(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "stuck", "route": "create", "prompt": "pier"})
    world.apply("--detach", code=8)
    world.apply("--target", "clip.market")
    world.ask(f"/videos/{world.ids()['clip.pier#1']}", method="DELETE")

    assert kinds(world) == {"clip.pier": "gone"}


def test_videos_of_others_are_counted_and_are_no_drift(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    other = world.make("Somebody else's film.")

    text = world.run("drift", "--detailed-exitcode")
    assert "1 video at the provider" in text
    assert other not in text
    assert other in world.run("drift", "--verbose")
    assert world.json("drift")["drift"]["unknown_remote"] == [other]


def test_changes_beside_drift_have_the_exit_code_of_changes(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    video_of(world, "clip.pier#1").unlink()
    world.write(TWO_CLIPS.replace("dusk", "noon"))

    world.run("drift", "--detailed-exitcode", code=2)


def test_offline_the_files_are_checked_and_nobody_is_asked(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    video_of(world, "clip.pier#1").unlink()
    before = world.ask("/preview/requests")

    drift = world.json("drift", "--offline")["drift"]

    assert not drift["asked"]
    assert len(drift["items"]) == 1
    assert world.ask("/preview/requests") == before


def test_a_lost_memory_of_checks_only_costs_reading(tmp_path: Path) -> None:
    store = AssetStore(tmp_path)
    part = store.temporary("a")
    part.write_bytes(b"a video")
    sha256 = hash_file(part)
    store.adopt(part, sha256)
    wanted = {sha256: Expected(7, None)}

    assert check_all(store, wanted).hashed == 1
    assert check_all(store, wanted).hashed == 0
    (store.root / "checked.json").write_text("not json")
    assert load_checked(store).whole == {}
    assert check_all(store, wanted).hashed == 1
    assert check_all(store, {sha256: Expected(8, None)}).damaged == (sha256,)
    assert still_damaged(store) == {sha256}


def test_a_name_that_is_gone_or_replaced_is_drift_and_linked_again_for_nothing(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    assets = world.root / "assets"
    (assets / "pier.mp4").unlink()
    (assets / "market.mp4").unlink()
    (assets / "market.mp4").write_bytes(b"notes of mine")

    assert kinds(world) == {"clip.pier": "unlinked", "clip.market": "unlinked"}
    assert "assets/pier.mp4" in world.run("plan", "--refresh", "--detailed-exitcode", code=3)
    world.apply()

    assert kinds(world) == {}
    assert (assets / "market.edited-1.mp4").read_bytes() == b"notes of mine"


def test_a_clip_that_was_renamed_has_not_drifted_and_one_picked_anew_has_a_stale_name(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    world.write(CHAIN.replace("clips.pier", "clips.jetty"))
    assert kinds(world) == {}
    world.write(CHAIN.replace("clips.pier", "clips.jetty").replace("pick = 2", "pick = 1"))
    assert kinds(world) == {"clip.market#1": "unlinked"}


@pytest.mark.parametrize("kept", ["names.json", None])
def test_a_video_that_only_a_name_still_holds_is_put_back_from_there(world: World, kept: str | None) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    for job_id in world.ids().values():
        world.ask(f"/videos/{job_id}", method="DELETE")
    store = world.root / "assets" / ".store"
    for path in [path for path in store.rglob("*") if path.is_file() and path.name != kept]:
        path.unlink()
    asked = world.ask("/preview/requests")

    assert world.plan() == {"clip.pier": "download", "clip.market": "download"}
    assert world.reasons()["clip.pier"].endswith("put back from assets/pier.mp4")
    world.apply()

    assert world.ask("/preview/requests") == asked
    assert len(world.videos()) == 2
    assert world.plan("--refresh") == {}
    assert {path.suffix for path in store.glob("??/*")} >= {".mp4", ".json"}
    assert "put back from assets/pier.mp4" in world.run("log", "clip.pier")


def test_a_name_that_holds_something_else_puts_nothing_back(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    video = video_of(world, "clip.pier#1")
    size = video.stat().st_size
    video.unlink()
    name = world.root / "assets" / "pier.mp4"
    name.unlink()
    name.write_bytes(b"x" * size)

    world.apply()

    assert hash_file(video) == video.stem
    assert world.paid() == paid
    assert world.plan("--refresh") == {}


def test_a_video_that_was_given_up_for_lost_counts_again_once_its_file_is_back(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    video = video_of(world, "clip.pier#1")
    content = video.read_bytes()
    key = next(
        row["key"] for row in world.json("state", "list")["records"] if row["address"] == "clip.pier#1"
    )
    with world.store(write=True) as store:
        store.move(key, Status.LOST, run=None)
    assert world.plan() == {"clip.pier": "download"}

    world.apply()

    assert video.read_bytes() == content
    assert world.plan() == {}


def test_a_copy_is_not_promised_by_a_provider_that_no_longer_has_it(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    for job_id in world.ids().values():
        world.ask(f"/videos/{job_id}", method="DELETE")
    world.lose_assets()

    notes = {item["note"] for item in world.json("drift")["drift"]["items"]}

    assert notes == {"and gone at the provider"}


def test_markdown_and_apply_tell_of_drift_too(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.make("Somebody else's film.")
    (world.root / "assets" / "pier.mp4").unlink()

    for style in ("github", "markdown"):
        text = world.run("plan", "--refresh", "--format", style)
        assert "Drift: 1" in text
        assert "unlinked clip.pier" in text
        assert "1 video at the provider is not in this state" in text
    assert "is not in this state" in world.run("plan", "--refresh")
    assert "unlinked clip.pier" in world.run("apply", "--refresh", "--yes")
    assert "Drift" not in world.run("plan", "--format", "github")


def test_the_progress_of_what_is_only_fetched_says_so(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.lose_assets()
    world.apply()

    told = [line for line in world.err.splitlines() if line.startswith("clip.pier: ")]
    assert told == ["clip.pier: fetching", "clip.pier: done"]
