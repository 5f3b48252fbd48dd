"""Answers to paid requests that are no jobs of theirs: refusals in disguise, web pages, ids given twice."""

from __future__ import annotations

import httpx
import pytest

from sorasync.apply.report import End
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import Between, World, clips, ends, is_create, numbered, outcome


def answering(it: World, answer: httpx.Response | None) -> Between:
    """Let every create be answered so, by what stands before the server."""
    between = Between(in_process(it.app), lambda request: answer if is_create(request) else None)
    it.transport = between
    return between


@pytest.mark.parametrize(
    ("body", "end", "status"),
    [
        ({"code": 422, "msg": "no boats today", "data": None}, End.BLOCKED, Status.BLOCKED),
        ({"code": 409, "msg": "no boats today", "data": None}, End.FAILED, Status.FAILED),
        (
            {"error": {"message": "no boats today", "code": "moderation_blocked"}},
            End.BLOCKED,
            Status.BLOCKED,
        ),
    ],
)
def test_a_refusal_inside_a_success_is_told_in_its_words_and_sent_once(
    world: MakeWorld, body: object, end: End, status: Status
) -> None:
    it = world(clips(["boat"]))
    between = answering(it, httpx.Response(200, json=body))
    report = it.apply()
    assert ends(report) == {"clip.boat": end}
    assert "no boats today" in outcome(report, "clip.boat").message
    assert between.creates == 1
    assert it.record("clip.boat#1").status is status
    with it.store() as store:
        assert store.spent().usd == 0


def test_a_web_page_in_answer_to_a_create_stops_the_run_and_counts_nothing(world: MakeWorld) -> None:
    it = world(numbered(12))
    it.transport = between = Between(
        in_process(it.app), lambda request: httpx.Response(200, html="<html>Welcome</html>")
    )
    report = it.apply(parallelism=1)
    assert between.creates == 1
    assert "this is not the API" in (report.stopped or "")
    assert len(report.of(End.SKIPPED)) == 11
    with it.store() as store:
        assert store.spent().usd == 0
        assert [record.attempts for record in store.every_record()] == [0]
    it.transport = None
    assert it.apply().complete


def test_two_requests_answered_with_one_id_are_not_two_videos(world: MakeWorld) -> None:
    it = world(numbered(4))
    first: list[httpx.Response] = []

    class Cache(httpx.AsyncBaseTransport):
        creates = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not is_create(request):
                return await in_process(it.app).handle_async_request(request)
            self.creates += 1
            if not first:
                answer = await in_process(it.app).handle_async_request(request)
                first.append(httpx.Response(200, content=await answer.aread()))
            return httpx.Response(200, content=first[0].content)

    it.transport = cache = Cache()
    report = it.apply(parallelism=1)
    assert ends(report)["clip.c000"] is End.DONE
    assert ends(report)["clip.c001"] is End.PENDING
    assert "with the id of clip.c000#1" in (report.stopped or "")
    assert cache.creates == 2
    assert it.record("clip.c001#1").status is Status.UNKNOWN
    it.transport = None
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1] * 4
    with it.store() as store:
        assert len({record.remote_id for record in store.every_record()}) == 4
