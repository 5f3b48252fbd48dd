"""What nobody names leaves the bucket after a time of grace, and what anybody names never does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sorasync.assets.bucket_archive import BucketArchive
from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.assets.object_bucket import ObjectBucket
from tests.bucket.clone import clone, objects, set_assets
from tests.recovery.world import TWO_CLIPS, World

ONE_CLIP = TWO_CLIPS.partition("[clips.pier]")[0]


def retire(world: World) -> None:
    """Render two clips, and want one of them no more."""
    world.write(TWO_CLIPS)
    world.apply()
    world.write(ONE_CLIP)
    world.apply()


def test_an_object_that_nobody_names_goes_after_its_grace(world: World, bucket_url: str) -> None:
    set_assets(world, bucket_url, "grace_days = 0")
    retire(world)
    assert len(objects(bucket_url)) == 2
    found = world.json("gc")
    assert (found["unnamed_objects"]["objects"], found["deleted"]) == (1, None)
    deleted = world.json("gc", "--delete", "--yes")["deleted"]
    assert deleted["bucket"]["deleted"] == 1
    assert [Path(path).name for path in objects(bucket_url)] == [path.name for path in world.videos()]
    assert len(objects(bucket_url, "references")) == 1
    assert objects(bucket_url, "condemned") == objects(bucket_url, "deleting") == []
    assert "nothing to delete" in world.run("gc", "--delete", "--yes")
    assert world.plan() == {}


def test_an_object_stays_until_its_grace_is_over(world: World, disk_url: str) -> None:
    set_assets(world, disk_url, "grace_days = 7")
    retire(world)
    swept = world.json("gc", "--delete", "--yes")["deleted"]["bucket"]
    assert (swept["deleted"], swept["waiting"]) == (0, 1)
    assert len(objects(disk_url)) == 2
    assert len(objects(disk_url, "condemned")) == 1
    # A change of mind costs nothing as long as the object is there.
    assert "1 object in the bucket" in world.run("gc")


def test_what_another_library_names_stays(world: World, disk_url: str, tmp_path: Path) -> None:
    set_assets(world, disk_url, "grace_days = 0")
    retire(world)
    gone = sorted(objects(disk_url, "references"))
    other = BucketArchive(ObjectBucket(parse_bucket_url(disk_url)), "another film", tmp_path / "seen")
    digests = [path.rpartition("/")[2] for path in gone]
    for digest in digests:
        other.bucket.put(other.reference(digest), b"")
    assert world.json("gc", "--delete", "--yes")["deleted"]["bucket"]["deleted"] == 0
    assert len(objects(disk_url)) == 2


def test_another_machine_that_still_names_it_speaks_up(world: World, disk_url: str, tmp_path: Path) -> None:
    set_assets(world, disk_url, "grace_days = 7")
    world.write(TWO_CLIPS)
    world.apply()
    other = clone(world, tmp_path / "other")
    other.apply()
    world.write(ONE_CLIP)
    world.apply()
    world.run("gc", "--delete", "--yes")
    assert len(objects(disk_url, "condemned")) == 1
    other.apply()
    set_assets_days(world, 0)
    assert world.json("gc", "--delete", "--yes", code=0)["unnamed_objects"]["objects"] == 0
    assert len(objects(disk_url)) == 2
    other.run("pull")
    assert len(other.videos()) == 2


def set_assets_days(world: World, days: int) -> None:
    """Change the time of grace."""
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace("grace_days = 7", f"grace_days = {days}"))


def test_what_the_lock_file_of_another_branch_names_stays(world: World) -> None:
    def git(*words: str) -> None:
        command = ["git", "-C", str(world.root), "-c", "user.name=a", "-c", "user.email=a@b.example", *words]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    world.write(TWO_CLIPS)
    world.apply()
    git("add", "sorasync.lock", "manifests")
    git("commit", "-m", "Two clips")
    git("branch", "night")
    world.write(ONE_CLIP)
    world.apply()
    git("commit", "-am", "One clip")
    assert "the lock file of branch night names it" in world.run("gc", "--delete", "--yes")
    assert len(world.videos()) == 2
    assert world.json("gc")["named_on_branches"] == {"night": 1}
    assert world.run("gc").splitlines()[-1] == "Nothing else is retired: there is nothing to delete."
    assert "1 retired and kept: sorasync gc lists it." in world.run("status")
    git("branch", "-D", "night")
    assert len(world.json("gc", "--delete", "--yes")["deleted"]["keys"]) == 1
    assert len(world.videos()) == 1


def test_destroying_a_library_leaves_the_objects_of_others(
    world: World, disk_url: str, tmp_path: Path
) -> None:
    set_assets(world, disk_url, "grace_days = 0")
    world.write(TWO_CLIPS)
    world.apply()
    kept = objects(disk_url, "references")[0].rpartition("/")[2]
    other = BucketArchive(ObjectBucket(parse_bucket_url(disk_url)), "another film", tmp_path / "seen")
    other.bucket.put(other.reference(kept), b"")
    world.run("destroy", "--yes")
    assert objects(disk_url) == [f"objects/{kept[:2]}/{kept}.mp4"]
