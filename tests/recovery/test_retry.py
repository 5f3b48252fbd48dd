"""`sorasync retry`: refusals and limits are lifted once, and nothing is sent by it."""

from __future__ import annotations

from tests.recovery.world import CHAIN, TWO_CLIPS, World


def refused(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "fail_moderated", "route": "create", "prompt": "pier"})
    world.apply(code=4)
    world.faults()


def test_a_refused_render_is_tried_again_after_a_retry_and_priced_in_the_plan(world: World) -> None:
    refused(world)
    assert world.plan() == {"clip.pier": "blocked"}
    paid = world.paid()

    found = world.json("retry", "clip.pier")

    assert [(one["address"], one["was"], one["cost_usd"]) for one in found["renders"]] == [
        ("clip.pier", "blocked", "0.40")
    ]
    assert world.paid() == paid
    assert world.plan() == {"clip.pier": "create"}
    assert world.reasons()["clip.pier"].startswith("tried again on request, attempt 2")
    assert world.json("plan")["cost_usd"] == "0.40"
    world.apply()
    assert world.plan() == {}


def test_one_more_refusal_stops_it_again(world: World) -> None:
    refused(world)
    world.run("retry", "--blocked")
    world.faults({"do": "fail_moderated", "route": "create", "prompt": "pier"})

    world.apply(code=1)

    assert world.plan() == {"clip.pier": "blocked"}


def test_a_reached_limit_of_attempts_is_lifted_for_one_try(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "fail", "route": "create", "prompt": "pier"})
    world.apply(code=4)
    for _ in range(2):
        world.apply(code=1)
    assert world.plan() == {"clip.pier": "blocked"}
    assert world.json("retry", "--blocked")["renders"] == []

    world.run("retry", "--failed")
    assert world.plan() == {"clip.pier": "create"}
    world.apply(code=1)
    assert world.plan() == {"clip.pier": "blocked"}
    world.run("retry", "pier")
    world.faults()
    world.apply()

    assert world.plan() == {}


def test_the_lock_file_remembers_a_retry(kept: World) -> None:
    refused(kept)
    kept.run("retry", "clip.pier")
    kept.lose_state()

    assert kept.plan() == {"clip.pier": "create"}


def test_what_cannot_be_retried_says_what_to_do_instead(world: World) -> None:
    world.write(TWO_CLIPS)
    world.run("retry", "clip.pier", code=1)
    assert "neither refused nor failed" in world.err
    world.apply()
    world.run("retry", "clip.pier", code=1)
    assert "clip.pier already exists" in world.err
    world.run("retry", code=64)
    assert world.run("retry", "--failed", "--blocked") == "Nothing was refused or failed too often.\n"


def test_only_what_was_looked_for_is_said_not_to_be_there(world: World) -> None:
    refused(world)
    assert world.run("retry", "--failed") == "Nothing failed too often.\n"
    world.run("retry", "--blocked")
    assert world.run("retry", "--blocked") == "Nothing was refused.\n"


def test_a_render_that_waits_for_a_refused_source_names_it(world: World) -> None:
    world.write(CHAIN)
    world.faults({"do": "fail_moderated", "route": "extend"})
    world.apply(code=4)

    world.run("retry", "clip.market#2/2", code=1)
    assert "clip.market#2/1" in world.err
    world.faults()
    world.run("retry", "clip.market")
    world.apply()

    assert world.plan() == {}


def test_what_is_there_already_is_said_to_be_there(world: World) -> None:
    world.write(CHAIN)
    world.apply()

    world.run("retry", "clip.market", code=1)

    assert "clip.market#1 already exists" in world.err
    world.run("retry", "clip.market#2/2", code=1)
    assert "clip.market#2/2 already exists" in world.err


def test_plan_and_apply_try_a_refused_render_again_when_told_to(world: World) -> None:
    refused(world)
    assert world.plan("--retry", "clip.pier") == {"clip.pier": "create"}
    assert world.reasons("--retry", "clip.p*")["clip.pier"].startswith("tried again on request, attempt 2")
    assert world.plan() == {"clip.pier": "blocked"}, "a plan changes nothing"
    token = world.json("plan", "--retry", "clip.pier")["token"]

    world.run("apply", "--retry", "clip.pier", "--expect", token)

    assert world.plan() == {}


def test_a_refused_render_that_is_refused_again_stays_blocked(world: World) -> None:
    refused(world)
    world.faults({"do": "fail_moderated", "route": "create", "prompt": "pier"})

    world.apply("--retry", "clip.pier", code=1)

    assert world.plan() == {"clip.pier": "blocked"}
    assert "--retry 'clip.pier'" in world.reasons()["clip.pier"]


def test_a_saved_plan_carries_its_retry_along(world: World) -> None:
    refused(world)
    file = str(world.root / "plan.json")
    world.run("plan", "--retry", "tag:*", "--out", file, code=1)
    world.run("plan", "--retry", "clip.pier", "--out", file)

    world.run("apply", file)

    assert world.plan() == {}


def test_a_retry_lifts_the_limit_of_attempts_once_and_takes_the_steps_along(world: World) -> None:
    world.write(CHAIN)
    world.faults({"do": "fail_moderated", "route": "extend"})
    world.apply(code=4)
    assert set(world.plan().values()) == {"blocked"}
    world.faults()

    assert world.plan("--retry", "clip.market") == {"clip.market#2/1": "extend", "clip.market#2/2": "edit"}
    world.apply("--retry", "clip.market")

    assert world.plan() == {}


def test_a_refusal_is_told_once_and_a_plan_of_nothing_else_is_not_to_be_applied(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "moderated", "route": "create", "count": 2})
    world.apply(code=1)
    assert "blocked: " in world.out
    assert "blocked: refused" not in world.out

    assert "2 blocked" in world.run("plan")
    assert "Apply exactly this" not in world.out
    assert "There is nothing to apply;" in world.out


def test_a_saved_plan_of_what_was_refused_is_carried_out_once(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "moderated", "route": "create", "prompt": "pier"})
    world.apply(code=4)
    saved = str(world.root / "saved.plan")
    world.run("plan", "--retry", "clip.pier", "--out", saved)
    world.run("apply", "--yes", saved, code=1)

    world.run("apply", "--yes", saved, code=7)
    assert "clip.pier was tried again and failed" in world.err
