"""The token stands for exactly one plan."""

from __future__ import annotations

from dataclasses import replace

from sorasync.state.record import Status
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


def test_the_token_changes_with_wanted_renders_that_need_nothing(world: World) -> None:
    """Two revisions that both have nothing to do are still two."""
    world.settle(TWO)
    token = world.plan(TWO).token
    plan = world.plan(ONE, exclude=("clip.b",))
    assert plan.empty
    assert plan.token != token


def test_the_token_changes_with_the_state(world: World) -> None:
    token = world.plan(TWO).token
    world.state.serial += 1
    assert world.plan().token != token
    world.state.serial -= 1
    assert world.plan().token == token
    world.state.lineage = "M"
    assert world.plan().token != token


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
