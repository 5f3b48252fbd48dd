"""Videos move from disk to bucket and back, whole, and go on where they were interrupted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.bucket.clone import objects, set_assets
from tests.recovery.world import TWO_CLIPS, World


def test_videos_move_to_a_bucket_and_back(world: World, bucket_url: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    moved = world.json("assets", "move", "--to", bucket_url)
    assert (moved["copied"], moved["there"], moved["failed"]) == (2, 0, [])
    again = world.json("assets", "move", "--to", bucket_url)
    assert (again["copied"], again["there"]) == (0, 2)
    assert len(objects(bucket_url)) == 2
    before = {path.name: path.read_bytes() for path in world.videos()}
    set_assets(world, bucket_url)
    world.lose_assets()
    assert world.plan() == {}
    assert world.json("assets", "move", "--to", "assets")["copied"] == 2
    assert {path.name: path.read_bytes() for path in world.videos()} == before
    assert world.json("assets", "move", "--to", "elsewhere")["copied"] == 2
    copies = (world.root / "elsewhere" / ".store").glob("??/*.mp4")
    assert {path.name: path.read_bytes() for path in copies} == before
    assert world.paid()[0] == 2


def test_a_damaged_file_is_no_part_of_a_move(world: World, disk_url: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    damaged = world.videos()[0]
    data = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    moved = world.json("assets", "move", "--to", disk_url, code=4)
    assert moved["copied"] == 1
    assert ["SHA-256" in failure["message"] for failure in moved["failed"]] == [True]
    assert [Path(path).name for path in objects(disk_url)] == [world.videos()[1].name]
    damaged.write_bytes(data)
    assert world.json("assets", "move", "--to", disk_url)["copied"] == 1


def test_what_only_this_disk_has_goes_to_the_bucket_that_is_written_already(
    world: World, bucket_url: str
) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    set_assets(world, bucket_url)

    world.run("doctor")
    assert "2 stored files not in it, 2 of them on this disk" in world.out
    [command] = re.findall("`sorasync (assets move --to [^`]+)`", world.out)
    moved = world.json(*shlex.split(command))
    assert (moved["copied"], moved["failed"]) == (2, [])
    assert len(objects(bucket_url)) == 2
    world.run("doctor")
    assert "not in it" not in world.out
    world.run(*shlex.split(command), code=1)
    assert "the assets are there already" in world.err
