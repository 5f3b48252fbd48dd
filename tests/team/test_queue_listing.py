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


def test_each_job_is_listed_as_what_it_is(
    world: World, tmp_path: Path, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(following: Following, *_: object) -> None:
        following.interrupted = True

    monkeypatch.setattr(Following, "follow", leave)
    # The queue of a database is that of all its libraries.
    postgres.run_sql(f"CREATE DATABASE listed_{schema}")
    set_state(world, postgres.url(schema, database=f"listed_{schema}"))
    (tmp_path / "depot").mkdir()
    world.configure("[assets]", f'url = "file://{tmp_path}/depot"')
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
