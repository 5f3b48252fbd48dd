"""Runners take what an apply has queued: nothing is paid twice, nothing is forgotten."""

from __future__ import annotations

import contextlib
import io
import json
import signal
from pathlib import Path

import pytest

from sorasync.cli.main import run
from tests.apply.crash.server import ledger
from tests.moto_server import running_moto
from tests.postgres_server import PostgresServer
from tests.team.bad_days import bad_days
from tests.team.three_runners import LONGEST, Crew, clips, crew


def test_runners_share_the_renders_of_an_apply_and_survive_each_other(
    tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    with crew(tmp_path, postgres, schema, rate="in_flight = 3", render_seconds=0.2) as team:
        team.library.clips(clips(0, 12))
        first, second = team.runner("--jobs", "1"), team.runner("--jobs", "1")
        assert first.reaches(1) and second.reaches(1)
        detached = team.apply("--detach")
        assert detached == 8
        assert first.reaches(6) and second.reaches(2)
        first.child.kill()
        second.child.kill(signal.SIGTERM)
        assert second.child.wait(LONGEST) == 0
        third = team.runner("--until-empty")
        assert third.child.wait(LONGEST) == 0, third.log.read_text()
        team.end()
        assert team.most_at_once() <= 3
        team.look(13)
    assert not team.wrong, team.wrong


@pytest.mark.heavy
@pytest.mark.parametrize(("rounds", "built_in"), [(75, False), (15, True)])
def test_whatever_happens_each_key_is_billed_once(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int, built_in: bool
) -> None:
    with running_moto() as moto:
        team = bad_days(tmp_path, postgres, moto, schema, rounds, seed=16, faults=4, built_in=built_in)
    assert not team.wrong, (team.wrong, team.faults)


def test_nothing_goes_to_a_host_that_the_runner_does_not_know(
    tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    with crew(tmp_path, postgres, schema) as team:
        team.library.clips('[clips.a]\nprompt = "A scene."\n')
        assert team.apply("--detach") == 8
        runner = team.runner("--until-empty", allow="videos.example=OTHER_KEY")
        assert runner.child.wait(LONGEST) == 0
        assert "this runner sends nothing to 127.0.0.1" in runner.log.read_text()
        assert ledger(team.url) == []
        listed = _listed(team, "queue", "--format", "json")["jobs"]
        # One database has the queues of all tests.
        jobs = [job for job in listed if job["queue"] == team.queue]
        assert [job["status"] for job in jobs] == ["given up"]
        assert "sends nothing" in jobs[0]["message"]


def _listed(team: Crew, *arguments: str) -> dict[str, list[dict[str, str]]]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run(["--library", str(team.library.root), *arguments]) == 0
    found: dict[str, list[dict[str, str]]] = json.loads(out.getvalue())
    return found
