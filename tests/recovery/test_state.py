"""`sorasync state`: looking, locking, going back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from sorasync.state.lock import acquire
from sorasync.state.record import Status
from tests.recovery.world import TWO_CLIPS, World


def test_a_listing_shows_address_status_key_and_id(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()

    rows = world.json("state", "list")["records"]

    assert [row["address"] for row in rows] == ["clip.market#1", "clip.pier#1"]
    assert {row["status"] for row in rows} == {"stored"}
    assert all(row["remote_id"].startswith("video_") and len(row["key"]) == 64 for row in rows)
    assert world.run("state", "list", "pie*").startswith("clip.pier#1")
    world.run("state", "list", "nothing", code=1)


def test_retired_renders_are_listed_only_when_asked_for(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.write(TWO_CLIPS.partition("[clips.pier]")[0])
    world.apply()

    assert len(world.json("state", "list")["records"]) == 1
    rows = world.json("state", "list", "--all")["records"]
    assert [(row["address"], row["bound"]) for row in rows] == [
        ("clip.market#1", True),
        ("clip.pier#1", False),
    ]


def test_a_state_that_is_whole_says_so(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()

    assert world.run("state", "check").startswith("The state is OK: 2 records, 2 addresses")


def test_a_check_finds_a_key_that_is_not_the_digest_of_its_inputs(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    with world.store(write=True) as store, store.transaction():
        store.session.write("UPDATE inputs SET inputs = replace(inputs, 'pier', 'moor')")

    faults = world.json("state", "check", code=1)["faults"]

    assert len(faults) == 1
    assert "clip.pier#1" in faults[0]
    assert "not the digest of its inputs" in faults[0]


def test_a_check_finds_one_job_that_two_renders_claim(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    with world.store(write=True) as store, store.transaction():
        store.session.write("UPDATE records SET remote_id = 'video_1'")

    assert "both claim video_1" in world.run("state", "check", code=1)


def test_a_held_lock_is_shown_and_can_be_broken_by_its_id(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    assert world.run("state", "lock") == "The state is not locked.\n"
    with world.store(write=True) as store:
        lock = acquire(store, "sorasync apply", world.project().clock)
        assert world.json("state", "lock")["holder"]["id"] == lock.id
        world.run("retry", "--failed", code=6)
        world.run("state", "unlock", "000000000000", code=1)
        world.run("state", "unlock", lock.id)

    assert world.json("state", "lock")["holder"] is None


def test_a_backup_brings_an_earlier_state_back(world: World) -> None:
    world.write(TWO_CLIPS.partition("[clips.pier]")[0])
    world.apply()
    world.write(TWO_CLIPS)
    world.apply()
    assert len(world.json("state", "backups")["backups"]) == 1

    world.run("state", "restore", "1")

    assert list(world.ids()) == ["clip.market#1"]
    assert world.plan() == {"clip.pier": "create"}
    world.run("state", "recover")
    assert world.plan() == {}
    world.run("state", "restore", "9", code=1)


def test_an_export_fills_an_empty_state_and_no_other(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    file = world.root / "state.json"
    world.run("state", "export", str(file))
    assert json.loads(world.run("state", "export")) == json.loads(file.read_text())
    ids = world.ids()
    world.run("state", "import", str(file), code=1)
    world.lose_state()

    world.run("state", "import", str(file))

    assert world.ids() == ids
    assert world.plan() == {}


@pytest.mark.parametrize("keep", ["state", "lock"])
def test_a_contradiction_with_the_lock_file_is_settled_as_told(kept: World, keep: str) -> None:
    kept.write(TWO_CLIPS)
    kept.apply()
    there, lock = kept.ids(), (kept.root / "sorasync.lock").read_text()
    kept.lose_state()
    kept.lose_lock_file()
    kept.apply()
    here = kept.ids()
    assert here != there
    (kept.root / "sorasync.lock").write_text(lock)

    kept.run("plan", code=1)
    assert "sorasync state reconcile --keep" in kept.err
    kept.run("state", "reconcile", "--keep", keep)

    assert kept.ids() == (here if keep == "state" else there)
    assert kept.plan() == {}


def test_what_two_sides_paid_for_is_named_and_a_command_lets_the_other_one_count(kept: World) -> None:
    kept.bill()
    kept.write(TWO_CLIPS)
    kept.apply()
    mine = kept.ids()["clip.market#1"]
    lock = kept.root / "sorasync.lock"
    line = next(line for line in lock.read_text().splitlines() if "clip.market#1" in line)
    later = re.sub(r'"paid_at": "[^"]*"', '"paid_at": "2099-01-01T00:00:00Z"', line)
    with lock.open("a") as file:
        file.write(later.replace(mine, "video_theirs") + "\n")

    found = kept.json("plan")
    assert found["changes"] == []
    assert [mine in text and "--keep video_theirs" in text for text in found["notices"]] == [True]
    assert "Note: clip.market#1 was paid for on two machines" in kept.run("plan")
    assert "was paid for on two machines" in kept.run("plan", "--format", "github")
    kept.apply()
    assert "was paid for on two machines" in kept.err
    assert kept.ids()["clip.market#1"] == mine
    assert kept.json("plan")["notices"] == found["notices"] == kept.json("status")["notices"]
    assert "Note: clip.market#1 was paid for on two machines" in kept.run("status")
    assert lock.read_text().count("video_theirs") == 2

    with kept.project().store(write=True) as store:
        (record,) = [one for one in store.every_record() if one.remote_id == mine]
        store.move(record.key, Status.LOST, run=None)
    shutil.rmtree(kept.root / "assets")
    changes = {one["address"]: one for one in kept.json("plan", "--offline")["changes"]}
    assert changes["clip.market"]["action"] == "lost"
    assert "sorasync state reconcile --keep 'video_theirs'" in changes["clip.market"]["reason"]

    kept.run("state", "reconcile", "--keep", "video_theirs")
    assert kept.ids()["clip.market#1"] == "video_theirs"
    assert f"video_theirs is used, {mine} is kept as well" in kept.json("status")["notices"][0]
    kept.run("gc", "--delete", "--yes")
    assert kept.json("plan")["notices"] == [] == kept.json("status")["notices"]
    kept.run("state", "reconcile", "--keep", "video_nobody", code=1)
    assert "no render has the id video_nobody\n" in kept.err
    kept.run("state", "reconcile", "--keep", "video_theirs", code=1)
    assert "the render video_theirs shares its key with no other one\n" in kept.err


def test_a_branch_that_names_the_same_video_does_not_name_the_render_of_another_machine(kept: World) -> None:
    kept.bill()
    kept.write(TWO_CLIPS)
    kept.apply()
    mine = kept.ids()["clip.market#1"]
    git = ["git", "-C", str(kept.root), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in ("init -b main", "add sorasync.lock manifests", "commit -m Clips", "switch -c pick"):
        subprocess.run([*git, *words.split()], check=True, capture_output=True)
    lock = kept.root / "sorasync.lock"
    line = next(line for line in lock.read_text().splitlines() if "clip.market#1" in line)
    later = re.sub(r'"paid_at": "[^"]*"', '"paid_at": "2099-01-01T00:00:00Z"', line)
    with lock.open("a") as file:
        file.write(later.replace(mine, "video_theirs") + "\n")
    kept.apply()

    found = kept.json("gc", "--delete", "--yes")
    assert [one["remote_id"] for one in found["renders"]] == ["video_theirs"]
    assert found["named_on_branches"] == {}
    assert len(kept.videos()) == 2

    # Nothing here keeps the video of `mine` any more: what the branch names stays, under whatever id.
    kept.write('[clips.pier]\nprompt = "A pier at dawn."\n')
    kept.apply()
    assert kept.json("gc")["named_on_branches"] == {"main": 1}


@pytest.mark.parametrize("damage", [b"", b"x", b"no database" * 500])
def test_the_way_back_from_a_damaged_state_can_be_typed(world: World, damage: bytes) -> None:
    world.write(TWO_CLIPS)
    world.apply("--target", "clip.market")
    world.apply()
    for path in (world.root / "state").glob("sorasync.db*"):
        path.unlink()
    (world.root / "state" / "sorasync.db").write_bytes(damage)

    world.run("plan", code=1)
    world.run("apply", "--yes", code=1)
    commands = re.findall("`sorasync ([^`]+)`", world.err)
    assert commands[0] == "state restore 1"
    world.run(*commands[0].split())
    assert world.ids().keys() == {"clip.market#1"}


LOCKING = (
    ("apply", "--yes"),
    ("wait",),
    ("accept", "clip.market", "--reason", "a typo", "--yes"),
    ("import", "clip.market", "video_1"),
    ("import", "--remote"),
    ("resolve", "clip.market", "--resend"),
    ("retry", "clip.market"),
    ("gc", "--delete", "--yes"),
    ("destroy", "--yes", "--include-protected"),
    ("unprotect", "clip.market"),
    ("state", "restore", "1"),
    ("state", "import", "state.json"),
    ("state", "recover"),
    ("state", "recover", "--anew"),
    ("state", "reconcile", "--keep", "lock"),
)
READING = (("plan",), ("status",), ("show", "clip.market"), ("history",), ("state", "list"))


def test_every_command_that_changes_the_state_waits_for_the_lock_and_says_whose_it_is(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(kept.root)
    market, _, _ = TWO_CLIPS.partition("[clips.pier]")
    kept.write(TWO_CLIPS)
    kept.apply()
    kept.write(market + "protect = true\n")
    kept.apply()
    kept.run("state", "export", "state.json")
    with kept.store(write=True) as store, acquire(store, "sorasync apply", kept.project().clock) as lock:
        for command in LOCKING:
            kept.run(*command, "--lock-timeout", "0.01", code=6)
            assert "waiting for the lock, held by" in kept.err, command
            assert f"state unlock {lock.id}" in kept.err, command
        for command in READING:
            kept.run(*command)
