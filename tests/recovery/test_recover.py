"""What is lost comes back without a paid call: the provider's ledger is the judge."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.recovery.world import CHAIN, TWO_CLIPS, World

LOSSES = [(name,) for name in ("state", "assets", "lock_file")] + list(
    combinations(("state", "assets", "lock_file"), 2)
)


@pytest.mark.parametrize("lost", LOSSES, ids="+".join)
def test_whatever_one_or_two_of_the_three_are_lost_everything_returns_without_a_paid_call(
    kept: World, lost: tuple[str, ...]
) -> None:
    kept.write(CHAIN)
    kept.apply()
    ids, videos, paid = kept.ids(), [path.name for path in kept.videos()], kept.paid()
    assert paid[0] == 5

    for name in lost:
        getattr(kept, f"lose_{name}")()
    kept.run("state", "recover")
    assert set(kept.plan().values()) <= {"download"}
    kept.apply()

    assert kept.paid() == paid
    assert kept.ids() == ids
    assert [path.name for path in kept.videos()] == videos
    assert kept.plan() == {}
    assert (kept.root / "sorasync.lock").exists()


def test_with_all_three_lost_the_providers_list_brings_back_what_can_only_be_one_render(kept: World) -> None:
    kept.write(CHAIN)
    kept.apply()
    ids, paid = kept.ids(), kept.paid()
    kept.lose_state()
    kept.lose_assets()
    kept.lose_lock_file()

    found = kept.json("state", "recover")
    assert found["missing"] == []
    assert found["by_age"] == ["clip.market#1", "clip.market#2"]
    assert set(kept.plan().values()) == {"download"}
    kept.apply()

    assert kept.paid() == paid
    assert set(kept.ids().values()) == set(ids.values())
    assert kept.ids()["clip.market#2/2"] == ids["clip.market#2/2"]
    assert kept.plan() == {}


def test_two_videos_for_one_render_are_left_to_a_person(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.apply("--replace", "clip.pier")
    right = world.ids()["clip.pier#1"]
    world.lose_state()
    world.lose_assets()

    missing = world.json("state", "recover")["missing"]

    assert [one["address"] for one in missing] == ["clip.pier"]
    assert right in missing[0]["why"]
    paid = world.paid()
    world.run("import", "clip.pier", right)
    assert world.plan() == {"clip.market": "download", "clip.pier": "download"}
    world.apply()
    assert world.paid() == paid
    assert world.plan() == {}


def test_of_two_videos_of_one_key_the_last_one_stands_for_it_and_the_other_is_retired(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.apply("--replace", "clip.pier", "--replace", "clip.market")
    ids, paid = world.ids(), world.paid()
    world.lose_state()

    assert world.json("state", "recover")["retired"] == 2
    assert world.ids() == ids
    assert world.plan() == {}
    assert world.paid() == paid


def test_nothing_is_guessed_without_the_provider(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.lose_state()
    world.lose_assets()

    found = world.json("state", "recover", "--offline")

    assert len(found["missing"]) == 2
    assert found["provider"] == "it was not asked (--offline)"


def test_a_damaged_video_is_not_recovered_as_one_that_is_there(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    world.lose_state()
    video = world.videos()[0]
    video.chmod(0o644)
    video.write_bytes(video.read_bytes()[:-100])

    found = world.json("state", "recover")

    assert found["damaged"] == [video.stem]
    assert (len(found["from_sidecars"]), found["from_provider"]) == (2, [])
    assert list(world.plan().values()) == ["download"]
    world.apply()
    assert world.paid() == paid
    assert world.plan() == {}


def test_an_unreadable_sidecar_is_told_and_hides_no_other(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.lose_state()
    sidecar = world.videos()[0].with_suffix(".json")
    sidecar.write_text("not json")

    found = world.json("state", "recover", "--offline")

    assert found["unreadable"] == [sidecar.name]
    assert len(found["from_sidecars"]) == len(found["missing"]) == 1


def test_a_damaged_state_is_put_aside_and_built_anew(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    ids, paid = world.ids(), world.paid()
    file = world.root / "state" / "sorasync.db"
    data = file.read_bytes()
    file.write_bytes(b"\0" * 4096 + data[4096:])
    world.run("plan", code=1)

    world.run("state", "recover", "--anew")

    assert world.plan() == {}
    assert world.ids() == ids
    assert world.paid() == paid
    assert list((world.root / "state" / "backups").glob("*.replaced-*.sqlite"))


def test_what_nothing_declares_any_more_is_recovered_as_retired(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    world.lose_state()
    world.write(TWO_CLIPS.partition("[clips.pier]")[0])

    assert world.json("state", "recover")["retired"] == 1

    world.write(TWO_CLIPS)
    assert set(world.plan().values()) <= {"move"}
    world.apply()
    assert world.paid() == paid


def test_recovering_twice_finds_nothing_new(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.lose_state()
    world.run("state", "recover")
    with world.store() as store:
        serial = store.serial

    found = world.json("state", "recover")

    assert (found["from_sidecars"], found["from_provider"], found["bound"]) == ([], [], [])
    with world.store() as store:
        assert store.serial == serial


def test_a_render_that_was_on_its_way_is_found_and_followed(world: World) -> None:
    world.write(TWO_CLIPS)
    job = world.make("A pier at dawn.")

    found = world.json("state", "recover")

    assert found["from_provider"] == ["clip.pier"]
    assert world.ids()["clip.pier#1"] == job
    assert world.plan() == {"clip.market": "create", "clip.pier": "download"}


def test_the_note_beside_a_lost_video_still_knows_its_id(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.make("A pier at dawn.")
    ids, paid = world.ids(), world.paid()
    world.lose_state()
    for video in world.videos():
        video.unlink()

    assert world.json("state", "recover")["missing"] == []
    world.apply()

    assert (world.ids(), world.paid()) == (ids, paid)
    assert world.plan() == {}


def test_a_character_comes_back_from_the_lock_file_and_costs_nothing_without_it(kept: World) -> None:
    kept.write(TWO_CLIPS)
    kept.apply()
    (kept.root / "manifests" / "mossy.mp4").write_bytes(kept.videos()[0].read_bytes())
    kept.write('[characters.mossy]\nname = "Mossy"\nvideo = "mossy.mp4"\n', "cast.toml")
    kept.write('[clips.walk]\nprompt = "Mossy walks."\ncharacters = ["mossy"]\n', "walk.toml")
    kept.apply()
    character, paid = kept.ids()["character.mossy"], kept.paid()

    kept.lose_state()
    assert kept.plan() == {}
    kept.run("state", "recover")
    assert kept.ids()["character.mossy"] == character

    kept.lose_state()
    kept.lose_lock_file()
    found = kept.json("state", "recover")
    assert [one["address"] for one in found["missing"]] == ["character.mossy"]
    assert kept.plan() == {"character.mossy": "character"}
    kept.apply()
    assert kept.paid() == paid
    assert kept.plan() == {}


def test_a_plan_on_an_empty_state_beside_videos_says_how_they_come_back(world: World) -> None:
    world.write(TWO_CLIPS)
    world.run("plan")
    assert world.err == ""
    world.apply()
    world.lose_state()

    world.run("plan")
    assert "the state is empty, but 2 videos are here: `sorasync state recover`" in world.err
    world.run("state", "recover")
    world.run("plan")
    assert world.err == ""


def test_a_state_that_no_url_names_any_more_is_not_paid_for_again(kept: World) -> None:
    kept.bill()
    kept.write(TWO_CLIPS)
    kept.apply()
    ids, paid = kept.ids(), kept.paid()
    kept.lose_assets()
    kept.lose_lock_file()
    config = kept.root / "sorasync.toml"
    config.write_text(config.read_text().replace("[state]", '[state]\nurl = "sqlite:state/other.db"'))

    kept.run("plan")
    said = "the state is empty, but state/sorasync.db has 2 records: `sorasync state move --from "
    assert said in kept.err
    kept.run("apply", "--yes", code=5)
    assert "clip.market, clip.pier would be paid for again, although state/sorasync.db has them" in kept.err
    kept.run("state", "move", "--to", "sqlite:state/../state/other.db", code=1)
    command = "state move --from sqlite:state/sorasync.db"
    assert f"there already; nothing was moved\n`sorasync {command}` moves the records" in kept.err.replace(
        "  ", ""
    ), kept.err
    kept.run(*command.split())
    assert kept.out == "Moved 2 records and 2 addresses; every row was compared.\n"
    kept.apply()
    assert (kept.ids(), kept.paid()) == (ids, paid)
    assert kept.plan() == {}


def deleted_pier(kept: World, *options: str) -> str:
    """A library whose retired clip was deleted by gc; the lock file of a colleague who still has it."""
    kept.write(TWO_CLIPS)
    kept.apply()
    kept.write(TWO_CLIPS.partition("[clips.pier]")[0])
    kept.apply()
    colleague = (kept.root / "sorasync.lock").read_text()
    kept.run("gc", "--delete", "--yes", *options)
    return colleague


def test_what_gc_deleted_is_neither_in_the_lock_file_nor_brought_back_by_recover(kept: World) -> None:
    deleted_pier(kept)

    assert "clip.pier" not in (kept.root / "sorasync.lock").read_text()
    assert len(list((kept.root / "assets" / ".store").glob("??/*.json"))) == 1
    found = kept.json("state", "recover")
    assert (found["retired"], found["from_sidecars"], found["missing"]) == (0, [], [])


@pytest.mark.parametrize("options", [(), ("--remote",)], ids=["here", "everywhere"])
def test_what_comes_back_from_a_colleague_is_retired_free_and_claims_no_file(
    kept: World, options: tuple[str, ...]
) -> None:
    colleague = deleted_pier(kept, *options)
    paid = kept.paid()
    (kept.root / "sorasync.lock").write_text(colleague + "\n# and more\n")

    assert kept.plan() == {}
    kept.write(TWO_CLIPS)
    assert kept.plan() == {"clip.pier": "create" if options else "download"}
    kept.apply()

    assert kept.paid()[0] == paid[0] + bool(options)
    assert len(kept.videos()) == 2
    assert kept.plan() == {}


def test_a_deleted_render_is_no_longer_told_of_beside_a_file_that_others_share(kept: World) -> None:
    kept.write(TWO_CLIPS)
    kept.apply()
    kept.write(TWO_CLIPS.replace("at dawn", "at dawn, again"))
    kept.run("accept", "clip.pier", "--reason", "a typo", "--yes")
    kept.run("gc", "--delete", "--yes")
    kept.write(TWO_CLIPS.replace("at dawn", "at dawn, again").partition("[clips.market]")[0])
    kept.lose_state()
    kept.lose_lock_file()

    kept.json("state", "recover", "--offline")

    rows = kept.json("state", "list", "--all")["records"]
    assert sum(row["address"] == "clip.pier#1" for row in rows) == 1
