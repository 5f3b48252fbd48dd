"""What stands in the asset directory and in the state after moves, replacements and removals."""

from __future__ import annotations

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.operations.plan import PlanOptions
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import clips, ends

PICTURE = '[assets]\npictures = ["thumbnail"]\n'


def test_takes_and_the_picked_one_have_names(world: MakeWorld) -> None:
    it = world(
        clips(["market"], "takes = 2\npick = 2\n") + '[[clips.market.steps]]\nedit = "Teal."\n',
        config=PICTURE,
    )
    assert it.apply().complete
    assert it.names() == ["market.mp4", "market/take-1.mp4", "market/take-2.mp4"]
    assert (it.root / "assets" / "market.webp").exists()


def test_a_renamed_clip_moves_its_files_and_costs_nothing(world: MakeWorld) -> None:
    it = world(clips(["market"], "takes = 2\npick = 1\n"))
    it.apply()
    it.write('[clips.bazaar]\nprompt = "A market at dusk."\ntakes = 2\npick = 1\n')
    assert it.apply().complete
    assert it.names() == ["bazaar.mp4", "bazaar/take-1.mp4", "bazaar/take-2.mp4"]
    assert len(it.charges()) == 2
    assert it.plan().empty


def test_two_clips_that_ask_for_the_same_share_it(world: MakeWorld) -> None:
    it = world('[clips.a]\nprompt = "Rain."\n[clips.b]\nprompt = "Rain."\n')
    assert it.apply().complete
    assert it.names() == ["a.mp4", "b.mp4"]
    assert len(it.charges()) == 1


def test_a_removed_clip_loses_its_name_and_keeps_its_video_and_comes_back_for_nothing(
    world: MakeWorld,
) -> None:
    it = world(clips(["a", "b"]))
    it.apply()
    it.write(clips(["b"]))
    assert it.apply().complete
    assert it.names() == ["b.mp4"]
    it.write(clips(["a", "b"]))
    assert it.apply().complete
    assert it.names() == ["a.mp4", "b.mp4"]
    assert len(it.charges()) == 2


def test_a_changed_clip_keeps_its_old_video_until_the_new_one_is_there(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.apply()
    before = (it.root / "assets" / "a.mp4").read_bytes()
    it.write('[clips.a]\nprompt = "Something else."\n')
    it.faults({"route": "create", "do": "fail"})
    assert ends(it.apply()) == {"clip.a": End.FAILED}
    assert (it.root / "assets" / "a.mp4").read_bytes() == before
    it.faults()
    assert it.apply().complete
    assert (it.root / "assets" / "a.mp4").read_bytes() != before


def test_a_render_made_afresh_keeps_the_old_video_until_the_new_one_is_there(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.apply()
    before = (it.root / "assets" / "a.mp4").read_bytes()
    seen: list[bytes] = []
    it.act(Moment.RENDERED, lambda: seen.append((it.root / "assets" / "a.mp4").read_bytes()))
    it.faults({"route": "content", "do": "html"})
    again = PlanOptions(replace=("clip.a",))
    assert ends(it.apply(again)) == {"clip.a": End.FAILED}
    assert seen == [before]
    assert (it.root / "assets" / "a.mp4").read_bytes() == before
    it.faults()
    assert it.apply().complete
    assert (it.root / "assets" / "a.mp4").read_bytes() != before
    assert len(it.charges()) == 2
    with it.store() as store:
        assert [r.status for r in store.every_record()] == [Status.STORED] * 2
    assert it.plan().empty


def test_what_nobody_wants_any_more_while_it_renders_is_fetched_all_the_same(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.apply(detach=True)
    it.write(clips(["b"]))
    it.clock.time += 100
    assert it.apply().complete
    assert it.names() == ["b.mp4"]
    assert it.record("clip.a#1").status is Status.STORED
    assert it.plan().empty


def test_a_render_that_failed_leaves_no_name_and_no_part_behind(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "fail"})
    it.apply()
    assert it.names() == []
