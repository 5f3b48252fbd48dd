"""The token stands for exactly one plan."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sorasync.state.record import Binding, Status
from tests.plan.world import HEAD, World

ONE = HEAD + '[clips.a]\nprompt = "A lake."\n'
TWO = ONE + '[clips.b]\nprompt = "A hill."\n'


def test_the_same_library_gives_the_same_token_however_it_is_written(world: World) -> None:
    token = world.plan(TWO).token
    assert token.startswith("sp1:")
    assert world.plan().token == token
    assert world.plan({"z.toml": ONE, "y.toml": HEAD + '[clips.b]\nprompt = "A   hill."\n'}).token == token
    assert world.plan(TWO + 'tags = ["x"]\ndescription = "of a hill" # and a comment\n').token == token


def test_the_token_changes_with_the_manifests(world: World) -> None:
    tokens = {
        world.plan(text).token
        for text in (TWO, ONE, TWO.replace("hill", "dune"), TWO.replace("seconds = 8", "seconds = 4"))
    }
    assert len(tokens) == 4


def test_the_token_changes_with_the_manifest_of_any_clip(world: World) -> None:
    world.settle(TWO)
    edited = ONE + '[clips.b]\nprompt = "A dune."\n'
    token = world.plan(edited.replace("lake", "sea")).token
    for other in (
        TWO.replace("lake", "sea"),
        edited.replace("lake", "sea").replace("dune", "dell"),
        ONE.replace("lake", "sea"),
        edited.replace("lake", "sea").replace("clips.b", "clips.c"),
        edited.replace("lake", "sea") + "takes = 2\n",
    ):
        assert world.plan(other).token != token


def test_what_is_applied_elsewhere_leaves_the_token_as_it_is(world: World) -> None:
    token = world.plan(TWO, target=("clip.b",)).token
    world.apply(world.plan(target=("clip.a",)))
    assert world.plan(target=("clip.b",)).token == token
    assert world.plan().token == token, "nothing else is left to do"
    world.apply(world.plan(again=("clip.a",), target=("clip.a",)))
    assert world.plan().token == token


def test_two_branches_that_touch_different_clips_are_applied_in_either_order(world: World) -> None:
    world.settle(TWO)
    first, second = TWO.replace("lake", "sea"), TWO.replace("hill", "dune")
    token = world.plan(second).token
    world.settle(first)
    assert world.plan(second.replace("lake", "sea")).token == token
    assert world.plan(second).token != token, "this one would take the first branch back"


def test_a_state_that_is_made_in_between_leaves_the_token_as_it_is(world: World) -> None:
    world.state.serial = 0
    token = world.plan(ONE).token
    world.state.serial, world.state.lineage = 7, "M"
    world.state.bound["clip.elsewhere#1"] = Binding("f" * 64)
    assert world.plan(ONE).token != token, "clip.elsewhere is retired"
    del world.state.bound["clip.elsewhere#1"]
    assert world.plan(ONE).token == token


def test_the_token_changes_with_the_record_of_an_address_it_touches(world: World) -> None:
    world.settle(TWO)
    changed = TWO.replace("hill", "dune")
    token = world.plan(changed).token
    world.state.bound["clip.b#1"] = Binding("f" * 64)
    assert world.plan(changed).token != token
    again = world.plan(TWO, again=("clip.a",), target=("clip.a",))
    world.apply(again)
    assert world.plan(TWO, again=("clip.a",), target=("clip.a",)).token != again.token


def test_the_token_changes_when_what_a_step_starts_from_is_rendered_again(world: World) -> None:
    world.settle(ONE)
    stepped = ONE + '[[clips.a.steps]]\nedit = "In blue."\n'
    token = world.plan(stepped).token
    world.apply(world.plan(ONE, again=("clip.a",)))
    plan = world.plan(stepped)
    assert [change.action for change in plan.changes] == ["edit"]
    assert plan.token != token


def test_files_that_are_missing_on_one_machine_leave_the_token_as_it_is(world: World) -> None:
    world.settle(TWO)
    changed = TWO.replace("hill", "dune")
    token = world.plan(changed).token
    world.lose_file("clip.a#1")
    plan = world.plan(changed)
    assert [change.action for change in plan.changes] == ["download", "replace"]
    assert plan.token == token
    world.host.jobs.clear()
    assert world.plan(changed).token != token, "the file is lost"


def test_what_was_never_fetched_is_part_of_the_token(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.RENDERED, remote_id="video_1")
    token = world.plan(offline=True).token
    world.set("clip.a#1", Status.RENDERED, remote_id="video_2")
    assert world.plan(offline=True).token != token


def test_the_token_changes_with_the_attempts_that_are_left(world: World) -> None:
    world.plan(ONE)
    world.set("clip.a#1", Status.FAILED, attempts=1)
    token = world.plan().token
    world.set("clip.a#1", Status.FAILED, attempts=2)
    assert world.plan().token != token


@pytest.mark.parametrize("price", [Decimal("0.11"), None])
def test_the_token_changes_with_a_price(world: World, price: Decimal | None) -> None:
    plan = world.plan(TWO)
    last = replace(plan.changes[-1], cost_usd=price)
    assert replace(plan, changes=(*plan.changes[:-1], last)).token != plan.token


def test_the_token_changes_with_what_the_provider_or_the_state_say_of_a_render(world: World) -> None:
    token = world.plan(ONE).token
    world.set("clip.a#1", Status.SUBMITTED, remote_id="x")
    assert world.plan(offline=True).token != token


def test_the_token_changes_with_the_provider_the_env_and_the_prices(world: World) -> None:
    world.files["sorasync.toml"] = '[library]\nname = "test"\n[env.stage]\n'
    token = world.plan(ONE).token
    assert world.plan(env="stage").token != token
    assert world.plan(batch=True).token != token
    world.profile = World(world.root, "openai", base_url="https://other.example/v1").profile
    assert world.plan().token != token


def test_the_token_changes_with_the_selection_only_where_that_leaves_something_out(world: World) -> None:
    token = world.plan(TWO).token
    assert world.plan(target=("clip.a",)).token != token
    assert world.plan(target=("clip.*",)).token == token


def test_the_token_tells_a_batch_even_where_no_price_does(world: World) -> None:
    plan = world.plan(TWO)
    assert replace(plan, batch=True).token != plan.token


def test_the_token_does_not_hang_on_words_that_only_explain(world: World) -> None:
    plan = world.plan(TWO)
    reworded = replace(plan, changes=tuple(replace(c, reason="because") for c in plan.changes))
    assert reworded.token == plan.token


def test_the_token_of_a_retirement_changes_when_the_render_was_made_again(world: World) -> None:
    world.settle(TWO)
    token = world.plan(ONE).token
    world.plan(TWO)
    world.apply(world.plan(again=("clip.b",)))
    assert world.plan(ONE).token != token
