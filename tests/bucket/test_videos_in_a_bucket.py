"""Videos in a bucket: every machine has them, and each is paid for once."""

from __future__ import annotations

from pathlib import Path

from sorasync.api.library import Library
from sorasync.operations.cut import bring_footage, cut_views
from sorasync.operations.local_videos import find_out
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.review.media import Media
from tests.bucket.clone import clone, objects, set_assets
from tests.recovery.world import CHAIN, TWO_CLIPS, World


def test_an_apply_puts_every_video_into_the_bucket_under_its_digest(bucketed: World, bucket_url: str) -> None:
    bucketed.write(TWO_CLIPS)
    bucketed.apply()
    assert f"The videos are in {bucket_url.partition('?')[0]}\n" in bucketed.out + bucketed.err
    names = sorted(path.name for path in bucketed.videos())
    assert len(names) == 2
    assert objects(bucket_url) == [f"objects/{name[:2]}/{name}" for name in names]
    assert len(objects(bucket_url, "references")) == 2
    assert objects(bucket_url, "tmp") == []
    assert bucketed.plan() == {}


def test_another_machine_plans_nothing_and_pulls_what_it_looks_at(
    bucketed: World, bucket_url: str, tmp_path: Path
) -> None:
    bucketed.write(TWO_CLIPS)
    bucketed.apply()
    other = clone(bucketed, tmp_path / "other")
    # The provider has dropped everything by then.
    for job in bucketed.ids().values():
        bucketed.ask(f"/videos/{job}", method="DELETE")
    assert other.plan() == {}
    assert other.videos() == []
    assert [file["address"] for file in other.json("pull", "clip.market")["fetched"]] == ["clip.market"]
    assert len(other.videos()) == 1
    assert (other.root / "assets" / "market.mp4").is_file()
    other.run("pull")
    assert [path.name for path in other.videos()] == [path.name for path in bucketed.videos()]
    assert other.json("pull")["fetched"] == []
    assert other.plan() == {}
    assert bucketed.paid()[0] == 2


def test_a_step_uploads_a_source_that_only_the_bucket_has(
    world: World, disk_url: str, tmp_path: Path
) -> None:
    set_assets(world, disk_url)
    first = CHAIN.partition("[[clips.market.steps]]")[0]
    world.write(first)
    world.apply()
    other = clone(world, tmp_path / "other")
    other.write(CHAIN)
    other.apply()
    assert other.plan() == {}
    assert world.paid()[0] == 5


def test_a_program_pulls_and_moves(world: World, disk_url: str) -> None:
    set_assets(world, disk_url)
    world.write(TWO_CLIPS)
    world.apply()
    world.lose_assets()
    library = Library.open(world.root)
    assert [file.label for file in library.pull("clip.pier").fetched] == ["clip.pier"]
    assert library.move_assets("assets").copied == 1
    assert library.pull().fetched == ()


STILL_AND_CUT = """\
[stills.quay]
prompt = "A quay in the fog."

[clips.market]
prompt = "A lantern-lit market at dusk."

[cuts.film]
events = [{ clip = "market" }]
"""


def test_whoever_looks_gets_the_file(world: World, disk_url: str) -> None:
    set_assets(world, disk_url)
    world.write(STILL_AND_CUT)
    world.apply()
    world.lose_assets()
    project = world.project()
    planned = make_plan(project, PlanOptions(offline=True))
    by_kind = {brief.asset: key for key, brief in planned.known.briefs.items()}
    find_out(project, [asset for asset in by_kind if asset is not None])
    media = Media(project.root, project.assets())
    media.known = {asset for asset in by_kind if asset is not None}
    pictures = [found for sha256 in media.known if (found := media.picture(sha256)) is not None]
    assert [suffix for _, suffix in pictures] == [".png"]
    videos = [file for sha256 in media.known if (file := media.video(sha256)) is not None]
    assert len(videos) == 1
    for file in videos:
        file.close()
    world.lose_assets()
    (view,) = cut_views(project, planned)
    assert all(path.is_file() for path in bring_footage(project, view, lambda title, done: None).values())
    assert world.plan() == {}
