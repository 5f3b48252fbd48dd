"""`sorasync resolve`: lost answers, settled by a person."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sorasync.state.record import Status
from tests.recovery.world import TWO_CLIPS, World, a_world

ONE = TWO_CLIPS.partition("[clips.pier]")[0]


def left_open(world: World) -> None:
    """A request that was sent by a process that died before the answer came: the intent is all there is."""
    world.write(ONE)
    world.apply()
    with world.store(write=True) as store:
        record = next(iter(store.every_record()))
        store.unbind(record.address)
        store.forget([record.key])
        store.intend(record, run=None)
    shutil.rmtree(world.root / "assets")


def test_without_open_questions_there_is_nothing_to_settle(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()

    assert world.run("resolve") == "No open questions.\n"
    world.run("resolve", "clip.pier", "--resend", code=1)


def test_a_question_is_shown_with_what_could_be_the_answer_and_a_picture_of_it(world: World) -> None:
    left_open(world)
    like = world.make("A lantern-lit market at dawn.")

    [question] = world.json("resolve", code=1)["questions"]

    assert question["address"] == "clip.market#1"
    [candidate] = [one for one in question["candidates"] if one["id"] == like]
    assert candidate["differs"] == ["prompt"]
    assert ["-", "dusk."] in candidate["prompt_diff"]
    assert ["+", "dawn."] in candidate["prompt_diff"]
    picture = Path(candidate["thumbnail"])
    assert picture.read_bytes()[8:12] == b"WEBP"
    assert picture.is_relative_to(world.root / "assets" / ".store" / "tmp")
    assert "{-dusk.-} {+dawn.+}" in world.run("resolve", code=1)


def test_an_adopted_job_is_fetched_and_not_paid_again(world: World) -> None:
    left_open(world)
    like = world.make("A lantern-lit market at dusk.")
    paid = world.paid()

    world.run("resolve", "clip.market", "--adopt", like)
    assert world.plan() == {"clip.market": "download"}
    world.apply()

    assert world.ids() == {"clip.market#1": like}
    assert world.paid() == paid
    assert world.plan() == {}
    assert not list((world.root / "assets" / ".store" / "tmp").glob("candidate-*"))


def test_a_job_that_another_record_holds_cannot_be_adopted(world: World) -> None:
    left_open(world)
    other = TWO_CLIPS.replace("[clips.market]", "[clips.fair]").replace("dusk", "noon")
    world.write(other, "other.toml")
    world.apply("--target", "clip.pier")
    taken = world.ids()["clip.pier#1"]

    world.run("resolve", "clip.market", "--adopt", taken, "--force", code=1)

    assert f"{taken} belongs to clip.pier#1 already" in world.err


def test_a_job_that_differs_is_adopted_only_by_force(world: World) -> None:
    left_open(world)
    like = world.make("A quiet harbour.")

    world.run("resolve", "clip.market", "--adopt", like, code=1)
    assert "differs from what was sent" in world.err
    world.run("resolve", "clip.market", "--adopt", "video_nothing", "--force", code=1)
    world.run("resolve", "clip.market", "--adopt", like, "--force")

    assert world.ids()["clip.market#1"] == like


def test_what_never_arrived_is_sent_again_at_its_price(world: World) -> None:
    left_open(world)
    paid = world.paid()[0]

    assert "$0.40" in world.run("resolve", "market", "--resend")
    assert world.plan() == {"clip.market": "create"}
    assert world.paid()[0] == paid
    world.apply()

    assert world.paid()[0] == paid + 1
    with world.store() as store:
        assert [record.status for record in store.every_record()] == [Status.STORED]


def test_a_forgotten_request_is_no_question_any_more_but_still_counts_as_spent(world: World) -> None:
    left_open(world)
    before = world.json("cost")["total"]["spent_usd"]

    world.run("resolve", "clip.market", "--forget")

    assert world.run("resolve") == "No open questions.\n"
    assert world.json("cost")["total"]["spent_usd"] == before
    assert world.plan() == {"clip.market": "create"}


def test_two_answers_at_once_are_a_usage_error(world: World) -> None:
    world.write(ONE)
    world.run("resolve", "clip.market", "--resend", "--forget", code=64)
    world.run("resolve", "--resend", code=64)


def test_the_first_of_several_takes_is_asked_about_by_its_number(world: World) -> None:
    world.write(ONE + "takes = 2\n")
    world.apply()
    with world.store(write=True) as store:
        record = next(one for one in store.every_record() if one.address == "clip.market#1")
        store.unbind(record.address)
        store.forget([record.key])
        store.intend(record, run=None)

    shown = world.run("resolve", code=1)

    assert "? clip.market#1: sent" in shown
    assert "sorasync resolve 'clip.market#1' --resend" in shown


def test_a_host_that_is_not_there_is_told_in_words_with_what_works_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sorasync.provider.retry.Patience.pause", lambda *_: 0.0)
    with a_world(tmp_path, capsys) as world:
        world.write(TWO_CLIPS)
        world.apply("--detach", code=8)
    # Its server has ended.
    for command in (("plan",), ("apply", "--yes")):
        world.run(*command, code=1)
        assert " cannot be reached (connection refused)\n" in world.err
        assert f"is {world.url} right, and is the server running? `sorasync plan --offline`" in world.err
    world.run("plan", "--offline")
