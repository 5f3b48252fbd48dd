"""What follows when a provider refuses a request, or answers it with the job of another one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

pytest.importorskip("av")

from sorasync.preview.media import tiny_video
from tests.cli.kit import Film
from tests.cli.test_odd_hosts import Answer, host, library, said

PROFILE = 'extends = "sglang"\n'
REFUSALS = {
    "400": ({"error": {"message": "seconds must be 5", "code": "invalid_value"}}, 400),
    "422": ({"detail": [{"loc": ["body", "seconds"], "msg": "seconds must be 5"}]}, 422),
    "in a success": ({"code": 400, "msg": "seconds must be 5"}, 200),
}


class Host:
    """Answers creates with one body and counts them."""

    def __init__(self, body: object, status: int) -> None:
        self.answer = said(body, status)
        self.creates = 0

    def __call__(self, method: str, path: str) -> Answer:
        self.creates += method == "POST"
        return self.answer if method == "POST" else said({"detail": "Not Found"}, 404)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_request_that_would_be_refused_again_waits_for_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    server = Host(*REFUSALS[kind])
    with host(server) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        shown = film.run("apply", "--yes")
        assert "seconds must be 5" in shown.out
        assert "next: change what was refused and apply again" in shown.out
        planned = film.run("plan")
        assert "attempt 2 of" not in planned.out
        assert "Cost: nothing" in planned.out
        assert "--retry clip.pier" in planned.out.replace("'", "")
        film.run("apply", "--yes")
        assert server.creates == 1
        film.run("apply", "--yes", "--retry", "clip.pier")
        assert server.creates == 2


def test_a_refusal_that_may_be_of_the_moment_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Host({"error": {"message": "already being made", "code": "conflict"}}, 409)
    with host(server) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        assert "next: sorasync apply tries it again" in film.run("apply", "--yes").out
        assert "attempt 2 of 3" in film.run("plan").out


TWINS = '[clips.{}]\nprompt = "A {} at dusk, warm lamps, a slow dolly."\n'


def test_a_job_that_answers_several_creates_is_one_video_and_the_rest_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    video, sent = tiny_video(1280, 720, 4, "x"), list[str]()

    def answering(method: str, path: str) -> Answer:
        job = {"id": "v1", "object": "video", "status": "completed"}
        if method == "POST":
            sent.append(path)
            return said(job | {"status": "queued"})
        if path.endswith("/content"):
            return 200, video, "video/mp4"
        if path.partition("?")[0].endswith("/videos"):
            return said({"data": [job | {"prompt": "x", "created_at": int(time.time())}], "has_more": False})
        return said(job)

    with host(answering) as url:
        film = library(tmp_path, capsys, url, 'extends = "openai"\n[abilities]\nlist_settle_seconds = 0.2\n')
        film.write("sorasync.toml", film.read("sorasync.toml").replace("wan", "sora-2"))
        film.write("manifests/a.toml", "".join(TWINS.format(name, name) for name in ("bay", "hill", "pier")))
        film.run("apply", "--yes", "--parallelism", "3")
        _left_open(film)
        again = film.run("apply", "--yes", "--parallelism", "3")
        assert "the provider answered with the id of clip." in again.out
        assert "next: sorasync resolve" in again.out
        _left_open(film)
        bought = len(sent)
        film.run("apply", "--yes")
        assert len(sent) == bought
        _left_open(film)


def _left_open(film: Film) -> None:
    planned = film.run("plan", "--format", "json").json
    reasons = [change["reason"] for change in planned["changes"] if change["action"] == "resume"]
    assert reasons and all("answered with the id of clip." in reason for reason in reasons)
    assert "answered with the id of clip." in film.run("resolve").out
    assert planned["cost_usd"] in ("0", "0.00")
