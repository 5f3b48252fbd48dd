"""`sorasync queue` says of each job what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.operations.queue_apply import Following
from tests.postgres_server import PostgresServer
from tests.recovery.world import TWO_CLIPS, World
from tests.team.conftest import set_state

CUT = """
[cuts.teaser]
events = [{ clip = "market", out = "1s" }]
"""


@pytest.fixture
def queued(world: World, tmp_path: Path, postgres: PostgresServer, schema: str) -> World:
    """A library with a bucket, alone in its database: the queues of one are those of all its libraries."""
    postgres.run_sql(f"CREATE DATABASE queued_{schema}")
    set_state(world, postgres.url(schema, database=f"queued_{schema}"))
    (tmp_path / "depot").mkdir()
    world.configure("[assets]", f'url = "file://{tmp_path}/depot"')
    return world


def test_each_job_is_listed_as_what_it_is(queued: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = queued

    async def leave(following: Following, *_: object) -> None:
        following.interrupted = True

    monkeypatch.setattr(Following, "follow", leave)
    world.write(TWO_CLIPS + CUT)
    world.apply()
    queue = "night"
    world.run("check", "--queue", queue, code=130)
    world.run("cut", "teaser", "--queue", queue, code=130)
    world.write('[clips.quay]\nprompt = "A quay."\ntakes = 2\n', "more.toml")
    world.apply("--queue", queue, "--detach", code=8)
    jobs = world.json("queue")["jobs"]
    assert [(job["kind"], job["addresses"]) for job in jobs] == [
        ("check", ["clip.market#1", "clip.pier#1"]),
        ("cut", ["cut.teaser"]),
        ("render", ["clip.quay#1", "clip.quay#2"]),
    ]
    lines = [line.partition("night: waiting, little, ")[2] for line in world.run("queue").splitlines()]
    said = [line.replace(jobs[0]["user"], "ann") for line in lines if line]
    assert said == [
        "check of 2 videos for ann: clip.market#1, clip.pier#1",
        "a cut for ann: cut.teaser",
        "2 renders for ann: clip.quay#1, clip.quay#2",
    ]


def test_what_is_queued_is_not_queued_once_more(queued: World) -> None:
    queued.write(TWO_CLIPS)
    queued.apply("--queue", "night", "--detach", code=8)
    queued.apply("--queue", "day", "--detach", code=8)
    said = "2 renders are queued already at night (job 1)"
    assert said in queued.err
    assert [job["addresses"] for job in queued.json("queue")["jobs"]] == [["clip.market", "clip.pier"]]
    assert f"Note: {said}." in queued.run("plan")
    assert queued.json("status")["notices"] == queued.json("plan")["notices"] == [said]
    # What is new goes into a job of its own; what a render is made from goes with it.
    queued.write(TWO_CLIPS + '[[clips.pier.steps]]\nextend = "Gulls rise."\nseconds = 4\n')
    queued.apply("--queue", "night", "--detach", code=8)
    assert "1 render is queued already at night (job 1)" in queued.err
    jobs = {job["id"]: job["addresses"] for job in queued.json("queue")["jobs"]}
    assert jobs[2] == ["clip.pier", "clip.pier#1/1"]
    # At another price nobody has agreed yet.
    queued.run("queue", "--cancel", "2")
    queued.configure("[prices.sora-2]", "1280x720 = 0.2")
    queued.apply("--queue", "night", "--detach", "--target", "clip.market", code=8)
    assert "queued already" not in queued.err


def test_a_job_that_is_not_cancelled_is_named_with_the_reason(queued: World) -> None:
    queued.run("queue", "--cancel", "99", code=4)
    assert "job 99 is not cancelled: there is no such job" in queued.out
    queued.write(TWO_CLIPS)
    queued.apply("--queue", "night", "--detach", code=8)
    found = queued.json("queue", "--cancel", "1", "--cancel", "99", code=4)
    assert found["cancelled"] == [1]
    assert found["not_cancelled"] == [{"id": 99, "why": "there is no such job"}]
    queued.run("queue", "--cancel", "1", code=4)
    assert "job 1 is not cancelled: it was cancelled before" in queued.out
    assert queued.plan() == {"clip.market": "create", "clip.pier": "create"}
    assert queued.json("plan")["notices"] == []


def test_a_wait_that_ends_before_the_queue_names_what_is_left(
    queued: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sorasync.operations.queue_apply._LOOK", 0.01)
    queued.write(TWO_CLIPS)
    queued.apply("--target", "clip.market")
    queued.apply("--queue", "nobody", "--detach", code=8)
    queued.run("wait", "--timeout", "0.05", code=8)
    assert "clip.pier: pending: queued at nobody (job 1)" in queued.out
    assert "next: sorasync queue" in queued.out
    assert "Nothing is in flight" not in queued.out
    assert "no runner is at work" in queued.err
    found = queued.json("wait", "--timeout", "0.05", code=8)
    assert found["summary"]["pending"] == 1
    (outcome,) = found["outcomes"]
    assert (outcome["address"], outcome["action"], outcome["end"]) == ("clip.pier", "create", "pending")
    queued.run("queue", "--cancel", "1")
    assert queued.run("wait") == "Nothing is in flight.\n"


def test_who_may_not_look_into_the_queue_may_plan(
    queued: World, postgres: PostgresServer, schema: str
) -> None:
    queued.write(TWO_CLIPS)
    queued.apply("--queue", "night", "--detach", code=8)
    database, role = f"queued_{schema}", f"reader_of_{schema}"
    postgres.run_sql(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}", database=database)
    postgres.run_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}", database=database)
    set_state(queued, postgres.url(schema, user=role, database=database))
    assert queued.plan() == {"clip.market": "create", "clip.pier": "create"}
    assert queued.json("plan")["notices"] == []
