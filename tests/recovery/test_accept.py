"""`sorasync accept`: a changed declaration without a new render."""

from __future__ import annotations

from tests.recovery.world import CHAIN, TWO_CLIPS, World


def test_an_accepted_typo_costs_nothing_and_the_next_plan_is_empty(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    ids, paid = world.ids(), world.paid()
    world.write(TWO_CLIPS.replace("pier", "peer"))
    world.write(TWO_CLIPS.replace("A pier at dawn", "A pier at the dawn"))
    assert world.plan() == {"clip.pier": "replace"}

    found = world.json("accept", "clip.pier", "--reason", "a typo", "--yes")

    assert [one["address"] for one in found["accepted"]] == ["clip.pier"]
    assert world.plan() == {}
    world.apply()
    assert (world.ids(), world.paid()) == (ids, paid)
    assert "accepted without rendering" in world.run("log", "clip.pier")
    assert "(a typo)" in world.out


def test_what_was_made_from_it_follows(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    paid = world.paid()
    world.write(CHAIN.replace("lantern-lit market", "lantern lit market"))

    found = world.json("accept", "clip.market#2", "--reason", "hyphen", "--yes")

    assert [(one["address"], one["follows"]) for one in found["accepted"]] == [
        ("clip.market#2", False),
        ("clip.market#2/1", True),
        ("clip.market#2/2", True),
    ]
    assert world.plan() == {"clip.market#1": "replace"}
    world.run("accept", "clip.market#1", "--reason", "hyphen", "--yes")
    assert world.plan() == {}
    assert world.paid() == paid


def test_a_step_with_changes_of_its_own_is_not_accepted_along(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    world.write(CHAIN.replace("lantern-lit market", "lantern lit market").replace("teal and rust", "grey"))

    found = world.json("accept", "clip.market#2", "--reason", "hyphen", "--yes")

    assert [one["address"] for one in found["left"]] == ["clip.market#2/2"]
    assert "prompt" in found["left"][0]["why"]
    assert world.plan()["clip.market#2/2"] == "replace"


STILLS = """\
[stills.quay]
prompt = "A stone quay at dawn."

[[stills.quay.steps]]
edit = "The same at night."

[stills.sea]
prompt = "The open sea."

[clips.boat]
prompt = "The boat leaves the quay."
image = "still:quay"
last_image = "still:sea"

[[clips.boat.steps]]
extend = "It sails."
seconds = 4

[clips.gull]
from = "boat"

[[clips.gull.steps]]
edit = "A gull above it."
"""


def test_a_still_takes_everything_along_that_is_made_from_it(world: World) -> None:
    world.write(STILLS)
    world.apply()
    paid = world.paid()
    world.write(STILLS.replace("at dawn", "at the dawn"))
    assert set(world.plan().values()) == {"replace"}

    found = world.json("accept", "still.quay", "--reason", "a typo", "--yes")

    assert [(one["address"], one["fields"]) for one in found["accepted"]] == [
        ("still.quay", ["prompt"]),
        ("still.quay#1/1", ["source"]),
        ("clip.boat", ["image"]),
        ("clip.boat#1/1", ["source"]),
        ("clip.gull#1/1", ["source"]),
    ]
    assert found["left"] == []
    assert world.plan() == {}
    assert world.paid() == paid


def test_taking_the_change_back_costs_nothing_either(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    paid = world.paid()
    world.write(TWO_CLIPS.replace("at dawn", "at the dawn"))
    world.run("accept", "pier", "--reason", "a typo", "--yes")
    world.write(TWO_CLIPS)

    assert world.plan() == {"clip.pier": "move"}
    world.apply()
    assert world.paid() == paid


def test_an_acceptance_survives_the_loss_of_the_state(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.write(TWO_CLIPS.replace("at dawn", "at the dawn"))
    world.run("accept", "pier", "--reason", "a typo", "--yes")
    world.lose_state()

    world.run("state", "recover", "--offline")

    assert world.plan() == {}
    world.run("state", "check")


def test_there_must_be_something_to_accept_and_somebody_to_ask(world: World) -> None:
    world.write(TWO_CLIPS)
    world.run("accept", "clip.pier", "--reason", "x", "--yes", code=1)
    assert "has no render yet" in world.err
    world.apply()
    world.run("accept", "clip.pier", "--reason", "x", "--yes", code=1)
    assert "nothing to accept" in world.err
    world.write(TWO_CLIPS.replace("at dawn", "at the dawn"))
    world.run("accept", "clip.pier", "--reason", "x", code=1)
    assert "not a terminal" in world.err
    world.run("accept", "clip.pier", "--reason", " ", "--yes", code=64)
    assert world.plan() == {"clip.pier": "replace"}


def test_a_new_render_on_its_way_is_not_accepted_away(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.write(TWO_CLIPS.replace("at dawn", "at the dawn"))
    world.faults({"do": "stuck", "route": "create"})
    world.apply("--detach", code=8)

    world.run("accept", "clip.pier", "--reason", "x", "--yes", code=1)

    assert "in flight" in world.err


def test_accepted_copies_of_one_render_cost_once_to_make_again(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    for words in ("at the dawn", "at early dawn"):
        world.write(TWO_CLIPS.replace("at dawn", words))
        world.run("accept", "pier", "--reason", "a typo", "--yes")

    found = world.json("gc")
    assert (len(found["renders"]), found["cost_usd"]) == (2, "0.40")
    assert "Rendering all of it again would cost $0.80" in world.run("destroy", code=1)
