"""`sorasync resolve` for a batch whose creation was never answered: one question, however many renders."""

from __future__ import annotations

import pytest

from sorasync.state.record import Status
from tests.recovery.world import World

NAMES = tuple("abcde")
NO_LIST = '[provider.routes]\nbatch_list = ""\n'


def manifest(names: str) -> str:
    return "\n".join(f'[clips.{name}]\nprompt = "A {name} at dusk."\n' for name in names)


def left_open(world: World, do: str = "cut_after") -> str:
    """A batch of five whose answer was lost at a provider that could not be asked; the question's name."""
    world.write(manifest("abcde"))
    world.configure("[apply]", 'mode = "batch"')
    config = world.root / "sorasync.toml"
    listed = config.read_text()
    config.write_text(listed + NO_LIST)
    world.faults({"route": "batch", "do": do, "count": 1})
    world.apply(code=1)
    config.write_text(listed)
    return str(world.json("resolve", code=1)["batches"][0]["name"])


def statuses(world: World) -> set[Status]:
    with world.store() as store:
        return {record.status for record in store.every_record()}


def test_a_batch_is_one_question_with_the_batches_that_could_be_it(world: World) -> None:
    name = left_open(world)

    found = world.json("resolve", code=1)
    shown = world.run("resolve", code=1)

    assert found["questions"] == []
    (batch,) = found["batches"]
    assert batch["addresses"] == [f"clip.{letter}#1" for letter in NAMES]
    assert [one["certain"] for one in batch["candidates"]] == [True]
    assert f"? {name}: 5 renders sent" in shown
    assert "clip.a and 4 others" in shown
    assert f"{batch['candidates'][0]['id']}  " in shown
    assert "1 open question. Nothing was changed." in shown


def test_an_adopted_batch_is_read_and_nothing_is_sent_again(world: World) -> None:
    name = left_open(world)
    batch_id = world.json("resolve", code=1)["batches"][0]["candidates"][0]["id"]

    assert "The 5 renders are in" in world.run("resolve", name, "--adopt", batch_id)
    assert statuses(world) == {Status.BATCHED}
    assert world.run("resolve") == "No open questions.\n"
    world.apply()

    assert world.paid()[0] == 5
    assert world.plan() == {}


def test_a_batch_that_never_arrived_is_sent_again_as_a_whole(world: World) -> None:
    name = left_open(world, "cut_before")
    assert world.json("resolve", code=1)["batches"][0]["candidates"] == []

    assert "sends its 5 renders again" in world.run("resolve", name, "--resend")
    assert world.paid()[0] == 0
    world.apply()

    assert world.paid()[0] == 5
    assert world.plan() == {}


def test_a_forgotten_batch_stays_counted_as_spent(world: World) -> None:
    name = left_open(world)
    before = world.json("cost")["total"]["spent_usd"]

    world.run("resolve", name, "--forget")

    assert world.json("cost")["total"]["spent_usd"] == before != "0.00"
    assert set(world.plan().values()) == {"create"}
    world.run("resolve", name, "--forget", code=1)


def test_one_render_of_a_batch_can_still_be_settled_alone(world: World) -> None:
    name = left_open(world)

    assert world.json("resolve", "clip.c", code=1)["questions"][0]["address"] == "clip.c#1"
    world.run("resolve", "clip.c", "--forget")

    (batch,) = world.json("resolve", name, code=1)["batches"]
    assert batch["addresses"] == [f"clip.{letter}#1" for letter in "abde"]


@pytest.mark.parametrize("force", [False, True])
def test_a_batch_of_another_file_is_adopted_only_by_force(world: World, force: bool) -> None:
    name = left_open(world)
    world.write(manifest("xy"))
    world.apply("--target", "clip.x", "--target", "clip.y", "--detach", code=8)
    with world.store() as store:
        other = next(r.batch_id for r in store.in_flight() if r.status is Status.BATCHED)
    assert other is not None

    world.run("resolve", name, "--adopt", other, *(["--force"] if force else []), code=1)

    assert "belongs to clip.x#1 already" in world.err
    world.run("resolve", name, "--adopt", "batch_nobody_knows", code=1)
    assert len(world.json("resolve", code=1)["batches"]) == 1
