"""Runners decode and encode for others: the results of checks are in the state, and films arrive."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.cuts.film import key_in
from tests.apply.crash.server import ledger
from tests.postgres_server import PostgresServer
from tests.team.three_runners import Crew, crew

CLIPS = """
[clips.a]
prompt = "A scene."
[[clips.a.steps]]
extend = "On."
seconds = 4
[clips.b]
prompt = "Another scene, which is not rendered."
[cuts.teaser]
events = [{ clip = "a", out = "1s" }]
"""


def said(team: Crew, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run(["--library", str(team.library.root), *arguments, "--format", "json"]) == code
    return json.loads(out.getvalue())


def test_a_runner_renders_checks_and_cuts_for_whoever_waits(
    tmp_path: Path, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crew(tmp_path, postgres, schema) as team:
        monkeypatch.setattr("sorasync.operations.queue_apply._LOOK", 0.1)
        team.library.clips(CLIPS)
        assert team.apply("--detach", "--target", "clip.a") == 8
        runner = team.runner("--jobs", "1")
        assert run(["--library", str(team.library.root), "wait"]) == 0
        assert len(ledger(team.url)) == 2

        def here(*_: object) -> None:
            raise AssertionError("it was done on this machine")

        monkeypatch.setattr("sorasync.checks.worker_pool.WorkerPool.check", here)
        monkeypatch.setattr("sorasync.cuts.film.write_film", here)
        monkeypatch.setattr("sorasync.operations.queue_media_jobs._AT_ONCE", 1)
        check = ("check", "--only", "size", "--queue", team.queue)
        first, second = said(team, *check)["videos"]
        assert [one["verdict"] for one in first["checks"] + second["checks"]] == ["passed"] * 2
        assert runner.said().count(": 1 video checked") == 2
        film = said(team, "cut", "teaser", "--queue", team.queue)
        made = team.library.root / "assets" / "cut.teaser.mp4"
        assert Path(film["file"]).name == made.name
        assert key_in(made) == film["key"]
        stored = {path.suffix for path in (tmp_path / "bucket").rglob("*.mp4")}
        assert stored <= {".mp4"}
        assert said(team, "cut", "teaser")["made"] is False
        # Another runner has nothing of what this one has fetched.
        team.end()
        team.runner("--jobs", "1")
        (tmp_path / "bucket" / "objects" / second["asset"][:2] / f"{second['asset']}.mp4").unlink()
        assert [video["here"] for video in said(team, *check, "--again")["videos"]] == [True, False]
        team.end()
    assert not team.wrong, team.wrong


@pytest.mark.heavy
def test_what_a_runner_cannot_do_is_given_up_with_the_reason(
    tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    with crew(tmp_path, postgres, schema) as team:
        (tmp_path / "bucket-of-others").mkdir()
        config = team.library.root / "sorasync.toml"
        config.write_text(config.read_text().replace(team.bucket, f"{team.bucket}-of-others"))
        team.library.clips('[clips.a]\nprompt = "A scene."\n' + CLIPS.partition("4\n")[2])
        assert team.apply("--here", "--target", "clip.a") == 0
        team.runner("--jobs", "1")
        found = said(team, "cut", "teaser", "--queue", team.queue, code=1)
        assert "this runner stores nothing in" in json.dumps(found)
        (video,) = said(team, "check", "clip.a#1", "--only", "size", "--queue", team.queue, code=1)["videos"]
        (result,) = video["checks"]
        assert result["verdict"] == "error" and "this runner stores nothing in" in result["message"]
