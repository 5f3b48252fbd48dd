"""Hosts that answer a paid request with the video: their only answer is not lost here."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("av")

from sorasync.preview.media import tiny_video
from tests.apply.crash.child import fork
from tests.cli.kit import Film
from tests.cli.test_odd_hosts import Answer, host, library, said

PROFILE = """\
extends = "sglang"
[routes]
create = "/video/generations"
get = ""
list = ""
delete = ""
content = ""
models = ""
[encodings]
create = ["json"]
"""
# The same with routes to ask for jobs, of which this host knows none.
ASKED = """\
extends = "sglang"
[routes]
create = "/video/generations"
[encodings]
create = ["json"]
"""
VIDEO = tiny_video(1280, 720, 4, "x")
KILLED = 77


class Host:
    """Answers every create in the same way and counts them; serves one file."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        self.url = ""
        self.creates = 0

    def __call__(self, method: str, path: str) -> Answer:
        if path == "/v1/files/1.mp4":
            return 200, VIDEO, "video/mp4"
        if method == "POST":
            self.creates += 1
            return self.answer(self.url)
        return said({"detail": "Not Found"}, 404)


def in_base64(video: bytes) -> Callable[[str], Answer]:
    """As xinference and LocalAI answer: no id, no status."""
    return lambda url: said({"created": 5, "data": [{"b64_json": base64.b64encode(video).decode()}]})


def by_url(url: str) -> Answer:
    return said({"created": 5, "data": [{"url": f"{url}/files/1.mp4"}]})


def answers(film: Film) -> list[Path]:
    return list((film.root / "assets" / ".store" / "answers").glob("*"))


def with_an_id(video: bytes) -> Callable[[str], Answer]:
    """A job that nobody can be asked about, with its video."""
    data = [{"b64_json": base64.b64encode(video).decode()}]
    return lambda url: said({"id": "v-1", "created": 5, "data": data})


@pytest.mark.parametrize("profile", [PROFILE, ASKED])
@pytest.mark.parametrize("answer", [in_base64(VIDEO), by_url, with_an_id(VIDEO)])
def test_an_answer_that_nobody_can_be_asked_for_again_is_the_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Callable[[str], Answer], profile: str
) -> None:
    server = Host(answer)
    with host(server) as url:
        server.url = url
        film = library(tmp_path, capsys, url, profile)
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == VIDEO
        assert server.creates == 1
        assert answers(film) == []


def test_a_video_larger_than_any_answer_in_memory_arrives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = VIDEO + (8 + (50 << 20)).to_bytes(4, "big") + b"free" + bytes(50 << 20)
    body = json.dumps({"id": "v-1", "data": [{"b64_json": base64.b64encode(large).decode()}]}).encode()
    assert len(body) > 64 << 20
    with host(Host(lambda url: (200, body, "application/json"))) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == large


@pytest.mark.parametrize(
    ("profile", "answer"),
    [(PROFILE, in_base64(VIDEO)), (PROFILE, by_url), (ASKED, in_base64(VIDEO)), (ASKED, with_an_id(VIDEO))],
)
@pytest.mark.parametrize(
    "moment",
    [
        "apply.render.send._keep",
        "apply.change_executor.fetch_when_there",
        "apply.render.download_render._put_in_place",
    ],
)
def test_a_run_that_is_killed_with_an_answer_in_hand_leaves_it_to_the_next(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    answer: Callable[[str], Answer],
    moment: str,
) -> None:
    server = Host(answer)
    with host(server) as url:
        server.url = url
        film = library(tmp_path, capsys, url, profile)
        with monkeypatch.context() as patched:
            patched.setattr(f"sorasync.{moment}", lambda *_: os._exit(KILLED))
            assert fork(lambda: film.run("apply", "--yes", "--quiet").code).wait(60) == KILLED
        assert len(answers(film)) > 0
        planned = film.run("plan", "--format", "json").json
        assert planned["cost_usd"] in ("0", "0.00")
        assert film.run("gc", "--yes").code == 0
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == VIDEO
        assert server.creates == 1
        assert answers(film) == []
        assert film.run("resolve").out.startswith("No open questions")


def test_a_failure_is_told_as_one_and_leaves_no_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"message": "CUDA out of memory", "type": "internal_error", "code": 500}
    server = Host(lambda url: said(failure, 500))
    with host(server) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        shown = film.run("apply", "--yes")
        assert shown.code == 1
        assert "CUDA out of memory" in shown.out + shown.err
        assert film.run("resolve").out.startswith("No open questions")
        assert server.creates == 1
        server.answer = in_base64(VIDEO)
        assert "attempt 2 of" in film.run("plan").out
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert server.creates == 2


def test_a_success_without_a_video_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = Host(lambda url: said({"created": 5, "data": []}))
    with host(server) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        assert film.run("apply", "--yes").code == 1
        assert film.run("resolve").out.startswith("No open questions")


def test_a_question_about_a_host_that_keeps_nothing_does_not_send_anybody_to_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with host(Host(lambda url: said({"message": "upstream timed out"}, 504))) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        film.run("apply", "--yes")
        shown = film.run("resolve").out
    assert "keeps no jobs" in shown
    assert "--adopt" not in shown
    assert "--resend" in shown
