"""What a plan says of renders that are on their way, failed, refused, damaged or gone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sorasync.clock import SystemClock
from sorasync.plan.action import Action
from sorasync.provider.wire import JobStatus
from sorasync.state.record import Status
from tests.plan.world import HEAD, World, lines, reasons

ONE = HEAD + '[clips.a]\nprompt = "A lake."\n'
STEPS = ONE + '[[clips.a.steps]]\nextend = "On."\nseconds = 4\n[[clips.a.steps]]\nedit = "In blue."\n'
CAST = (
    HEAD
    + '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'
    + '[clips.a]\nprompt = "Mossy naps."\ncharacters = ["mossy"]\n'
)


@pytest.mark.parametrize("status", [Status.INTENT, Status.UNKNOWN, Status.BATCHED, Status.SUBMITTED])
def test_what_is_in_flight_is_followed_and_never_paid_for_again(world: World, status: Status) -> None:
    world.plan(ONE)
    world.set("clip.a#1", status)
    plan = world.plan()
    assert lines(plan) == ["resume clip.a"]
    world.apply(plan)
    assert world.plan().empty


def test_what_the_provider_says_of_a_render_in_flight_stands_in_the_plan(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.IN_PROGRESS, 40)
    assert reasons(world.plan()) == ["paid for, still rendering (40%)"]
    world.job("video_x", JobStatus.COMPLETED, 100)
    assert lines(world.plan()) == ["download clip.a"]
    del world.host.jobs["video_x"]
    assert lines(world.plan()) == ["resume clip.a"]
    assert "cannot find it right now" in reasons(world.plan())[0]
    world.job("video_x", JobStatus.EXPIRED)
    assert lines(world.plan()) == ["lost clip.a"]


def test_offline_nothing_is_asked_and_nothing_given_up(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    assert lines(world.plan(offline=True)) == ["resume clip.a"]
    assert world.host.asked == 0


def test_what_is_rendered_and_not_fetched_is_downloaded(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.RENDERED, remote_id="video_x")
    world.job("video_x", JobStatus.COMPLETED)
    plan = world.plan()
    assert lines(plan) == ["download clip.a"]
    world.apply(plan)
    assert world.plan().empty


def test_steps_wait_for_a_source_that_is_in_flight(world: World) -> None:
    world.plan(STEPS)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.QUEUED)
    plan = world.plan()
    assert lines(plan) == ["resume clip.a", "extend clip.a#1/1 $0.40", "edit clip.a#1/2 $1.20"]
    assert plan.changes[1].depends_on == ("clip.a",)


def test_a_download_waits_for_no_source(world: World) -> None:
    world.settle(STEPS)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.IN_PROGRESS)
    world.lose_file("clip.a#1/1")
    plan = world.plan()
    assert lines(plan) == ["resume clip.a", "download clip.a#1/1"]
    assert [change.depends_on for change in plan.changes] == [(), ()]


def test_two_clips_that_wait_for_the_same_render_follow_it_once(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.IN_PROGRESS)
    plan = world.plan(ONE + '[clips.b]\nprompt = "A lake."\n[[clips.b.steps]]\nedit = "In blue."\n')
    assert lines(plan) == ["resume clip.a", "move clip.b", "edit clip.b#1/1 $0.80"]
    assert [change.depends_on for change in plan.changes] == [(), ("clip.a",), ("clip.b",)]
    world.apply(plan)
    assert world.plan().empty


def test_a_missing_file_is_downloaded_while_the_provider_has_it(world: World) -> None:
    world.settle(STEPS)
    world.lose_file("clip.a#1")
    plan = world.plan()
    assert lines(plan) == ["download clip.a"]
    world.apply(plan)
    assert world.plan().empty


def test_a_missing_file_that_the_provider_no_longer_has_is_lost_and_nothing_is_paid_for_it(
    world: World,
) -> None:
    world.settle(STEPS)
    world.lose_file("clip.a#1")
    world.host.jobs.clear()
    plan = world.plan(STEPS + '[clips.b]\nfrom = "a"\n[[clips.b.steps]]\nedit = "At night."\n')
    assert lines(plan) == ["lost clip.a", "edit clip.b#1/1 $1.20"]
    assert "--replace 'clip.a'" in plan.changes[0].reason
    assert "$0.80" in plan.changes[0].reason


def test_a_job_that_is_not_found_within_its_time_is_not_lost(world: World) -> None:
    world.rendered_at = SystemClock().now() - 60
    world.settle(ONE)
    world.lose_file("clip.a#1")
    world.host.jobs.clear()
    plan = world.plan()
    assert lines(plan) == ["download clip.a"]
    assert "asked again before it counts as lost" in reasons(plan)[0]
    assert "--replace" not in reasons(plan)[0]


def test_what_starts_from_a_lost_render_is_blocked_with_the_root(world: World) -> None:
    world.settle(ONE)
    world.lose_file("clip.a#1")
    world.host.jobs.clear()
    plan = world.plan(STEPS)
    assert lines(plan) == ["lost clip.a", "blocked clip.a#1/1", "blocked clip.a#1/2"]
    assert reasons(plan)[1:] == ["its source clip.a is lost"] * 2
    assert str(plan.cost) == "$0.00"


def test_a_lost_render_is_made_again_when_asked_for(world: World) -> None:
    world.settle(STEPS)
    world.lose_file("clip.a#1")
    world.host.jobs.clear()
    plan = world.plan(again=("clip.a#1",))
    assert lines(plan) == ["replace clip.a $0.80", "replace clip.a#1/1 $0.40", "replace clip.a#1/2 $1.20"]
    world.apply(plan)
    assert world.plan().empty


def test_a_failed_render_is_tried_again_until_the_limit(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.FAILED, attempts=2, error_message="no capacity")
    plan = world.plan()
    assert lines(plan) == ["create clip.a $0.80"]
    assert reasons(plan) == ["failed before (no capacity): attempt 3 of 3"]
    world.set("clip.a#1", Status.FAILED, attempts=3)
    plan = world.plan()
    assert lines(plan) == ["blocked clip.a"]
    assert reasons(plan) == ["failed 3 times, last: no capacity; to try it again: --retry 'clip.a'"]


def test_a_replacement_has_all_attempts_whatever_the_first_render_took(world: World) -> None:
    world.settle(ONE)
    world.set("clip.a#1", Status.STORED, attempts=2)
    assert world.plan(again=("clip.a",)).worst.known_usd == Decimal("2.40")
    world.set("clip.a#1", Status.FAILED, attempts=2)
    assert world.plan().worst.known_usd == Decimal("0.80")


def test_a_refused_render_stays_blocked_until_its_prompt_changes(world: World) -> None:
    world.plan(STEPS)
    world.set("clip.a#1", Status.BLOCKED, error_message="moderated.")
    plan = world.plan()
    assert lines(plan) == ["blocked clip.a", "blocked clip.a#1/1", "blocked clip.a#1/2"]
    assert (
        reasons(plan)
        == ["refused by the provider: moderated; to try it again: --retry 'clip.a'"]
        + ["its source clip.a is blocked"] * 2
    )
    assert lines(world.plan(STEPS.replace("A lake", "A pond")))[0] == "create clip.a $0.80"


def test_a_source_that_the_provider_does_not_hold_blocks_its_steps_where_nothing_can_be_uploaded(
    world: World,
) -> None:
    world.settle(ONE)
    world.host.jobs.clear()
    world.profile = World(world.root, "openai", abilities={"upload_as_source": False}).profile
    plan = world.plan(STEPS)
    assert lines(plan) == ["blocked clip.a#1/1", "blocked clip.a#1/2"]
    assert reasons(plan)[0] == (
        "the provider does not have its source clip.a and takes no uploads; "
        "to render the source again for $0.80: --replace 'clip.a'"
    )
    assert reasons(plan)[1] == "its source clip.a#1/1 is blocked"
    assert lines(world.plan(again=("clip.a#1",))) == [
        "replace clip.a $0.80",
        "extend clip.a#1/1 $0.40",
        "edit clip.a#1/2 $1.20",
    ]


def test_a_source_that_only_another_provider_holds_is_uploaded_where_that_is_possible(world: World) -> None:
    world.settle(ONE)
    world.set("clip.a#1", Status.STORED, provider="other@https://other.example/v1")
    plan = world.plan(STEPS)
    assert lines(plan) == ["extend clip.a#1/1 $0.40", "edit clip.a#1/2 $1.20"]
    assert reasons(plan)[0].endswith("its source is uploaded, because the provider does not have it")
    renamed = world.plan(STEPS.replace("clips.a", "clips.b"))
    assert lines(renamed) == ["move clip.b", "extend clip.b#1/1 $0.40", "edit clip.b#1/2 $1.20"]
    assert reasons(renamed)[1].endswith("its source is uploaded, because the provider does not have it")


def test_a_render_that_another_provider_made_counts(world: World) -> None:
    world.settle(ONE)
    world.set("clip.a#1", Status.STORED, provider="other@https://other.example/v1")
    assert world.plan().empty


def test_a_missing_file_that_this_provider_cannot_have_is_lost(world: World) -> None:
    world.settle(ONE)
    world.set("clip.a#1", Status.STORED, provider="other@https://other.example/v1")
    world.lose_file("clip.a#1")
    assert lines(world.plan()) == ["lost clip.a"]
    world.settle(TWO := ONE + '[clips.b]\nprompt = "A hill."\n')
    world.set("clip.b#1", Status.STORED, remote_id=None)
    world.lose_file("clip.b#1")
    assert lines(world.plan(TWO)) == ["lost clip.a", "lost clip.b"]


def test_a_lost_render_that_returns_takes_no_address_from_another(world: World) -> None:
    world.settle(ONE)
    world.plan(ONE.replace("lake", "hill"))
    world.set("clip.a#1", Status.LOST)
    (change,) = world.plan().changes
    assert (change.action, change.binds) == (Action.LOST, ())
    world.set("clip.a#1", Status.LOST, bound=True)
    (change,) = world.plan().changes
    assert [bind.address for bind in change.binds] == ["clip.a#1"]


def test_a_render_in_flight_elsewhere_blocks_and_is_neither_followed_nor_paid_again(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="x", provider="other@https://other.example/v1")
    plan = world.plan()
    assert lines(plan) == ["blocked clip.a"]
    assert "other@https://other.example/v1" in plan.changes[0].reason
    assert world.host.asked == 0


def test_a_character_that_another_provider_knows_is_uploaded_again_for_nothing(world: World) -> None:
    world.settle(CAST)
    world.set("character.mossy", Status.STORED, provider="other@https://other.example/v1")
    plan = world.plan()
    assert lines(plan) == ["character character.mossy"]
    world.apply(plan)
    assert world.plan().empty


def test_a_render_in_flight_that_nobody_wants_any_more_is_fetched_all_the_same(world: World) -> None:
    world.settle(ONE)
    world.plan(ONE.replace("lake", "pond"))
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.QUEUED)
    unwanted = world.key("clip.a#1")
    plan = world.plan(ONE.replace("lake", "hill"))
    assert [change.action for change in plan.changes] == [Action.REPLACE, Action.RESUME]
    assert (plan.changes[1].key, plan.changes[1].binds) == (unwanted, ())
    world.apply(plan)
    assert world.plan().empty


def test_the_line_of_an_unwanted_render_and_of_its_deleted_clip_have_different_labels(world: World) -> None:
    world.settle(ONE)
    world.plan(ONE.replace("lake", "pond"))
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.QUEUED)
    plan = world.plan(HEAD)
    assert len({change.label for change in plan.changes}) == 2
    world.apply(plan)
    assert world.plan().empty


def test_an_unwanted_render_in_flight_elsewhere_is_not_looked_for_here(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="x", provider="other@https://other.example/v1")
    plan = world.plan(HEAD)
    assert [change.action for change in plan.changes] == [Action.BLOCKED]
    assert reasons(plan)[0].startswith("in flight at other@https://other.example/v1, ")
    assert world.host.asked == 0


def test_a_source_that_is_not_found_within_its_time_is_asked_for_again_before_it_is_paid_for(
    world: World,
) -> None:
    world.rendered_at = SystemClock().now() - 60
    world.settle(ONE)
    world.host.jobs.clear()
    world.profile = World(world.root, "openai", abilities={"upload_as_source": False}).profile
    plan = world.plan(STEPS)
    assert lines(plan) == ["blocked clip.a#1/1", "blocked clip.a#1/2"]
    assert reasons(plan)[0] == (
        "the provider cannot find its source clip.a right now, and takes no uploads: plan again in a "
        "few minutes; to render the source again for $0.80: --replace 'clip.a'"
    )


def test_a_change_knows_how_often_its_render_was_tried(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.FAILED, attempts=1)
    (change,) = world.plan().changes
    assert (change.tried, change.attempts_left) == (1, 2)


def test_takes_know_their_number(world: World) -> None:
    world.plan(ONE + "takes = 3\n")
    assert [world.graph.renders[f"clip.a#{number}"].take for number in (1, 2, 3)] == [1, 2, 3]


def test_an_upload_has_one_attempt_in_the_worst_case_and_a_render_all(world: World) -> None:
    plan = world.plan(CAST)
    assert [(change.label, change.attempts_left) for change in plan.changes] == [
        ("character.mossy", 1),
        ("clip.a", 3),
    ]


def test_replacing_a_clip_takes_what_starts_from_it_along(world: World) -> None:
    branch = STEPS + '[clips.b]\nfrom = "a"\n[[clips.b.steps]]\nedit = "At night."\n'
    world.settle(branch)
    before = {address: world.record(address).asset for address in world.graph.renders}
    plan = world.plan(again=("clip.a#1/1",))
    assert lines(plan) == [
        "replace clip.a#1/1 $0.40",
        "replace clip.a#1/2 $1.20",
        "replace clip.b#1/1 $1.20",
    ]
    assert reasons(plan) == [
        "requested with --replace",
        "its source clip.a#1/1 is rendered again",
        "its source clip.a#1/2 is rendered again",
    ]
    assert all(change.supersede for change in plan.changes)
    world.apply(plan)
    assert world.plan().empty
    after = {address: world.record(address).asset for address in world.graph.renders}
    assert [a for a in before if before[a] == after[a]] == ["clip.a#1"]


def test_replacing_a_clip_replaces_what_starts_from_the_same_render_under_another_name(world: World) -> None:
    shared = ONE + '[clips.b]\nprompt = "A lake."\n[[clips.b.steps]]\nedit = "In blue."\n'
    world.settle(shared)
    plan = world.plan(again=("clip.b#1",))
    assert lines(plan) == ["replace clip.a $0.80", "move clip.b", "replace clip.b#1/1 $0.80"]
    world.apply(plan)
    assert world.plan().empty


def test_replacing_something_that_was_never_made_makes_it(world: World) -> None:
    assert lines(world.plan(ONE, again=("clip.a",))) == ["create clip.a $0.80"]


def test_replacing_a_retired_render_makes_it_and_replaces_nothing(world: World) -> None:
    """No clip loses a render, so no share of replaced renders counts it."""
    world.settle(ONE)
    world.settle(HEAD)
    plan = world.plan(ONE, again=("clip.a",))
    assert lines(plan) == ["create clip.a $0.80"]
    assert plan.changes[0].supersede
    world.apply(plan)
    assert world.plan().empty


def test_replacing_something_in_flight_follows_it_first(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.SUBMITTED, remote_id="video_x")
    world.job("video_x", JobStatus.QUEUED)
    assert lines(world.plan(again=("clip.a",))) == ["resume clip.a"]


def test_an_unknown_price_is_unknown_and_never_nothing(world: World) -> None:
    world.profile = World(world.root, "vllm-omni", base_url="https://h.example/v1").profile
    manifest = '[defaults]\nmodel = "mine"\nsize = "1280x720"\nseconds = 8\n[clips.a]\nprompt = "A lake."\n'
    plan = world.plan(manifest)
    assert plan.changes[0].cost_usd is None
    assert plan.changes[0].paid
    assert (plan.cost.known_usd, plan.cost.unknown) == (Decimal(0), 1)
    assert str(plan.cost) == "$?"


def test_a_batch_costs_what_the_provider_says_it_does(world: World) -> None:
    assert lines(world.plan(ONE, batch=True)) == ["create clip.a $0.40"]


def test_an_extension_that_bills_the_whole_result_costs_source_and_added_seconds(world: World) -> None:
    world.profile = World(world.root, "openai", billing={"extend": "whole"}).profile
    assert lines(world.plan(STEPS))[:2] == ["create clip.a $0.80", "extend clip.a#1/1 $1.20"]


def test_an_image_that_costs_extra_is_part_of_the_price(world: World) -> None:
    models = {"sora-2": {"image_price": "0.05"}}
    world.profile = World(world.root, "openai", models=models).profile
    assert lines(world.plan(ONE + 'image = "../refs/kitchen.png"\n')) == ["create clip.a $0.85"]
