"""What an apply does first, how much at once, and what a failure takes with it."""

from __future__ import annotations

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.report import End
from tests.apply.conftest import MakeWorld
from tests.apply.world import clips, ends, numbered, outcome

FENNEL = '[characters.fennel]\nname = "Fennel"\nvideo = "fennel.mp4"\n'


def test_a_clip_with_steps_is_rendered_in_order_and_the_plan_is_empty_afterwards(world: MakeWorld) -> None:
    it = world(
        '[clips.market]\nprompt = "A market."\n'
        '[[clips.market.steps]]\nextend = "On."\nseconds = 4\n[[clips.market.steps]]\nedit = "Teal."\n'
    )
    report = it.apply()
    assert report.complete
    assert [charge.kind for charge in it.charges()] == ["create", "extend", "edit"]
    assert it.names() == ["market.mp4", "market/take-1-step-1.mp4", "market/take-1.mp4"]
    assert it.plan().empty


def test_characters_go_up_before_the_clips_that_use_them(world: MakeWorld) -> None:
    it = world(FENNEL + clips(["a", "b"]) + '[clips.c]\nprompt = "Fennel runs."\ncharacters = ["fennel"]\n')
    it.put("fennel.mp4")
    assert it.apply(parallelism=1).complete
    sent = it.witness.labels(Moment.SENT)
    assert sent[0] == "character.fennel"
    assert sorted(sent[1:]) == ["clip.a", "clip.b", "clip.c"]
    assert it.plan().empty


def test_no_more_renders_are_started_than_the_parallelism_allows(world: MakeWorld) -> None:
    it = world(numbered(20))
    most, now = 0, 0

    def count(event: ChangeEvent) -> None:
        nonlocal most, now
        now += (event.moment is Moment.SENT) - (event.moment is Moment.DONE)
        most = max(most, now)

    it.witness.act = count
    assert it.apply(parallelism=3).complete
    assert most == 3


def test_a_failure_takes_its_dependants_with_it_and_nothing_else(world: MakeWorld) -> None:
    steps = '[[clips.bad.steps]]\nedit = "Teal."\n[[clips.bad.steps]]\nedit = "Sand."\n'
    branch = '[clips.night]\nfrom = "bad"\n[[clips.night.steps]]\nedit = "At night."\n'
    it = world(clips(["bad"]) + steps + branch + clips(["good"]))
    it.faults({"route": "create", "do": "fail", "prompt": "A bad"})
    report = it.apply()
    assert [o.label for o in report.of(End.FAILED)] == ["clip.bad"]
    assert {o.label: o.cause for o in report.of(End.BLOCKED)} == {
        "clip.bad#1/1": "clip.bad",
        "clip.bad#1/2": "clip.bad",
        "clip.night#1/1": "clip.bad",
    }
    assert ends(report)["clip.good"] is End.DONE


def test_free_changes_do_not_wait_for_renders(world: MakeWorld) -> None:
    it = world(clips(["old"]))
    it.apply()
    it.write(clips(["a", "b", "c"]) + '[clips.new]\nprompt = "A old at dusk."\n')
    assert it.apply(parallelism=1).complete
    assert it.witness.labels(Moment.DONE)[0] == "clip.new"


def test_what_is_rendered_is_fetched_before_anything_new_is_started(world: MakeWorld) -> None:
    it = world(numbered(6))
    it.apply(detach=True)
    it.clock.time += 60
    it.write(numbered(12))
    assert it.apply().complete
    order = [(e.moment, e.label) for e in it.witness.events if e.moment in (Moment.FETCHING, Moment.SENT)]
    fetched = [moment for moment, label in order if label <= "clip.c005"]
    assert fetched == [Moment.FETCHING] * 6
    first_sent = next(at for at, (moment, _) in enumerate(order) if moment is Moment.SENT)
    assert first_sent >= 6


def test_an_unexpected_exception_ends_one_change_only(world: MakeWorld) -> None:
    it = world(clips(["a", "b", "c"]))

    def trip() -> None:
        raise ValueError("nobody thought of this")

    it.act(Moment.RENDERED, trip, "clip.b")
    report = it.apply()
    assert ends(report) == {"clip.a": End.DONE, "clip.b": End.FAILED, "clip.c": End.DONE}
    assert "bug" in outcome(report, "clip.b").message
    with it.store() as store:
        found = [event for event in store.events() if event.what == "unexpected error"]
    assert "nobody thought of this" in str(found[0].data)
    it.witness.act = lambda event: None
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1, "clip.b": 1, "clip.c": 1}
