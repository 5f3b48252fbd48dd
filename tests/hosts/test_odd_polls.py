"""What a host with a job API answers when it is asked about a render, and what is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorasync.apply.report import End
from sorasync.state.record import Status
from tests.hosts.one_host import OneHost, with_key

MakeHost = Callable[..., OneHost]
# What a poll of a finished job is answered with in place of the host's own body.
Alter = Callable[[str, dict[str, Any]], dict[str, Any]]

TWO = '[clips.a]\nprompt = "A boat at dusk."\n[clips.b]\nprompt = "A lamp at dusk."\n'
_POLLS = ("/predictions/", "/tasks/", "2video/")
ONE = TWO.partition("[clips.b]")[0]


class Altered(httpx.AsyncBaseTransport):
    """A host without a list, whose answers to questions about a job are altered; `polls` counts them."""

    def __init__(self, host: httpx.AsyncBaseTransport, alter: Alter) -> None:
        self.host, self.alter, self.polls = host, alter, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET" and path.endswith("/predictions"):
            return httpx.Response(500)
        answer = await self.host.handle_async_request(request)
        if request.method != "GET" or not any(
            part in path for part in ("/predictions/", "/tasks/", "2video/")
        ):
            return answer
        self.polls += 1
        body = json.loads(await answer.aread())
        return httpx.Response(answer.status_code, json=self.alter(path.rsplit("/", 1)[1], body))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeHost:
    """Makes a library at a host whose polls are altered."""

    def make(dialect: str, manifest: str, alter: Alter, **settings: Any) -> OneHost:
        settings = {"render_seconds": 30.0} | settings
        it = with_key(OneHost(tmp_path, dialect, manifest, **settings), monkeypatch)
        it.way = Altered(it.way, alter)
        return it

    return make


class Mixed:
    """Answers about each job that has ended with what was told of another, `times` times."""

    def __init__(self, times: int) -> None:
        self.left, self.told = times, dict[str, dict[str, Any]]()

    def __call__(self, job_id: str, body: dict[str, Any]) -> dict[str, Any]:
        if ".mp4" not in json.dumps(body):
            return body
        others = [told for known, told in self.told.items() if known != job_id]
        self.told[job_id] = body
        if not others or not self.left:
            return body
        self.left -= 1
        return others[-1]


@pytest.mark.parametrize("dialect", ["replicate", "runway", "kling"])
def test_each_render_gets_its_own_file_whatever_job_an_answer_is_about(host: MakeHost, dialect: str) -> None:
    it = host(dialect, TWO, Mixed(5))
    assert it.apply().complete
    assert it.record("clip.a#1").asset != it.record("clip.b#1").asset
    assert it.billed() == 2


def test_a_job_of_which_only_another_ones_answers_come_stays_pending_and_says_so(host: MakeHost) -> None:
    it = host("runway", TWO, Mixed(10_000))
    report = it.apply(wait=300.0)
    (waiting,) = (one for one in report.outcomes if one.end is not End.DONE)
    assert waiting.end is End.PENDING
    assert "the provider answers with another job" in waiting.message
    assert it.billed() == 2


@pytest.mark.parametrize("form", ["video-{}", "jobs/{}", "x1y2z3"])
def test_a_host_that_calls_a_job_otherwise_when_it_is_asked_is_followed(host: MakeHost, form: str) -> None:
    it = host("runway", TWO, lambda job_id, body: body | {"id": form.format(job_id)})
    assert it.apply().complete
    assert it.billed() == 2


def test_the_prompt_decides_where_the_other_id_is_nobodys(host: MakeHost) -> None:
    calls: list[str] = []

    def stranger(job_id: str, body: dict[str, Any]) -> dict[str, Any]:
        calls.append(job_id)
        if len(calls) > 3:
            return body
        return body | {"id": "q", "input": {"prompt": "A stranger's hat."}, "status": "failed", "error": "no"}

    it = host("replicate", ONE, stranger)
    assert it.apply().complete
    assert it.record("clip.a#1").status is Status.STORED
    assert it.billed() == 1


@pytest.mark.parametrize("dialect", ["replicate", "runway"])
@pytest.mark.parametrize("empty", [None, []])
def test_a_file_whose_address_comes_after_the_state_is_waited_for(
    host: MakeHost, dialect: str, empty: object
) -> None:
    done: list[str] = []

    def late(job_id: str, body: dict[str, Any]) -> dict[str, Any]:
        if ".mp4" in json.dumps(body):
            done.append(job_id)
        return body | ({"output": empty} if len(done) < 4 else {})

    it = host(dialect, ONE, late)
    assert it.apply().complete
    assert it.billed() == 1


def test_a_job_that_never_names_a_file_has_failed_after_two_minutes(host: MakeHost) -> None:
    done: list[float] = []

    def never(job_id: str, body: dict[str, Any]) -> dict[str, Any]:
        if ".mp4" in json.dumps(body):
            done.append(it.clock.time)
        return body | {"output": []}

    it = host("runway", ONE, never)
    (failed,) = it.apply().outcomes
    assert failed.end is End.FAILED
    assert "names no video or picture" in failed.message
    assert 120 <= done[-1] - done[0] < 240
    assert 3 <= len(done) < 15
