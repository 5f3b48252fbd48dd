"""`sorasync import`: videos that were made elsewhere."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from sorasync.state.record import Status
from tests.recovery.world import CHAIN, TWO_CLIPS, World


def test_a_declared_clip_is_bound_to_a_video_and_only_downloaded(world: World) -> None:
    world.write(TWO_CLIPS)
    job = world.make("A pier at dawn.")
    paid = world.paid()

    found = world.json("import", "clip.pier", job, "--provider", "default")

    assert (found["address"], found["differs"], found["host"]) == ("clip.pier", [], None)
    assert world.plan() == {"clip.market": "create", "clip.pier": "download"}
    world.apply("--target", "clip.pier")
    assert world.ids() == {"clip.pier#1": job}
    assert world.paid() == paid


def test_a_video_that_differs_is_bound_only_by_force(world: World) -> None:
    world.write(TWO_CLIPS)
    job = world.make("A pier at noon.", seconds="8")

    world.run("import", "clip.pier", job, code=1)
    assert "its prompt differs, seconds 8.0, not 4.0" in world.err
    world.run("import", "clip.pier", job, "--force")
    assert "bound although these differ: prompt, seconds" in world.out
    world.apply("--target", "clip.pier")

    assert world.plan() == {"clip.market": "create"}


def test_an_id_that_is_held_unknown_or_failed_is_refused(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply("--target", "clip.pier")
    world.run("import", "clip.market", world.ids()["clip.pier#1"], "--force", code=1)
    assert "belongs to clip.pier#1 already" in world.err
    world.run("import", "clip.market", "video_nothing", code=1)
    world.faults({"do": "fail", "route": "create"})
    failed = world.make("A lantern-lit market at dusk.")
    world.run("import", "clip.market", failed, code=1)
    assert "has no video" in world.err
    assert world.plan() == {"clip.market": "create"}


def test_the_command_that_binds_a_video_in_place_of_another_can_be_typed_as_it_is_told(world: World) -> None:
    world.write('[clips.pier]\nprompt = "A pier at dawn."\ntakes = 2\n')
    world.apply("--target", "clip.pier#1")
    job = world.make("A pier at dawn.")

    def told() -> str:
        [left] = world.json("import", "--remote", "--dry-run")["left_out"]
        return str(left["why"]).partition("sorasync ")[2]

    # The take without a render is the one to bind it to.
    assert told() == f"import 'clip.pier#2' {job}"
    world.apply()
    assert told() == f"import 'clip.pier#1' {job} --force"
    world.run(*shlex.split(told()))
    world.apply()
    assert world.ids()["clip.pier#1"] == job


def test_a_render_that_is_there_gives_way_only_by_force_and_is_kept(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    job = world.make("A pier at dawn.")

    world.run("import", "clip.pier", job, code=1)
    assert "has a render already" in world.err
    world.run("import", "clip.pier", job, "--force")
    assert world.plan() == {"clip.pier": "download"}
    world.apply()

    assert world.ids()["clip.pier#1"] == job
    assert len(world.json("state", "list", "--all")["records"]) == 3
    world.run("state", "check")


def test_a_clip_of_several_renders_has_to_be_named_exactly(world: World) -> None:
    world.write(CHAIN)
    job = world.make("A lantern-lit market at dusk.")

    world.run("import", "clip.market", job, code=1)
    assert "clip.market means several renders" in world.err
    assert "name one of them: 'clip.market#1', 'clip.market#2', 'clip.market#2/1'" in world.err
    world.run("import", "clip.market#2", job)

    assert world.plan()["clip.market#2"] == "download"


def test_a_character_is_bound_to_an_id_that_the_provider_knows(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply("--target", "clip.pier")
    video = world.videos()[0]
    (world.root / "manifests" / "mossy.mp4").write_bytes(video.read_bytes())
    world.write('[characters.mossy]\nname = "Mossy"\nvideo = "mossy.mp4"\n', "cast.toml")
    world.apply("--target", "character.mossy")
    known = world.ids()["character.mossy"]
    world.lose_state()
    assert world.plan()["character.mossy"] == "character"

    world.run("import", "character.mossy", "char_nothing", code=1)
    world.run("import", "character.mossy", known)

    assert "character.mossy" not in world.plan()


def test_all_videos_are_taken_and_after_an_apply_the_plan_is_empty(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    one = world.make("A red fox crosses a frozen lake, at dawn.")
    two = [world.make("Rain on a tin roof. {{ no placeholder }}") for _ in range(2)]
    paid = world.paid()

    found = world.json("import", "--remote")

    assert [(clip["address"], clip["remote_ids"]) for clip in found["clips"]] == [
        ("clip.a-red-fox-crosses-a-frozen", [one]),
        ("clip.rain-on-a-tin-roof-no", two),
    ]
    assert found["manifest"] == "manifests/imported.toml"
    clips = tomllib.loads((world.root / "manifests" / "imported.toml").read_text())["clips"]
    assert clips["rain-on-a-tin-roof-no"]["takes"] == 2
    assert set(world.plan().values()) == {"download"}
    world.apply()
    assert world.plan() == {}
    assert world.paid() == paid
    assert "No videos to import" in world.run("import", "--remote")


def test_a_second_import_takes_only_what_is_new_into_another_file(world: World) -> None:
    world.make("A red fox.")
    world.run("import", "--remote")
    world.make("A red fox at night.")

    found = world.json("import", "--remote")

    assert found["manifest"] == "manifests/imported-2.toml"
    assert [clip["address"] for clip in found["clips"]] == ["clip.a-red-fox-at-night"]


def test_names_are_valid_and_never_taken_twice(world: World) -> None:
    world.make("¿Qué pasa?")
    world.make("¿Qué pasa!")
    world.make("夜の港")

    addresses = [clip["address"] for clip in world.json("import", "--remote")["clips"]]

    assert addresses == ["clip.que-pasa", "clip.que-pasa-2", "clip.video"]
    world.run("validate")


def test_what_cannot_be_declared_is_left_out_with_the_reason(world: World) -> None:
    world.write(TWO_CLIPS)
    ours = world.make("A pier at dawn.")
    source = world.make("A harbour.")
    made = world.make("At night.", route="edits", video={"id": source})
    world.faults({"do": "fail", "route": "create"})
    failed = world.make("A storm.")
    world.faults()

    found = world.json("import", "--remote", "--dry-run")

    assert [clip["remote_ids"] for clip in found["clips"]] == [[source]]
    why = {one["remote_id"]: one["why"] for one in found["left_out"]}
    assert set(why) == {ours, made, failed}
    assert "sorasync import 'clip.pier'" in why[ours]
    assert not (world.root / "manifests" / "imported.toml").exists()


def test_videos_whose_prompt_the_list_does_not_tell_are_left_out(world: World) -> None:
    job = world.make("A harbour.")
    world.faults({"do": "drop_fields", "route": "list", "fields": ["prompt"]})

    found = world.json("import", "--remote")

    assert found["clips"] == []
    assert found["left_out"] == [{"remote_id": job, "why": "the provider does not say its prompt"}]


def test_old_videos_can_be_passed_over_and_the_file_be_named(world: World) -> None:
    world.make("A harbour.")
    assert world.json("import", "--remote", "--since", "0s")["clips"] == []
    world.run("import", "--remote", "--out", "elsewhere.toml", code=1)

    found = world.json("import", "--remote", "--since", "1d", "--out", "manifests/found.toml")

    assert found["manifest"] == "manifests/found.toml"
    world.make("A pond.")
    world.run("import", "--remote", "--out", "manifests/found.toml", code=1)
    world.run("import", code=64)
    world.run("import", "--remote", "--force", code=64)


def test_words_of_a_server_that_no_manifest_can_hold_keep_nothing_else_out(world: World) -> None:
    odd = world.make("A bell \x07 rings.")
    fine = world.make("A bell rings.")

    found = world.json("import", "--remote")

    assert [clip["remote_ids"] for clip in found["clips"]] == [[fine]]
    assert found["left_out"] == [{"remote_id": odd, "why": "a manifest cannot hold its values"}]
    assert set(world.plan().values()) == {"download"}


def test_a_video_whose_words_hold_the_key_is_left_out_and_can_be_declared_by_hand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORASYNC_PREVIEW_KEY", "lanterns-at-dawn")
    secret = world.make("A harbour, Lanterns-at-Dawn above it.")
    fine = world.make("A harbour.")

    found = world.json("import", "--remote")

    assert [clip["remote_ids"] for clip in found["clips"]] == [[fine]]
    [left] = found["left_out"]
    assert left["remote_id"] == secret
    assert "its prompt held the API key" in left["why"]
    assert f"sorasync import clip.NAME {secret}" in left["why"]
    assert "hidden" not in (world.root / "manifests" / "imported.toml").read_text().lower()
    assert "its prompt held the API key" in world.run("import", "--remote")
    world.write('[clips.lamps]\nprompt = "A harbour, Lanterns-at-Dawn above it."\n')
    world.run("import", "clip.lamps", secret)
    assert set(world.plan().values()) == {"download"}


def killed(world: World, moment: str) -> None:
    """Import everything in a process that is killed when it comes to that step."""
    code = (
        "import os, sys\n"
        "from sorasync.cli.main import run\n"
        "from sorasync.operations import import_stage\n"
        f"import_stage.{moment} = lambda *_: os._exit(137)\n"
        "run(sys.argv[1:])\n"
    )
    args = ["--library", str(world.root), "import", "--remote"]
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, check=False, timeout=120)
    assert done.returncode == 137, done.stderr


@pytest.mark.parametrize("moment", ["commit", "publish"])
def test_an_import_that_was_killed_declares_everything_once_and_loses_nothing(
    world: World, moment: str
) -> None:
    jobs = {world.make("A pier at dawn."), world.make("A market at dusk.")}
    paid = world.paid()
    killed(world, moment)
    manifests = world.root / "manifests"
    assert "create" not in world.plan().values()

    world.run("import", "--remote")

    assert [path.name for path in manifests.iterdir()] == ["imported.toml"]
    assert set(world.plan().values()) == {"download"}
    world.apply()
    assert set(world.ids().values()) == jobs
    assert world.paid() == paid
    assert world.plan() == {}


def test_the_next_apply_finishes_a_killed_import_as_well(world: World) -> None:
    world.write(TWO_CLIPS)
    world.make("A village at noon.")
    killed(world, "publish")
    paid = world.paid()[0]

    world.run("apply", "--yes", "--target", "clip.a-village-at-noon")

    assert "imported.toml was put in place" in world.err
    assert world.paid()[0] == paid
    assert "clip.a-village-at-noon#1" in world.ids()


def test_an_import_that_cannot_be_read_afterwards_changes_nothing(world: World) -> None:
    world.write(TWO_CLIPS)
    world.make("A village at noon.")
    world.write('[clips.market]\nprompt = "Twice."\n', "more.toml")

    world.run("import", "--remote", code=1)

    assert sorted(path.name for path in (world.root / "manifests").iterdir()) == ["clips.toml", "more.toml"]
    assert world.json("state", "list", "--all")["records"] == []


def test_a_lost_renders_own_id_may_be_bound_again(world: World) -> None:
    world.bill()
    world.write(TWO_CLIPS)
    world.apply()
    remote_id, spent = world.ids()["clip.pier#1"], world.json("cost")["total"]["spent_usd"]
    with world.store(write=True) as store:
        (record,) = [one for one in store.every_record() if one.remote_id == remote_id]
        key = record.key
        store.move(key, Status.LOST, run=None, asset=None)
    world.lose_assets()
    assert world.plan("--offline")["clip.pier"] == "lost"

    world.run("import", "clip.pier", remote_id)
    world.apply()

    assert world.plan() == {}
    assert world.ids()["clip.pier#1"] == remote_id
    assert world.json("cost")["total"]["spent_usd"] == spent
    world.run("import", "clip.market", remote_id, code=1)
    assert "belongs to clip.pier#1 already" in world.err


def test_a_take_with_steps_or_edits_is_named_as_a_plan_shows_it(world: World, tmp_path: Path) -> None:
    manifest = CHAIN.replace("takes = 2\npick = 2\n", "")
    manifest += '[stills.pier]\nprompt = "A pier."\n[[stills.pier.steps]]\nedit = "At night."\n'
    world.write(manifest)
    job, mine = world.make("A lantern-lit market at dusk."), tmp_path / "mine.png"
    mine.write_bytes(png(1280, 720))
    assert {"clip.market", "clip.market#1/1", "still.pier", "still.pier#1/1"} < set(world.plan())

    assert world.json("import", "market", job)["address"] == "clip.market"
    assert world.json("import", "still.pier", str(mine))["address"] == "still.pier"

    assert world.plan()["clip.market"] == "download"
    assert "still.pier" not in world.plan()
    assert world.plan()["still.pier#1/1"] == "still"


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 90, 20)).save(file, "PNG")
    return file.getvalue()


def test_a_picture_of_this_machine_becomes_a_take_of_a_still(kept: World, tmp_path: Path) -> None:
    world = kept
    world.write('[stills.quay]\nprompt = "A quay."\ntakes = 2\ngate = true\n')
    mine = tmp_path / "mine.png"
    mine.write_bytes(png(1280, 720))
    paid = world.paid()

    found = world.json("import", "still.quay#1", str(mine))
    assert (found["file"], found["remote_id"], found["status"]) == ("mine.png", None, "stored")
    assert world.plan() == {"still.quay#2": "still"}
    assert (world.root / "assets/stills/quay.png").read_bytes() == mine.read_bytes()
    world.run("state", "check")
    world.run("drift")
    world.run("show", "still.quay#1")
    assert "nothing: made elsewhere, imported" in world.out
    assert world.paid() == paid
    # Another clone knows it from the lock file, and that its file is not there.
    assert '"still.quay#1"' in (world.root / "sorasync.lock").read_text(encoding="utf-8")


def test_what_is_no_picture_or_of_another_size_is_refused_and_changes_nothing(
    world: World, tmp_path: Path
) -> None:
    world.write('[stills.quay]\nprompt = "A quay."\n[clips.a]\nprompt = "A."\n')
    small, broken = tmp_path / "small.png", tmp_path / "broken.png"
    small.write_bytes(png(640, 360))
    broken.write_bytes(png(1280, 720)[:-20])

    for name, why in [
        (small, "small.png is not what still.quay asks for: it is 640x360 instead of 1280x720"),
        (broken, "broken.png cannot be a still: the png picture is not complete"),
        (tmp_path / "none.png", "none.png: No such file or directory"),
        (tmp_path, "is a directory"),
    ]:
        world.run("import", "still.quay", str(name), code=1)
        assert why in world.err
    assert world.plan() == {"still.quay": "still", "clip.a": "create"}
    assert not list((world.root / "assets").rglob("*.part"))
    world.run("import", "still.quay", str(small), "--provider", "default", code=1)
    assert "it is bound to a file" in world.err
    world.run("import", "still.quay", str(small), "--force")
    assert "bound although it is 640x360 instead of 1280x720" in world.out
    small.write_bytes(png(1280, 720))
    world.run("import", "still.quay", str(small), code=1)
    assert "has a render already" in world.err


FROM_A_STILL = """\
[stills.quay]
prompt = "A quay."
takes = 2
pick = 2
[[stills.quay.steps]]
edit = "The same quay at night."
[stills.pier]
prompt = "A pier."
[clips.boat]
prompt = "A boat leaves."
image = "still:quay"
last_image = "still:pier"
[[clips.boat.steps]]
extend = "It is gone."
seconds = 4
[clips.calm]
prompt = "Calm water."
"""


def test_a_picture_in_the_place_of_another_names_what_was_made_from_that(
    world: World, tmp_path: Path
) -> None:
    world.write(FROM_A_STILL)
    mine = tmp_path / "mine.png"
    mine.write_bytes(png(1280, 720))
    world.apply("--target", "still.*")
    assert world.json("import", "still.pier", str(mine), "--force")["outdated"] == []
    world.apply()

    world.run("import", "still.quay#2", str(mine), "--force")
    assert "left as it is: still.quay#2/1, clip.boat, clip.boat#1/1\n" in world.out
    assert "costs: sorasync plan --replace 'still.quay#2/1'\n" in world.out
    assert world.plan() == {}
    assert world.plan("--replace", "still.quay#2/1") == {
        "still.quay#2/1": "replace",
        "clip.boat": "replace",
        "clip.boat#1/1": "replace",
    }
    # The same picture once more changes nothing.
    assert world.json("import", "still.quay#2", str(mine), "--force")["outdated"] == []
    mine.write_bytes(png(1280, 720) + b"\0")
    found = world.json("import", "still.pier", str(mine), "--force")
    assert (found["outdated"], found["replace"]) == (["clip.boat", "clip.boat#1/1"], ["clip.boat"])
    assert found["command"] == "sorasync plan --replace clip.boat"
    assert world.json("import", "still.quay#1", str(mine), "--force")["command"] is None
    job = world.make("A boat leaves.")
    found = world.json("import", "clip.boat#1", job, "--force")
    assert found["outdated"] == found["replace"] == ["clip.boat#1/1"]
